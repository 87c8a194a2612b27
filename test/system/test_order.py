"""Orders: one for each checkout, frozen, listed, with a history."""

import json
import signal
import threading
import time
import uuid
from decimal import Decimal

import pytest

import given
import shop
from given import (
    ADDRESS, at_once, expect, held, new_user, order_events, placed, stock_of, url, walk)

FIELDS = {"id", "status", "payment_status", "fulfillment_status", "lines", "total", "currency",
          "paid", "refunded", "address", "version", "created_at", "updated_at"}
ENTRY = {"id", "status", "payment_status", "fulfillment_status", "total", "currency", "line_count",
         "version", "created_at", "updated_at"}


def path_of(order):
    return f"/order/{order['id']}"


def product(client, on_hand=10, price=19.99):
    return client.create(name="tea", price=price, on_hand=on_hand)


def order(client, checkout, **fields):
    return client.post("/order", {"checkout_id": checkout["id"], **fields})


# placed


def test_an_order_is_what_the_checkout_has_frozen(client, emulator):
    user = new_user(client)
    tea, pot = product(client), product(client, price=5)
    checkout = held(client, (tea, 3), (pot, 1), user=user, email="a@example.org")
    answer = expect(order(client, checkout), 201)
    made = answer.json
    assert set(made) == FIELDS | {"user_id", "email"}
    assert answer.headers["Location"] == path_of(checkout)
    assert (made["id"], answer.etag) == (checkout["id"], '"1"')
    assert (made["status"], made["payment_status"], made["fulfillment_status"]) == (
        "placed", "none", "unfulfilled")
    assert made["lines"] == [line | {"shipped": 0, "returned": 0} for line in checkout["lines"]]
    assert (made["total"], made["currency"]) == (Decimal("64.97"), "EUR")
    assert (made["paid"], made["refunded"]) == (0, 0)
    assert (made["address"], made["email"]) == (ADDRESS, "a@example.org")
    assert client.get(path_of(made)).json == made
    assert client.get(path_of(made), If_None_Match='"1"').status == 304
    assert stock_of(client, tea) == (7, 3)
    used = client.get(f"/checkout/{checkout['id']}").json
    assert (used["status"], used["order_id"], used["version"]) == ("used", made["id"], 2)
    assert client.get(f"/cart/{checkout['cart_id']}").json["status"] == "ordered"
    expect(client.get(f"/user/{user['id']}/cart"), 404, "cart-not-found")
    assert order_events(emulator, made) == ["order.placed"]


def test_an_event_has_what_a_message_needs(client, emulator):
    made = placed(client, (product(client), 2), user=new_user(client), email="a@example.org")
    item, = (item for shard in range(given.SHARDS)
             for item in given.query(emulator, f"OUT#{shard}")
             if item.get("order_id") == {"S": made["id"]})
    assert item["subject"]["S"] == f"order/{made['id']}"
    assert item["user_id"]["S"] == made["user_id"]
    data = json.loads(item["data"]["S"], parse_float=Decimal)
    assert data == {
        "order_id": made["id"], "user_id": made["user_id"],
        "status": "placed", "payment_status": "none", "fulfillment_status": "unfulfilled",
        "total": Decimal("39.98"), "paid": 0, "refunded": 0, "currency": "EUR", "line_count": 1,
        "version": 1}


def test_cash_on_delivery_is_confirmed_at_once(client, emulator):
    made = placed(client, (product(client), 1), cash=True)
    assert (made["status"], made["cash_on_delivery"]) == ("confirmed", True)
    assert order_events(emulator, made) == ["order.placed", "order.confirmed"]


def test_repeated_it_is_the_same_order(client, emulator):
    checkout = held(client, (product(client), 1))
    made = expect(order(client, checkout), 201).json
    assert expect(order(client, checkout), 200).json == made
    assert expect(order(client, checkout, cash_on_delivery=True), 200).json == made
    expect(client.delete(f"/checkout/{checkout['id']}"), 409, "checkout-used")
    expect(client.patch(f"/checkout/{checkout['id']}", {"extend": True}), 409, "checkout-used")
    given.expire(emulator, f"K#{checkout['id']}")
    assert expect(order(client, checkout), 200).json == made
    assert order_events(emulator, made) == ["order.placed"]


def test_in_parallel_it_is_one_order(pair, emulator):
    clients = [daemon.client() for daemon in pair for _ in range(8)]
    tea = product(clients[0])
    for keyed in (False, True):
        checkout = held(clients[0], (tea, 2))
        answers = at_once([
            lambda c=c: c.post("/order", {"checkout_id": checkout["id"]},
                               **({"Idempotency_Key": str(uuid.uuid4())} if keyed else {}))
            for c in clients])
        assert sorted(answer.status for answer in answers) == [200] * 15 + [201]
        assert all(answer.json == answers[0].json for answer in answers)
        assert order_events(emulator, checkout) == ["order.placed"]
    assert stock_of(clients[0], tea) == (6, 4)


