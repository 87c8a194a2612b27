"""Checkouts: what is frozen, what is held, what is refused, and when it is over."""

import json
import threading
import time
import uuid
from decimal import Decimal

import pytest

import given
import shop
from given import (
    ADDRESS, at_once, expect, filled_cart, held, item_path, new_cart, new_user, stock_of,
    stock_path)

FIELDS = {"id", "cart_id", "status", "address", "lines", "total", "currency", "expires_at",
          "extended", "version", "created_at", "updated_at"}


def start_checkout(client, cart, **fields):
    return client.post("/checkout", {"cart_id": cart["id"], "address": ADDRESS, **fields})


def path_of(checkout):
    return f"/checkout/{checkout['id']}"


def product(client, on_hand=10, price="19.99", **fields):
    """`price` as it is to be written."""
    body = json.dumps({"name": "tea", "on_hand": on_hand, **fields})
    return expect(client.post("/product", f'{body[:-1]}, "price": {price}}}'), 201).json


def moment(text):
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + float(text[19:-1])


# held


def test_a_checkout_freezes_lines_and_prices_and_holds_stock(client, emulator):
    tea, pot = product(client), product(client, name='a "pot" \\ é', price=5)
    cart = filled_cart(client, (tea, 3), (pot, 2))
    answer = expect(start_checkout(client, cart, email="a@example.org"), 201)
    checkout = answer.json
    assert set(checkout) == FIELDS | {"email"}
    assert answer.headers["Location"] == path_of(checkout)
    assert answer.etag == '"1"'
    assert checkout["lines"] == [
        {"product_id": tea["id"], "name": "tea", "price": Decimal("19.99"), "quantity": 3,
         "total": Decimal("59.97")},
        {"product_id": pot["id"], "name": 'a "pot" \\ é', "price": 5, "quantity": 2, "total": 10}]
    assert (checkout["total"], checkout["currency"]) == (Decimal("69.97"), "EUR")
    assert (checkout["status"], checkout["extended"]) == ("held", False)
    assert checkout["address"] == ADDRESS
    assert 599 < moment(checkout["expires_at"]) - moment(checkout["created_at"]) < 601
    assert stock_of(client, tea) == (7, 3)
    assert stock_of(client, pot) == (8, 2)
    assert client.get(path_of(checkout)).json == checkout
    assert client.get(path_of(checkout), If_None_Match=answer.etag).status == 304
    assert client.get(f"/cart/{cart['id']}").json["status"] == "open"
    assert given.ledger_sum(emulator, tea["id"]) == 10


def test_a_users_checkout_is_the_users(client):
    user = new_user(client)
    assert held(client, (product(client), 1), user=user)["user_id"] == user["id"]


def test_prices_that_changed_are_told_and_the_current_ones_used(client):
    tea, pot = product(client), product(client)
    cart = filled_cart(client, (tea, 2), (pot, 1))
    client.patch(f"/product/{tea['id']}", {"price": 21.5, "name": "finer tea"})
    checkout = expect(start_checkout(client, cart), 201).json
    assert checkout["price_changes"] == [
        {"product_id": tea["id"], "was": Decimal("19.99"), "now": Decimal("21.5")}]
    assert checkout["lines"][0]["name"] == "finer tea"
    assert checkout["total"] == Decimal("62.99")
    client.patch(f"/product/{tea['id']}", {"price": 1})
    assert client.get(path_of(checkout)).json == checkout


@pytest.mark.parametrize("currency, price, total", [
    ("JPY", 1999, 5997), ("EUR", "0.01", "0.03"), ("BHD", "1.999", "5.997")])
def test_totals_are_exact(client, currency, price, total):
    thing = product(client, currency=currency, price=price)
    checkout = held(client, (thing, 3))
    assert (checkout["total"], checkout["currency"]) == (Decimal(total), currency)


def test_a_level_that_is_crossed_is_an_event_of_the_same_transaction(client, emulator):
    tea = product(client, 10, low_stock_at=3)
    checkout = held(client, (tea, 8))
    assert given.event_types(emulator, tea["id"]) == ["stock.low"]
    expect(client.delete(path_of(checkout)), 204)
    assert given.event_types(emulator, tea["id"]) == ["stock.low", "stock.in"]


# refused


