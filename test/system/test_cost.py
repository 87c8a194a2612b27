"""What each request consumes is what docs/table.md says under "What it costs", row by row.

Each row of that table has an operation here, and each operation a row. An operation performs its
requests on a table of its own and returns one answer, or several where the table gives a range
("6 to 9"): then the cheapest and the dearest have to be among them. A row that says in words what
it costs is performed but not compared. To add a row, add an operation, run the test, and take over
the line that it prints.
"""

import re
import uuid
from decimal import Decimal

import pytest

import given
import lines
import purchase
import shop
import wire
from given import (
    ADDRESS, expect, filled_cart, fresh_email, item_path, new_address, new_cart, new_user,
    stock_path)

DOCUMENT = (shop.ROOT / "docs/table.md").read_text()
RANGE = re.compile(r"(\d+(?:\.\d+)?)(?: to (\d+(?:\.\d+)?))?")
OPERATIONS = {}


# the document


def rows():
    """The table as {label: (read units, write units)}. A label that begins with "…" continues the
    last one that does not, and bears its name: "read a product … consistently"."""
    section = re.search(r"\n## What it costs\n(.*?)(?=\n## |\Z)", DOCUMENT, re.S)[1]
    lines = [line.strip().split("|")[1:-1] for line in section.splitlines() if line[:1] == "|"]
    found, base = {}, ""
    for label, read, write in ([cell.strip() for cell in cells] for cells in lines[2:]):
        if label.startswith("…"):
            label = f"{base} {label}"
        else:
            base = label
        assert label not in found, f"two rows are called {label!r}"
        found[label] = (read, write)
    return found


def figure(text):
    """A cell as (least, most); None when it says so in words."""
    if text in ("", "–", "0"):
        return Decimal(0), Decimal(0)
    match = RANGE.fullmatch(text)
    return match and (Decimal(match[1]), Decimal(match[2] or match[1]))


ROWS = rows()


def operation(label):
    """Says which row a function performs."""
    def keep(function):
        assert label not in OPERATIONS, label
        OPERATIONS[label] = function
        return function

    return keep


def units(answer):
    return tuple(Decimal(answer.headers[f"X-Consumed-{kind}-Units"] or 0)
                 for kind in ("Read", "Write"))


class Place:
    """A daemon on a table with a small catalogue, and short ways to what operations need. Its
    entries in lists have some 350 bytes."""

    CATEGORY = "usual"

    def __init__(self, daemon, emulator):
        self.daemon = daemon
        self.emulator = emulator
        self.client = daemon.client()
        self.listed = [self.product(name=f"A usual name {n:03}", category=self.CATEGORY)
                       for n in range(60)]

    def product(self, **fields):
        """In stock, without a mark: changes of its stock cross no level by themselves."""
        body = {"name": "a thing", "price": 19.99, "on_hand": 100, "category": "things"} | fields
        return self.client.create(**{k: v for k, v in body.items() if v is not None})

    def cart(self, lines=1, **more):
        return filled_cart(self.client, *((product, 2) for product in self.listed[:lines]), **more)


@pytest.fixture(scope="module")
def place(folder, proxy, emulator, make_table):
    daemon = shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=make_table()).ready()
    place = Place(daemon, emulator)
    yield place
    place.client.close()
    assert daemon.end() == 0


def test_each_row_has_an_operation_and_each_operation_a_row(place):
    missing = [label for label in ROWS if label not in OPERATIONS]
    assert not missing, f"rows without an operation in this file: {missing}"
    lines = [line_of(label, measure(place, label)) for label in OPERATIONS if label not in ROWS]
    assert not lines, "rows that docs/table.md lacks:\n" + "\n".join(lines)


@pytest.mark.parametrize("label", ROWS)
def test_a_request_costs_what_the_document_says(place, label):
    assert label in OPERATIONS, "no operation in this file"
    measured = measure(place, label)
    for kind, text in enumerate(ROWS[label]):
        costs = [cost[kind] for cost in measured]
        if said := figure(text):
            assert (min(costs), max(costs)) == said, line_of(label, measured)


def measure(place, label):
    answers = OPERATIONS[label](place)
    return [units(answer) for answer in (answers if isinstance(answers, list) else [answers])]


def line_of(label, measured):
    """The row as it has to be in the document."""
    cells = [label]
    for kind in range(2):
        least, most = (pick(cost[kind] for cost in measured) for pick in (min, max))
        least, most = f"{least.normalize():f}", f"{most.normalize():f}"
        cells.append("" if most == "0" else least if least == most else f"{least} to {most}")
    return "| " + " | ".join(cells) + " |"


