"""Holds and unpaid orders end at their time: at once for whoever asks, within seconds in the stock.

The daemons here hold for two seconds and wait two for a payment. Each test makes all it needs
before it begins to wait, and what it says of a moment it says of the times in the answers.
"""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import given
import purchase
import shop
import transitions
from given import expect, filled_cart
from purchase import check_out, get_order, held, placed, seconds_between, seconds_until, stock

HOLD_TIME = 2
PAYMENT_TIME = 2
LATE = 5 * shop.SLOWNESS
"""How long after its time a hold may still weigh on the stock."""


@pytest.fixture(scope="module")
def hasty(folder, proxy, make_table):
    """Two daemons that are short of patience, on one table."""
    table = make_table()
    daemons = [start_hasty(folder, proxy, table) for _ in range(2)]
    yield daemons
    for daemon in daemons:
        assert daemon.end() == 0, daemon.process.log_text()[-4000:]


def start_hasty(folder, proxy, table):
    return shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=table, SHOPD_WORKERS=1,
                      SHOPD_HOLD_TIME=f"{HOLD_TIME}s",
                      SHOPD_PAYMENT_TIME=f"{PAYMENT_TIME}s").ready()


@pytest.fixture
def here(hasty):
    client = hasty[0].client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def over(hasty):
    """Orders that have expired: one for each action, and one for "late"."""
    client = hasty[0].client()
    orders = {name: transitions.make(client) for name in [*transitions.ACTIONS, "late"]}
    for order in orders.values():
        shop.wait_until(lambda: get_order(client, order)["status"] == "expired", 4 * LATE, "the end")
    client.close()
    return orders


def wait_for(moment, seconds=0):
    """Sleeps until so many seconds after a moment of the API."""
    time.sleep(max(0, seconds_until(moment) + seconds))


def wait_until_free(client, product, expected, moment):
    shop.wait_until(lambda: stock(client, product) == expected, 2 * LATE, "the stock to be free")
    assert -seconds_until(moment) <= LATE


def path_of(checkout):
    return f"/checkout/{checkout['id']}"


def test_a_hold_is_there_until_its_time_and_gone_from_then_on(here, hasty, emulator):
    there = hasty[1].client()
    product = here.create(on_hand=2)
    cart = filled_cart(here, (product, 2))
    checkout = expect(check_out(here, cart), 201).json
    moment = checkout["expires_at"]
    assert abs(seconds_between(checkout["created_at"], moment) - HOLD_TIME) < 0.05
    while seconds_until(moment) > 0.25:
        assert there.get(path_of(checkout)).status == 200 or seconds_until(moment) < 0
        time.sleep(0.05)
    assert stock(here, product) == (0, 2)
    wait_for(moment, 0.01)
    for client in (here, there):
        expect(client.get(path_of(checkout)), 410, "checkout-ended")
        expect(client.patch(path_of(checkout), {"extend": True}), 410, "checkout-ended")
        expect(client.delete(path_of(checkout)), 410, "checkout-ended")
        expect(purchase.order(client, checkout), 410, "checkout-ended")
    wait_until_free(here, product, (2, 0), moment)
    assert given.event_types(emulator, product["id"], hasty[0].table) == ["stock.out", "stock.in"]
    again = expect(check_out(here, cart), 201).json
    assert again["id"] != checkout["id"] and stock(here, product) == (0, 2)
    time.sleep(0.6)
    assert stock(here, product) == (0, 2), "the old hold was given back once more"


def test_who_asks_in_time_and_who_asks_too_late_get_the_same_answer(
        here, hasty, folder, own_proxy):
    """The order of the one is asked for in time, but its write comes late: after the other."""
    slow = start_hasty(folder, own_proxy, hasty[0].table)
    product = here.create(on_hand=9)
    late = {"order": lambda one: purchase.order(here, one),
            "with a key": lambda one: here.post("/order", {"checkout_id": one["id"]},
                                                Idempotency_Key="late"),
            "release": lambda one: here.delete(path_of(one))}
    clients = [slow.client() for _ in late]
    checkouts = [held(here, (product, 1)) for _ in late]
    own_proxy.fault("delay", operation="TransactWriteItems", seconds=0.5)
    wait_for(checkouts[0]["expires_at"], -0.3)
    with ThreadPoolExecutor(len(late)) as pool:
        first = [pool.submit(purchase.order, *pair) for pair in zip(clients, checkouts)]
        wait_for(checkouts[-1]["expires_at"], 0.01)
        answers = [ask(one).status for ask, one in zip(late.values(), checkouts)]
        first = [one.result().status for one in first]
    own_proxy.rules()
    for answer, other in zip(answers, first):
        assert (answer, other) == (410, 410) or (other == 201 and answer in (200, 409)), (
            dict(zip(late, answers)), first)
    for checkout, other in zip(checkouts, first):
        assert purchase.order(here, checkout).status == (200 if other == 201 else 410)
    wait_until_free(here, product, (9 - first.count(201), first.count(201)),
                    checkouts[-1]["expires_at"])
    assert slow.end() == 0, slow.process.log_text()[-4000:]


def test_an_extended_hold_lives_longer_and_an_order_is_no_hold_any_more(here):
    product, other = here.create(on_hand=2), here.create(on_hand=2)
    extended, ordered = held(here, (product, 2)), held(here, (other, 2))
    expect(purchase.order(here, ordered, cash_on_delivery=True), 201)
    wait_for(extended["created_at"], 1)
    after = expect(here.patch(path_of(extended), {"extend": True}), 200).json
    assert 0.9 < seconds_between(extended["expires_at"], after["expires_at"]) < HOLD_TIME
    wait_for(extended["expires_at"], 0.3)
    assert here.get(path_of(extended)).status == 200 or seconds_until(after["expires_at"]) < 0
    wait_for(after["expires_at"], 0.01)
    expect(here.get(path_of(extended)), 410, "checkout-ended")
    wait_until_free(here, product, (2, 0), after["expires_at"])
    assert stock(here, other) == (0, 2)