def test_what_is_short_is_told_at_once_and_nothing_is_held(client):
    some, few, none = product(client, 9), product(client, 2), product(client, 0)
    cart = filled_cart(client, (some, 9), (few, 3), (none, 1))
    answer = expect(start_checkout(client, cart), 409, "insufficient-stock")
    assert answer.json["items"] == [
        {"product_id": few["id"], "requested": 3, "available": 2},
        {"product_id": none["id"], "requested": 1, "available": 0}]
    assert [stock_of(client, p) for p in (some, few, none)] == [(9, 0), (2, 0), (0, 0)]


def test_products_that_are_gone_are_named(client):
    tea, pot = product(client), product(client)
    cart = filled_cart(client, (tea, 1), (pot, 1))
    expect(client.delete(f"/product/{pot['id']}"), 204)
    answer = expect(start_checkout(client, cart), 409, "product-gone")
    assert answer.json["items"] == [{"product_id": pot["id"]}]
    assert stock_of(client, tea) == (10, 0)


def test_several_currencies_are_refused(client):
    tea, pot = product(client), product(client)
    cart = filled_cart(client, (tea, 1), (pot, 1))
    client.patch(f"/product/{pot['id']}", {"currency": "USD"})
    expect(start_checkout(client, cart), 409, "currency-mismatch")
    client.patch(f"/product/{tea['id']}", {"currency": "USD"})
    assert expect(start_checkout(client, cart), 201).json["currency"] == "USD"


def test_a_total_beyond_counting_is_refused(client):
    largest = product(client, price="92233720368547758.07")
    assert held(client, (largest, 1))["total"] == Decimal("92233720368547758.07")
    cart = filled_cart(client, (largest, 1), (product(client, price="0.01"), 1))
    expect(start_checkout(client, cart), 409, "total-too-large")
    assert stock_of(client, largest) == (9, 1)


def test_carts_that_cannot_be_checked_out(client):
    expect(start_checkout(client, {"id": given.SOME_ID}), 404, "cart-not-found")
    expect(start_checkout(client, new_cart(client)), 409, "cart-empty")
    merged, into = filled_cart(client, (product(client), 1)), new_cart(client)
    expect(client.post(f"/cart/{merged['id']}/merge", {"into": into["id"]}), 200)
    expect(start_checkout(client, merged), 409, "cart-closed")


def test_a_cart_has_one_checkout_at_a_time(client):
    tea = product(client)
    cart = filled_cart(client, (tea, 1))
    first = expect(start_checkout(client, cart), 201).json
    answer = expect(start_checkout(client, cart), 409, "checkout-active")
    assert answer.json["checkout_id"] == first["id"]
    expect(client.delete(path_of(first)), 204)
    second = expect(start_checkout(client, cart), 201).json
    assert second["id"] != first["id"]
    assert stock_of(client, tea) == (9, 1)


def test_of_those_who_check_a_cart_out_at_once_one_does(pair):
    clients = [daemon.client() for daemon in pair for _ in range(6)]
    tea = product(clients[0], 100)
    cart = filled_cart(clients[0], (tea, 1))
    answers = at_once([lambda c=c: start_checkout(c, cart) for c in clients])
    assert sorted(answer.status for answer in answers) == [201] + [409] * 11
    assert {answer.code for answer in answers if answer.status == 409} == {"checkout-active"}
    assert stock_of(clients[0], tea) == (99, 1)


@pytest.mark.parametrize("body, mistakes", [
    ([], {("", "wrong-type")}),
    ({}, {("cart_id", "required"), ("address", "required")}),
    ({"cart_id": "x", "address": {}}, {("cart_id", "invalid-id"), ("address.name", "required"),
                                       ("address.line1", "required"), ("address.city", "required"),
                                       ("address.country", "required")}),
    ({"cart_id": given.SOME_ID, "address": ADDRESS | {"country": "XX"}, "email": "no",
      "total": 1, "x": 1}, {("address.country", "invalid-country"), ("email", "invalid-email"),
                            ("total", "read-only"), ("x", "unknown-field")}),
    ({"cart_id": given.SOME_ID, "address": 7}, {("address", "wrong-type")}),
])
def test_mistakes_in_a_body_are_all_told(client, body, mistakes):
    answer = expect(client.post("/checkout", body), 422, "validation-failed")
    assert {(error["field"], error["code"]) for error in answer.json["errors"]} == mistakes


def test_a_null_in_an_address_is_a_field_that_is_not_given(client):
    address = ADDRESS | {"line2": None}
    assert held(client, (product(client), 1), address=address)["address"] == ADDRESS


# changed and ended


