"""What keeps one caller, or too many, from taking the shop away from all others."""

import itertools
import time

import pytest

import shop

RATE, BURST = 5, 20
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


def ask(clients, count, **headers):
    """Asks over many connections, so of both workers. Returns the answers and how long it took."""
    begin = time.monotonic()
    answers = [client.get("/product?limit=1", **headers)
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
    text = daemon.admin().get("/metrics").body.decode()
    return int(text.split(f'shopd_http_throttled_total{{by="{kind}"}} ')[1].split()[0])


def test_a_caller_has_one_limit_whichever_worker_he_meets(limited, keys):
    clients = [limited.client() for _ in range(8)]
    begun = throttled(limited, "address"), throttled(limited, "key")
    address = fresh_address()
    answers, seconds = ask(clients, 3 * BURST, X_Forwarded_For=f"192.0.2.1, {address}")
    check_limited(answers, seconds, "address")
    lines = limited.log_of(answers[-1].headers["X-Request-Id"])
    assert [line["client"] for line in lines] == [address]
    answers, seconds = ask(clients, 3 * BURST, X_Forwarded_For=address, X_Api_Key=keys[1])
    check_limited(answers, seconds, "key")
    assert throttled(limited, "address") > begun[0] and throttled(limited, "key") > begun[1]
    for client in clients:
        assert client.get("/live", X_Forwarded_For=address).status == 200
        assert client.get("/product", X_Forwarded_For=fresh_address()).status == 200
