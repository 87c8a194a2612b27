"""Many idle connections: what each costs, that others do not wait for them, and what is beyond.

`make idle` holds 10,000 of them, instead of some.
"""

import contextlib
import os
import resource
import shutil
import socket
import time

import pytest

import shop
import wire

CONNECTIONS = int(os.environ.get("SHOPD_TEST_CONNECTIONS", "2000"))
BYTES_EACH = 20 * 1024
"""What an idle connection may cost: libmicrohttpd's memory of 14 KiB, and some."""

ASK = b"GET /live HTTP/1.1\r\nHost: shop\r\n\r\n"
AT_ONCE = 100
CLIENTS = [f"127.0.0.{number}" for number in range(2, 102)]
"""None of them has more connections than an address may have."""


@pytest.fixture(scope="module", autouse=True)
def many_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CONNECTIONS + 500:
        pytest.skip(f"{hard} descriptors are not enough")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connect(port, number):
    connection = socket.create_connection(
        ("127.0.0.1", port), 20, source_address=(CLIENTS[number % len(CLIENTS)], 0))
    connection.sendall(ASK)
    return connection


def check_answer(connection):
    received = b""
    while b'{"status":"live"}\n' not in received:
        piece = connection.recv(4096)
        assert piece, received
        received += piece
    assert received.startswith(b"HTTP/1.1 200 ")


@contextlib.contextmanager
def idle(port, count):
    """That many connections, each of which has been used once."""
    with contextlib.ExitStack() as stack:
        connections = []
        for first in range(0, count, AT_ONCE):
            batch = [stack.enter_context(connect(port, number))
                     for number in range(first, min(first + AT_ONCE, count))]
            for connection in batch:
                check_answer(connection)
            connections += batch
        yield connections


@pytest.mark.timed
def test_idle_connections_cost_little_and_hinder_nobody(start, report):
    daemon = start(SHOPD_WORKERS=2)
    client = daemon.client()
    product = client.create(name="wanted")
    path = f"/product/{product['id']}"
    before = daemon.own_memory()
    with idle(daemon.port, CONNECTIONS) as connections:
        each = (daemon.own_memory() - before) * 1024 / CONNECTIONS
        assert daemon.metric("shopd_http_connections") >= CONNECTIONS
        time.sleep(2)  # libmicrohttpd has them all again, and looks after each of them
        times = []
        for _ in range(200):
            answer = client.get(path)
            assert answer.status == 200
            times.append(answer.elapsed)
        for connection in connections[:: max(1, CONNECTIONS // 200)]:
            connection.sendall(ASK)
            check_answer(connection)
    times.sort()
    report(f"{CONNECTIONS} idle connections: {each / 1024:.1f} KiB each, others' reads"
           f" p50 {times[100] * 1000:.1f} ms, p99 {times[198] * 1000:.1f} ms")
    assert times[100] < 0.05 * shop.SLOWNESS
    if not shop.IS_WATCHED:
        assert each <= BYTES_EACH
    shop.wait_until(lambda: daemon.metric("shopd_http_connections") <= 2, what="the end of all connections")


def test_beyond_the_limit_clients_wait_and_operators_do_not(start):
    """Until one of those who are idle has gone."""
    daemon = start(SHOPD_WORKERS=1, SHOPD_MAX_CONNECTIONS=20)
    with idle(daemon.port, 20), connect(daemon.port, 20) as waiting:
        for path in ("/live", "/ready"):
            assert daemon.admin().get(path).status == 200
        check_answer(waiting)


FILES = 400
counts_descriptors = pytest.mark.skipif(shop.HAS_VALGRIND, reason="it has some of its own")


class Limited(shop.Shopd):
    def launch(self, name, folder, env):
        argv = [shutil.which("prlimit"), f"--nofile={FILES}", shop.BINARY]
        return shop.Process(name, argv, folder, env)


@counts_descriptors
def test_clients_have_half_of_few_descriptors_and_make_room_for_others(folder, proxy, table):
    daemon = Limited(folder, proxy.url, SHOPD_WORKERS=1).ready()
    assert [line["max_connections"] for line in daemon.log() if line["level"] == "warning"
            and "limit of open files" in line["msg"]] == [FILES // 2]
    with idle(daemon.port, FILES // 2), connect(daemon.port, FILES // 2) as waiting:
        check_answer(waiting)
        assert len(os.listdir(f"/proc/{daemon.process.pid}/fd")) < FILES
    assert daemon.end() == 0


@counts_descriptors
def test_without_descriptors_those_who_are_there_are_served(start):
    """Whoever comes waits, until there is one again."""
    daemon = start(SHOPD_WORKERS=1)
    pid, spare = daemon.process.pid, 20
    client = daemon.client()
    product = client.create(name="wanted")
    used = len(os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + spare, used + spare))
    with contextlib.ExitStack() as stack:
        some = [stack.enter_context(connect(daemon.port, number)) for number in range(spare + 20)]
        check_answer(some[0])
        shop.wait_until(lambda: len(os.listdir(f"/proc/{pid}/fd")) == used + spare)
        before = shop.cpu_seconds(pid)
        for _ in range(20):
            answer = client.get(f"/product/{product['id']}")
            assert answer.status == 200
            time.sleep(0.02)
        assert shop.cpu_seconds(pid) - before < 0.3 * shop.SLOWNESS, "it turns in vain"
    assert wire.raw(daemon.port, ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))[1]
