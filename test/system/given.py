"""What the tests of stock, users, carts and keys begin with, and how they look into the table."""

import json
import os
import re
import threading
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor

import direct
import shop

SCALE = float(os.environ.get("SHOPD_TEST_SCALE", "1"))
"""What the counts of the longest tests are multiplied with; 10 is a long night's worth."""

SOME_ID = "00000000-0000-4000-8000-000000000000"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
SHARDS = 4
ADDRESS = {"name": "Ada L.", "line1": "1 Way", "city": "Berlin", "country": "DE"}


def scaled(count):
    return max(1, round(count * SCALE))


def at_once(actions):
    """Runs the actions at the same moment and returns their results."""
    barrier = threading.Barrier(len(actions))

    def run(action):
        barrier.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def without(record, *names):
    return {name: value for name, value in record.items() if name not in names}


def url(path, **parameters):
    query_text = urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)
    return f"{path}?{query_text}" if query_text else path


def version_of(answer):
    """The version in the ETag; what follows a dot tells representations apart."""
    return int(re.fullmatch(r'"(\d+)(\.[^"]*)?"', answer.etag)[1])


def expect(answer, status, code=None):
    """Fails unless the answer has this status, and as a problem this code; returns the answer."""
    assert answer.status == status, answer
    if code:
        assert answer.headers["Content-Type"] == "application/problem+json", answer
        assert (answer.code, answer.json["status"]) == (code, status), answer
    return answer


def walk(client, path, **parameters):
    """All entries of a list, by way of `next`."""
    entries = []
    for _ in range(500):
        answer = expect(client.get(url(path, **parameters)), 200)
        entries += answer.json["data"]
        assert bool(answer.headers["Link"]) == ("next" in answer.json)
        if "next" not in answer.json:
            return entries
        parameters["cursor"] = answer.json["next"]
    raise AssertionError(f"{path} has no end")


# entities


def fresh_email():
    return f"{uuid.uuid4()}@example.org"


def new_user(client, **fields):
    body = {"name": "Ada", "email": fresh_email(), **fields}
    return expect(client.post("/user", body), 201).json


def new_address(client, user, **fields):
    return expect(client.post(f"/user/{user['id']}/address", ADDRESS | fields), 201).json


def new_cart(client, user=None):
    body = {"user_id": user["id"]} if user else {}
    return expect(client.post("/cart", body), 201).json


def item_path(cart, product):
    return f"/cart/{cart['id']}/item/{product['id']}"


def stock_path(product):
    return f"/product/{product['id']}/stock"


def filled_cart(client, *lines, user=None):
    """A cart with these lines, each a (product, quantity)."""
    cart = new_cart(client, user)
    for product, quantity in lines:
        cart = expect(client.put(item_path(cart, product), {"quantity": quantity}), 200).json
    return cart


def quantities(cart):
    """A cart's lines as {product's id: quantity}; fails when a product has two lines."""
    found = {line["product_id"]: line["quantity"] for line in cart["lines"]}
    assert len(found) == len(cart["lines"]), cart
    return found


# the table, past shopd


def query(emulator, pk, table=shop.TABLE):
    """The raw items with this partition key, by sort key."""
    return emulator.client.items(
        "Query", TableName=table, KeyConditionExpression="pk = :p", ConsistentRead=True,
        ExpressionAttributeValues={":p": {"S": pk}})


def movements(emulator, product_id, table=shop.TABLE):
    """The raw movements, the oldest first."""
    return query(emulator, f"M#{product_id}", table)


def ledger_sum(emulator, product_id, table=shop.TABLE):
    return sum(int(item["delta"]["N"]) for item in movements(emulator, product_id, table))


def outbox(emulator, name, value, table=shop.TABLE):
    """The raw outbox items that have this attribute, the oldest first."""
    items = [item for shard in range(SHARDS) for item in emulator.client.items(
        "Query", TableName=table, KeyConditionExpression="pk = :p", FilterExpression="#n = :v",
        ConsistentRead=True, ExpressionAttributeNames={"#n": name},
        ExpressionAttributeValues={":p": {"S": f"OUT#{shard}"}, ":v": {"S": value}})]
    return sorted(items, key=lambda item: item["sk"]["S"])


