"""A whole shop under fire, again and again, each time by another seed: `make simulate`.

Three daemons serve one table, behind a proxy that loses, cuts, delays and refuses answers; every
half second or so one of them is killed and started again. Meanwhile 64 shoppers buy and think
better of it, and carriers report late, twice and out of order (simulate_people.py). Events go to
an SNS that is no better than the proxy. When all is quiet again the books must agree
(simulate_check.py), and the topic must have every event (simulate_events.py).

    simulate.py --seeds 1000 --seed 1 --at-once 2

A seed brings the same wishes, faults and kills again; in which order they meet is up to the
machine. When something disagrees, the seed and what it was are printed, and logs and table kept.
"""

import argparse
import asyncio
import json
import multiprocessing
import multiprocessing.connection
import random
import shutil
import signal
import sys
import tempfile
import time

import given
import shop
import sns
from simulate_check import Books, disagreements, seconds_left
from simulate_events import Published, check_published, rules_of, topic_of
from simulate_people import SECRET, Shopper, Told, Warehouse

SHOPPERS = 64
DAEMONS = 3
PRODUCTS = 12
SECONDS = 2.5
ORDERS = 40
"""A shop on a slow machine stays open until it has so many, or four times as long."""
HOLD_TIME, PAYMENT_TIME = 1, 2
FAULTS = [
    # fault, how probable, and what else there is to say
    ("lost-after", 0.02), ("cut-after", 0.01), ("internal-after", 0.01), ("internal", 0.01),
    ("conflict", 0.03), ("throttle", 0.005), ("delay", 0.03), ("dribble", 0.01),
    ("checksum-after", 0.005), ("close", 0.01), ("hang-after", 0.002), ("goodbye-after", 0.01),
]


class Simulation:
    """One shop on a table of its own, from its opening to the last look into its books."""

    hold_time, payment_time = HOLD_TIME, PAYMENT_TIME

    def __init__(self, folder, emulator, seed, seconds=SECONDS):
        self.folder = folder
        self.emulator = emulator
        self.seed = seed
        self.seconds = seconds
        self.table = f"simulation-{seed}-{time.monotonic_ns()}"
        self.proxy = shop.Proxy(folder, emulator.port, f"proxy-simulation-{seed}")
        self.sns = sns.Sns(folder)
        self.topic = self.sns.add_topic(topic_of(seed))
        self.keys = {}
        self.killed = {}  # access key -> when
        self.told = Told()
        self.closes_at, self.enough = None, 0
        self.faults = {}
        self.daemons, self.products, self.opening = [], [], {}

    # what people need to know

    def ports(self):
        return [daemon.port for daemon in self.daemons]

    def is_open(self):
        late = time.monotonic() - self.closes_at
        return late < 0 or len(self.told.orders) < self.enough and late < 3 * self.seconds

    # how it goes

    def open(self):
        """Makes the table, the daemons and the goods."""
        status, _, stderr = shop.command(
            self.folder, "--init-table", DYNAMODB_TABLE_NAME=self.table,
            AWS_ENDPOINT_URL_DYNAMODB=self.proxy.url)
        assert status == 0, stderr
        self.daemons = [self.start_daemon() for _ in range(DAEMONS)]
        for daemon in self.daemons:
            daemon.ready()
        client, chance = self.daemons[0].client(), random.Random(f"{self.seed}-goods")
        for number in range(PRODUCTS):
            self.products.append(self.stock_up(
                client, name=f"product {number}", price=chance.choice((0.99, 5, 19.99, 333)),
                on_hand=chance.choice((8, 20, 60)), low_stock_at=chance.choice((0, 3, 5))))
        self.opening = {one["id"]: one["stock"]["on_hand"] for one in self.products}
        client.close()

    def stock_up(self, client, **fields):
        """A new product, also on a machine that is too busy to answer in time."""
        key = fields["name"].replace(" ", "-")

        def made():
            answer = client.post("/product", fields, Idempotency_Key=key)
            assert answer.status in (201, 503), answer
            return answer.json if answer.status == 201 else None

        return shop.wait_until(made, 60, "a product")

    def start_daemon(self):
        """With a key of its own, by which proxy and SNS know it."""
        key = f"{shop.ACCESS_KEY}{len(self.keys)}"
        self.keys[key] = shop.KEYS[shop.ACCESS_KEY]
        self.proxy.know(shop.KEYS | self.keys)
        self.sns.keys = self.keys
        daemon = shop.Shopd(
            self.folder, self.proxy.url, DYNAMODB_TABLE_NAME=self.table, SHOPD_WORKERS=1,
            SHOPD_HOLD_TIME=f"{HOLD_TIME}s", SHOPD_PAYMENT_TIME=f"{PAYMENT_TIME}s",
            SHOPD_REQUEST_DEADLINE="3", SHOPD_PAYMENT_SECRET=SECRET, AWS_ACCESS_KEY_ID=key,
            **self.sns.settings(self.topic))
        daemon.key = key
        return daemon

    def trade(self, shoppers=SHOPPERS, faults=True):
        """Lets everybody in, and waits until the last one has gone."""
        self.closes_at = time.monotonic() + self.seconds
        self.enough = ORDERS * shoppers // SHOPPERS
        asyncio.run(self.run_all(shoppers, faults))

    async def run_all(self, shoppers, faults):
        people = [Shopper(self, self.told, f"{self.seed}-{number}") for number in range(shoppers)]
        people.append(Warehouse(self, self.told, f"{self.seed}-warehouse"))
        lives = [person.live() for person in people]
        if faults:
            self.begin_faults()
            lives.append(self.kill_now_and_then())
        await asyncio.gather(*lives)
        self.faults = dict(self.proxy.rules()["faults"])
        self.sns.play()

    def begin_faults(self):
        self.proxy.rules(*({"fault": fault, "probability": probability, "seconds": 0.05,
                            "seed": f"{self.seed}-{fault}"} for fault, probability in FAULTS))
        self.sns.play(*rules_of(self.seed))

    async def kill_now_and_then(self):
        chance = random.Random(f"{self.seed}-kills")
        while self.is_open():
            await asyncio.sleep(chance.uniform(0.3, 0.8))
            self.kill(chance.randrange(DAEMONS), chance.random() < 0.5 or not self.is_open())

    def kill(self, slot, must_end_leases):
        """Kills a daemon and starts another; with it, its leases or those of all the dead end."""
        daemon = self.daemons[slot]
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait()
        self.killed[daemon.key] = time.time()
        if must_end_leases:
            self.end_leases()
        self.daemons[slot] = self.start_daemon()

    def end_leases(self):
        """Of the dead: nobody waits until they have run out."""
        holders = self.proxy.tell()["holders"]
        given.end_leases(self.emulator, self.table,
                         lambda holder: holders.get(holder) in self.killed)

    def settle(self):
        """Waits until holds and unpaid orders have had their time, and the sweepers theirs, and
        all events have gone."""
        for daemon in self.daemons:
            daemon.ready()
        shop.wait_until(lambda: self.is_quiet() or time.sleep(0.3), 60, "an empty outbox")

    def is_quiet(self):
        return (not any(given.query(self.emulator, f"OUT#{shard}", self.table)
                        for shard in range(given.SHARDS))
                and seconds_left(self.emulator.all_items(self.table), PAYMENT_TIME) <= 0)

    def books(self):
        client = self.daemons[0].client()
        books = Books(self.emulator, self.table, client, self.published().events)
        client.close()
        return books

    def published(self):
        told = self.proxy.tell()
        return Published(self.sns.accepted(), self.sns.unheard, told["spoilt"], told["deleted"],
                         self.killed)

    def disagreements(self):
        """What does not agree, as lines of text."""
        found = list(disagreements(self.books(), self.told, self.opening, PAYMENT_TIME))
        found += check_published(self.published())
        found += [f"the proxy: {text}" for text in self.proxy.tell()["violations"]]
        return found + [f"SNS: {text}" for text in self.sns.violations]

    def close(self):
        """Ends the daemons; fails when one does not end as it should."""
        statuses = [daemon.end() for daemon in self.daemons]
        self.proxy.end()
        self.sns.end()
        assert set(statuses) <= {0}, f"seed {self.seed}: exit statuses {statuses}"

    def summary(self):
        told = self.told
        orders = len(told.orders)
        return (f"seed {self.seed}: {orders} orders, {len(told.payments)} payments,"
                f" {len(told.deliveries)} deliveries, {sum(map(len, told.reports.values()))}"
                f" reports; {self.published().summary()};"
                f" {sum(self.faults.values())} faults of DynamoDB,"
                f" {sum(self.sns.faults.values())} of SNS, {len(self.killed)} kills,"
                f" {told.unanswered} requests without an answer; {dict(told.statuses)},"
                f" {dict(told.codes)}")


