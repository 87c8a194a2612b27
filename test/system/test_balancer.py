"""Callers known by what a load balancer says of them (x-amzn-oidc-data), signed as it signs."""

import json
import time
import uuid

import jwt
import pytest
import shop
from callers import ISSUER, Balanced, Balancer, Bearer, Issuer, Keyed, Keys, padded
from cryptography.hazmat.primitives.asymmetric import ec
from given import ADDRESS, at_once, expect, new_user

OTHER = Balancer.ARN.replace("shop", "other")


class Guarded:
    """A daemon with one worker, which fetches the load balancer's key when it is first named: all
    who come with it wait."""

    def __init__(self, folder, proxy, here, **settings):
        self.balancer, self.keys = Balancer(), Keys(here / "keys")
        admin = self.keys.new("root", "admin")
        self.daemon = shop.Shopd(folder, proxy.url, SHOPD_API_KEYS=self.keys.path, SHOPD_WORKERS=1,
                                 **self.balancer.publish(), **settings).ready()
        self.port, self.staff = self.daemon.port, Keyed(self.daemon.port, admin)
        self.user, self.stranger = new_user(self.staff)["id"], new_user(self.staff)["id"]
        self.data = self.balancer.data
        self.fetch_key()

    def fetch_key(self):
        assert self.balancer.asked == []
        ways = (("GET", f"/user/{self.user}", None), ("POST", f"/user/{self.user}/address", ADDRESS))
        answers = at_once([lambda way=way: ask(self, self.data(self.user), *way)
                           for way in ways * 4])
        assert [answer.status for answer in answers] == [200, 201] * 4
        assert self.balancer.asked == [f"/keys/{self.balancer.kid}"]

    def end(self):
        self.staff.close()
        assert self.daemon.end() == 0
        self.balancer.pages.end()


@pytest.fixture(scope="module")
def guarded(folder, proxy, table, tmp_path_factory):
    made = Guarded(folder, proxy, tmp_path_factory.mktemp("balancer"),
                   SHOPD_GROUP_SCOPES="readers=user:read")
    yield made
    made.end()


@pytest.fixture(scope="module")
def issued(folder, proxy, table, tmp_path_factory):
    """With an issuer, too."""
    here, issuer = tmp_path_factory.mktemp("issued"), Issuer()
    (here / "jwks").write_text(issuer.key_set())
    made = Guarded(folder, proxy, here, SHOPD_JWT_ISSUER=ISSUER, SHOPD_JWT_AUDIENCE="app,web",
                   SHOPD_JWKS_FILE=here / "jwks")
    made.issuer = issuer
    yield made
    made.end()


def ask(daemon, data, method="GET", path=None, body=None, **shown):
    caller = Balanced(daemon.port, data, **shown)
    answer = caller.request(method, path or f"/user/{daemon.user}", body)
    caller.close()
    return answer


def statuses(daemon, *data, **shown):
    """What callers with these data get when they ask for the user."""
    return [ask(daemon, one, **shown).status for one in data]


def test_a_signed_token_tells_who_calls(guarded):
    data = guarded.data(guarded.user)
    assert "=." in data or data.endswith("=")  # else this is not as a load balancer does it
    assert statuses(guarded, data, guarded.data(guarded.stranger)) == [200, 404]
    reader = guarded.data(guarded.stranger, {"cognito:groups": ["readers"]})
    assert statuses(guarded, reader) == [200]
    made = ask(guarded, data, "POST", "/cart", {"user_id": guarded.user})
    assert expect(made, 201).json["user_id"] == guarded.user


def test_what_is_not_signed_by_the_load_balancer_is_refused(guarded):
    good, data = guarded.data(guarded.user), guarded.data
    header, claims, signature = good.split(".")
    now, kid = int(time.time()), guarded.balancer.kid
    changed = json.dumps({"sub": guarded.user, "exp": now + 100}).encode()
    refused = [
        "", "x", "a.b.c", f"{header}.{claims}.", f"{header}.{padded(changed)}.{signature}",
        good[:-8] + "AAAAAAAA", good.replace("=", "", 1), good + "=",
        data(guarded.user, signer=OTHER), data(guarded.user, signer=f"{Balancer.ARN},{OTHER}"),
        data(guarded.user, exp=now - 61), data(guarded.user, {"exp": now - 61}),
        data(guarded.user, exp=None), data(guarded.user, alg="HS256"),
        data(guarded.user, alg="none"), data(guarded.user, crit=["exp"]),
        data(guarded.user, key=ec.generate_private_key(ec.SECP256R1())),
        data("", {"sub": None}),
        jwt.encode({"sub": guarded.user}, guarded.balancer.pem().replace("PUBLIC KEY", "X"),
                   "HS256", headers={"kid": kid, "signer": Balancer.ARN}),
        "A" * 8193,
    ]
    assert statuses(guarded, *refused) == [401] * len(refused)
    answer = expect(ask(guarded, refused[1], path="/product?limit=1"), 401, "unauthenticated")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert statuses(guarded, good) == [200]
    for part in (header, claims, signature):
        assert part not in guarded.daemon.process.log_text()


