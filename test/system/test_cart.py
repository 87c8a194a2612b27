"""One cart: its lines with what is true of them now, its limits, and its end."""

import calendar
import time
import uuid
from decimal import Decimal

import pytest

import given
from given import expect, filled_cart, item_path, new_cart, new_user, quantities, version_of

DAY = 24 * 3600
LINE = {"product_id", "name", "price", "quantity", "total", "level"}
CART = {"id", "status", "lines", "version", "created_at", "updated_at", "expires_at"}


def path_of(cart):
    return f"/cart/{cart['id']}"


def read(client, cart):
    return expect(client.get(path_of(cart)), 200).json


def put(client, cart, product, quantity):
    return client.put(item_path(cart, product), {"quantity": quantity})


def add(client, cart, product, **body):
    return client.post(item_path(cart, product), body)


def remove(client, cart, product):
    return client.delete(item_path(cart, product))


def line_of(cart, product):
    line, = (line for line in cart["lines"] if line["product_id"] == product["id"])
    return line


def seconds_left(cart):
    moment = time.strptime(cart["expires_at"][:19], "%Y-%m-%dT%H:%M:%S")
    return calendar.timegm(moment) - time.time()


# made and found


def test_a_guests_cart_is_empty_open_and_known_by_its_id_alone(client):
    created = expect(client.post("/cart", {}), 201)
    cart = created.json
    assert set(cart) == CART
    assert (cart["status"], cart["lines"], cart["version"]) == ("open", [], 1)
    assert created.headers["Location"] == path_of(cart)
    assert created.headers["Content-Type"] == "application/json"
    assert version_of(created) == 1
    for name in ("created_at", "updated_at", "expires_at"):
        assert given.TIME.fullmatch(cart[name])
    assert DAY - 60 < seconds_left(cart) < DAY + 60
    got = client.get(path_of(cart))
    assert (got.status, got.json, got.etag) == (200, cart, created.etag)


def test_what_needs_no_field_needs_no_body(client):
    tea = client.create(on_hand=5)
    cart = expect(client.post("/cart", None), 201).json
    assert set(cart) == CART
    for quantity in (1, 2):
        cart = expect(client.post(item_path(cart, tea), None), 200).json
        assert quantities(cart) == {tea["id"]: quantity}
    expect(client.post("/cart", "{}", Content_Type="text/plain"), 415, "unsupported-media-type")
    expect(client.put(item_path(cart, tea), None), 415, "unsupported-media-type")


def test_a_guests_id_cannot_be_guessed(client):
    """Version 4, and no two share more of their 122 bits than chance lets them."""
    ids = [new_cart(client)["id"] for _ in range(40)]
    assert all(given.UUID4.fullmatch(cart_id) for cart_id in ids)
    numbers = [int(cart_id.replace("-", ""), 16) for cart_id in ids]
    for at, one in enumerate(numbers):
        for other in numbers[:at]:
            assert 25 < (one ^ other).bit_count() < 97
    for bit in range(128):
        set_in = sum(number >> bit & 1 for number in numbers)
        fixed = bit in (62, 63) or 76 <= bit < 80
        assert fixed or 2 < set_in < 38, bit


def test_a_user_has_one_active_cart(client):
    user = new_user(client)
    made = expect(client.post("/cart", {"user_id": user["id"]}), 201)
    assert set(made.json) == CART | {"user_id"}
    assert made.json["user_id"] == user["id"]
    assert 30 * DAY - 60 < seconds_left(made.json) < 30 * DAY + 60
    again = expect(client.post("/cart", {"user_id": user["id"]}), 200)
    assert again.json == made.json == read(client, made.json)
    assert expect(client.get(f"/user/{user['id']}/cart"), 200).json == made.json


def test_many_posts_at_once_make_one_cart_for_a_user(pair):
    clients = [pair[n % 2].client() for n in range(16)]
    for _ in range(given.scaled(3)):
        user = new_user(clients[0])
        answers = given.at_once([lambda c=c: c.post("/cart", {"user_id": user["id"]})
                                 for c in clients])
        assert sorted(answer.status for answer in answers) == [200] * 15 + [201]
        assert len({answer.json["id"] for answer in answers}) == 1
        assert clients[3].get(f"/user/{user['id']}/cart").json == answers[0].json


