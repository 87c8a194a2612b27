"""A small HTTP server in a thread of the tests, whose answers can go wrong on demand."""

import http.server
import socket
import sys
import threading
import time


class FourServer(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Clients are killed, which is nothing to tell of."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class SixServer(FourServer):
    address_family = socket.AF_INET6


class Server:
    """What derives from it has answer(method, path, headers, body) -> (status, body).

    `fault` is None or one of FAULTS; `requests` are those that came.
    """

    def __init__(self, host="127.0.0.1", port=0):
        self.host = host
        self.fault = None
        self.requests = []
        self.violations = []
        self.listen(port)

    def listen(self, port):
        handler = type("Handler", (Handler,), {"owner": self})
        server = SixServer if ":" in self.host else FourServer
        self.server = server((self.host, port), handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def authority(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.server.server_address[1]}"

    @property
    def url(self):
        return f"http://{self.authority}"

    def respond(self, handler, *request):
        """Answers one request, or does what the fault says."""
        status, answer = self.answer(*request)
        if self.fault:
            FAULTS[self.fault](handler, status, answer.encode())
        else:
            handler.send(status, answer.encode())

    def refuse(self, why):
        """Notes a request that no client should have made."""
        self.violations.append(why)

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner = None

    def log_message(self, *_):
        pass

    def take(self):
        names = [name.lower() for name in self.headers.keys()]
        if len(names) != len(set(names)):
            self.owner.refuse(f"a header twice: {names}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        if headers.get("host") != self.owner.authority:
            self.owner.refuse(f"Host {headers.get('host')!r}")
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self.owner.requests.append((self.command, self.path, headers, body))
        self.owner.respond(self, self.command, self.path, headers, body)

    do_GET = do_POST = do_PUT = take

    def send(self, status, body, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


def html(handler, _status, _body):
    handler.send(200, b"<html><body>Please log in<br></body></html>")


def unavailable(handler, _status, _body):
    handler.send(503, b"<html>503</html>")


def denied(handler, _status, _body):
    handler.send(401, b'{"code": "x", "message": "go away"}')


def cut(handler, status, body):
    handler.send(status, body[: len(body) // 2], len(body))
    handler.close_connection = True


def half(handler, status, body):
    handler.send(status, body[: len(body) // 2])


def closed(handler, _status, _body):
    handler.close_connection = True


def slow(handler, status, body):
    time.sleep(2.5)
    handler.send(status, body)


FAULTS = {function.__name__: function
          for function in (html, unavailable, denied, cut, half, closed, slow)}
