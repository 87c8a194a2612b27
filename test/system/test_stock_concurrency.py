"""Many clients, two daemons and one product, while answers get lost: nothing is miscounted.

What can be said for sure, and is checked:

- Each request names a reference of its own, so the ledger tells how often it had its effect: once
  if it was answered 200, never if it was refused, and at most once if the answer was 503.
- What is on hand is the ledger's sum, to the piece.
- Movements and events have no total order between them (two daemons, two clocks), so the ledger
  cannot be replayed to find the crossings. But while clients only take, stock only falls, and while
  they only give back it only rises: it then crosses each level exactly once, if the steps are small
  enough to meet each level. So phases of one direction have an exact number of events.
- When both directions are mixed, the events themselves tell their order: each bears the version
  that its change made, which no other change has. In this order no level follows itself, the first
  is another than the level at the beginning, the last is the level in the end. A crossing without
  its event, or with two, would break the chain. (Two that were lost together could leave it whole;
  the phases above would show that.)
"""

import asyncio
import json
import random
from collections import Counter

import pytest

import given
import shop
import wire
from given import scaled

CLIENTS = 64
MARK = 20
PIECES = max(scaled(150), 2 * MARK)
STEP = 3
"""At most so many at once: less than the mark, so that "low" cannot be jumped over."""
ANSWERS = {200, 409, 503}


@pytest.fixture(scope="module")
def store(folder, emulator, make_table):
    """Two daemons on one table, each behind a proxy of its own, which loses one answer in twenty."""
    table = make_table()
    proxies = [shop.Proxy(folder, emulator.port, f"proxy-stock-{n}") for n in range(2)]
    daemons = [shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=table) for proxy in proxies]
    for daemon in daemons:
        daemon.ready()
    yield Store(emulator, table, daemons, proxies)
    for daemon in daemons:
        assert daemon.end() == 0, daemon.process.log_text()[-4000:]
    for proxy in proxies:
        proxy.end()


class Store:
    def __init__(self, emulator, table, daemons, proxies):
        self.emulator = emulator
        self.table = table
        self.daemons = daemons
        self.proxies = proxies

    def create(self, **fields):
        """Makes the product that all are after; what becomes of each request is then kept."""
        client = self.daemons[0].client()
        self.product = client.create(on_hand=PIECES, **fields)
        client.close()
        self.path = given.stock_path(self.product)
        self.seen = {item["sk"]["S"] for item in self.raw_events()}
        self.answers = {}  # reference -> (delta, status)

    def crowd(self, behave, seed):
        """Lets the clients do what `behave(self, connection, random, name)` says, at once."""
        for number, proxy in enumerate(self.proxies):
            given.lose_answers(proxy, 0.05, f"{seed}{number}")

        async def one(number):
            connection = await wire.Connection(self.daemons[number % 2].port).open()
            try:
                chance = random.Random(f"{seed}{number}")
                await behave(self, connection, chance, f"{seed}-{number}")
            finally:
                connection.close()

        async def everyone():
            together = asyncio.gather(*(one(number) for number in range(CLIENTS)))
            await asyncio.wait_for(together, (30 + 30 * given.SCALE) * shop.SLOWNESS)

        asyncio.run(everyone())
        self.lost = sum(proxy.rules()["faults"].get("lost-after", 0) for proxy in self.proxies)

    async def move(self, connection, delta, reference):
        body = {"delta": delta, "reason": "crowd", "reference": reference}
        answer = await connection.request("POST", self.path, json.dumps(body))
        self.note(answer)
        self.answers[reference] = (delta, answer.status)
        return answer

    async def count(self, connection, on_hand):
        answer = await connection.request("PUT", self.path, json.dumps({"on_hand": on_hand}))
        self.note(answer)

    def note(self, answer):
        """What each answer must be in itself."""
        assert answer.status in ANSWERS, answer
        if answer.status == 409:
            assert answer.code in ("insufficient-stock", "conflict"), answer
        if answer.status == 200:
            stock = answer.json
            assert stock["available"] >= 0 and stock["reserved"] == 0
            assert stock["on_hand"] == stock["available"]
            assert stock["level"] == level_of(stock["available"], stock.get("low_stock_at", 0))

    def stored(self):
        return self.emulator.items(self.product["id"], self.table)["STOCK"]

    def available(self):
        return int(self.stored()["available"]["N"])

    def raw_events(self):
        return given.events(self.emulator, self.product["id"], self.table)

    def events(self):
        return Counter(item["type"]["S"] for item in self.raw_events())

    def check_chain(self):
        """Each event since the beginning leads from one level to another, up to that of now."""
        told = sorted((json.loads(item["data"]["S"])["version"], item["type"]["S"])
                      for item in self.raw_events() if item["sk"]["S"] not in self.seen)
        assert len({version for version, _ in told}) == len(told), told
        levels = [self.product["stock"]["level"], *(kind.split(".")[1] for _, kind in told)]
        assert all(one != next_one for one, next_one in zip(levels, levels[1:])), told
        assert levels[-1] == self.stored()["level"]["S"], told

    def check_ledger(self):
        """Every piece is accounted for, and every request had one effect, or none if refused."""
        entries = given.movements(self.emulator, self.product["id"], self.table)
        assert sum(int(entry["delta"]["N"]) for entry in entries) == self.available() >= 0
        assert self.stored()["reserved"] == {"N": "0"}
        made = Counter(entry["reference"]["S"] for entry in entries if "reference" in entry)
        deltas = {entry["reference"]["S"]: int(entry["delta"]["N"])
                  for entry in entries if "reference" in entry}
        assert set(made) <= set(self.answers)
        for reference, (delta, status) in self.answers.items():
            possible = {200: {1}, 409: {0}, 503: {0, 1}}[status]
            assert made[reference] in possible, (reference, delta, status)
            assert deltas.get(reference, delta) == delta


