"""shopd as systemd runs it: its socket handed over, one binary after the other under load without
a failed request, and what is told to $NOTIFY_SOCKET."""

import contextlib
import http.client
import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

import shop
import wire
from authority import Client as TlsClient, Files

pytestmark = pytest.mark.timed

HAND_OVER = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" 3<&0 </dev/null'
"""sd_listen_fds(3): descriptor 3, and by whom it may be used."""


class Manager:
    """What systemd is to a service: it holds the socket, and hears what the service tells."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = socket.create_server(("127.0.0.1", shop.free_port()), backlog=4096)
        self.port = self.socket.getsockname()[1]
        self.heard = []
        self.path = folder / "notify"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.path))
        self.notify.setblocking(False)
        self.service = None

    def hear(self):
        """All that was told so far, in its order."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.heard.append(self.notify.recv(4096).decode())
        return self.heard

    def start(self, binary, endpoint, **settings):
        """Starts a service and waits for READY=1, as `systemctl start` does."""
        self.heard.clear()
        self.service = Service(self, binary, endpoint, settings)
        shop.wait_until(lambda: "READY=1" in self.hear() or not self.service.process.running(),
                        what="READY=1")
        assert self.service.process.running(), self.service.process.log_text()[-4000:]
        return self.service

    def stop(self):
        """SIGTERM, and waits for the end, as `systemctl stop` does."""
        assert self.service.process.end(seconds=30) == 0, self.service.process.log_text()[-4000:]
        assert "STOPPING=1" in self.hear()

    def end(self):
        if self.service and self.service.process.running():
            self.service.process.end()
        self.socket.close()
        self.notify.close()


class Service(shop.Shopd):
    """A shopd that is handed a socket."""

    def __init__(self, manager, binary, endpoint, settings):
        self.manager, self.binary = manager, binary
        super().__init__(manager.folder, endpoint, NOTIFY_SOCKET=manager.path, **settings)
        self.port = manager.port

    def launch(self, name, folder, env):
        return shop.Process(name, ["sh", "-c", HAND_OVER, self.binary], folder, env,
                            stdin=self.manager.socket)


@pytest.fixture
def manager(tmp_path):
    manager = Manager(tmp_path)
    yield manager
    manager.end()


def is_over(client):
    """Whether the server has closed a kept connection, which clients look at before they use it."""
    link = client.connection.sock
    return link is not None and bool(select.select([link], [], [], 0)[0])


class Shoppers:
    """Threads that ask all the time: on kept connections, on new ones, and with pauses between."""

    def __init__(self, connect):
        self.connect = connect
        self.ends, self.answers, self.failures, self.closed = False, 0, [], 0
        self.lock = threading.Lock()
        kinds = [(True, 0)] * 3 + [(False, 0)] * 3 + [(True, 0.05), (True, 0.4)]
        self.threads = [threading.Thread(target=self.run, args=kind) for kind in kinds]
        for thread in self.threads:
            thread.start()

    def run(self, keeps, pause):
        client, n = self.connect(), 0
        while not self.ends:
            n += 1
            if is_over(client):
                client.close()
            try:
                self.ask(client, n)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append((keeps, pause, repr(error)))
                client.close()
            if not keeps:
                client.close()
            time.sleep(pause)
        client.close()

    def ask(self, client, n):
        if n % 4 == 0:
            answer = client.post("/product", {"name": "under load", "price": n})
        else:
            answer = client.get("/product?limit=1")
        with self.lock:
            self.answers += 1
            self.closed += answer.headers.get("Connection", "").lower() == "close"
        if answer.status not in (200, 201):
            self.failures.append(answer)

    def end(self):
        self.ends = True
        for thread in self.threads:
            thread.join()


def upgrade_under_load(manager, binaries, endpoint, connect, **settings):
    """Serves with each binary in turn while shoppers ask. Returns how many were asked to move."""
    manager.start(binaries[0], endpoint, **settings)
    shoppers = Shoppers(connect)
    for binary in binaries[1:]:
        asked = shoppers.answers
        shop.wait_until(lambda: shoppers.answers > asked + 100, 30, "requests")
        manager.stop()
        manager.start(binary, endpoint, **settings)
    asked = shoppers.answers
    shop.wait_until(lambda: shoppers.answers > asked + 100, 30, "requests")
    shoppers.end()
    manager.stop()
    assert shoppers.failures == []
    return shoppers


@pytest.fixture
def binaries(tmp_path):
    """Two versions: what is told apart is the file."""
    return [shutil.copy(shop.BINARY, tmp_path / f"shopd-{name}") for name in ("old", "new")]


def test_an_upgrade_under_load_fails_no_request(manager, binaries, proxy, table):
    proxy.rules({"fault": "delay", "probability": 0.2, "seconds": 0.1})
    shoppers = upgrade_under_load(manager, binaries * 2, proxy.url,
                                  lambda: wire.Client(manager.port))
    assert shoppers.closed > 0


def test_nor_does_it_over_tls(manager, binaries, proxy, table, authority):
    files = Files(authority, manager.folder)
    upgrade_under_load(manager, binaries, proxy.url,
                       lambda: TlsClient(manager.port, authority), **files.settings())


def test_connections_wait_for_the_next_process(manager, proxy, table):
    """Nobody is refused while no shopd is there; the first that comes answers."""
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(
        wire.Client(manager.port).get("/product?limit=1"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    manager.start(shop.BINARY, proxy.url)
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [200] * 8
    manager.stop()


def test_systemd_is_told_what_happens(manager, proxy, table):
    service = manager.start(shop.BINARY, proxy.url, WATCHDOG_USEC=200_000)
    shop.wait_until(lambda: manager.hear().count("WATCHDOG=1") >= 3)
    service.process.send_signal(signal.SIGHUP)
    reloading = shop.wait_until(
        lambda: [told for told in manager.hear() if told.startswith("RELOADING=1")])[0]
    words = dict(line.split("=") for line in reloading.splitlines())
    # systemd compares it with its own clock, to know that this is about its own signal.
    assert 0 <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000 - int(
        words["MONOTONIC_USEC"]) < 60_000_000
    shop.wait_until(lambda: manager.hear().count("READY=1") == 2)
    heard = [told for told in manager.hear() if told != "WATCHDOG=1"]
    assert heard == ["READY=1", reloading, "READY=1"]
    manager.stop()
    assert manager.hear().count("STOPPING=1") == 1


def test_several_sockets_are_not_accepted_and_left_alone(manager, proxy, table):
    ended = subprocess.run(
        ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$0" 3<&0 4<&0', shop.BINARY],
        stdin=manager.socket, env=shop.environment({"AWS_ENDPOINT_URL_DYNAMODB": proxy.url}),
        capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1 and "ListenStream=" in ended.stdout + ended.stderr


def test_another_processes_socket_is_not_taken(folder, proxy, table):
    """LISTEN_PID names who is meant; shopd then listens where its settings say."""
    daemon = shop.Shopd(folder, proxy.url, LISTEN_PID=os.getpid(), LISTEN_FDS=1).ready()
    assert daemon.client().get("/live").status == 200
    assert daemon.end() == 0
