"""Clients speak TLS with shopd: versions, what is no TLS, slow ones, another certificate under
load, also together with other keys for callers, a drain. What a certificate must be is told at the
start and by --check-config."""

import contextlib
import http.client
import signal
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

import lines
import shop
import wire
from authority import Client, Files, name_of, trusting
from callers import ISSUER, Issuer, Keys
from given import expect

READ_DEADLINE = 0.5


def shake_hands(port, context):
    """A new connection after its handshake."""
    plain = socket.create_connection(("127.0.0.1", port), 10)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


@pytest.fixture(scope="module")
def files(authority, tmp_path_factory):
    return Files(authority, tmp_path_factory.mktemp("identity"))


@pytest.fixture(scope="module")
def secure(folder, proxy, table, files):
    """A daemon that the tests of this file share, and leave as it was."""
    daemon = shop.Shopd(folder, proxy.url, SHOPD_READ_DEADLINE="500ms", **files.settings())
    yield daemon.ready()
    assert daemon.end() == 0, daemon.process.log_text()[-4000:]
    log = daemon.process.log_text()
    for name in ("first", "second"):
        secret = (files.authority.folder / f"{name}.key").read_text().splitlines()[1]
        assert secret not in log


@pytest.fixture
def client(secure, authority):
    client = Client(secure.port, authority)
    yield client
    client.close()


