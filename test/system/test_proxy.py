"""The proxy itself: it refuses what AWS would refuse, and each fault does what it says."""

import datetime
import json
import socket
import zlib

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.session import Session

import shop
import wire

ITEM = {"pk": {"S": "P#1"}, "sk": {"S": "#"}}


@pytest.fixture(scope="module")
def scratch(emulator):
    """A table of the proxy's own tests."""
    emulator.client.create_table(
        TableName="scratch", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"},
                   {"AttributeName": "sk", "KeyType": "RANGE"}])
    return "scratch"


def sdk(proxy, token=shop.SESSION_TOKEN):
    return Session().create_client(
        "dynamodb", region_name=shop.REGION, endpoint_url=proxy.url,
        aws_access_key_id=shop.ACCESS_KEY, aws_secret_access_key=shop.SECRET_KEY,
        aws_session_token=token, config=Config(retries={"max_attempts": 0}))


def signed(proxy, operation="ListTables", body="{}", late=0, secret=shop.SECRET_KEY):
    """A request's headers and body, signed with botocore."""
    request = AWSRequest("POST", proxy.url + "/", data=body, headers={
        "Host": f"127.0.0.1:{proxy.port}",
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "X-Amz-Security-Token": shop.SESSION_TOKEN})
    when = datetime.datetime.utcnow() - datetime.timedelta(seconds=late)
    request.context["timestamp"] = when.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    auth = SigV4Auth(Credentials(shop.ACCESS_KEY, secret), "dynamodb", shop.REGION)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(text, request))
    return dict(request.headers) | {"Content-Length": str(len(body))}, body


def send(proxy, headers, body, more=""):
    lines = [f"{name}: {value}" for name, value in headers.items()]
    text = "POST / HTTP/1.1\r\n" + more + "\r\n".join(lines) + "\r\n\r\n" + body
    received = b""
    with socket.create_connection(("127.0.0.1", proxy.port), 2) as connection:
        connection.sendall(text.encode())
        connection.settimeout(0.3)
        try:
            while piece := connection.recv(65536):
                received += piece
                connection.settimeout(0.05)
        except TimeoutError:
            return received, "open"
    return received, "closed"


def put(scratch, value):
    return json.dumps({"TableName": scratch, "Item": ITEM | {"v": {"S": value}}})


def stored(emulator, scratch):
    return emulator.client.get_item(TableName=scratch, Key=ITEM)["Item"]["v"]["S"]


def test_a_soundly_signed_request_passes_and_is_counted(proxy):
    received, _ = send(proxy, *signed(proxy))
    answer = wire.split_answers(received)[0]
    assert answer.status == 200
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.body)
    counters = proxy.tell()
    assert counters["requests"] == counters["forwarded"] == {"ListTables": 1}
    assert counters["keys"] == {shop.ACCESS_KEY: 1}


def test_botocore_itself_passes(proxy, scratch):
    client = sdk(proxy)
    for n in range(3):
        client.put_item(TableName=scratch, Item=ITEM | {"n": {"N": str(n)}})
    assert client.get_item(TableName=scratch, Key=ITEM)["Item"]["n"] == {"N": "2"}


def drop(name):
    return lambda headers: headers.pop(name)


def change(name, value):
    return lambda headers: headers.update({name: value})


def unsign(name):
    def cut(headers):
        headers["Authorization"] = headers["Authorization"].replace(f"{name};", "")
    return cut


