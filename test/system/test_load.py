"""Many connections at once, slow backends, slow senders, and clients that leave."""

import asyncio
import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

import shop
import wire

pytestmark = pytest.mark.timed

CONNECTIONS = 1000
REQUESTS = 8
"""For each connection."""
SETTLE_SECONDS = 1.2
"""From being ready until a daemon has dropped the memory of its start, and some more."""


@pytest.fixture(scope="module", autouse=True)
def many_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture(scope="module")
def canned(folder, emulator, shared):
    """The canned backend, which answers with a product that shopd itself has stored."""
    product = shared.running().client().create(name="canned", on_hand=5, color="red")
    table = emulator.client.describe_table(TableName=shop.TABLE)["Table"]
    template = Path(folder) / "canned.json"
    template.write_text(json.dumps({
        "id": product["id"], "name": shop.TABLE, "table": {"Table": table},
        "ttl": {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}},
        "items": list(emulator.items(product["id"]).values())}, default=seconds))
    process = shop.Process("canned", [sys.executable, shop.HERE / "canned.py", template], folder,
                           stdout=subprocess.PIPE)
    port = int(process.popen.stdout.readline())
    yield f"http://127.0.0.1:{port}", product
    process.end()


def seconds(when):
    return when.timestamp()


def product_like(canned, product_id):
    return canned[1] | {"id": product_id}


def new_id(kind="00000000"):
    return kind + str(uuid.uuid4())[8:]


async def ask(connection, canned, product_id):
    """Reads a product, checks every byte's meaning, and returns how long it took."""
    start = time.monotonic()
    answer = await connection.request("GET", f"/product/{product_id}")
    elapsed = time.monotonic() - start
    assert (answer.status, answer.json) == (200, product_like(canned, product_id)), answer
    return elapsed


@contextlib.asynccontextmanager
async def opened(port, count):
    """That many open connections, made a few at a time so that no SYN is lost."""
    gate = asyncio.Semaphore(100)

    async def one():
        async with gate:
            return await wire.Connection(port).open()

    connections = await asyncio.gather(*(one() for _ in range(count)))
    yield connections
    for connection in connections:
        connection.close()


def percentile(values, share):
    return sorted(values)[int(len(values) * share) - 1]


def test_a_thousand_connections_at_once_are_all_served_right(start, canned, report):
    daemon = start(canned[0])

    async def one(connection):
        return [await ask(connection, canned, new_id()) for _ in range(REQUESTS)]

    async def everyone():
        async with opened(daemon.port, CONNECTIONS) as connections:
            begin = time.monotonic()
            everything = asyncio.gather(*map(one, connections))
            times = await asyncio.wait_for(everything, 30 * shop.SLOWNESS)
            return time.monotonic() - begin, times

    elapsed, times = asyncio.run(everyone())
    every = [t for mine in times for t in mine]
    report(f"{CONNECTIONS} connections, {len(every)} reads behind 5 ms:"
           f" {len(every) / elapsed:.0f}/s, p50 {percentile(every, 0.5) * 1000:.0f} ms,"
           f" p99 {percentile(every, 0.99) * 1000:.0f} ms,"
           f" worst {max(every) * 1000:.0f} ms, RSS {daemon.rss()} KiB")
    # None is starved: the one that waited longest in all waited little longer than the others.
    totals = [sum(mine) for mine in times]
    assert max(totals) < 3 * percentile(totals, 0.5) + 0.5


def test_a_hanging_backend_is_503_in_time_while_live_answers_at_once(start, canned):
    deadline = 1
    daemon = start(canned[0], SHOPD_REQUEST_DEADLINE=deadline)
    waits = probe_live(daemon.port, lambda: asyncio.run(hang(daemon.port, 200, deadline)))
    assert len(waits) > 10
    assert percentile(waits, 0.95) < 0.05 * shop.SLOWNESS, sorted(waits)[-9:]