# products


@operation("read a product")
def _(place):
    return expect(place.client.get(f"/product/{place.listed[0]['id']}"), 200)


@operation("read a product … consistently")
def _(place):
    return expect(place.client.get(f"/product/{place.listed[0]['id']}?consistent=true"), 200)


def first_page(place, count=20, path="/product", **parameters):
    answer = expect(place.client.get(given.url(path, **parameters)), 200)
    assert len(answer.json["data"]) == count
    return answer


def usual_page(place, make_another, **page):
    """Ids are spread over the shards by chance; now and then so unevenly that a page takes a second
    round of reads. With some more of them it is another page."""
    for _ in range(100):
        answer = first_page(place, **page)
        if units(answer)[0] == 2:
            break
        make_another()
    return answer


@operation("list of 20 in a category")
def _(place):
    return first_page(place, category=place.CATEGORY)


@operation("list of 20 of everything (4 shards)")
def _(place):
    return usual_page(place, lambda: place.product(name="One more usual name"))


@operation("any other order")
def _(place):
    return first_page(place, sort="price")


@operation("create: 2 for each item, 1 for each index entry")
def _(place):
    body = {"name": "a thing", "price": 19.99}
    low = {"on_hand": 1, "low_stock_at": 2, "category": "things"}
    return [expect(place.client.post("/product", body | more), 201) for more in ({}, low)]


@operation("PUT, PATCH with a category")
def _(place):
    path = f"/product/{place.product()['id']}"
    return [expect(place.client.put(path, {"price": 5}), 200),
            expect(place.client.patch(path, {"price": 6}), 200)]


@operation("PUT, PATCH with a category … that moves it to another category or name")
def _(place):
    path = f"/product/{place.product()['id']}"
    return [expect(place.client.put(path, {"category": "other"}), 200),
            expect(place.client.patch(path, {"name": "another"}), 200)]


@operation("PUT, PATCH with a category … that changes nothing, or is refused")
def _(place):
    path = f"/product/{place.product()['id']}"
    return [expect(place.client.put(path, {"price": 19.99}), 200),
            expect(place.client.patch(path, {"price": 5}, If_Match='"9"'), 412)]


def imported(place, status, **fields):
    body = {"name": "a thing", "price": 19.99} | fields
    answer = expect(lines.send(place.client, lines.text([body])), 200)
    assert lines.statuses(answer) == [status]
    return answer


PLAIN, FULL = {}, {"on_hand": 1, "low_stock_at": 2, "category": "things"}
IMPORT = "import, for each product with an id: a new one"


@operation(IMPORT)
def _(place):
    return [imported(place, 201, id=str(uuid.uuid4()), **more) for more in (PLAIN, FULL)]


@operation(f"{IMPORT} … without an id")
def _(place):
    return [imported(place, 201, **more) for more in (PLAIN, FULL)]


@operation(f"{IMPORT} … one that is there, with a category")
def _(place):
    id = place.product()["id"]
    return imported(place, 200, id=id, category="things", currency="EUR", price=5)


@operation(f"{IMPORT} … … and is moved to another category or name")
def _(place):
    id = place.product()["id"]
    return [imported(place, 200, id=id, category="other"),
            imported(place, 200, id=id, category="other", name="another")]


@operation(f"{IMPORT} … the same as before")
def _(place):
    return imported(place, 200, id=place.product()["id"], category="things")


@operation("export, for each product")
def _(place):
    """Its head is sent before anything is known, so the daemon's own account is asked."""
    def consumed():
        return place.daemon.metric('shopd_aws_read_units_total{service="dynamodb"}')

    before = consumed()
    count = len(lines.export(place.client))
    each = (consumed() - before) / count
    assert 2 <= each < Decimal("2.2")
    return wire.Answer(200, {"X-Consumed-Read-Units": each, "X-Consumed-Write-Units": 0}, b"")


@operation("delete: likewise")
def _(place):
    products = [place.product(category=None), place.product(on_hand=None)]
    return [expect(place.client.delete(f"/product/{p['id']}"), 204) for p in products]


# stock


@operation("read a stock")
def _(place):
    return expect(place.client.get(stock_path(place.listed[0])), 200)


def move(place, product, delta, status=200, **headers):
    return expect(place.client.post(stock_path(product), {"delta": delta, "reason": "test"},
                                    **headers), status)