def test_address_and_email_can_be_changed(client):
    checkout = held(client, (product(client), 1), email="a@example.org")
    changed = expect(client.patch(path_of(checkout), {"address": {"city": "Ulm"},
                                                      "email": None}), 200)
    assert changed.json["address"] == ADDRESS | {"city": "Ulm"}
    assert "email" not in changed.json
    assert (changed.json["version"], changed.etag) == (2, '"2"')
    assert changed.json["expires_at"] == checkout["expires_at"]
    assert expect(client.patch(path_of(checkout), {}), 200).json == changed.json
    assert client.get(path_of(checkout)).json == changed.json
    expect(client.patch(path_of(checkout), {"email": "b@example.org"}, If_Match='"1"'), 412)
    answer = expect(client.patch(path_of(checkout), {"address": {"city": None}, "extend": 1}), 422)
    assert {e["field"] for e in answer.json["errors"]} == {"address.city", "extend"}


def test_it_can_be_extended_once(client):
    checkout = held(client, (product(client), 1))
    longer = expect(client.patch(path_of(checkout), {"extend": True}), 200).json
    assert longer["extended"] is True
    assert longer["expires_at"] > checkout["expires_at"]
    expect(client.patch(path_of(checkout), {"extend": True}), 409, "already-extended")
    expect(client.patch(path_of(checkout), {"extend": False}), 422, "validation-failed")


def test_a_release_gives_back_at_once_and_ends_it(client, emulator):
    tea = product(client)
    checkout = held(client, (tea, 4))
    expect(client.delete(path_of(checkout), If_Match='"7"'), 412)
    expect(client.delete(path_of(checkout)), 204)
    assert stock_of(client, tea) == (10, 0)
    for answer in (client.get(path_of(checkout)), client.delete(path_of(checkout)),
                   client.patch(path_of(checkout), {"extend": True}),
                   client.post("/order", {"checkout_id": checkout["id"]})):
        expect(answer, 410, "checkout-ended")
    item, = given.query(emulator, f"K#{checkout['id']}")
    assert "g2p" not in item and int(item["ttl"]["N"]) > time.time() + 6 * 86400
    given.expire(emulator, f"K#{checkout['id']}")
    expect(client.get(path_of(checkout)), 404, "checkout-not-found")
    assert given.ledger_sum(emulator, tea["id"]) == 10


@pytest.mark.parametrize("path", ["/checkout/x", f"/checkout/{given.SOME_ID}"])
def test_what_is_not_there_is_404(client, path):
    for answer in (client.get(path), client.patch(path, {}), client.delete(path)):
        expect(answer, 404, "checkout-not-found")


def test_what_is_over_is_410_from_that_moment(start, make_table):
    client = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_HOLD_TIME="1s").client()
    tea = product(client)
    checkout = held(client, (tea, 4))
    while (left := moment(checkout["expires_at"]) - moment(now())) > 0:
        assert client.get(path_of(checkout)).status == 200 or moment(now()) >= \
            moment(checkout["expires_at"])
        time.sleep(min(left, 0.05))
    expect(client.get(path_of(checkout)), 410, "checkout-ended")
    expect(client.post("/order", {"checkout_id": checkout["id"]}), 410, "checkout-ended")
    expect(client.patch(path_of(checkout), {"extend": True}), 410)
    expect(client.delete(path_of(checkout)), 410)


def now():
    seconds = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f"{seconds % 1:.3f}"[1:] + "Z"


def test_of_two_who_release_at_once_the_second_is_told_so(pair, proxy):
    """The first has read that it is held, and goes on when the second has given its stock back."""
    client, other = (daemon.client() for daemon in pair)
    tea = product(client)
    checkout = held(client, (tea, 4))
    proxy.fault("delay", operation="BatchGetItem", count=1, seconds=0.5)
    answers = []
    first = threading.Thread(target=lambda: answers.append(client.delete(path_of(checkout))))
    first.start()
    shop.wait_until(lambda: proxy.tell()["faults"] == {"delay": 1}, 5, "its look at the stock")
    answers.append(other.delete(path_of(checkout)))
    first.join()
    assert sorted(answer.status for answer in answers) == [204, 410], answers
    assert stock_of(client, tea) == (10, 0)


# many