def test_a_cart_of_a_user_who_is_not_there_is_404(client):
    expect(client.post("/cart", {"user_id": given.SOME_ID}), 404, "user-not-found")


@pytest.mark.parametrize("cart_id", [given.SOME_ID, "1", "%C3%A9"])
def test_a_cart_that_is_not_there_is_404_everywhere(client, cart_id):
    product, other = client.create(), new_cart(client)
    cart = {"id": cart_id}
    for answer in (client.get(path_of(cart)), client.delete(path_of(cart)),
                   put(client, cart, product, 1), add(client, cart, product),
                   remove(client, cart, product),
                   client.post(path_of(cart) + "/merge", {"into": other["id"]})):
        expect(answer, 404, "cart-not-found")
    answer = client.post(path_of(other) + "/merge", {"into": given.SOME_ID})
    expect(answer, 404, "cart-not-found")
    assert read(client, other)["status"] == "open"


# lines


def test_a_line_shows_its_product_and_the_cart_its_total(client):
    cart = new_cart(client)
    phone = client.create(name="Phone", price=19.99, on_hand=1, low_stock_at=1)
    case = client.create(name="Case", price=5, on_hand=9)
    put(client, cart, phone, 3)
    answer = expect(put(client, cart, case, 2), 200)
    cart = answer.json
    assert [set(line) for line in cart["lines"]] == [LINE, LINE]
    assert cart["lines"] == [
        {"product_id": phone["id"], "name": "Phone", "price": Decimal("19.99"), "quantity": 3,
         "total": Decimal("59.97"), "level": "low"},
        {"product_id": case["id"], "name": "Case", "price": 5, "quantity": 2, "total": 10,
         "level": "in"}]
    assert (cart["total"], cart["currency"]) == (Decimal("69.97"), "EUR")
    assert cart["version"] == version_of(answer) == 3
    assert read(client, cart) == cart


def test_lines_are_in_the_order_in_which_they_were_added(client):
    products = [client.create(name=name) for name in "dacb"]
    cart = filled_cart(client, *((product, 1) for product in products))
    put(client, cart, products[1], 5)
    add(client, cart, products[0])
    assert [line["name"] for line in read(client, cart)["lines"]] == list("dacb")
    remove(client, cart, products[0])
    put(client, cart, products[0], 1)
    assert [line["name"] for line in read(client, cart)["lines"]] == list("acbd")


def test_put_sets_and_post_adds(client):
    cart, product = new_cart(client), client.create()
    assert expect(add(client, cart, product), 200).json["lines"][0]["quantity"] == 1
    assert expect(add(client, cart, product, quantity=4), 200).json["lines"][0]["quantity"] == 5
    assert expect(put(client, cart, product, 2), 200).json["lines"][0]["quantity"] == 2
    assert quantities(read(client, cart)) == {product["id"]: 2}


def test_delete_removes_a_line_once(client):
    product, other = client.create(), client.create()
    cart = filled_cart(client, (product, 1), (other, 2))
    expect(remove(client, cart, product), 204)
    expect(remove(client, cart, product), 404, "line-not-found")
    expect(remove(client, cart, {"id": "nothing"}), 404)
    after = read(client, cart)
    assert quantities(after) == {other["id"]: 2}
    assert after["version"] == cart["version"] + 1
    expect(remove(client, cart, other), 204)
    after = read(client, cart)
    assert after["lines"] == [] and "total" not in after and "currency" not in after


def test_a_product_that_is_not_there_is_404(client):
    cart = new_cart(client)
    for product in ({"id": given.SOME_ID}, {"id": "1"}):
        expect(put(client, cart, product, 1), 404, "product-not-found")
        expect(add(client, cart, product), 404, "product-not-found")
    assert read(client, cart) == cart


def test_names_prices_and_levels_are_the_current_ones(client):
    product = client.create(name="Old", price=10, on_hand=5)
    cart = filled_cart(client, (product, 2))
    client.put(f"/product/{product['id']}", {"name": "New", "price": 12.5})
    client.put(given.stock_path(product), {"on_hand": 0})
    line = line_of(read(client, cart), product)
    assert (line["name"], line["price"], line["total"]) == ("New", Decimal("12.5"), 25)
    assert (line["level"], line["price_was"]) == ("out", 10)
    client.put(f"/product/{product['id']}", {"price": 10})
    line = line_of(read(client, cart), product)
    assert line["price"] == 10 and "price_was" not in line


