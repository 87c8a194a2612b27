"""A checkout: what it freezes and holds, how it ends, and who gets the last piece."""

import asyncio
import json
import time
from decimal import Decimal

import pytest

import given
import purchase
import wire
from given import ADDRESS, expect, filled_cart, item_path, new_cart, new_user, version_of
from purchase import check_out, get_checkout, held, seconds_until, stock

FIELDS = {"id", "cart_id", "status", "address", "lines", "total", "currency", "expires_at",
          "extended", "version", "created_at", "updated_at"}
HOLD_TIME = 600
OTHER_ADDRESS = ADDRESS | {"city": "Bonn", "postal_code": "53111", "phone": "+4930123456"}
CROWD = given.scaled(200)


def path_of(checkout):
    return f"/checkout/{checkout['id']}"


# made


def test_a_checkout_freezes_the_lines_and_holds_their_stock(client):
    tea, pot = client.create(name="Tea", price=19.99, on_hand=9), client.create(price=5, on_hand=2)
    cart = filled_cart(client, (tea, 3), (pot, 2))
    answer = expect(check_out(client, cart, email="a@example.org"), 201)
    checkout = answer.json
    assert set(checkout) == FIELDS | {"email"}
    assert checkout["lines"] == [
        {"product_id": tea["id"], "name": "Tea", "price": Decimal("19.99"), "quantity": 3,
         "total": Decimal("59.97")},
        {"product_id": pot["id"], "name": "thing", "price": 5, "quantity": 2, "total": 10}]
    assert (checkout["total"], checkout["currency"]) == (Decimal("69.97"), "EUR")
    assert (checkout["status"], checkout["extended"], checkout["version"]) == ("held", False, 1)
    assert (checkout["cart_id"], checkout["address"]) == (cart["id"], ADDRESS)
    assert checkout["email"] == "a@example.org" and given.UUID.fullmatch(checkout["id"])
    assert answer.headers["Location"] == path_of(checkout) and version_of(answer) == 1
    assert HOLD_TIME - 20 < seconds_until(checkout["expires_at"]) <= HOLD_TIME
    for name in ("created_at", "updated_at", "expires_at"):
        assert given.TIME.fullmatch(checkout[name])
    assert (stock(client, tea), stock(client, pot)) == ((6, 3), (0, 2))
    got = expect(client.get(path_of(checkout)), 200)
    assert (got.json, got.etag) == (checkout, answer.etag)


def test_a_users_checkout_bears_the_users_id(client):
    user = new_user(client)
    checkout = held(client, (client.create(on_hand=1), 1), user=user)
    assert set(checkout) == FIELDS | {"user_id"} and checkout["user_id"] == user["id"]


def test_what_is_frozen_stays_while_cart_and_product_change(client):
    product, other = client.create(price=7, on_hand=9), client.create(on_hand=9)
    cart = filled_cart(client, (product, 2))
    checkout = expect(check_out(client, cart), 201).json
    expect(client.put(item_path(cart, product), {"quantity": 5}), 200)
    expect(client.put(item_path(cart, other), {"quantity": 1}), 200)
    expect(client.put(f"/product/{product['id']}", {"price": 8, "name": "Dear"}), 200)
    assert get_checkout(client, checkout) == checkout
    assert client.get(f"/cart/{cart['id']}").json["status"] == "open"
    bought = expect(purchase.order(client, checkout), 201).json
    assert (bought["total"], bought["lines"][0]["price"]) == (14, 7)
    assert (stock(client, product), stock(client, other)) == ((7, 2), (9, 0))


def test_changed_prices_are_told_and_the_current_ones_used(client):
    dearer, same = client.create(price=10, on_hand=5), client.create(price=3, on_hand=5)
    cart = filled_cart(client, (dearer, 2), (same, 1))
    expect(client.put(f"/product/{dearer['id']}", {"price": 12.5}), 200)
    checkout = expect(check_out(client, cart), 201).json
    assert checkout["price_changes"] == [
        {"product_id": dearer["id"], "was": 10, "now": Decimal("12.5")}]
    assert checkout["total"] == 28 and checkout["lines"][0]["price"] == Decimal("12.5")
    assert get_checkout(client, checkout) == checkout


@pytest.mark.parametrize("currency, price, quantity, total", [
    ("JPY", 333, 3, "999"), ("EUR", 0.1, 3, "0.3"), ("EUR", 19.99, 9999, "199880.01"),
    ("KWD", 0.001, 7, "0.007"), ("BHD", 1.005, 3, "3.015"), ("USD", 0, 5, "0")])
