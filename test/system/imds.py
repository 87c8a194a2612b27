"""An instance metadata service (IMDSv2) that hands out made-up credentials."""

import datetime
import http.server
import json
import secrets
import threading

import answering

ROLE = "shop-role"


class Metadata:
    """Runs in a thread of the tests. `credentials` is what it gives out."""

    def __init__(self):
        self.tokens = set()
        self.credentials = None
        self.region = None
        self.requests = []
        self.fault = None
        """One of answering.FAULTS."""
        handler = type("Handler", (Handler,), {"metadata": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def give(self, key, lifetime):
        """Hands out this key from now on. lifetime: seconds. Returns it for the proxy."""
        expiration = datetime.datetime.utcnow() + datetime.timedelta(seconds=lifetime)
        self.credentials = {
            "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key,
            "SecretAccessKey": f"secret/of+{key}", "Token": f"token//of+{key}==",
            "LastUpdated": "2020-01-01T00:00:00Z",
            "Expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return {key: {"secret": f"secret/of+{key}", "token": f"token//of+{key}=="}}

    def count(self, method, part):
        return sum(request[0] == method and part in request[1] for request in self.requests)

    def end(self):
        """May be called twice."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    metadata = None

    def log_message(self, *_):
        pass

    def do_PUT(self):
        ttl = self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
        self.metadata.requests.append(("PUT", self.path, ttl))
        if self.path != "/latest/api/token" or not ttl or not 1 <= int(ttl) <= 21600:
            return self.answer(400, "")
        token = secrets.token_urlsafe(40)
        self.metadata.tokens.add(token)
        return self.answer(200, token)

    def do_GET(self):
        self.metadata.requests.append(("GET", self.path, self.headers["X-Forwarded-For"]))
        if self.headers["X-aws-ec2-metadata-token"] not in self.metadata.tokens:
            return self.answer(401, "")
        if self.path == "/latest/meta-data/placement/region" and self.metadata.region:
            return self.answer(200, self.metadata.region)
        base = "/latest/meta-data/iam/security-credentials/"
        if self.metadata.credentials is None:
            return self.answer(404, "")
        if self.path == base:
            return self.answer(200, ROLE)
        if self.path == base + ROLE:
            return self.answer(200, json.dumps(self.metadata.credentials, indent=2))
        return self.answer(404, "")

    def answer(self, status, body):
        if self.metadata.fault:
            answering.FAULTS[self.metadata.fault](self, status, body.encode())
        else:
            self.send(status, body.encode())

    def send(self, status, body, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
