"""Orders that are cancelled or come back: stock is given back exactly, and once."""

import json
import threading
import time
import uuid

import pytest

import shop
from given import at_once, expect, movements, placed, scaled, set_attributes
from placed import Look, deliver, place, stock_of, take_out

AFTER = ("lost-after", "internal-after", "cut-after", "checksum-after", "garbage-after",
         "nonsense-after")
BEFORE = ("internal", "unavailable", "close", "throttling", "conflict")


def cancel(client, order_id, reason=None, **headers):
    body = {} if reason is None else {"reason": reason}
    return client.post(f"/order/{order_id}/cancel", body, **headers)


def give_back(client, order_id, *parts, **headers):
    body = {"lines": [{"product_id": product["id"], "quantity": n} for product, n in parts]}
    return client.post(f"/order/{order_id}/return", body, **headers)


def pay(client, order_id, status, amount, reference="pay-1"):
    return client.put(f"/order/{order_id}/payment",
                      {"reference": reference, "status": status, "amount": amount})


@pytest.fixture
def tea(client):
    return client.create(name="tea", price=3, on_hand=10)


@pytest.fixture
def pot(client):
    return client.create(name="pot", price=20, on_hand=2, low_stock_at=1)


def test_cancelling_gives_all_stock_back(client, emulator, tea, pot):
    order = place(emulator, (tea, 4), (pot, 1))
    assert (stock_of(emulator, tea), stock_of(emulator, pot)) == ((6, 4), (1, 1))
    set_attributes(emulator, f"P#{pot['id']}", "STOCK", level={"S": "low"})
    answer = expect(cancel(client, order, "changed \"my\" mind"), 200)
    assert (answer.json["status"], answer.json["version"], answer.etag) == ("cancelled", 2, '"2"')
    assert (stock_of(emulator, tea), stock_of(emulator, pot)) == ((10, 0), (2, 0))
    look = Look(emulator, order)
    assert look.states == ("cancelled", "none", "unfulfilled")
    assert (look.types, look.history()) == (["order.cancelled"], ["cancelled"])
    assert "reason" not in json.loads(look.events[0]["data"]["S"]), "it is for the shop alone"
    assert look.head["g2p"]["S"].startswith("OS#cancelled#")
    assert len(movements(emulator, tea["id"])) == 1, "what is on hand has not changed"
    assert emulator.items(pot["id"])["STOCK"]["level"] == {"S": "in"}


def test_an_order_that_was_placed_through_the_shop(client, emulator, tea, pot):
    order = placed(client, (tea, 4), (pot, 1))["id"]
    expect(pay(client, order, "authorized", 32), 200)
    expect(pay(client, order, "paid", 32), 200)
    expect(cancel(client, order, "changed my mind"), 200)
    expect(pay(client, order, "refunded", 32, "back"), 200)
    shown = expect(client.get(f"/order/{order}?expand=history"), 200).json
    assert (shown["status"], shown["payment_status"], shown["refunded"]) == (
        "cancelled", "refunded", 32)
    assert [(entry["what"], entry.get("from"), entry.get("to"), entry.get("reason"))
            for entry in shown["history"]][1:] == [
        ("authorized", "placed", "confirmed", None), ("paid", None, None, None),
        ("cancelled", "confirmed", "cancelled", "changed my mind"), ("refunded", None, None, None)]
    assert (stock_of(emulator, tea), stock_of(emulator, pot)) == ((10, 0), (2, 0))
    assert Look(emulator, order).types == ["order.placed", "order.confirmed", "order.cancelled",
                                           "order.refunded"]


def test_cash_on_delivery_is_paid_later(client, emulator, tea):
    order = placed(client, (tea, 2), cash=True)["id"]
    shown = expect(pay(client, order, "paid", 6), 200).json
    assert (shown["status"], shown["payment_status"]) == ("confirmed", "paid")
    assert Look(emulator, order).types.count("order.confirmed") <= 1
    expect(cancel(client, order), 200)
    assert stock_of(emulator, tea) == (10, 0)


