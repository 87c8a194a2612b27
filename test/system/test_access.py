"""Who calls: keys by file, rotation and reload; guests, and what others may not see. Each route as
each caller is in test_access_routes.py."""

import json
import os
import re
import signal
import uuid

import pytest
import shop
import wire
from callers import Balanced, Balancer, Keyed, Keys
from given import expect, filled_cart, new_user
from purchase import check_out, order


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
    metrics = guarded.metrics()
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


def test_without_its_name_a_load_balancer_says_nothing(guarded):
    for data in ("x", Balancer().data(str(uuid.uuid4()))):
        caller = Balanced(guarded.port, data)
        assert caller.get("/product").status == 200
        expect(caller.get("/user"), 401, "unauthenticated")
        caller.close()


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


def test_what_was_a_users_does_not_become_a_guests_when_the_user_is_removed(guarded):
    guest, staff = guarded.guest, guarded.staff
    user = new_user(staff)
    cart = filled_cart(staff, (staff.create(on_hand=5), 1), user=user)
    checkout = expect(check_out(staff, cart), 201).json
    bought = expect(order(staff, checkout), 201).json["id"]
    expect(staff.post(f"/order/{bought}/cancel", {}), 200)
    expect(guest.get(f"/order/{bought}"), 404, "order-not-found")
    expect(staff.delete(f"/user/{user['id']}"), 204)
    for path in (f"/order/{bought}", f"/order/{bought}/delivery"):
        expect(guest.get(path), 404, "order-not-found")
    expect(guest.patch(f"/order/{bought}", {"note": "mine"}), 404, "order-not-found")
    expect(guest.post("/order", {"checkout_id": checkout["id"]}), 404)
    assert "email" not in expect(staff.get(f"/order/{bought}"), 200).json


def guest_requests(cart, order_id, tea):
    """Right and wrong ones in whose paths, queries or bodies a guest's ids are."""
    for path in (f"/cart/{cart}", f"/order/{order_id}", f"/checkout/{order_id}"):
        for tail in ("", "/", "/nothing", "/x/y/z", "?x=1", "?consistent=" + cart, "%00", "%zz",
                     "/item", "/item/x", f"/item/{tea}", "/merge", "/payment", "/delivery",
                     f"?{cart}", "/../" + cart):
            yield "GET", path + tail, None
        for method in ("PUT", "POST", "PATCH", "DELETE"):
            yield method, path, "{"
            yield method, path + f"/item/{tea}", '{"quantity": -1}'
        yield "POST", path + "/merge", {"into": cart, "strategy": "x"}
    yield "POST", "/checkout", {"cart_id": cart, "address": {}, order_id: 1}
    yield "POST", "/order", {"checkout_id": order_id, "x": order_id}
    yield "GET", f"/%63art/{cart}", None
    yield "GET", f"//cart/{cart}", None
    yield "GET", f"/CART/{cart}", None
    yield "GET", f"/cart/{cart.upper()}", None
    yield "GET", f"/carts/{cart}", None
    yield "GET", f"/v1/order/{order_id.upper()}/delivery", None
    yield "GET", f"/api%2Fcart;{cart.replace('-', '%2D')}", None


def test_a_guests_ids_are_not_in_log_or_metrics_whatever_happens(keys, start, proxy):
    admin = keys.new("root", "admin")
    daemon = start(SHOPD_API_KEYS=keys.path, SHOPD_LOG_LEVEL="debug", SHOPD_REQUEST_DEADLINE="1s",
                   SHOPD_PUBLISH="off", AWS_MAX_ATTEMPTS=1)
    guest, staff = daemon.client(), Keyed(daemon.port, admin)
    tea = staff.create(on_hand=50)["id"]
    cart = expect(guest.post("/cart", {}, Idempotency_Key=str(uuid.uuid4())), 201)
    assert cart.headers["Location"] == f"/cart/{cart.json['id']}"
    cart = cart.json["id"]
    expect(guest.put(f"/cart/{cart}/item/{tea}", {"quantity": 1}), 200)
    checkout = expect(check_out(guest, {"id": cart}), 201).json
    bought = expect(order(guest, checkout), 201).json["id"]
    answers = [guest.request(*request) for request in guest_requests(cart, bought, tea)]
    assert {answer.status // 100 for answer in answers} == {2, 4}
    for fault in ("internal", "throttle", "garbage-after", "nonsense-after", "lost-after"):
        proxy.fault(fault)
        guest.get(f"/cart/{cart}")
        guest.put(f"/cart/{cart}/item/{tea}", {"quantity": 2})
        staff.post(f"/order/{bought}/cancel", {})
    proxy.rules()
    raw = f"GET /cart/{cart} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".encode()
    wire.raw(daemon.port, raw)
    metrics = daemon.metrics()
    guest.close(), staff.close()
    assert daemon.end() == 0
    lines = daemon.log()
    assert sum(line["msg"] == "request" for line in lines) > len(answers)
    for line in lines:
        for key in (cart, bought):
            assert key not in json.dumps(line).lower(), line
    assert cart not in metrics and bought not in metrics


def test_a_guests_idempotency_key_is_his_own(guarded):
    expect(guarded.guest.post("/cart", {}, Idempotency_Key="1"), 400, "invalid-header")
    key = str(uuid.uuid4())
    first = expect(guarded.guest.post("/cart", {}, Idempotency_Key=key), 201).json
    again = expect(guarded.guest.post("/cart", {}, Idempotency_Key=key), 201)
    assert again.json == first and again.headers["Idempotent-Replayed"] == "true"
    other = expect(guarded.staff.post("/cart", {}, Idempotency_Key=key), 201)
    assert other.json["id"] != first["id"]