def test_an_order_meets_a_release(pair):
    """One of them wins, and stock and states say which."""
    clients = [daemon.client() for daemon in pair]
    tea = product(clients[0], 100)
    wins = set()
    for _ in range(given.scaled(12)):
        before = stock_of(clients[0], tea)
        checkout = held(clients[0], (tea, 1))
        ordered, released = at_once([lambda: order(clients[0], checkout),
                                     lambda: clients[1].delete(f"/checkout/{checkout['id']}")])
        wins.add(ordered.status)
        assert (ordered.status, released.status) in {(201, 409), (410, 204)}
        taken = int(ordered.status == 201)
        assert stock_of(clients[0], tea) == (before[0] - taken, before[1] + taken)
    assert wins


def test_what_is_ordered_does_not_depend_on_the_cart(client):
    tea, pot = product(client), product(client)
    for ending in ("changed", "removed", "merged"):
        checkout = held(client, (tea, 1))
        cart = f"/cart/{checkout['cart_id']}"
        if ending == "changed":
            expect(client.put(f"{cart}/item/{pot['id']}", {"quantity": 5}), 200)
        elif ending == "removed":
            expect(client.delete(cart), 204)
        else:
            into = given.new_cart(client)
            expect(client.post(f"{cart}/merge", {"into": into["id"]}), 200)
        made = expect(order(client, checkout), 201).json
        assert [line["product_id"] for line in made["lines"]] == [tea["id"]]
        left = client.get(cart)
        assert left.status == 404 or left.json["status"] == {
            "changed": "ordered", "merged": "merged"}[ending]


@pytest.mark.parametrize("body, status, code", [
    ({}, 422, "validation-failed"), ({"checkout_id": "x"}, 422, "validation-failed"),
    ({"checkout_id": given.SOME_ID, "cash_on_delivery": 1}, 422, "validation-failed"),
    ({"checkout_id": given.SOME_ID, "total": 1}, 422, "validation-failed"),
    ({"checkout_id": given.SOME_ID}, 404, "checkout-not-found")])
def test_what_cannot_be_ordered(client, body, status, code):
    expect(client.post("/order", body), status, code)


@pytest.mark.parametrize("fault", ["lost-after", "internal-after", "cut-after", "conflict"])
@pytest.mark.parametrize("keyed", [False, True])
def test_lost_answers_make_no_second_order(client, proxy, emulator, fault, keyed):
    tea = product(client)
    checkout = held(client, (tea, 1))
    headers = {"Idempotency_Key": str(uuid.uuid4())} if keyed else {}
    proxy.fault(fault, operation="TransactWriteItems", count=1)
    made = expect(client.post("/order", {"checkout_id": checkout["id"]}, **headers), 201).json
    proxy.fault(fault, operation="TransactWriteItems", count=1)
    noted = expect(client.patch(path_of(made), {"note": "ring twice"}, **headers), 200).json
    proxy.rules()
    assert client.get(path_of(made)).json == noted
    assert noted["version"] == 2
    assert order_events(emulator, made) == ["order.placed"]
    assert stock_of(client, tea) == (9, 1)


def test_killed_between_there_is_one_order_or_none(start, proxy, emulator, make_table):
    """The daemon dies with the order's write under way; the next one is asked again."""
    table = make_table()
    for fault in ("hang", "hang-after"):
        daemon = start(DYNAMODB_TABLE_NAME=table, SHOPD_WORKERS=1)
        client = daemon.client()
        tea = product(client)
        checkout = held(client, (tea, 1))
        proxy.reset()
        proxy.fault(fault, operation="TransactWriteItems", count=1)
        asking = threading.Thread(target=lambda: order_ignoring(daemon.client(), checkout))
        asking.start()
        shop.wait_until(lambda: "TransactWriteItems" in proxy.tell()["requests"], what="the write")
        time.sleep(0.2)
        daemon.end(signal.SIGKILL)
        asking.join()
        proxy.rules()
        client = start(DYNAMODB_TABLE_NAME=table, SHOPD_WORKERS=1).client()
        answer = order(client, checkout)
        assert answer.status == (201 if fault == "hang" else 200), answer
        assert stock_of(client, tea) == (9, 1)
        assert order_events(emulator, answer.json, table) == ["order.placed"]


