"""The requests that take an Idempotency-Key: one kind for each route, and how often it was done."""

import time
import uuid

import given
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


def cancel_order(client):
    order = given.placed(client, (client.create(on_hand=2), 1))
    case = Case(f"/order/{order['id']}/cancel", {}, {"reason": "another"})
    case.effects = lambda items: versions(items, f"O#{order['id']}", "#")
    return case


KINDS = [make_product, change_product, move_stock, make_user, change_user, make_address, make_cart,
         make_guests_cart, add_to_cart, merge_carts, cancel_order]


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