def simulate(folder, emulator, seed, seconds=SECONDS):
    """One seed from beginning to end. Returns (what disagrees, a line on what happened)."""
    simulation = Simulation(folder, emulator, seed, seconds)
    try:
        simulation.open()
        simulation.trade()
        simulation.settle()
        found = simulation.disagreements()
        summary = simulation.summary()
    finally:
        simulation.close()
    if found:
        with open(f"{folder}/{simulation.table}.json", "w", encoding="utf-8") as file:
            json.dump(emulator.all_items(simulation.table), file, indent=1)
    emulator.client.delete_table(TableName=simulation.table)
    return found, summary


def simulate_many(args, number):
    """Of those that go on at once, this is the one with this number. Each has ports of its own, and
    of the seeds every so many; each seed has an emulator of its own, for one that has had hundreds
    of tables takes twice as long for everything."""
    shop.FIRST_PORT += number * shop.PORTS
    folder = tempfile.mkdtemp(prefix="simulation-", dir=shop.ROOT / "build")
    for seed in range(args.seed + number, args.seed + args.seeds, args.at_once):
        emulator = shop.Emulator(folder)
        found, summary = simulate(folder, emulator, seed, args.seconds)
        print(summary, flush=True)
        if found:
            sys.exit("\n".join(
                [*found, f"seed {seed} disagrees; logs and table are in {folder}"]))
        emulator.end()
    shop.end_all()
    shutil.rmtree(folder)


def main():
    options = argparse.ArgumentParser(description="The shop simulation.")
    options.add_argument("--seeds", type=int, default=1, help="how many")
    options.add_argument("--seed", type=int, default=1, help="the first of them")
    options.add_argument("--seconds", type=float, default=SECONDS, help="how long each shop is open")
    options.add_argument("--at-once", type=int, default=2,
                         help="shops; each waits half of its time")
    args = options.parse_args()
    (shop.ROOT / "build").mkdir(exist_ok=True)
    left = {}
    for number in range(args.at_once):
        lane = multiprocessing.Process(target=simulate_many, args=(args, number))
        lane.start()
        left[lane.sentinel] = lane
    while left:
        for sentinel in multiprocessing.connection.wait(list(left)):
            over = left.pop(sentinel)
            over.join()
            if over.exitcode != 0:
                for lane in left.values():
                    lane.terminate()
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
