"""Who may do what: each route as nobody, as staff without and with its scope; guests' carts and
orders by their ids; keys by file, rotation and reload."""

import json
import os
import re
import signal
import uuid

import pytest
import shop
import wire
from given import ADDRESS, SOME_ID, expect, filled_cart, item_path, new_cart, new_user
from purchase import check_out, order

ROUTE = re.compile(r"\| (\w+) \| `([^`]+)` \| (.*?) \|")
SCOPE = re.compile(r"`([^`]+)`")


def routes():
    """(method, path, who) as shopd itself lists them."""
    status, stdout, _ = shop.command(shop.ROOT, "--routes")
    assert status == 0
    return ROUTE.findall(stdout)


class Keyed(wire.Client):
    """A client that shows a key."""

    def __init__(self, port, key, bearer=False):
        super().__init__(port)
        self.shown = {"Authorization": f"Bearer {key}"} if bearer else {"X-Api-Key": key}

    def request(self, method, path, body=None, headers=None):
        return super().request(method, path, body, {**self.shown, **(headers or {})})


class Keys:
    """The file of keys."""

    def __init__(self, path):
        self.path = path

    def new(self, name, *scopes):
        arguments = [word for scope in scopes for word in ("--scope", scope)]
        status, stdout, stderr = shop.command(
            shop.ROOT, "--new-api-key", name, *arguments, SHOPD_API_KEYS=self.path)
        assert status == 0, stderr
        return stdout.strip()


@pytest.fixture
def keys(tmp_path):
    return Keys(tmp_path / "keys")


@pytest.fixture
def guarded(keys, start):
    """A daemon that asks who calls, and clients: nobody's, and an admin's."""
    admin = keys.new("root", "admin")
    daemon = start(SHOPD_API_KEYS=keys.path)
    daemon.guest, daemon.staff = daemon.client(), Keyed(daemon.port, admin)
    yield daemon
    daemon.guest.close()
    daemon.staff.close()


def filled(path):
    return re.sub(r"\{\w+\}", SOME_ID, path)


def test_each_route_asks_for_what_the_table_says(guarded, keys):
    """Without a body, what is let through is refused as 4xx of another kind, or is a read."""
    scopes = {scope for _, _, who in routes() for scope in SCOPE.findall(who)}
    able = {}
    for scope in scopes:
        able[scope] = Keyed(guarded.port, keys.new(scope.replace(":", "-"), scope))
    guarded.process.send_signal(signal.SIGHUP)
    shop.wait_until(lambda: all(
        client.get("/product?limit=1").status == 200
        for client in able.values() for _ in range(4)), what="the new keys")
    for method, path, who in routes():
        call = (method, filled(path))
        scope = SCOPE.findall(who)
        asked = guarded.guest.request(*call)
        if who == "anyone":
            assert asked.status not in (401, 403) or path == "/payment/callback", (call, asked)
            continue
        if who.startswith("its owner"):
            assert asked.status in (404, 415), (call, asked)  # there is none
        else:
            expect(asked, 401, "unauthenticated")
            assert asked.headers["WWW-Authenticate"] == 'Bearer realm="shopd"'
        other = "payment:write" if scope != ["payment:write"] else "order:read"
        refused = expect(able[other].request(*call), 403, "forbidden")
        assert scope[0] in refused.json["detail"], refused
        assert f'scope="{scope[0]}"' in refused.headers["WWW-Authenticate"]
        for client in (able[scope[0]], guarded.staff):
            let = client.request(*call)
            assert let.status not in (401, 403), (call, let)
    for client in able.values():
        client.close()


def test_what_is_shown_and_is_no_good_is_refused_everywhere(guarded, keys):
    good = keys.new("late", "admin")  # not taken up yet
    for headers in ({"X-Api-Key": good}, {"X-Api-Key": "x"}, {"X-Api-Key": ""},
                    {"X-Api-Key": "shopd_"}, {"X-Api-Key": "shopd_" + "0" * 12 + "_" + "0" * 64},
                    {"Authorization": f"Bearer {good}"}, {"Authorization": "Basic Og=="},
                    {"Authorization": "Bearer"}):
        answer = expect(guarded.guest.request("GET", "/product", headers=headers), 401,
                        "unauthenticated")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert good not in guarded.process.log_text()


