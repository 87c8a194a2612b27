"""The sweeper: what holds stock for too long gives it back, soon, once, whoever is there to see."""

import calendar
import hashlib
import hmac
import json
import os
import signal
import subprocess
import time

import pytest

import given
import shop
from given import expect, held, order_events, placed, stock_of

SECRET = "the provider's and ours"
LATE = 5
"""Seconds after its time in which something has been ended."""


def product(client, on_hand=100):
    return client.create(name="tea", on_hand=on_hand)


def status_in_table(emulator, checkout, table):
    item, = given.query(emulator, f"K#{checkout['id']}", table)
    return item["status"]["S"]


def due_in(checkout):
    """Seconds until its time is over."""
    whole = time.strptime(checkout["expires_at"][:19], "%Y-%m-%dT%H:%M:%S")
    return calendar.timegm(whole) + float(checkout["expires_at"][19:-1]) - time.time()


def wait_for_stock(client, thing, expected, seconds):
    shop.wait_until(lambda: stock_of(client, thing) == expected, seconds,
                    f"{expected}, and it is {stock_of(client, thing)}")


def expired_by(daemon):
    return {what: daemon.metric(f'shopd_sweeper_expired_total{{what="{what}"}}')
            for what in ("checkout", "order")}


@pytest.fixture
def settings(make_table):
    return {"DYNAMODB_TABLE_NAME": make_table(), "SHOPD_HOLD_TIME": f"{shop.SLOWNESS}s",
            "SHOPD_PAYMENT_TIME": f"{shop.SLOWNESS}s", "SHOPD_WORKERS": 2}


def test_holds_and_unpaid_orders_end_once_with_several_daemons(start, settings, emulator):
    daemons = [start(**settings) for _ in range(3)]
    table = settings["DYNAMODB_TABLE_NAME"]
    client = daemons[0].client()
    tea = product(client)
    paid = placed(client, (tea, 1), cash=True)
    orders = [placed(client, (tea, 2)) for _ in range(8)]
    checkouts = [held(client, (tea, 3)) for _ in range(12)]
    assert stock_of(client, tea) == (47, 53)
    wait_for_stock(client, tea, (99, 1), 1 + LATE)
    assert {status_in_table(emulator, checkout, table) for checkout in checkouts} == {"expired"}
    for order in orders:
        seen = client.get(f"/order/{order['id']}?expand=history").json
        assert (seen["status"], seen["version"]) == ("expired", 2)
        assert given.without(seen["history"][1], "time") == {
            "what": "expired", "from": "placed", "to": "expired", "by": "system"}
        assert order_events(emulator, order, table) == ["order.placed", "order.expired"]
    assert client.get(f"/order/{paid['id']}").json["status"] == "confirmed"
    time.sleep(1.2)  # another pass or two
    assert stock_of(client, tea) == (99, 1)
    expired = [expired_by(daemon) for daemon in daemons]
    assert sum(each["checkout"] for each in expired) == 12
    assert sum(each["order"] for each in expired) == 8
    assert given.ledger_sum(emulator, tea["id"], table) == 100
    lines = [line for daemon in daemons for line in daemon.log() if line["msg"] == "swept"]
    assert sum(line["checkouts"] for line in lines) == 12


def test_after_all_were_killed_it_goes_on(start, settings, emulator):
    """Whoever held the leases is gone, and they are not over yet."""
    table = settings["DYNAMODB_TABLE_NAME"]
    daemon = start(**settings)
    client = daemon.client()
    tea = product(client)
    before, after = held(client, (tea, 1)), placed(client, (tea, 2))
    daemon.end(signal.SIGKILL)
    time.sleep(max(0, due_in(before)) + 0.1)
    client = start(**settings).client()
    wait_for_stock(client, tea, (100, 0), LATE)
    assert client.get(f"/order/{after['id']}").json["status"] == "expired"
    assert {item["holder"]["S"] for shard in range(4)
            for item in given.query(emulator, f"LEASE#sweep-{shard}", table)}


def test_a_stop_lets_the_leases_go(start, settings, emulator):
    table = settings["DYNAMODB_TABLE_NAME"]
    daemon = start(**settings)

    def leases():
        items = [given.query(emulator, f"LEASE#sweep-{shard}", table) for shard in range(4)]
        return [int(item["until"]["N"]) for found in items for item in found]

    shop.wait_until(lambda: len(leases()) == 4, 5, "leases")
    assert all(until > time.time() * 1000 for until in leases())
    assert daemon.end() == 0
    assert leases() == [0] * 4