def events(emulator, product_id, table=shop.TABLE):
    """The raw outbox items about a product, the oldest first."""
    return outbox(emulator, "product_id", product_id, table)


def event_types(emulator, product_id, table=shop.TABLE):
    return [item["type"]["S"] for item in events(emulator, product_id, table)]


def set_attributes(emulator, pk, sk, table=shop.TABLE, **values):
    """Overwrites attributes of one item that is there; values are DynamoDB's, {"N": "1"}."""
    emulator.client.update_item(
        TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}},
        ConditionExpression="attribute_exists(pk)",
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()})


def end_leases(emulator, table, is_dead=lambda holder: True):
    """As if nine seconds had passed, for the leases that dead processes hold."""
    for shard in range(SHARDS):
        name = f"LEASE#sweep-{shard}"
        for item in query(emulator, name, table):
            if is_dead(item["holder"]["S"]):
                end_lease(emulator, name, item["holder"], table)


def end_lease(emulator, name, holder, table):
    """Ends it unless it was taken by another since."""
    try:
        emulator.client.update_item(
            TableName=table, Key={"pk": {"S": name}, "sk": {"S": "#"}},
            ConditionExpression="holder = :holder", UpdateExpression="SET #u = :past",
            ExpressionAttributeNames={"#u": "until"},
            ExpressionAttributeValues={":holder": holder, ":past": {"N": "0"}})
    except direct.Refused as refused:
        assert refused.code == "ConditionalCheckFailedException", refused


def reserve(emulator, product, quantity, table=shop.TABLE):
    """Reserves as a checkout would, without one; a negative quantity gives back."""
    emulator.client.update_item(
        TableName=table, Key={"pk": {"S": f"P#{product['id']}"}, "sk": {"S": "STOCK"}},
        UpdateExpression="ADD reserved :q, available :m",
        ExpressionAttributeValues={":q": {"N": str(quantity)}, ":m": {"N": str(-quantity)}})


def expire(emulator, pk, sk="#", table=shop.TABLE):
    """Lets the item's time to live be over; DynamoDB would remove it days later."""
    set_attributes(emulator, pk, sk, table, ttl={"N": "1000000000"})


def snapshot(emulator, table=shop.TABLE):
    """Everything in the table by key, as comparable text, but the records of idempotency keys and
    the leases, which are renewed without anybody's asking."""
    return {(item["pk"]["S"], item["sk"]["S"]): json.dumps(item, sort_keys=True, default=repr)
            for item in emulator.all_items(table)
            if not item["pk"]["S"].startswith(("I#", "LEASE#"))}


def lose_answers(proxy, probability=None, seed=0):
    """Writes are done, but their answers lost: the first of each kind, or by chance."""
    chance = {"count": 1} if probability is None else {"probability": probability}
    proxy.rules(*({"fault": "lost-after", "operation": name, "seed": f"{seed}{name}", **chance}
                  for name in WRITES))


# checkouts and orders


def held(client, *lines, user=None, **fields):
    """A checkout of a new cart with these lines."""
    cart = filled_cart(client, *lines, user=user)
    body = {"cart_id": cart["id"], "address": ADDRESS, **fields}
    return expect(client.post("/checkout", body), 201).json


def placed(client, *lines, user=None, cash=False, **fields):
    """An order of a new cart with these lines; with `cash` it is confirmed at once."""
    checkout = held(client, *lines, user=user, **fields)
    body = {"checkout_id": checkout["id"], **({"cash_on_delivery": True} if cash else {})}
    return expect(client.post("/order", body), 201).json


def stock_of(client, product):
    """(available, reserved)"""
    stock = expect(client.get(stock_path(product)), 200).json
    return stock["available"], stock["reserved"]


def order_events(emulator, order, table=shop.TABLE):
    """The types of the outbox items about an order, the oldest first."""
    found = [item for shard in range(SHARDS) for item in query(emulator, f"OUT#{shard}", table)
             if item.get("order_id") == {"S": order["id"]}]
    return [item["type"]["S"] for item in sorted(found, key=lambda item: item["sk"]["S"])]
