"""Payments: what is told of them counts once, to the cent, whatever becomes of the answers."""

import hashlib
import hmac
import json
import threading
import time
import uuid

import pytest

import shop
from given import at_once, expect
from placed import Look, place

AFTER = ("lost-after", "internal-after", "cut-after", "checksum-after", "garbage-after",
         "nonsense-after")
BEFORE = ("internal", "unavailable", "close", "throttling", "conflict")
SECRET = "whsec-of-the-test"


def pay(client, order_id, status, amount, reference="pay-1", **headers):
    body = {"reference": reference, "status": status, "amount": amount}
    return client.put(f"/order/{order_id}/payment", body, **headers)


@pytest.fixture
def order(client, emulator):
    """An order of 2 × 9.75, placed and not paid."""
    return place(emulator, (client.create(price=9.75, on_hand=5), 2))


def test_paid_in_full_confirms(client, emulator, order):
    answer = expect(pay(client, order, "paid", 19.5), 200)
    shown = answer.json
    assert (shown["id"], shown["status"], shown["payment_status"]) == (order, "confirmed", "paid")
    assert (shown["paid"], shown["refunded"], shown["version"]) == (19.5, 0, 2)
    assert answer.etag == '"2"'
    look = Look(emulator, order)
    assert look.states == ("confirmed", "paid", "unfulfilled")
    assert look.payments() == {"pay-1": ("paid", 19.5)}
    assert (look.types, look.history()) == (["order.confirmed"], ["paid"])
    assert look.head["g2p"]["S"].startswith("OS#confirmed#")
    entry = look.of("H#")[-1]
    assert (entry["from"]["S"], entry["to"]["S"], entry["by"]["S"]) == (
        "placed", "confirmed", "staff")


def test_authorized_then_captured_then_refunded_in_parts(client, emulator, order):
    expect(pay(client, order, "authorized", 19.5), 200)
    assert Look(emulator, order).states[:2] == ("confirmed", "authorized")
    assert Look(emulator, order).money == (0, 0)
    expect(pay(client, order, "paid", 19.5), 200)
    expect(pay(client, order, "refunded", 9.51, "back-1"), 200)
    assert Look(emulator, order).states[:2] == ("confirmed", "partially_refunded")
    much = expect(pay(client, order, "refunded", 10, "back-2"), 422, "wrong-amount")
    assert str(much.json["expected"]) == "9.99"
    expect(pay(client, order, "refunded", 4.99, "back-2"), 200)
    shown = expect(pay(client, order, "refunded", 5, "back-3"), 200).json
    assert (shown["payment_status"], shown["paid"], shown["refunded"]) == ("refunded", 19.5, 19.5)
    look = Look(emulator, order)
    assert look.types == ["order.confirmed"] + 3 * ["order.refunded"]
    assert json.loads(look.events[1]["data"]["S"])["payment"] == {
        "reference": "back-1", "status": "refunded", "amount": 9.51}
    assert look.payments() == {"pay-1": ("paid", 19.5), "back-1": ("refunded", 9.51),
                               "back-2": ("refunded", 4.99), "back-3": ("refunded", 5)}
    assert [(one["reference"], one["status"], float(one["amount"])) for one in shown["payments"]] \
        == [("pay-1", "paid", 19.5), ("back-1", "refunded", 9.51), ("back-2", "refunded", 4.99),
            ("back-3", "refunded", 5)]
    assert shown["payments"][0]["created_at"] <= shown["payments"][0]["updated_at"]
    assert expect(client.get(f"/order/{order}"), 200).json == shown
    refused = expect(pay(client, order, "refunded", 1, "back-4"), 409, "invalid-transition")
    assert (refused.json["field"], refused.json["current"], refused.json["allowed"]) == (
        "payment_status", "refunded", [])


