"""Payments: each reference counts once, to the smallest unit, also when its callback is signed."""

import hashlib
import hmac
import json
import time
import uuid
from decimal import Decimal

import pytest

import given
import purchase
import shop
from given import at_once, expect
from purchase import events_of, get_order, paid, pay, placed, statuses

SECRET = "a secret between provider and shop"
TOLERANCE = 300


def bill(client, price=10, **fields):
    """A placed order of two pieces."""
    return placed(client, (client.create(price=price, on_hand=2, **fields), 2))


def unchanged(client, bought):
    assert get_order(client, bought) == bought


def refund(client, bought, amount, reference=None):
    return pay(client, bought, "refunded", amount, reference)


# what is recorded


def test_a_payment_confirms_its_order(client, emulator):
    for status in ("authorized", "paid"):
        bought = bill(client)
        after = expect(pay(client, bought, status), 200).json
        assert statuses(after) == ("confirmed", status, "unfulfilled")
        assert (after["paid"], after["refunded"]) == (20 if status == "paid" else 0, 0)
        unchanged(client, after)
        assert events_of(emulator, bought) == ["order.placed", "order.confirmed"]


def test_an_authorized_payment_becomes_paid_by_the_same_or_another_reference(client):
    for reference in ("a", "b"):
        bought = bill(client)
        expect(pay(client, bought, "authorized", reference="a"), 200)
        after = expect(pay(client, bought, "paid", reference=reference), 200).json
        assert (after["payment_status"], after["paid"]) == ("paid", 20)


def test_a_failed_payment_leaves_room_for_another(client, emulator):
    bought = bill(client)
    for reference in ("a", "b"):
        after = expect(pay(client, bought, "failed", reference=reference), 200).json
        assert statuses(after) == ("placed", "failed", "unfulfilled") and after["paid"] == 0
    after = expect(pay(client, bought, "paid", reference="c"), 200).json
    assert statuses(after) == ("confirmed", "paid", "unfulfilled")
    assert events_of(emulator, bought) == ["order.placed", "order.confirmed"]


def test_the_amount_of_a_failed_payment_is_ignored(client):
    bought = bill(client)
    expect(pay(client, bought, "failed", amount=1), 200)
    body = {"reference": "x", "status": "failed"}
    expect(client.put(f"/order/{bought['id']}/payment", body), 200)


@pytest.mark.parametrize("status", ["authorized", "paid"])
@pytest.mark.parametrize("amount", ["19.99", "20.01", "0", "2000", "92233720368547758.07"])
def test_a_wrong_amount_is_refused_and_the_right_one_told(client, status, amount):
    bought = bill(client)
    answer = expect(pay(client, bought, status, Decimal(amount)), 422, "wrong-amount")
    assert answer.json["expected"] == 20
    unchanged(client, bought)


@pytest.mark.parametrize("amount, code", [
    ("20.001", "too-many-decimals"), ("-20", "negative"), ('"20"', "wrong-type"),
    ("1e30", "too-large"), ("true", "wrong-type"), ("[20]", "wrong-type")])
def test_what_is_no_amount_of_this_currency_is_refused(client, amount, code):
    bought = bill(client)
    body = f'{{"reference": "x", "status": "paid", "amount": {amount}}}'
    answer = client.put(f"/order/{bought['id']}/payment", body)
    assert answer.status == 422, answer
    assert answer.code == "wrong-amount" or answer.errors() == {("amount", code)}, answer
    unchanged(client, bought)


@pytest.mark.parametrize("currency, price, total, part, rest", [
    ("JPY", 333, "666", "1", "665"), ("EUR", 19.99, "39.98", "0.01", "39.97"),
    ("KWD", 1.005, "2.01", "0.001", "2.009")])
def test_amounts_are_exact_in_every_currency(client, currency, price, total, part, rest):
    bought = bill(client, price, currency=currency)
    after = expect(pay(client, bought, amount=Decimal(total)), 200).json
    assert after["paid"] == Decimal(total)
    expect(refund(client, bought, Decimal(part)), 200)
    answer = expect(refund(client, bought, Decimal(total)), 422, "wrong-amount")
    assert answer.json["expected"] == Decimal(rest)
    after = expect(refund(client, bought, Decimal(rest)), 200).json
    assert (after["refunded"], after["payment_status"]) == (Decimal(total), "refunded")


