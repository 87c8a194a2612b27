"""Three ways of speaking HTTP to shopd: a kept connection, raw bytes, and many at once."""

import asyncio
import http.client
import json
import socket
import time
from decimal import Decimal

import openapi

JSON_BODY = "application/json"


class Answer:
    """What came back. Numbers in .json are exact: integers or Decimals."""

    def __init__(self, status, headers, body, elapsed=None):
        self.status = status
        self.headers = headers
        self.body = body
        self.elapsed = elapsed

    @property
    def json(self):
        return json.loads(self.body, parse_float=Decimal)

    @property
    def code(self):
        """The code of a problem."""
        return self.json["code"]

    @property
    def etag(self):
        return self.headers["ETag"]

    def errors(self):
        """The mistakes of a 422 as a set of (field, code)."""
        return {(error["field"], error["code"]) for error in self.json.get("errors", [])}

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


def assert_once(names):
    """No header is there twice: who reads it would take one or the other."""
    names = [name.lower() for name in names]
    assert len(names) == len(set(names)), names


def parse_headers(file, _class=None):
    """For http.client, whose own takes longer than shopd's answer."""
    headers = http.client.HTTPMessage()
    for line in iter(file.readline, b"\r\n"):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise http.client.HTTPException(f"a header is {line!r}")
        headers.set_raw(name, value.strip())
    return headers


http.client.parse_headers = parse_headers


class Client:
    """One kept connection. A body that is not text or bytes is sent as JSON."""

    def __init__(self, port, timeout=20):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def request(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        if body is not None and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = JSON_BODY
        start = time.monotonic()
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        body = response.read()
        elapsed = time.monotonic() - start
        assert_once(response.headers)
        answer = Answer(response.status, response.headers, body, elapsed)
        openapi.check(method, path, answer)
        return answer

    def get(self, path, **headers):
        return self.request("GET", path, headers=dashed(headers))

    def head(self, path, **headers):
        return self.request("HEAD", path, headers=dashed(headers))

    def post(self, path, body, **headers):
        return self.request("POST", path, body, dashed(headers))

    def put(self, path, body=None, **headers):
        return self.request("PUT", path, body, dashed(headers))

    def patch(self, path, body, **headers):
        return self.request("PATCH", path, body, dashed(headers))

    def delete(self, path, **headers):
        return self.request("DELETE", path, headers=dashed(headers))

    def create(self, **fields):
        """Makes a product and returns it as the service shows it."""
        answer = self.post("/product", {"name": "thing", "price": 1, **fields})
        assert answer.status == 201, answer
        return answer.json

    def close(self):
        self.connection.close()


def dashed(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def raw(port, data, timeout=5):
    """Sends bytes, reads until the peer closes, returns (answers, closed by the peer)."""
    received, closed = raw_bytes(port, data, timeout)
    return split_answers(received), closed


def raw_bytes(port, data, timeout=5):
    """The same, with the answers as they came."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        try:
            connection.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            pass  # it had heard enough; what it said can still be read
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
        except TimeoutError:
            return received, False
    return received, True


def split_answers(received):
    answers = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status, headers = parse_head(head)
        length = int(headers.get("content-length", 0))
        answers.append(Answer(status, headers, rest[:length]))
        received = rest[length:]
    return answers


def parse_head(head):
    lines = head.split(b"\r\n")
    assert lines[0].startswith(b"HTTP/1.1 "), lines[0]
    pairs = (line.partition(b":") for line in lines[1:])
    return int(lines[0][9:12]), {
        name.decode().lower(): value.decode("latin-1").strip() for name, _, value in pairs
    }


class Connection:
    """One kept connection for asyncio."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def request(self, method, path, body=None, headers=()):
        self.send(method, path, body, headers)
        return await self.answer(method)

    def send(self, method, path, body=None, headers=()):
        lines = [f"{method} {path} HTTP/1.1", "Host: shop", *headers]
        if body is not None:
            lines += [f"Content-Type: {JSON_BODY}", f"Content-Length: {len(body.encode())}"]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n" + (body or "")).encode())

    async def answer(self, method="GET"):
        status, headers = parse_head((await self.reader.readuntil(b"\r\n\r\n"))[:-4])
        length = 0 if method == "HEAD" else int(headers.get("content-length", 0))
        return Answer(status, headers, await self.reader.readexactly(length))

    def close(self):
        if self.writer:
            self.writer.close()