def test_totals_are_exact_whatever_decimals_a_currency_has(
        client, currency, price, quantity, total):
    product = client.create(price=price, currency=currency, on_hand=quantity)
    extra = client.create(price=price, currency=currency, on_hand=1)
    checkout = held(client, (product, quantity), (extra, 1))
    assert checkout["lines"][0]["total"] == Decimal(total)
    assert checkout["total"] == Decimal(total) + Decimal(str(price))
    assert checkout["currency"] == currency
    bought = expect(purchase.order(client, checkout), 201).json
    assert (bought["total"], bought["currency"]) == (checkout["total"], currency)


@pytest.mark.parametrize("currency, most, unit", [
    ("JPY", "9223372036854775807", "1"), ("EUR", "92233720368547758.07", "0.01"),
    ("KWD", "9223372036854775.807", "0.001")])
def test_the_largest_total_is_taken_and_one_more_refused(client, currency, most, unit):
    def priced(price):
        body = {"name": "x", "price": Decimal(price), "currency": currency, "on_hand": 5}
        return expect(client.post("/product", purchase.exact(body)), 201).json

    largest, smallest = priced(most), priced(unit)
    checkout = held(client, (largest, 1))
    assert checkout["total"] == Decimal(most)
    bought = expect(purchase.order(client, checkout), 201).json
    assert expect(purchase.pay(client, bought), 200).json["paid"] == Decimal(most)
    expect(check_out(client, filled_cart(client, (largest, 1), (smallest, 1))), 409,
           "total-too-large")
    expect(check_out(client, filled_cart(client, (largest, 2))), 409, "total-too-large")
    assert (stock(client, largest), stock(client, smallest)) == ((4, 1), (5, 0))


# refused


def test_what_is_not_there_is_404(client):
    for name in purchase.UNKNOWN_IDS:
        for method, body in (("GET", None), ("PATCH", {"extend": True}), ("DELETE", None)):
            answer = client.request(method, f"/checkout/{name}", body)
            expect(answer, 404, "checkout-not-found")
    expect(check_out(client, {"id": given.SOME_ID}), 404, "cart-not-found")


def test_a_cart_that_is_closed_empty_or_expired_cannot_be_checked_out(client, emulator):
    product = client.create(on_hand=9)
    expect(check_out(client, new_cart(client)), 409, "cart-empty")
    merged = filled_cart(client, (product, 1))
    into = {"into": new_cart(client)["id"]}
    expect(client.post(f"/cart/{merged['id']}/merge", into), 200)
    expect(check_out(client, merged), 409, "cart-closed")
    ordered = {"id": purchase.placed(client, (product, 1))["id"]}
    cart_id = get_checkout(client, ordered)["cart_id"]
    expect(check_out(client, {"id": cart_id}), 409, "cart-closed")
    expired = filled_cart(client, (product, 1))
    given.expire(emulator, f"C#{expired['id']}")
    expect(check_out(client, expired), 404, "cart-not-found")
    assert stock(client, product) == (8, 1)


def test_every_short_line_is_told_at_once_and_nothing_is_held(client):
    plenty = client.create(on_hand=50)
    short, none = client.create(on_hand=2), client.create(on_hand=0)
    cart = filled_cart(client, (short, 3), (plenty, 5), (none, 1))
    answer = expect(check_out(client, cart), 409, "insufficient-stock")
    assert answer.json["items"] == [
        {"product_id": short["id"], "requested": 3, "available": 2},
        {"product_id": none["id"], "requested": 1, "available": 0}]
    assert [stock(client, product) for product in (short, plenty, none)] == [
        (2, 0), (50, 0), (0, 0)]
    expect(client.put(item_path(cart, short), {"quantity": 2}), 200)
    expect(client.delete(item_path(cart, none)), 204)
    expect(check_out(client, cart), 201)


def test_products_that_are_gone_are_told(client):
    gone, also, kept = (client.create(on_hand=n) for n in (0, 0, 5))
    cart = filled_cart(client, (gone, 1), (kept, 1), (also, 1))
    for product in (gone, also):
        expect(client.delete(f"/product/{product['id']}"), 204)
    answer = expect(check_out(client, cart), 409, "product-gone")
    assert answer.json["items"] == [{"product_id": gone["id"]}, {"product_id": also["id"]}]
    assert stock(client, kept) == (5, 0)


def test_prices_in_several_currencies_are_refused(client):
    euro, changed = client.create(on_hand=5), client.create(on_hand=5)
    cart = filled_cart(client, (euro, 1), (changed, 1))
    expect(client.put(f"/product/{changed['id']}", {"currency": "USD"}), 200)
    expect(check_out(client, cart), 409, "currency-mismatch")
    assert (stock(client, euro), stock(client, changed)) == ((5, 0), (5, 0))