# references


def test_the_same_payment_again_changes_nothing(client, emulator):
    bought = bill(client)
    first = expect(pay(client, bought, reference="a"), 200).json
    assert expect(pay(client, bought, reference="a"), 200).json == first
    part = expect(refund(client, bought, 5, "r"), 200).json
    assert (part["refunded"], part["payment_status"]) == (5, "partially_refunded")
    assert expect(refund(client, bought, 5, "r"), 200).json == part
    assert expect(pay(client, bought, reference="a"), 200).json == part
    all_back = expect(refund(client, bought, 15, "r2"), 200).json
    assert (all_back["refunded"], all_back["payment_status"]) == (20, "refunded")
    assert expect(refund(client, bought, 5, "r"), 200).json == all_back
    assert events_of(emulator, bought) == [
        "order.placed", "order.confirmed", "order.refunded", "order.refunded"]


def test_an_authorization_that_is_told_again_after_the_payment_changes_nothing(client):
    bought = bill(client)
    expect(pay(client, bought, "authorized", reference="a"), 200)
    after = expect(pay(client, bought, "paid", reference="a"), 200).json
    assert expect(pay(client, bought, "authorized", reference="a"), 200).json == after


def test_a_reference_cannot_mean_two_payments(client):
    bought = bill(client)
    after = expect(pay(client, bought, reference="a"), 200).json
    expect(refund(client, bought, 5, "r"), 200)
    after = get_order(client, bought)
    for status, amount, reference in (("failed", 20, "a"), ("authorized", 19, "a"),
                                      ("refunded", 6, "r"), ("paid", 20, "r")):
        answer = pay(client, bought, status, amount, reference)
        expect(answer, 409, "payment-reference-reused")
    unchanged(client, after)


def test_references_belong_to_their_order_and_differ_by_every_character(client):
    first, second = bill(client), bill(client)
    for bought in (first, second):
        expect(pay(client, bought, reference="shared"), 200)
    for number, reference in enumerate(("r", "R", "r#", "r.", "x" * 100, "x" * 99, "/?&=%"), 1):
        after = expect(refund(client, first, 1, reference), 200).json
        assert after["refunded"] == number


def test_of_many_with_one_reference_at_once_one_counts(pair, emulator):
    clients = [pair[n % 2].client() for n in range(8)]
    for status in ("paid", "authorized"):
        bought = bill(clients[0])
        answers = at_once([lambda c=c: pay(c, bought, status, reference="a") for c in clients])
        assert {answer.status for answer in answers} == {200}, answers
        after = get_order(clients[0], bought)
        assert after["version"] == bought["version"] + 1 and after["payment_status"] == status
        assert events_of(emulator, bought) == ["order.placed", "order.confirmed"]


def test_of_two_payments_at_once_one_is_orphaned(pair, emulator):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(5)):
        bought = bill(here)
        answers = at_once([lambda: pay(here, bought), lambda: pay(there, bought)])
        assert [answer.status for answer in answers] == [200, 200], answers
        after = get_order(here, bought)
        assert (after["paid"], after["payment_status"], after["version"]) == (40, "paid", 3)
        assert events_of(emulator, bought)[1:] == ["order.confirmed", "payment.orphaned"]


def test_refunds_at_once_never_exceed_what_was_paid(pair):
    clients = [pair[n % 2].client() for n in range(8)]
    bought = paid(clients[0], (clients[0].create(price=10, on_hand=2), 2))
    answers = at_once([lambda c=c: refund(c, bought, 6) for c in clients])
    assert sorted(answer.status for answer in answers) == [200] * 3 + [422] * 5, answers
    after = get_order(clients[0], bought)
    assert (after["refunded"], after["payment_status"]) == (18, "partially_refunded")


# payments of orders that are over


def test_a_payment_of_a_cancelled_order_is_recorded_told_and_can_be_refunded(client, emulator):
    bought = bill(client)
    expect(purchase.cancel(client, bought), 200)
    for _ in range(2):
        after = expect(pay(client, bought, reference="late"), 200).json
        assert statuses(after) == ("cancelled", "none", "unfulfilled")
    told = ["order.placed", "order.cancelled", "payment.orphaned"]
    assert events_of(emulator, bought) == told
    expect(refund(client, bought, 20, "back"), 200)
    assert get_order(client, bought)["status"] == "cancelled"
    answer = refund(client, bought, 1, "too-much")
    assert (answer.status, answer.code) in (
        (422, "wrong-amount"), (409, "invalid-transition")), answer


