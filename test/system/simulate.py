"""A whole shop under fire, again and again, each time by another seed: `make simulate`.

Three daemons serve one table, behind a proxy that loses, cuts, delays and refuses answers; every
half second or so one of them is killed and started again. Meanwhile 64 shoppers buy and think
better of it, and carriers report late, twice and out of order (simulate_people.py). When all is
quiet again the books must agree (simulate_check.py).

    simulate.py --seeds 1000 --seed 1

A seed brings the same wishes, faults and kills again; in which order they meet is up to the
machine. When something disagrees, the seed and what it was are printed, and logs and table kept.
"""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
import time

import shop
from simulate_check import Books, disagreements
from simulate_people import SECRET, Shopper, Told, Warehouse

SHOPPERS = 64
DAEMONS = 3
PRODUCTS = 12
SECONDS = 2.5
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
        self.told = Told()
        self.kills = 0
        self.closes_at = None
        self.faults = {}
        self.daemons, self.products, self.opening = [], [], {}

    # what people need to know

    def ports(self):
        return [daemon.port for daemon in self.daemons]

    def is_open(self):
        return time.monotonic() < self.closes_at

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
        return shop.Shopd(
            self.folder, self.proxy.url, DYNAMODB_TABLE_NAME=self.table, SHOPD_WORKERS=1,
            SHOPD_HOLD_TIME=f"{HOLD_TIME}s", SHOPD_PAYMENT_TIME=f"{PAYMENT_TIME}s",
            SHOPD_REQUEST_DEADLINE="3", SHOPD_PAYMENT_SECRET=SECRET)

    def trade(self, shoppers=SHOPPERS, faults=True):
        """Lets everybody in, and waits until the last one has gone."""
        self.closes_at = time.monotonic() + self.seconds
        asyncio.run(self.run_all(shoppers, faults))

    async def run_all(self, shoppers, faults):
        people = [Shopper(self, self.told, f"{self.seed}-{number}") for number in range(shoppers)]
        people.append(Warehouse(self, self.told, f"{self.seed}-warehouse"))
        lives = [person.live() for person in people]
        await asyncio.gather(*lives, *([self.be_unkind()] if faults else []))

    async def be_unkind(self):
        """Faults all the time, and kills; it ends when the shop closes."""
        chance = random.Random(f"{self.seed}-kills")
        self.proxy.rules(*({"fault": fault, "probability": probability, "seconds": 0.05,
                            "seed": f"{self.seed}-{fault}"} for fault, probability in FAULTS))
        while self.is_open():
            await asyncio.sleep(chance.uniform(0.3, 0.8))
            slot = chance.randrange(DAEMONS)
            self.daemons[slot].process.send_signal(signal.SIGKILL)
            self.daemons[slot].process.wait()
            self.daemons[slot] = self.start_daemon()
            self.kills += 1
        self.faults = self.proxy.rules()["faults"]

    def settle(self):
        """Waits until holds and unpaid orders have had their time, and the sweepers theirs."""
        for daemon in self.daemons:
            daemon.ready()
        while (left := self.books().times_out(PAYMENT_TIME)) > 0:
            time.sleep(min(left, 0.5))

    def books(self):
        client = self.daemons[0].client()
        books = Books(self.emulator, self.table, client)
        client.close()
        return books

    def disagreements(self):
        """What does not agree, as lines of text."""
        found = list(disagreements(self.books(), self.told, self.opening, PAYMENT_TIME))
        return found + [f"the proxy: {text}" for text in self.proxy.tell()["violations"]]

    def close(self):
        """Ends the daemons; fails when one does not end as it should."""
        statuses = [daemon.end() for daemon in self.daemons]
        self.proxy.end()
        assert set(statuses) <= {0}, f"seed {self.seed}: exit statuses {statuses}"

    def summary(self):
        told = self.told
        orders = len(told.orders)
        return (f"seed {self.seed}: {orders} orders, {len(told.payments)} payments,"
                f" {len(told.deliveries)} deliveries, {sum(map(len, told.reports.values()))}"
                f" reports; {sum(self.faults.values())} faults, {self.kills} kills,"
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
    finally:
        simulation.close()
    if not found:
        emulator.client.delete_table(TableName=simulation.table)
    return found, simulation.summary()


def main():
    options = argparse.ArgumentParser(description="The shop simulation.")
    options.add_argument("--seeds", type=int, default=1, help="how many")
    options.add_argument("--seed", type=int, default=1, help="the first of them")
    options.add_argument("--seconds", type=float, default=SECONDS, help="how long each shop is open")
    args = options.parse_args()
    (shop.ROOT / "build").mkdir(exist_ok=True)
    folder = tempfile.mkdtemp(prefix="simulation-", dir=shop.ROOT / "build")
    emulator = shop.Emulator(folder, "emulator.sqlite")
    for seed in range(args.seed, args.seed + args.seeds):
        found, summary = simulate(folder, emulator, seed, args.seconds)
        print(summary, flush=True)
        if found:
            print(*found, f"seed {seed} disagrees; logs and table are in {folder}", sep="\n")
            return 1
    shop.end_all()
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
