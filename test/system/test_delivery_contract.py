"""Deliveries: parts of an order on their way, and what their carriers report, late and twice."""

import itertools
import uuid

import pytest

import given
import purchase
from given import at_once, expect, version_of
from purchase import deliver, events_of, get_delivery, get_order, paid, shipped, statuses, stock
from purchase import tell

TRACKING = ["pre_transit", "in_transit", "out_for_delivery", "available_for_pickup", "delivered",
            "return_to_sender", "failure", "unknown"]
TOLD = {"out_for_delivery": "delivery.out_for_delivery", "delivered": "delivery.delivered",
        "failure": "delivery.failed", "return_to_sender": "delivery.returned"}
"""The tracking statuses that raise an event of their own."""


def path_of(delivery):
    return f"/delivery/{delivery['id']}"


def bought_by(client, *quantities):
    """Products of ten each, and an order of so many of each, paid."""
    products = [client.create(on_hand=10) for _ in quantities]
    return products, paid(client, *zip(products, quantities))


def quantities(delivery):
    return {line["product_id"]: line["quantity"] for line in delivery["lines"]}


def change(client, delivery, **body):
    return client.patch(path_of(delivery), body)


# made


def test_a_delivery_takes_all_that_is_not_shipped_yet(client, emulator):
    (tea, pot), bought = bought_by(client, 3, 1)
    answer = expect(deliver(client, bought, carrier="post", tracking_number="N1" + bought["id"]), 201)
    delivery = answer.json
    assert {"id", "status", "carrier", "tracking_number", "lines", "version"} <= set(delivery)
    assert "tracking_status" not in delivery and delivery["status"] == "shipped"
    assert (delivery["carrier"], delivery["tracking_number"]) == ("post", "N1" + bought["id"])
    assert quantities(delivery) == {tea["id"]: 3, pot["id"]: 1}
    assert answer.headers["Location"] == path_of(delivery) and version_of(answer) == 1
    got = expect(client.get(path_of(delivery)), 200)
    assert (got.json, got.etag) == (delivery, answer.etag)
    after = get_order(client, bought)
    assert statuses(after) == ("confirmed", "paid", "shipped")
    assert [line["shipped"] for line in after["lines"]] == [3, 1]
    listed = expect(client.get(f"/order/{bought['id']}/delivery"), 200).json
    for shown in (after["deliveries"][0], listed["data"][0]):
        for name in ("id", "status", "carrier", "tracking_number", "lines"):
            assert shown[name] == delivery[name]
    assert "next" not in listed
    assert (stock(client, tea), stock(client, pot)) == ((7, 0), (9, 0))
    assert given.ledger_sum(emulator, tea["id"]) == 7
    assert events_of(emulator, bought)[2:] == ["delivery.created", "delivery.shipped"]


def test_an_order_can_be_shipped_in_parts(client):
    (tea, pot), bought = bought_by(client, 3, 2)
    first = expect(deliver(client, bought, (tea, 2)), 201).json
    assert quantities(first) == {tea["id"]: 2}
    after = get_order(client, bought)
    assert after["fulfillment_status"] == "partial"
    assert [line["shipped"] for line in after["lines"]] == [2, 0]
    assert (stock(client, tea), stock(client, pot)) == ((7, 1), (8, 2))
    second = expect(deliver(client, bought, (pot, 1)), 201).json
    rest = expect(deliver(client, bought), 201).json
    assert quantities(rest) == {tea["id"]: 1, pot["id"]: 1}
    assert get_order(client, bought)["fulfillment_status"] == "shipped"
    assert (stock(client, tea), stock(client, pot)) == ((7, 0), (8, 0))
    listed = client.get(f"/order/{bought['id']}/delivery").json["data"]
    assert [one["id"] for one in listed] == [first["id"], second["id"], rest["id"]]
    expect(deliver(client, bought), 409, "nothing-to-ship")