# the signed callback


@pytest.fixture(scope="module")
def signed(folder, proxy, table):
    daemon = shop.Shopd(folder, proxy.url, SHOPD_PAYMENT_SECRET=SECRET).ready()
    yield daemon
    assert daemon.end() == 0, daemon.process.log_text()[-4000:]
    assert SECRET not in daemon.process.log_text()


@pytest.fixture
def provider(signed):
    client = signed.client()
    yield client
    client.close()


def report_of(bought, status="paid", reference="p", amount=None):
    body = {"order_id": bought["id"], "reference": reference, "status": status,
            "amount": bought["total"] if amount is None else amount}
    return purchase.exact(body)


def sign(body, moment=None, secret=SECRET):
    """(t, v1) for a body as it is sent, to the byte."""
    moment = str(int(time.time()) if moment is None else moment)
    text = f"{moment}.{body}".encode()
    return moment, hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def call_back(client, body, signature=None, **headers):
    if signature is not None:
        headers["X_Signature"] = signature
    return client.post("/payment/callback", body, **headers)


def call_back_signed(client, body, seconds=0):
    moment, digest = sign(body, int(time.time()) + seconds)
    return call_back(client, body, f"t={moment},v1={digest}")


def test_a_signed_callback_is_a_payment_however_often_it_comes(provider, emulator):
    bought = bill(provider)
    body = report_of(bought)
    moment, digest = sign(body)
    answers = [call_back(provider, body, f"t={moment},v1={digest}") for _ in range(3)]
    answers.append(call_back_signed(provider, body, 1))
    assert [(answer.status, answer.json) for answer in answers] == [(200, {"status": "ok"})] * 4
    after = get_order(provider, bought)
    assert statuses(after) == ("confirmed", "paid", "unfulfilled")
    assert (after["version"], after["paid"]) == (2, 20)
    assert events_of(emulator, bought) == ["order.placed", "order.confirmed"]
    assert expect(pay(provider, bought, reference="p"), 200).json == after


def test_a_signature_is_of_the_very_bytes(provider):
    bought = bill(provider)
    compact = json.dumps(json.loads(report_of(bought)), separators=(",", ":"))
    spaced = f"\n{{ {compact[1:-1]} }}\r\n\t"
    moment, digest = sign(compact)
    expect(call_back(provider, spaced, f"t={moment},v1={digest}"), 401, "invalid-signature")
    unchanged(provider, bought)
    assert call_back_signed(provider, spaced).status == 200


def test_one_right_signature_of_several_is_enough(provider):
    bought = bill(provider)
    wrong = "0" * 64
    for reference, order in (("a", "{wrong},{right}"), ("a", "{right},{wrong}"),
                             ("a", "{wrong},{wrong},{right},{wrong}"), ("a", "v0=ab,{right}")):
        body = report_of(bought, reference=reference)
        moment, digest = sign(body)
        header = f"t={moment}," + order.format(wrong=f"v1={wrong}", right=f"v1={digest}")
        expect(call_back(provider, body, header), 200)
    body = report_of(bought, reference="b")
    moment, _ = sign(body)
    header = f"t={moment}," + ",".join([f"v1={wrong}"] * 3)
    expect(call_back(provider, body, header), 401, "invalid-signature")


@pytest.mark.parametrize("seconds", [-TOLERANCE + 20, TOLERANCE - 20])
def test_a_signature_is_good_for_five_minutes(provider, seconds):
    bought = bill(provider)
    expect(call_back_signed(provider, report_of(bought), seconds), 200)
    assert get_order(provider, bought)["payment_status"] == "paid"


@pytest.mark.parametrize("seconds", [
    -TOLERANCE - 3, TOLERANCE + 20, -10**6, 10**6, -10**9, 10**12])
def test_and_no_longer(provider, seconds):
    bought = bill(provider)
    answer = call_back_signed(provider, report_of(bought), seconds)
    expect(answer, 401, "invalid-signature")
    unchanged(provider, bought)