def order_ignoring(client, checkout):
    try:
        order(client, checkout)
    except OSError:
        pass


# read, listed, noted


@pytest.mark.parametrize("path", ["/order/x", f"/order/{given.SOME_ID}"])
def test_what_is_not_there_is_404(client, path):
    expect(client.get(path), 404, "order-not-found")
    expect(client.patch(path, {"note": "x"}), 404, "order-not-found")


def test_a_note_can_be_set_and_removed(client):
    made = placed(client, (product(client), 1))
    note = 'two\n"lines" \\ é\U0001F600'
    noted = expect(client.patch(path_of(made), {"note": note}), 200)
    assert noted.json == client.get(path_of(made)).json
    assert (noted.json["note"], noted.json["version"], noted.etag) == (note, 2, '"2"')
    assert expect(client.patch(path_of(made), {"note": note}), 200).json == noted.json
    assert expect(client.patch(path_of(made), {}), 200).json == noted.json
    expect(client.patch(path_of(made), {"note": "x"}, If_Match='"1"'), 412)
    assert "note" not in expect(client.patch(path_of(made), {"note": None}), 200).json
    expect(client.patch(path_of(made), {"note": "x" * 1001}), 422)
    expect(client.patch(path_of(made), {"note": "\U0001F600" * 1000}), 200)
    answer = expect(client.patch(path_of(made), {"total": 1, "x": 1}), 422)
    assert {error["code"] for error in answer.json["errors"]} == {"read-only", "unknown-field"}


def test_the_history_tells_what_happened(client):
    made = placed(client, (product(client), 1))
    client.patch(path_of(made), {"note": "x"})
    assert "history" not in client.get(path_of(made)).json
    history = expect(client.get(url(path_of(made), expand="history")), 200).json["history"]
    assert [given.without(entry, "time") for entry in history] == [
        {"what": "placed", "to": "placed", "by": "staff"}, {"what": "note", "by": "staff"}]
    assert all(given.TIME.fullmatch(entry["time"]) for entry in history)
    expect(client.get(url(path_of(made), expand="lines")), 400, "invalid-parameter")


def test_a_users_orders_are_listed_the_newest_first(client):
    user = new_user(client)
    path = f"/user/{user['id']}/order"
    assert expect(client.get(path), 200).json == {"data": []}
    tea = product(client, 100)
    made = [placed(client, (tea, 1), user=user) for _ in range(5)]
    assert [entry["id"] for entry in walk(client, path, limit=2)] == [
        order["id"] for order in reversed(made)]
    entry = client.get(url(path, limit=1)).json["data"][0]
    assert set(entry) == ENTRY | {"user_id"}
    assert {name: made[-1][name] for name in ENTRY - {"line_count"}} == given.without(
        entry, "line_count", "user_id")
    assert entry["line_count"] == 1
    for other in ("x", given.SOME_ID):
        expect(client.get(f"/user/{other}/order"), 404, "user-not-found")
    expect(client.delete(f"/user/{user['id']}"), 204)
    assert len(walk(client, path)) == 5


def test_orders_of_a_status_are_listed_by_their_last_change(fresh):
    client = fresh.client()
    tea = product(client, 100)
    made = [placed(client, (tea, 1), email="a@example.org") for _ in range(9)]
    cash = placed(client, (tea, 1), cash=True)
    made.append(expect(client.put(f"{path_of(made.pop(3))}/payment",
                                  {"reference": "p1", "status": "failed"}), 200).json)
    expect(client.patch(path_of(made[0]), {"note": "it does not put the end off"}), 200)
    listed = walk(client, "/order", status="placed", limit=4)
    assert [entry["id"] for entry in listed] == [order["id"] for order in reversed(made)]
    assert set(listed[0]) == ENTRY | {"email"}
    assert [entry["id"] for entry in walk(client, "/order", status="confirmed")] == [cash["id"]]
    assert walk(client, "/order", status="expired") == []
    low, high = made[2]["updated_at"], made[5]["updated_at"]
    between = walk(client, "/order", status="placed", **{"from": low, "to": high})
    assert [entry["id"] for entry in between] == [
        order["id"] for order in reversed(made) if low <= order["updated_at"] <= high]


@pytest.mark.parametrize("query", ["?status=", "?status=x", "?status=placed&from=yesterday",
                                   "?status=placed&to=2026-01-01"])
def test_what_a_list_cannot_be_asked_for(client, query):
    expect(client.get(f"/order{query}"), 400, "invalid-parameter")
    expect(client.get("/order?status=placed&cursor=x"), 400, "invalid-cursor")
    expect(client.get("/order?cursor=x"), 400, "invalid-cursor")
