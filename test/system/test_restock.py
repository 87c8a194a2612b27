"""Back in stock: all who wait are told, once, whatever is killed; and then they wait no more.

`make restock` runs the kill in the middle with 100,000 subscribers instead of some hundred.
"""

import datetime
import json
import os
import signal
import time
import uuid
from collections import Counter

import pytest

import given
import shop
from given import expect, new_user, stock_path
from shop import wait_until
from sns import Sns

SUBSCRIBERS = int(os.environ.get("SHOPD_TEST_SUBSCRIBERS", "400"))
UNDER_WAY = 40
"""Subscribers whose messages may be accepted when a process is killed, before it can write that
down: a page of one shard."""


class Place:
    """A daemon that publishes to a double, and what is in its table."""

    def __init__(self, folder, endpoint, emulator, table):
        self.sns = Sns(folder)
        self.emulator = emulator
        self.table = table
        self.daemon = shop.Shopd(
            folder, endpoint, **self.sns.settings(), DYNAMODB_TABLE_NAME=table).ready()
        self.client = self.daemon.client()

    def product(self, **fields):
        return self.client.create(name="tea", price=3, on_hand=0, **fields)

    def users(self, count):
        return [new_user(self.client) for _ in range(count)]

    def subscribe(self, product, *users):
        for user in users:
            expect(self.client.put(
                f"/product/{product['id']}/subscription?user_id={user['id']}"), 200)

    def restock(self, product, delta=5):
        expect(self.client.post(stock_path(product), {"delta": delta, "reason": "count"}), 200)

    def told(self, product):
        """The delivered stock.back."""
        return told(self.sns, product)

    def told_users(self, product):
        return sorted(record["attributes"]["user_id"] for record in self.told(product))

    def waiting(self, product):
        return waiting(self.emulator, product, self.table)

    def wait_until_told(self, product, count):
        wait_until(lambda: len(self.told(product)) >= count, 20, f"{count} messages")

    def wait_until_over(self, seconds=20):
        wait_until(lambda: is_over(self.emulator, self.table), seconds, "all are told")

    def end(self):
        self.client.close()
        assert self.daemon.end() == 0
        self.sns.end()
        assert self.sns.violations == []


@pytest.fixture(scope="module")
def whole(folder, proxy, emulator, make_table):
    place = Place(folder, proxy.url, emulator, make_table())
    yield place
    place.end()


@pytest.fixture
def place(whole):
    """One for all, which takes everything."""
    whole.sns.play()
    whole.sns.tells_users = True
    return whole


def told(sns, product):
    return [record for record in sns.delivered()
            if record["attributes"]["event_type"] == "stock.back"
            and record["attributes"]["product_id"] == product["id"]]


def waiting(emulator, product, table):
    return [item for shard in range(given.SHARDS)
            for item in given.query(emulator, f"SUB#{product['id']}#{shard}", table)]


def is_over(emulator, table):
    """Nothing is left in the outbox, nor of those who are to be told."""
    return not any(given.query(emulator, f"{prefix}#{shard}", table)
                   for prefix in ("OUT", "BACK") for shard in range(given.SHARDS))


def ids_of(users):
    return sorted(user["id"] for user in users)


# ---- who is told what ----


def test_each_who_waits_is_told_once_and_waits_no_more(place):
    product, other, users = place.product(), place.product(), place.users(3)
    place.subscribe(product, *users)
    place.subscribe(other, users[0])
    place.restock(product)
    place.wait_until_told(product, 3)
    place.wait_until_over()
    assert place.told_users(product) == ids_of(users)
    back, = [event for event in place.sns.events("stock.in")
             if event["data"]["product_id"] == product["id"]]
    for record in place.told(product):
        event = json.loads(record["body"])
        assert record["attributes"]["event_id"] == event["id"] != back["id"]
        assert (event["subject"], event["time"]) == (f"product/{product['id']}", back["time"])
        assert event["data"] == back["data"] and event["data"]["available"] == 5
        assert given.UUID.fullmatch(event["id"]) and event["id"][:15] == back["id"][:15]
    assert place.waiting(product) == [] and len(place.waiting(other)) == 1
    place.restock(product, -5)
    place.restock(product, 5)
    place.wait_until_over()
    assert len(place.told(product)) == 3 and place.told(other) == []