@pytest.mark.parametrize("payment, then", [("authorized", "voided"), ("paid", "paid"),
                                           ("failed", "failed")])
def test_what_becomes_of_the_payment(client, emulator, tea, payment, then):
    order = place(emulator, (tea, 1))
    expect(pay(client, order, payment, 3), 200)
    expect(cancel(client, order), 200)
    assert Look(emulator, order).states[:2] == ("cancelled", then)
    if payment == "paid":
        expect(pay(client, order, "refunded", 3, "back"), 200)
        assert Look(emulator, order).states[:2] == ("cancelled", "refunded")
    if payment == "authorized":
        expect(pay(client, order, "paid", 3), 200)
        look = Look(emulator, order)
        assert look.states[:2] == ("cancelled", "voided")
        assert look.types == ["order.confirmed", "order.cancelled", "payment.orphaned"]


@pytest.mark.parametrize("status, allowed", [("completed", []), ("expired", []),
                                             ("cancelled", [])])
def test_what_has_ended_cannot_be_cancelled(client, emulator, tea, status, allowed):
    order = place(emulator, (tea, 1), status=status)
    answer = expect(cancel(client, order), 409, "invalid-transition")
    assert (answer.json["field"], answer.json["current"], answer.json["allowed"]) == (
        "status", status, allowed)
    assert stock_of(emulator, tea) == (9, 1)
    assert Look(emulator, order).version == 1


def test_what_is_shipped_cannot_be_cancelled_but_pending_deliveries_are(client, emulator, tea):
    order = place(emulator, (tea, 4), status="confirmed", shipped=[4])
    answer = expect(cancel(client, order), 409, "invalid-transition")
    assert (answer.json["field"], answer.json["current"]) == ("fulfillment_status", "shipped")
    assert stock_of(emulator, tea) == (6, 0)
    other = place(emulator, (tea, 2), status="confirmed")
    deliver(emulator, other, 1, "pending", [(tea, 1)])
    answer = expect(cancel(client, other), 200)
    assert [one["status"] for one in answer.json["deliveries"]] == ["cancelled"]
    assert stock_of(emulator, tea) == (6, 0)


def test_the_rest_of_a_partly_shipped_order_is_cancelled(client, emulator, tea, pot):
    order = place(emulator, (tea, 4), (pot, 1), status="confirmed", shipped=[1, 0],
                  payment_status="paid")
    pending = expect(client.post(f"/order/{order}/delivery", {
        "carrier": "post", "tracking_number": f"later-{order}", "status": "pending",
        "lines": [{"product_id": tea["id"], "quantity": 2}]}), 201).json
    expect(client.delete(f"/product/{pot['id']}"), 409)
    cut = expect(cancel(client, order, "out of pots"), 200).json
    assert (cut["status"], cut["payment_status"], cut["fulfillment_status"]) == (
        "confirmed", "paid", "shipped")
    assert [(line["shipped"], line.get("cancelled")) for line in cut["lines"]] == [(1, 3), (0, 1)]
    assert [one["status"] for one in cut["deliveries"]] == ["shipped", "cancelled"]
    assert client.get(f"/order/{order}").json == cut
    assert (stock_of(emulator, tea), stock_of(emulator, pot)) == ((9, 0), (2, 0))
    answer = expect(cancel(client, order), 409, "invalid-transition")
    assert answer.json["field"] == "fulfillment_status"
    body = {"carrier": "post", "tracking_number": f"later-{order}"}
    expect(client.post(f"/order/{order}/delivery", body), 409, "nothing-to-ship")
    body["lines"] = [{"product_id": pot["id"], "quantity": 1}]
    expect(client.post(f"/order/{order}/delivery", body), 409, "too-many-shipped")
    expect(client.patch(f"/delivery/{pending['id']}", {"status": "shipped"}), 409)
    expect(client.delete(f"/product/{pot['id']}"), 204)
    event = {"event_id": "1", "tracking_status": "delivered", "time": "2026-01-01T00:00:00Z"}
    expect(client.post(f"/delivery/{cut['deliveries'][0]['id']}/event", event), 200)
    look = Look(emulator, order)
    assert look.states == ("completed", "paid", "delivered")
    assert look.types == ["delivery.created", "delivery.delivered", "order.completed"]
    assert look.history() == ["delivery.created", "cancelled", "delivery.delivered"]