def test_ninety_lines_can_be_held_given_back_and_ordered(client, emulator):
    """All cross a level, so that events have to share items."""
    things = [product(client, 2, low_stock_at=1, name="thing " + "x" * 60) for _ in range(90)]
    cart = filled_cart(client, *((thing, 1) for thing in things))
    expect(client.put(item_path(cart, product(client)), {"quantity": 1}), 409, "cart-full")
    checkout = expect(start_checkout(client, cart), 201).json
    assert len(checkout["lines"]) == 90
    told = {event["subject"]: event["type"] for event in grouped_events(emulator)}
    assert all(told[f"product/{thing['id']}"] == "stock.low" for thing in things)
    expect(client.delete(path_of(checkout)), 204)
    assert all(stock_of(client, thing) == (2, 0) for thing in things[::10])
    checkout = expect(client.post("/checkout", {"cart_id": cart["id"], "address": ADDRESS},
                                  Idempotency_Key=str(uuid.uuid4())), 201).json
    order = expect(client.post("/order", {"checkout_id": checkout["id"]}), 201).json
    assert len(order["lines"]) == 90
    assert all(stock_of(client, thing) == (1, 1) for thing in things[::10])


def grouped_events(emulator):
    for shard in range(given.SHARDS):
        for item in given.query(emulator, f"OUT#{shard}"):
            for event in json.loads(item.get("events", {"S": "[]"})["S"]):
                assert event["data"]["product_id"] in event["subject"]
                assert given.UUID.fullmatch(event["id"]) and given.TIME.fullmatch(event["time"])
                yield event


def test_the_last_piece_goes_to_one_of_two_hundred(pair):
    clients = [daemon.client() for daemon in pair for _ in range(20)]
    tea = product(clients[0], 1)
    carts = [filled_cart(clients[0], (tea, 1)) for _ in range(200)]

    def buy(client, own):
        answers = [start_checkout(client, cart) for cart in own]
        return answers + [client.post("/order", {"checkout_id": answer.json["id"]})
                          for answer in answers if answer.status == 201]

    answers = sum(at_once([lambda c=c, i=i: buy(c, carts[i::40])
                           for i, c in enumerate(clients)]), [])
    assert sorted(answer.status for answer in answers) == [201] * 2 + [409] * 199
    codes = {answer.code for answer in answers if answer.status == 409}
    assert codes == {"insufficient-stock"}
    assert stock_of(clients[0], tea) == (0, 1)


# repeated


def test_a_key_makes_one_checkout_of_a_repeated_request(client, emulator):
    tea = product(client)
    cart = filled_cart(client, (tea, 2))
    key = str(uuid.uuid4())
    answers = [start_checkout_keyed(client, cart, key) for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert stock_of(client, tea) == (8, 2)


def start_checkout_keyed(client, cart, key):
    return expect(client.post("/checkout", {"cart_id": cart["id"], "address": ADDRESS},
                              Idempotency_Key=key), 201)


@pytest.mark.parametrize("fault", ["lost-after", "internal-after", "cut-after", "conflict"])
def test_lost_answers_do_no_harm(client, proxy, fault):
    tea = product(client)
    for count, act in ((2, "release"), (3, "order")):
        cart = filled_cart(client, (tea, count))
        for operation in ("TransactWriteItems", "UpdateItem"):
            proxy.fault(fault, operation=operation, count=1)
        checkout = expect(start_checkout(client, cart), 201).json
        assert stock_of(client, tea) == (10 - count, count)
        proxy.fault(fault, operation="UpdateItem", count=1)
        assert expect(client.patch(path_of(checkout), {"extend": True}), 200).json["version"] == 2
        proxy.fault(fault, operation="TransactWriteItems", count=1)
        if act == "release":
            expect(client.delete(path_of(checkout)), 204)
            assert stock_of(client, tea) == (10, 0)
        else:
            expect(client.post("/order", {"checkout_id": checkout["id"]}), 201)
            assert stock_of(client, tea) == (10 - count, count)
        proxy.rules()


def test_a_stock_that_changes_meanwhile_is_decided_by_again(pair):
    """Adjustments, checkouts and releases of one product at once: nothing is lost."""
    clients = [daemon.client() for daemon in pair for _ in range(4)]
    tea = product(clients[0], 40, low_stock_at=20)
    carts = [filled_cart(clients[0], (tea, 3)) for _ in clients]

    def run(client, cart, number):
        if number % 4 == 0:
            return expect(client.post(stock_path(tea), {"delta": 1, "reason": "more"}), 200)
        checkout = expect(start_checkout(client, cart), 201).json
        return expect(client.delete(path_of(checkout)), 204) if number % 2 else checkout

    at_once([lambda c=c, n=n: run(c, carts[n], n) for n, c in enumerate(clients)])
    assert stock_of(clients[0], tea) == (36, 6)