REFUSED = {
    "a body changed after signing": ({}, change("body", "{ }"), "does not match"),
    "another secret": ({"secret": "other"}, lambda headers: None, "does not match"),
    "a stale date": ({"late": 301}, lambda headers: None, "expired"),
    "a date in the future": ({"late": -310}, lambda headers: None, "expired"),
    "an unsigned target": ({}, unsign("x-amz-security-token"), "not signed"),
    "an unsigned host": ({}, unsign("host"), "not signed"),
    "no session token": ({}, drop("X-Amz-Security-Token"), "not there"),
    "another session token": ({}, change("X-Amz-Security-Token", "x"), "not the key"),
    "no Authorization": ({}, drop("Authorization"), "is missing"),
    "no x-amz-date": ({}, drop("X-Amz-Date"), "is missing"),
    "another content type": ({}, change("Content-Type", "application/json"), "Content-Type"),
    "another host": ({}, change("Host", "localhost"), "Host"),
    "a Content-Length that is not a number": ({}, change("Content-Length", "+2"), "Length"),
    "an unknown access key": (
        {}, lambda h: h.update(Authorization=h["Authorization"].replace("AKID", "XXXX")),
        "unknown access key"),
    "another region": (
        {}, lambda h: h.update(Authorization=h["Authorization"].replace("eu-central", "us-east")),
        "scope"),
    "chunks": ({}, change("Transfer-Encoding", "chunked"), "not wanted"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_refuses_and_notes(proxy, case):
    how, spoil, reason = REFUSED[case]
    headers, body = signed(proxy, **how)
    spoil(headers)
    body = headers.pop("body", body)
    headers["Content-Length"] = headers["Content-Length"].replace("2", str(len(body)))
    received, _ = send(proxy, headers, body)
    assert b" 200 " not in received
    counters = proxy.tell()
    assert len(counters["violations"]) == 1 and reason in counters["violations"][0]
    assert counters["forwarded"] == {}
    proxy.reset()


def test_it_answers_a_wrong_signature_as_aws_does(proxy):
    received, _ = send(proxy, *signed(proxy, secret="other"))
    answer, = wire.split_answers(received)
    assert answer.status == 400
    assert answer.json["__type"].endswith("#InvalidSignatureException")
    proxy.reset()


def test_a_header_given_twice_is_refused(proxy):
    received, _ = send(proxy, *signed(proxy), more="X-Amz-Date: 20200101T000000Z\r\n")
    assert b" 200 " not in received
    assert "given twice" in proxy.tell()["violations"][0]
    proxy.reset()


def test_an_expired_key_is_refused_but_no_violation(proxy):
    proxy.tell(keys={shop.ACCESS_KEY: shop.KEYS[shop.ACCESS_KEY] | {"expired": True}})
    received, _ = send(proxy, *signed(proxy))
    assert b"ExpiredTokenException" in received
    assert proxy.tell()["violations"] == []


def test_its_clock_can_be_wrong(own_proxy):
    own_proxy.tell(clock=3600)
    received, _ = send(own_proxy, *signed(own_proxy))
    assert b"InvalidSignatureException" in received
    counters = own_proxy.tell()
    assert (counters["skewed"], counters["violations"]) == (1, [])


ERRORS = {
    "throttle": "ProvisionedThroughputExceededException",
    "throttling": "ThrottlingException",
    "internal": "InternalServerError",
    "unavailable": "ServiceUnavailable",
    "conflict": "TransactionConflictException",
    "expired": "ExpiredTokenException",
}


@pytest.mark.parametrize("fault", ERRORS)
def test_an_error_is_what_a_client_of_aws_expects(proxy, scratch, fault):
    proxy.fault(fault)
    with pytest.raises(ClientError) as error:
        sdk(proxy).put_item(TableName=scratch, Item=ITEM)
    assert error.value.response["Error"]["Code"] == ERRORS[fault]
    assert proxy.tell()["forwarded"] == {}


def test_a_conflict_cancels_a_transaction_with_reasons(proxy, scratch):
    proxy.fault("conflict")
    with pytest.raises(ClientError) as error:
        sdk(proxy).transact_write_items(TransactItems=[
            {"Put": {"TableName": scratch, "Item": ITEM}},
            {"Put": {"TableName": scratch, "Item": ITEM | {"sk": {"S": "2"}}}}])
    reasons = error.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "TransactionConflict"]


def test_a_conflict_never_meets_a_read(proxy, scratch):
    proxy.fault("conflict")
    sdk(proxy).get_item(TableName=scratch, Key=ITEM)


BROKEN = {
    # fault: (was it done, how the connection ends, what is in the bytes)
    "close": (False, "closed", lambda got: got == b""),
    "hang": (False, "open", lambda got: got == b""),
    "lost-after": (True, "closed", lambda got: got == b""),
    "hang-after": (True, "open", lambda got: got == b""),
    "cut-after": (True, "closed", lambda got: len(got.split(b"\r\n\r\n")[1]) < length_of(got)),
    "internal-after": (True, "open", lambda got: b" 500 " in got),
    "garbage-after": (True, "closed", lambda got: not got.startswith(b"HTTP")),
    "nonsense-after": (True, "open", lambda got: got.endswith(b"</html>")),
    "checksum-after": (True, "open", lambda got: not checksum_holds(got)),
    "delay": (True, "open", lambda got: checksum_holds(got)),
    "dribble": (True, "open", lambda got: checksum_holds(got)),
    "chunked": (True, "open", lambda got: got.endswith(b"\r\n0\r\n\r\n")),
    "goodbye-after": (True, "closed", lambda got: b"Connection: close" in got),
}


def length_of(received):
    return int(wire.parse_head(received.split(b"\r\n\r\n")[0])[1]["content-length"])


def checksum_holds(received):
    answer = wire.split_answers(received)[0]
    return int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.body)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_does_what_it_says(proxy, emulator, scratch, fault):
    emulator.client.put_item(TableName=scratch, Item=ITEM | {"v": {"S": "before"}})
    proxy.fault(fault, seconds=0.02)
    done, end, holds = BROKEN[fault]
    received, how = send(proxy, *signed(proxy, "PutItem", put(scratch, "after")))
    assert (how, holds(received)) == (end, True), received
    assert stored(emulator, scratch) == ("after" if done else "before")
    assert proxy.tell()["faults"] == {fault: 1}


def test_a_rule_can_wait_count_and_choose(proxy):
    proxy.rules({"fault": "internal", "operation": "ListTables", "skip": 1, "count": 2})
    statuses = [send(proxy, *signed(proxy))[0][9:12] for _ in range(5)]
    assert statuses == [b"200", b"500", b"500", b"200", b"200"]
    proxy.fault("internal", operation="GetItem")
    assert send(proxy, *signed(proxy))[0][9:12] == b"200"


def test_the_same_seed_gives_the_same_faults(proxy):
    def run(seed):
        proxy.fault("internal", probability=0.5, seed=seed)
        return [send(proxy, *signed(proxy))[0][9:12] for _ in range(8)]

    first = run(3)
    assert set(first) == {b"200", b"500"}
    assert run(3) == first != run(4)