def test_what_was_told_before_changes_nothing(client, emulator, order):
    first = expect(pay(client, order, "paid", 19.5), 200)
    again = expect(pay(client, order, "paid", "19.50", "pay-1"), 422)  # a text is no amount
    assert again.errors() == {("amount", "wrong-type")}
    again = expect(client.put(f"/order/{order}/payment",
                              '{"reference":"pay-1","status":"paid","amount":19.50}'), 200)
    assert again.json == first.json
    expect(pay(client, order, "authorized", 19.5), 200)  # that report was late
    expect(pay(client, order, "refunded", 3, "back"), 200)
    expect(pay(client, order, "refunded", 3, "back"), 200)
    look = Look(emulator, order)
    assert (look.version, look.money) == (3, (19.5, 3))
    assert look.types == ["order.confirmed", "order.refunded"]


def test_a_reference_is_for_one_payment(client, emulator, order):
    expect(pay(client, order, "paid", 19.5), 200)
    for status, amount in (("paid", 19.49), ("failed", 19.5), ("refunded", 19.5)):
        expect(pay(client, order, status, amount), 409, "payment-reference-reused")
    assert Look(emulator, order).version == 2


@pytest.mark.parametrize("amount", ["19.49", "19.51", "0", "19.501", "1950", "1e99"])
@pytest.mark.parametrize("status", ["authorized", "paid"])
def test_the_amount_is_the_total_exactly(client, emulator, order, status, amount):
    body = f'{{"reference":"p","status":"{status}","amount":{amount}}}'
    answer = expect(client.put(f"/order/{order}/payment", body), 422, "wrong-amount")
    assert str(answer.json["expected"]) == "19.5"
    assert Look(emulator, order).version == 1


def test_failed_attempts_and_then_one_that_is_paid(client, emulator, order):
    path = f"/order/{order}/payment"
    expect(client.put(path, {"reference": "a", "status": "failed"}), 200)
    expect(client.put(path, {"reference": "b", "status": "failed", "amount": 7}), 200)
    expect(client.put(path, {"reference": "a", "status": "failed", "amount": 8}), 200)
    look = Look(emulator, order)
    assert (look.states[:2], look.version) == (("placed", "failed"), 3)
    assert (look.types, look.history()) == ([], ["payment_failed", "payment_failed"])
    expect(pay(client, order, "paid", 19.5, "a"), 200)
    assert Look(emulator, order).states[:2] == ("confirmed", "paid")


def test_there_is_room_for_the_payment_whatever_failed_before(client, emulator, order):
    path = f"/order/{order}/payment"
    for n in range(45):
        expect(client.put(path, {"reference": f"try-{n}", "status": "failed"}), 200)
    expect(pay(client, order, "paid", 19.5), 200)
    refunds = [pay(client, order, "refunded", 0.01, f"back-{n}").status for n in range(25)]
    assert refunds == 19 * [200] + 6 * [409]
    expect(pay(client, order, "refunded", 0.01, "more"), 409, "too-many-payments")
    expect(pay(client, order, "refunded", 0.01, "back-0"), 200)
    assert len(Look(emulator, order).payments()) == 40


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_a_late_payment_is_orphaned_and_can_be_refunded(client, emulator, status):
    order = place(emulator, (client.create(price=5, on_hand=5), 1), status=status)
    expect(pay(client, order, "failed", 5, "x"), 200)
    expect(pay(client, order, "authorized", 5), 200)
    expect(pay(client, order, "paid", 5), 200)
    expect(pay(client, order, "paid", 5), 200)
    look = Look(emulator, order)
    assert look.states == (status, "none", "unfulfilled")
    assert look.money == (5, 0)
    assert look.types == 2 * ["payment.orphaned"]
    assert look.items["PAY#pay-1"]["is_orphaned"] == {"BOOL": True}
    told = json.loads(look.events[1]["data"]["S"])
    assert (told["order_id"], told["payment"]) == (
        order, {"reference": "pay-1", "status": "paid", "amount": 5})
    expect(pay(client, order, "refunded", 5.01, "back"), 422, "wrong-amount")
    expect(pay(client, order, "refunded", 5, "back"), 200)
    look = Look(emulator, order)
    assert (look.states, look.money) == ((status, "none", "unfulfilled"), (5, 5))
    assert look.types[-1] == "order.refunded"
    expect(pay(client, order, "refunded", 1, "back-2"), 409, "invalid-transition")