@operation("adjust it")
def _(place):
    product = place.product()
    return [move(place, product, 5), move(place, product, -5)]


@operation("adjust it … that changes the level")
def _(place):
    product, marked = place.product(), place.product(low_stock_at=50)
    return [move(place, product, -100), move(place, product, 100), move(place, marked, -60)]


@operation("adjust it … that is refused")
def _(place):
    return move(place, place.product(), -101, 409)


@operation("count it")
def _(place):
    return expect(place.client.put(stock_path(place.product()), {"on_hand": 50}), 200)


@operation("count it … only its mark")
def _(place):
    return expect(place.client.put(stock_path(place.product()), {"low_stock_at": 5}), 200)


@operation("20 movements")
def _(place):
    product = place.product()
    for _ in range(25):
        move(place, product, 1)
    return first_page(place, path=stock_path(product) + "/movement")


@operation("list of 20 in stock: 0.5 more for each product that is looked at")
def _(place):
    return first_page(place, category=place.CATEGORY, in_stock="true")


# users


def user_path(user, *more):
    return "/".join(["/user", user["id"], *more])


@operation("read a user, an address, preferences")
def _(place):
    user = new_user(place.client)
    address = new_address(place.client, user)
    expect(place.client.put(user_path(user, "notification"), {"channel": "topic"}), 200)
    return [expect(place.client.get(path), 200) for path in (
        user_path(user), user_path(user, "address", address["id"]), user_path(user, "notification"))]


@operation("read a user, an address, preferences … where there is no such address, no preferences")
def _(place):
    user = new_user(place.client)
    return [expect(place.client.get(user_path(user, "address", given.SOME_ID)), 404),
            expect(place.client.get(user_path(user, "notification")), 200)]


@operation("all addresses of a user")
def _(place):
    user = new_user(place.client)
    for _ in range(3):
        new_address(place.client, user)
    return expect(place.client.get(user_path(user, "address")), 200)


@operation("list of 20 users (4 shards)")
def _(place):
    for n in range(30):
        new_user(place.client, name=f"A user with a usual name {n}")
    return usual_page(place, lambda: new_user(place.client, name="One more with a usual name"),
                      path="/user")


@operation("create a user")
def _(place):
    return expect(place.client.post("/user", {"name": "Ada", "email": fresh_email()}), 201)


@operation("create a user … whose id is given")
def _(place):
    body = {"id": str(uuid.uuid4()), "name": "Ada", "email": fresh_email()}
    return expect(place.client.post("/user", body), 201)


@operation("find a user by e-mail address")
def _(place):
    return expect(place.client.get(f"/user?email={new_user(place.client)['email']}"), 200)


@operation("find a user by e-mail address … that nobody has")
def _(place):
    return expect(place.client.get(f"/user?email={fresh_email()}"), 200)


@operation("PUT, PATCH a user")
def _(place):
    path = user_path(new_user(place.client))
    return [expect(place.client.put(path, {"name": "Eve"}), 200),
            expect(place.client.patch(path, {"name": "Eva"}), 200)]


@operation("PUT, PATCH a user … with another e-mail address")
def _(place):
    return expect(place.client.put(user_path(new_user(place.client)), {"email": fresh_email()}), 200)


@operation("remove a user with n addresses")
def _(place):
    user = new_user(place.client)
    for _ in range(3):
        new_address(place.client, user)
    expect(place.client.put(user_path(user, "notification"), {"channel": "topic"}), 200)
    place.cart(3, user=user)
    return expect(place.client.delete(user_path(user)), 204)


@operation("remove a user who has a cancelled order of 3 lines and an answer that was kept")
def _(place):
    user = new_user(place.client)
    cart = place.cart(3, user=user)
    checkout = place.client.post("/checkout", {"cart_id": cart["id"], "address": ADDRESS}).json
    place.client.post("/order", {"checkout_id": checkout["id"]})
    expect(place.client.post(f"/order/{checkout['id']}/cancel", {}, Idempotency_Key="x"), 200)
    return expect(place.client.delete(user_path(user)), 204)


@operation("add, remove an address")
def _(place):
    path = user_path(new_user(place.client), "address")
    made = expect(place.client.post(path, ADDRESS), 201)
    return [made, expect(place.client.delete(made.headers["Location"]), 204)]


@operation("PUT an address")
def _(place):
    user = new_user(place.client)
    path = user_path(user, "address", new_address(place.client, user)["id"])
    return expect(place.client.put(path, {"city": "Ulm"}), 200)


