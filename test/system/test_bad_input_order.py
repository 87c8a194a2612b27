"""Bad input for checkouts, orders, payments, deliveries: each has its answer and writes nothing.

In paths and bodies <name> stands for the id of something that is there (see World).
"""

import json

import pytest

import given
import purchase
import shop
from given import ADDRESS, expect, filled_cart, new_user
from test_bad_input_shop import ANY, EMAILS, PLACE, QUANTITY, check_errors, choices, text_mistakes

CHECKOUT, ORDER, DELIVERY = "/checkout/<checkout>", "/order/<placed>", "/delivery/<delivery>"
PAYMENT, SHIPMENT = ORDER + "/payment", "/order/<paid>/delivery"
RETURN, EVENT = "/order/<sent>/return", DELIVERY + "/event"
LINE = {"product_id": "<product>", "quantity": 1}
GOOD = {
    # what is sent to each route that writes, but for the mistake
    ("POST", "/checkout"): {"cart_id": "<cart>", "address": ADDRESS},
    ("PATCH", CHECKOUT): {"email": "x@example.org"},
    ("POST", "/order"): {"checkout_id": "<checkout>"},
    ("PATCH", ORDER): {"note": "x"},
    ("PUT", PAYMENT): {"reference": "x", "status": "paid", "amount": 2},
    ("POST", ORDER + "/cancel"): {},
    ("POST", RETURN): {"lines": [LINE]},
    ("POST", SHIPMENT): {"carrier": "post", "tracking_number": "x"},
    ("PATCH", DELIVERY): {"carrier": "x"},
    ("POST", EVENT): {"event_id": "x", "tracking_status": "in_transit",
                      "time": "2026-01-01T00:00:00Z"},
}
ADDRESSES = [({"address": ADDRESS | change}, "address", code) for change, _, code in PLACE] + [
    ({"address": value}, "address", "wrong-type") for value in (5, "x", [], True)] + [
    ({"address": ADDRESS | {"colour": "red"}}, "address", "unknown-field"),
    ({"address": ADDRESS | {"id": given.SOME_ID}}, "address", ANY),
    ({"address": None}, "address", "required")]
LINES = [({"lines": [LINE | change]}, "lines", code) for change, _, code in QUANTITY] + [
    ({"lines": value}, "lines", "wrong-type") for value in (5, "x", {}, True)] + [
    ({"lines": [value]}, "lines", "wrong-type") for value in (5, "x", [], None)] + [
    ({"lines": []}, "lines", ANY), ({"lines": [LINE] * 500}, "lines", ANY),
    ({"lines": [LINE | {"product_id": "x"}]}, "lines", "invalid-id"),
    ({"lines": [LINE | {"product_id": 5}]}, "lines", "wrong-type"),
    ({"lines": [{"quantity": 1}]}, "lines", "required"),
    ({"lines": [{"product_id": "<product>"}]}, "lines", "required"),
    ({"lines": [LINE | {"colour": "red"}]}, "lines", "unknown-field")]


def id_mistakes(field):
    return [({field: 5}, field, "wrong-type"), ({field: "x"}, field, "invalid-id"),
            ({field: ""}, field, ANY), ({field: None}, field, "required"),
            ({field: given.SOME_ID + "0"}, field, "invalid-id")]


def long_text_mistakes(field):
    """Of a text whose most characters the contract leaves open."""
    return [mistake for mistake in text_mistakes(field, 5000) if mistake[2] != "too-short"]