SIGNATURES = {
    "none": None, "empty": "", "no time": "v1={v1}", "no signature": "t={t}",
    "empty signature": "t={t},v1=", "empty time": "t=,v1={v1}", "cut": "t={t},v1={cut}",
    "longer": "t={t},v1={v1}00", "changed": "t={t},v1={changed}", "zeros": "t={t},v1=" + "0" * 64,
    "of another time": "t={later},v1={v1}", "time of another form": "t=0{t},v1={v1}",
    "time in hex": "t=0x{t},v1={v1}", "negative time": "t=-{t},v1={v1}",
    "fractional time": "t={t}.0,v1={v1}", "huge time": "t=" + "9" * 40 + ",v1={v1}",
    "by another secret": "t={t},v1={foreign}", "another version": "t={t},v2={v1}",
    "bare": "{v1}", "no hex": "t={t},v1=" + "g" * 64, "semicolon": "t={t};v1={v1}",
    "two times": "t={t},t={later},v1={v1x}", "words": "yes", "commas": ",,,",
    "of the body alone": "t={t},v1={bare}", "very many": "t={t}" + ",v1=" * 200,
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_that_is_none_is_refused(provider, name):
    bought = bill(provider)
    body = report_of(bought)
    t, v1 = sign(body)
    later, v1x = sign(body, int(t) + 1)
    parts = {
        "t": t, "v1": v1, "later": later, "v1x": v1x, "cut": v1[:-1],
        "changed": v1[:-1] + ("0" if v1[-1] != "0" else "1"),
        "foreign": sign(body, t, "another secret")[1],
        "bare": hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()}
    header = SIGNATURES[name]
    answer = call_back(provider, body, header and header.format(**parts))
    if name == "two times" and answer.status == 200:
        return  # the last one counts, and it is signed
    expect(answer, 401, "invalid-signature")
    assert v1 not in answer.body.decode() and SECRET not in answer.body.decode()
    unchanged(provider, bought)


def test_without_a_signature_nothing_is_learned(provider):
    for body in (report_of({"id": given.SOME_ID, "total": 1}), "{}", '{"order_id": 5}'):
        expect(call_back(provider, body), 401, "invalid-signature")


@pytest.mark.parametrize("body, status, code", [
    ("{", 400, "invalid-json"), ("", 400, "invalid-json"), ("[]", 422, "validation-failed"),
    ("{}", 422, "validation-failed"),
    ('{"order_id": "x", "reference": "x", "status": "paid", "amount": 1}', 422,
     "validation-failed"),
    (f'{{"order_id": "{given.SOME_ID}", "reference": "x", "status": "paid", "amount": 1}}', 404,
     "order-not-found")])
def test_what_is_signed_is_judged_like_a_payment(provider, body, status, code):
    expect(call_back_signed(provider, body), status, code)


def test_a_signed_callback_has_the_answers_of_a_payment(provider, emulator):
    bought = bill(provider)
    answer = call_back_signed(provider, report_of(bought, amount=19))
    assert expect(answer, 422, "wrong-amount").json["expected"] == 20
    answer = call_back_signed(provider, report_of(bought, "refunded"))
    expect(answer, 409, "invalid-transition")
    expect(call_back_signed(provider, report_of(bought)), 200)
    expect(call_back_signed(provider, report_of(bought, "failed")), 409,
           "payment-reference-reused")
    over = bill(provider)
    expect(purchase.cancel(provider, over), 200)
    expect(call_back_signed(provider, report_of(over)), 200)
    assert events_of(emulator, over)[-1] == "payment.orphaned"


def test_without_the_setting_there_is_no_callback(client):
    body = report_of(bill(client))
    expect(call_back_signed(client, body), 404)
    expect(call_back(client, body), 404)


@pytest.mark.parametrize("fault", ["lost-after", "internal-after"])
def test_a_callback_whose_answer_was_lost_counts_once(signed, proxy, emulator, fault):
    client = signed.client()
    bought, reference = bill(client), str(uuid.uuid4())
    proxy.rules(*({"fault": fault, "operation": name, "count": 1} for name in given.WRITES))
    expect(call_back_signed(client, report_of(bought, reference=reference)), 200)
    proxy.rules()
    assert get_order(client, bought)["version"] == 2
    assert events_of(emulator, bought) == ["order.placed", "order.confirmed"]