def test_what_was_shipped_and_came_back_makes_a_cancelled_rest_the_end(client, emulator, tea):
    order = place(emulator, (tea, 4), status="confirmed", shipped=[1])
    expect(give_back(client, order, (tea, 1)), 200)
    assert Look(emulator, order).states[0] == "confirmed"
    cut = expect(cancel(client, order), 200).json
    assert (cut["status"], cut["fulfillment_status"]) == ("completed", "returned")
    assert stock_of(emulator, tea) == (10, 0)
    assert Look(emulator, order).types == ["order.completed"]


def test_who_cancels_the_rest_at_once_gives_back_once(pair, emulator):
    clients = [pair[n % 2].client() for n in range(6)]
    tea = clients[0].create(on_hand=10, price=3)
    order = place(emulator, (tea, 4), status="confirmed", shipped=[1])
    answers = at_once([lambda c=c: cancel(c, order) for c in clients])
    assert sorted(answer.status for answer in answers) == [200] + [409] * 5
    assert stock_of(emulator, tea) == (9, 0)


def test_pieces_that_come_back_by_their_carrier_end_the_order_too(client, emulator, tea):
    """Of two parcels one is delivered, the other comes back: reported first, or taken back first."""
    for is_reported_first in (True, False):
        order = place(emulator, (tea, 2), status="confirmed", shipped=[1])
        expect(client.post(f"/order/{order}/delivery", {
            "carrier": "post", "tracking_number": f"{order}"}), 201)
        parcels = client.get(f"/order/{order}").json["deliveries"]

        def tell(parcel, status):
            event = {"event_id": status, "tracking_status": status, "time": "2026-01-01T00:00:00Z"}
            expect(client.post(f"/delivery/{parcel['id']}/event", event), 200)

        tell(parcels[0], "delivered")
        if is_reported_first:
            tell(parcels[1], "return_to_sender")
        expect(give_back(client, order, (tea, 1)), 200)
        if not is_reported_first:
            assert Look(emulator, order).states[0] == "confirmed", "it may be the delivered one"
            tell(parcels[1], "return_to_sender")
        look = Look(emulator, order)
        assert look.states[0] == "completed" and look.types[-1] == "order.completed"
        path = client.get(f"/order/{order}?expand=history").json["history"]
        assert (path[-1]["from"], path[-1]["to"]) == ("confirmed", "completed")
    assert stock_of(emulator, tea) == (8, 0)


def test_a_product_that_is_gone_gives_nothing_back(client, emulator, tea, pot):
    order = place(emulator, (tea, 1), (pot, 1))
    for sk in ("#", "STOCK"):
        emulator.client.delete_item(
            TableName=shop.TABLE, Key={"pk": {"S": f"P#{pot['id']}"}, "sk": {"S": sk}})
    expect(client.post(f"/order/{order}/cancel", None), 200)  # no field is needed, so no body is
    assert stock_of(emulator, tea) == (10, 0)
    assert emulator.items(pot["id"]) == {}