def test_only_ids_become_part_of_an_address(guarded):
    kid, asked = guarded.balancer.kid, guarded.balancer.asked
    odd = ("../keys", "../../latest/meta-data", "x", "", f"{kid}/..", kid.upper(), f"{kid}?x",
           f"{kid}#x", f"{kid}\r\nX: y", f"/{kid}", "@evil.example/" + kid[14:], kid + "\0", 7, None)
    data = [guarded.data(guarded.user, kid=one) for one in odd]
    assert statuses(guarded, *data) == [401] * len(odd)
    strange = [guarded.data(guarded.user, kid=str(uuid.uuid4()), signer=OTHER) for _ in range(3)]
    assert statuses(guarded, *strange) == [401] * 3
    assert asked == [f"/keys/{kid}"]
    unknown = str(uuid.uuid4())
    assert statuses(guarded, guarded.data(guarded.user, kid=unknown)) == [401]
    assert asked == [f"/keys/{kid}", f"/keys/{unknown}"]


def test_what_a_caller_shows_himself_goes_first(issued):
    data, other = issued.data(issued.user), issued.data(issued.stranger)
    token = {"Authorization": f"Bearer {issued.issuer.token(issued.user)}"}
    assert statuses(issued, other, "x", **token) == [200, 200]  # it is not looked at
    assert statuses(issued, data, Authorization="Bearer x") == [401]
    assert statuses(issued, data, Authorization="Basic Og==") == [401]
    assert statuses(issued, other, **issued.staff.shown) == [200]
    assert statuses(issued, data, **{"X-Api-Key": "x"}) == [401]
    # neither is good in the place of the other
    bearer = Bearer(issued.port, data)
    expect(bearer.get("/product?limit=1"), 401, "unauthenticated")
    bearer.close()
    assert statuses(issued, issued.issuer.token(issued.user)) == [401]


def test_with_an_issuer_it_must_be_the_one_whom_the_load_balancer_asked(issued):
    data = issued.data
    assert statuses(
        issued, data(issued.user), data(issued.user, client="app"),
        data(issued.user, client="other"), data(issued.user, iss=ISSUER + "/"),
        data(issued.user, {"iss": "https://other.example"}),
    ) == [200, 200, 401, 401, 401]


@pytest.mark.parametrize("settings, mistake", [
    ({"SHOPD_ALB_ARN": "shop"}, "SHOPD_ALB_ARN is \"shop\"; it takes ARNs"),
    ({"SHOPD_ALB_ARN": Balancer.ARN + "," + OTHER.replace("eu-central-1", "eu-west-1")},
     "in one region"),
    ({"SHOPD_ALB_KEYS_URL": "https://keys.example"}, "SHOPD_ALB_ARN is not"),
    ({"SHOPD_ALB_ARN": Balancer.ARN, "SHOPD_ALB_KEYS_URL": "http://keys.example"},
     "http:// only for this machine"),
])
def test_settings_that_do_not_fit_are_told(settings, mistake):
    status, _, stderr = shop.command(shop.ROOT, "--check-config", **settings)
    assert status == 2 and mistake in stderr


def test_several_load_balancers_have_their_keys_where_their_region_says():
    status, stdout, _ = shop.command(
        shop.ROOT, "--check-config", SHOPD_ALB_ARN=f"{Balancer.ARN},{OTHER}",
        SHOPD_LISTEN="0.0.0.0:1")
    assert status == 0
    assert "SHOPD_ALB_KEYS_URL=https://public-keys.auth.elb.eu-central-1.amazonaws.com\n" in stdout
