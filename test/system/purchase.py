"""Purchases step by step: what the tests of checkouts, orders, payments and deliveries begin with."""

import datetime
import itertools
import json
import uuid

import given
import shop
from given import ADDRESS, expect, filled_cart

UNKNOWN_IDS = (given.SOME_ID, "1", "nothing", "%C3%A9")
numbers = itertools.count(1)


def now(seconds=0):
    """A moment as the API writes it."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def seconds_until(text):
    """How far ahead of now a moment of the API is."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def seconds_between(one, other):
    return seconds_until(other) - seconds_until(one)


# steps: those that are named by verbs return the answer, the others what has been reached


def check_out(client, cart, **fields):
    return client.post("/checkout", {"cart_id": cart["id"], "address": ADDRESS, **fields})


def order(client, checkout, **fields):
    return client.post("/order", {"checkout_id": checkout["id"], **fields})


def pay(client, bought, status="paid", amount=None, reference=None):
    body = {"reference": reference or f"pay-{uuid.uuid4()}", "status": status,
            "amount": bought["total"] if amount is None else amount}
    return client.put(f"/order/{bought['id']}/payment", exact(body))


def cancel(client, bought, **body):
    return client.post(f"/order/{bought['id']}/cancel", body)


def deliver(client, bought, *lines, **fields):
    """Without lines: all that is not shipped yet. Each line is a (product, quantity)."""
    body = {"carrier": "post", "tracking_number": f"T{next(numbers)}-{uuid.uuid4()}", **fields}
    if lines:
        body["lines"] = as_lines(lines)
    return client.post(f"/order/{bought['id']}/delivery", body)


def give_back(client, bought, *lines, **fields):
    body = {"lines": as_lines(lines), **fields}
    return client.post(f"/order/{bought['id']}/return", body)


def tell(client, delivery, tracking_status, seconds=0, event_id=None, **fields):
    """What the carrier reports."""
    body = {"event_id": event_id or f"event-{uuid.uuid4()}", "tracking_status": tracking_status,
            "time": now(seconds), **fields}
    return client.post(f"/delivery/{delivery['id']}/event", body)


def as_lines(lines):
    return [{"product_id": product["id"], "quantity": quantity} for product, quantity in lines]


def exact(body):
    """JSON in which Decimals are numbers, digit by digit."""
    marks = {}

    def mark(value):
        marks[f'"<{len(marks)}>"'] = str(value)
        return f"<{len(marks) - 1}>"

    text = json.dumps(body, default=mark)
    for name, digits in marks.items():
        text = text.replace(name, digits)
    return text


def held(client, *lines, user=None, **fields):
    return expect(check_out(client, filled_cart(client, *lines, user=user), **fields), 201).json


def placed(client, *lines, user=None, **fields):
    return expect(order(client, held(client, *lines, user=user), **fields), 201).json


def paid(client, *lines, user=None):
    return expect(pay(client, placed(client, *lines, user=user)), 200).json


def shipped(client, *lines):
    """An order that is paid, and its only delivery."""
    bought = paid(client, *lines)
    return bought, expect(deliver(client, bought), 201).json


def get_order(client, bought, **parameters):
    return expect(client.get(given.url(f"/order/{bought['id']}", **parameters)), 200).json


def get_checkout(client, checkout):
    return expect(client.get(f"/checkout/{checkout['id']}"), 200).json


def get_delivery(client, delivery):
    return expect(client.get(f"/delivery/{delivery['id']}"), 200).json


def statuses(bought):
    return bought["status"], bought["payment_status"], bought["fulfillment_status"]


def stock(client, product):
    """(available, reserved)"""
    found = expect(client.get(given.stock_path(product)), 200).json
    assert found["on_hand"] == found["available"] + found["reserved"]
    return found["available"], found["reserved"]


# the outbox, past shopd


def events_of(emulator, bought, table=shop.TABLE):
    """The types of the events about an order and its deliveries, the oldest first."""
    return [item["type"]["S"] for item in given.outbox(emulator, "order_id", bought["id"], table)]