def subscription(place):
    product = place.product(on_hand=0)
    return f"/product/{product['id']}/subscription?user_id={new_user(place.client)['id']}"


@operation("subscribe")
def _(place):
    return expect(place.client.put(subscription(place)), 200)


@operation("subscribe … again")
def _(place):
    path = subscription(place)
    expect(place.client.put(path), 200)
    return expect(place.client.put(path), 200)


@operation("unsubscribe")
def _(place):
    path = subscription(place)
    expect(place.client.put(path), 200)
    return expect(place.client.delete(path), 204)


@operation("PUT preferences")
def _(place):
    path = user_path(new_user(place.client), "notification")
    return [expect(place.client.put(path, {"channel": channel}), 200)
            for channel in ("topic", "none")]


# carts


@operation("make a guest's cart")
def _(place):
    return expect(place.client.post("/cart", {}), 201)


@operation("make a user's cart")
def _(place):
    return expect(place.client.post("/cart", {"user_id": new_user(place.client)["id"]}), 201)


@operation("make a user's cart … that is there already")
def _(place):
    user = new_user(place.client)
    new_cart(place.client, user)
    return expect(place.client.post("/cart", {"user_id": user["id"]}), 200)


@operation("read a cart of 3 lines")
def _(place):
    return expect(place.client.get(f"/cart/{place.cart(3)['id']}"), 200)


@operation("read a user's cart of 3 lines")
def _(place):
    user = new_user(place.client)
    place.cart(3, user=user)
    return expect(place.client.get(user_path(user, "cart")), 200)


def set_line(place, cart):
    return expect(place.client.put(item_path(cart, place.listed[0]), {"quantity": 5}), 200)


def add_to_line(place, cart, number=0, **headers):
    return expect(place.client.post(item_path(cart, place.listed[number]), {}, **headers), 200)


@operation("set a line of a guest's cart of 3")
def _(place):
    return set_line(place, place.cart(3))


@operation("set a line of a user's cart of 3")
def _(place):
    return set_line(place, place.cart(3, user=new_user(place.client)))


@operation("add to a line of a guest's cart of 3")
def _(place):
    return add_to_line(place, place.cart(3))


@operation("add to a line of a user's cart of 3")
def _(place):
    return add_to_line(place, place.cart(3, user=new_user(place.client)))


@operation("add the third line to a guest's cart")
def _(place):
    return add_to_line(place, place.cart(2), 2)


@operation("remove a line")
def _(place):
    return expect(place.client.delete(item_path(place.cart(3), place.listed[0])), 204)


@operation("merge a cart of 3 lines into another")
def _(place):
    cart, into = place.cart(3), new_cart(place.client)
    return expect(place.client.post(f"/cart/{cart['id']}/merge", {"into": into["id"]}), 200)


@operation("delete a cart")
def _(place):
    return expect(place.client.delete(f"/cart/{place.cart(1)['id']}"), 204)


# with a key


def keyed(act):
    """The first answer, and what is sent again."""
    key = f"cost-{uuid.uuid4()}"
    return act(key), act(key)


@operation("adjust a stock, with an Idempotency-Key")
def _(place):
    product = place.product()
    return keyed(lambda key: move(place, product, 5, Idempotency_Key=key))[0]


@operation("adjust a stock, with an Idempotency-Key … sent again")
def _(place):
    product = place.product()
    return keyed(lambda key: move(place, product, 5, Idempotency_Key=key))[1]


@operation("add to a line of a guest's cart of 3, with an Idempotency-Key")
def _(place):
    cart = place.cart(3)
    return keyed(lambda key: add_to_line(place, cart, Idempotency_Key=key))[0]


@operation("PATCH of a product with a category, with an Idempotency-Key")
def _(place):
    path = f"/product/{place.product()['id']}"
    return keyed(lambda key: expect(
        place.client.patch(path, {"price": 5}, Idempotency_Key=key), 200))[0]


@operation("PATCH a user, with an Idempotency-Key")
def _(place):
    path = user_path(new_user(place.client))
    return keyed(lambda key: expect(
        place.client.patch(path, {"name": "Eve"}, Idempotency_Key=key), 200))[0]


@operation("PATCH a user, with an Idempotency-Key … that changes nothing")
def _(place):
    path = user_path(new_user(place.client))
    return keyed(lambda key: expect(
        place.client.patch(path, {"name": "Ada"}, Idempotency_Key=key), 200))[0]


