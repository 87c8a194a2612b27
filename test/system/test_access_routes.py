"""Each route and method as each kind of caller. What is expected is said here and not taken from
the code: a route that this table does not know, or knows otherwise, fails."""

import re

import pytest
import shop
from callers import ISSUER, Balanced, Balancer, Bearer, Issuer, Keyed, Keys
from given import (ADDRESS, SOME_ID, expect, filled_cart, item_path, new_address, new_cart,
                   new_user, snapshot)
from purchase import check_out, deliver, order

TABLE = """
GET    /live                             anyone
GET    /ready                            anyone
GET    /openapi.json                     anyone
GET    /docs                             anyone
GET    /product                          anyone
POST   /product                          staff     product:write
POST   /product/import                   staff     product:write
GET    /product/export                   staff     product:read
GET    /product/{id}                     anyone
PUT    /product/{id}                     staff     product:write
PATCH  /product/{id}                     staff     product:write
DELETE /product/{id}                     staff     product:write
GET    /product/{id}/stock               anyone
PUT    /product/{id}/stock               staff     stock:write
POST   /product/{id}/stock               staff     stock:write
GET    /product/{id}/stock/movement      staff     stock:read
PUT    /product/{id}/subscription        named     user:write
DELETE /product/{id}/subscription        named     user:write
GET    /user                             staff     user:read
POST   /user                             self      user:write
GET    /user/{id}                        user      user:read
PUT    /user/{id}                        user      user:write
PATCH  /user/{id}                        user      user:write
DELETE /user/{id}                        user      user:write
GET    /user/{id}/address                user      user:read
POST   /user/{id}/address                user      user:write
GET    /user/{id}/address/{address_id}   user      user:read
PUT    /user/{id}/address/{address_id}   user      user:write
DELETE /user/{id}/address/{address_id}   user      user:write
GET    /user/{id}/notification           user      user:read
PUT    /user/{id}/notification           user      user:write
GET    /user/{id}/cart                   user      cart:read
GET    /user/{id}/order                  user      order:read
POST   /cart                             anyone
GET    /cart/{id}                        cart      cart:read
DELETE /cart/{id}                        cart      cart:write
PUT    /cart/{id}/item/{product_id}      cart      cart:write
POST   /cart/{id}/item/{product_id}      cart      cart:write
DELETE /cart/{id}/item/{product_id}      cart      cart:write
POST   /cart/{id}/merge                  cart      cart:write
POST   /checkout                         anyone
GET    /checkout/{id}                    checkout  order:read
PATCH  /checkout/{id}                    checkout  order:write
DELETE /checkout/{id}                    checkout  order:write
GET    /order                            staff     order:read
POST   /order                            anyone
GET    /order/{id}                       order     order:read
PATCH  /order/{id}                       order     order:write
PUT    /order/{id}/payment               staff     payment:write
POST   /order/{id}/cancel                order     order:write
POST   /order/{id}/return                staff     order:write
GET    /order/{id}/delivery              order     delivery:read
POST   /order/{id}/delivery              staff     delivery:write
GET    /delivery                         staff     delivery:read
GET    /delivery/{id}                    staff     delivery:read
PATCH  /delivery/{id}                    staff     delivery:write
POST   /delivery/{id}/event              staff     delivery:write
POST   /payment/callback                 signer
"""
"""Whose it is, and the scope of staff who may too. named: the user whom the query names; self: any
shopper, for himself."""

OPERATORS_TABLE = """
GET    /live                             anyone
GET    /ready                            anyone
GET    /metrics                          anyone
GET    /config                           staff     admin
GET    /event                            staff     admin
POST   /event/{id}/retry                 staff     admin
"""
"""On their own listener, which asks nobody."""


def rows(table):
    return {(method, path): (whose, *scope) for method, path, whose, *scope in
            (line.split() for line in table.strip().splitlines())}


ROUTES, OPERATORS = rows(TABLE), rows(OPERATORS_TABLE)
SCOPES = sorted({scope for _, *scopes in ROUTES.values() for scope in scopes})
NOT_FOUND = {"user": "user-not-found", "named": "user-not-found", "cart": "cart-not-found",
             "checkout": "checkout-not-found", "order": "order-not-found"}
LISTED = re.compile(r"\| (\w+) \| `([^`]+)` \| (.*?) \|")
STAFF_ID = "01900000-0000-7000-8000-00000000000f"
"""Who staff with a token are."""
NO_VERSION = '"999999"'
"""A version that nothing has: what is let through must not have an effect."""


