"""The requests that take an Idempotency-Key: one kind for each route, and how often it was done."""

import time
import uuid

import given
import purchase
from given import ADDRESS, expect, filled_cart, fresh_email, item_path, new_cart, new_user

REPLAYED = "Idempotent-Replayed"


class Case:
    """One request with all that it needs made beforehand, and a body that it must not be
    mistaken for. `effects(items)` counts in the table's items how often it had its effect."""

    def __init__(self, path, body, other, method="POST"):
        self.method = method
        self.path = path
        self.body = body
        self.other = other
        self.key = f"key-{uuid.uuid4()}"
        self.created = False
        self.effects = None

    def send(self, client, body=None, key=None, path=None, **headers):
        headers = {"Idempotency-Key": key or self.key} | {
            name.replace("_", "-"): value for name, value in headers.items()}
        body = self.body if body is None else body
        return client.request(self.method, path or self.path, body, headers)


def make_product(_client):
    name = str(uuid.uuid4())
    body = {"name": name, "price": 1, "on_hand": 2}
    case = Case("/product", body, body | {"price": 2})
    case.effects = lambda items: count(items, "P#", "#", name={"S": name})
    return case


def change_product(client):
    product = client.create(n=0)
    case = Case(f"/product/{product['id']}", {"n": 1}, {"n": 2}, "PATCH")
    case.effects = lambda items: versions(items, f"P#{product['id']}", "#")
    return case


def move_stock(client):
    product = client.create(on_hand=5)
    body = {"delta": -3, "reason": "test", "reference": "once"}
    case = Case(given.stock_path(product), body, body | {"delta": -2})
    case.effects = lambda items: count(items, f"M#{product['id']}", reference={"S": "once"})
    return case


def make_user(_client):
    body = {"name": str(uuid.uuid4()), "email": fresh_email()}
    case = Case("/user", body, body | {"email": fresh_email()})
    case.effects = lambda items: count(items, "U#", "#", name={"S": body["name"]})
    return case


def change_user(client):
    user = new_user(client)
    case = Case(f"/user/{user['id']}", {"name": "Eve"}, {"name": "Eva"}, "PATCH")
    case.effects = lambda items: versions(items, f"U#{user['id']}", "#")
    return case


def make_address(client):
    user = new_user(client)
    case = Case(f"/user/{user['id']}/address", ADDRESS, ADDRESS | {"city": "Bonn"})
    case.effects = lambda items: len([item for item in items
                                      if item["pk"]["S"] == f"U#{user['id']}"
                                      and item["sk"]["S"].startswith("A#")])
    return case


def make_cart(client):
    user = new_user(client)
    case = Case("/cart", {"user_id": user["id"]}, {})
    case.effects = lambda items: count(items, "C#", "#", user_id={"S": user["id"]})
    return case


def make_guests_cart(client):
    """Guests' carts bear no mark: whoever asks for them in numbers has to count them himself."""
    return Case("/cart", {}, {"user_id": new_user(client)["id"]})


def add_to_cart(client):
    cart, product = new_cart(client), client.create()
    case = Case(item_path(cart, product), {"quantity": 3}, {"quantity": 4})
    case.effects = lambda items: versions(items, f"C#{cart['id']}", "#")
    return case


def merge_carts(client):
    product = client.create()
    cart, into, other = filled_cart(client, (product, 2)), new_cart(client), new_cart(client)
    case = Case(f"/cart/{cart['id']}/merge", {"into": into["id"]}, {"into": other["id"]})
    case.effects = lambda items: versions(items, f"C#{into['id']}", "#")
    return case


def line(client):
    return client.create(on_hand=5), 2


def hold(client):
    cart = filled_cart(client, line(client), user=new_user(client))
    body = {"cart_id": cart["id"], "address": ADDRESS}
    case = Case("/checkout", body, body | {"email": "x@example.org"})
    case.effects = lambda items: count(items, "K#", "#", cart_id={"S": cart["id"]})
    return case


def change_checkout(client):
    held = purchase.held(client, line(client), user=new_user(client))
    case = Case(f"/checkout/{held['id']}", {"extend": True}, {"email": "x@example.org"}, "PATCH")
    case.effects = lambda items: versions(items, f"K#{held['id']}", "#")
    return case