def test_no_more_is_shipped_than_was_ordered(client):
    (tea, pot), bought = bought_by(client, 3, 2)
    answer = expect(deliver(client, bought, (tea, 4), (pot, 2)), 409, "too-many-shipped")
    assert answer.json["items"] == [{"product_id": tea["id"], "requested": 4, "possible": 3}]
    expect(deliver(client, bought, (tea, 2)), 201)
    before = get_order(client, bought)
    answer = expect(deliver(client, bought, (tea, 2), (pot, 3)), 409, "too-many-shipped")
    assert answer.json["items"] == [
        {"product_id": tea["id"], "requested": 2, "possible": 1},
        {"product_id": pot["id"], "requested": 3, "possible": 2}]
    stranger = client.create(on_hand=1)
    answer = deliver(client, bought, (stranger, 1))
    assert answer.status in (409, 422), answer
    assert get_order(client, bought) == before
    assert (stock(client, tea), stock(client, stranger)) == ((7, 1), (1, 0))


def test_a_product_twice_among_the_lines_is_no_way_around_the_limit(client):
    (tea,), bought = bought_by(client, 3)
    answer = deliver(client, bought, (tea, 2), (tea, 2))
    assert answer.status in (409, 422), answer
    assert stock(client, tea) == (7, 3)


def test_of_many_shipments_at_once_no_more_is_shipped_than_was_ordered(pair, emulator):
    clients = [pair[n % 2].client() for n in range(6)]
    (tea,), bought = bought_by(clients[0], 3)
    answers = at_once([lambda c=c: deliver(c, bought, (tea, 1)) for c in clients])
    assert sorted(answer.status for answer in answers) == [201] * 3 + [409] * 3, answers
    assert stock(clients[0], tea) == (7, 0) and given.ledger_sum(emulator, tea["id"]) == 7
    after = get_order(clients[0], bought)
    assert len({delivery["id"] for delivery in after["deliveries"]}) == 3
    assert after["fulfillment_status"] == "shipped"


def test_a_tracking_number_belongs_to_one_delivery_of_a_carrier(client):
    number = f"N-{uuid.uuid4()}"
    (tea,), bought = bought_by(client, 3)
    first = expect(deliver(client, bought, (tea, 1), tracking_number=number), 201).json
    _, other = bought_by(client, 1)
    for order in (bought, other):
        expect(deliver(client, order, tracking_number=number), 409, "tracking-number-taken")
    assert stock(client, tea) == (7, 2)
    second = expect(deliver(client, bought, (tea, 1), tracking_number=number, carrier="ups"), 201)
    expect(change(client, second.json, carrier="post"), 409, "tracking-number-taken")
    expect(change(client, first, tracking_number=number + "b"), 200)
    expect(change(client, second.json, carrier="post"), 200)


def test_what_is_not_there_is_404(client):
    for name in purchase.UNKNOWN_IDS:
        delivery = {"id": name}
        for answer in (client.get(path_of(delivery)), tell(client, delivery, "in_transit"),
                       change(client, delivery, carrier="x")):
            expect(answer, 404, "delivery-not-found")
    _, bought = bought_by(client, 1)
    expect(client.get(path_of(bought)), 404, "delivery-not-found")


# changed


def test_carrier_and_number_can_be_corrected(client):
    _, delivery = shipped(client, (client.create(on_hand=1), 1))
    number = f"N-{uuid.uuid4()}"
    answer = expect(change(client, delivery, carrier="dhl", tracking_number=number), 200)
    assert (answer.json["carrier"], answer.json["tracking_number"]) == ("dhl", number)
    assert version_of(answer) == answer.json["version"] == delivery["version"] + 1
    assert get_delivery(client, delivery) == answer.json
    again = expect(change(client, delivery, carrier="dhl", tracking_number=number), 200)
    assert again.json == answer.json