def in_words(whose, scope=None):
    owner = {"anyone": "anyone", "signer": "anyone", "staff": "", "user": "the user, or ",
             "named": "the user, or ", "self": "the user, or "}.get(whose, "its owner, or ")
    return owner + (f"`{scope}`" if scope else "")


def listed(text):
    """The two tables of a text."""
    return [{(method, path): who for method, path, who in LISTED.findall(part)}
            for part in text.split("operators' listener")]


def test_the_routes_are_those_of_this_table_here_and_in_the_documentation():
    status, stdout, _ = shop.command(shop.ROOT, "--routes")
    assert status == 0
    assert listed(stdout) == [{call: in_words(*who) for call, who in table.items()}
                              for table in (ROUTES, OPERATORS)]
    text = (shop.ROOT / "docs" / "api.md").read_text()
    assert listed(text.split("routes:begin")[1].split("routes:end")[0]) == listed(stdout)


class World:
    """A daemon that asks who calls, callers of each kind, and a user who owns one of each thing."""

    def __init__(self, daemon, keys, issuer, balancer):
        self.daemon, self.issuer = daemon, issuer
        self.nobody = daemon.client()
        self.admin = Keyed(daemon.port, keys["admin"])
        self.user, self.stranger = new_user(self.admin), new_user(self.admin)
        self.owner = Bearer(daemon.port, issuer.token(self.user["id"]))
        self.other = Bearer(daemon.port, issuer.token(self.stranger["id"]))
        self.owners = (self.owner, self.balanced(balancer, self.user))
        self.others = (self.other, self.balanced(balancer, self.stranger))
        self.able = {scope: self.staff(scope, keys) for scope in SCOPES}
        self.unable = {scope: self.staff(f"not-{scope}", keys) for scope in SCOPES}
        self.make_things()

    def balanced(self, balancer, user):
        """Known by a load balancer. What streams does not wait for its key, so that is fetched by
        the worker that serves him."""
        caller = Balanced(self.daemon.port, balancer.data(user["id"]))
        assert caller.get("/live").status == 200
        return caller

    def staff(self, name, keys):
        """By a key, shown both ways, and by a token."""
        token = self.issuer.token(STAFF_ID, groups=[name.replace(":", "-")])
        return {"key": Keyed(self.daemon.port, keys[name]),
                "bearer": Keyed(self.daemon.port, keys[name], bearer=True),
                "token": Bearer(self.daemon.port, token)}

    def leave(self):
        """A daemon that stops waits for those who are still there."""
        callers = [self.nobody, self.admin, *self.owners, *self.others]
        for staff in (*self.able.values(), *self.unable.values()):
            callers += staff.values()
        for caller in callers:
            caller.close()

    def make_things(self):
        self.tea = self.admin.create(on_hand=50)
        self.address = new_address(self.admin, self.user)
        bought = self.held()
        self.order = expect(order(self.owner, bought, cash_on_delivery=True), 201).json
        self.delivery = expect(deliver(self.admin, self.order), 201).json
        self.checkout = self.held()
        self.cart = {"id": self.checkout["cart_id"]}  # open until there is an order

    def held(self):
        cart = filled_cart(self.owner, (self.tea, 2), user=self.user)
        return expect(check_out(self.owner, cart), 201).json

    def path(self, path, missing=False):
        """With the ids of the user's things, or one that nothing has."""
        names = {"user": self.user, "product": self.tea, "cart": self.cart, "order": self.order,
                 "checkout": self.checkout, "delivery": self.delivery}
        kind = path.split("/")[1]
        found = SOME_ID if missing and kind != "product" else names.get(kind, {}).get("id", "")
        path = path.replace("{id}", found).replace("{product_id}", self.tea["id"])
        path = path.replace("{address_id}", self.address["id"])
        named = SOME_ID if missing else self.user["id"]
        return path + (f"?user_id={named}" if path.endswith("/subscription") else "")

    def ask(self, caller, method, path):
        """With a body that is JSON, but never good, and a version that is wrong."""
        body = None if method in ("GET", "HEAD", "DELETE") else "[]"
        headers = {} if method in ("GET", "HEAD", "POST") else {"If-Match": NO_VERSION}
        return caller.request(method, path, body, headers)


def all_keys(keys):
    made = {"admin": keys.new("root", "admin")}
    for scope in SCOPES:
        made[scope] = keys.new(scope.replace(":", "."), scope)
        made[f"not-{scope}"] = keys.new("others", *(other for other in SCOPES if other != scope))
    return made


