"""Imports and exports that are slow, broken off, cut short or killed: what is left is right."""

import asyncio
import os
import random
import signal
import socket
import struct
import threading
import time

import pytest

import lines
import shop
import wire

pytestmark = pytest.mark.long

GET_EXPORT = b"GET /product/export HTTP/1.1\r\nHost: shop\r\n\r\n"


def open_files(daemon):
    """What is open, but for sockets: connections to the table are kept for the next call."""
    folder = f"/proc/{daemon.process.pid}/fd"
    targets = []
    for number in os.listdir(folder):
        try:
            targets.append(os.readlink(f"{folder}/{number}"))
        except FileNotFoundError:
            pass
    return sorted(target for target in targets if not target.startswith("socket:"))


def stock_is_right(emulator, table, ids):
    """Each product that is there has its stock and one opening movement; returns how many are."""
    items = {(item["pk"]["S"], item["sk"]["S"]): item for item in emulator.all_items(table)}
    ledgers = [pk for pk, _ in items if pk.startswith("M#")]
    count = 0
    for id in ids:
        is_there = (f"P#{id}", "#") in items
        assert ((f"P#{id}", "STOCK") in items) == is_there
        assert ledgers.count(f"M#{id}") == is_there
        if is_there:
            assert items[f"P#{id}", "STOCK"]["available"] == {"N": "3"}
        count += is_there
    assert len(ledgers) == count
    return count


def products(ids, **members):
    return [lines.product(id, on_hand=3, **members) for id in ids]


# constant memory


@pytest.mark.volume
def test_memory_does_not_grow_with_the_size(start, make_table):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_WORKERS=1)
    client = daemon.client(120)
    body = lines.text(products(lines.new_ids(3000), description="words " * 60))
    lines.import_all(client, products(lines.new_ids(200)))
    before = daemon.own_memory()
    assert set(lines.statuses(lines.send(client, body))) == {201}
    assert set(lines.statuses(lines.send(client, body))) == {200}
    assert set(lines.statuses(lines.send(client, "[" * 20 + "\n" + "{}\n" * 60_000))) == {400, 422}
    assert len(lines.export(client)) == 3200
    if not shop.IS_WATCHED:
        assert daemon.own_memory() - before < 16 * 1024
    assert daemon.metric("shopd_http_stream_lines_total") == 200 + 2 * 3000 + 60_001 + 3200
    client.close()


# slow clients


def test_an_import_may_take_longer_than_the_deadlines_as_long_as_it_goes_on(start, make_table):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_READ_DEADLINE="500ms",
                   SHOPD_REQUEST_DEADLINE="400ms")
    body = lines.text(products(lines.new_ids(20))).encode()
    upload = lines.Upload(daemon.port)
    step = len(body) // 10
    for at in range(0, len(body), step):
        upload.send(body[at:at + step])
        time.sleep(0.2)
    text, is_whole = lines.unchunk(upload.finish())
    assert is_whole and {result["status"] for result in lines.parse(text)} == {201}
    upload.close()


@pytest.mark.parametrize("said", [b"", b'{"name":"n","price":1}\n', b'{"name":"n",'])
def test_an_import_that_stands_still_is_closed(start, table, said):
    daemon = start(SHOPD_READ_DEADLINE="500ms")
    upload = lines.Upload(daemon.port)
    if said:
        upload.send(said)
    begun = time.monotonic()
    assert upload.receive() == b""
    assert 0.4 < time.monotonic() - begun < 4 * shop.SLOWNESS
    upload.close()


