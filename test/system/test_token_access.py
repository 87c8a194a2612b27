"""Callers known by the tokens of an issuer, whose keys are at an address."""

import time
import uuid

import jwt
import pytest
import shop
from callers import ISSUER, Bearer, Issuer, Pages
from given import new_user


@pytest.fixture
def issuer():
    made = Issuer()
    made.pages = Pages(made.key_set)
    yield made
    made.pages.end()


def test_a_token_makes_a_shopper_or_staff(issuer, start):
    daemon = start(SHOPD_JWT_ISSUER=ISSUER, SHOPD_JWT_AUDIENCE="app,web",
                   SHOPD_JWKS_URL=issuer.pages.url + "/keys",
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
