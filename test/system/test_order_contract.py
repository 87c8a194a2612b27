"""An order: made once, frozen, found in lists, and changed only as its state allows."""

import datetime
import time
from decimal import Decimal

import pytest

import given
import purchase
import transitions
from given import ADDRESS, at_once, expect, new_user, version_of
from purchase import cancel, deliver, events_of, get_order, give_back, held, order, paid, placed
from purchase import shipped, statuses, stock

pytestmark = pytest.mark.long

FIELDS = {"id", "status", "payment_status", "fulfillment_status", "lines", "total", "currency",
          "paid", "refunded", "address", "version", "created_at", "updated_at"}
ENTRY = {"id", "status", "payment_status", "fulfillment_status", "total", "currency",
         "line_count", "version", "created_at", "updated_at"}
ROUTES = [("GET", "", None), ("PATCH", "", {"note": "x"}),
          ("PUT", "/payment", {"reference": "x", "status": "paid", "amount": 1}),
          ("POST", "/cancel", {}),
          ("POST", "/return", {"lines": [{"product_id": given.SOME_ID, "quantity": 1}]}),
          ("GET", "/delivery", None),
          ("POST", "/delivery", {"carrier": "x", "tracking_number": "x"})]


def path_of(bought):
    return f"/order/{bought['id']}"


# made


def test_an_order_is_what_its_checkout_has_frozen(client, emulator):
    user, product = new_user(client), client.create(name="Tea", price=19.99, on_hand=9)
    checkout = held(client, (product, 3), user=user, email="a@example.org")
    answer = expect(order(client, checkout), 201)
    bought = answer.json
    assert set(given.without(bought, "deliveries")) == FIELDS | {"user_id", "email"}
    assert not bought.get("deliveries")
    assert bought["id"] == checkout["id"] and statuses(bought) == ("placed", "none", "unfulfilled")
    assert bought["lines"] == [
        {"product_id": product["id"], "name": "Tea", "price": Decimal("19.99"), "quantity": 3,
         "total": Decimal("59.97"), "shipped": 0, "returned": 0}]
    assert (bought["total"], bought["currency"]) == (Decimal("59.97"), "EUR")
    assert (bought["paid"], bought["refunded"], bought["version"]) == (0, 0, 1)
    assert (bought["address"], bought["email"]) == (ADDRESS, "a@example.org")
    assert bought["user_id"] == user["id"]
    assert answer.headers["Location"] == path_of(bought) and version_of(answer) == 1
    assert given.TIME.fullmatch(bought["created_at"])
    got = expect(client.get(path_of(bought)), 200)
    assert (got.json, got.etag) == (bought, answer.etag)
    assert stock(client, product) == (6, 3)
    assert events_of(emulator, bought) == ["order.placed"]


def test_an_order_that_is_asked_for_again_is_the_same_one(client):
    checkout = held(client, (client.create(on_hand=1), 1))
    bought = expect(order(client, checkout), 201).json
    assert expect(order(client, checkout), 200).json == bought
    after = expect(purchase.pay(client, bought), 200).json
    assert expect(order(client, checkout), 200).json == after


def test_an_order_that_many_ask_for_at_once_is_made_once(pair, emulator):
    clients = [pair[n % 2].client() for n in range(12)]
    product = clients[0].create(on_hand=9)
    checkout = held(clients[0], (product, 2))
    answers = at_once([lambda client=client: order(client, checkout) for client in clients])
    assert sorted(answer.status for answer in answers) == [200] * 11 + [201]
    assert all(answer.json == answers[0].json for answer in answers)
    assert stock(clients[0], product) == (7, 2)
    assert events_of(emulator, checkout) == ["order.placed"]


def test_an_order_to_be_paid_on_delivery_is_confirmed_at_once(client, emulator):
    checkout = held(client, (client.create(on_hand=1), 1))
    bought = expect(order(client, checkout, cash_on_delivery=True), 201).json
    assert bought["cash_on_delivery"] is True
    assert statuses(bought) == ("confirmed", "none", "unfulfilled")
    assert get_order(client, bought) == bought
    assert events_of(emulator, bought) == ["order.placed", "order.confirmed"]
    assert expect(order(client, checkout, cash_on_delivery=True), 200).json == bought


def test_what_is_not_there_is_404(client):
    for name in purchase.UNKNOWN_IDS:
        for method, path, body in ROUTES:
            expect(client.request(method, f"/order/{name}{path}", body), 404, "order-not-found")
    expect(order(client, {"id": given.SOME_ID}), 404, "checkout-not-found")
    expect(client.get(f"/user/{given.SOME_ID}/order"), 404, "user-not-found")