async def hang(port, count, deadline):
    async def one(connection):
        start = time.monotonic()
        answer = await connection.request("GET", f"/product/{new_id('ffffffff')}")
        assert (answer.status, answer.json["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        return time.monotonic() - start

    async with opened(port, count) as connections:
        elapsed = await asyncio.gather(*map(one, connections))
    assert max(elapsed) < deadline + 0.5 * shop.SLOWNESS


def probe_live(port, action):
    """Asks /live again and again while the action runs; returns how long each took."""
    thread = threading.Thread(target=action)
    failure = []
    threading.excepthook = lambda args: failure.append(args.exc_value)
    thread.start()
    time.sleep(0.3)
    waits = []
    kept = wire.Client(port)
    while thread.is_alive():
        fresh = wire.Client(port)
        for client in (kept, fresh):
            answer = client.get("/live")
            assert answer.status == 200
            waits.append(answer.elapsed)
        fresh.close()
        time.sleep(0.01)
    thread.join()
    threading.excepthook = threading.__excepthook__
    if failure:
        raise failure[0]
    return waits


def test_many_suspended_and_many_ready_connections_do_not_hinder_each_other(start, canned, report):
    if shop.IS_WATCHED:
        pytest.skip("all of them at once take longer than a call to the table may")
    daemon = start(canned[0], SHOPD_WORKERS=1, SHOPD_MAX_CALLS=1000)
    done = []

    async def suspended(connection):
        done.append(await ask(connection, canned, new_id("eeeeeeee")))

    async def ready(connection, times):
        while len(done) < 300:
            start = time.monotonic()
            assert (await connection.request("GET", "/live")).status == 200
            times.append(time.monotonic() - start)
            times.append(await ask(connection, canned, new_id()))

    async def everyone():
        times = []
        async with opened(daemon.port, 600) as connections:
            everything = asyncio.gather(
                *map(suspended, connections[:300]),
                *(ready(connection, times) for connection in connections[300:]))
            await asyncio.wait_for(everything, 20 * shop.SLOWNESS)
        return times

    times = asyncio.run(everyone())
    report(f"300 ready connections beside 300 suspended ones: {len(times)} answers,"
           f" p99 {percentile(times, 0.99) * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms")
    assert len(times) > 1200
    assert max(times) < 0.6 * shop.SLOWNESS
    assert max(done) < 2 * shop.SLOWNESS


def test_too_many_calls_are_turned_away_at_once(start, canned):
    daemon = start(canned[0], SHOPD_WORKERS=1, SHOPD_MAX_CALLS=2, SHOPD_REQUEST_DEADLINE=2)

    async def one(connection):
        answer = await connection.request("GET", f"/product/{new_id('ffffffff')}")
        assert (answer.status, answer.json["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1

    async def everyone():
        async with opened(daemon.port, CONNECTIONS) as connections:
            await asyncio.gather(*map(one, connections))

    start = time.monotonic()
    asyncio.run(everyone())
    assert time.monotonic() - start < 3.5 * shop.SLOWNESS
    assert daemon.client().get(f"/product/{new_id()}").status == 200


def test_beyond_the_bound_the_answer_is_503_at_once_while_live_answers(start, canned):
    bound, surplus, deadline = 50, 150, 1
    daemon = start(canned[0], SHOPD_WORKERS=1, SHOPD_MAX_REQUESTS=bound,
                   SHOPD_REQUEST_DEADLINE=deadline)
    took = []

    async def one(connection):
        start = time.monotonic()
        answer = await connection.request("GET", f"/product/{new_id('ffffffff')}")
        assert (answer.status, answer.json["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        took.append(time.monotonic() - start)

    async def everyone():
        async with opened(daemon.port, bound + surplus) as connections:
            await asyncio.gather(*map(one, connections))

    waits = probe_live(daemon.port, lambda: asyncio.run(everyone()))
    assert percentile(waits, 0.95) < 0.05 * shop.SLOWNESS, sorted(waits)[-9:]
    assert max(sorted(took)[:surplus]) < 0.5 * shop.SLOWNESS, sorted(took)
    assert min(sorted(took)[surplus:]) > 0.5
    metrics = daemon.metrics()
    assert f'\nshopd_http_overload_total{{what="requests"}} {surplus}\n' in metrics


SLOW_STARTS = {
    "a head": b"GET /live HTTP/1.1\r\nHost: shop\r\nX-Slow: " + b"x" * 200,
    "a first line": b"GET /" + b"x" * 200,
    "a body": b"POST /product HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
              b"Content-Length: 5000\r\n\r\n" + b" " * 200,
    "chunks": b"POST /product HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
              b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 50,
    "a second request": b"GET /live HTTP/1.1\r\nHost: shop\r\n\r\nGET /live HTTP/1.1\r\nHost: s"
                        + b"x" * 200,
}


def dribble(port, data, pause, limit):
    """Sends byte by byte. Returns what came back, and after how long the peer closed."""
    at_once = data.rfind(b"\r\n\r\n") + 4 if b"\r\n\r\n" in data else 1
    with socket.create_connection(("127.0.0.1", port), limit) as connection:
        connection.sendall(data[:at_once])
        start, received = time.monotonic(), b""
        connection.settimeout(pause)
        for byte in data[at_once:]:
            if time.monotonic() - start > limit:
                return received, None
            try:
                connection.sendall(bytes([byte]))
                piece = connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                piece = b""
            if not piece:
                break
            received += piece
        return received, time.monotonic() - start


def test_a_slow_sender_is_closed_within_the_read_deadline(slow_daemon):
    def send(what):
        return what, dribble(slow_daemon.port, SLOW_STARTS[what], 0.1, 6 * shop.SLOWNESS)

    with ThreadPoolExecutor(5 * len(SLOW_STARTS)) as pool:
        results = pool.map(send, list(SLOW_STARTS) * 5)
        client = slow_daemon.client()
        for _ in range(40):
            assert client.get("/live").elapsed < 0.1 * shop.SLOWNESS
            time.sleep(0.02)
    for what, (received, elapsed) in results:
        assert elapsed is not None, f"{what}: never closed"
        assert 0.5 <= elapsed <= 1 + 2.5 * shop.SLOWNESS, what
        answers = wire.split_answers(received)
        if what == "a second request":
            assert answers.pop(0).status == 200
        assert [answer.status for answer in answers] in ([], [408])
        assert all(answer.json["code"] == "request-timeout" for answer in answers)


@pytest.fixture(scope="module")
def slow_daemon(folder, proxy, table):
    daemon = shop.Shopd(folder, proxy.url, SHOPD_READ_DEADLINE=1).ready()
    yield daemon
    assert daemon.end() == 0


def test_an_idle_connection_is_not_a_slow_sender(slow_daemon):
    client = slow_daemon.client()
    client.get("/live")
    mine = client.connection.sock
    time.sleep(1.5)
    assert client.get("/live").status == 200
    assert client.connection.sock is mine


def test_clients_that_leave_early_leave_nothing_behind(start, canned):
    daemon = start(canned[0], SHOPD_WORKERS=1, SHOPD_REQUEST_DEADLINE=2)

    def files():
        return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))

    def leave_early():
        for kind in ("ffffffff", "eeeeeeee", "00000000") * 50:
            with socket.create_connection(("127.0.0.1", daemon.port)) as connection:
                connection.sendall(
                    f"GET /product/{new_id(kind)} HTTP/1.1\r\nHost: shop\r\n\r\n".encode())
        client = daemon.client()
        assert client.get(f"/product/{new_id()}").status == 200
        client.close()
        shop.wait_until(lambda: inbound(daemon) == 0, 6, "connections of clients that left")

    before = files()
    for _ in range(2):
        leave_early()
        # What stays are kept connections to the backend, of up to three descriptors each.
        assert outgoing(daemon) <= 160
        assert files() <= before + 3 * outgoing(daemon) + 5


def outgoing(daemon):
    return daemon.metric("shopd_client_connections")


def inbound(daemon):
    """Open connections that clients made, by the kernel's own list."""
    port = f":{daemon.port:04X}"
    inodes = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
              if line.split()[1].endswith(port) and line.split()[3] != "0A"}
    return sum(link[8:-1] in inodes for link in links(f"/proc/{daemon.process.pid}/fd"))


def links(folder):
    """What the descriptors are, as far as they stay open for that long."""
    for name in os.listdir(folder):
        try:
            yield os.readlink(f"{folder}/{name}")
        except FileNotFoundError:
            pass


def test_memory_stays_within_its_limits(start, canned, report):
    daemon = start(canned[0], SHOPD_WORKERS=1)
    started = daemon.rss()
    time.sleep(SETTLE_SECONDS)
    idle = daemon.rss()

    async def one(connection):
        for _ in range(4):
            await ask(connection, canned, new_id())

    async def busy():
        async with opened(daemon.port, CONNECTIONS) as connections:
            await asyncio.gather(*map(one, connections))
            return daemon.rss()

    while_busy = asyncio.run(busy())
    report(f"memory: {started} KiB at the start, idle {idle} KiB,"
           f" {CONNECTIONS} busy connections {while_busy} KiB")
    if not shop.IS_WATCHED:
        assert idle < started - 1024
        assert idle <= 12 * 1024
        assert while_busy <= 64 * 1024


def test_a_large_body_is_read_while_others_are_served(shopd):
    slow, quick = shopd.client(), shopd.client()
    body = json.dumps({"name": "x", "price": 1, "big": "y" * 200_000}).encode()
    slow.connection.putrequest("POST", "/product")
    slow.connection.putheader("Content-Type", "application/json")
    slow.connection.putheader("Content-Length", str(len(body)))
    slow.connection.endheaders()
    for start in range(0, len(body), 20_000):
        slow.connection.send(body[start : start + 20_000])
        assert quick.get("/live").elapsed < 0.2 * shop.SLOWNESS
    response = slow.connection.getresponse()
    assert response.status == 201
    assert json.loads(response.read(), parse_float=Decimal)["big"] == "y" * 200_000