def test_a_slow_table_makes_the_client_wait(start, make_table, proxy):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_READ_DEADLINE="1s", SHOPD_WORKERS=1)
    proxy.fault("delay", seconds=1.5)
    body = lines.text(products(lines.new_ids(400), description="x" * 5000)).encode()
    upload = lines.Upload(daemon.port)
    upload.socket.setblocking(False)
    upload.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
    piece = b"%x\r\n%s\r\n" % (len(body), body)
    sent, end = 0, time.monotonic() + 1
    while time.monotonic() < end and sent < len(piece):
        try:
            sent += upload.socket.send(piece[sent:])
        except BlockingIOError:
            time.sleep(0.01)
    # Four batches are under way, and the kernel's buffers are full: all others have to wait.
    assert sent < len(piece)
    told = proxy.tell()
    assert told["requests"]["BatchGetItem"] - told["forwarded"].get("BatchGetItem", 0) <= 4
    upload.socket.settimeout(60)
    proxy.rules()
    upload.socket.sendall(piece[sent:])
    text, is_whole = lines.unchunk(upload.finish())
    assert is_whole and [result["status"] for result in lines.parse(text)] == [201] * 400
    upload.close()


def calls_until_rest(proxy):
    """Waits until nothing more is asked of the table; returns how often BatchGetItem was."""
    def asked():
        return proxy.tell()["requests"].get("BatchGetItem", 0)

    def is_at_rest():
        before = asked()
        time.sleep(shop.SLOWNESS)
        return asked() == before > 0

    shop.wait_until(is_at_rest, 30, "nothing more is asked")
    return asked()


def test_an_export_reads_no_further_than_its_client(start, make_table, proxy):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_WORKERS=1)
    client = daemon.client(60)
    ids = lines.new_ids(900)
    lines.import_all(client, products(ids, description="x" * 9000))
    before = daemon.own_memory()
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
    slow.connect(("127.0.0.1", daemon.port))
    proxy.reset()
    slow.sendall(GET_EXPORT)
    asked = calls_until_rest(proxy)
    assert client.get("/ready").status == 200  # and nobody else waits for him
    received = b""
    while not received.endswith(b"\r\n0\r\n\r\n"):
        received += slow.recv(65536)
    body, is_whole = lines.unchunk(received)
    assert is_whole and sorted(p["id"] for p in lines.parse(body)) == sorted(ids)
    assert asked < proxy.tell()["requests"]["BatchGetItem"]
    if not shop.IS_WATCHED:
        assert daemon.own_memory() - before < 16 * 1024
    slow.close()
    client.close()


# clients who leave


