"""DynamoDB over TLS: who is not to be trusted gets no request, and the log says what to look at."""

import json
import re
import socket
import ssl
import threading

import pytest

import shop
from authority import Authority


class Server:
    """Speaks TLS as it is told, and keeps whatever it is sent inside of it."""

    def __init__(self, certificate, newest=None):
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate)
        if newest:
            self.tls.set_ciphers("ALL:@SECLEVEL=0")
            self.tls.minimum_version = ssl.TLSVersion.TLSv1
            self.tls.maximum_version = newest
        self.received = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.tls.wrap_socket(plain, server_side=True) as link:
                    self.received += link.recv(65536)
            except OSError:
                plain.close()

    def end(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def serve():
    servers = []

    def serve(*arguments):
        servers.append(Server(*arguments))
        return servers[-1]

    yield serve
    for server in servers:
        server.end()


def failures(daemon):
    lines = map(json.loads, daemon.process.log_text().splitlines())
    return [line for line in lines if line["msg"] == "AWS call failed"]


def make_another_hosts(authority):
    return (authority.certify("other", "DNS:dynamodb.example,IP:127.0.0.2"),)


def make_expired(authority):
    return (authority.certify("expired", days=-1),)


def make_self_signed(authority):
    return (authority.sign_itself("alone"),)


def make_old(authority):
    return authority.certify("old"), ssl.TLSVersion.TLSv1_1


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("make, why, hint", [
    (make_another_hosts, "does not match|no alternative certificate subject name", "endpoint URL"),
    (make_expired, "certificate has expired", "clock"),
    (make_self_signed, "self.signed certificate", "AWS_CA_BUNDLE"),
    (make_old, "protocol version|unsupported protocol", "TLS 1.2")])
def test_who_is_not_to_be_trusted_gets_no_request(authority, serve, start, make, why, hint):
    server = serve(*make(authority))
    daemon = start(server.url, ready=False, AWS_CA_BUNDLE=authority.path, SHOPD_WORKERS=1)
    failure = shop.wait_until(lambda: failures(daemon), 10, "a complaint")[0]
    assert re.search(why, failure["why"]), failure
    assert hint in failure["hint"]
    assert failure["result"] == "unreachable"
    assert not daemon.answers_ready()
    assert server.received == b""


def test_without_its_authority_no_server_is_trusted(authority, serve, start):
    server = serve(authority.certify("good"))
    daemon = start(server.url, ready=False, SHOPD_WORKERS=1)
    failure = shop.wait_until(lambda: failures(daemon), 10, "a complaint")[0]
    assert "local issuer certificate" in failure["why"]
    assert "AWS_CA_BUNDLE" in failure["hint"]
    assert server.received == b""


def test_with_it_the_right_server_is_trusted(authority, folder, emulator, start, table):
    proxy = shop.Proxy(folder, emulator.port, "proxy-tls", authority.certify("right"))
    daemon = start(proxy.url, AWS_CA_BUNDLE=authority.path, SHOPD_WORKERS=1)
    client = daemon.client()
    assert client.create(name="over TLS")["version"] == 1
    for _ in range(20):
        assert client.get("/product?limit=1").status == 200
    assert daemon.metric("shopd_client_reused_total") >= 15, "connections are used again"
    assert proxy.tell()["violations"] == []
    client.close()
    assert daemon.end() == 0
    proxy.end()


def test_a_bundle_that_is_none_is_a_mistake_at_the_start(folder, tmp_path):
    path = tmp_path / "bundle.pem"
    path.write_text("not a certificate")
    status, _, stderr = shop.command(
        folder, AWS_CA_BUNDLE=path, AWS_ENDPOINT_URL_DYNAMODB="https://127.0.0.1:1")
    assert status == 1
    assert "cannot read the certificate authorities" in stderr and str(path) in stderr