def test_a_key_may_be_shown_either_way_and_names_who_changed_something(guarded, keys):
    key = keys.new("ware.house", "product:write", "stock:write", "stock:read")
    guarded.process.send_signal(signal.SIGHUP)
    with_bearer = Keyed(guarded.port, key, bearer=True)
    shop.wait_until(lambda: all(with_bearer.get("/product?limit=1").status == 200
                                for _ in range(8)), what="the new key")
    tea = with_bearer.create(on_hand=3)
    expect(with_bearer.post(f"/product/{tea['id']}/stock", {"delta": 2, "reason": "came"}), 200)
    found = expect(with_bearer.get(f"/product/{tea['id']}/stock/movement"), 200).json["data"]
    assert [entry["by"] for entry in found] == ["staff:ware.house"] * 2
    with_bearer.close()


def test_keys_rotate_without_a_gap_and_their_last_use_is_a_metric(guarded, keys):
    def tell():
        guarded.process.send_signal(signal.SIGHUP)

    def statuses(key):
        client = Keyed(guarded.port, key)
        found = client.get("/user?limit=1").status
        client.close()
        return found

    old = keys.new("office", "user:read")
    tell()
    shop.wait_until(lambda: {statuses(old) for _ in range(8)} == {200}, what="the first key")
    new = keys.new("office", "user:read")
    tell()
    shop.wait_until(lambda: {statuses(new) for _ in range(8)} == {200}, what="the second key")
    assert statuses(old) == 200
    metrics = guarded.admin().get("/metrics").body.decode()
    for key in (old, new):
        found = re.search(r'last_used_seconds\{name="office",id="%s"\} (\d+)' % key.split("_")[1],
                          metrics)
        assert int(found[1]) > 1_000_000_000
    lines = keys.path.read_text().splitlines()
    keys.path.write_text("\n".join(line for line in lines if old.split("_")[1] not in line) + "\n")
    tell()
    shop.wait_until(lambda: {statuses(old) for _ in range(8)} == {401}, what="the first key's end")
    assert statuses(new) == 200
    keys.path.write_text("nonsense\n")
    tell()
    shop.wait_until(lambda: "cannot take the API keys" in guarded.process.log_text(),
                    what="a line in the log")
    assert statuses(new) == 200  # those from before stay
    assert old not in str(guarded.log()) and new not in str(guarded.log())


def test_only_hashes_are_kept_for_the_owner_alone(keys):
    key = keys.new("a", "admin")
    assert key.split("_")[2] not in keys.path.read_text()
    assert os.stat(keys.path).st_mode & 0o777 == 0o600
    for arguments in (["a"], ["a", "--scope"], ["a", "--scope", "nothing"], ["", "--scope", "admin"],
                      ["a b", "--scope", "admin"], [], ["a", "admin"]):
        status, stdout, stderr = shop.command(
            shop.ROOT, "--new-api-key", *arguments, SHOPD_API_KEYS=keys.path)
        assert (status, stdout) == (2, "") and "product:write" in stderr