def test_what_comes_back_as_low_is_back_and_who_wants_it_is_told_in_person(place):
    product, endpoint = place.product(low_stock_at=9), place.sns.add_endpoint()
    phone = "+4930123456"
    users = place.users(3)
    for user, wish in zip(users, (
            {"channel": "sms", "phone": phone, "events": ["stock.back"]},
            {"channel": "endpoint", "target_arn": endpoint, "events": ["stock.back"]},
            {"channel": "sms", "phone": phone, "events": ["order.placed"]})):
        expect(place.client.put(f"/user/{user['id']}/notification", wish), 200)
    place.subscribe(product, *users)
    place.restock(product, 2)
    place.wait_until_told(product, 3)
    place.wait_until_over()
    assert len(place.sns.delivered(phone)) == len(place.sns.delivered(endpoint)) == 1
    assert place.told_users(product) == ids_of(users)
    assert json.loads(place.told(product)[0]["body"])["data"]["level"] == "low"
    assert place.waiting(product) == []


def test_who_is_gone_or_waited_too_long_is_not_told(place):
    """Also when the index did not tell of a subscription while its user went."""
    product, (stays, goes, late) = place.product(), place.users(3)
    place.subscribe(product, stays, goes, late)
    items = {item["user_id"]["S"]: item for item in place.waiting(product)}
    expect(place.client.delete(f"/user/{goes['id']}"), 204)
    place.emulator.client.put_item(TableName=place.table, Item=items[goes["id"]])
    given.expire(place.emulator, items[late["id"]]["pk"]["S"], f"U#{late['id']}", place.table)
    place.restock(product)
    place.wait_until_told(product, 1)
    place.wait_until_over()
    assert place.told_users(product) == [stays["id"]]
    left, = place.waiting(product)
    assert left["user_id"]["S"] == late["id"], "DynamoDB removes it by its time to live"


def test_what_is_gone_again_keeps_its_subscribers_for_the_next_time(place, proxy):
    product, users = place.product(), place.users(2)
    place.subscribe(product, *users)
    # No page can be read until it is gone.
    proxy.fault("throttle", operation="BatchGetItem")
    place.restock(product)
    place.restock(product, -5)
    proxy.rules()
    place.wait_until_over()
    assert place.told(product) == [] and len(place.waiting(product)) == 2
    place.restock(product)
    place.wait_until_told(product, 2)


# ---- what fails ----


@pytest.mark.parametrize("fault", ["lost-after", "throttle", "entry-forgotten"])
def test_what_sns_does_not_take_is_told_again(place, fault):
    product, users = place.product(), place.users(12)
    place.subscribe(product, *users)
    place.sns.inject(fault, operation="Entry" if fault.startswith("entry") else "PublishBatch",
                     probability=0.4, seed=fault)
    place.restock(product)
    wait_until(lambda: not place.waiting(product), 30, "all are told")
    assert sorted(set(place.told_users(product))) == ids_of(users)
    ids = {record["attributes"]["event_id"] for record in place.told(product)}
    assert len(ids) == len(users), "who is told again is told with the same id"


def test_whom_sns_refuses_stays_subscribed_and_holds_up_nobody(place):
    product, users = place.product(), place.users(5)
    place.subscribe(product, *users)
    # The first entry is stock.in itself, the next ones are subscribers.
    place.sns.inject("entry-refused", operation="Entry", skip=1, count=1)
    place.restock(product)
    place.wait_until_told(product, 4)
    place.wait_until_over()
    left, = place.waiting(product)
    assert left["user_id"]["S"] not in place.told_users(product)
    assert any(line["msg"] == "a subscriber cannot be told that a product is back"
               for line in place.daemon.log())


def test_who_may_not_be_told_in_person_holds_up_nobody_and_repeats_nothing(place):
    """The role's rights end at the topic (TellUsers=no), and a user wants text messages."""
    (product, other), phone = (place.product(), place.product()), "+4930555555"
    users = place.users(3)
    expect(place.client.put(f"/user/{users[0]['id']}/notification", {
        "channel": "sms", "phone": phone, "events": ["stock.back"]}), 200)
    place.subscribe(product, *users)
    place.subscribe(other, users[0])
    place.sns.tells_users = False
    place.restock(product)
    place.restock(other)
    place.wait_until_over()
    assert place.told_users(product) == ids_of(users) and len(place.told(other)) == 1
    for waits in place.waiting(product), place.waiting(other):
        assert [item["user_id"]["S"] for item in waits] == [users[0]["id"]]
    assert place.sns.delivered(phone) == []


