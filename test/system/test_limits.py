"""What keeps one caller, or too many, from taking the shop away from all others."""

import itertools
import socket
import time

import pytest

import shop

RATE, BURST = 2, 20
addresses = itertools.count(1)


def fresh_address():
    number = next(addresses)
    return f"198.51.{number // 250}.{number % 250 + 1}"


@pytest.fixture(scope="module")
def keys(folder):
    """A file with one key, and that key."""
    path = f"{folder}/limited-keys"
    status, key, stderr = shop.command(folder, "--new-api-key", "depot", "--scope", "admin",
                                       SHOPD_API_KEYS=path)
    assert status == 0, stderr
    return path, key.strip()


@pytest.fixture(scope="module")
def limited(folder, proxy, table, keys):
    """Two workers behind one proxy, which is this test."""
    daemon = shop.Shopd(folder, proxy.url, SHOPD_RATE_LIMIT=RATE, SHOPD_RATE_BURST=BURST,
                        SHOPD_TRUSTED_PROXIES=1, SHOPD_API_KEYS=keys[0]).ready()
    yield daemon
    assert daemon.end() == 0, daemon.process.log_text()[-4000:]


def ask(clients, count, path="/product?limit=1", **headers):
    """Asks over many connections, so of both workers. Returns the answers and how long it took."""
    begin = time.monotonic()
    answers = [client.get(path, **headers)
               for client, _ in zip(itertools.cycle(clients), range(count))]
    return answers, time.monotonic() - begin


def check_limited(answers, seconds, kind):
    refused = [answer for answer in answers if answer.status == 429]
    served = len(answers) - len(refused)
    assert {answer.status for answer in answers} == {200, 429}
    assert BURST <= served <= BURST + RATE * seconds + 1
    for answer in refused:
        assert (answer.code, answer.headers["Retry-After"]) == ("too-many-requests", "1")
        assert answer.headers["RateLimit-Policy"] == f'"{kind}";q={BURST};w={BURST // RATE}'
        assert answer.headers["RateLimit"] == f'"{kind}";r=0;t=1'


def throttled(daemon, kind):
    return daemon.metric(f'shopd_http_throttled_total{{by="{kind}"}}')


def test_a_caller_has_one_limit_whichever_worker_he_meets(limited, keys):
    clients = [limited.client() for _ in range(8)]
    begun = throttled(limited, "address"), throttled(limited, "key")
    address = fresh_address()
    answers, seconds = ask(clients, 3 * BURST, X_Forwarded_For=f"192.0.2.1, {address}")
    check_limited(answers, seconds, "address")
    last = answers[-1].headers["X-Request-Id"]
    lines = shop.wait_until(lambda: limited.log_of(last), what="the last answer's line")
    assert [line["client"] for line in lines] == [address]
    answers, seconds = ask(clients, 3 * BURST, X_Forwarded_For=address, X_Api_Key=keys[1])
    check_limited(answers, seconds, "key")
    assert throttled(limited, "address") > begun[0] and throttled(limited, "key") > begun[1]
    for client in clients:
        assert client.get("/live", X_Forwarded_For=address).status == 200
        assert client.get("/product", X_Forwarded_For=fresh_address()).status == 200


def test_behind_an_api_gateway_the_client_is_in_forwarded(folder, proxy, table):
    daemon = shop.Shopd(folder, proxy.url, SHOPD_RATE_LIMIT=RATE, SHOPD_RATE_BURST=BURST,
                        SHOPD_TRUSTED_PROXIES=1, SHOPD_PROXY_HEADER="Forwarded").ready()
    clients = [daemon.client() for _ in range(8)]
    address = fresh_address()
    said = f"for=192.0.2.1, by=192.0.2.2;for={address};host=shop.example.com;proto=https"
    answers, seconds = ask(clients, 3 * BURST, Forwarded=said, X_Forwarded_For=fresh_address())
    check_limited(answers, seconds, "address")
    last = answers[-1].headers["X-Request-Id"]
    lines = shop.wait_until(lambda: daemon.log_of(last), what="the last answer's line")
    assert [line["client"] for line in lines] == [address]
    assert clients[0].get("/product", Forwarded=f"for={fresh_address()}").status == 200
    for client in clients:
        client.close()
    assert daemon.end() == 0, daemon.process.log_text()[-4000:]


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_large_answers_for_anyone_are_limited_too(limited, path):
    clients = [limited.client() for _ in range(8)]
    answers, seconds = ask(clients, 3 * BURST, path, X_Forwarded_For=fresh_address())
    check_limited(answers, seconds, "address")


@pytest.fixture(scope="module")
def strict(folder, proxy, table):
    """One worker with no patience, and no proxy in front: this test's own address counts."""
    daemon = shop.Shopd(folder, proxy.url, SHOPD_WORKERS=1, SHOPD_TRUSTED_PROXIES=0,
                        SHOPD_MAX_CONNECTIONS_PER_ADDRESS=4, SHOPD_SEND_DEADLINE="500ms",
                        SHOPD_READ_DEADLINE="500ms", SHOPD_IDLE_TIMEOUT="1s").ready()
    yield daemon
    assert daemon.end() == 0, daemon.process.log_text()[-4000:]


def connected(daemon, data=b"", receives=None):
    """A raw connection that has sent something, with little room for what comes back."""
    connection = socket.socket()
    if receives:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    connection.settimeout(10 * shop.SLOWNESS)
    connection.connect(("127.0.0.1", daemon.port))
    connection.sendall(data)
    return connection


def received(connection):
    """What comes until the peer closes."""
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def test_whoever_is_slow_or_many_or_silent_is_cut_off(strict):
    """Four connections, each in its own way, and then others until one is too many."""
    writer = strict.client()
    large = writer.create(name="large", text="x" * 250_000)["id"]
    writer.close()
    shop.wait_until(lambda: strict.metric("shopd_http_connections") == 0, what="no connection")
    many = f"GET /product/{large} HTTP/1.1\r\nHost: shop\r\n\r\n".encode() * 40
    slow = [connected(strict, many, receives=4096),
            connected(strict, b"GET /live HTTP/1.1\r\nHost: sh"),
            connected(strict, b"POST /cart HTTP/1.1\r\nHost: shop\r\nContent-Length: 9\r\n"
                              b"Content-Type: application/json\r\n\r\n{"),
            connected(strict)]
    more = []

    def is_too_many():
        more.append(connected(strict))
        return strict.metric("shopd_http_connections_refused_total")

    shop.wait_until(is_too_many, what="one too many")
    shop.wait_until(lambda: strict.metric("shopd_http_connections") == 0, what="all are cut off")
    assert received(slow[0]).count(b"HTTP/1.1 200") < 40
    assert [received(connection) for connection in slow[1:] + more] == [b""] * (3 + len(more))
    assert strict.metric("shopd_http_aborted_total") >= 2
    assert strict.client().get("/live").status == 200