def test_a_second_payment_is_orphaned_and_refunded_first(client, emulator, order):
    expect(pay(client, order, "paid", 19.5), 200)
    answer = expect(pay(client, order, "authorized", 19.5, "pay-2"), 409, "invalid-transition")
    assert (answer.json["field"], answer.json["current"], answer.json["allowed"]) == (
        "payment_status", "paid", ["partially_refunded", "refunded"])
    for _ in range(2):
        expect(pay(client, order, "paid", 19.5, "pay-2"), 200)
    look = Look(emulator, order)
    assert (look.states, look.money) == (("confirmed", "paid", "unfulfilled"), (39, 0))
    assert look.types == ["order.confirmed", "payment.orphaned"]
    assert look.items["PAY#pay-2"]["is_orphaned"] == {"BOOL": True}
    assert "is_orphaned" not in look.items["PAY#pay-1"]
    expect(pay(client, order, "refunded", 0, "back"), 422, "wrong-amount")
    states = [expect(pay(client, order, "refunded", amount, f"back-{amount}"), 200).json[
        "payment_status"] for amount in (19.5, 9, 10.5)]
    assert states == ["paid", "partially_refunded", "refunded"]
    assert Look(emulator, order).money == (39, 39)


def test_bodies_versions_and_ids(client, emulator, order):
    path = f"/order/{order}/payment"
    answer = expect(client.put(path, {"status": "voided", "amount": -1, "x": 1}), 422)
    assert answer.errors() == {("reference", "required"), ("status", "not-one-of"),
                               ("amount", "negative"), ("x", "unknown-field")}
    answer = expect(client.put(path, {"reference": "r", "status": "paid"}), 422)
    assert answer.errors() == {("amount", "required")}
    for reference, code in (("", "too-short"), ("a b", "invalid-text"), ("ä", "invalid-text"),
                            ("x" * 101, "too-long"), (3, "wrong-type")):
        answer = expect(pay(client, order, "paid", 19.5, reference), 422)
        assert answer.errors() == {("reference", code)}
    expect(pay(client, order, "paid", 19.5, If_Match='"2"'), 412, "precondition-failed")
    expect(pay(client, "nothing", "paid", 1), 404, "order-not-found")
    expect(pay(client, str(uuid.uuid4()), "paid", 1), 404, "order-not-found")
    assert Look(emulator, order).version == 1
    expect(pay(client, order, "authorized", 19.5, '"\\~!#' + "x" * 95, If_Match='"1"'), 200)
    expect(pay(client, order, "paid", 19.5, '"\\~!#' + "x" * 95), 200)
    assert Look(emulator, order).payments() == {'"\\~!#' + "x" * 95: ("paid", 19.5)}


def test_currencies_without_decimals_and_with_three(client, emulator):
    product = client.create(price=7, on_hand=9)
    for currency, amount, wrong in (("JPY", "7", "7.1"), ("KWD", "7.000", "7.0001")):
        order = place(emulator, (product, 1), currency=currency)
        path = f"/order/{order}/payment"
        for text, status in ((wrong, 422), (amount, 200)):
            body = f'{{"reference":"r","status":"paid","amount":{text}}}'
            expect(client.put(path, body), status)


# at once, and under faults


@pytest.mark.parametrize("fault", BEFORE + AFTER)
@pytest.mark.parametrize("status", ["paid", "refunded"])
def test_one_fault_at_the_write_is_overcome(client, proxy, emulator, order, fault, status):
    version = 2
    if status == "refunded":
        expect(pay(client, order, "paid", 19.5), 200)
        version = 3
    proxy.fault(fault, operation="TransactWriteItems", count=1)
    answer = expect(pay(client, order, status, 19.5, f"{status}-x"), 200)
    assert proxy.tell()["faults"] == {fault: 1}
    look = Look(emulator, order)
    assert (answer.json["version"], look.version) == (version, version)
    assert look.money == (19.5, 19.5 if status == "refunded" else 0)
    assert len(look.events) == version - 1


