"""Callers, and what they show: API keys, tokens of an issuer, or nothing."""

import base64
import hashlib
import http.server
import json
import re
import threading
import time
import uuid

import jwt
import shop
import wire
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://issuer.example/pool"
TAKEN_AS_IT_IS = re.compile(r"(?!.{14}8.{4}[89ab])[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def user_of(subject, issuer=ISSUER):
    """The id of the user whom a token of this issuer names, as docs/security.md says it."""
    if TAKEN_AS_IT_IS.fullmatch(subject):
        return subject
    text = list(hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()[:32])
    text[12], text[16] = "8", f"{int(text[16], 16) & 3 | 8:x}"
    return str(uuid.UUID("".join(text)))


class Caller(wire.Client):
    """A client that shows the same headers with each request."""

    def __init__(self, port, shown):
        super().__init__(port)
        self.shown = shown

    def request(self, method, path, body=None, headers=None):
        return super().request(method, path, body, {**self.shown, **(headers or {})})


class Keyed(Caller):
    """Shows an API key, one way or the other."""

    def __init__(self, port, key, bearer=False):
        super().__init__(port, {"Authorization": f"Bearer {key}"} if bearer else {"X-Api-Key": key})


class Bearer(Caller):
    """Shows a token."""

    def __init__(self, port, token):
        super().__init__(port, {"Authorization": f"Bearer {token}"})


class Balanced(Caller):
    """Shows nothing, but a load balancer says who it is."""

    def __init__(self, port, data, **shown):
        super().__init__(port, {"X-Amzn-Oidc-Data": data, **shown})


class Keys:
    """The file of API keys."""

    def __init__(self, path):
        self.path = path

    def new(self, name, *scopes):
        arguments = [word for scope in scopes for word in ("--scope", scope)]
        status, stdout, stderr = shop.command(
            shop.ROOT, "--new-api-key", name, *arguments, SHOPD_API_KEYS=self.path)
        assert status == 0, stderr
        return stdout.strip()


class Pages:
    """A web server on loopback: what page(path) gives is a page, None is 404."""

    def __init__(self, page):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = page(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or "")))
                self.end_headers()
                self.wfile.write((body or "").encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Issuer:
    """Has keys, and signs tokens with them."""

    def __init__(self):
        self.keys = {"first": rsa.generate_private_key(65537, 2048)}

    def key_set(self, _path=None, only=None):
        """What is published: all keys, or one."""
        entries = []
        for kid, key in self.keys.items():
            if kid != (only or kid):
                continue
            entry = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
            del entry["key_ops"]
            entries.append({**entry, "kid": kid, "alg": "RS256", "use": "sig"})
        return json.dumps({"keys": entries})

    def token(self, subject, kid="first", **claims):
        payload = {"iss": ISSUER, "sub": subject, "exp": int(time.time()) + 3600, "client_id": "web",
                   "token_use": "access", **claims}
        return jwt.encode(payload, self.keys[kid], algorithm="RS256", headers={"kid": kid})


def padded(part):
    """Base64 as load balancers write it: with padding, which no other token has."""
    return base64.urlsafe_b64encode(part).decode()


class Balancer:
    """An Application Load Balancer: it signs who calls, and publishes its keys, one on a page."""

    ARN = ("arn:aws:elasticloadbalancing:eu-central-1:123456789012:"
           "loadbalancer/app/shop/50dc6c495c0c9188")

    def __init__(self):
        self.kid, self.asked = str(uuid.uuid4()), []
        self.key = ec.generate_private_key(ec.SECP256R1())

    def publish(self):
        """Starts to, and returns the settings that say where."""
        self.pages = Pages(self.page)
        return {"SHOPD_ALB_ARN": self.ARN, "SHOPD_ALB_KEYS_URL": self.pages.url + "/keys"}

    def pem(self):
        return self.key.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def page(self, path):
        self.asked.append(path)
        return self.pem() if path == f"/keys/{self.kid}" else None

    def data(self, subject, claims=None, key=None, **header):
        """x-amzn-oidc-data for this user."""
        whole = {"typ": "JWT", "kid": self.kid, "alg": "ES256", "iss": ISSUER, "client": "web",
                 "signer": self.ARN, "exp": int(time.time()) + 120, **header}
        user = {"sub": subject, "email": "jo@shop.example", "username": "jo", "exp": whole["exp"],
                "iss": whole["iss"], **(claims or {})}
        message = ".".join(padded(json.dumps(part).encode()) for part in (whole, user))
        signature = ECAlgorithm(ECAlgorithm.SHA256).sign(message.encode(), key or self.key)
        return f"{message}.{padded(signature)}"