@operation("a 409 that is kept for its Idempotency-Key")
def _(place):
    product = place.product()
    return keyed(lambda key: move(place, product, -101, 409, Idempotency_Key=key))[0]


# checkouts and orders


def checkout_of(place, lines=3):
    return place.client.post(
        "/checkout", {"cart_id": place.cart(lines)["id"], "address": ADDRESS})


def order_of(place, **fields):
    checkout = expect(checkout_of(place), 201).json
    return checkout, place.client.post("/order", {"checkout_id": checkout["id"], **fields})


@operation("check out a guest's cart of 3 lines")
def _(place):
    return expect(checkout_of(place), 201)


@operation("check out a user's cart of 3 lines")
def _(place):
    cart = place.cart(3, user=new_user(place.client))
    return expect(place.client.post("/checkout", {"cart_id": cart["id"], "address": ADDRESS}), 201)


@operation("check out a guest's cart of 3 lines … that is refused")
def _(place):
    cart = filled_cart(place.client, *((place.product(on_hand=n), 2) for n in (1, 2, 3)))
    return expect(place.client.post("/checkout", {"cart_id": cart["id"], "address": ADDRESS}), 409)


@operation("read a checkout")
def _(place):
    return expect(place.client.get(checkout_of(place).headers["Location"]), 200)


@operation("PATCH a checkout")
def _(place):
    path = checkout_of(place).headers["Location"]
    return [expect(place.client.patch(path, {"email": "a@example.org"}), 200),
            expect(place.client.patch(path, {"extend": True}), 200)]


@operation("release a checkout of 3 lines")
def _(place):
    return expect(place.client.delete(checkout_of(place).headers["Location"]), 204)


@operation("order a checkout of 3 lines")
def _(place):
    return expect(order_of(place)[1], 201)


@operation("order a checkout of 3 lines … with cash on delivery")
def _(place):
    return expect(order_of(place, cash_on_delivery=True)[1], 201)


@operation("order a checkout of 3 lines … that is ordered already")
def _(place):
    checkout, _ = order_of(place)
    return expect(place.client.post("/order", {"checkout_id": checkout["id"]}), 200)


@operation("read an order of 3 lines")
def _(place):
    return expect(place.client.get(order_of(place)[1].headers["Location"]), 200)


@operation("PATCH an order's note")
def _(place):
    return expect(place.client.patch(order_of(place)[1].headers["Location"], {"note": "x"}), 200)


@operation("PATCH an order's note … once it is confirmed")
def _(place):
    made = order_of(place, cash_on_delivery=True)[1]
    return expect(place.client.patch(made.headers["Location"], {"note": "x"}), 200)


@operation("list of 20 orders of a user")
def _(place):
    user = new_user(place.client)
    for _ in range(21):
        cart = place.cart(1, user=user)
        checkout = place.client.post("/checkout", {"cart_id": cart["id"], "address": ADDRESS})
        place.client.post("/order", {"checkout_id": checkout.json["id"]})
    return expect(place.client.get(f"/user/{user['id']}/order"), 200)


@operation("list of 20 orders of every status (4 shards)")
def _(place):
    answer = expect(place.client.get("/order"), 200)
    assert 10 <= units(answer)[0] <= 20, answer
    return answer


# payments and deliveries


def bought(place, *steps, **fields):
    """An order of 3 lines of two pieces each, after these steps."""
    order = expect(order_of(place, **fields)[1], 201).json
    for step in steps:
        assert step(place.client, order).status < 300
    return order


def one_of_each(order):
    return [({"id": line["product_id"]}, 1) for line in order["lines"]]


def delivery(place, *steps, lines=one_of_each, **fields):
    """A delivery of an order that is paid on delivery, after these steps."""
    order = bought(place, cash_on_delivery=True)
    made = expect(purchase.deliver(place.client, order, *lines(order), **fields), 201).json
    for step in steps:
        assert step(place.client, made).status < 300
    return made


def change(place, **fields):
    path = f"/delivery/{delivery(place, status='pending')['id']}"
    return expect(place.client.patch(path, fields), 200)


def tell(status, seconds, event_id=None):
    return lambda client, made: purchase.tell(client, made, status, seconds - 60, event_id)


@operation("record a payment that confirms an order, or a refund")
def _(place):
    order = bought(place)
    return [expect(purchase.pay(place.client, order, status), 200)
            for status in ("paid", "refunded")]


@operation("record a payment that confirms an order, or a refund … that was recorded before, "
           "or is refused")