@pytest.mark.parametrize("fault", AFTER)
def test_an_unknown_outcome_is_told_again_and_had_once(start, proxy, emulator, table, fault):
    client = start(SHOPD_REQUEST_DEADLINE="1").client()
    order = place(emulator, (client.create(price=3, on_hand=3), 1))
    proxy.fault(fault, operation="TransactWriteItems")
    expect(pay(client, order, "paid", 3), 503, "outcome-unknown")
    proxy.rules()
    expect(pay(client, order, "paid", 3), 200)
    look = Look(emulator, order)
    assert (look.version, look.money, look.types) == (2, (3, 0), ["order.confirmed"])


def test_the_same_payment_at_once_counts_once(pair, emulator, order):
    clients = [pair[n % 2].client() for n in range(8)]
    answers = at_once([lambda c=c: pay(c, order, "paid", 19.5) for c in clients])
    assert {(answer.status, answer.json["version"]) for answer in answers} == {(200, 2)}
    look = Look(emulator, order)
    assert (look.money, look.types, len(look.payments())) == ((19.5, 0), ["order.confirmed"], 1)


def test_of_payments_at_once_one_counts_and_the_others_are_orphaned(pair, emulator, order):
    clients = [pair[n % 2].client() for n in range(4)]
    answers = at_once([lambda c=c, n=n: pay(c, order, "paid", 19.5, f"p-{n}")
                       for n, c in enumerate(clients)])
    assert [answer.status for answer in answers] == 4 * [200]
    look = Look(emulator, order)
    assert (look.states[1], look.money) == ("paid", (4 * 19.5, 0))
    assert look.types == ["order.confirmed"] + 3 * ["payment.orphaned"]


def test_refunds_at_once_never_exceed_what_was_paid(pair, emulator, order):
    clients = [pair[n % 2].client() for n in range(8)]
    expect(pay(clients[0], order, "paid", 19.5), 200)
    answers = at_once([lambda c=c, n=n: pay(c, order, "refunded", 6.5, f"r-{n // 2}")
                       for n, c in enumerate(clients)])
    done = [answer for answer in answers if answer.status == 200]
    assert {answer.code for answer in answers if answer.status != 200} <= {
        "invalid-transition", "wrong-amount"}
    look = Look(emulator, order)
    refunds = [amount for status, amount in look.payments().values() if status == "refunded"]
    assert refunds == [6.5] * 3 and look.money == (19.5, 19.5)
    assert (len(done), look.version) == (6, 5)
    assert look.types.count("order.refunded") == 3


# the callback


def signature_of(body, secret=SECRET, at=None):
    at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={digest.hexdigest()}"