def test_returns_by_line_until_all_has_come_back(client, emulator, tea, pot):
    order = place(emulator, (tea, 4), (pot, 1), status="confirmed", shipped=[4, 1])
    assert (stock_of(emulator, tea), stock_of(emulator, pot)) == ((6, 0), (1, 0))
    shown = expect(give_back(client, order, (tea, 3)), 200).json
    assert [(line["shipped"], line["returned"]) for line in shown["lines"]] == [(4, 3), (1, 0)]
    assert shown["fulfillment_status"] == "shipped"
    assert stock_of(emulator, tea) == (9, 0)
    last = movements(emulator, tea["id"])[-1]
    assert (last["delta"]["N"], last["reason"]["S"], last["reference"]["S"]) == (
        "3", "returned", order)
    much = expect(give_back(client, order, (tea, 2), (pot, 2)), 409, "too-many-returned")
    assert much.json["items"] == [
        {"product_id": tea["id"], "requested": 2, "possible": 1},
        {"product_id": pot["id"], "requested": 2, "possible": 1}]
    shown = expect(give_back(client, order, (pot, 1), (tea, 1)), 200).json
    assert (shown["status"], shown["fulfillment_status"]) == ("completed", "returned")
    assert (stock_of(emulator, tea), stock_of(emulator, pot)) == ((10, 0), (2, 0))
    look = Look(emulator, order)
    assert (look.version, look.history()) == (3, ["returned", "returned"])
    assert look.types == ["order.completed"]
    assert len(look.of("R#")) == 2
    expect(give_back(client, order, (tea, 1)), 409, "too-many-returned")


def test_only_what_was_shipped_can_be_returned(client, emulator, tea, pot):
    order = place(emulator, (tea, 4), status="confirmed", shipped=[2])
    other = client.create(on_hand=3)
    answer = expect(give_back(client, order, (tea, 3), (other, 1)), 409, "too-many-returned")
    assert [(item["requested"], item["possible"]) for item in answer.json["items"]] == [
        (3, 2), (1, 0)]
    assert (stock_of(emulator, tea), stock_of(emulator, other)) == ((6, 2), (3, 0))
    shown = expect(give_back(client, order, (tea, 2)), 200).json
    assert shown["fulfillment_status"] == "partial"
    assert stock_of(emulator, tea) == (8, 2)
    unshipped = place(emulator, (pot, 1))
    expect(give_back(client, unshipped, (pot, 1)), 409, "too-many-returned")


def test_there_are_at_most_40_returns_of_an_order(client, emulator):
    tea = client.create(on_hand=50, price=1)
    order = place(emulator, (tea, 45), status="confirmed", shipped=[45])
    statuses = [give_back(client, order, (tea, 1)).status for _ in range(41)]
    assert statuses == 40 * [200] + [409]
    expect(give_back(client, order, (tea, 1)), 409, "too-many-returns")
    assert stock_of(emulator, tea) == (45, 0)


def test_stock_has_a_limit(client, emulator, tea):
    order = place(emulator, (tea, 2), status="confirmed", shipped=[2])
    expect(client.put(f"/product/{tea['id']}/stock", {"on_hand": 999999999}), 200)
    expect(give_back(client, order, (tea, 1)), 409, "stock-limit")
    assert Look(emulator, order).version == 1


def test_bodies_and_ids(client, emulator, tea):
    order = place(emulator, (tea, 1))
    path = f"/order/{order}"
    assert expect(client.post(f"{path}/cancel", {"reason": "", "x": 1}), 422).errors() == {
        ("reason", "too-short"), ("x", "unknown-field")}
    assert expect(client.post(f"{path}/cancel", []), 422).errors() == {("", "wrong-type")}
    part = {"product_id": tea["id"], "quantity": 1}
    bad = {"{}": {("lines", "required")}, '{"lines":{}}': {("lines", "wrong-type")},
           '{"lines":[]}': {("lines", "too-short")},
           '{"lines":[3]}': {("lines[0]", "wrong-type")},
           '{"lines":[{"product_id":"x","quantity":0,"y":1}]}': {
               ("lines[0].product_id", "invalid-id"), ("lines[0].quantity", "zero"),
               ("lines[0].y", "unknown-field")},
           json.dumps({"lines": [part, part]}): {("lines[1].product_id", "duplicate")},
           json.dumps({"lines": [part] * 41}): {("lines", "too-many")}}
    for body, errors in bad.items():
        assert expect(client.post(f"{path}/return", body), 422).errors() == errors, body
    for unknown in ("nothing", str(uuid.uuid4())):
        expect(cancel(client, unknown), 404, "order-not-found")
        expect(give_back(client, unknown, (tea, 1)), 404, "order-not-found")
    assert Look(emulator, order).version == 1