MISTAKES = {
    ("POST", "/checkout"): id_mistakes("cart_id") + ADDRESSES + EMAILS + [
        ({"address": {}}, "address", "required")],
    ("PATCH", CHECKOUT): ADDRESSES + EMAILS + [
        ({"extend": value}, "extend", "wrong-type") for value in (1, "true", [], {})] + [
        ({"extend": False}, "extend", ANY), ({"status": "used"}, "status", ANY),
        ({"total": 1}, "total", ANY), ({"lines": []}, "lines", ANY)],
    ("POST", "/order"): id_mistakes("checkout_id") + [
        ({"cash_on_delivery": value}, "cash_on_delivery", "wrong-type")
        for value in (1, "true", [], {})],
    ("PATCH", ORDER): [({"note": value}, "note", code) for value, code in (
        ("x" * 1001, "too-long"), ("é" * 1001, "too-long"), (5, "wrong-type"),
        (["x"], "wrong-type"), ("a\u0007b", "invalid-text"))] + [
        ({name: "x"}, name, ANY) for name in ("status", "payment_status", "fulfillment_status",
                                              "address", "lines", "total")],
    ("PUT", PAYMENT): text_mistakes("reference", 100) + choices(
        "status", "not-one-of", "none", "PAID", "voided", "partially_refunded", "") + [
        ({"status": 5}, "status", "wrong-type"), ({"status": None}, "status", "required"),
        ({"reference": None}, "reference", "required"), ({"amount": None}, "amount", "required"),
        ({"amount": "2"}, "amount", "wrong-type"), ({"amount": [2]}, "amount", "wrong-type"),
        ({"amount": {}}, "amount", "wrong-type"), ({"amount": -2}, "amount", "negative"),
        ({"amount": 1e300}, "amount", ANY), ({"currency": "EUR"}, "currency", "unknown-field")],
    ("POST", ORDER + "/cancel"): long_text_mistakes("reason"),
    ("POST", RETURN): LINES + long_text_mistakes("reason") + [
        ({"lines": None}, "lines", "required")],
    ("POST", SHIPMENT): LINES + long_text_mistakes("carrier")
    + long_text_mistakes("tracking_number") + choices(
        "status", "not-one-of", "delivered", "cancelled", "SHIPPED", "") + [
        ({"status": 5}, "status", "wrong-type"), ({"carrier": None}, "carrier", "required"),
        ({"carrier": ""}, "carrier", ANY), ({"tracking_number": ""}, "tracking_number", ANY),
        ({"tracking_number": None}, "tracking_number", "required")],
    ("PATCH", DELIVERY): long_text_mistakes("carrier") + long_text_mistakes("tracking_number") + [
        ({"carrier": ""}, "carrier", ANY), ({"carrier": None}, "carrier", "required"),
        ({"tracking_number": None}, "tracking_number", "required"),
        ({"lines": []}, "lines", ANY), ({"tracking_status": "unknown"}, "tracking_status", ANY)],
    ("POST", EVENT): long_text_mistakes("event_id") + long_text_mistakes("place") + choices(
        "tracking_status", "not-one-of", "lost", "DELIVERED", "pending", "") + [
        ({"tracking_status": 5}, "tracking_status", "wrong-type"),
        ({"event_id": ""}, "event_id", ANY), ({"event_id": None}, "event_id", "required"),
        ({"tracking_status": None}, "tracking_status", "required"),
        ({"time": None}, "time", "required"), ({"time": 5}, "time", "wrong-type")] + [
        ({"time": value}, "time", ANY) for value in (
            "", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z",
            "2026-01-01T25:00:00Z", "2026-01-01 00:00:00", "1767225600", "2026-13-01T00:00:00Z")],
}

ROWS = {}


def row(method, path, body, status, code=None, *, errors=(), **headers):
    """errors: pairs of a field and its code; the whole of them, but when a code is ANY."""
    name = f"{method} {path} {json.dumps(body) if not isinstance(body, (str, bytes)) else body}"
    name = f"{name} {headers or ''}"[:110] + f" {len(ROWS)}"
    headers = {key.replace("_", "-"): value for key, value in headers.items()}
    ROWS[name] = (method, path, body, headers, status, code, set(errors))


for (method, path), good in GOOD.items():
    for change, field, code in MISTAKES[method, path] + [
            ({"colour": "red"}, "colour", "unknown-field"), ({"version": 7}, "version", ANY)]:
        row(method, path, good | change, 422, "validation-failed", errors=[(field, code)])
    for body in ("[]", "null", '"text"', "5"):
        row(method, path, body, 422, "validation-failed")
    for body in ("", "{", "{}{}", '{"a":1,"a":1}', b'{"a":"\xff"}', '{"a":"\\u0000"}',
                 '{"a":' + "[" * 40 + "]" * 40 + "}"):
        row(method, path, body, 400, "invalid-json")
    row(method, path, good, 415, "unsupported-media-type", Content_Type="text/plain")
    row(method, path + "?x=1", good, 400, "unknown-parameter")
    if method != "POST":
        for value in ("1", '"1', '"1", "2"'):
            row(method, path, good, 400, "invalid-header", If_Match=value)
        row(method, path, good, 412, "precondition-failed", If_Match='"99"')

for path, fields in (("/checkout", ("cart_id", "address")), ("/order", ("checkout_id",)),
                     (RETURN, ("lines",)), (SHIPMENT, ("carrier", "tracking_number")),
                     (EVENT, ("event_id", "tracking_status", "time"))):
    row("POST", path, {}, 422, "validation-failed", errors=[(f, "required") for f in fields])

for path in (CHECKOUT, ORDER, ORDER + "/delivery", DELIVERY, "/order", "/user/<user>/order"):
    row("GET", path + ("&" if "?" in path else "?") + "x=1", None, 400, "unknown-parameter")
    row("GET", path + "/nothing/there", None, 404, "not-found")