def test_the_stock_does_not_limit_a_cart(client):
    product = client.create(on_hand=0)
    assert line_of(filled_cart(client, (product, 5)), product)["level"] == "out"


def test_a_line_whose_product_is_gone_counts_nothing(client):
    gone, kept = client.create(price=7), client.create(price=3)
    cart = filled_cart(client, (gone, 2), (kept, 4))
    expect(client.delete(f"/product/{gone['id']}"), 204)
    after = read(client, cart)
    line = line_of(after, gone)
    assert line["unavailable"] is True and line["quantity"] == 2
    assert not {"price", "total", "level"} & set(line)
    assert (after["total"], after["currency"]) == (12, "EUR")
    expect(put(client, cart, gone, 3), 404, "product-not-found")
    expect(remove(client, cart, kept), 204)
    after = read(client, cart)
    assert "total" not in after and "currency" not in after
    expect(remove(client, cart, gone), 204)
    assert read(client, cart)["lines"] == []


def test_all_lines_are_in_one_currency(client):
    euro, dollar = client.create(), client.create(currency="USD")
    cart = filled_cart(client, (euro, 1))
    expect(put(client, cart, dollar, 1), 409, "currency-mismatch")
    expect(add(client, cart, dollar), 409, "currency-mismatch")
    assert read(client, cart) == cart
    remove(client, cart, euro)
    assert expect(put(client, cart, dollar, 1), 200).json["currency"] == "USD"
    expect(put(client, cart, euro, 1), 409, "currency-mismatch")


def test_a_quantity_has_a_limit(client):
    cart, product = new_cart(client), client.create(price=0.01)
    assert expect(put(client, cart, product, 9999), 200).json["total"] == Decimal("99.99")
    expect(add(client, cart, product), 409, "quantity-limit")
    expect(put(client, cart, product, 9000), 200)
    expect(add(client, cart, product, quantity=1000), 409, "quantity-limit")
    assert quantities(read(client, cart)) == {product["id"]: 9000}
    expect(add(client, cart, product, quantity=999), 200)


def test_totals_of_the_largest_prices_are_exact(client):
    product = client.create(price=99_999_999_999.99)
    cart = filled_cart(client, (product, 9999))
    assert line_of(cart, product)["total"] == Decimal("99999999999.99") * 9999
    assert cart["total"] == Decimal("99999999999.99") * 9999


@pytest.fixture(scope="module")
def ninety(shared):
    """91 products."""
    client = shared.running().client()
    products = [client.create(name=f"p{n}") for n in range(91)]
    client.close()
    return products


def test_a_cart_has_at_most_ninety_lines_also_when_many_are_added_at_once(shopd, ninety):
    clients = [shopd.client() for _ in range(4)]
    cart = filled_cart(clients[0], *((product, 1) for product in ninety[:88]))
    answers = given.at_once([lambda n=n: add(clients[n], cart, ninety[87 + n]) for n in range(4)])
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 409], answers
    assert {answer.code for answer in answers if answer.status == 409} == {"cart-full"}
    after = read(clients[0], cart)
    assert len(quantities(after)) == 90 and after["total"] == 91
    missing, = (p for p in ninety if p["id"] not in quantities(after))
    expect(put(clients[0], cart, missing, 1), 409, "cart-full")
    expect(put(clients[0], cart, ninety[0], 2), 200)
    expect(remove(clients[0], cart, ninety[0]), 204)
    expect(put(clients[0], cart, missing, 1), 200)


# versions