def test_what_is_in_the_way_does_not_stop_it(start, settings, emulator):
    """A checkout that nobody can read, and one whose stock another tool has spoilt."""
    table = settings["DYNAMODB_TABLE_NAME"]
    daemon = start(**settings)
    client = daemon.client()
    tea, pot = product(client), product(client)
    broken, spoilt = held(client, (tea, 1)), held(client, (pot, 1))
    given.set_attributes(emulator, f"K#{broken['id']}", "#", table, total={"S": "much"})
    given.set_attributes(emulator, f"P#{pot['id']}", "STOCK", table, reserved={"N": "0"})
    held(client, (tea, 2))
    wait_for_stock(client, tea, (99, 1), 1 + LATE)
    assert stock_of(client, pot) == (99, 0)
    assert any(line["msg"] == "cannot expire a checkout" for line in daemon.log())
    assert status_in_table(emulator, spoilt, table) == "held"


def test_lost_answers_give_back_once(start, settings, proxy):
    client = start(**settings).client()
    tea = product(client)
    for number in range(4):
        (held if number % 2 else placed)(client, (tea, 5))
    proxy.rules(*({"fault": fault, "operation": operation, "probability": 0.4, "seed": fault}
                  for operation in ("TransactWriteItems", "Sweep")
                  for fault in ("lost-after", "internal-after", "conflict")))
    time.sleep(2 * shop.SLOWNESS)
    proxy.rules()
    wait_for_stock(client, tea, (100, 0), LATE)


# a clock that is set

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	char text[32] = "0";
	int fd;

	if (!real)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	if (real(id, now) != 0 || id != CLOCK_REALTIME)
		return id == CLOCK_REALTIME ? -1 : 0;
	fd = open(getenv("SHIM_FILE"), O_RDONLY);
	if (fd >= 0) {
		(void)!read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	now->tv_sec += atol(text);
	return 0;
}
"""


@pytest.fixture
def clock(folder):
    """Sets the clock of daemons that are started with `settings`, by so many seconds."""
    if shop.HAS_SANITIZER:
        pytest.skip("the sanitizers want to be loaded first")

    class Clock:
        source, library, file = (f"{folder}/shim.{end}" for end in ("c", "so", "seconds"))
        settings = {"LD_PRELOAD": library, "SHIM_FILE": file}

        def set(self, seconds):
            with open(f"{self.file}.new", "w", encoding="ascii") as out:
                out.write(str(seconds))
            os.replace(f"{self.file}.new", self.file)

    with open(Clock.source, "w", encoding="ascii") as out:
        out.write(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", Clock.library, Clock.source], check=True)
    clock = Clock()
    clock.set(0)
    return clock


def call_back(client, order, at):
    """Reports a payment that is signed at that moment."""
    body = json.dumps({"order_id": order["id"], "reference": f"{order['id']}-{at}",
                       "status": "failed"}).encode()
    signed = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return client.post("/payment/callback", body, X_Signature=f"t={at},v1={signed}")


def test_a_clock_that_is_set_neither_hurries_nor_delays(start, settings, clock, proxy):
    client = start(**settings | clock.settings | {
        "SHOPD_HOLD_TIME": "2s", "SHOPD_PAYMENT_TIME": "2s",
        "SHOPD_PAYMENT_SECRET": SECRET}).client()
    tea = product(client)
    for seconds in (3600, -3600):
        unpaid, before, ordered = placed(client, (tea, 1)), held(client, (tea, 1)), held(
            client, (tea, 1))
        clock.set(seconds)
        end = time.monotonic() + due_in(before) - 1.1  # a Date has whole seconds
        while time.monotonic() < end:
            assert client.get(f"/checkout/{before['id']}").status == 200, seconds
            assert stock_of(client, tea) == (97, 3), seconds
            time.sleep(0.1)
        assert client.get(f"/order/{unpaid['id']}").json["status"] == "placed"
        body = {"checkout_id": ordered["id"], "cash_on_delivery": True}
        ordered = expect(client.post("/order", body), 201).json
        during = held(client, (tea, 1))
        assert -2 < due_in(during) - 2 < 2, seconds
        expect(client.delete(f"/checkout/{during['id']}"), 204)
        wait_for_stock(client, tea, (99, 1), 1.1 + LATE)
        expect(client.get(f"/checkout/{before['id']}"), 410, "checkout-ended")
        expect(client.post("/order", {"checkout_id": before["id"]}), 410, "checkout-ended")
        assert client.get(f"/order/{unpaid['id']}").json["status"] == "expired"
        for off, status in ((0, 200), (297, 200), (-297, 200), (303, 401), (-303, 401)):
            assert call_back(client, ordered, int(time.time()) + off).status == status, off
        expect(client.post(f"/order/{ordered['id']}/cancel", {}), 200)
    # Requests are dated by the clock that was wrong until AWS says so.
    assert all("off by too much" in text for text in proxy.tell()["violations"])
    proxy.reset()
