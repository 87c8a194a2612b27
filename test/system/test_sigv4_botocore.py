"""Signatures of generated requests, each stage compared with botocore's.

SIGV4_CASES sets how many (10,000 by default), SIGV4_SEED from which seed.
"""

import http.server
import os
import pathlib
import random
import subprocess
import threading
import urllib.parse

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import shop

DRIVER = pathlib.Path(os.environ.get("SHOPD_BINARY", "build/release/shopd")).parent / "tools/sigv4_driver"
CASES = int(os.environ.get("SIGV4_CASES", "10000"))
SEED = int(os.environ.get("SIGV4_SEED", "1"))

HOSTILE = "/.%+&=?#~-_* \"'<>\\{}|^`[]@:;,$!()\t\x01\x7fäß漢🛒\u200f%2F%41%zz%"
WORD = "abcXYZ019"
HEADER_NAMES = ("content-type", "Content-Type", "X-AMZ-Target", "x-amz-target", "X-Amz-Security-Token",
                "my-header", "My-Header", "MY-HEADER-2", "a", "Z", "x-", "User-Agent",
                "X-Amzn-Trace-Id", "expect", "range", "x_under", "date")
# Characters that count as space for Python but not in HTTP are left out.
HEADER_VALUES = "abc  \t,;:=\"\\/+~é漢%0"


def text(rng, alphabet, longest):
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(longest + 1)))


def make_path(rng):
    pieces = ["", ".", "..", "...", "a", "b c", "%20", "%2F", "..a", ".b", "漢字", "~", "*", "=", ":"]
    segments = [rng.choice(pieces) if rng.random() < 0.7 else text(rng, HOSTILE, 6)
                for _ in range(rng.randrange(8))]
    path = "/" + "/".join(segments)
    # These would end the path in a URL, and urlsplit drops tabs.
    return path.replace("?", "").replace("#", "").replace("\t", "").replace("\x01", "")


def make_parameters(rng):
    names = [text(rng, HOSTILE if rng.random() < 0.5 else WORD, 4) for _ in range(rng.randrange(6))]
    return [(name, text(rng, HOSTILE if rng.random() < 0.5 else WORD, 5))
            for name in names for _ in range(rng.choice((1, 1, 1, 2, 3)))]


def make_headers(rng, date):
    headers = [("Host", rng.choice(("dynamodb.eu-west-1.amazonaws.com", "127.0.0.1:8000", "[::1]:1"))),
               ("X-Amz-Date", date)]
    for _ in range(rng.randrange(8)):
        headers.append((rng.choice(HEADER_NAMES), text(rng, HEADER_VALUES, 30)))
    rng.shuffle(headers)
    return headers


def make_case(rng):
    date = f"20{rng.randrange(10, 99)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}T" \
           f"{rng.randrange(24):02}{rng.randrange(60):02}{rng.randrange(60):02}Z"
    return {
        "date": date,
        "region": rng.choice(("us-east-1", "eu-west-1", "ap-northeast-3", "x")),
        "service": rng.choice(("dynamodb", "sns", "service")),
        "access_key": "AKID" + text(rng, WORD, 16),
        "secret": text(rng, WORD + "/+=", 64) or "s",
        "method": rng.choice(("GET", "POST", "PUT", "DELETE")),
        "path": make_path(rng),
        "parameters": make_parameters(rng),
        "body": text(rng, HOSTILE, 200).encode(),
        "headers": make_headers(rng, date),
    }


def by_botocore(case):
    request = AWSRequest(
        case["method"], "http://placeholder" + case["path"], data=case["body"],
        params=case["parameters"])
    for name, value in case["headers"]:
        request.headers.add_header(name, value)
    request.context["timestamp"] = case["date"]
    auth = SigV4Auth(Credentials(case["access_key"], case["secret"]), case["service"], case["region"])
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    signature = auth.signature(to_sign, request)
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, "
        f"SignedHeaders={auth.signed_headers(auth.headers_to_sign(request))}, Signature={signature}")
    return [part.encode() for part in (canonical, to_sign, signature, authorization)]


def netstring(value):
    value = value.encode() if isinstance(value, str) else value
    return b"%d:%s," % (len(value), value)


def question(case):
    def encode(part):
        return urllib.parse.quote(part, safe="-_.~")

    query = "&".join(f"{encode(name)}={encode(value)}" for name, value in case["parameters"])
    fields = [case[name] for name in ("date", "region", "service", "access_key", "secret", "method",
                                      "path")]
    fields += [query, case["body"], str(len(case["headers"]))]
    for name, value in case["headers"]:
        fields += [name, value]
    return b"".join(netstring(field) for field in fields)


def read_netstrings(data):
    position = 0
    while position < len(data):
        colon = data.index(b":", position)
        end = colon + 1 + int(data[position:colon])
        yield data[colon + 1 : end]
        assert data[end : end + 1] == b","
        position = end + 1


def test_every_stage_is_as_botocores():
    rng = random.Random(SEED)
    cases = [make_case(rng) for _ in range(CASES)]
    ran = subprocess.run([DRIVER], input=b"".join(map(question, cases)), capture_output=True,
                         check=True, timeout=120)
    answers = list(read_netstrings(ran.stdout))
    assert len(answers) == 4 * len(cases)
    for number, case in enumerate(cases):
        assert answers[4 * number : 4 * number + 4] == by_botocore(case), case


class Catcher(http.server.BaseHTTPRequestHandler):
    """Keeps the heads of requests."""

    heads = []

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.heads.append(dict(self.headers.items()))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def sign_with_curl(url, case):
    """curl signs host and x-amz-date always, and x-amz-security-token when it is given."""
    token = case["token"] and ["-H", f"X-Amz-Security-Token: {case['token']}"]
    subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "-X", "POST", url + "/", "--data-binary", "@-",
         "--aws-sigv4", f"aws:amz:{case['region']}:{case['service']}",
         "--user", f"{case['access_key']}:{case['secret']}", *token],
        input=case["body"], check=True, timeout=20)


def test_the_signature_is_as_curls_where_curl_is_right():
    """That is for POST / without a query."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Catcher)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    rng = random.Random(SEED)
    cases = []
    for number in range(20):
        case = make_case(rng) | {"method": "POST", "path": "/", "parameters": [],
                                 "token": text(rng, WORD + "/+=", 60) if number % 2 else ""}
        case["secret"] = case["secret"].lstrip("=") or "s"
        sign_with_curl(f"http://{host}", case)
        head = Catcher.heads[-1]
        signed = head["Authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
        case["date"] = head["X-Amz-Date"]
        case["headers"] = [(name, value) for name, value in head.items() if name.lower() in signed]
        cases.append(case)
    server.shutdown()
    ran = subprocess.run([DRIVER], input=b"".join(map(question, cases)), capture_output=True,
                         check=True, timeout=20)
    answers = list(read_netstrings(ran.stdout))
    for number, head in enumerate(Catcher.heads):
        mine, curls = answers[4 * number + 3].decode(), head["Authorization"]
        assert mine.replace(", ", ",") == curls.replace(", ", ","), cases[number]


@pytest.mark.timed
def test_a_signature_is_cheap():
    """A guard against digests fetched anew or keys derived anew, which cost ten times as much."""
    ran = subprocess.run([DRIVER, "--time"], capture_output=True, check=True, timeout=120)
    assert float(ran.stdout) < 20_000 * shop.SLOWNESS