def test_keys_that_cannot_be_taken_end_the_start(folder, tmp_path):
    port = shop.free_port()
    for text in (None, "x", "0" * 12 + " a nothing " + "0" * 32 + " " + "0" * 64):
        path = tmp_path / "keys"
        if text:
            path.write_text(text)
        status, _, stderr = shop.command(
            folder, SHOPD_API_KEYS=path, SHOPD_LISTEN=f"127.0.0.1:{port}", SHOPD_ADMIN_LISTEN="off",
            AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:1")
        assert status == 1 and "cannot take the API keys" in stderr


def test_with_keys_other_addresses_may_be_listened_on_but_not_for_operators(folder, keys):
    keys.new("a", "admin")
    settings = {"SHOPD_LISTEN": "0.0.0.0:1", "SHOPD_API_KEYS": keys.path}
    assert shop.command(folder, "--check-config", **settings)[0] == 0
    status, _, stderr = shop.command(folder, "--check-config", SHOPD_ADMIN_LISTEN="0.0.0.0:2",
                                     **settings)
    assert status == 2 and "SHOPD_ADMIN_LISTEN" in stderr


# guests


def test_a_guest_buys_by_ids_that_only_he_knows(guarded):
    guest, tea = guarded.guest, guarded.staff.create(on_hand=5)
    cart = filled_cart(guest, (tea, 1))
    checkout = expect(check_out(guest, cart), 201).json
    bought = expect(order(guest, checkout), 201).json
    seen = expect(guest.get(f"/order/{bought['id']}?expand=history"), 200).json
    assert [entry["by"] for entry in seen["history"]] == ["guest"]
    expect(guest.get(f"/order/{bought['id']}/delivery"), 200)
    expect(guest.post(f"/order/{bought['id']}/cancel", {}), 200)
    expect(guest.put(f"/order/{bought['id']}/payment", {}), 401, "unauthenticated")
    shop.wait_until(lambda: any(line.get("route") == "/order/{id}/payment"
                                for line in guarded.log()), what="the log")
    for key in (cart["id"], bought["id"]):
        assert key not in json.dumps(guarded.log())
    digests = {line["id_digest"] for line in guarded.log() if line.get("route") == "/order/{id}"}
    assert len(digests) == 1 and len(digests.pop()) == 8


def test_what_is_a_users_is_not_there_for_others(guarded):
    """As nobody: whoever shows no token is no user."""
    guest, staff = guarded.guest, guarded.staff
    user, tea = new_user(staff), staff.create(on_hand=5)
    cart = filled_cart(staff, (tea, 1), user=user)
    before = expect(staff.get(f"/cart/{cart['id']}"), 200).json
    own = new_cart(guest)
    gone = guest.get(f"/cart/{uuid.uuid4()}")
    for answer in (
            guest.get(f"/cart/{cart['id']}"), guest.delete(f"/cart/{cart['id']}"),
            guest.put(item_path(cart, tea), {"quantity": 2}),
            guest.post(item_path(cart, tea), {"quantity": 2}), guest.delete(item_path(cart, tea)),
            guest.post(f"/cart/{cart['id']}/merge", {"into": own["id"], "strategy": "sum"}),
            guest.post(f"/cart/{own['id']}/merge", {"into": cart["id"], "strategy": "sum"}),
            check_out(guest, cart)):
        expect(answer, 404, "cart-not-found")
        assert (answer.json["title"], answer.json["detail"]) == \
            (gone.json["title"], gone.json["detail"])
    assert expect(staff.get(f"/cart/{cart['id']}"), 200).json == before
    expect(guest.post("/cart", {"user_id": user["id"]}), 404, "user-not-found")
    checkout = expect(check_out(staff, cart), 201).json
    for answer in (guest.get(f"/checkout/{checkout['id']}"),
                   guest.patch(f"/checkout/{checkout['id']}", {"address": ADDRESS}),
                   guest.delete(f"/checkout/{checkout['id']}"), order(guest, checkout)):
        expect(answer, 404, "checkout-not-found")
    bought = expect(order(staff, checkout), 201).json
    for answer in (guest.get(f"/order/{bought['id']}"),
                   guest.patch(f"/order/{bought['id']}", {"note": "x"}),
                   guest.post(f"/order/{bought['id']}/cancel", {}),
                   guest.get(f"/order/{bought['id']}/delivery")):
        expect(answer, 404, "order-not-found")
    assert expect(staff.get(f"/order/{bought['id']}"), 200).json == bought


def test_a_guests_idempotency_key_is_his_own(guarded):
    expect(guarded.guest.post("/cart", {}, Idempotency_Key="1"), 400, "invalid-header")
    key = str(uuid.uuid4())
    first = expect(guarded.guest.post("/cart", {}, Idempotency_Key=key), 201).json
    again = expect(guarded.guest.post("/cart", {}, Idempotency_Key=key), 201)
    assert again.json == first and again.headers["Idempotent-Replayed"] == "true"
    other = expect(guarded.staff.post("/cart", {}, Idempotency_Key=key), 201)
    assert other.json["id"] != first["id"]


def test_the_documentation_has_the_routes_as_they_are():
    text = (shop.ROOT / "docs" / "api.md").read_text()
    assert ROUTE.findall(text.split("routes:begin")[1].split("routes:end")[0]) == routes()
