"""SNS's operations of src/aws, through the real layers, against the strict SNS.

The driver (test/tools/sns_driver.c) publishes as the daemon does. What it says of each message is
compared with what SNS has written down: accepted means that it is there, unsent and refused that it
is not, and only unknown may be either.
"""

import json

import pytest

import shop
from driver import Driver
from sns import ENTRY_FAULTS, FAULTS, Sns

PHONE = "+4915123456789"
RETRIED = ("throttle", "throttled", "internal", "internal-after", "unavailable", "close",
           "lost-after", "cut-after", "garbage-after", "nonsense-after", "delay")
UNHEARD = {name for name in FAULTS if name.endswith("-after")} - {"internal-after"}


def make_driver(folder, **settings):
    return Driver("sns_driver", folder, AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:9", **settings)


@pytest.fixture(scope="module")
def driver(folder, double):
    driver = make_driver(folder, **double.settings())
    yield driver
    driver.end()


@pytest.fixture(scope="module")
def fifo(folder, double):
    """A driver with a FIFO topic, and the topic."""
    topic = double.add_topic("shop.fifo")
    driver = make_driver(folder, **double.settings(topic))
    yield driver, topic
    driver.end()


@pytest.fixture(autouse=True)
def restored(double):
    yield
    violations = list(double.violations)
    double.play()
    double.violations.clear()
    double.clock, double.denied = 0, False
    assert violations == []


def message(body, **more):
    return {"body": body, "attributes": {"event_type": "order.placed", "event_id": "e-1"}, **more}


def batch(name, count=3):
    return [message(f"{name}-{i}", group=f"order/{name}", deduplication=f"{name}-{i}")
            for i in range(count)]


def bodies(double):
    return [record["body"] for record in double.accepted()]


def fates(answer):
    return [outcome["fate"] for outcome in answer["outcomes"]]


def check_truth(double, messages, answer):
    """No outcome says what is not so."""
    there = bodies(double)
    for sent, outcome in zip(messages, answer["outcomes"]):
        if outcome["fate"] != "unknown":
            assert (sent["body"] in there) == (outcome["fate"] == "accepted"), (sent, answer)


def test_a_message_arrives_as_it_was_sent(double, driver):
    endpoint = double.add_endpoint()
    text = json.dumps({"type": "t", "text": "größe <&> \"'\\ +%/✓ 🛒 \t\r\n"}, ensure_ascii=False)
    for target, where in ((double.topic, {}), (PHONE, {"phone": PHONE}),
                          (endpoint, {"endpoint": endpoint})):
        answer = driver.ask("publish", message=message(text), **where)
        assert (answer["result"], fates(answer)) == ("ok", ["accepted"])
        record = double.delivered(target)[-1]
        assert record["body"] == text
        assert record["attributes"] == {"event_type": "order.placed", "event_id": "e-1"}


def test_characters_that_sns_refuses_do_not_stop_a_message(double, driver):
    answer = driver.ask("publish", message=message("a\x01\ufffe\x1fz"))
    assert fates(answer) == ["accepted"] and bodies(double)[-1] == "a\ufffd\ufffd\ufffdz"


def test_a_full_batch_of_the_largest_size_is_taken(double, driver):
    size = 256 * 1024 // 10 - len("event_typeStringorder.placedevent_idStringe-1")
    messages = [message(f"{i}".ljust(size, "&")) for i in range(10)]
    answer = driver.ask("batch", messages=messages)
    assert answer["result"] == "ok" and fates(answer) == ["accepted"] * 10
    messages[0]["body"] += "x" * 20
    answer = driver.ask("batch", messages=messages)
    assert fates(answer) == ["accepted"] * 9 + ["unsent"]


def test_what_sns_would_refuse_is_not_sent(double, driver):
    messages = [message("good-1"), message(""), message("b", attributes={"a b": "c"}),
                message("x" * 262145), message("good-2")]
    answer = driver.ask("batch", messages=messages)
    assert fates(answer) == ["accepted", "refused", "refused", "refused", "accepted"]
    assert all(outcome["sender"] for outcome in answer["outcomes"][1:4])
    check_truth(double, messages, answer)


@pytest.mark.parametrize("fault", RETRIED)
def test_one_fault_is_got_over(double, driver, fault):
    double.inject(fault, count=1)
    messages = batch(f"once-{fault}")
    answer = driver.ask("batch", messages=messages, deadline=20)
    assert answer["result"] == "ok" and fates(answer) == ["accepted"] * 3
    assert answer["calls"] == (1 if fault == "delay" else 2) and double.faults[fault] > 0
    assert bodies(double).count(messages[0]["body"]) == (2 if fault.endswith("-after") else 1)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"delay"}))