for path in ("/order?status=placed&", "/user/<user>/order?"):
    for limit in ("0", "101", "-1", "1.5", "ten", ""):
        row("GET", f"{path}limit={limit}", None, 400, "invalid-parameter")
    for cursor in ("x", "", "AAAA", "%7B%7D"):
        row("GET", f"{path}cursor={cursor}", None, 400, "invalid-cursor")
for query in ("status=", "status=lost", "status=PLACED", "status=placed&status=placed",
              "status=placed&from=yesterday", "status=placed&to=2026-01-01",
              "status=placed&from=5", "from=2026-02-30T00:00:00Z", "from=", "from=%2B01:00",
              "to=2026-01-01T00:00:00", "to=2026-01-01T00:00:00%2B0100"):
    row("GET", "/order?" + query, None, 400, "invalid-parameter")
row("GET", ORDER + "?expand=lines", None, 400, "invalid-parameter")
row("GET", "/delivery?carrier=x&tracking_number=y&limit=1", None, 400, "unknown-parameter")
for query in ("", "?carrier=x", "?tracking_number=x", "?carrier=&tracking_number=x",
              "?carrier=x&tracking_number=", f"?carrier={'x' * 101}&tracking_number=x",
              f"?carrier=x&tracking_number={'x' * 101}", "?carrier=x&tracking_number=%0A"):
    row("GET", "/delivery" + query, None, 400, "invalid-parameter")
for value in ("1", '"1', '"1", "2"'):
    row("DELETE", CHECKOUT, None, 400, "invalid-header", If_Match=value)

for method, path in (("GET", "/checkout"), ("PUT", CHECKOUT), ("POST", CHECKOUT),
                     ("PUT", "/order"), ("DELETE", ORDER), ("PUT", ORDER), ("POST", ORDER),
                     ("POST", PAYMENT), ("GET", PAYMENT), ("GET", ORDER + "/cancel"),
                     ("PUT", RETURN), ("PUT", SHIPMENT), ("PUT", DELIVERY), ("DELETE", DELIVERY),
                     ("GET", EVENT), ("POST", "/user/<user>/order"), ("GET", "/payment/callback")):
    row(method, path, {} if method[0] == "P" else None, 405, "method-not-allowed")
for target in ("/order/%00", "/checkout/a%2Fb", "/delivery/%zz", "/order/%0a/payment"):
    row("GET", target, None, 400, "invalid-path")
for target in ("/checkout/", "/order/", "/orders", "/deliveries", "/delivery/", "/payment",
               ORDER + "/", ORDER + "/refund", DELIVERY + "/events", "/Order"):
    row("GET", target, None, 404, "not-found")


class World:
    """A daemon on a table of its own, with one of everything in it."""

    def __init__(self, daemon, emulator):
        self.daemon = daemon
        self.client = client = daemon.client()
        product = client.create(on_hand=50)
        line = (product, 2)
        sent, delivery = purchase.shipped(client, line)
        self.ids = {
            "product": product, "user": new_user(client), "cart": filled_cart(client, line),
            "checkout": purchase.held(client, line), "placed": purchase.placed(client, line),
            "paid": purchase.paid(client, line), "sent": sent, "delivery": delivery}
        self.before = given.snapshot(emulator, daemon.table)

    def fill(self, text):
        for name, thing in self.ids.items():
            text = text.replace(f"<{name}>", thing["id"])
        return text

    def ask(self, name):
        method, path, body, headers, *_ = ROWS[name]
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = self.fill(body)
        return self.client.request(method, self.fill(path), body, headers)


@pytest.fixture(scope="module")
def world(folder, proxy, emulator, make_table):
    daemon = shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=make_table(),
                        SHOPD_PAYMENT_SECRET="a secret of the test's own").ready()
    world = World(daemon, emulator)
    yield world
    world.client.close()
    assert daemon.end() == 0, daemon.process.log_text()[-4000:]


@pytest.mark.parametrize("name", ROWS)
def test_bad_input_has_its_status_and_code(world, name):
    *_, status, code, errors = ROWS[name]
    answer = expect(world.ask(name), status, code)
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.json["detail"] and shop.TABLE not in answer.body.decode()
    if status == 405:
        assert answer.headers["Allow"]
    if errors:
        check_errors(answer, errors)


def test_none_of_them_wrote_anything_or_did_harm(world, emulator):
    for name in ROWS:
        world.ask(name)
    assert given.snapshot(emulator, world.daemon.table) == world.before
    assert world.daemon.process.running()
    assert world.client.get("/live").status == 200
    assert len(ROWS) > 400