def test_a_checkout_is_no_order_yet(client):
    expect(client.get(path_of(held(client, (client.create(on_hand=1), 1)))), 404,
           "order-not-found")


def test_an_order_stays_when_its_user_and_products_go(client):
    user, product = new_user(client), client.create(on_hand=1)
    bought = placed(client, (product, 1), user=user)
    expect(client.delete(f"/user/{user['id']}"), 204)
    expect(client.put(f"/product/{product['id']}", {"name": "Other", "price": 99}), 200)
    assert get_order(client, bought)["lines"] == bought["lines"]
    expect(cancel(client, bought), 200)
    expect(client.delete(f"/product/{product['id']}"), 204)
    assert get_order(client, bought)["lines"] == bought["lines"]


def test_cancelling_an_order_whose_product_has_gone_is_impossible_to_bring_about(client):
    product = client.create(on_hand=1)
    bought = placed(client, (product, 1))
    expect(client.delete(f"/product/{product['id']}"), 409, "stock-reserved")
    expect(cancel(client, bought), 200)
    assert stock(client, product) == (1, 0)


# the note, versions, history


def test_a_note_is_set_and_removed(client):
    bought = placed(client, (client.create(on_hand=1), 1))
    for note in ("leave it with the neighbour", "é" * 1000):
        assert expect(client.patch(path_of(bought), {"note": note}), 200).json["note"] == note
    after = get_order(client, bought)
    assert after["version"] == 3
    assert given.without(after, "note", "version", "updated_at") == given.without(
        bought, "version", "updated_at")
    assert "note" not in expect(client.patch(path_of(bought), {"note": None}), 200).json


def test_versions_guard_an_order(client):
    bought = placed(client, (client.create(on_hand=1), 1))
    etag = client.get(path_of(bought)).etag
    assert client.get(path_of(bought), If_None_Match=etag).status == 304
    head = expect(client.head(path_of(bought)), 200)
    assert (head.body, head.etag) == (b"", etag)
    expect(client.patch(path_of(bought), {"note": "x"}, If_Match='"99"'), 412,
           "precondition-failed")
    expect(client.patch(path_of(bought), {"note": "x"}, If_Match=etag), 200)
    expect(client.patch(path_of(bought), {"note": "y"}, If_Match=etag), 412)
    assert client.get(path_of(bought), If_None_Match=etag).status == 200


def test_the_history_tells_every_change(client):
    bought = transitions.make(client, purchase.pay, deliver, transitions.arrive)
    assert "history" not in get_order(client, bought)
    entries = get_order(client, bought, expand="history")["history"]
    for entry in entries:
        assert set(entry) - {"from", "to"} == {"time", "what", "by"}
        assert given.TIME.fullmatch(entry["time"]) and entry["what"] and entry["by"]
    times = [entry["time"] for entry in entries]
    assert times == sorted(times) and len(entries) >= 4
    told = [entry.get("to") for entry in entries]
    assert [name for name in told if name in ("placed", "confirmed", "completed")] == [
        "placed", "confirmed", "completed"]
    expect(client.get(f"{path_of(bought)}?expand=all"), 400, "invalid-parameter")


# lists


def test_a_users_orders_are_listed_the_newest_first(client):
    user = new_user(client)
    assert given.walk(client, f"/user/{user['id']}/order") == []
    product, other = client.create(price=2, on_hand=9), client.create(price=0.5, on_hand=9)
    made = [placed(client, (product, n), (other, 1), user=user) for n in (1, 2, 3)]
    placed(client, (product, 1))
    listed = given.walk(client, f"/user/{user['id']}/order", limit=2)
    assert [entry["id"] for entry in listed] == [one["id"] for one in reversed(made)]
    for entry, one in zip(listed, reversed(made)):
        assert set(entry) == ENTRY | {"user_id"} and entry["line_count"] == 2
        shared = ENTRY - {"line_count"}
        assert {name: entry[name] for name in shared} == {name: one[name] for name in shared}
    expect(cancel(client, made[1]), 200)
    listed = given.walk(client, f"/user/{user['id']}/order")
    assert [entry["status"] for entry in listed] == ["placed", "cancelled", "placed"]


