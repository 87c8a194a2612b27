"""Deliveries: what goes out of an order, and what carriers report of it."""

import hashlib
import json
import random
import time
import uuid

import pytest

import given
import shop
from given import (
    ADDRESS, SHARDS, SOME_ID, TIME, UUID, at_once, expect, lose_answers, placed, query, reserve,
    scaled, snapshot, stock_path, without)

AFTER = ("lost-after", "internal-after", "cut-after", "checksum-after", "garbage-after")
BEFORE = ("internal", "unavailable", "close", "throttling", "conflict")
ALLOWED = {"pending": {"shipped", "cancelled"}, "shipped": {"delivered"}, "delivered": set(),
           "cancelled": set()}
TRACKING = ("pre_transit", "in_transit", "out_for_delivery", "available_for_pickup", "delivered",
            "return_to_sender", "failure", "unknown")


# orders past shopd


def ordered_id():
    text = f"{time.time_ns() // 1000000:012x}7{uuid.uuid4().hex[13:]}"
    return str(uuid.UUID(text))


def put(emulator, pk, sk, **values):
    kinds = {str: lambda v: {"S": v}, int: lambda v: {"N": str(v)},
             list: lambda v: {"L": [typed(one) for one in v]},
             dict: lambda v: {"M": {name: typed(one) for name, one in v.items()}}}

    def typed(value):
        return kinds[type(value)](value)

    emulator.client.put_item(TableName=shop.TABLE, Item={
        name: typed(value) for name, value in ({"pk": pk, "sk": sk} | values).items()})


def order_of(emulator, *lines, status="confirmed"):
    """An order of these (product, quantity) with its stock reserved; returns its id."""
    order_id, now = ordered_id(), "2026-01-01T00:00:00.000Z"
    put(emulator, f"O#{order_id}", "#", status=status, payment_status="none",
        fulfillment_status="unfulfilled", total=0, paid=0, refunded=0, currency="EUR",
        line_count=len(lines), version=1, created_at=now, updated_at=now,
        g2p=f"OS#{status}#0", g2s=f"{now}#{order_id}")
    put(emulator, f"O#{order_id}", "SNAP", address=ADDRESS, lines=[
        {"product_id": product["id"], "name": "tea", "price": 0, "quantity": quantity}
        for product, quantity in lines])
    for product, quantity in lines:
        reserve(emulator, product, quantity)
    return order_id


def product(client, on_hand=100):
    return client.create(name="tea", price=1, on_hand=on_hand)


def stock_of(client, emulator, product):
    """(available, reserved), which is what the ledger says is on hand."""
    stock = expect(client.get(stock_path(product)), 200).json
    ledger = query(emulator, f"M#{product['id']}")
    assert sum(int(item["delta"]["N"]) for item in ledger) == stock["on_hand"]
    return stock["available"], stock["reserved"]


def items_of(emulator, order_id, prefix):
    return [item for item in query(emulator, f"O#{order_id}") if item["sk"]["S"].startswith(prefix)]


def states_of(emulator, order_id):
    head, = items_of(emulator, order_id, "#")
    return head["status"]["S"], head["fulfillment_status"]["S"]


def events_of(emulator, order_id):
    """The order's outbox items, by the version of the order that they tell of."""
    found = [item for shard in range(SHARDS) for item in query(emulator, f"OUT#{shard}")
             if item.get("order_id") == {"S": order_id}]
    assert {item["subject"]["S"] for item in found} <= {f"order/{order_id}"}
    return sorted(found, key=lambda item: json.loads(item["data"]["S"])["version"])


def types_of(emulator, order_id):
    return [item["type"]["S"] for item in events_of(emulator, order_id)]


def history_of(emulator, order_id):
    return [item["what"]["S"] for item in items_of(emulator, order_id, "H#")]


# requests


def number():
    return f"N {uuid.uuid4()}"


def ship(client, order_id, *lines, headers=None, **fields):
    body = {"carrier": "dhl", "tracking_number": number(), **fields}
    if lines:
        body["lines"] = [{"product_id": product["id"], "quantity": quantity}
                         for product, quantity in lines]
    return client.post(f"/order/{order_id}/delivery", body, **(headers or {}))


def shipped(client, order_id, *lines, **fields):
    return expect(ship(client, order_id, *lines, **fields), 201).json


def path_of(delivery):
    return f"/delivery/{delivery['id']}"