def _(place):
    order = bought(place)
    answers = [purchase.pay(place.client, order, reference="once") for _ in range(2)]
    return [expect(answers[1], 200), expect(purchase.pay(place.client, order, "authorized"), 409)]


@operation("cancel an order of 3 lines")
def _(place):
    return expect(purchase.cancel(place.client, bought(place)), 200)


@operation("cancel an order of 3 lines … with an Idempotency-Key")
def _(place):
    path = f"/order/{bought(place)['id']}/cancel"
    return expect(place.client.post(path, {}, Idempotency_Key="key"), 200)


@operation("cancel an order of 3 lines … with a delivery that is pending")
def _(place):
    made = delivery(place, status="pending")
    return expect(place.client.post(f"/order/{made['order_id']}/cancel", {}), 200)


@operation("return 3 lines")
def _(place):
    order = bought(place, purchase.deliver, cash_on_delivery=True)
    return expect(purchase.give_back(place.client, order, *one_of_each(order)), 200)


@operation("read a delivery")
def _(place):
    return expect(place.client.get(f"/delivery/{delivery(place)['id']}"), 200)


def numbered(place, made):
    return expect(place.client.get(given.url(
        "/delivery", carrier=made["carrier"], tracking_number=made["tracking_number"])), 200)


@operation("find a delivery by its tracking number")
def _(place):
    return numbered(place, delivery(place))


@operation("find a delivery by its tracking number … that no delivery has")
def _(place):
    return numbered(place, {"carrier": "post", "tracking_number": uuid.uuid4()})


@operation("read all deliveries of an order")
def _(place):
    return expect(place.client.get(f"/order/{delivery(place)['order_id']}/delivery"), 200)


@operation("ship 3 lines")
def _(place):
    return expect(purchase.deliver(place.client, bought(place, cash_on_delivery=True)), 201)


@operation("plan a delivery for later")
def _(place):
    order = bought(place, cash_on_delivery=True)
    return expect(purchase.deliver(place.client, order, status="pending"), 201)


@operation("plan a delivery for later … correct its carrier or number")
def _(place):
    return change(place, tracking_number=f"T{uuid.uuid4()}")


@operation("plan a delivery for later … cancel it")
def _(place):
    return change(place, status="cancelled")


@operation("plan a delivery for later … ship it, with 3 lines")
def _(place):
    return change(place, status="shipped")


@operation("a carrier's event")
def _(place):
    return tell("in_transit", 1)(place.client, delivery(place))


@operation("a carrier's event … that is told")
def _(place):
    return tell("out_for_delivery", 1)(place.client, delivery(place))


@operation("a carrier's event … that delivers, and completes the order")
def _(place):
    whole = delivery(place, lines=lambda order: [])
    return [tell("delivered", 1)(place.client, made) for made in (delivery(place), whole)]


@operation("a carrier's event … that is late")
def _(place):
    made = delivery(place, tell("in_transit", 1))
    return tell("pre_transit", 0)(place.client, made)


@operation("a carrier's event … that was seen")
def _(place):
    made = delivery(place, tell("in_transit", 1, "seen"))
    return tell("in_transit", 1, "seen")(place.client, made)


# events, on the operators' listener


def dead_letter(place):
    event_id = f"0193658c-1a2b-7c3d-8e4f-{uuid.uuid4().hex[:12]}"
    place.emulator.client.put_item(TableName=place.daemon.table, Item={
        "pk": {"S": "DLQ"}, "sk": {"S": event_id}, "shard": {"N": "0"}, "data": {"S": "d" * 200},
        "type": {"S": "stock.low"}, "subject": {"S": f"product/{event_id}"},
        "time": {"S": "2024-11-26T09:15:00.123Z"}, "attempts": {"N": "12"}})
    return f"/event/{event_id}/retry"


@operation("list 20 dead letters")
def _(place):
    for _ in range(21):
        dead_letter(place)
    return expect(place.daemon.admin().get("/event"), 200)


@operation("list 20 events that wait")
def _(place):
    for _ in range(20):
        expect(place.daemon.admin().post(dead_letter(place), None), 202)
    return expect(place.daemon.admin().get("/event?state=waiting"), 200)


@operation("retry an event")
def _(place):
    return expect(place.daemon.admin().post(dead_letter(place), None), 202)


@operation("retry an event … that was retried")
def _(place):
    path, admin = dead_letter(place), place.daemon.admin()
    expect(admin.post(path, None), 202)
    return expect(admin.post(path, None), 202)
