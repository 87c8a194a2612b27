"""The outer shell on a raw socket: requests behind one another, floods, and what answers say."""

import contextlib
import os
import resource
import signal
import socket
import subprocess

import pytest

import given
import shop
import wire
from test_bad_input import FRAMING, SOME_ID, request

LIVE = b"GET /live HTTP/1.1\r\nHost: shop\r\n\r\n"
LAST = b"GET /live HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
NEVER = b"DELETE /never HTTP/1.1\r\nHost: shop\r\n\r\n"
POST = b"POST /cart HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"


def post(body=b"{}"):
    return POST + b"Content-Length: %d\r\n\r\n" % len(body) + body


def get(target):
    return f"GET {target} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()


PIPELINES = {
    "after a body": ([post(), LIVE, post(), LAST], [201, 200, 201, 200]),
    "after chunks": ([POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nX: y\r\n"
                      b"\r\n", LAST], [201, 200]),
    "after a body that is no JSON": ([post(b"{"), post(b"[]"), LAST], [400, 422, 200]),
    "after a body that nobody wants": ([post().replace(b"/cart", b"/nowhere"), LAST], [404, 200]),
    "after a body of the wrong type": ([post().replace(b"/json", b"/xml"), LAST], [415, 200]),
    "after errors of all kinds": (
        [get("/nowhere"), get("/product?x=1"), get("/product/%00"), get(f"/product/{SOME_ID}"),
         b"DELETE /live HTTP/1.1\r\nHost: shop\r\n\r\n", LAST], [404, 400, 400, 404, 405, 200]),
    "after OPTIONS": ([b"OPTIONS /product HTTP/1.1\r\nHost: shop\r\n\r\n", LAST], [204, 200]),
    "after a body with a GET": ([LIVE.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n")
                                 + b"GET /evil", LAST], [200, 200]),
    "line ends before a request": ([LIVE, b"\r\n\r\n" + LAST], [200, 200]),
    "behind one that is the last": ([LIVE, LAST, NEVER], [200, 200]),
    "behind a body that is too large": (
        [LIVE, POST + b"Content-Length: 999999999\r\n\r\n", NEVER], [200, 413]),
    "behind too many headers": (
        [LIVE, b"GET /live HTTP/1.1\r\nHost: shop\r\n" + b"X: y\r\n" * 70 + b"\r\n", NEVER],
        [200, 431]),
} | {f"behind {name}": ([LIVE, post(), data], [200, 201, 400])
     for name, data in list(FRAMING.items())[::4]}


@pytest.mark.parametrize("what", PIPELINES)
@pytest.mark.parametrize("pace", ["at once", "in pieces"])
def test_requests_behind_one_another_are_told_apart(shopd, what, pace):
    requests, statuses = PIPELINES[what]
    data = b"".join(requests)
    if pace == "at once":
        received, closed = wire.raw_bytes(shopd.port, data)
    else:
        received, closed = in_pieces(shopd.port, data)
    assert closed
    assert [answer.status for answer in wire.split_answers(received)] == statuses, received