def test_if_none_match_gives_304_until_a_line_changes(client):
    product = client.create()
    cart = filled_cart(client, (product, 1))
    etag = client.get(path_of(cart)).etag
    answer = client.get(path_of(cart), If_None_Match=etag)
    assert (answer.status, answer.body, answer.etag) == (304, b"", etag)
    put(client, cart, product, 2)
    assert client.get(path_of(cart), If_None_Match=etag).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_if_match_guards_a_line(client, method):
    product = client.create()
    cart = filled_cart(client, (product, 1))
    etag = client.get(path_of(cart)).etag
    body = {"quantity": 2} if method == "PUT" else None
    for value in ('"99"', '"0"', '"x"'):
        answer = client.request(method, item_path(cart, product), body, {"If-Match": value})
        expect(answer, 412, "precondition-failed")
    assert read(client, cart) == cart
    answer = client.request(method, item_path(cart, product), body, {"If-Match": etag})
    assert answer.status in (200, 204), answer
    answer = client.request(method, item_path(cart, product), body, {"If-Match": etag})
    assert answer.status == (404 if method == "DELETE" else 200), answer
    expect(client.put(item_path(cart, product), {"quantity": 3}, If_Match=etag), 412)
    assert read(client, cart)["version"] == cart["version"] + 1


def test_if_match_guards_the_cart(client):
    cart = new_cart(client)
    expect(client.delete(path_of(cart), If_Match='"99"'), 412, "precondition-failed")
    expect(client.delete(path_of(cart), If_Match='"1"'), 204)


def test_head_is_get_without_the_body(client):
    cart = new_cart(client)
    got, head = client.get(path_of(cart)), client.head(path_of(cart))
    assert (head.status, head.body, head.etag) == (200, b"", got.etag)


# the end of a cart


def test_a_deleted_cart_is_gone(client):
    product, user = client.create(), new_user(client)
    for cart in (new_cart(client), new_cart(client, user)):
        expect(client.delete(path_of(cart)), 204)
        expect(client.get(path_of(cart)), 404, "cart-not-found")
        expect(put(client, cart, product, 1), 404, "cart-not-found")
        expect(client.delete(path_of(cart)), 404, "cart-not-found")
    expect(client.get(f"/user/{user['id']}/cart"), 404, "cart-not-found")
    assert new_cart(client, user)["lines"] == []


def test_each_change_puts_the_end_off(client, emulator):
    product = client.create()
    for cart, days in ((new_cart(client), 1), (new_cart(client, new_user(client)), 30)):
        soon = int(time.time()) + 100
        given.set_attributes(emulator, f"C#{cart['id']}", "#", ttl={"N": str(soon)})
        after = expect(put(client, cart, product, 1), 200).json
        assert days * DAY - 60 < seconds_left(after) < days * DAY + 60
        stored, = (item for item in given.query(emulator, f"C#{cart['id']}")
                   if item["sk"] == {"S": "#"})
        assert days * DAY - 60 < int(stored["ttl"]["N"]) - time.time() < days * DAY + 60


def test_an_expired_cart_is_gone_at_once(client, emulator):
    product, into = client.create(), new_cart(client)
    cart = filled_cart(client, (product, 1))
    given.expire(emulator, f"C#{cart['id']}")
    before = given.query(emulator, f"C#{cart['id']}")
    for answer in (client.get(path_of(cart)), put(client, cart, product, 2),
                   add(client, cart, product), remove(client, cart, product),
                   client.post(path_of(cart) + "/merge", {"into": into["id"]}),
                   client.post(path_of(into) + "/merge", {"into": cart["id"]}),
                   client.delete(path_of(cart))):
        expect(answer, 404, "cart-not-found")
    assert given.query(emulator, f"C#{cart['id']}") in (before, [])
    assert read(client, into) == into


def test_after_an_expired_cart_a_user_gets_a_new_one(client, emulator):
    user, product = new_user(client), client.create()
    cart = filled_cart(client, (product, 1), user=user)
    given.expire(emulator, f"C#{cart['id']}")
    expect(client.get(f"/user/{user['id']}/cart"), 404, "cart-not-found")
    fresh = expect(client.post("/cart", {"user_id": user["id"]}), 201).json
    assert (fresh["lines"], fresh["status"]) == ([], "open")
    assert client.get(f"/user/{user['id']}/cart").json == fresh
    assert expect(client.post("/cart", {"user_id": user["id"]}), 200).json == fresh


# side by side