def test_a_cart_has_one_checkout_at_a_time(client):
    product = client.create(on_hand=9)
    cart = filled_cart(client, (product, 2))
    first = expect(check_out(client, cart), 201).json
    answer = expect(check_out(client, cart), 409, "checkout-active")
    assert answer.json["checkout_id"] == first["id"] and stock(client, product) == (7, 2)
    expect(client.delete(path_of(first)), 204)
    second = expect(check_out(client, cart), 201).json
    assert second["id"] != first["id"] and stock(client, product) == (7, 2)


def test_ninety_lines_are_held_and_ordered_at_once_and_there_is_no_ninety_first(client):
    products = [client.create(name=f"p{n}", price=1.01, on_hand=1) for n in range(91)]
    cart = filled_cart(client, *((product, 1) for product in products[:90]))
    expect(client.put(item_path(cart, products[90]), {"quantity": 1}), 409, "cart-full")
    checkout = expect(check_out(client, cart), 201).json
    assert [line["product_id"] for line in checkout["lines"]] == [
        product["id"] for product in products[:90]]
    assert checkout["total"] == Decimal("90.9")
    bought = expect(purchase.order(client, checkout), 201).json
    assert len(bought["lines"]) == 90 and bought["total"] == Decimal("90.9")
    assert {stock(client, product) for product in products[:90]} == {(0, 1)}
    expect(purchase.cancel(client, bought), 200)
    assert {stock(client, product) for product in products[:90]} == {(1, 0)}


def test_what_is_held_keeps_its_product(client):
    product = client.create(on_hand=2)
    checkout = held(client, (product, 2))
    expect(client.delete(f"/product/{product['id']}"), 409, "stock-reserved")
    expect(client.post(given.stock_path(product), {"delta": -1, "reason": "x"}), 409,
           "insufficient-stock")
    expect(client.delete(path_of(checkout)), 204)
    expect(client.delete(f"/product/{product['id']}"), 204)


def test_a_level_that_is_crossed_is_told(client, emulator):
    product = client.create(on_hand=4, low_stock_at=2)
    first = held(client, (product, 2))
    assert given.event_types(emulator, product["id"]) == ["stock.low"]
    second = held(client, (product, 2))
    assert given.event_types(emulator, product["id"])[1:] == ["stock.out"]
    for checkout in (first, second):
        expect(client.delete(path_of(checkout)), 204)
    assert given.event_types(emulator, product["id"])[2:] == ["stock.low", "stock.in"]


# changed


def test_address_and_email_can_be_changed(client):
    checkout = held(client, (client.create(on_hand=1), 1))
    body = {"address": OTHER_ADDRESS, "email": "b@example.org"}
    answer = expect(client.patch(path_of(checkout), body), 200)
    assert answer.json["updated_at"] >= checkout["updated_at"]
    assert given.without(answer.json, "updated_at") == given.without(
        checkout | body | {"version": 2}, "updated_at")
    assert version_of(answer) == 2 and get_checkout(client, checkout) == answer.json
    assert expect(client.patch(path_of(checkout), body), 200).json == answer.json
    removed = expect(client.patch(path_of(checkout), {"email": None}), 200).json
    assert "email" not in removed and removed["address"] == OTHER_ADDRESS


def test_a_checkout_is_extended_once(client):
    checkout = held(client, (client.create(on_hand=1), 1))
    time.sleep(0.05)
    after = expect(client.patch(path_of(checkout), {"extend": True}), 200).json
    assert after["extended"] is True and after["expires_at"] > checkout["expires_at"]
    assert seconds_until(after["expires_at"]) <= HOLD_TIME
    expect(client.patch(path_of(checkout), {"extend": True}), 409, "already-extended")
    both = {"extend": True, "address": OTHER_ADDRESS}
    expect(client.patch(path_of(checkout), both), 409, "already-extended")
    assert get_checkout(client, checkout) == after


def test_versions_guard_changes(client):
    checkout = held(client, (client.create(on_hand=1), 1))
    path, etag = path_of(checkout), client.get(path_of(checkout)).etag
    assert client.get(path, If_None_Match=etag).status == 304
    for answer in (client.patch(path, {"extend": True}, If_Match='"99"'),
                   client.delete(path, If_Match='"99"')):
        expect(answer, 412, "precondition-failed")
    expect(client.patch(path, {"email": "c@example.org"}, If_Match=etag), 200)
    assert client.get(path, If_None_Match=etag).status == 200
    expect(client.delete(path, If_Match=etag), 412, "precondition-failed")
    expect(client.delete(path, If_Match='"2"'), 204)


# every state


def make_held(client):
    return held(client, (client.create(on_hand=1), 1))


def make_used(client):
    checkout = make_held(client)
    expect(purchase.order(client, checkout), 201)
    return checkout


def make_released(client):
    checkout = make_held(client)
    expect(client.delete(path_of(checkout)), 204)
    return checkout


