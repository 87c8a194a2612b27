"""Credentials of the EC2 instance's role: fetched by IMDSv2, renewed in time, kept in need."""

import threading
import time

import pytest

import imds
import shop

MINUTE = 60
BRIEF = 4  # renewed in the middle of that


@pytest.fixture
def metadata():
    metadata = imds.Metadata()
    yield metadata
    metadata.end()


@pytest.fixture
def start_by_role(start, metadata, table, proxy):
    """A function that starts a daemon whose only credentials are the role's."""
    proxy.reset()  # the table was made with other keys

    def start_by_role(ready=True, **settings):
        return start(
            ready=ready, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_SESSION_TOKEN=None,
            AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url,
            **settings)

    return start_by_role


def keys_used(proxy):
    return proxy.tell()["keys"]


def test_the_roles_credentials_are_used(start_by_role, metadata, proxy):
    proxy.tell(keys=metadata.give("ROLE1", 6 * 60 * MINUTE))
    client = start_by_role().client()
    assert client.create(name="by role")["version"] == 1
    assert set(keys_used(proxy)) == {"ROLE1"}
    assert metadata.requests[0] == ("PUT", "/latest/api/token", "21600")


def test_keys_of_the_environment_come_first(start, metadata, proxy, table):
    metadata.give("ROLE1", 6 * 60 * MINUTE)
    client = start(AWS_EC2_METADATA_DISABLED=None,
                   AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url).client()
    client.create(name="by environment")
    assert metadata.requests == []


def test_a_refused_token_is_renewed_once(start_by_role, metadata, proxy):
    keys = metadata.give("ROLE1", BRIEF)
    daemon = start_by_role_with(start_by_role, proxy, keys)
    metadata.tokens.clear()
    keys |= metadata.give("ROLE2", 6 * 60 * MINUTE)
    proxy.tell(keys=keys)
    assert_switches(daemon, proxy, "ROLE2")
    # One worker and the operators' listener, each at the start and at most once more.
    assert 3 <= metadata.count("PUT", "token") <= 4


def start_by_role_with(start_by_role, proxy, keys):
    proxy.tell(keys=keys)
    return start_by_role(SHOPD_WORKERS=1)


def assert_switches(daemon, proxy, key):
    client = daemon.client()

    def switched():
        assert client.get("/product?limit=1").status == 200
        return key in keys_used(proxy)

    shop.wait_until(switched, 8, f"use of {key}")


def test_keys_rotate_under_load_without_a_failure(start_by_role, metadata, proxy):
    keys = metadata.give("ROLE1", BRIEF) | {"ROLE2": None}
    keys["ROLE2"] = {"secret": "secret/of+ROLE2", "token": "token//of+ROLE2=="}
    proxy.tell(keys=keys)
    daemon = start_by_role(SHOPD_WORKERS=2)
    metadata.give("ROLE2", 6 * 60 * MINUTE)
    statuses, stop = [], threading.Event()

    def load():
        client = daemon.client()
        while not stop.is_set():
            statuses.append(client.get("/product?limit=1").status)
            time.sleep(0.02)  # the other tests want the machine, too

    threads = [threading.Thread(target=load) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        shop.wait_until(lambda: "ROLE2" in keys_used(proxy), 8, "use of ROLE2")
        time.sleep(0.5 * shop.SLOWNESS)
        used = keys_used(proxy)["ROLE1"]
        time.sleep(0.3)
        assert keys_used(proxy)["ROLE1"] == used, "a worker still signs with the old key"
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(statuses) > 50 and set(statuses) == {200}


def test_an_expired_key_is_renewed_at_once_and_the_caller_sees_nothing(
        start_by_role, metadata, proxy):
    old = metadata.give("ROLE1", 6 * 60 * MINUTE)
    daemon = start_by_role_with(start_by_role, proxy, old)
    client = daemon.client()
    new = metadata.give("ROLE2", 6 * 60 * MINUTE)
    old["ROLE1"]["expired"] = True
    proxy.tell(keys=old | new)
    answer = client.post("/product", {"name": "x", "price": 1})
    assert answer.status == 201
    assert "ROLE2" in keys_used(proxy)


def test_metadata_that_is_down_stops_nothing(start_by_role, metadata, proxy):
    """The keys are past their expiry, but as long as DynamoDB takes them they are used."""
    keys = metadata.give("ROLE1", 1)
    daemon = start_by_role_with(start_by_role, proxy, keys)
    metadata.end()
    client = daemon.client()
    end = time.monotonic() + 2
    while time.monotonic() < end:
        assert client.get("/product?limit=1").status == 200
        time.sleep(0.05)
    assert daemon.admin().get("/ready").status == 200


def test_without_any_credentials_it_is_not_ready_and_says_why(start_by_role, metadata):
    daemon = start_by_role(ready=False)
    shop.wait_until(lambda: metadata.count("GET", "security-credentials") or
                    not daemon.process.running(), 5, "a question to the metadata service")
    time.sleep(0.3)
    assert not daemon.answers_ready()
    assert "credential" in daemon.process.log_text().lower()


@pytest.mark.parametrize("fault", ["html", "denied", "cut", "slow"])
def test_a_service_that_is_out_of_order_is_asked_until_it_works(
        start_by_role, metadata, proxy, fault):
    proxy.tell(keys=metadata.give("ROLE1", 6 * 60 * MINUTE))
    metadata.fault = fault
    daemon = start_by_role(ready=False, SHOPD_WORKERS=1)
    shop.wait_until(lambda: "no AWS credentials yet" in daemon.process.log_text(), 8, "a complaint")
    assert not daemon.answers_ready()
    metadata.fault = None
    daemon.ready(15)
    client = daemon.client()
    assert client.get("/product?limit=1").status == 200
    client.close()


def test_credentials_that_come_late_are_taken(start_by_role, metadata, proxy):
    daemon = start_by_role(ready=False)
    shop.wait_until(lambda: metadata.requests, 5, "a question to the metadata service")
    proxy.tell(keys=metadata.give("ROLE1", 6 * 60 * MINUTE))
    if not daemon.process.running():  # it may have given up; systemd would start it again
        daemon = start_by_role(ready=False)
    daemon.ready(15)


def test_no_secret_of_the_role_is_logged(start_by_role, metadata, proxy):
    keys = metadata.give("ROLE1", BRIEF)
    daemon = start_by_role_with(start_by_role, proxy, keys)
    daemon.client().get("/product?limit=1")
    assert daemon.end() == 0
    text = daemon.process.log_text()
    for secret in ("secret/of", "token//of", *metadata.tokens):
        assert secret not in text


def test_disabled_metadata_is_never_asked(start_by_role, metadata, start, table):
    daemon = start(ready=False, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None,
                   AWS_SESSION_TOKEN=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
    daemon.live()
    time.sleep(0.3)
    assert metadata.requests == []
    assert not daemon.answers_ready()
