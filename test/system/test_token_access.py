"""Callers known by the tokens of an issuer, whose keys are at an address."""

import http.server
import json
import threading
import time
import uuid

import jwt
import pytest
import shop
import wire
from cryptography.hazmat.primitives.asymmetric import rsa
from given import new_user
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://issuer.example/pool"


class Issuer:
    def __init__(self):
        self.keys = {"first": rsa.generate_private_key(65537, 2048)}
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = issuer.key_set().encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def key_set(self):
        entries = []
        for kid, key in self.keys.items():
            entry = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
            del entry["key_ops"]
            entries.append({**entry, "kid": kid, "alg": "RS256", "use": "sig"})
        return json.dumps({"keys": entries})

    def token(self, subject, kid="first", **claims):
        payload = {"iss": ISSUER, "sub": subject, "exp": int(time.time()) + 3600, "client_id": "web",
                   "token_use": "access", **claims}
        return jwt.encode(payload, self.keys[kid], algorithm="RS256", headers={"kid": kid})


class Bearer(wire.Client):
    def __init__(self, port, token):
        super().__init__(port)
        self.token = token

    def request(self, method, path, body=None, headers=None):
        return super().request(method, path, body,
                               {"Authorization": f"Bearer {self.token}", **(headers or {})})


@pytest.fixture
def issuer():
    made = Issuer()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_token_makes_a_shopper_or_staff(issuer, start):
    daemon = start(SHOPD_JWT_ISSUER=ISSUER, SHOPD_JWT_AUDIENCE="app,web",
                   SHOPD_JWKS_URL=f"http://127.0.0.1:{issuer.server.server_port}/keys",
                   SHOPD_GROUP_SCOPES="admins=admin;readers=user:read")

    def client(subject, **claims):
        return Bearer(daemon.port, issuer.token(subject, **claims))

    staff = client("boss", **{"cognito:groups": ["admins"]})
    shop.wait_until(lambda: all(staff.get("/user/" + str(uuid.uuid4())).status == 404
                                for _ in range(4)), what="the issuer's keys")
    me, other = new_user(staff)["id"], new_user(staff)["id"]
    assert client(me).get("/user/" + me).status == 200
    assert client(me).get("/user/" + other).status == 404
    assert client("x", **{"cognito:groups": ["readers"]}).get("/user/" + other).status == 200
    assert client("x", **{"cognito:groups": ["admin"]}).get("/user/" + other).status == 404
    refused = [client(me, exp=int(time.time()) - 61), client(me, iss="https://other.example"),
               client(me, client_id="other"), client(me, token_use="refresh"),
               Bearer(daemon.port, issuer.token(me)[:-4]), Bearer(daemon.port, "x"),
               Bearer(daemon.port, jwt.encode({"sub": me}, None, algorithm="none"))]
    for caller in refused:
        answer = caller.get("/user/" + me)
        assert answer.status == 401 and "invalid_token" in answer.headers["WWW-Authenticate"]
    assert daemon.client().get("/user/" + me).status == 401


@pytest.mark.parametrize("settings, mistake", [
    ({"SHOPD_JWT_ISSUER": ISSUER, "SHOPD_JWKS_FILE": "/x"}, "SHOPD_JWT_AUDIENCE is not"),
    ({"SHOPD_JWT_ISSUER": ISSUER, "SHOPD_JWT_AUDIENCE": "web"}, "nor SHOPD_JWKS_URL is"),
    ({"SHOPD_JWKS_FILE": "/x"}, "SHOPD_JWT_ISSUER is not"),
    ({"SHOPD_JWT_ISSUER": ISSUER, "SHOPD_JWT_AUDIENCE": "web", "SHOPD_JWKS_FILE": "/x",
      "SHOPD_GROUP_SCOPES": "a=root"}, 'SHOPD_GROUP_SCOPES: "root" is not a scope'),
])
def test_settings_that_do_not_fit_are_told(settings, mistake):
    status, _, stderr = shop.command(shop.ROOT, "--check-config", **settings)
    assert status == 2 and mistake in stderr