def test_orders_are_listed_by_status_the_last_changed_first(fresh):
    client = fresh.client()
    product = client.create(on_hand=99)
    made = []
    for _ in range(7):
        made.append(placed(client, (product, 1)))
        time.sleep(0.003)

    def listed(status, **parameters):
        found = given.walk(client, "/order", status=status, **parameters)
        assert all(entry["status"] == status for entry in found)
        return [entry["id"] for entry in found]

    newest_first = [one["id"] for one in reversed(made)]
    assert listed("placed", limit=2) == listed("placed") == newest_first
    assert listed("confirmed") == []
    for number in (4, 2):
        expect(purchase.pay(client, made[number]), 200)
        time.sleep(0.003)
    assert listed("confirmed") == [made[2]["id"], made[4]["id"]]
    assert listed("placed") == [name for name in newest_first
                                if name not in (made[2]["id"], made[4]["id"])]
    before = listed("placed")
    for number in (0, 4):
        expect(client.patch(path_of(made[number]), {"note": "x"}), 200)
    assert listed("placed") == before
    assert listed("confirmed") == [made[4]["id"], made[2]["id"]]
    time.sleep(0.003)
    expect(cancel(client, made[5]), 200)
    last_changed_first = [made[number]["id"] for number in (5, 4, 2, 6, 3, 1, 0)]
    for limit in (1, 3, 7, 100):
        entries = given.walk(client, "/order", limit=limit)
        assert [entry["id"] for entry in entries] == last_changed_first
    assert [entry["status"] for entry in entries[:3]] == ["cancelled", "confirmed", "confirmed"]
    cursor = expect(client.get("/order?limit=1"), 200).json["next"]
    for other in ("status=placed", "from=2020-01-01T00:00:00Z"):
        expect(client.get(f"/order?{other}&limit=1&cursor={cursor}"), 400, "invalid-cursor")


def test_a_list_can_be_limited_in_time(fresh):
    client = fresh.client()
    product = client.create(on_hand=99)
    made = []
    for _ in range(4):
        made.append(placed(client, (product, 1)))
        time.sleep(0.005)
    moments = [one["updated_at"] for one in made]

    def listed(**parameters):
        return {entry["id"] for entry in
                given.walk(client, "/order", status="placed", **parameters)}

    ids = [one["id"] for one in made]
    assert set(ids[1:]) - listed(**{"from": moments[1]}) == set()
    assert ids[0] not in listed(**{"from": moments[1]})
    assert ids[3] not in listed(to=moments[2]) and {ids[0], ids[1]} <= listed(to=moments[2])
    assert listed(**{"from": moments[3], "to": moments[0]}) == set()
    assert listed(**{"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00.000Z"}) == set()
    moment = datetime.datetime.fromisoformat(moments[2].replace("Z", "+00:00"))
    local = moment.astimezone(datetime.timezone(datetime.timedelta(hours=2))).isoformat(
        timespec="milliseconds")
    for to in (local.replace("+", "%2B"), local):  # which says a space, but is meant well
        answer = expect(client.get(f"/order?to={to}"), 200)
        assert {entry["id"] for entry in answer.json["data"]} == listed(to=moments[2])


# every state


@pytest.mark.parametrize("state", [name for name in transitions.OUTCOMES if name != "expired"])
@pytest.mark.parametrize("action", transitions.ACTIONS)
def test_in_every_state_every_request_has_its_outcome(client, emulator, state, action):
    """But for those that have expired, which takes its time: test_expiry.py."""
    if state == "cash":
        bought, expected = transitions.make(client, cash_on_delivery=True), (
            "confirmed", "none", "unfulfilled")
    else:
        steps, expected = transitions.MAKERS[state]
        bought = transitions.make(client, *steps)
    assert statuses(bought) == expected
    outcome = transitions.OUTCOMES[state].get(action) or transitions.Becomes(*expected)
    transitions.check(client, bought, action, outcome, lambda: events_of(emulator, bought))


# cancelling


def test_cancelling_gives_the_stock_back(client, emulator):
    product, other = client.create(on_hand=5), client.create(on_hand=5)
    bought = placed(client, (product, 2), (other, 5))
    after = expect(cancel(client, bought, reason="changed my mind"), 200).json
    assert statuses(after) == ("cancelled", "none", "unfulfilled")
    assert get_order(client, bought) == after
    assert (stock(client, product), stock(client, other)) == ((5, 0), (5, 0))
    assert given.event_types(emulator, other["id"]) == ["stock.out", "stock.in"]
    assert given.ledger_sum(emulator, product["id"]) == 5


def test_of_two_who_cancel_at_once_one_does(pair):
    here, there = (daemon.client() for daemon in pair)
    for turn in range(given.scaled(8)):
        product = here.create(on_hand=5)
        bought = (placed, paid)[turn % 2](here, (product, 2))
        answers = at_once([lambda: cancel(here, bought), lambda: cancel(there, bought)])
        assert sorted(answer.status for answer in answers) == [200, 409], answers
        assert {answer.code for answer in answers if answer.status == 409} == {
            "invalid-transition"}
        assert stock(here, product) == (5, 0)


