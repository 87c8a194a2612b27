"""Orders that were placed past shopd, in whatever state a test needs, and a look at all of one."""

import datetime
import json
import time
import uuid
from decimal import Decimal

import shop
from given import ADDRESS, SHARDS, query, reserve


def now():
    """As shopd writes times: what is much older than this, and not paid, expires."""
    text = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def ordered_id():
    """A UUID of version 7, as shopd makes them."""
    text = f"{time.time_ns() // 1000000:012x}7{uuid.uuid4().hex[13:16]}{uuid.uuid4().hex[16:]}"
    return str(uuid.UUID(text))


def attribute(value):
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (int, float, Decimal)):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [attribute(element) for element in value]}
    if isinstance(value, dict):
        return {"M": {name: attribute(element) for name, element in value.items()}}
    return {"S": value}


def put(emulator, pk, sk, table=shop.TABLE, **values):
    item = {"pk": pk, "sk": sk} | values
    emulator.client.put_item(
        TableName=table, Item={name: attribute(value) for name, value in item.items()})


def place(emulator, *lines, table=shop.TABLE, shipped=(), **head):
    """An order of these (product, quantity), whose stock is reserved; shipped: how many of each
    went out already. Returns its id."""
    order_id = ordered_id()
    total = sum(product["price"] * quantity for product, quantity in lines)
    fulfillment = "unfulfilled"
    if any(shipped):
        fulfillment = "shipped" if list(shipped) == [n for _, n in lines] else "partial"
    values = {"status": "placed", "payment_status": "none", "fulfillment_status": fulfillment,
              "total": total, "currency": "EUR", "paid": 0, "refunded": 0,
              "line_count": len(lines), "version": 1, "created_at": now(),
              "updated_at": now()} | head
    values |= {"g2p": f"OS#{values['status']}#0", "g2s": f"{values['updated_at']}#{order_id}"}
    put(emulator, f"O#{order_id}", "#", table, **values)
    put(emulator, f"O#{order_id}", "SNAP", table, address=ADDRESS, lines=[
        {"product_id": product["id"], "name": product["name"], "price": product["price"],
         "quantity": quantity} for product, quantity in lines])
    put(emulator, f"O#{order_id}", f"H#{ordered_id()}", table, time=now(), what="placed",
        to="placed", by="system")
    for product, quantity in lines:
        reserve(emulator, product, quantity, table)
    for (product, _), quantity in zip(lines, shipped):
        take_out(emulator, product, quantity, table)
    if any(shipped):
        deliver(emulator, order_id, 1, "shipped",
                [(product, n) for (product, _), n in zip(lines, shipped) if n], table)
    return order_id


def take_out(emulator, product, quantity, table=shop.TABLE):
    """Of what is reserved, as a shipment does."""
    emulator.client.update_item(
        TableName=table, Key={"pk": {"S": f"P#{product['id']}"}, "sk": {"S": "STOCK"}},
        UpdateExpression="ADD reserved :m, version :one",
        ExpressionAttributeValues={":m": {"N": str(-quantity)}, ":one": {"N": "1"}})
    put(emulator, f"M#{product['id']}", ordered_id(), table, delta=-quantity, reason="shipped",
        time=now(), by="staff")


def deliver(emulator, order_id, number, status, parts, table=shop.TABLE):
    delivery_id = ordered_id()
    put(emulator, f"D#{delivery_id}", "#", table, order_id=order_id)
    put(emulator, f"O#{order_id}", f"D#{number:04}", table, delivery_id=delivery_id,
        number=number, status=status, carrier="dhl", tracking_number=str(uuid.uuid4()), version=1,
        lines=[{"product_id": product["id"], "quantity": n} for product, n in parts],
        created_at=now(), updated_at=now())


class Look:
    """All of an order as it is in the table."""

    def __init__(self, emulator, order_id, table=shop.TABLE):
        self.items = {item["sk"]["S"]: item for item in query(emulator, f"O#{order_id}", table)}
        self.head = self.items["#"]
        self.version = int(self.head["version"]["N"])
        self.states = tuple(self.head[name]["S"] for name in
                            ("status", "payment_status", "fulfillment_status"))
        self.money = tuple(float(self.head[name]["N"]) for name in ("paid", "refunded"))
        found = [item for shard in range(SHARDS)
                 for item in query(emulator, f"OUT#{shard}", table)
                 if item.get("order_id") == {"S": order_id}]
        self.events = sorted(found, key=lambda item: json.loads(item["data"]["S"])["version"])
        self.types = [item["type"]["S"] for item in self.events]

    def of(self, prefix):
        return [item for sk, item in self.items.items() if sk.startswith(prefix)]

    def history(self):
        """What happened after it was placed."""
        return [item["what"]["S"] for item in self.of("H#")][1:]

    def payments(self):
        return {item["reference"]["S"]: (item["status"]["S"], float(item["amount"]["N"]))
                for item in self.of("PAY#")}


def stock_of(emulator, product, table=shop.TABLE):
    """(available, reserved), which must be what the ledger says is on hand."""
    stock = emulator.items(product["id"], table)["STOCK"]
    available, reserved = (int(stock[name]["N"]) for name in ("available", "reserved"))
    ledger = query(emulator, f"M#{product['id']}", table)
    assert sum(int(item["delta"]["N"]) for item in ledger) == available + reserved
    return available, reserved