def test_a_fault_that_stays_is_told_as_it_is(sns, folder, fault):
    """Each with an SNS of its own: what comes late, after the deadline, disturbs no other test."""
    driver = make_driver(folder, **sns.settings())
    sns.inject(fault)
    messages, deadline = batch(f"always-{fault}"), 0.5 * min(shop.SLOWNESS, 8)
    answer = driver.ask("batch", messages=messages, deadline=deadline)
    assert answer["result"] not in ("ok", "invalid")
    check_truth(sns, messages, answer)
    if fault in UNHEARD:
        assert answer["result"] == "unknown" and fates(answer) == ["unknown"] * 3
    single = driver.ask("publish", message=message(f"alone-{fault}"), deadline=deadline)
    check_truth(sns, [message(f"alone-{fault}")], single)
    driver.end()


@pytest.mark.parametrize("fault", sorted(set(FAULTS) & set(RETRIED)))
def test_a_fifo_topic_delivers_once_whatever_is_lost(double, fifo, fault):
    driver, topic = fifo
    double.inject(fault, count=1)
    messages = batch(f"fifo-{fault}")
    assert fates(driver.ask("batch", messages=messages, deadline=20)) == ["accepted"] * 3
    got = [record for record in double.delivered(topic) if record["body"].startswith(f"fifo-{fault}")]
    assert [record["body"] for record in got] == [one["body"] for one in messages]
    assert {record["group"] for record in got} == {f"order/fifo-{fault}"}


FATES = {"entry-failed": "refused", "entry-refused": "refused", "entry-forgotten": "unknown",
         "entry-forgotten-after": "unknown"}


@pytest.mark.parametrize("fault", ENTRY_FAULTS)
def test_an_entry_that_fails_alone_has_its_own_fate(double, driver, fault):
    double.inject(fault, operation="Entry", skip=1, count=1)
    messages = batch(fault)
    answer = driver.ask("batch", messages=messages)
    assert answer["result"] == "ok" and fates(answer) == ["accepted", FATES[fault], "accepted"]
    assert answer["outcomes"][1]["sender"] == (fault == "entry-refused")
    check_truth(double, messages, answer)


def test_a_target_that_is_gone_is_told_from_a_topic_that_is(double, driver, folder):
    disabled = double.add_endpoint(enabled=False)
    answer = driver.ask("publish", endpoint=disabled, message=message("m"))
    assert answer["result"] == "ok" and answer["outcomes"] == [
        {"fate": "refused", "code": "EndpointDisabled", "sender": True}]
    other = make_driver(folder, **double.settings(double.arn("none")))
    answer = other.ask("batch", messages=batch("none"))
    other.end()
    assert (answer["result"], answer["error"]) == ("refused", "NotFound")
    assert fates(answer) == ["unsent"] * 3
    double.denied = True
    answer = driver.ask("batch", messages=batch("denied"))
    assert (answer["result"], answer["error"]) == ("refused", "AuthorizationError")


def test_who_is_not_there_has_nothing(double, folder):
    driver = make_driver(folder, **double.settings())
    double.down()
    answer = driver.ask("batch", messages=batch("down"), deadline=1)
    double.up()
    assert answer["result"] == "unreachable" and fates(answer) == ["unsent"] * 3
    assert fates(driver.ask("batch", messages=batch("up"))) == ["accepted"] * 3
    driver.end()


def test_a_topic_in_another_region_is_spoken_to_there(folder):
    double = Sns(folder, region="us-east-1")
    driver = make_driver(folder, **double.settings())
    assert fates(driver.ask("publish", message=message("m"))) == ["accepted"]
    driver.end()
    double.end()
    assert double.violations == []


def test_a_clock_that_is_off_is_corrected(double, folder):
    double.clock = 3600
    driver = make_driver(folder, **double.settings())
    assert fates(driver.ask("batch", messages=batch("skewed"))) == ["accepted"] * 3
    driver.end()
