"""Removing a person: nothing of them is left anywhere in the table, whatever was killed when."""

import contextlib
import http.client
import json
import threading
import uuid

import given
import purchase
import pytest
import shop
from given import expect

class Person:
    """Somebody of whom every field of every route has been told, each with the mark in it."""

    def __init__(self, client):
        self.client = client
        self.mark = f"m{uuid.uuid4().hex}"
        self.phone = f"+49{str(int(self.mark[1:], 16))[-11:]}"
        self.email = f"{self.mark}@example.org"
        self.kept = []
        self.user = expect(self.keyed("POST", "/user", {
            "name": f"Ada {self.mark}", "email": self.email, "phone": self.phone}), 201).json
        self.path = f"/user/{self.user['id']}"
        self.address = {"name": f"Ada {self.mark}", "line1": self.mark, "line2": self.mark,
                        "city": self.mark, "region": self.mark, "postal_code": self.mark[:20],
                        "country": "DE", "phone": self.phone}
        self.product = client.create(on_hand=50)
        expect(self.keyed("POST", f"{self.path}/address", self.address), 201)
        expect(self.keyed("PATCH", self.path, {"locale": "de"}), 200)
        expect(self.keyed("PATCH", self.path, {"locale": "de"}), 200)
        expect(client.put(f"{self.path}/notification", {
            "channel": "endpoint", "target_arn": f"arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/{self.mark}"}), 200)

    def keyed(self, method, path, body):
        """Sends with an Idempotency-Key, and keeps what is needed to send it again."""
        again = (method, path, body, {"Idempotency-Key": f"key-{uuid.uuid4()}"})
        self.kept.append(again)
        return self.client.request(method, path, body, headers=again[3])

    def checkout(self):
        cart = self.client.post("/cart", {"user_id": self.user["id"]}).json
        expect(self.client.put(given.item_path(cart, self.product), {"quantity": 2}), 200)
        held = expect(self.keyed("POST", "/checkout", {
            "cart_id": cart["id"], "address": self.address, "email": self.email}), 201).json
        expect(self.keyed("PATCH", f"/checkout/{held['id']}", {"extend": True}), 200)
        return held

    def order(self):
        order = expect(self.keyed("POST", "/order", {"checkout_id": self.checkout()["id"]}), 201).json
        expect(self.keyed("PATCH", f"/order/{order['id']}", {"note": f"for {self.mark}"}), 200)
        return order

    def cancelled(self):
        order = self.order()
        expect(self.keyed("POST", f"/order/{order['id']}/cancel", {"reason": self.mark}), 200)
        return order

    def paid(self):
        order = self.order()
        expect(purchase.pay(self.client, order, reference=f"payment-{uuid.uuid4()}"), 200)
        return order

    def complete(self, order):
        delivery = expect(self.keyed("POST", f"/order/{order['id']}/delivery", {
            "carrier": "post", "tracking_number": f"parcel-{uuid.uuid4()}"}), 201).json
        expect(self.keyed("POST", f"/delivery/{delivery['id']}/event", {
            "event_id": str(uuid.uuid4()), "tracking_status": "delivered", "time": purchase.now(),
            "place": "Berlin"}), 200)
        expect(self.keyed("POST", f"/order/{order['id']}/return", {
            "lines": [{"product_id": self.product["id"], "quantity": 1}], "reason": self.mark}), 200)

    def of_all_kinds(self):
        """Checkouts and orders in each state that does not hold the removal up."""
        self.ended = [self.cancelled(), self.paid()]
        self.complete(self.ended[1])
        released = self.checkout()
        expect(self.client.delete(f"/checkout/{released['id']}"), 204)
        self.held = self.checkout()
        return self

    def traces(self, emulator, table=shop.TABLE):
        """What the table still has of them, by key."""
        found = {}
        for item in emulator.all_items(table):
            text = json.dumps(item, default=repr, ensure_ascii=False)
            if any(trace in text for trace in (self.mark, self.phone, self.user["id"])):
                found[item["pk"]["S"], item["sk"]["S"]] = text
        return found


def knows_only_the_id(key):
    """What knows a user's id for some days, and nothing else of them: closed carts, events on their
    way out, and the mark that nobody may have the id again yet."""
    return key[0].startswith(("C#", "OUT#")) or key[1] == "GONE"


def assert_gone(person, emulator, table=shop.TABLE):
    left = person.traces(emulator, table)
    for key, text in left.items():
        assert knows_only_the_id(key), (key, text)
        assert key[1] != "GONE" or '"ttl"' in text, text
        assert person.mark not in text and person.phone not in text, (key, text)


def test_nothing_of_a_person_is_left_anywhere(client, emulator):
    person = Person(client).of_all_kinds()
    orders = [purchase.get_order(client, order) for order in person.ended]
    assert len(person.traces(emulator)) > 20
    expect(client.delete(person.path), 204)
    assert_gone(person, emulator)
    expect(client.delete(person.path), 404, "user-not-found")
    for order in orders:
        now = purchase.get_order(client, order)
        assert now["address"] == {"country": "DE"}
        gone = {"user_id", "email", "note", "address", "version"}
        assert given.without(now, *gone) == given.without(order, *gone)
        assert now.keys() == order.keys() - {"user_id", "email", "note"}
    assert given.expect(client.get(given.stock_path(person.product)), 200).json["reserved"] == 0
    expect(client.get(f"/checkout/{person.held['id']}"), 404, "checkout-not-found")
    expect(client.post("/user", {"name": "Eve", "email": person.email}), 201)