def test_an_order_of_ninety_lines_is_cancelled_in_one_go(client, emulator):
    products = [client.create(on_hand=2, price=1, low_stock_at=1 if n % 2 else None)
                if n % 2 else client.create(on_hand=1, price=1) for n in range(90)]
    order = place(emulator, *((product, 1) for product in products))
    for n, product in enumerate(products):
        set_attributes(emulator, f"P#{product['id']}", "STOCK",
                       level={"S": "low" if n % 2 else "out"})
    expect(cancel(client, order, Idempotency_Key=str(uuid.uuid4())), 200)
    for n, product in enumerate(products):
        stock = emulator.items(product["id"])["STOCK"]
        assert [stock[name] for name in ("available", "reserved", "level")] == [
            {"N": "2" if n % 2 else "1"}, {"N": "0"}, {"S": "in"}]


# at once, and under faults


@pytest.mark.parametrize("fault", BEFORE + AFTER)
@pytest.mark.parametrize("what", ["cancel", "return"])
def test_one_fault_at_the_write_is_overcome(client, proxy, emulator, tea, fault, what):
    shipped = [0] if what == "cancel" else [4]
    order = place(emulator, (tea, 4), status="confirmed", shipped=shipped)
    proxy.fault(fault, operation="TransactWriteItems", count=1)
    answer = cancel(client, order) if what == "cancel" else give_back(client, order, (tea, 4))
    expect(answer, 200)
    assert proxy.tell()["faults"] == {fault: 1}
    assert stock_of(emulator, tea) == (10, 0)
    look = Look(emulator, order)
    assert (look.version, len(look.of("H#")), len(look.of("R#"))) == (
        2, 2, 0 if what == "cancel" else 1)


