"""The SNS of the tests itself: it refuses what SNS refuses, and each fault does what it says."""

import json
import socket
import urllib.parse
import uuid

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionError as NoAnswer, HTTPClientError
from botocore.parsers import ResponseParserError
from botocore.session import Session

import shop
import sns_form
from sns import ENTRY_FAULTS, FAULTS

FORM = "application/x-www-form-urlencoded; charset=utf-8"


def sdk(double, secret=shop.SECRET_KEY, region=shop.REGION):
    return Session().create_client(
        "sns", region_name=region, endpoint_url=double.url,
        aws_access_key_id=shop.ACCESS_KEY, aws_secret_access_key=secret,
        aws_session_token=shop.SESSION_TOKEN,
        config=Config(retries={"max_attempts": 0}, read_timeout=1, parameter_validation=False))


@pytest.fixture(scope="module")
def client(double):
    return sdk(double)


@pytest.fixture(scope="module")
def fifo(double):
    return double.add_topic("shop.fifo")


@pytest.fixture(autouse=True)
def restored(double):
    yield
    double.play()
    double.violations.clear()
    double.clock, double.denied = 0, False


def entry(entry_id="a", body="b", **more):
    return {"Id": entry_id, "Message": body, **more}


def string(value="v", kind="String"):
    return {"DataType": kind, "StringValue": value}


