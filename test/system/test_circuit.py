"""While DynamoDB is down calls fail at once; they work again as soon as it is back."""

import time

import pytest

import shop

EVERYTHING = ("*", "Sweep")


@pytest.fixture
def daemon(start):
    return start(SHOPD_WORKERS=1, SHOPD_REQUEST_DEADLINE=1)


def break_all(proxy, fault):
    proxy.rules(*({"fault": fault, "operation": operation} for operation in EVERYTHING))


def metric(daemon, name):
    return daemon.metric(f'{name}{{service="dynamodb"}}')


def read_until(client, seconds, wanted):
    """Reads a list again and again. True once it was answered with this status."""
    end = time.monotonic() + seconds * shop.SLOWNESS
    while time.monotonic() < end:
        if client.get("/product?limit=1").status == wanted:
            return True
        time.sleep(0.01)
    return False


def test_an_outage_is_cut_short_and_its_end_is_noticed(daemon, proxy):
    client = daemon.client()
    break_all(proxy, "unavailable")
    shop.wait_until(lambda: client.get("/product?limit=1").status == 503 and
                    metric(daemon, "shopd_aws_circuits_open"), 10, "the circuit opens")
    ready = daemon.admin().get("/ready")
    assert (ready.status, ready.code) == (503, "not-ready")
    assert "DynamoDB does not answer" in ready.json["detail"]
    assert daemon.admin().get("/live").status == 200
    asked = proxy.tell()["requests"]
    answers = [client.get("/product?limit=1") for _ in range(100)]
    assert {(answer.status, answer.code) for answer in answers} == {(503, "unavailable")}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)
    # A few were probes; the others asked nobody and did not wait.
    assert proxy.tell()["requests"].get("Query", 0) - asked.get("Query", 0) < 20
    assert sorted(answer.elapsed for answer in answers)[50] < 0.05 * shop.SLOWNESS
    assert metric(daemon, "shopd_aws_cut_off_total") >= 80
    proxy.rules()
    assert read_until(client, 1.5, 200), "it is not noticed that DynamoDB is back"
    assert daemon.answers_ready()
    text = daemon.process.log_text()
    _, opened, after = text.partition("AWS does not answer; calls fail at once until it does")
    assert opened and "AWS answers again" in after
    assert after.count("AWS call failed") < 20, "a line for each call that was cut off"


def test_it_comes_back_without_clients(daemon, proxy):
    """The sweeper's calls find out, so that a load balancer may wait for /ready."""
    break_all(proxy, "internal")
    shop.wait_until(lambda: not daemon.answers_ready(), 20, "the circuit opens")
    proxy.rules()
    shop.wait_until(daemon.answers_ready, 5, "the circuit closes")


@pytest.mark.parametrize("fault", ["throttle", "conflict"])
def test_a_service_that_only_refuses_is_not_taken_for_one_that_is_down(daemon, proxy, fault):
    client = daemon.client()
    product = client.create(name="hot")
    break_all(proxy, fault)
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        client.request("PATCH", f"/product/{product['id']}", {"n": 1})
    proxy.rules()
    assert daemon.answers_ready()
    assert metric(daemon, "shopd_aws_cut_off_total") == 0
    if fault == "conflict":
        assert metric(daemon, "shopd_aws_conflicts_total") > 0
    else:
        text = daemon.metrics()
        name = "ProvisionedThroughputExceededException"
        assert f'shopd_aws_errors_total{{service="dynamodb",error="{name}"}}' in text