def test_who_subscribes_anew_while_being_told_stays_subscribed(place, proxy):
    """What was read is deleted by its mark, never what was put meanwhile."""
    product, (user,) = place.product(), place.users(1)
    place.subscribe(product, user)
    before, = place.waiting(product)
    proxy.fault("delay", operation="DeleteItem", seconds=0.7)
    place.restock(product)
    place.wait_until_told(product, 1)
    place.restock(product, -5)
    place.subscribe(product, user)
    place.wait_until_over()
    after, = place.waiting(product)
    assert after["mark"] != before["mark"] and len(place.told(product)) == 1


# ---- a hundred thousand ----


def id_hash(text):
    """As src/base/id.c has it."""
    value = 2166136261
    for byte in text.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return value ^ value >> 16


def text(value):
    return {"S": value}


def write_all(emulator, table, items):
    for first in range(0, len(items), 25):
        emulator.client.batch_write_item(RequestItems={
            table: [{"PutRequest": {"Item": item}} for item in items[first:first + 25]]})


def add_subscribers(emulator, table, product, count):
    """Users and their subscriptions, past shopd; returns the users' ids."""
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=90)
    ids, items = [str(uuid.uuid4()) for _ in range(count)], []
    for user_id in ids:
        items.append({"pk": text(f"U#{user_id}"), "sk": text("#"), "name": text("Ada"),
                      "email": text(f"{user_id}@example.org"), "version": {"N": "1"}})
        items.append({
            "pk": text(f"SUB#{product['id']}#{id_hash(user_id) % given.SHARDS}"),
            "sk": text(f"U#{user_id}"), "product_id": text(product["id"]),
            "user_id": text(user_id), "mark": text(str(uuid.uuid4())),
            "ttl": {"N": str(int(until.timestamp()))},
            "g1p": text(f"U#{user_id}"), "g1s": text(f"SUB#{product['id']}")})
    write_all(emulator, table, items)
    return set(ids)


def test_a_kill_in_the_middle_misses_nobody(make_table, start, sns, emulator, report):
    """Nobody is told twice but those whose batch was under way; memory does not grow with them."""
    # The proxy's checks of signatures would take longer than all the rest.
    endpoint = f"http://127.0.0.1:{emulator.port}" if SUBSCRIBERS > 5000 else None
    settings = sns.settings() | {"DYNAMODB_TABLE_NAME": make_table()}
    daemon = start(endpoint, **settings)
    product = daemon.client().create(name="tea", on_hand=0)
    ids = add_subscribers(emulator, daemon.table, product, SUBSCRIBERS)
    client = daemon.client()
    began, memory = time.monotonic(), []
    expect(client.post(stock_path(product), {"delta": 5, "reason": "count"}), 200)

    def has_told(part):
        memory.append(daemon.own_memory())
        return len(sns.records) > part * SUBSCRIBERS

    patience = 30 + SUBSCRIBERS / 100
    wait_until(lambda: has_told(0.1), patience, "the first tenth")
    first = len(memory)
    # Others are told meanwhile, without waiting for that.
    other = client.create(name="pot", on_hand=1)
    expect(client.post(stock_path(other), {"delta": -1, "reason": "sold"}), 200)
    wait_until(lambda: has_told(0.5), patience, "half of them")
    daemon.end(signal.SIGKILL)
    grown = max(memory[first - 1:]) - memory[first - 1]
    at_kill = len(told(sns, product))
    given.end_leases(emulator, settings["DYNAMODB_TABLE_NAME"])
    daemon = start(endpoint, **settings)
    wait_until(lambda: is_over(emulator, daemon.table), patience, "all are told")
    took = time.monotonic() - began
    by_user = Counter(record["attributes"]["user_id"] for record in told(sns, product))
    assert set(by_user) == ids
    twice = [user_id for user_id, count in by_user.items() if count > 1]
    assert len(twice) <= UNDER_WAY and max(by_user.values()) <= 2
    assert len({record["attributes"]["event_id"] for record in told(sns, product)}) == SUBSCRIBERS
    assert waiting(emulator, product, daemon.table) == []
    assert any(event["type"] == "stock.out" for event in sns.events())
    assert 0 < at_kill < SUBSCRIBERS
    if not shop.IS_WATCHED:
        assert grown < 2048, f"{grown} KiB more"
    report(f"back in stock: {SUBSCRIBERS} told in {took:.1f} s, killed at {at_kill}, "
           f"{len(twice)} told twice, {grown} KiB more memory")