def test_parallel_adds_of_different_lines_all_survive(pair, ninety):
    clients = [pair[n % 2].client() for n in range(32)]
    cart = new_cart(clients[0])
    answers = given.at_once([lambda n=n: put(clients[n], cart, ninety[n], n + 1)
                             for n in range(32)])
    assert {answer.status for answer in answers} == {200}
    after = read(clients[0], cart)
    assert quantities(after) == {ninety[n]["id"]: n + 1 for n in range(32)}
    assert after["version"] == 33


def test_parallel_adds_to_one_line_add_up(pair):
    clients = [pair[n % 2].client() for n in range(32)]
    cart, product = new_cart(clients[0]), clients[0].create()
    answers = given.at_once([lambda n=n: add(clients[n], cart, product, quantity=n + 1)
                             for n in range(32)])
    assert {answer.status for answer in answers} == {200}
    after = read(clients[0], cart)
    assert quantities(after) == {product["id"]: sum(range(1, 33))}


def test_parallel_adds_while_answers_are_lost_happen_once_each(start, proxy, table):
    daemons = [start(SHOPD_WORKERS=1) for _ in range(2)]
    clients = [daemons[n % 2].client() for n in range(16)]
    cart, product = new_cart(clients[0]), clients[0].create()
    given.lose_answers(proxy, 0.1, seed=3)

    def many(client):
        return [add(client, cart, product).status for _ in range(given.scaled(4))]

    statuses = sum(given.at_once([lambda c=c: many(c) for c in clients]), [])
    proxy.rules()
    assert set(statuses) <= {200, 503} and statuses.count(200) > len(statuses) / 2
    total = quantities(read(clients[0], cart))[product["id"]]
    assert statuses.count(200) <= total <= len(statuses)


def test_an_add_beside_a_removal_of_the_line_leaves_one_of_both(pair):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(8)):
        product = here.create()
        cart = filled_cart(here, (product, 5))
        added, removed = given.at_once([lambda: add(here, cart, product, quantity=2),
                                        lambda: remove(there, cart, product)])
        assert (added.status, removed.status) == (200, 204), (added, removed)
        assert quantities(read(here, cart)) in ({}, {product["id"]: 2})


def test_a_write_beside_the_removal_of_the_cart_does_not_bring_it_back(pair):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(8)):
        product, cart = here.create(), new_cart(here)
        added, removed = given.at_once([lambda: add(here, cart, product),
                                        lambda: there.delete(path_of(cart))])
        assert removed.status == 204 and added.status in (200, 404), (added, removed)
        expect(here.get(path_of(cart)), 404, "cart-not-found")


def test_a_product_that_goes_beside_an_add_is_in_the_cart_or_not(pair):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(8)):
        product, cart = here.create(), new_cart(here)
        added, removed = given.at_once([lambda: add(here, cart, product),
                                        lambda: there.delete(f"/product/{product['id']}")])
        assert removed.status == 204 and added.status in (200, 404), (added, removed)
        after = read(here, cart)
        assert quantities(after) == ({product["id"]: 1} if added.status == 200 else {})
        assert all(line["unavailable"] is True for line in after["lines"])


@pytest.mark.parametrize("fault", ["lost-after", "internal-after", "cut-after"])
def test_a_write_whose_answer_was_lost_is_done_once(start, proxy, table, fault):
    client = start().client()
    product = client.create(name=str(uuid.uuid4()))
    cart, into = new_cart(client), new_cart(client)

    def losing(act, status):
        proxy.rules(*({"fault": fault, "operation": name, "count": 1} for name in given.WRITES))
        answer = expect(act(), status)
        proxy.rules()
        return answer

    assert losing(lambda: client.post("/cart", {}), 201).json["version"] == 1
    losing(lambda: put(client, cart, product, 2), 200)
    losing(lambda: add(client, cart, product, quantity=3), 200)
    losing(lambda: client.post(path_of(cart) + "/merge", {"into": into["id"]}), 200)
    after = read(client, into)
    assert (quantities(after), after["version"]) == ({product["id"]: 5}, 2)
    losing(lambda: remove(client, into, product), 204)
    losing(lambda: client.delete(path_of(into)), 204)
    user = new_user(client)
    losing(lambda: client.post("/cart", {"user_id": user["id"]}), 201)
