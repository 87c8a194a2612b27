"""The log: one JSON object a line, one line a request, no secrets, nothing smuggled in."""

import json
import re
import socket
import uuid

import pytest

import shop
import wire

TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z")


def line_of(daemon, request_id):
    """The one request line with this id."""
    shop.wait_until(lambda: daemon.log_of(request_id), 5, f"log line of {request_id}")
    line, = daemon.log_of(request_id)
    return line


def test_each_request_is_one_line(shopd, client):
    requests = [("GET", "/live", None, 200), ("POST", "/product", {"name": "x", "price": 1}, 201),
                ("POST", "/product", {}, 422), ("GET", "/product/none?consistent=true", None, 404),
                ("DELETE", "/product", None, 405), ("GET", "/nowhere?secret=1", None, 404),
                ("PATCH", "/product/none", "{", 400), ("HEAD", "/product?limit=1", None, 200)]
    for method, path, body, status in requests:
        request_id = str(uuid.uuid4())
        answer = client.request(method, path, body, {"X-Request-Id": request_id})
        assert answer.status == status
        line = line_of(shopd, request_id)
        assert (line["msg"], line["method"], line["status"]) == ("request", method, status)
        assert line["path"] == path.split("?")[0]
        assert line["duration_ms"] >= 0 and TIME.fullmatch(line["time"])
        assert "secret" not in json.dumps(line)


@pytest.mark.parametrize("head", [
    "GET /user?email=jo@shop.example HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET /user?email=jo@shop.example HTTP/1.1\r\nHost: a\r\n",
], ids=["a wrong one", "one that never was whole"])
def test_no_query_of_any_head_is_logged(shopd, head):
    before = len(shopd.log())
    with socket.create_connection(("127.0.0.1", shopd.port)) as connection:
        connection.sendall(head.encode())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    line, = shop.wait_until(
        lambda: [line for line in shopd.log()[before:] if "/user" in json.dumps(line)])
    assert line["path"] == "/user"
    assert "jo@" not in json.dumps(line)


def test_a_made_request_id_is_the_logged_one(shopd, client):
    request_id = client.get("/live").headers["X-Request-Id"]
    assert line_of(shopd, request_id)["path"] == "/live"


def test_requests_side_by_side_are_each_logged_once(shopd):
    ids = [str(uuid.uuid4()) for _ in range(300)]
    data = b"".join(
        f"GET /product?limit=1 HTTP/1.1\r\nHost: s\r\nX-Request-Id: {i}\r\n\r\n".encode()
        for i in ids[:-1])
    last = f"GET /live HTTP/1.1\r\nHost: s\r\nX-Request-Id: {ids[-1]}\r\nConnection: close\r\n\r\n"
    answers, _ = wire.raw(shopd.port, data + last.encode(), 20)
    assert len(answers) == 300
    line_of(shopd, ids[-1])
    logged = [line.get("request_id") for line in shopd.log() if line["msg"] == "request"]
    assert [logged.count(request_id) for request_id in ids] == [1] * 300


def test_trace_headers_are_logged(shopd, client):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    amazon = "Root=1-67891233-abcdef012345678912345678"
    answer = client.get("/live", traceparent=trace, X_Amzn_Trace_Id=amazon)
    text = json.dumps(line_of(shopd, answer.headers["X-Request-Id"]))
    assert trace in text and amazon in text


EVIL = {
    "quotes": b'"},{"msg":"forged"',
    "line breaks by escapes": b"\\r\\n{\\u0022msg\\u0022}",
    "percent line breaks": b"%0d%0a{%22msg%22:%22forged%22}",
    "tabs": b"a\tb",
    "control characters": b"\x1b[31m\x01\x7f\x08",
    "NUL": b"a\0b",
    "CR": b"a\rmsg",
    "invalid UTF-8": b"\xff\xfe\xc3",
    "a terminal's escape by percent": b"%1b[31m",
    "C1 controls": b"\xc2\x9b31m\xc2\x85",
    "separators": "\u2028\u2029".encode(),
    "right to left": "\u202e".encode(),
    "backslashes": b"\\\\\\",
    "long": b"x" * 3000,
}
NAMES = (b"X-Request-Id", b"User-Agent", b"traceparent", b"X-Amzn-Trace-Id", b"X-Forwarded-For",
         b"Referer", b"If-Match", b"Host", b"Idempotency-Key", b"X-Api-Key", b"Authorization",
         b"Content-Type", b"Cookie")