def at(seconds):
    """An hour ago and so much."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600 + seconds))


def report(client, delivery, status, when=None, event_id=None, **fields):
    body = {"event_id": event_id or str(uuid.uuid4()), "tracking_status": status,
            "time": when or at(0), **fields}
    return client.post(f"{path_of(delivery)}/event", body)


def reported(client, delivery, status, when=None, **fields):
    return expect(report(client, delivery, status, when, **fields), 200).json


# part deliveries


def test_a_delivery_of_everything(client, emulator):
    tea, pot = product(client), product(client)
    order_id = order_of(emulator, (tea, 3), (pot, 2))
    tracking_number = number()
    answer = expect(ship(client, order_id, tracking_number=tracking_number, carrier="Döner \"1\""),
                    201)
    delivery = answer.json
    assert answer.headers["Location"] == path_of(delivery)
    assert answer.etag == '"1"'
    assert UUID.fullmatch(delivery["id"]) and delivery["id"][14] == "7"
    assert TIME.fullmatch(delivery["created_at"])
    assert without(delivery, "id", "created_at", "updated_at") == {
        "order_id": order_id, "status": "shipped", "carrier": 'Döner "1"',
        "tracking_number": tracking_number, "version": 1,
        "lines": [{"product_id": tea["id"], "quantity": 3},
                  {"product_id": pot["id"], "quantity": 2}]}
    assert client.get(path_of(delivery)).json == delivery
    assert client.get(path_of(delivery), If_None_Match='"1"').status == 304
    assert client.get(f"/order/{order_id}/delivery").json == {"data": [delivery]}
    assert stock_of(client, emulator, tea) == (97, 0)
    assert stock_of(client, emulator, pot) == (98, 0)
    assert query(emulator, f"M#{tea['id']}")[-1]["reason"] == {"S": "shipped"}
    assert query(emulator, f"M#{tea['id']}")[-1]["reference"] == {"S": order_id}
    assert states_of(emulator, order_id) == ("confirmed", "shipped")
    assert sorted(types_of(emulator, order_id)) == ["delivery.created", "delivery.shipped"]
    assert history_of(emulator, order_id) == ["delivery.created"]
    told = json.loads(events_of(emulator, order_id)[0]["data"]["S"])
    assert told["delivery"]["id"] == delivery["id"]
    assert told["fulfillment_status"] == "shipped"
    expect(ship(client, order_id), 409, "nothing-to-ship")


def test_an_order_shows_its_deliveries(client, emulator):
    tea = product(client)
    order = placed(client, (tea, 3), cash=True)
    path = f"/order/{order['id']}"
    first = shipped(client, order["id"], (tea, 1))
    second = shipped(client, order["id"])
    order = client.get(path).json
    assert (order["fulfillment_status"], order["lines"][0]["shipped"]) == ("shipped", 3)
    assert [one["id"] for one in order["deliveries"]] == [first["id"], second["id"]]
    reported(client, first, "delivered")
    reported(client, second, "in_transit", at(1))
    reported(client, second, "delivered", at(2))
    order = client.get(f"{path}?expand=history").json
    assert (order["status"], order["fulfillment_status"]) == ("completed", "delivered")
    assert [(one["what"], one.get("from"), one.get("to"), one["by"])
            for one in order["history"]][-5:] == [
        ("delivery.created", None, "shipped", "staff"),
        ("delivery.created", None, "shipped", "staff"),
        ("delivery.delivered", None, None, "carrier"),
        ("tracking", None, "in_transit", "carrier"),
        ("delivery.delivered", "confirmed", "completed", "carrier")]
    assert stock_of(client, emulator, tea) == (97, 0)


def test_in_parts_until_all_is_delivered(client, emulator):
    tea, pot = product(client), product(client)
    order_id = order_of(emulator, (tea, 3), (pot, 2))
    first = shipped(client, order_id, (tea, 1))
    assert states_of(emulator, order_id) == ("confirmed", "partial")
    assert stock_of(client, emulator, tea) == (97, 2)
    second = shipped(client, order_id, (tea, 1), (pot, 2))
    assert states_of(emulator, order_id) == ("confirmed", "partial")
    reported(client, second, "delivered")
    third = shipped(client, order_id)
    assert third["lines"] == [{"product_id": tea["id"], "quantity": 1}]
    assert states_of(emulator, order_id) == ("confirmed", "shipped")
    assert reported(client, third, "delivered")["status"] == "delivered"
    assert states_of(emulator, order_id) == ("confirmed", "shipped")
    assert reported(client, first, "delivered")["status"] == "delivered"
    assert states_of(emulator, order_id) == ("completed", "delivered")
    assert stock_of(client, emulator, tea) == (97, 0)
    types = types_of(emulator, order_id)
    assert {name: types.count(name) for name in set(types)} == {
        "delivery.created": 3, "delivery.shipped": 3, "delivery.delivered": 3, "order.completed": 1}
    assert set(types[-2:]) == {"delivery.delivered", "order.completed"}
    listed = client.get(f"/order/{order_id}/delivery").json["data"]
    assert [one["id"] for one in listed] == [first["id"], second["id"], third["id"]]
    answer = expect(ship(client, order_id), 409, "invalid-transition")
    assert (answer.json["field"], answer.json["current"], answer.json["allowed"]) == (
        "status", "completed", [])


def test_a_pending_delivery_holds_its_lines_and_ships_later(client, emulator):
    tea = product(client)
    order_id = order_of(emulator, (tea, 3))
    pending = shipped(client, order_id, (tea, 2), status="pending")
    assert pending["status"] == "pending"
    assert states_of(emulator, order_id) == ("confirmed", "unfulfilled")
    assert stock_of(client, emulator, tea) == (97, 3)
    assert types_of(emulator, order_id) == ["delivery.created"]
    answer = expect(ship(client, order_id, (tea, 2)), 409, "too-many-shipped")
    assert answer.json["items"] == [{"product_id": tea["id"], "requested": 2, "possible": 1}]
    answer = expect(client.patch(path_of(pending), {"status": "shipped"}), 200)
    assert (answer.json["status"], answer.json["version"], answer.etag) == ("shipped", 2, '"2"')
    assert stock_of(client, emulator, tea) == (97, 1)
    assert states_of(emulator, order_id) == ("confirmed", "partial")
    assert types_of(emulator, order_id) == ["delivery.created", "delivery.shipped"]


def test_a_cancelled_delivery_frees_its_lines_and_its_number(client, emulator):
    tea = product(client)
    order_id = order_of(emulator, (tea, 3))
    pending = shipped(client, order_id, status="pending")
    expect(ship(client, order_id), 409, "nothing-to-ship")
    expect(ship(client, order_id, (tea, 1), tracking_number=pending["tracking_number"]), 409,
           "too-many-shipped")
    assert client.patch(path_of(pending), {"status": "cancelled"}).json["status"] == "cancelled"
    assert stock_of(client, emulator, tea) == (97, 3)
    again = shipped(client, order_id, tracking_number=pending["tracking_number"])
    assert again["lines"] == pending["lines"]
    assert stock_of(client, emulator, tea) == (97, 0)


def test_what_cannot_be_shipped(client, emulator):
    tea, pot, other = product(client), product(client), product(client)
    order_id = order_of(emulator, (tea, 3), (pot, 2))
    before = snapshot(emulator)
    answer = expect(ship(client, order_id, (tea, 4), (pot, 2), (other, 1)), 409, "too-many-shipped")
    assert answer.json["items"] == [
        {"product_id": tea["id"], "requested": 4, "possible": 3},
        {"product_id": other["id"], "requested": 1, "possible": 0}]
    expect(ship(client, SOME_ID), 404, "order-not-found")
    expect(ship(client, "nonsense"), 404, "order-not-found")
    assert snapshot(emulator) == before


@pytest.mark.parametrize("status, allowed", [
    ("placed", ["confirmed", "expired", "cancelled"]), ("expired", []), ("cancelled", []),
    ("completed", [])])
def test_only_confirmed_orders_are_shipped(client, emulator, status, allowed):
    order_id = order_of(emulator, (product(client), 1), status=status)
    for fields in ({}, {"status": "pending"}):
        answer = expect(ship(client, order_id, **fields), 409, "invalid-transition")
        assert (answer.json["field"], answer.json["current"], answer.json["allowed"]) == (
            "status", status, allowed)


def test_bodies_that_are_wrong_are_told_so(client, emulator):
    tea = product(client)
    order_id = order_of(emulator, (tea, 1))
    line = {"product_id": tea["id"], "quantity": 1}
    path = f"/order/{order_id}/delivery"
    good = {"carrier": "dhl", "tracking_number": "1"}
    for body, mistakes in (
            ({}, {("carrier", "required"), ("tracking_number", "required")}),
            (good | {"carrier": " "}, {("carrier", "too-short")}),
            (good | {"tracking_number": "x" * 101}, {("tracking_number", "too-long")}),
            (good | {"status": "delivered"}, {("status", "not-one-of")}),
            (good | {"lines": []}, {("lines", "too-short")}),
            (good | {"lines": {}}, {("lines", "wrong-type")}),
            (good | {"lines": [line, line]}, {("lines[1].product_id", "duplicate")}),
            (good | {"lines": [line | {"quantity": 0}]}, {("lines[0].quantity", "zero")}),
            (good | {"lines": [{"quantity": "1", "x": 1}]},
             {("lines[0].quantity", "wrong-type"), ("lines[0].product_id", "required"),
              ("lines[0].x", "unknown-field")}),
            (good | {"lines": [line] * 41}, {("lines", "too-many")}),
            (good | {"id": SOME_ID}, {("id", "read-only")}),
            (good | {"colour": "red"}, {("colour", "unknown-field")})):
        answer = expect(client.post(path, body), 422, "validation-failed")
        assert answer.errors() == mistakes, body
    delivery = shipped(client, order_id)
    for body, mistakes in (
            ({"status": "pending"}, {("status", "not-one-of")}),
            ({"status": None}, {("status", "required")}),
            ({"carrier": None}, {("carrier", "required")}),
            ({"lines": []}, {("lines", "read-only")})):
        answer = expect(client.patch(path_of(delivery), body), 422, "validation-failed")
        assert answer.errors() == mistakes, body


def test_forty_lines_at_a_time(client, emulator):
    products = [product(client) for _ in range(42)]
    order_id = order_of(emulator, *[(one, 2) for one in products])
    expect(ship(client, order_id), 409, "delivery-too-large")
    answer = ship(client, order_id, *[(one, 1) for one in products[:40]],
                  headers={"Idempotency_Key": str(uuid.uuid4())})
    assert len(expect(answer, 201).json["lines"]) == 40
    expect(ship(client, order_id), 409, "delivery-too-large")
    shipped(client, order_id, *[(one, 1) for one in products[:20]])
    shipped(client, order_id, *[(one, 1) for one in products[20:40]])
    assert [line["quantity"] for line in shipped(client, order_id)["lines"]] == [2, 2]
    assert states_of(emulator, order_id) == ("confirmed", "shipped")
    assert {stock_of(client, emulator, one) for one in products} == {(98, 0)}


def test_forty_deliveries_at_most(client, emulator):
    tea = product(client)
    order_id = order_of(emulator, (tea, 50))
    for n in range(40):
        shipped(client, order_id, (tea, 1))
    expect(ship(client, order_id, (tea, 1)), 409, "too-many-deliveries")
    assert len(client.get(f"/order/{order_id}/delivery").json["data"]) == 40
    assert stock_of(client, emulator, tea) == (50, 10)


# tracking numbers


def test_a_number_belongs_to_one_delivery_of_a_carrier(client, emulator):
    tea = product(client)
    orders = [order_of(emulator, (tea, 3)) for _ in range(2)]
    first = shipped(client, orders[0], (tea, 1), tracking_number=number())
    taken = {"tracking_number": first["tracking_number"]}
    before = snapshot(emulator)
    expect(ship(client, orders[1], (tea, 1), **taken), 409, "tracking-number-taken")
    expect(ship(client, orders[0], (tea, 1), **taken), 409, "tracking-number-taken")
    assert snapshot(emulator) == before
    other = shipped(client, orders[1], (tea, 1), carrier="ups", **taken)
    expect(client.patch(path_of(other), {"carrier": "dhl"}), 409, "tracking-number-taken")
    moved = client.patch(path_of(first), {"tracking_number": number()}).json
    assert (moved["version"], moved["status"]) == (2, "shipped")
    assert client.patch(path_of(other), {"carrier": "dhl"}).json["carrier"] == "dhl"
    expect(ship(client, orders[1], (tea, 1), **taken), 409, "tracking-number-taken")


def test_numbers_with_escapes_are_compared_as_texts(client, emulator):
    tea = product(client)
    order_id = order_of(emulator, (tea, 3))
    odd = f'"\\/é😀 {uuid.uuid4()}'
    first = shipped(client, order_id, (tea, 1), tracking_number=odd)
    expect(ship(client, order_id, (tea, 1), tracking_number=odd), 409, "tracking-number-taken")
    same = client.patch(path_of(first), {"tracking_number": odd}).json
    assert (same["tracking_number"], same["version"]) == (odd, 1)
    assert client.patch(path_of(first), {"carrier": 'a "b" \\'}).json["carrier"] == 'a "b" \\'
    shipped(client, order_id, (tea, 1), tracking_number=odd)


def test_one_number_taken_at_once(pair, emulator):
    clients = [pair[n % 2].client() for n in range(6)]
    tea = product(clients[0])
    orders = [order_of(emulator, (tea, 1)) for _ in clients]
    wanted = number()
    answers = at_once([lambda c=c, o=o: ship(c, o, tracking_number=wanted)
                       for c, o in zip(clients, orders)])
    assert sorted(answer.status for answer in answers) == [201] + [409] * 5
    assert {answer.code for answer in answers if answer.status == 409} == {"tracking-number-taken"}
    assert stock_of(clients[0], emulator, tea) == (94, 5)


# changes by hand


@pytest.mark.parametrize("current", ALLOWED)
@pytest.mark.parametrize("wanted", ["shipped", "cancelled"])
def test_every_status_from_every_status(client, emulator, current, wanted):
    tea = product(client)
    order_id = order_of(emulator, (tea, 2))
    delivery = shipped(client, order_id, (tea, 1),
                       status="pending" if current in ("pending", "cancelled") else "shipped")
    if current == "cancelled":
        client.patch(path_of(delivery), {"status": "cancelled"})
    elif current == "delivered":
        reported(client, delivery, "delivered")
    before, found = snapshot(emulator), client.get(path_of(delivery)).json
    answer = client.patch(path_of(delivery), {"status": wanted})
    if wanted in ALLOWED[current]:
        assert expect(answer, 200).json["status"] == wanted
        return
    assert snapshot(emulator) == before
    if wanted == current:
        assert expect(answer, 200).json == found
    else:
        expect(answer, 409, "invalid-transition")
        assert (answer.json["field"], answer.json["current"]) == ("status", current)
        assert set(answer.json["allowed"]) == ALLOWED[current]
    if current in ("delivered", "cancelled"):
        expect(client.patch(path_of(delivery), {"carrier": "ups"}), 409, "invalid-transition")


def test_a_change_may_name_the_version(client, emulator):
    delivery = shipped(client, order_of(emulator, (product(client), 1)), status="pending")
    path = path_of(delivery)
    assert client.patch(path, {"carrier": "ups"}, If_Match='"1"').json["version"] == 2
    expect(client.patch(path, {"carrier": "gls"}, If_Match='"1"'), 412, "precondition-failed")
    assert client.patch(path, {"carrier": "ups"}).json["version"] == 2
    assert client.patch(path, {"status": "shipped"}, If_Match='"2"').json["version"] == 3


def test_unknown_deliveries(client):
    for delivery_id in (SOME_ID, "nonsense"):
        path = f"/delivery/{delivery_id}"
        expect(client.get(path), 404, "delivery-not-found")
        expect(client.patch(path, {"carrier": "ups"}), 404, "delivery-not-found")
        expect(report(client, {"id": delivery_id}, "unknown"), 404, "delivery-not-found")
    expect(client.get(f"/order/{SOME_ID}/delivery"), 404, "order-not-found")


def test_a_pending_delivery_is_cancelled_with_its_order_and_gives_its_number_back(
        client, emulator):
    tea = product(client)
    order_id, other_id = order_of(emulator, (tea, 1)), order_of(emulator, (tea, 1))
    delivery = shipped(client, order_id, status="pending")
    number = delivery["tracking_number"]
    expect(ship(client, other_id, tracking_number=number), 409, "tracking-number-taken")
    assert client.get(path_of(delivery), If_None_Match='"1"').status == 304
    order = expect(client.post(f"/order/{order_id}/cancel", {}), 200).json
    shown = expect(client.get(path_of(delivery), If_None_Match='"1"'), 200)
    assert (shown.etag, shown.json["version"], shown.json["status"]) == ('"2"', 2, "cancelled")
    assert shown.json["updated_at"] == order["updated_at"]
    assert client.get(path_of(delivery), If_None_Match=shown.etag).status == 304
    expect(client.patch(path_of(delivery), {"status": "shipped"}), 409, "invalid-transition")
    expect(client.patch(path_of(delivery), {"status": "shipped"}, If_Match='"1"'), 412)
    same = expect(client.patch(path_of(delivery), {"status": "cancelled"}, If_Match='"2"'), 200)
    assert same.json == shown.json
    # what is written later goes on from there
    assert reported(client, delivery, "failure", at(10))["version"] == 3
    expect(client.patch(path_of(delivery), {"status": "shipped"}, If_Match='"2"'), 412)
    assert client.get(path_of(delivery)).etag == '"3"'
    shipped(client, other_id, tracking_number=number)


def test_a_delivery_is_found_by_its_carriers_number(client, emulator):
    def found(carrier, number):
        query = given.url("/delivery", carrier=carrier, tracking_number=number)
        return expect(client.get(query), 200).json["data"]

    tea, name = product(client), 'd\N{LATIN SMALL LETTER U WITH DIAERESIS} "x" \\ + \U0001F600'
    order_id = order_of(emulator, (tea, 3))
    number = f"a {uuid.uuid4()}/&=+"
    assert found(name, number) == []
    made = shipped(client, order_id, (tea, 1), carrier=name, tracking_number=number)
    assert found(name, number) == [made] == [expect(client.get(path_of(made)), 200).json]
    assert found(name, number.upper()) == found(name.upper(), number) == found(number, name) == []
    moved = expect(client.patch(path_of(made), {"tracking_number": f"{number}2"}), 200).json
    assert (found(name, number), found(name, f"{number}2")) == ([], [moved])
    other = shipped(client, order_id, (tea, 1), carrier=name, tracking_number=number,
                    status="pending")
    assert found(name, number) == [other]
    expect(client.patch(path_of(other), {"status": "cancelled"}), 200)
    assert found(name, number) == []


# what carriers report


def test_the_newest_time_wins_whatever_comes_last(client, emulator):
    order_id = order_of(emulator, (product(client), 1))
    delivery = shipped(client, order_id)
    newest = at(10)
    now = reported(client, delivery, "in_transit", newest, place='Köln "Süd"')
    assert (now["tracking_status"], now["tracked_at"][:19], now["version"]) == (
        "in_transit", newest[:19], 2)
    late = reported(client, delivery, "pre_transit", at(5))
    assert late == now
    assert reported(client, delivery, "available_for_pickup", newest)["tracking_status"] == (
        "available_for_pickup")
    assert reported(client, delivery, "in_transit", newest)["tracking_status"] == (
        "available_for_pickup")
    assert reported(client, delivery, "unknown", at(11))["tracking_status"] == "unknown"
    assert history_of(emulator, order_id) == [
        "delivery.created", "tracking", "tracking.late", "tracking", "tracking.late", "tracking"]
    assert sorted(types_of(emulator, order_id)) == ["delivery.created", "delivery.shipped"]


def test_times_have_offsets(client, emulator):
    delivery = shipped(client, order_of(emulator, (product(client), 1)))
    for when, shown in (("2026-03-01T00:30:00.5+01:00", "2026-02-28T23:30:00.500Z"),
                        ("2026-02-28T20:30:00.501-03:00", "2026-02-28T23:30:00.501Z"),
                        ("2026-02-28T23:30:01Z", "2026-02-28T23:30:01.000Z")):
        assert reported(client, delivery, "in_transit", when)["tracked_at"] == shown
    for when, code in (("2026-02-28", "invalid-time"), ("2026-02-30T00:00:00Z", "invalid-time"),
                       ("2026-02-28T00:00:00", "invalid-time"),
                       ("2026-02-28T00:00:00+24:00", "invalid-time"),
                       ("9999-01-01T00:00:00Z", "in-future"), (at(3600 + 86500), "in-future")):
        answer = expect(report(client, delivery, "in_transit", when), 422, "validation-failed")
        assert answer.errors() == {("time", code)}, when
    reported(client, delivery, "in_transit", at(3600 + 86000))
    answer = expect(client.post(f"{path_of(delivery)}/event", {"tracking_status": "lost"}), 422)
    assert answer.errors() == {
        ("event_id", "required"), ("time", "required"), ("tracking_status", "not-one-of")}


def test_an_event_counts_once_for_each_delivery(client, emulator):
    tea = product(client)
    order_id = order_of(emulator, (tea, 2))
    one, other = shipped(client, order_id, (tea, 1)), shipped(client, order_id, (tea, 1))
    now = reported(client, one, "in_transit", at(1), event_id='e "1"', place="Graz")
    before = snapshot(emulator)
    assert reported(client, one, "in_transit", at(1), event_id='e "1"') == now
    assert reported(client, one, "delivered", at(9), event_id='e "1"') == now
    assert snapshot(emulator) == before
    assert reported(client, other, "failure", at(1), event_id='e "1"')["tracking_status"] == (
        "failure")
    seen = hashlib.sha256(f'{one["id"]}\ne "1"'.encode()).hexdigest()
    item, = query(emulator, f"DE#{seen}")
    assert (item["place"]["S"], item["delivery_id"]["S"]) == ("Graz", one["id"])
    assert abs(int(item["ttl"]["N"]) - time.time() - 30 * 86400) < 600
    emulator.client.update_item(
        TableName=shop.TABLE, Key={"pk": {"S": f"DE#{seen}"}, "sk": {"S": "#"}},
        UpdateExpression="SET #t = :t", ExpressionAttributeNames={"#t": "ttl"},
        ExpressionAttributeValues={":t": {"N": "1000000000"}})
    assert reported(client, one, "delivered", at(9), event_id='e "1"')["status"] == "delivered"


def test_delivered_counts_whatever_came_after_it(client, emulator):
    order_id = order_of(emulator, (product(client), 1))
    delivery = shipped(client, order_id)
    reported(client, delivery, "out_for_delivery", at(20))
    done = reported(client, delivery, "delivered", at(10))
    assert (done["status"], done["tracking_status"]) == ("delivered", "out_for_delivery")
    assert states_of(emulator, order_id) == ("completed", "delivered")
    again = reported(client, delivery, "delivered", at(30))
    assert (again["status"], again["tracking_status"]) == ("delivered", "delivered")
    assert sorted(types_of(emulator, order_id)) == [
        "delivery.created", "delivery.delivered", "delivery.out_for_delivery", "delivery.shipped",
        "order.completed"]


def test_events_are_raised_when_the_status_becomes_another(client, emulator):
    order_id = order_of(emulator, (product(client), 1))
    delivery = shipped(client, order_id)
    steps = ("in_transit", "out_for_delivery", "failure", "failure", "out_for_delivery", "failure",
             "return_to_sender", "return_to_sender", "unknown")
    for n, status in enumerate(steps):
        reported(client, delivery, status, at(n))
    reported(client, delivery, "return_to_sender", at(0))
    assert types_of(emulator, order_id)[2:] == [
        "delivery.out_for_delivery", "delivery.failed", "delivery.failed", "delivery.returned"]


@pytest.mark.parametrize("current", ["pending", "cancelled"])
@pytest.mark.parametrize("status", TRACKING)
def test_what_never_left_can_be_tracked_but_not_delivered(client, emulator, current, status):
    order_id = order_of(emulator, (product(client), 1))
    delivery = shipped(client, order_id, status="pending")
    if current == "cancelled":
        client.patch(path_of(delivery), {"status": "cancelled"})
    event_id = str(uuid.uuid4())
    if status != "delivered":
        now = reported(client, delivery, status, event_id=event_id)
        assert (now["status"], now["tracking_status"]) == (current, status)
        assert types_of(emulator, order_id) == ["delivery.created"]
        return
    answer = expect(report(client, delivery, status, event_id=event_id), 409, "invalid-transition")
    assert set(answer.json["allowed"]) == ALLOWED[current]
    if current == "pending":
        client.patch(path_of(delivery), {"status": "shipped"})
        assert reported(client, delivery, status, event_id=event_id)["status"] == "delivered"


# many at once, and faults


def test_two_deliveries_of_the_last_piece(pair, emulator):
    clients = [pair[n % 2].client() for n in range(8)]
    tea = product(clients[0])
    for fields in ({}, {"status": "pending"}):
        order_id = order_of(emulator, (tea, 2))
        shipped(clients[0], order_id, (tea, 1))
        answers = at_once([lambda c=c: ship(c, order_id, (tea, 1), **fields) for c in clients])
        assert sorted(answer.status for answer in answers) == [201] + [409] * 7
        assert {answer.code for answer in answers if answer.status == 409} == {"too-many-shipped"}
        assert len(items_of(emulator, order_id, "D#")) == 2
    assert stock_of(clients[0], emulator, tea) == (96, 1)


def test_shipped_and_cancelled_at_once(pair, emulator):
    clients = [pair[n % 2].client() for n in range(6)]
    tea = product(clients[0])
    for turn in range(scaled(2)):
        order_id = order_of(emulator, (tea, 1))
        delivery = shipped(clients[0], order_id, status="pending")
        answers = at_once([
            lambda c=c, n=n: c.patch(path_of(delivery),
                                     {"status": "shipped" if n % 2 else "cancelled"})
            for n, c in enumerate(clients)])
        assert sorted(answer.status for answer in answers) == [200] * 3 + [409] * 3
        status = clients[0].get(path_of(delivery)).json["status"]
        assert {answer.json["status"] for answer in answers if answer.status == 200} == {status}
        assert types_of(emulator, order_id).count("delivery.shipped") == (status == "shipped")
        left = stock_of(clients[0], emulator, tea)
        if status == "cancelled":
            shipped(clients[0], order_id)
        assert stock_of(clients[0], emulator, tea) == (left[0], 0)


@pytest.mark.parametrize("with_key", [False, True])
@pytest.mark.parametrize("fault", AFTER + BEFORE)
def test_under_a_fault_a_delivery_has_one_effect(client, proxy, emulator, fault, with_key):
    tea = product(client)
    order_id = order_of(emulator, (tea, 2))
    headers = {"Idempotency_Key": str(uuid.uuid4())} if with_key else {}
    proxy.fault(fault, operation="TransactWriteItems", count=1)
    made = expect(ship(client, order_id, (tea, 1), headers=headers), 201).json
    proxy.fault(fault, operation="TransactWriteItems", count=1)
    reported(client, made, "out_for_delivery", at(1))
    proxy.fault(fault, operation="TransactWriteItems", count=1)
    done = reported(client, made, "delivered", at(2))
    proxy.rules()
    assert (done["status"], done["version"]) == ("delivered", 3)
    assert len(items_of(emulator, order_id, "D#")) == 1
    assert history_of(emulator, order_id) == ["delivery.created", "tracking", "delivery.delivered"]
    assert sorted(types_of(emulator, order_id)) == [
        "delivery.created", "delivery.delivered", "delivery.out_for_delivery", "delivery.shipped"]
    assert stock_of(client, emulator, tea) == (98, 1)


def test_a_key_gives_the_first_answer_again(client, emulator):
    tea = product(client)
    order_id = order_of(emulator, (tea, 2))
    body = {"carrier": "dhl", "tracking_number": number(),
            "lines": [{"product_id": tea["id"], "quantity": 1}]}
    key = str(uuid.uuid4())
    first = client.post(f"/order/{order_id}/delivery", body, Idempotency_Key=key)
    again = client.post(f"/order/{order_id}/delivery", body, Idempotency_Key=key)
    assert (first.status, first.json) == (again.status, again.json) and first.status == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    event = {"event_id": "1", "tracking_status": "in_transit", "time": at(0)}
    for send, path, change in ((client.patch, path_of(first.json), {"carrier": "ups"}),
                               (client.post, f"{path_of(first.json)}/event", event)):
        key = str(uuid.uuid4())
        one, other = (send(path, change, Idempotency_Key=key) for _ in range(2))
        assert (one.status, one.json) == (other.status, other.json) and one.status == 200
        assert other.headers["Idempotent-Replayed"] == "true"
    seen = client.post(path, event, Idempotency_Key=str(uuid.uuid4()))
    assert seen.json == one.json


@pytest.mark.parametrize("loses", [False, True])
def test_carriers_report_late_twice_and_all_at_once(pair, emulator, proxy, loses):
    """50 events, each twice, shuffled, by 8 clients: all that counts is their times."""
    dice = random.Random(loses)
    clients = [pair[n % 2].client() for n in range(8)]
    tea = product(clients[0])
    order_id = order_of(emulator, (tea, 2))
    deliveries = [shipped(clients[0], order_id, (tea, 1)) for _ in range(2)]
    statuses = [status for status in TRACKING if status != "delivered"]
    events = [(deliveries[n % 2], dice.choice(statuses), at(n // 2 + 1), f"e{n // 3}-{n}")
              for n in range(scaled(48))]
    events += [(one, "delivered", at(20), "the end") for one in deliveries]
    twice = events * 2
    dice.shuffle(twice)
    if loses:
        lose_answers(proxy, 0.05, 1)
    trouble = []

    def work(n):
        for event in twice[n::8]:
            while (answer := report(clients[n], *event)).status == 503:
                trouble.append(answer)
            expect(answer, 200)

    at_once([lambda n=n: work(n) for n in range(8)])
    proxy.rules()
    for one in deliveries:
        mine = [event for event in events if event[0] is one]
        _, status, when, _ = max(mine, key=lambda event: event[2])
        found = clients[0].get(path_of(one)).json
        assert (found["status"], found["tracking_status"]) == ("delivered", status)
        assert found["tracked_at"][:19] == when[:19]
    assert states_of(emulator, order_id) == ("completed", "delivered")
    head, = items_of(emulator, order_id, "#")
    assert int(head["version"]["N"]) == 1 + 2 + len(events)
    assert len(history_of(emulator, order_id)) == min(400, 2 + len(events))
    types = types_of(emulator, order_id)
    assert types.count("delivery.delivered") == 2
    assert types.count("order.completed") == 1
    assert types.count("delivery.out_for_delivery") <= 2
    assert stock_of(clients[0], emulator, tea) == (98, 0)
    assert len(trouble) <= len(twice) // 20, trouble