def test_versions_guard_a_delivery(client):
    _, delivery = shipped(client, (client.create(on_hand=1), 1))
    etag = client.get(path_of(delivery)).etag
    assert client.get(path_of(delivery), If_None_Match=etag).status == 304
    answer = client.patch(path_of(delivery), {"carrier": "x"}, If_Match='"99"')
    expect(answer, 412, "precondition-failed")
    expect(client.patch(path_of(delivery), {"carrier": "x"}, If_Match=etag), 200)
    expect(client.patch(path_of(delivery), {"carrier": "y"}, If_Match=etag), 412)


# every state


def make_pending(client):
    (tea,), bought = bought_by(client, 2)
    return tea, bought, expect(deliver(client, bought, status="pending"), 201).json


def make_shipped(client):
    (tea,), bought = bought_by(client, 2)
    return tea, bought, expect(deliver(client, bought), 201).json


def make_delivered(client):
    tea, bought, delivery = make_shipped(client)
    return tea, bought, expect(tell(client, delivery, "delivered"), 200).json


def make_cancelled(client):
    tea, bought, delivery = make_pending(client)
    return tea, bought, expect(change(client, delivery, status="cancelled"), 200).json


SAME = "same"
"""To set what is set already changes nothing, or is refused."""
PATHS = {
    # from each status, what becomes of the delivery: a status, None if it is refused
    make_pending: {"shipped": "shipped", "cancelled": "cancelled"},
    make_shipped: {"shipped": SAME, "cancelled": None},
    make_delivered: {"shipped": None, "cancelled": None},
    make_cancelled: {"shipped": None, "cancelled": SAME},
}


@pytest.mark.parametrize("make", PATHS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("status", ["shipped", "cancelled"])
def test_a_delivery_never_goes_backwards(client, make, status):
    tea, bought, delivery = make(client)
    before, amounts = get_order(client, bought), stock(client, tea)
    answer = change(client, delivery, status=status)
    becomes = PATHS[make][status]
    if becomes in (None, SAME) and answer.status != 200:
        expect(answer, 409, "invalid-transition")
        assert isinstance(answer.json["allowed"], list)
    else:
        assert becomes is not None, answer
        assert expect(answer, 200).json["status"] == status
    if becomes in (None, SAME):
        assert get_delivery(client, delivery) == delivery
        assert (get_order(client, bought), stock(client, tea)) == (before, amounts)


@pytest.mark.parametrize("make", PATHS, ids=lambda make: make.__name__)
def test_only_the_statuses_that_are_meant_for_it_can_be_set(client, make):
    _, _, delivery = make(client)
    for status in ("pending", "delivered", "lost", "", 5, None):
        answer = expect(change(client, delivery, status=status), 422, "validation-failed")
        assert {field for field, _ in answer.errors()} == {"status"}
    assert get_delivery(client, delivery) == delivery


def test_a_pending_delivery_has_shipped_nothing_yet(client, emulator):
    tea, bought, delivery = make_pending(client)
    assert delivery["status"] == "pending"
    after = get_order(client, bought)
    assert (after["fulfillment_status"], after["lines"][0]["shipped"]) == ("unfulfilled", 0)
    assert stock(client, tea) == (8, 2)
    expect(deliver(client, bought), 409, "nothing-to-ship")
    assert events_of(emulator, bought)[2:] == ["delivery.created"]
    expect(change(client, delivery, status="shipped"), 200)
    after = get_order(client, bought)
    assert (after["fulfillment_status"], after["lines"][0]["shipped"]) == ("shipped", 2)
    assert stock(client, tea) == (8, 0) and given.ledger_sum(emulator, tea["id"]) == 8
    assert events_of(emulator, bought)[2:] == ["delivery.created", "delivery.shipped"]


def test_what_a_cancelled_delivery_was_to_bring_can_be_shipped_by_another(client):
    tea, bought, delivery = make_pending(client)
    expect(change(client, delivery, status="cancelled"), 200)
    assert stock(client, tea) == (8, 2)
    other = expect(deliver(client, bought), 201).json
    assert quantities(other) == {tea["id"]: 2} and stock(client, tea) == (8, 0)


def test_of_two_who_ship_and_cancel_a_delivery_at_once_one_wins(pair):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(6)):
        tea, bought, delivery = make_pending(here)
        answers = at_once([lambda: change(here, delivery, status="shipped"),
                           lambda: change(there, delivery, status="cancelled")])
        assert sorted(answer.status for answer in answers) == [200, 409], answers
        status = get_delivery(here, delivery)["status"]
        assert status == ("shipped" if answers[0].status == 200 else "cancelled")
        assert stock(here, tea) == ((8, 0) if status == "shipped" else (8, 2))


