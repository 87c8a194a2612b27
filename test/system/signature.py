"""Checks a request as AWS does: its form (DynamoDB's), its date and its signature.

The signature is recomputed with botocore, so that nothing of shopd's own signing is trusted.
"""

import calendar
import dataclasses
import functools
import re
import time

from botocore.auth import SigV4Auth
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)
HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e\x80-\xff \t]*)")
TARGET = re.compile(r"DynamoDB_20120810\.([A-Z][A-Za-z]+)")
REQUIRED = ("host", "content-type", "content-length", "x-amz-target", "x-amz-date", "authorization")
SIGNED = {"host", "content-type", "x-amz-date", "x-amz-target"}
NEVER_SIGNED = {"user-agent", "expect", "transfer-encoding", "x-amzn-trace-id", "connection"}
WINDOW = 300
"""How many seconds a request's date may be off."""


class Headers(dict):
    """What botocore asks of headers: its own class costs more than all the rest of a check."""

    def get_all(self, name):
        return [self[name]]


class Auth(SigV4Auth):
    def headers_to_sign(self, request):
        """They have been chosen: those that the request itself names as signed."""
        return request.headers


@dataclasses.dataclass
class SignedPart:
    """A request as botocore looks at it."""

    url: str
    headers: Headers
    body: bytes
    context: dict
    method: str = "POST"
    params: tuple = ()


class Refused(Exception):
    """The request is not one that AWS would take."""

    def __init__(self, code, message, expected=False):
        super().__init__(message)
        self.code = code
        self.expected = expected


def parse_head(head, host):
    """Returns the headers (lower-case names) of a request's head, or raises Refused."""
    lines = head.split(b"\r\n")
    if lines[0] != b"POST / HTTP/1.1":
        raise Refused("SerializationException", f"request line {lines[0]!r}")
    headers = {}
    for line in lines[1:]:
        name, value = parse_line(line)
        if name in headers:
            raise Refused("SerializationException", f"header {name} given twice")
        headers[name] = value
    check_headers(headers, host)
    return headers


@functools.lru_cache(maxsize=1024)
def parse_line(line):
    match = HEADER.fullmatch(line)
    if not match:
        raise Refused("SerializationException", f"malformed header {line!r}")
    return match[1].decode().lower(), match[2].decode("latin-1").strip()


def check_headers(headers, host):
    for name in REQUIRED:
        if name not in headers:
            raise Refused("MissingAuthenticationTokenException", f"header {name} is missing")
    for name in ("transfer-encoding", "expect"):
        if name in headers:
            raise Refused("SerializationException", f"header {name} is not wanted")
    if headers["host"] != host:
        raise Refused("SerializationException", f"Host {headers['host']!r} is not {host!r}")
    if headers["content-type"] != "application/x-amz-json-1.0":
        raise Refused("SerializationException", f"Content-Type {headers['content-type']!r}")
    if not re.fullmatch(r"0|[1-9][0-9]*", headers["content-length"]):
        raise Refused("SerializationException", f"Content-Length {headers['content-length']!r}")
    if not TARGET.fullmatch(headers["x-amz-target"]):
        raise Refused("UnknownOperationException", f"x-amz-target {headers['x-amz-target']!r}")


def operation_of(headers):
    return TARGET.fullmatch(headers["x-amz-target"])[1]


def check_signature(headers, body, keys, region, now=None, service="dynamodb"):
    """Returns the access key that signed the request, or raises Refused.

    keys: access key id -> {"secret": ..., "token": ... or None, "expired": bool}
    """
    match = AUTHORIZATION.fullmatch(headers["authorization"])
    if not match:
        raise Refused("IncompleteSignatureException", f"malformed {headers['authorization']!r}")
    access_key, day, scope_region, scope_service, signed, signature = match.groups()
    if access_key not in keys:
        raise Refused("UnrecognizedClientException", f"unknown access key {access_key}")
    key = keys[access_key]
    check_date(headers["x-amz-date"], time.time() if now is None else now)
    if (day, scope_region, scope_service) != (headers["x-amz-date"][:8], region, service):
        raise Refused("InvalidSignatureException", f"scope {day}/{scope_region}/{scope_service}")
    check_signed_names(signed.split(";"), headers, key)
    request = SignedPart(f"http://{headers['host']}/",
                         Headers((name, headers[name]) for name in signed.split(";")), body,
                         {"timestamp": headers["x-amz-date"]})
    auth = Auth(Credentials(access_key, key["secret"]), service, region)
    if recompute(request, auth) != signature:
        raise Refused("InvalidSignatureException", "the signature does not match")
    if key.get("expired"):
        raise Refused("ExpiredTokenException", "the token has expired", expected=True)
    return access_key


def check_date(date, now):
    if not re.fullmatch(r"\d{8}T\d{6}Z", date):
        raise Refused("InvalidSignatureException", f"malformed date {date!r}")
    if abs(seconds_of(date) - now) > WINDOW:
        raise Refused("InvalidSignatureException", f"Signature expired: {date} is off by too much")


@functools.lru_cache
def seconds_of(date):
    return calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))


def check_signed_names(signed, headers, key):
    if signed != sorted(set(signed)):
        raise Refused("InvalidSignatureException", f"signed headers not sorted: {signed}")
    wanted = SIGNED & set(headers) | ({"x-amz-security-token"} if key.get("token") else set())
    if not wanted <= set(signed):
        raise Refused("InvalidSignatureException", f"not signed: {sorted(wanted - set(signed))}")
    if NEVER_SIGNED & set(signed) or any(name.startswith("amz-sdk-") for name in signed):
        raise Refused("InvalidSignatureException", f"signed what a proxy may change: {signed}")
    if not set(signed) <= set(headers):
        raise Refused("InvalidSignatureException", "signed a header that is not there")
    if headers.get("x-amz-security-token") != key.get("token"):
        raise Refused("UnrecognizedClientException", "the session token is not the key's")


def recompute(request, auth):
    canonical = auth.canonical_request(request)
    return auth.signature(auth.string_to_sign(request, canonical), request)