def make_order(client):
    held = purchase.held(client, line(client), user=new_user(client))
    body = {"checkout_id": held["id"]}
    case = Case("/order", body, body | {"cash_on_delivery": True})
    case.effects = lambda items: count(items, f"O#{held['id']}", "#")
    return case


def order_case(bought, path, body, other, method="POST"):
    """A request that changes an order."""
    case = Case(f"/order/{bought['id']}{path}", body, other, method)
    case.effects = lambda items: versions(items, f"O#{bought['id']}", "#") + 1 - bought["version"]
    return case


def of_a_user(reach, client):
    return reach(client, line(client), user=new_user(client))


def one_of(bought, quantity=1):
    return {"lines": [{"product_id": bought["lines"][0]["product_id"], "quantity": quantity}]}


def sent(client, *lines, user=None):
    """An order that has its only delivery under way."""
    bought = purchase.paid(client, *lines, user=user)
    expect(purchase.deliver(client, bought), 201)
    return purchase.get_order(client, bought)


def note_order(client):
    bought = of_a_user(purchase.placed, client)
    return order_case(bought, "", {"note": "x"}, {"note": "y"}, "PATCH")


def cancel_order(client):
    return order_case(of_a_user(purchase.paid, client), "/cancel", {}, {"reason": "x"})


def return_lines(client):
    bought = of_a_user(sent, client)
    return order_case(bought, "/return", one_of(bought), one_of(bought, 2))


def make_delivery(client):
    bought = of_a_user(purchase.paid, client)
    body = {"carrier": "post", "tracking_number": f"{bought['id']}-1", **one_of(bought)}
    return order_case(bought, "/delivery", body, body | one_of(bought, 2))


def delivery_case(client, path, body, other, method="POST"):
    """A request that changes a delivery."""
    bought = of_a_user(sent, client)
    case = Case(f"/delivery/{bought['deliveries'][0]['id']}{path}", body, other, method)
    case.effects = lambda items: delivery_versions(items, bought)
    return case


def delivery_versions(items, bought):
    sk, = (item["sk"]["S"] for item in items if item["pk"]["S"] == f"O#{bought['id']}"
           and item["sk"]["S"].startswith("D#"))
    return versions(items, f"O#{bought['id']}", sk)


def change_delivery(client):
    return delivery_case(client, "", {"carrier": "x"}, {"carrier": "y"}, "PATCH")


def report_delivery(client):
    body = {"event_id": f"event-{uuid.uuid4()}", "tracking_status": "in_transit",
            "time": purchase.now()}
    return delivery_case(client, "/event", body, body | {"tracking_status": "failure"})


KINDS = [make_product, change_product, move_stock, make_user, change_user, make_address, make_cart,
         make_guests_cart, add_to_cart, merge_carts, hold, change_checkout, make_order, note_order,
         cancel_order, return_lines, make_delivery, change_delivery, report_delivery]


def count(items, pk, sk=None, **values):
    """How many items there are whose pk begins so, with this sk and these values."""
    return len([item for item in items if item["pk"]["S"].startswith(pk)
                and sk in (None, item["sk"]["S"])
                and all(item.get(name) == value for name, value in values.items())])


def versions(items, pk, sk):
    """How often an item that was made with version 1 has been changed."""
    item, = (item for item in items if (item["pk"]["S"], item["sk"]["S"]) == (pk, sk))
    return int(item["version"]["N"]) - 1


def essence(answer):
    """What two answers to one request have in common, byte for byte."""
    headers = [answer.headers[name] for name in ("Location", "ETag", "Content-Type")]
    return (answer.status, *headers, answer.body)


def records(emulator, table):
    """The raw records of idempotency keys."""
    return [item for item in emulator.all_items(table) if item["pk"]["S"].startswith("I#")]


def expire_all(emulator, table):
    """Lets the time to live of all records be over."""
    for item in records(emulator, table):
        if int(item["ttl"]["N"]) > time.time():
            given.expire(emulator, item["pk"]["S"], item["sk"]["S"], table)


def done(answer):
    """Fails unless the request had its effect; returns the answer."""
    return expect(answer, answer.status if answer.status in (200, 201) else 200)