# what carriers report


@pytest.mark.parametrize("tracking", TRACKING)
def test_each_tracking_status_is_kept_and_only_delivered_moves_the_delivery(
        client, emulator, tracking):
    bought, delivery = shipped(client, (client.create(on_hand=1), 1))
    answer = expect(tell(client, delivery, tracking, place="Köln"), 200)
    assert answer.json["tracking_status"] == tracking
    assert answer.json["status"] == ("delivered" if tracking == "delivered" else "shipped")
    assert get_delivery(client, delivery) == answer.json
    after = get_order(client, bought)
    assert after["deliveries"][0]["tracking_status"] == tracking
    assert after["status"] == ("completed" if tracking == "delivered" else "confirmed")
    told = [TOLD[tracking]] if tracking in TOLD else []
    told += ["order.completed"] if tracking == "delivered" else []
    assert sorted(events_of(emulator, bought)[4:]) == sorted(told)


def test_the_order_is_completed_with_its_last_delivery(client, emulator):
    (tea,), bought = bought_by(client, 3)
    first = expect(deliver(client, bought, (tea, 1)), 201).json
    expect(tell(client, first, "delivered"), 200)
    assert statuses(get_order(client, bought)) == ("confirmed", "paid", "partial")
    second = expect(deliver(client, bought, (tea, 1)), 201).json
    third = expect(deliver(client, bought), 201).json
    expect(tell(client, third, "delivered"), 200)
    assert statuses(get_order(client, bought)) == ("confirmed", "paid", "shipped")
    expect(tell(client, second, "delivered"), 200)
    assert statuses(get_order(client, bought)) == ("completed", "paid", "delivered")
    assert events_of(emulator, bought).count("order.completed") == 1
    assert events_of(emulator, bought).count("delivery.delivered") == 3


def test_the_last_deliveries_may_arrive_at_once(pair, emulator):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(5)):
        (tea,), bought = bought_by(here, 2)
        both = [expect(deliver(here, bought, (tea, 1)), 201).json for _ in range(2)]
        at_once([lambda: expect(tell(here, both[0], "delivered"), 200),
                 lambda: expect(tell(there, both[1], "delivered"), 200)])
        assert statuses(get_order(here, bought)) == ("completed", "paid", "delivered")
        assert events_of(emulator, bought).count("order.completed") == 1


def test_an_event_counts_once(client, emulator):
    bought, delivery = shipped(client, (client.create(on_hand=1), 1))
    moment = purchase.now(-60)
    body = {"event_id": f"e-{uuid.uuid4()}", "tracking_status": "out_for_delivery", "time": moment}
    first = expect(client.post(path_of(delivery) + "/event", body), 200).json
    for again in (body, body | {"time": purchase.now(), "tracking_status": "failure"}):
        assert expect(client.post(path_of(delivery) + "/event", again), 200).json == first
    assert get_delivery(client, delivery) == first
    assert events_of(emulator, bought).count("delivery.out_for_delivery") == 1


