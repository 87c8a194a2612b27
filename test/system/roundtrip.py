"""Many products in, out, into another table, and out again: all must compare equal, numbers digit by
digit, in constant memory. `make roundtrip PRODUCTS=100000`; the short form is in test_export.py."""

import argparse
import http.client
import json
import random
import shutil
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

import lines
import purchase
import shop

MEMORY = 16 * 1024
"""What the daemon may grow by, in KiB."""
NUMBERS = ("19.99", "0.1", "1E-7", "12345678901234567890123456789012345678", "-0.5",
           "9007199254740993", "1.7976931348623157E+125", "99999999999999999999.99")


def product(chance, number):
    """One of a shop's products, each with open attributes, one of them deep."""
    return {
        "id": lines.name(number), "name": f"Thing {number} äöü", "on_hand": chance.randrange(1000),
        "price": Decimal(f"{chance.randrange(10 ** 6)}.{chance.randrange(1, 100):02d}"),
        "currency": "EUR", "category": f"c{chance.randrange(50)}", "description": "words " * chance.randrange(5, 30),
        "tags": ["a", "b"][:chance.randrange(3)], "weight_grams": chance.randrange(10 ** 5),
        "x": [Decimal(chance.choice(NUMBERS)), {"deep": [True, None, Decimal(chance.choice(NUMBERS))]}],
    }


def write_products(path, count):
    chance = random.Random(count)
    with open(path, "w") as file:
        for number in range(count):
            line = {name: value for name, value in product(chance, number).items() if value != []}
            file.write(purchase.exact(line) + "\n")


def canonical(line):
    """What two lines have in common when they say the same: numbers by value, names in order."""
    value = json.loads(line, parse_float=number, parse_int=number)
    return json.dumps(value, sort_keys=True)


def number(digits):
    value = Decimal(digits)
    sign, figures, exponent = value.normalize().as_tuple() if value else (0, (0,), 0)
    return f"number {sign} {figures} {exponent}"


def of_file(path):
    """A digest of each line by id: 100,000 fit into memory."""
    with open(path) as file:
        return {json.loads(line)["id"]: hash(canonical(line)) for line in file}


class Shelf:
    """A daemon on a table of its own, and what its memory was before."""

    def __init__(self, folder, endpoint, name):
        table = f"roundtrip-{name}"
        status, _, stderr = shop.command(folder, "--init-table", DYNAMODB_TABLE_NAME=table,
                                         AWS_ENDPOINT_URL_DYNAMODB=endpoint)
        assert status == 0, stderr
        self.daemon = shop.Shopd(folder, endpoint, DYNAMODB_TABLE_NAME=table,
                                 SHOPD_WORKERS=1).ready()
        self.before = self.daemon.own_memory()

    def ask(self, method, path, body=None, length=0):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, 120 * shop.SLOWNESS)
        headers = {"Content-Type": lines.TYPE, "Content-Length": str(length)} if body else {}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        return answer

    def take(self, path):
        """Imports a file; returns what came of its lines, as {status: how many}."""
        counts = {}
        with open(path, "rb") as file:
            for line in self.ask("POST", "/product/import", file, Path(path).stat().st_size):
                status = json.loads(line)["status"]
                counts[status] = counts.get(status, 0) + 1
        return counts

    def give(self, path):
        """Exports into a file."""
        with open(path, "wb") as file:
            shutil.copyfileobj(self.ask("GET", "/product/export"), file)

    def growth(self):
        """The most that the daemon has had, in KiB, beyond what it had at its start."""
        status = Path(f"/proc/{self.daemon.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) - self.before

    def end(self):
        assert self.daemon.end() == 0


def run(folder, endpoint, count):
    """Returns a line on what was measured; fails when anything is not as it should be."""
    given, out, again = (Path(folder) / f"roundtrip-{name}.ndjson" for name in ("1", "2", "3"))
    first, second = (Shelf(folder, endpoint, name) for name in ("first", "second"))
    write_products(given, count)
    start = time.monotonic()
    steps = []
    for what, step in (("in", lambda: first.take(given)), ("out", lambda: first.give(out)),
                       ("in elsewhere", lambda: second.take(out)),
                       ("out again", lambda: second.give(again)),
                       ("the same once more", lambda: first.take(again))):
        counts = step()
        assert counts in (None, {201: count}, {200: count}), (what, counts)
        steps.append(f"{what} {time.monotonic() - start:.1f} s")
        start = time.monotonic()
    expected = of_file(given)
    assert len(expected) == count
    assert of_file(out) == expected and of_file(again) == expected
    growths = [shelf.growth() for shelf in (first, second)]
    if not shop.IS_WATCHED:
        assert max(growths) < MEMORY, growths
    first.end(), second.end()
    return (f"{count} products, {given.stat().st_size / 1e6:.1f} MB, compare equal: "
            f"{', '.join(steps)}; memory grew by {' and '.join(f'{g / 1024:.1f}' for g in growths)} MiB")


def main():
    options = argparse.ArgumentParser(description="Products in and out and in and out again.")
    options.add_argument("--products", type=int, default=100_000, help="how many")
    args = options.parse_args()
    (shop.ROOT / "build").mkdir(exist_ok=True)
    folder = tempfile.mkdtemp(prefix="roundtrip-", dir=shop.ROOT / "build")
    emulator = shop.Emulator(folder)
    print(run(folder, f"http://127.0.0.1:{emulator.port}", args.products))
    shop.end_all()
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