def reset(connection):
    """Closes without a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def vanish(daemon, chance, body):
    """Begins an import or an export and leaves at some moment."""
    if chance.random() < 0.5:
        upload = lines.Upload(daemon.port)
        connection = upload.socket
        cut = chance.randrange(len(body))
        upload.send(body[:cut])
        if chance.random() < 0.3:
            connection.sendall(b"0\r\n\r\n")
    else:
        connection = socket.create_connection(("127.0.0.1", daemon.port))
        connection.sendall(GET_EXPORT)
        if chance.random() < 0.5:
            connection.recv(chance.randrange(1, 60_000))
    time.sleep(chance.random() * 0.05)
    if chance.random() < 0.5:
        reset(connection)
    else:
        connection.close()


def test_clients_may_vanish_at_any_moment(start, make_table, emulator, proxy):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_WORKERS=2)
    client = daemon.client(60)
    ids = lines.new_ids(500)
    body = lines.text(products(ids, description="x" * 800)).encode()
    lines.import_all(client, products(ids[:400], description="x" * 800))
    chance = random.Random(11)
    proxy.fault("delay", probability=0.3, seconds=0.05)
    for _ in range(20):
        vanish(daemon, chance, body)
    shop.wait_until(lambda: daemon.metric("shopd_http_connections") <= 2)
    files, memory = open_files(daemon), daemon.own_memory()
    for _ in range(50):
        vanish(daemon, chance, body)
    shop.wait_until(lambda: daemon.metric("shopd_http_connections") <= 2)
    shop.wait_until(lambda: open_files(daemon) == files, what="files are closed")
    if not shop.IS_WATCHED:
        assert daemon.own_memory() - memory < 8 * 1024
    proxy.rules()
    assert stock_is_right(emulator, daemon.table, ids) >= 400
    assert set(lines.import_all(client, products(ids, description="x" * 800))) <= {200, 201}
    assert stock_is_right(emulator, daemon.table, ids) == 500
    client.close()
    begun = time.monotonic()
    assert daemon.end() == 0
    assert time.monotonic() - begun < 3 * shop.SLOWNESS
    assert not [e for e in daemon.log() if e["level"] == "error"]


# draining


def test_a_drain_ends_an_import_honestly(start, make_table, emulator, proxy):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_WORKERS=1)
    proxy.fault("delay", seconds=0.3)
    ids = lines.new_ids(200)
    body = lines.text(products(ids)).encode()
    upload = lines.Upload(daemon.port)
    upload.send(body[:len(body) // 4])
    time.sleep(0.2)
    daemon.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    upload.send(body[len(body) // 4:])
    received = upload.finish()
    text, is_whole = lines.unchunk(received)
    assert is_whole and b"\r\nConnection: close\r\n" in received
    results = lines.parse(text)
    assert [result["line"] for result in results] == list(range(1, 201))
    made = [ids[result["line"] - 1] for result in results if result["status"] == 201]
    refused = [result for result in results if result["status"] == 503]
    assert made and refused and len(made) + len(refused) == 200
    assert {result["code"] for result in refused} == {"shutting-down"}
    upload.close()
    assert daemon.process.wait() == 0
    proxy.rules()
    assert stock_is_right(emulator, daemon.table, made) == len(made)
    assert stock_is_right(emulator, daemon.table, ids) == len(made)


def test_a_drain_cuts_an_export(start, make_table, proxy):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_WORKERS=1)
    client = daemon.client()
    lines.import_all(client, products(lines.new_ids(300), description="x" * 3000))
    client.close()
    proxy.fault("delay", seconds=0.2)
    threading.Timer(1, daemon.process.send_signal, [signal.SIGTERM]).start()
    received, closed = wire.raw_bytes(daemon.port, GET_EXPORT)
    body, is_whole = lines.unchunk(received)
    assert closed and not is_whole and body
    assert daemon.process.wait() == 0


@pytest.mark.parametrize("kind", ["import", "export"])
def test_a_client_that_stands_still_does_not_hold_up_a_drain(start, make_table, kind):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_WORKERS=1, SHOPD_DRAIN_DEADLINE="1s")
    client = daemon.client(60)
    lines.import_all(client, products(lines.new_ids(150), description="x" * 9000))
    client.close()
    if kind == "import":
        connection = lines.Upload(daemon.port).socket
    else:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        connection.connect(("127.0.0.1", daemon.port))
        connection.sendall(GET_EXPORT)
    time.sleep(0.3)
    begun = time.monotonic()
    assert daemon.end() == 0
    assert time.monotonic() - begun < 6 * shop.SLOWNESS
    connection.close()


# failures


FAULTS = ("throttle", "internal", "internal-after", "conflict", "close", "lost-after", "cut-after",
          "checksum-after", "unavailable")


@pytest.mark.parametrize("attempts", [1, 4])
def test_whatever_fails_each_result_is_true(start, make_table, emulator, proxy, attempts):
    """And what is told to be sent again can be sent again, until all is there."""
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), AWS_MAX_ATTEMPTS=attempts,
                   SHOPD_REQUEST_DEADLINE="4s")
    client = daemon.client(60)
    for number, fault in enumerate(FAULTS):
        ids = lines.new_ids(40)
        left = dict.fromkeys(ids)
        client.create()  # on a healthy proxy, so that the quota of retries recovers
        proxy.fault(fault, probability=0.4, seed=number)
        for turn in range(40):
            wanted = products(left, n=number)
            results = lines.results(lines.send(client, lines.text(wanted)))
            assert [result["line"] for result in results] == list(range(1, len(wanted) + 1))
            assert {result["status"] for result in results} <= {200, 201, 503}
            assert {result["code"] for result in results if result["status"] == 503} <= {
                "unavailable", "outcome-unknown"}
            for product, result in zip(wanted, results):
                if result["status"] != 503:
                    assert result["id"] == product["id"]
                    assert f"P#{product['id']}" in emulator.items(
                        product["id"], daemon.table)["#"]["pk"]["S"]
                    del left[product["id"]]
                elif result["code"] == "unavailable" and turn == 0:
                    assert emulator.items(product["id"], daemon.table) == {}
            if not left:
                break
        proxy.rules()
        assert not left, fault
        items = [emulator.items(id, daemon.table) for id in ids]
        assert all(item["STOCK"]["available"] == {"N": "3"} for item in items)
        assert all(item["#"]["version"] == {"N": "1"} for item in items)
        assert all(len(lines.ledger(emulator, id, daemon.table)) == 1 for id in ids)
    client.close()


@pytest.mark.parametrize("fault", ["internal-after", "lost-after", "conflict", "throttle"])
def test_changes_are_made_once_through_faults(start, make_table, emulator, proxy, fault):
    daemon = start(DYNAMODB_TABLE_NAME=make_table())
    client = daemon.client(60)
    ids = lines.new_ids(60)
    lines.import_all(client, products(ids))
    proxy.fault(fault, probability=0.2, seed=5, operation="PutItem")
    results = lines.import_all(client, products(ids, x="new"))
    proxy.rules()
    for id, status in zip(ids, results):
        assert status in (200, 503)
        item = emulator.items(id, daemon.table)["#"]
        assert status == 503 or item["version"] == {"N": "2"}
    assert set(lines.import_all(client, products(ids, x="new"))) == {200}
    for id in ids:
        items = emulator.items(id, daemon.table)
        assert items["#"]["version"] == {"N": "2"} and items["STOCK"]["version"] == {"N": "1"}
    client.close()


def test_after_a_kill_the_same_file_again_makes_it_whole(folder, proxy, make_table, emulator):
    table = make_table()
    ids = lines.new_ids(600)
    body = lines.text(products(ids))
    chance = random.Random(3)
    for _ in range(3):
        daemon = shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=table).ready()
        timer = threading.Timer(chance.uniform(0.02, 0.3), daemon.process.popen.kill)
        timer.start()
        try:
            lines.send(daemon.client(), body)
        except (ConnectionError, OSError):
            pass
        timer.cancel()
        daemon.end(signal.SIGKILL)
        stock_is_right(emulator, table, ids)
    daemon = shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=table).ready()
    client = daemon.client(60)
    assert set(lines.statuses(lines.send(client, body))) <= {200, 201}
    assert stock_is_right(emulator, table, ids) == 600
    assert set(lines.statuses(lines.send(client, body))) == {200}
    client.close()
    assert daemon.end() == 0


# many at once


def test_many_streams_and_many_requests_at_once(start, make_table, proxy):
    """Of many connections, some suspended and some ready, none is forgotten."""
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_WORKERS=1,
                   SHOPD_REQUEST_DEADLINE="29s")
    client = daemon.client(60)
    lines.import_all(client, products(lines.new_ids(150), description="x" * 3000))
    client.close()
    proxy.fault("delay", probability=0.5, seconds=0.02)

    async def export():
        reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port, limit=1 << 24)
        writer.write(GET_EXPORT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        received = await reader.read(-1)
        writer.close()
        return received.endswith(b"\r\n0\r\n\r\n"), received.count(b'{"id"')

    async def upload():
        reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port, limit=1 << 24)
        body = lines.text(products(lines.new_ids(60))).encode()
        writer.write(lines.Upload.HEAD)
        for at in range(0, len(body), 1000):
            piece = body[at:at + 1000]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await asyncio.sleep(0.001)
        writer.write(b"0\r\n\r\n")
        received = await reader.readuntil(b"\r\n0\r\n\r\n")
        writer.close()
        return received.count(b'{"line":')

    async def ask():
        connection = await wire.Connection(daemon.port).open()
        for _ in range(10):
            # On a busy machine the table may be too slow; nobody may be left without an answer.
            answer = await connection.request("GET", "/product?limit=3")
            assert answer.status in (200, 503)
        connection.close()

    async def all_at_once():
        return await asyncio.wait_for(asyncio.gather(
            *(export() for _ in range(20)), *(upload() for _ in range(10)),
            *(ask() for _ in range(40))), 60 * shop.SLOWNESS)

    counts = asyncio.run(all_at_once())
    assert all(count >= 150 for is_whole, count in counts[:20] if is_whole)
    assert counts[20:30] == [60] * 10