def test_an_event_that_many_report_at_once_counts_once(pair, emulator):
    clients = [pair[n % 2].client() for n in range(8)]
    bought, delivery = shipped(clients[0], (clients[0].create(on_hand=1), 1))
    body = {"event_id": f"e-{uuid.uuid4()}", "tracking_status": "delivered",
            "time": purchase.now()}
    answers = at_once([lambda c=c: c.post(path_of(delivery) + "/event", body) for c in clients])
    assert {answer.status for answer in answers} == {200}, answers
    told = events_of(emulator, bought)
    assert told.count("delivery.delivered") == told.count("order.completed") == 1


@pytest.mark.parametrize("order", itertools.permutations(range(3)), ids=str)
def test_the_newest_by_the_carriers_time_wins_in_any_order(client, order):
    _, delivery = shipped(client, (client.create(on_hand=1), 1))
    reports = [("pre_transit", -300), ("out_for_delivery", -200), ("in_transit", -100)]
    for number in order:
        answer = expect(tell(client, delivery, *reports[number]), 200)
    assert answer.json["tracking_status"] == "in_transit"
    assert get_delivery(client, delivery)["tracking_status"] == "in_transit"


def test_delivered_stays_delivered_whatever_comes_late(client, emulator):
    bought, delivery = shipped(client, (client.create(on_hand=1), 1))
    expect(tell(client, delivery, "delivered", -100), 200)
    expect(tell(client, delivery, "in_transit", -200), 200)
    assert get_delivery(client, delivery)["tracking_status"] == "delivered"
    after = expect(tell(client, delivery, "unknown", -50), 200).json
    assert after["status"] == "delivered"
    assert get_order(client, bought)["status"] == "completed"
    assert events_of(emulator, bought).count("delivery.delivered") == 1


def test_delivered_counts_even_if_something_newer_was_reported_before(client):
    bought, delivery = shipped(client, (client.create(on_hand=1), 1))
    expect(tell(client, delivery, "unknown", -50), 200)
    after = expect(tell(client, delivery, "delivered", -100), 200).json
    assert after["status"] == "delivered" and after["tracking_status"] == "unknown"
    assert get_order(client, bought)["status"] == "completed"


def test_events_of_any_time_zone_are_compared_by_their_moment(client):
    _, delivery = shipped(client, (client.create(on_hand=1), 1))
    for moment, tracking in (("2026-01-01T12:00:00Z", "in_transit"),
                             ("2026-01-01T13:30:00+02:00", "pre_transit"),
                             ("2026-01-01T12:00:00.001Z", "out_for_delivery")):
        body = {"event_id": str(uuid.uuid4()), "tracking_status": tracking, "time": moment}
        answer = client.post(path_of(delivery) + "/event", body)
        assert answer.status == 200 or "+" in moment and answer.status == 422, answer
    assert get_delivery(client, delivery)["tracking_status"] == "out_for_delivery"


@pytest.mark.parametrize("fault", ["lost-after", "internal-after", "cut-after", "conflict"])
def test_a_write_whose_answer_was_lost_is_done_once(start, proxy, emulator, table, fault):
    client = start(SHOPD_WORKERS=1).client()
    (tea,), bought = bought_by(client, 2)

    def losing(act, status):
        proxy.rules(*({"fault": fault, "operation": name, "count": 1} for name in given.WRITES))
        answer = expect(act(), status)
        proxy.rules()
        return answer.json

    delivery = losing(lambda: deliver(client, bought, (tea, 1), status="pending"), 201)
    losing(lambda: change(client, delivery, carrier="dhl"), 200)
    losing(lambda: change(client, delivery, status="shipped"), 200)
    rest = losing(lambda: deliver(client, bought), 201)
    for one in (delivery, rest):
        assert losing(lambda one=one: tell(client, one, "delivered"), 200)["status"] == "delivered"
    assert statuses(get_order(client, bought)) == ("completed", "paid", "delivered")
    assert stock(client, tea) == (8, 0) and given.ledger_sum(emulator, tea["id"]) == 8
    told = events_of(emulator, bought)
    assert [told.count(name) for name in (
        "delivery.created", "delivery.shipped", "delivery.delivered", "order.completed")] == [
            2, 2, 2, 1]