def group_scopes():
    groups = [f"{scope.replace(':', '-')}={scope}" for scope in SCOPES]
    groups += [f"not-{scope.replace(':', '-')}=" + ",".join(set(SCOPES) - {scope})
               for scope in SCOPES]
    return ";".join(groups)


@pytest.fixture(scope="module")
def world(folder, proxy, make_table, tmp_path_factory):
    here = tmp_path_factory.mktemp("access")
    keys, issuer = Keys(here / "keys"), Issuer()
    made = all_keys(keys)
    (here / "jwks").write_text(issuer.key_set())
    balancer = Balancer()
    daemon = shop.Shopd(
        folder, proxy.url, DYNAMODB_TABLE_NAME=make_table(), SHOPD_API_KEYS=keys.path,
        SHOPD_JWT_ISSUER=ISSUER, SHOPD_JWT_AUDIENCE="web", SHOPD_JWKS_FILE=here / "jwks",
        SHOPD_GROUP_SCOPES=group_scopes(), SHOPD_PAYMENT_SECRET="a secret for these tests only",
        **balancer.publish())
    world = World(daemon.ready(), made, issuer, balancer)
    yield world
    world.leave()
    assert daemon.end() == 0
    balancer.pages.end()


def is_let_in(answer, whose):
    if answer.status == 404:
        return answer.code != NOT_FOUND.get(whose)
    return answer.status not in (401, 403) and answer.status < 500


def check_hidden(world, caller, call, whose):
    """Another's: the very words of what is not there."""
    answer = expect(world.ask(caller, call[0], world.path(call[1])), 404, NOT_FOUND[whose])
    gone = expect(world.ask(caller, call[0], world.path(call[1], missing=True)), 404)
    for name in ("title", "detail", "code"):
        assert answer.json[name] == gone.json[name], call
    for name in set(answer.headers) ^ set(gone.headers):
        raise AssertionError(f"{call}: {name} tells the one from the other")