def level_of(available, mark):
    if available == 0:
        return "out"
    return "low" if available <= mark else "in"


async def take_all(store, connection, chance, name):
    """Takes some at a time until nothing is left."""
    for turn in range(10_000):
        answer = await store.move(connection, -chance.randint(1, STEP), f"{name}-{turn}")
        if answer.status == 409 and answer.code == "insufficient-stock":
            left = answer.json["items"][0]["available"]
            if left == 0:
                return
            await store.move(connection, -1, f"{name}-{turn}-last")


async def give_back(store, connection, chance, name):
    """Gives back its share."""
    for turn in range(max(1, PIECES // CLIENTS)):
        await store.move(connection, chance.randint(1, STEP), f"{name}-{turn}")


async def take_and_give(store, connection, chance, name):
    """Takes and gives back at random, and now and then counts."""
    for turn in range(scaled(4)):
        if chance.random() < 0.1:
            await store.count(connection, chance.randint(0, CLIENTS))
        else:
            delta = chance.randint(1, 2 * STEP) * chance.choice((-1, -1, 1))
            await store.move(connection, delta, f"{name}-{turn}")


def test_each_level_is_crossed_once_on_the_way_down_and_once_on_the_way_up(store, report):
    store.create(low_stock_at=MARK)
    for turn in range(2):
        before = store.events()
        store.crowd(take_all, f"down-{turn}")
        assert store.available() == 0
        assert store.events() - before == Counter({"stock.low": 1, "stock.out": 1})
        store.check_ledger()
        before = store.events()
        store.crowd(give_back, f"up-{turn}")
        assert store.available() > MARK, "not given enough back for the next level"
        assert store.events() - before == Counter({"stock.low": 1, "stock.in": 1})
        store.check_ledger()
    store.check_chain()
    tell(report, store)


@pytest.mark.parametrize("mark", [None, MARK])
def test_taking_and_giving_at_random_loses_no_piece_and_no_event(store, report, mark):
    store.create(**({} if mark is None else {"low_stock_at": mark}))
    store.crowd(take_and_give, f"random-{mark}")
    store.check_ledger()
    store.check_chain()
    if mark is None:
        assert set(store.events()) <= {"stock.out", "stock.in"}
    tell(report, store)


def tell(report, store):
    statuses = Counter(status for _, status in store.answers.values())
    assert statuses[200] > statuses[503], statuses
    assert store.lost > 0
    report(f"{CLIENTS} clients on one product, {store.lost} answers lost:"
           f" {dict(sorted(statuses.items()))}")


def test_of_many_who_want_the_last_piece_one_gets_it(store):
    for turn in range(scaled(3)):
        store.create()
        client = store.daemons[0].client()
        given.expect(client.put(store.path, {"on_hand": 1}), 200)
        client.close()
        seen = store.events()

        async def take_one(store, connection, _chance, name):
            await store.move(connection, -1, name)

        store.crowd(take_one, f"last-{turn}")
        store.check_ledger()
        assert store.available() == 0
        assert store.events() - seen == Counter({"stock.out": 1})