def test_an_expired_hold_stands_in_nobodys_way(here):
    """The cart can be checked out again before the sweeper has come, or as soon as it has."""
    product = here.create(on_hand=9)
    cart = filled_cart(here, (product, 1))
    first = expect(check_out(here, cart), 201).json
    wait_for(first["expires_at"], 0.01)
    second = shop.wait_until(
        lambda: (answer := check_out(here, cart)).status == 201 and answer, LATE, "a checkout")
    wait_until_free(here, product, (8, 1), first["expires_at"])
    expect(here.delete(path_of(second.json)), 204)
    assert stock(here, product) == (9, 0)


def test_an_unpaid_order_expires_and_gives_its_stock_back_once(here, hasty, emulator):
    product = here.create(on_hand=9)
    unpaid, failed = placed(here, (product, 1)), placed(here, (product, 1))
    expect(purchase.pay(here, failed, "failed"), 200)
    kept = [placed(here, (product, 1)) for _ in range(2)]
    kept.append(placed(here, (product, 1), cash_on_delivery=True))
    expect(purchase.pay(here, kept[0], "paid"), 200)
    expect(purchase.pay(here, kept[1], "authorized"), 200)
    cancelled = placed(here, (product, 1))
    expect(purchase.cancel(here, cancelled), 200)
    assert stock(here, product) == (4, 5)
    wait_for(failed["created_at"], PAYMENT_TIME - 0.5)
    assert get_order(here, failed)["status"] == "placed" or seconds_until(
        failed["created_at"]) < -PAYMENT_TIME
    wait_for(failed["created_at"], PAYMENT_TIME - 0.2)

    def is_free():
        """Looked at with a note, which gives no more time."""
        expect(here.patch(f"/order/{unpaid['id']}", {"note": str(time.time())}), 200)
        return stock(here, product) == (6, 3)

    shop.wait_until(is_free, 2 * LATE, "the stock to be free")
    assert -seconds_until(failed["created_at"]) < PAYMENT_TIME + LATE
    for order in (unpaid, failed):
        after = get_order(here, order, expand="history")
        assert after["status"] == "expired" and after["fulfillment_status"] == "unfulfilled"
        assert [entry.get("to") for entry in after["history"]].count("expired") == 1
        assert purchase.events_of(emulator, order, hasty[0].table) == [
            "order.placed", "order.expired"]
    assert [get_order(here, order)["status"] for order in kept] == ["confirmed"] * 3
    assert get_order(here, cancelled)["status"] == "cancelled"
    time.sleep(0.6)
    assert stock(here, product) == (6, 3)


def test_a_payment_that_comes_too_late_is_recorded_and_told(here, hasty, over, emulator):
    order = over["late"]
    for _ in range(2):
        after = expect(purchase.pay(here, order, "paid", reference="late"), 200).json
        assert (after["status"], after["payment_status"]) == ("expired", "none")
    assert purchase.events_of(emulator, order, hasty[0].table) == [
        "order.placed", "order.expired", "payment.orphaned"]
    assert stock(here, transitions.product_of(order)) == (transitions.PIECES, 0)
    expect(purchase.pay(here, order, "refunded", order["total"], "back"), 200)
    assert get_order(here, order)["status"] == "expired"


@pytest.mark.parametrize("action", transitions.ACTIONS)
def test_an_expired_order_allows_what_the_table_says(here, hasty, over, emulator, action):
    outcome = transitions.OUTCOMES["expired"].get(action) or transitions.Becomes(
        "expired", "none", "unfulfilled")
    transitions.check(here, over[action], action, outcome,
                      lambda: purchase.events_of(emulator, over[action], hasty[0].table))


def test_payments_around_the_last_moment_are_one_thing_or_the_other(here, hasty):
    """Each order is confirmed by its payment, or expired with its payment orphaned."""
    product = here.create(on_hand=100)
    count = given.scaled(10)
    clients = [hasty[n % 2].client() for n in range(count)]
    orders = [placed(here, (product, 1)) for _ in range(count)]

    def pay_late(number):
        wait_for(orders[number]["created_at"], PAYMENT_TIME - 0.2 + number * 1.2 / count)
        return expect(purchase.pay(clients[number], orders[number]), 200).json

    given.at_once([lambda n=n: pay_late(n) for n in range(count)])
    time.sleep(0.5)
    after = [get_order(here, order) for order in orders]
    assert {(order["status"], order["payment_status"]) for order in after} <= {
        ("confirmed", "paid"), ("expired", "none")}
    confirmed = sum(order["status"] == "confirmed" for order in after)
    assert stock(here, product) == (100 - confirmed, confirmed)


def test_what_ends_while_all_daemons_are_down_is_given_back_after_their_start(
        folder, proxy, make_table):
    table = make_table()
    daemon = start_hasty(folder, proxy, table)
    client = daemon.client()
    product = client.create(on_hand=9)
    order, checkout = placed(client, (product, 4)), held(client, (product, 3))
    assert stock(client, product) == (2, 7)
    daemon.end(signal.SIGKILL)
    wait_for(checkout["created_at"], PAYMENT_TIME + 0.5)
    daemon = start_hasty(folder, proxy, table)
    client = daemon.client()
    shop.wait_until(lambda: stock(client, product) == (9, 0), LATE, "the stock to be free")
    assert get_order(client, order)["status"] == "expired"
    expect(client.get(path_of(checkout)), 410, "checkout-ended")
    assert daemon.end() == 0, daemon.process.log_text()[-4000:]