def check_unknown(answer):
    expect(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="shopd"'


def check_forbidden(answer, scope):
    expect(answer, 403, "forbidden")
    assert scope in answer.json["detail"]
    assert answer.headers["WWW-Authenticate"] == \
        f'Bearer realm="shopd", error="insufficient_scope", scope="{scope}"'


def check_staff(world, call, whose, scope):
    """Those with the scope may; a token without it is a shopper's like any other."""
    path = world.path(call[1])
    for kind, caller in (*world.able[scope].items(), ("admin", world.admin)):
        answer = world.ask(caller, call[0], path)
        assert is_let_in(answer, whose), (call, kind, answer)
    for kind, caller in world.unable[scope].items():
        if kind == "token" and whose == "self":
            assert is_let_in(world.ask(caller, call[0], path), whose), (call, kind)
        elif kind == "token" and whose != "staff":
            check_hidden(world, caller, call, whose)
        else:
            check_forbidden(world.ask(caller, call[0], path), scope)


def check_others(world, call, whose, scope):
    """Nobody, another shopper, and the one whose it is, by their tokens and a load balancer's."""
    path = world.path(call[1])
    if whose in ("cart", "checkout", "order"):
        check_hidden(world, world.nobody, call, whose)
    else:
        check_unknown(world.ask(world.nobody, call[0], path))
    for other, owner in zip(world.others, world.owners):
        own = world.ask(owner, call[0], path)
        if whose == "staff":
            check_forbidden(world.ask(other, call[0], path), scope)
            check_forbidden(own, scope)
        else:
            if whose == "self":
                assert is_let_in(world.ask(other, call[0], path), whose), call
            else:
                check_hidden(world, other, call, whose)
            assert is_let_in(own, whose), (call, own)


@pytest.mark.parametrize("resource", sorted({path.split("/")[1] for _, path in ROUTES}))
def test_each_route_lets_in_whom_it_should(world, emulator, resource):
    before = snapshot(emulator, world.daemon.table)
    for call, (whose, *scope) in ROUTES.items():
        if call[1].split("/")[1] != resource:
            continue
        if whose == "anyone":
            for caller in (world.nobody, world.other, world.owner, world.admin):
                answer = world.ask(caller, call[0], world.path(call[1]))
                assert is_let_in(answer, whose), (call, answer)
        elif whose == "signer":
            for caller in (world.nobody, world.other, world.admin):
                expect(world.ask(caller, call[0], call[1]), 401, "invalid-signature")
        else:
            check_staff(world, call, whose, scope[0])
            check_others(world, call, whose, scope[0])
    assert snapshot(emulator, world.daemon.table) == before


def test_head_is_judged_as_get_and_other_methods_are_refused(world):
    for path in {path for _, path in ROUTES}:
        allowed = {method for method, other in ROUTES if other == path} | {"OPTIONS"}
        filled = world.path(path)
        if "GET" in allowed:
            allowed.add("HEAD")
            for caller in (world.nobody, world.other, world.owner):
                assert world.ask(caller, "HEAD", filled).status == \
                    world.ask(caller, "GET", filled).status, path
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - allowed:
            answer = world.ask(world.admin, method, filled)
            assert answer.status == 405, (method, path, answer)
            assert set(answer.headers["Allow"].split(", ")) == allowed, path


def test_what_is_the_operators_is_not_among_the_shoppers_routes(world):
    for method, path in set(OPERATORS) - set(ROUTES):
        for caller in (world.nobody, world.owner, world.admin):
            expect(world.ask(caller, method, world.path(path)), 404, "not-found")


# what bodies and queries name


@pytest.mark.parametrize("kind", ["nobody", "other"])
def test_what_is_a_users_is_not_there_for_others(world, kind):
    stranger, staff = getattr(world, kind), world.admin
    user, tea = new_user(staff), world.tea
    cart = filled_cart(staff, (tea, 1), user=user)
    before = expect(staff.get(f"/cart/{cart['id']}"), 200).json
    own = new_cart(stranger)
    gone = stranger.get(f"/cart/{SOME_ID}")
    for answer in (
            stranger.get(f"/cart/{cart['id']}"), stranger.delete(f"/cart/{cart['id']}"),
            stranger.put(item_path(cart, tea), {"quantity": 2}),
            stranger.post(item_path(cart, tea), {"quantity": 2}), stranger.delete(item_path(cart, tea)),
            stranger.post(f"/cart/{cart['id']}/merge", {"into": own["id"], "strategy": "sum"}),
            stranger.post(f"/cart/{own['id']}/merge", {"into": cart["id"], "strategy": "sum"}),
            check_out(stranger, cart)):
        expect(answer, 404, "cart-not-found")
        assert (answer.json["title"], answer.json["detail"]) == \
            (gone.json["title"], gone.json["detail"])
    assert expect(staff.get(f"/cart/{cart['id']}"), 200).json == before
    expect(stranger.post("/cart", {"user_id": user["id"]}), 404, "user-not-found")
    checkout = expect(check_out(staff, cart), 201).json
    for answer in (stranger.get(f"/checkout/{checkout['id']}"),
                   stranger.patch(f"/checkout/{checkout['id']}", {"address": ADDRESS}),
                   stranger.delete(f"/checkout/{checkout['id']}"), order(stranger, checkout)):
        expect(answer, 404, "checkout-not-found")
    bought = expect(order(staff, checkout), 201).json
    for answer in (stranger.get(f"/order/{bought['id']}"),
                   stranger.patch(f"/order/{bought['id']}", {"note": "x"}),
                   stranger.post(f"/order/{bought['id']}/cancel", {}),
                   stranger.get(f"/order/{bought['id']}/delivery")):
        expect(answer, 404, "order-not-found")
    assert expect(staff.get(f"/order/{bought['id']}"), 200).json == bought

def test_an_order_is_its_owners_also_when_its_checkout_is_gone(world, emulator):
    """DynamoDB removes used checkouts after a week; whoever repeats the order later gets it."""
    emulator.client.delete_item(
        TableName=world.daemon.table,
        Key={"pk": {"S": f"K#{world.order['id']}"}, "sk": {"S": "#"}})
    for caller in (world.nobody, world.other):
        expect(order(caller, world.order), 404, "checkout-not-found")
    assert expect(order(world.owner, world.order), 200).json["id"] == world.order["id"]


def test_a_shopper_subscribes_himself_and_staff_whom_they_name(world):
    empty = world.admin.create()
    path = f"/product/{empty['id']}/subscription"
    assert expect(world.owner.put(path), 200).json["user_id"] == world.user["id"]
    expect(world.other.delete(path), 404, "subscription-not-found")
    expect(world.owner.delete(path), 204)
    expect(world.owner.put(f"{path}?user_id={world.stranger['id']}"), 404, "user-not-found")
    check_unknown(world.nobody.put(path))
    staff = world.able["user:write"]["key"]
    answer = expect(staff.put(path), 400, "invalid-parameter")
    assert "user_id" in answer.json["detail"]
    named = f"{path}?user_id={world.user['id']}"
    assert expect(staff.put(named), 200).json["user_id"] == world.user["id"]
    expect(world.owner.delete(path), 204)