@pytest.mark.parametrize("fault", AFTER)
@pytest.mark.parametrize("what", ["cancel", "return"])
def test_with_a_key_an_unknown_outcome_is_asked_again_and_had_once(
        start, proxy, emulator, table, fault, what):
    client = start(SHOPD_REQUEST_DEADLINE="1").client()
    tea = client.create(on_hand=10, price=3)
    order = place(emulator, (tea, 4), status="confirmed", shipped=[0 if what == "cancel" else 4])
    key = str(uuid.uuid4())

    def ask():
        if what == "cancel":
            return cancel(client, order, Idempotency_Key=key)
        return give_back(client, order, (tea, 2), Idempotency_Key=key)

    proxy.fault(fault, operation="TransactWriteItems")
    expect(ask(), 503, "outcome-unknown")
    proxy.rules()
    again = expect(ask(), 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json["version"] == 2
    assert Look(emulator, order).version == 2
    assert stock_of(emulator, tea) == ((10, 0) if what == "cancel" else (8, 0))


@pytest.mark.parametrize("key", [None, "the same"])
def test_who_cancels_at_once_gives_back_once(pair, emulator, key):
    clients = [pair[n % 2].client() for n in range(6)]
    tea = clients[0].create(on_hand=10, price=3)
    order = place(emulator, (tea, 4))
    headers = {"Idempotency_Key": str(uuid.uuid4())} if key else {}
    answers = at_once([lambda c=c: cancel(c, order, **headers) for c in clients])
    statuses = sorted(answer.status for answer in answers)
    assert statuses == ([200] * 6 if key else [200] + [409] * 5)
    assert stock_of(emulator, tea) == (10, 0)
    look = Look(emulator, order)
    assert (look.version, look.types) == (2, ["order.cancelled"])


def test_who_returns_at_once_returns_no_more_than_there_is(pair, emulator):
    clients = [pair[n % 2].client() for n in range(6)]
    tea = clients[0].create(on_hand=10, price=3)
    order = place(emulator, (tea, 4), status="confirmed", shipped=[4])
    answers = at_once([lambda c=c: give_back(c, order, (tea, 1)) for c in clients])
    assert sorted(answer.status for answer in answers) == [200] * 4 + [409] * 2
    assert stock_of(emulator, tea) == (10, 0)
    assert Look(emulator, order).states[2] == "returned"


def test_cancel_meets_payment(pair, emulator):
    """In whichever order they come: stock is free, and no money is lost sight of."""
    clients = [pair[n % 2].client() for n in range(2)]
    tea = clients[0].create(on_hand=100, price=3)
    seen = set()
    for turn in range(12):
        order = place(emulator, (tea, 4))
        acts = [lambda: cancel(clients[0], order), lambda: pay(clients[1], order, "paid", 12)]
        answers = at_once(acts if turn % 2 else acts[::-1])
        assert {answer.status for answer in answers} == {200}
        look = Look(emulator, order)
        assert (look.states[0], look.money, look.version) == ("cancelled", (12, 0), 3)
        seen.add((look.states[1], *look.types))
    assert seen <= {("paid", "order.confirmed", "order.cancelled"),
                    ("none", "order.cancelled", "payment.orphaned")}
    assert stock_of(emulator, tea) == (100, 0)


def test_cancel_meets_a_shipment(client, proxy, emulator, tea):
    """It goes out between the cancellation's read and its write."""
    order = place(emulator, (tea, 4), status="confirmed")
    proxy.fault("delay", operation="TransactWriteItems", count=1, seconds=0.5)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(cancel(client, order)))
    thread.start()
    time.sleep(0.2)
    deliver(emulator, order, 1, "shipped", [(tea, 4)])
    take_out(emulator, tea, 4)
    set_attributes(emulator, f"O#{order}", "#", version={"N": "2"},
                   fulfillment_status={"S": "shipped"})
    thread.join()
    answer = expect(answers[0], 409, "invalid-transition")
    assert answer.json["current"] == "shipped"
    assert stock_of(emulator, tea) == (6, 0)


def test_orders_of_one_product_are_cancelled_at_once(pair, emulator):
    clients = [pair[n % 2].client() for n in range(8)]
    tea = clients[0].create(on_hand=40, price=3)
    orders = [place(emulator, (tea, 1 + n % 3)) for n in range(8)]
    answers = at_once([lambda c=c, o=o: cancel(c, o) for c, o in zip(clients, orders)])
    assert {answer.status for answer in answers} == {200}
    assert stock_of(emulator, tea) == (40, 0)


@pytest.mark.parametrize("seed", range(scaled(1)))
def test_under_many_faults_nothing_is_lost_or_doubled(start, proxy, emulator, table, seed):
    client = start(SHOPD_REQUEST_DEADLINE="2500ms").client()
    tea = client.create(on_hand=100, price=3)
    orders = [place(emulator, (tea, 2), status="confirmed", shipped=[2 * (n % 2)])
              for n in range(12)]
    proxy.rules(*({"fault": fault, "probability": 0.08, "seed": f"{seed}{fault}"}
                  for fault in BEFORE + AFTER))
    for n, order in enumerate(orders):
        for _ in range(30):
            answer = give_back(client, order, (tea, 2)) if n % 2 else cancel(client, order)
            assert answer.status in (200, 409, 503), answer
            if answer.status != 503:
                break
    proxy.rules()
    assert stock_of(emulator, tea) == (100, 0)
    for order in orders:
        assert Look(emulator, order).version == 2