def test_of_a_cancellation_and_a_shipment_at_once_one_wins(pair, emulator):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(10)):
        product = here.create(on_hand=5)
        bought = paid(here, (product, 2))
        cancelled, sent = at_once([lambda: cancel(here, bought), lambda: deliver(there, bought)])
        outcome = (cancelled.status, sent.status)
        assert outcome in ((200, 409), (409, 201)), (cancelled, sent)
        after = get_order(here, bought)
        if outcome == (200, 409):
            assert (statuses(after), stock(here, product)) == (
                ("cancelled", "paid", "unfulfilled"), (5, 0))
        else:
            assert (statuses(after), stock(here, product)) == (
                ("confirmed", "paid", "shipped"), (3, 0))
        assert given.ledger_sum(emulator, product["id"]) == sum(stock(here, product))


def test_of_a_cancellation_and_a_payment_at_once_neither_is_lost(pair, emulator):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(8)):
        product = here.create(on_hand=5)
        bought = placed(here, (product, 2))
        cancelled, _ = at_once([lambda: expect(cancel(here, bought), 200),
                                lambda: expect(purchase.pay(there, bought), 200)])
        after = get_order(here, bought)
        assert after["status"] == "cancelled" and stock(here, product) == (5, 0)
        told = events_of(emulator, bought)
        assert ("payment.orphaned" in told) == (after["payment_status"] == "none"), told
        assert ("order.confirmed" in told) == (after["payment_status"] == "paid"), told


# returning


def test_what_comes_back_is_in_stock_again(client, emulator):
    product, other = client.create(on_hand=5), client.create(on_hand=5)
    bought, _ = shipped(client, (product, 3), (other, 1))
    assert (stock(client, product), stock(client, other)) == ((2, 0), (4, 0))
    after = expect(give_back(client, bought, (product, 2), reason="too small"), 200).json
    assert [line["returned"] for line in after["lines"]] == [2, 0]
    assert (stock(client, product), stock(client, other)) == ((4, 0), (4, 0))
    answer = expect(give_back(client, bought, (product, 2), (other, 1)), 409, "too-many-returned")
    assert answer.json["items"] == [{"product_id": product["id"], "requested": 2, "possible": 1}]
    assert get_order(client, bought) == after
    after = expect(give_back(client, bought, (product, 1), (other, 1)), 200).json
    assert after["fulfillment_status"] == "returned"
    assert (stock(client, product), stock(client, other)) == ((5, 0), (5, 0))
    assert [given.ledger_sum(emulator, p["id"]) for p in (product, other)] == [5, 5]
    stranger = client.create(on_hand=1)
    answer = give_back(client, bought, (stranger, 1))
    assert answer.status in (409, 422) and stock(client, stranger) == (1, 0), answer


def test_of_many_who_return_the_same_at_once_only_as_many_as_there_were_do(pair):
    clients = [pair[n % 2].client() for n in range(6)]
    product = clients[0].create(on_hand=9)
    bought, _ = shipped(clients[0], (product, 3))
    answers = at_once([lambda c=c: give_back(c, bought, (product, 1)) for c in clients])
    assert sorted(answer.status for answer in answers) == [200] * 3 + [409] * 3, answers
    assert stock(clients[0], product) == (9, 0)


# faults


@pytest.mark.parametrize("fault", ["lost-after", "internal-after", "conflict"])
def test_a_write_whose_answer_was_lost_is_done_once(start, proxy, emulator, table, fault):
    client = start(SHOPD_WORKERS=1).client()
    product = client.create(on_hand=9)
    checkout, dropped = held(client, (product, 2)), placed(client, (product, 1))

    def losing(act, status):
        proxy.rules(*({"fault": fault, "operation": name, "count": 1} for name in given.WRITES))
        answer = expect(act(), status)
        proxy.rules()
        return answer.json

    bought = losing(lambda: order(client, checkout), 201)
    losing(lambda: purchase.pay(client, bought, reference="once"), 200)
    losing(lambda: client.patch(path_of(bought), {"note": "x"}), 200)
    delivery = losing(lambda: deliver(client, bought, (product, 1)), 201)
    losing(lambda: purchase.tell(client, delivery, "in_transit"), 200)
    losing(lambda: give_back(client, bought, (product, 1)), 200)
    losing(lambda: cancel(client, dropped), 200)
    assert stock(client, product) == (7 + 1, 1)
    assert given.ledger_sum(emulator, product["id"]) == 9
    assert events_of(emulator, bought) == [
        "order.placed", "order.confirmed", "delivery.created", "delivery.shipped"]
    assert len(get_order(client, bought)["deliveries"]) == 1