def refusal(call, **arguments):
    """The code of the error that the call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def raw(double, form, content_type=FORM):
    """Sends a signed form as it is, and returns (status, code)."""
    body = form if isinstance(form, str) else urllib.parse.urlencode(form)
    request = AWSRequest("POST", double.url + "/", data=body, headers={
        "Host": double.authority, "Content-Type": content_type})
    SigV4Auth(Credentials(shop.ACCESS_KEY, shop.SECRET_KEY, shop.SESSION_TOKEN), "sns",
              shop.REGION).add_auth(request)
    lines = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection(("127.0.0.1", double.server.server_address[1]), 5) as peer:
        peer.sendall(f"POST / HTTP/1.1\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
                     f"{lines}\r\n{body}".encode())
        text = b"".join(iter(lambda: peer.recv(65536), b"")).decode()
    return int(text[9:12]), text.partition("<Code>")[2].partition("</Code>")[0]


# ------------------------------------------------------------------ what it takes


def test_what_it_takes_is_in_the_file_before_it_is_answered(double, client):
    attributes = {"event_type": string("order.placed"), "n": string("1.5", "Number")}
    answer = client.publish(TopicArn=double.topic, Message="größe <&> ✓\n", MessageAttributes=attributes)
    record = double.accepted()[-1]
    assert record["message_id"] == answer["MessageId"] and record["delivered"]
    assert record["body"] == "größe <&> ✓\n" and record["target"] == double.topic
    assert record["attributes"] == {"event_type": "order.placed", "n": "1.5"}
    assert double.violations == []


def test_a_batch_is_answered_entry_by_entry(double, client):
    topic = double.add_topic("batch")
    answer = client.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
        entry(str(i), json.dumps({"type": "t", "i": i})) for i in range(10)])
    assert [done["Id"] for done in answer["Successful"]] == [str(i) for i in range(10)]
    assert answer.get("Failed", []) == [] and double.violations == []
    assert [event["i"] for event in double.events("t", topic)] == list(range(10))
    assert double.events("other", topic) == []


def test_a_phone_and_an_endpoint_get_their_own(double, client):
    endpoint = double.add_endpoint()
    client.publish(PhoneNumber="+4915123456789", Message="hello")
    client.publish(TargetArn=endpoint, Message="hello")
    assert len(double.delivered("+4915123456789")) == len(double.delivered(endpoint)) == 1
    assert double.violations == []


def test_who_wants_no_messages_gets_none(double, client):
    double.opted_out.add("+4915100000000")
    assert client.publish(PhoneNumber="+4915100000000", Message="hello")["MessageId"]
    assert double.delivered("+4915100000000") == []


def test_a_fifo_topic_delivers_once_within_five_minutes(double, client, fifo):
    message = {"TopicArn": fifo, "Message": "m", "MessageGroupId": "product/1",
               "MessageDeduplicationId": str(uuid.uuid4())}
    first, second = client.publish(**message), client.publish(**message)
    assert first["MessageId"] == second["MessageId"]
    assert first["SequenceNumber"] == second["SequenceNumber"]
    other = client.publish(**message | {"MessageDeduplicationId": "other"})
    assert other["SequenceNumber"] > first["SequenceNumber"]
    double.records[-3]["at"] -= 301
    assert client.publish(**message)["MessageId"] != first["MessageId"]
    assert [record["delivered"] for record in double.accepted()[-4:]] == [True, False, True, True]


def test_a_topic_may_deduplicate_by_content(double, client):
    topic = double.add_topic("content.fifo", content_based=True)
    ids = {client.publish(TopicArn=topic, Message=text, MessageGroupId="g")["MessageId"]
           for text in ("a", "a", "b")}
    assert len(ids) == 2 and len(double.delivered(topic)) == 2


# ------------------------------------------------------------------ what it refuses

LONG = "x" * (sns_form.SIZE_MAX + 1)
MESSAGES = {
    "empty": {"Message": ""},
    "too long": {"Message": LONG},
    "too long with its attributes": {
        "Message": LONG[: -len("nameStringv")], "MessageAttributes": {"name": string("v")}},
    "a control character": {"Message": "a\x01b"},
    "no character": {"Message": "a\uffffb"},
    "an empty attribute": {"MessageAttributes": {"a": string("")}},
    "an attribute with a control character": {"MessageAttributes": {"a": string("\x02")}},
    "an unknown type": {"MessageAttributes": {"a": string("v", "Text")}},
    "no number": {"MessageAttributes": {"a": string("v", "Number")}},
    "a name with a space": {"MessageAttributes": {"a b": string()}},
    "a name with a dot at its end": {"MessageAttributes": {"a.": string()}},
    "a name with two dots": {"MessageAttributes": {"a..b": string()}},
    "a long name": {"MessageAttributes": {"a" * 257: string()}},
    "a reserved name": {"MessageAttributes": {"aws.b": string()}},
    "a group without fifo": {"MessageGroupId": "g"},
    "a deduplication id without fifo": {"MessageDeduplicationId": "d"},
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_wrong_message_is_refused(double, client, name):
    message = {"Message": "b", **MESSAGES[name]}
    before = len(double.records)
    assert refusal(client.publish, TopicArn=double.topic, **message) == "InvalidParameter"
    assert len(double.violations) == 1
    try:
        answer = client.publish_batch(TopicArn=double.topic, PublishBatchRequestEntries=[
            {"Id": "a", **message}, entry("b")])
        failed, = answer["Failed"]
        assert (failed["Id"], failed["Code"]) == ("a", "InvalidParameter") and failed["SenderFault"]
        assert [done["Id"] for done in answer["Successful"]] == ["b"] and before + 1 == len(double.records)
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("InvalidParameter", "BatchRequestTooLong")
        assert len(double.records) == before


def test_a_message_may_be_as_long_as_can_be(double, client):
    client.publish(TopicArn=double.topic, Message=LONG[:-1])
    client.publish(TopicArn=double.topic, Message=LONG[: -1 - len("nameStringv")],
                   MessageAttributes={"name": string("v")})
    assert double.violations == []


FIFO = {
    "no group": {"MessageDeduplicationId": "d"},
    "no deduplication id": {"MessageGroupId": "g"},
    "an empty group": {"MessageGroupId": "", "MessageDeduplicationId": "d"},
    "a group with a space": {"MessageGroupId": "a b", "MessageDeduplicationId": "d"},
    "a long group": {"MessageGroupId": "g" * 129, "MessageDeduplicationId": "d"},
    "a long deduplication id": {"MessageGroupId": "g", "MessageDeduplicationId": "d" * 129},
}


@pytest.mark.parametrize("name", FIFO)
def test_a_fifo_topic_refuses(double, client, fifo, name):
    wrong = FIFO[name]
    assert refusal(client.publish, TopicArn=fifo, Message="m", **wrong) == "InvalidParameter"
    assert refusal(client.publish_batch, TopicArn=fifo, PublishBatchRequestEntries=[
        entry(**wrong)]) == "InvalidParameter"
    assert len(double.violations) == 2


BATCHES = [
    ("EmptyBatchRequest", []),
    ("TooManyEntriesInBatchRequest", [entry(str(i)) for i in range(11)]),
    ("BatchEntryIdsNotDistinct", [entry("a"), entry("a")]),
    ("InvalidBatchEntryId", [entry("a b")]),
    ("InvalidBatchEntryId", [entry("")]),
    ("InvalidBatchEntryId", [entry("a" * 81)]),
    ("BatchRequestTooLong", [entry("a", LONG[: len(LONG) // 2 + 1]),
                             entry("b", LONG[: len(LONG) // 2])]),
]


@pytest.mark.parametrize("code, entries", BATCHES)
def test_a_wrong_batch_is_refused_as_a_whole(double, client, code, entries):
    before = len(double.records)
    assert refusal(client.publish_batch, TopicArn=double.topic,
                   PublishBatchRequestEntries=entries) == code
    assert len(double.violations) == 1 and len(double.records) == before


def test_a_batch_may_be_as_long_as_can_be(double, client):
    half = sns_form.SIZE_MAX // 2
    client.publish_batch(TopicArn=double.topic, PublishBatchRequestEntries=[
        entry("a", "x" * half), entry("b", "x" * half)])
    assert double.violations == []


TARGETS = [
    ("InvalidParameter", {"TopicArn": "shop"}),
    ("InvalidParameter", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:shop"}),
    ("InvalidParameter", {"TargetArn": "arn:aws:sns:eu-central-1:123456789012:shop"}),
    ("InvalidParameter", {"PhoneNumber": "030 123456"}),
    ("InvalidParameter", {"PhoneNumber": "+0123456789"}),
    ("InvalidParameter", {"PhoneNumber": "+4915123456789", "Message": "x" * 1601}),
    ("InvalidParameter", {}),
]


@pytest.mark.parametrize("code, target", TARGETS)
def test_a_wrong_target_is_refused(double, client, code, target):
    assert refusal(client.publish, **{"Message": "m", **target}) == code
    assert len(double.violations) == 1


def test_what_is_not_there_or_not_allowed_is_no_mistake_of_the_request(double, client):
    disabled = double.add_endpoint(enabled=False)
    assert refusal(client.publish, TopicArn=double.arn("none"), Message="m") == "NotFound"
    assert refusal(client.publish_batch, TopicArn=double.arn("none"),
                   PublishBatchRequestEntries=[entry()]) == "NotFound"
    assert refusal(client.publish, TargetArn=disabled, Message="m") == "EndpointDisabled"
    assert refusal(client.publish, Message="m", TargetArn=double.arn(
        f"endpoint/GCM/shop/{uuid.uuid4()}")) == "NotFound"
    double.denied = True
    assert refusal(client.publish, TopicArn=double.topic, Message="m") == "AuthorizationError"
    assert double.violations == []


def test_signatures_are_checked(double):
    message = {"TopicArn": double.topic, "Message": "m"}
    assert refusal(sdk(double, secret="other").publish, **message) == "SignatureDoesNotMatch"
    assert refusal(sdk(double, region="us-east-1").publish, **message) == "SignatureDoesNotMatch"
    assert len(double.violations) == 2
    double.clock = 3600
    assert refusal(sdk(double).publish, **message) == "SignatureDoesNotMatch"
    assert len(double.violations) == 2, "a clock that is off is the test's own doing"


def test_forms_are_read_strictly(double):
    good = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": double.topic, "Message": "m"}
    assert raw(double, good) == (200, "")
    assert raw(double, good, "application/x-www-form-urlencoded")[1] == "MalformedInput"
    assert raw(double, good | {"Subjekt": "s"})[1] == "ValidationError"
    assert raw(double, good | {"Action": "Subscribe"})[1] == "InvalidAction"
    assert raw(double, good | {"Version": "2010-04-01"})[1] == "InvalidAction"
    assert raw(double, good | {"MessageAttributes.entry.2.Name": "a"})[1] == "ValidationError"
    assert raw(double, urllib.parse.urlencode(good) + "&Message=n")[1] == "MalformedQueryString"
    assert raw(double, urllib.parse.urlencode(good) + "%ff")[1] == "MalformedQueryString"
    twice = good | {f"MessageAttributes.entry.{i}.{name}": value for i in (1, 2) for name, value in (
        ("Name", "a"), ("Value.DataType", "String"), ("Value.StringValue", "v"))}
    assert raw(double, twice)[1] == "InvalidParameter"
    assert len(double.violations) == 8


# ------------------------------------------------------------------ faults

ACCEPTED = {name for name in FAULTS if name.endswith("-after")} | {"delay"}
CODES = {"throttle": "Throttling", "throttled": "Throttled", "internal": "InternalError",
         "internal-after": "InternalError", "unavailable": "ServiceUnavailable",
         "expired": "ExpiredToken"}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_does_what_it_says(double, client, fault):
    before = len(double.accepted())
    double.inject(fault, operation="Publish", count=1)
    message = {"TopicArn": double.topic, "Message": "m"}
    if fault in CODES:
        assert refusal(client.publish, **message) == CODES[fault]
    elif fault == "delay":
        assert client.publish(**message)["MessageId"]
    else:
        with pytest.raises((HTTPClientError, ResponseParserError, KeyError)):
            client.publish(**message)
    assert len(double.accepted()) - before == (fault in ACCEPTED)
    assert client.publish(**message)["MessageId"], "once was enough"
    assert double.violations == [] and double.faults[fault] == 1


@pytest.mark.parametrize("fault", ENTRY_FAULTS)
def test_an_entry_can_fail_alone(double, client, fault):
    before = len(double.accepted())
    double.inject(fault, operation="Entry", skip=1, count=1)
    answer = client.publish_batch(TopicArn=double.topic, PublishBatchRequestEntries=[
        entry("a"), entry("b"), entry("c")])
    assert [done["Id"] for done in answer["Successful"]] == ["a", "c"]
    failed = [(one["Id"], one["SenderFault"]) for one in answer.get("Failed", [])]
    assert failed == {"entry-failed": [("b", False)], "entry-refused": [("b", True)]}.get(fault, [])
    assert len(double.accepted()) - before == 2 + (fault == "entry-forgotten-after")


def test_faults_come_by_seed(double, client):
    def meet(seed):
        double.inject("throttle", probability=0.5, seed=seed)
        met = []
        for _ in range(12):
            try:
                client.publish(TopicArn=double.topic, Message="m")
                met.append(False)
            except ClientError:
                met.append(True)
        return met

    assert meet(1) == meet(1) != meet(2)
    with pytest.raises(ValueError):
        double.inject("no such fault")


def test_it_can_be_down(double, client):
    double.down()
    with pytest.raises((NoAnswer, HTTPClientError)):
        client.publish(TopicArn=double.topic, Message="m")
    double.up()
    assert client.publish(TopicArn=double.topic, Message="m")["MessageId"]