STATES = {
    # what GET, PATCH, extending, DELETE and POST /order answer
    make_held: (200, 200, 200, 204, 201),
    make_used: (200, (409, "checkout-used"), (409, "checkout-used"), (409, "checkout-used"), 200),
    make_released: ((410, "checkout-ended"),) * 5,
}


@pytest.mark.parametrize("make", STATES, ids=lambda make: make.__name__)
@pytest.mark.parametrize("number, act", enumerate([
    lambda client, checkout: client.get(path_of(checkout)),
    lambda client, checkout: client.patch(path_of(checkout), {"address": OTHER_ADDRESS}),
    lambda client, checkout: client.patch(path_of(checkout), {"extend": True}),
    lambda client, checkout: client.delete(path_of(checkout)),
    lambda client, checkout: purchase.order(client, checkout)]),
    ids=["get", "patch", "extend", "delete", "order"])
def test_in_every_state_every_request_has_its_answer(client, make, number, act):
    checkout = make(client)
    product = checkout["lines"][0]
    before = stock(client, {"id": product["product_id"]})
    expected = STATES[make][number]
    answer = act(client, checkout)
    expect(answer, *(expected if isinstance(expected, tuple) else (expected,)))
    if expected != 204:
        assert stock(client, {"id": product["product_id"]}) == before


def test_a_used_checkout_names_its_order(client):
    checkout = make_used(client)
    after = get_checkout(client, checkout)
    assert (after["status"], after["order_id"]) == ("used", checkout["id"])
    assert client.get(f"/cart/{checkout['cart_id']}").json["status"] == "ordered"


# side by side and through faults


def test_of_two_hundred_who_want_the_last_piece_one_gets_an_order(pair):
    client = pair[0].client()
    product = client.create(on_hand=1)
    carts = [filled_cart(client, (product, 1)) for _ in range(CROWD)]

    async def buy(number, cart):
        """What came of it: the order, or why there is none."""
        connection = await wire.Connection(pair[number % 2].port).open()
        body = {"cart_id": cart["id"], "address": ADDRESS}
        answer = await connection.request("POST", "/checkout", json.dumps(body))
        if answer.status == 201:
            body = {"checkout_id": answer.json["id"]}
            answer = await connection.request("POST", "/order", json.dumps(body))
        connection.close()
        return answer

    async def everyone():
        return await asyncio.gather(*(buy(number, cart) for number, cart in enumerate(carts)))

    answers = asyncio.run(everyone())
    refused = [answer for answer in answers if answer.status == 409]
    assert [answer.status for answer in answers if answer.status != 409] == [201]
    assert {answer.code for answer in refused} == {"insufficient-stock"}
    assert stock(client, product) == (0, 1)


def test_a_cart_that_is_checked_out_by_many_at_once_is_held_once(pair):
    clients = [pair[n % 2].client() for n in range(12)]
    product = clients[0].create(on_hand=100)
    cart = filled_cart(clients[0], (product, 3))
    answers = given.at_once([lambda client=client: check_out(client, cart) for client in clients])
    won, = (answer.json for answer in answers if answer.status == 201)
    lost = [answer for answer in answers if answer.status != 201]
    assert {(answer.status, answer.code, answer.json["checkout_id"]) for answer in lost} == {
        (409, "checkout-active", won["id"])}
    assert stock(clients[0], product) == (97, 3)


def test_a_checkout_that_is_released_and_ordered_at_once_is_one_of_both(pair):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(8)):
        product = here.create(on_hand=5)
        checkout = held(here, (product, 2))
        ordered, released = given.at_once([lambda: purchase.order(here, checkout),
                                           lambda: there.delete(path_of(checkout))])
        outcome = (ordered.status, released.status)
        assert outcome in ((201, 409), (410, 204)), (ordered, released)
        assert stock(here, product) == ((3, 2) if outcome == (201, 409) else (5, 0))


@pytest.mark.parametrize("fault", ["lost-after", "internal-after", "cut-after", "conflict"])
def test_a_write_whose_answer_was_lost_is_done_once(start, proxy, table, fault):
    client = start(SHOPD_WORKERS=1).client()
    product = client.create(on_hand=9)

    def losing(act, status):
        proxy.rules(*({"fault": fault, "operation": name, "count": 1} for name in given.WRITES))
        answer = expect(act(), status)
        proxy.rules()
        return answer.json if answer.body else None

    cart = filled_cart(client, (product, 2))
    checkout = losing(lambda: check_out(client, cart), 201)
    assert stock(client, product) == (7, 2)
    after = losing(lambda: client.patch(path_of(checkout), {"extend": True}), 200)
    assert after["version"] == 2
    losing(lambda: client.delete(path_of(checkout)), 204)
    assert stock(client, product) == (9, 0)
    again = losing(lambda: check_out(client, cart), 201)
    bought = losing(lambda: purchase.order(client, again), 201)
    assert bought["version"] == 1 and stock(client, product) == (7, 2)