# what is spoken


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version, is_good", [
    ("TLSv1", False), ("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_only_tls_1_2_and_1_3_are_spoken(secure, authority, version, is_good):
    context = trusting(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    if not is_good:
        with pytest.raises(OSError):
            shake_hands(secure.port, context)
        return
    with shake_hands(secure.port, context) as link:
        assert link.version() == version.replace("_", ".")
        link.sendall(b"GET /live HTTP/1.1\r\nHost: shop\r\n\r\n")
        assert link.recv(4096).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("ciphers", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "aNULL",
                                     "ECDHE-ECDSA-AES256-SHA384"])
def test_what_is_weak_is_refused(secure, authority, ciphers):
    """No forward secrecy, no authentication of what is sent, or none at all."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(OSError):
        shake_hands(secure.port, context)


NO_TLS = {
    "plain HTTP": b"GET /live HTTP/1.1\r\nHost: shop\r\n\r\n",
    "nothing": b"\0" * 2000,
    "a long record": b"\x16\x03\x01\xff\xff" + b"x" * 70000,
    "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "an empty hello": b"\x16\x03\x01\x00\x04\x01\x00\x00\x00",
}


@pytest.mark.parametrize("said", NO_TLS)
def test_what_is_no_tls_is_closed_and_harms_nobody(secure, client, said):
    received, closed = wire.raw_bytes(
        secure.port, NO_TLS[said], 5 * shop.SLOWNESS)
    assert closed
    assert not received.startswith(b"HTTP")
    assert expect(client.get("/live"), 200)


def test_requests_in_one_record_and_records_in_pieces(secure, authority):
    """More than libmicrohttpd takes at once stays with GnuTLS, where no socket tells of it."""
    get = b"GET /live HTTP/1.1\r\nHost: shop\r\nX-Request-Id: %s\r\n\r\n"
    sent = b"".join(get % (b"%d-" % n + b"x" * 40) for n in range(165))
    assert 16384 > len(sent) > 14336
    begin = time.monotonic()
    with shake_hands(secure.port, trusting(authority)) as link:
        for piece in (sent, sent[:11], sent[11:-30], sent[-30:]):
            link.sendall(piece)
        received = b""
        while received.count(b'{"status":"live"}') < 330:
            piece = link.recv(65536)
            assert piece, received[-500:]
            received += piece
    assert len(wire.split_answers(received)) == 330
    assert time.monotonic() - begin < 5 * shop.SLOWNESS


def test_bodies_and_streams_go_both_ways(client):
    ids = lines.new_ids(200)
    text = lines.text(lines.product(id, note="n" * 3000) for id in ids)
    assert len(text) > 600_000
    for status in (201, 200):
        assert lines.statuses(lines.send(client, text)) == [status] * len(ids)
    assert set(ids) <= {product["id"] for product in lines.export(client)}
    large = {"name": "large", "price": 1, "note": "x" * 200_000}
    made = expect(client.post("/product", large), 201).json
    assert expect(client.get(f"/product/{made['id']}"), 200).json["note"] == large["note"]


# who is slow


def drip(links):
    """Sends to each a byte of what follows it again and again, until all are closed."""
    links = dict(links)
    for n in range(2000 * shop.SLOWNESS):
        for link, text in list(links.items()):
            try:
                link.sendall(text[n % len(text):][:1])
            except OSError:
                del links[link]
        if not links:
            return
        time.sleep(0.02)
    raise AssertionError(f"{len(links)} are never cut")


def test_who_is_slow_is_cut_and_who_is_idle_is_not(secure, authority):
    idle = [shake_hands(secure.port, trusting(authority)) for _ in range(4)]
    asking = shake_hands(secure.port, trusting(authority))
    asking.sendall(b"GET /live HTTP/1.1\r\nHost: shop\r\n\r\n")
    assert asking.recv(4096).startswith(b"HTTP/1.1 200 ")
    silent = socket.create_connection(("127.0.0.1", secure.port), 10)
    silent.sendall(b"\x80\x2e\x01")  # a hello's first bytes
    slow = socket.create_connection(("127.0.0.1", secure.port), 10)
    begin = time.monotonic()
    drip({slow: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500,
          asking: b"GET /a-long-path-that-never-ends"})
    with contextlib.suppress(ConnectionError):
        assert silent.recv(1) == b""
    assert READ_DEADLINE / 2 < time.monotonic() - begin
    while time.monotonic() - begin < READ_DEADLINE + 1.5:  # it looks every second
        time.sleep(0.05)
    for link in idle:
        link.sendall(b"GET /live HTTP/1.1\r\nHost: shop\r\n\r\n")
        assert link.recv(4096).startswith(b"HTTP/1.1 200 ")
    for link in (*idle, asking, slow, silent):
        link.close()


# another certificate


class Callers:
    """Threads that ask all the time, half of them on a new connection each time."""

    def __init__(self, port, authority, count=4):
        self.port, self.authority = port, authority
        self.ends, self.asked, self.failures, self.names = False, 0, [], set()
        self.threads = [threading.Thread(target=self.run, args=(n % 2 == 0,), daemon=True)
                        for n in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self, keeps):
        client = Client(self.port, self.authority)
        while not self.ends:
            try:
                answer = client.get("/product?limit=1")
                if answer.status != 200:
                    self.failures.append(answer)
                self.names.add(client.certificate())
                self.asked += 1
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(error)
            if not keeps:
                client.close()
            time.sleep(0.01)  # the other tests want the machine, too
        client.close()

    def end(self):
        self.ends = True
        for thread in self.threads:
            thread.join()


def reload(daemon, what):
    """SIGHUP, and waits for a line of the log that is about it."""
    before = len(daemon.log())
    daemon.process.send_signal(signal.SIGHUP)
    return shop.wait_until(
        lambda: [line for line in daemon.log()[before:] if what in line["msg"]], what=what)[0]


def shown(daemon, authority):
    with shake_hands(daemon.port, trusting(authority)) as link:
        return name_of(link)


def test_another_certificate_under_load_fails_no_request(secure, authority, files):
    kept = Client(secure.port, authority)
    expect(kept.get("/live"), 200)
    callers = Callers(secure.port, authority)
    for name in ("second", "first", "second"):
        files.install(name)
        assert reload(secure, "TLS certificate")["subject"] == f"CN={name}"
        shop.wait_until(lambda: all(shown(secure, authority) == name for _ in range(6)))
    asked = callers.asked
    shop.wait_until(lambda: callers.asked > asked + 20)
    callers.end()
    assert callers.failures == []
    assert callers.names == {"first", "second"}
    assert "\nshopd_tls_certificate_expires_seconds 1" in secure.metrics()
    assert expect(kept.get("/live"), 200) and kept.certificate() == "first"
    kept.close()
    files.install("first")
    reload(secure, "TLS certificate")


def test_a_bad_file_keeps_the_certificate_and_the_log_says_what_is_wrong(
        secure, authority, files):
    def spoil(why, path):
        line = reload(secure, "cannot take the TLS certificate; the one from before stays")
        assert why in line["why"] and str(path) in line["why"]
        assert line["level"] == "error"
        assert shown(secure, authority) == "first"

    files.install("first", key="second")
    spoil("the key does not belong to the certificate", files.key)
    files.key.write_text("nothing")
    spoil("there is no key in PEM form", files.key)
    files.key.unlink()
    spoil("No such file", files.key)
    files.install("first")
    files.certificate.write_text("")
    spoil("empty", files.certificate)
    files.install("second")
    reload(secure, "TLS certificate")
    shop.wait_until(lambda: all(shown(secure, authority) == "second" for _ in range(6)))
    files.install("first")
    files.key.chmod(0o644)
    line = reload(secure, "others on this machine")
    assert (line["what"], line["file"]) == ("read the TLS key", str(files.key))
    files.install("first")
    reload(secure, "TLS certificate")
    shop.wait_until(lambda: all(shown(secure, authority) == "first" for _ in range(6)))


# all that SIGHUP reloads


class Reloaded:
    """The three files together. There are two of each: of key, issuer's key and certificate, by
    the same names; all three files have one or the other."""

    NAMES = ("first", "second")

    def __init__(self, authority, here):
        self.authority, self.tls, self.keys = authority, Files(authority, here), Keys(here / "keys")
        self.issuer, self.jwks = Issuer(), here / "jwks"
        self.issuer.keys["second"] = Issuer().keys["first"]
        self.shown, self.lines, self.sets = {}, {}, {}
        for name in self.NAMES:
            self.shown[name] = {"X-Api-Key": self.keys.new(name, "admin")}
            self.lines[name] = self.keys.path.read_text().splitlines(True)[-1]
            self.sets[name] = self.issuer.key_set(only=name)
        self.install("first")

    def install(self, name):
        self.keys.path.write_text(self.lines[name])
        self.jwks.write_text(self.sets[name])
        self.tls.install(name)

    def settings(self):
        return {"SHOPD_API_KEYS": self.keys.path, "SHOPD_JWKS_FILE": self.jwks,
                "SHOPD_JWT_ISSUER": ISSUER, "SHOPD_JWT_AUDIENCE": "web",
                "SHOPD_GROUP_SCOPES": "staff=user:read", **self.tls.settings()}

    def token(self, name):
        return {"Authorization": "Bearer " + self.issuer.token("jo", name, groups=["staff"])}

    def taken(self, client):
        """Which key is taken on this connection, which issuer's, and whose certificate is shown;
        the other key and the other issuer's are refused."""
        taken = [[], []]
        for name in self.NAMES:
            for names, shown in zip(taken, (self.shown[name], self.token(name))):
                answer = client.request("GET", "/user?limit=1", headers=shown)
                if answer.status == 200:
                    names.append(name)
                else:
                    expect(answer, 401, "unauthenticated")
        return [*map(",".join, taken), client.certificate()]

    def become(self, daemon, *expected):
        """New connections, to either worker, come to see this."""

        def sees():
            client = Client(daemon.port, self.authority)
            client.get("/live")
            seen = self.taken(client)
            client.close()
            return seen == list(expected)

        shop.wait_until(lambda: all(sees() for _ in range(6)), what=f"{expected}")

    def spoil_each(self, daemon, before, after):
        """One of the files is no good, each in its turn: it changes nothing, the others do."""
        spoilt = (
            (self.keys.path, "cannot take the API keys", "line 1: there are fewer than five words"),
            (self.jwks, "cannot take the issuer's keys; those from before stay", "is not JSON"),
            (self.tls.certificate, "cannot take the TLS certificate; the one from before stays",
             "there is no certificate in PEM form"))
        for n, (path, what, why) in enumerate(spoilt):
            self.install(after)
            path.write_text("nonsense")
            assert why in reload(daemon, what)["why"]
            self.become(daemon, *(before if i == n else after for i in range(len(spoilt))))
            self.install(after)
            daemon.process.send_signal(signal.SIGHUP)
            self.become(daemon, after, after, after)
            before, after = after, before


def test_one_signal_takes_up_all_that_is_new(start, authority, tmp_path):
    files = Reloaded(authority, tmp_path)
    daemon = start(**files.settings())
    files.become(daemon, "first", "first", "first")
    kept = Client(daemon.port, authority)
    expect(kept.get("/live"), 200)
    link = kept.connection.sock
    callers = Callers(daemon.port, authority)
    files.install("second")
    daemon.process.send_signal(signal.SIGHUP)
    files.become(daemon, "second", "second", "second")
    held = ["second", "second", "first"]  # the connection has its certificate for good
    shop.wait_until(lambda: files.taken(kept) == held, what="new keys on an old connection")
    assert kept.connection.sock is link
    kept.close()
    files.spoil_each(daemon, "second", "first")
    asked = callers.asked
    shop.wait_until(lambda: callers.asked > asked + 20)
    callers.end()
    assert callers.failures == []


# start and stop


def test_a_drain_answers_what_is_under_way(folder, proxy, table, authority, files):
    def requests():
        return sum(proxy.tell()["requests"].values())

    daemon = shop.Shopd(folder, proxy.url, SHOPD_WORKERS=1, **files.settings()).ready()
    client = Client(daemon.port, authority)
    expect(client.get("/live"), 200)
    proxy.fault("delay", seconds=0.5)
    seen = requests()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(client.get("/product?limit=1")))
    thread.start()
    shop.wait_until(lambda: requests() > seen, what="a request under way")
    assert daemon.end() == 0
    thread.join()
    assert (answers[0].status, answers[0].headers["Connection"].lower()) == (200, "close")


def test_what_is_not_sound_is_told_before_anything_is_served(folder, authority, tmp_path):
    files = Files(authority, tmp_path)
    files.install("first", key="second")
    for arguments, expected in (((), 1), (("--check-config",), 2)):
        status, _, stderr = shop.command(folder, *arguments, **files.settings())
        assert status == expected
        assert "the key does not belong to the certificate" in stderr and str(files.key) in stderr
    files.install("first")
    status, stdout, stderr = shop.command(folder, "--check-config", **files.settings())
    assert status == 0, stderr
    assert f"SHOPD_TLS_KEY={files.key}" in stdout
    status, _, stderr = shop.command(folder, "--check-config", SHOPD_TLS_KEY=files.key)
    assert status == 2 and "they come together" in stderr


def test_files_from_systemd_are_found_by_their_names(folder, proxy, table, authority, files):
    daemon = shop.Shopd(folder, proxy.url, SHOPD_WORKERS=1,
                        CREDENTIALS_DIRECTORY=Path(files.key).parent).ready()
    assert shown(daemon, authority) == "first"
    assert daemon.end() == 0