def test_an_answer_that_went_with_its_person_is_not_given_again(client):
    person = Person(client).of_all_kinds()
    expect(client.delete(person.path), 204)
    for method, path, body, key in person.kept:
        answer = client.request(method, path, body, headers=key)
        if path.startswith("/delivery") or path.endswith("/delivery"):
            assert answer.headers["Idempotent-Replayed"] == "true", answer
        else:
            expect(answer, 410, "answer-removed")
    expect(client.post("/user", {"name": "Eve", "email": person.email}), 201)


def test_an_order_under_way_keeps_what_it_needs_until_it_has_ended(start, make_table, emulator):
    table = make_table()
    client = start(DYNAMODB_TABLE_NAME=table).client()
    person = Person(client)
    order = person.paid()
    expect(client.delete(person.path), 204)
    expect(client.get(person.path), 404)
    assert purchase.get_order(client, order)["address"] == person.address
    assert {key[0][:2] for key in person.traces(emulator, table)} <= {"O#", "K#", "U#", "I#", "C#", "OU"}
    expect(client.delete(person.path), 204)
    person.complete(order)
    mark = f"U#{person.user['id']}"
    index = given.query(emulator, mark, table)[0]["g2s"]["S"]
    given.set_attributes(emulator, mark, "GONE", table,
                         g2s={"S": f"2020-01-01T00:00:00.000Z{index[24:]}"})
    shop.wait_until(lambda: all("ttl" in item for item in given.query(emulator, mark, table)), 10,
                    "the sweeper")
    assert_gone(person, emulator, table)
    assert purchase.get_order(client, order)["address"] == {"country": "DE"}
    expect(client.delete(person.path), 404)


def test_what_comes_beside_the_removal_does_not_escape(pair, emulator):
    here, there = (daemon.client() for daemon in pair)
    third, fourth = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(6)):
        person = Person(here)
        cancelled, held = person.cancelled(), person.checkout()
        key = {"Idempotency-Key": str(uuid.uuid4())}
        deleted, ordered, patched, noted = given.at_once([
            lambda: here.delete(person.path),
            lambda: there.post("/order", {"checkout_id": held["id"]}),
            lambda: third.request("PATCH", person.path, {"locale": "de"}, headers=key),
            lambda: fourth.request("PATCH", f"/order/{cancelled['id']}", {"note": "x"},
                                   headers={"Idempotency-Key": str(uuid.uuid4())})])
        assert deleted.status == 204 and patched.status in (200, 404), (deleted, patched)
        assert ordered.status in (201, 404, 410) and noted.status == 200, (ordered, noted)
        if ordered.status == 201:
            expect(purchase.cancel(here, ordered.json), 200)
            assert here.delete(person.path).status in (204, 404)
        assert_gone(person, emulator)


@pytest.mark.parametrize("way", ["repeated", "lost"])
def test_a_removal_that_broke_off_is_brought_to_an_end(start, proxy, make_table, emulator, way):
    table = make_table()
    client = start(DYNAMODB_TABLE_NAME=table, SHOPD_REQUEST_DEADLINE="1",
                   AWS_MAX_ATTEMPTS=1).client()
    fault = {"repeated": "internal", "lost": "lost-after"}[way]
    for written in (0, 1, 2, 4, 5, 6):
        person = Person(client).of_all_kinds()
        proxy.rules(*({"fault": fault, "operation": name, "skip": written}
                      for name in given.WRITES))
        first = client.delete(person.path)
        proxy.rules()
        assert first.status in (204, 503), first
        for _ in range(3):
            if first.status == 503:
                first = client.delete(person.path)
        assert first.status in (204, 404), first
        assert_gone(person, emulator, table)


def ask_in_vain(client, path):
    with contextlib.suppress(OSError, http.client.HTTPException):
        client.delete(path)


def test_a_daemon_that_is_killed_leaves_the_rest_to_the_others(start, proxy, make_table, emulator):
    table = make_table()
    first, second = (start(DYNAMODB_TABLE_NAME=table) for _ in range(2))
    client = second.client()
    person = Person(client).of_all_kinds()
    proxy.rules({"fault": "delay", "seconds": 5, "operation": "TransactWriteItems", "skip": 2})
    asked = threading.Thread(target=ask_in_vain, args=(first.client(), person.path))
    asked.start()
    mark = f"U#{person.user['id']}"
    shop.wait_until(lambda: [item for item in given.query(emulator, mark, table)
                             if item["sk"]["S"] == "GONE"], 10, "the mark")
    first.process.popen.kill()
    first.process.wait()
    asked.join()
    proxy.rules()
    assert person.traces(emulator, table)
    expect(client.delete(person.path), 204)
    assert_gone(person, emulator, table)