@pytest.mark.parametrize("what", EVIL)
def test_nothing_can_be_smuggled_into_the_log(shopd, what):
    evil = EVIL[what]
    before = len(shopd.log())
    sent = 0
    for name in NAMES:
        host = b"" if name == b"Host" else b"Host: s\r\n"
        wire.raw(shopd.port, b"GET /live HTTP/1.1\r\nConnection: close\r\n" + host + name + b": "
                 + evil + b"\r\n\r\n")
        sent += 1
    path = evil.replace(b"\t", b"%09").replace(b"\xff\xfe\xc3", b"%ff%fe%c3")
    rest = b" HTTP/1.1\r\nConnection: close\r\nHost: s\r\n\r\n"
    for line in (b"GET /" + path, b"GET /product/" + path, b"GET /live?" + path,
                 b"GET /product?q=" + path, b"GET" + path[:20] + b" /live"):
        wire.raw(shopd.port, line + rest)
        sent += 1
    marker = shopd.client().get("/live").headers["X-Request-Id"]
    line_of(shopd, marker)
    lines = shopd.log()[before:]
    assert len(lines) <= 2 * sent + 1
    assert {line["msg"] for line in lines} & {"forged"} == set()
    text = shopd.process.log_path.read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", text)
    assert not re.search(rb"\xc2[\x80-\x9f]", text)
    text.decode("utf-8")


def test_no_secret_is_ever_logged(start, proxy):
    """Also not in trouble, and not at the most talkative level."""
    daemon = start(SHOPD_LOG_LEVEL="debug", SHOPD_REQUEST_DEADLINE=1)
    client = daemon.client()
    product = client.create(name="loud")
    for fault in ("expired", "internal", "garbage-after", "nonsense-after", "throttle"):
        proxy.fault(fault)
        client.get(f"/product/{product['id']}")
    proxy.rules()
    client.get("/live", Authorization="Bearer caller-secret-1", X_Api_Key="caller-secret-2",
               Cookie="c=caller-secret-3")
    metrics = daemon.metrics()
    assert daemon.end() == 0
    text = daemon.process.log_text() + metrics
    assert len(daemon.log()) > 5
    for secret in (shop.SECRET_KEY, shop.SESSION_TOKEN, shop.SESSION_TOKEN[:40], "caller-secret",
                   "Signature=", "AWS4-HMAC"):
        assert secret not in text, secret


def test_the_start_and_the_end_are_logged(start, table):
    daemon = start()
    shop.wait_until(lambda: "ready" in [line["msg"] for line in daemon.log()], what="its start")
    assert daemon.end() == 0
    lines = daemon.log()
    assert lines[-1]["msg"] == "stopping"
    assert all(TIME.fullmatch(line["time"]) and line["level"] and line["msg"] for line in lines)
    text = daemon.process.log_text()
    assert str(daemon.port) in text and shop.TABLE in text


def test_the_log_can_be_text(start, table):
    daemon = start(SHOPD_LOG_FORMAT="text")
    answer = daemon.client().get("/live", X_Request_Id="in-text")
    assert answer.status == 200
    assert daemon.end() == 0
    lines = [line for line in daemon.process.log_text().splitlines() if "in-text" in line]
    assert len(lines) == 1 and not lines[0].startswith("{")


def test_the_level_can_be_raised(start, table):
    daemon = start(SHOPD_LOG_LEVEL="error")
    daemon.client().get("/live")
    assert daemon.end() == 0
    assert daemon.log() == []