def in_pieces(port, data, size=37):
    """Sends a few bytes at a time, each in a segment of its own."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionError):  # what it said before can still be read
            for start in range(0, len(data), size):
                connection.sendall(data[start : start + size])
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionError:
            return received, True
        except TimeoutError:
            return received, False
    return received, True


# ---- floods

CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
FLOODS = {
    "headers without an end": LIVE[:-2] + b"X-Flood: yes\r\n" * 100_000,
    "one header without an end": LIVE[:-2] + b"X: " + b"x" * 2_000_000,
    "a header's name without an end": LIVE[:-2] + b"x" * 2_000_000,
    "cookies": b"GET /live HTTP/1.1\r\nHost: shop\r\nCookie: " + b"a=b;" * 2000 + b"\r\n\r\n",
    "a target without an end": b"GET /" + b"x" * 2_000_000,
    "a method without an end": b"G" * 2_000_000,
    "parameters": b"GET /product?" + b"a&" * 3000 + b" HTTP/1.1\r\nHost: shop\r\n\r\n",
    "a chunk's extension without an end": CHUNKED + b"1;" + b"x" * 2_000_000,
    "trailers without an end": CHUNKED + b"0\r\n" + b"X-Flood: yes\r\n" * 100_000,
    "zeros before a chunk's size": CHUNKED + b"0" * 2_000_000,
}


def test_floods_are_cut_off_and_cost_little(start):
    """libmicrohttpd itself would turn in vain for the last ones, until the read deadline."""
    daemon = start(SHOPD_WORKERS=1, SHOPD_READ_DEADLINE=2)
    before = shop.cpu_seconds(daemon.process.pid)
    answers = given.at_once([lambda data=data: wire.raw_bytes(daemon.port, data, 20)
                             for data in FLOODS.values()])
    for what, (received, closed) in zip(FLOODS, answers):
        assert closed, what
        assert received[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 413", b"HTTP/1.1 414",
                                 b"HTTP/1.1 431"), (what, received[:100])
    assert daemon.client().get("/live").status == 200
    assert shop.cpu_seconds(daemon.process.pid) - before < 0.4 * shop.SLOWNESS


def test_who_asks_and_asks_and_never_reads_is_no_longer_read(start):
    daemon = start(SHOPD_WORKERS=1)
    before = daemon.own_memory()
    sent, burst = 0, get(f"/product?{'x' * 60}") * 1000
    with socket.create_connection(("127.0.0.1", daemon.port)) as connection:
        connection.settimeout(1)
        try:
            while sent < 200_000_000:
                sent += connection.send(burst)
        except TimeoutError:
            pass
        assert sent < 200_000_000
        assert daemon.client().get("/live").status == 200
        if not shop.IS_WATCHED:
            assert daemon.own_memory() - before < 1024, "memory grew (KiB)"


# ---- what every answer says

ANSWERS = {
    200: request("GET", "/product"), 201: request("POST", "/cart", body=b"{}"),
    204: request("OPTIONS", "/product"), "HEAD": request("HEAD", "/live"),
    "export": request("GET", "/product/export"),
    400: request("GET", "/product?x=1"), "framing": LAST.replace(b"Host", b"Toast"),
    404: request("GET", "/nowhere"), "missing": request("GET", f"/product/{SOME_ID}"),
    405: request("DELETE", "/product"), 413: request("POST", "/cart", body=b" " * 300_000),
    415: request("POST", "/product"), 422: request("POST", "/cart", body=b"[]"),
    431: request("GET", "/live", b"X: y\r\n" * 70),
}


def check_protection(answer, keeping="no-store"):
    assert answer.headers["x-content-type-options"] == "nosniff", answer
    assert answer.headers["cache-control"] == keeping, answer
    assert "server" not in answer.headers


@pytest.mark.parametrize("what", ANSWERS)
def test_no_answer_is_guessed_at_or_kept_by_others(shopd, what):
    received, _ = wire.raw_bytes(shopd.port, ANSWERS[what])
    status, headers = wire.parse_head(received.partition(b"\r\n\r\n")[0])
    if isinstance(what, int):
        assert status == what
    # what has a tag may be kept by its caller, who asks each time whether it still holds
    check_protection(wire.Answer(status, headers, received),
                     "private, no-cache" if "etag" in headers else "no-store")


def test_what_has_a_tag_may_be_kept_by_its_caller(shopd, client):
    path = f"/product/{client.create()['id']}"
    tag = client.get(path).etag
    for lines, status in ((b"", 200), (f"If-None-Match: {tag}\r\n".encode(), 304)):
        answers, _ = wire.raw(shopd.port, request("GET", path, lines))
        assert answers[0].status == status
        check_protection(answers[0], "private, no-cache")


def test_so_it_is_before_it_is_ready(start):
    daemon = start("http://127.0.0.1:9", ready=False, SHOPD_WORKERS=1)
    shop.wait_until(lambda: live(daemon), what="/live")
    answers, _ = wire.raw(daemon.port, request("GET", "/product"))
    assert answers[0].status == 503
    check_protection(answers[0])


def live(daemon):
    try:
        return wire.raw(daemon.port, LAST)[0][0].status == 200
    except OSError:
        return False


# ---- secrets


def leaves_a_core(popen):
    """Whether the kernel dumps the memory of such a process when it dies."""
    resource.prlimit(popen.pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
    popen.send_signal(signal.SIGQUIT)
    return os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT).si_code == os.CLD_DUMPED


def test_memory_with_its_secrets_is_never_dumped(start, folder):
    with subprocess.Popen([*shop.WITH_PARENT, "sleep", "60"], cwd=folder) as other:
        if not leaves_a_core(other):
            pytest.skip("this machine dumps no cores")
    assert not leaves_a_core(start(SHOPD_WORKERS=1).process.popen)


def test_no_secret_comes_out_anywhere(start, folder, tmp_path, proxy):
    """Not in answers, nor the log at its most talkative, the metrics, or the shown configuration."""
    keys, secret = tmp_path / "keys", "the-shop's-own-secret-of-payments"
    settings = {"SHOPD_API_KEYS": keys, "SHOPD_PAYMENT_SECRET": secret}
    _, made, _ = shop.command(folder, "--new-api-key", "boss", "--scope", "admin", **settings)
    key = next(word for word in made.split() if word.startswith("shopd_"))
    _, shown, mistakes = shop.command(folder, "--check-config", **settings)
    daemon = start(SHOPD_WORKERS=1, SHOPD_LOG_LEVEL="debug", SHOPD_REQUEST_DEADLINE=1, **settings)
    said = [shown, mistakes]
    for path in ("/product", "/nowhere", "/user", "/product?x=1", f"/order/{SOME_ID}"):
        for shown_key in (key, key[:-1] + "g", key[:40]):
            answers, _ = wire.raw(daemon.port, request(
                "GET", path, b"X-Api-Key: " + shown_key.encode() + b"\r\n"))
            said.append(repr((answers[0].headers, answers[0].body)))
    for fault in ("expired", "internal", "nonsense-after"):
        proxy.fault(fault)
        answer = daemon.client().get("/product", X_Api_Key=key)
        said.append(repr((answer.headers.items(), answer.body)))
    proxy.rules()
    answer = daemon.client().post("/payment/callback", {}, X_Signature="t=1,v1=00")
    said.append(repr((answer.status, answer.body)))
    said.append(daemon.admin().get("/metrics").body.decode())
    assert daemon.end() == 0
    said.append(daemon.process.log_text())
    text = "\n".join(said)
    for word in (secret, key.rsplit("_", 1)[1], key.rsplit("_", 1)[1][:20], shop.SECRET_KEY,
                 shop.SESSION_TOKEN[:40], "Signature=", keys.read_text().split()[-1]):
        assert word not in text, word