def call(client, body, signature=None, **headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = signature_of(body) if signature is None else signature
    if signature:
        headers["X_Signature"] = signature
    return client.post("/payment/callback", body, **headers)


@pytest.fixture
def signed(start, table):
    return start(SHOPD_PAYMENT_SECRET=SECRET)


def told(order_id, status="paid", amount=19.5, reference="pay-1"):
    return {"order_id": order_id, "reference": reference, "status": status, "amount": amount}


def test_a_signed_callback_is_a_payment(signed, emulator, order):
    client = signed.client()
    answer = expect(call(client, told(order)), 200)
    assert answer.json == {"status": "ok"}
    assert call(client, told(order)).json == {"status": "ok"}
    look = Look(emulator, order)
    assert (look.version, look.states[:2]) == (2, ("confirmed", "paid"))
    assert look.of("H#")[-1]["by"] == {"S": "provider"}
    expect(call(client, told(order, "refunded", 20, "b")), 422, "wrong-amount")
    expect(call(client, told(str(uuid.uuid4()))), 404, "order-not-found")
    answer = expect(call(client, {"reference": "r"}), 422)
    assert ("order_id", "required") in answer.errors()
    expect(call(client, b"{"), 400, "invalid-json")


def test_without_a_right_signature_it_is_401_and_nothing_happens(signed, emulator, order):
    client = signed.client()
    body = json.dumps(told(order)).encode()
    now = int(time.time())
    good = signature_of(body)
    wrong = ["", "t=1", good.replace("v1", "v0"), good[:-1], good[:-2] + "zz",
             good.split(",")[1], signature_of(body, "another"), signature_of(body + b" "),
             signature_of(body, at=now - 302), signature_of(body, at=now + 310),
             good + f",t={now}", f"t=-1,{good.split(',')[1]}", f"t={now}x,{good.split(',')[1]}",
             "," * 500, "t=" + "9" * 400 + ",v1=00"]
    for signature in wrong:
        answer = expect(call(client, body, signature), 401, "invalid-signature")
        assert answer.headers["WWW-Authenticate"] == "X-Signature"
    expect(call(client, body.replace(b"19.5", b"19.6"), good), 401, "invalid-signature")
    expect(call(client, b"not json", good), 401, "invalid-signature")
    look = Look(emulator, order)
    assert (look.version, look.types) == (1, [])


def test_one_of_several_signatures_is_enough(signed, emulator, order):
    client = signed.client()
    body = json.dumps(told(order)).encode()
    at = int(time.time()) - 280
    old, new = (signature_of(body, secret, at).split(",")[1] for secret in ("old", SECRET))
    expect(call(client, body, f"v0=abc, t={at} ,{old.upper().replace('V1', 'v1')}, {new}"), 200)
    assert Look(emulator, order).version == 2


def test_a_key_means_nothing_to_a_callback(signed, emulator, order, table):
    """Else whoever cannot sign could write, and read what others were answered."""
    client = signed.client()
    expect(call(client, told(order), "t=1,v1=0", Idempotency_Key="k"), 401)
    expect(call(client, told(order), Idempotency_Key="k"), 200)
    answer = expect(call(client, told(order), "t=1,v1=0", Idempotency_Key="k"), 401)
    assert answer.headers["Idempotent-Replayed"] is None


def test_without_a_secret_there_is_no_callback(client, emulator, order):
    expect(call(client, told(order)), 404, "not-found")
    assert Look(emulator, order).version == 1


def test_the_secret_is_in_no_log(signed, order):
    client = signed.client()
    body = json.dumps(told(order)).encode()
    good = signature_of(body)
    call(client, body, good)
    call(client, body, good[:-3])
    signed.log()
    text = signed.process.log_text()
    assert SECRET not in text and good.split("v1=")[1][:20] not in text


def test_the_secret_is_shown_as_set(folder, emulator):
    _, shown, _ = shop.command(folder, "--check-config", SHOPD_PAYMENT_SECRET=SECRET)
    assert "SHOPD_PAYMENT_SECRET=(set)\n" in shown
    _, shown, complaint = shop.command(folder, "--check-config", SHOPD_PAYMENT_SECRET=SECRET + "\n")
    assert "SHOPD_PAYMENT_SECRET" in complaint and SECRET not in shown + complaint


def test_put_and_callbacks_at_once_are_one_payment(signed, shopd, emulator, order):
    clients = [(signed if n % 2 else shopd).client() for n in range(6)]
    answers = at_once([
        lambda c=c, n=n: call(c, told(order)) if n % 2 else pay(c, order, "paid", 19.5)
        for n, c in enumerate(clients)])
    assert {answer.status for answer in answers} == {200}
    assert Look(emulator, order).version == 2


def test_a_payment_meets_an_expiry(client, proxy, emulator, order):
    """The order expires between the payment's read and its write: then it is orphaned."""
    proxy.fault("delay", operation="TransactWriteItems", count=1, seconds=0.5)
    answers = []
    thread = threading.Thread(
        target=lambda: answers.append(pay(client, order, "paid", 19.5)))
    thread.start()
    time.sleep(0.2)
    emulator.client.update_item(
        TableName=shop.TABLE, Key={"pk": {"S": f"O#{order}"}, "sk": {"S": "#"}},
        UpdateExpression="SET #s = :s ADD version :one",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "expired"}, ":one": {"N": "1"}})
    thread.join()
    expect(answers[0], 200)
    look = Look(emulator, order)
    assert look.states[:2] == ("expired", "none")
    assert (look.types, look.money) == (["payment.orphaned"], (19.5, 0))
