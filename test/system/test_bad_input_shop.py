"""Bad input for stock, users, carts: each has its status and code, writes nothing and does no harm.

In paths and bodies <name> stands for the id of something that is there (see World).
"""

import itertools
import json

import pytest

import given
import shop
from given import ADDRESS, expect, filled_cart, new_address, new_cart, new_user

ANY = None
"""A mistake whose code the contract leaves open."""

STOCK = "/product/<product>/stock"
ITEM = "/cart/<cart>/item/<product>"
GOOD = {
    # what is sent to each route that writes, but for the mistake
    ("PUT", STOCK): {"on_hand": 5},
    ("POST", STOCK): {"delta": 1, "reason": "x"},
    ("POST", "/user"): {"name": "x", "email": "bad-input@example.org"},
    ("PUT", "/user/<user>"): {"name": "x"},
    ("PATCH", "/user/<user>"): {"name": "x"},
    ("POST", "/user/<user>/address"): ADDRESS,
    ("PUT", "/user/<user>/address/<address>"): {"city": "x"},
    ("PUT", "/user/<user>/notification"): {"channel": "none"},
    ("POST", "/cart"): {},
    ("PUT", ITEM): {"quantity": 1},
    ("POST", ITEM): {"quantity": 1},
    ("POST", "/cart/<cart>/merge"): {"into": "<other>"},
}


def text_mistakes(field, most):
    return [({field: ""}, field, "too-short"), ({field: "x" * (most + 1)}, field, "too-long"),
            ({field: "é" * (most + 1)}, field, "too-long"), ({field: 5}, field, "wrong-type"),
            ({field: ["x"]}, field, "wrong-type"), ({field: True}, field, "wrong-type"),
            ({field: "a\u0007b"}, field, "invalid-text"), ({field: "a\x7fb"}, field, "invalid-text"),
            ({field: "a\u0085b"}, field, "invalid-text")]


def number_mistakes(field):
    return [({field: 1.5}, field, "not-an-integer"), ({field: "1"}, field, "wrong-type"),
            ({field: True}, field, "wrong-type"), ({field: [1]}, field, "wrong-type"),
            ({field: {}}, field, "wrong-type"), ({field: 1e30}, field, "too-large"),
            ({field: 10**38}, field, ANY)]


def count_mistakes(field):
    return [*number_mistakes(field), ({field: -1}, field, "negative")]


def choices(field, code, *values):
    return [({field: value}, field, code) for value in values]


PHONES = choices("phone", "invalid-phone", "030123456", "+0301234567", "+49 30 123456", "+",
                 "+49-30", "+1234567890123456", "0049301234567", "+49x30", "tel:+4930123456") + [
    ({"phone": 49301234567}, "phone", "wrong-type"), ({"phone": ""}, "phone", ANY)]
EMAILS = choices("email", "invalid-email", "x", "x@y", "@example.org", "x@", "x@@example.org",
                 "x y@example.org", "x@exa mple.org", "x@.org", "x@example.org.", "x@example..org",
                 "x@y@example.org") + [
    ({"email": 5}, "email", "wrong-type"), ({"email": ""}, "email", ANY),
    ({"email": "x" * 250 + "@example.org"}, "email", ANY), ({"email": "a\nb@x.org"}, "email", ANY),
    ({"email": ["x@example.org"]}, "email", "wrong-type")]
LOCALES = choices("locale", "invalid-locale", "d", "de_AT", "de-", "-AT", "de-AT-", "d e") + [
    ({"locale": 5}, "locale", "wrong-type"), ({"locale": ""}, "locale", ANY),
    ({"locale": "d" * 300}, "locale", ANY)]
COUNTRIES = choices("country", "invalid-country", "de", "DEU", "D1", "Germany") + [
    ({"country": 5}, "country", "wrong-type"), ({"country": ""}, "country", ANY)]
PERSON = text_mistakes("name", 200) + EMAILS + PHONES + LOCALES
PLACE = [mistake for field in ("name", "line1", "line2", "city", "region")
         for mistake in text_mistakes(field, 200)] + (
    text_mistakes("postal_code", 20) + COUNTRIES + PHONES)
QUANTITY = number_mistakes("quantity") + [
    ({"quantity": 0}, "quantity", ANY), ({"quantity": -1}, "quantity", "negative")]
NOTICE = choices("channel", "not-one-of", "mail", "SMS", "") + PHONES + [
    ({"channel": 5}, "channel", "wrong-type"), ({"channel": None}, "channel", "required"),
    ({"channel": "sms"}, "phone", "required"), ({"channel": "endpoint"}, "target_arn", "required"),
    ({"channel": "endpoint", "target_arn": 5}, "target_arn", "wrong-type"),
    ({"channel": "endpoint", "target_arn": ""}, "target_arn", ANY),
    ({"channel": "endpoint", "target_arn": "arn:aws:sns:eu-west-1:123456789012:shop"},
     "target_arn", "invalid-text"),
    ({"channel": "endpoint", "target_arn": "arn:aws:sqs:eu-west-1:123456789012:endpoint/a/b/c"},
     "target_arn", "invalid-text"),
    ({"channel": "endpoint", "target_arn": "x" * 5000}, "target_arn", ANY),
    ({"events": "order.placed"}, "events", "wrong-type"), ({"events": {}}, "events", "wrong-type"),
    ({"events": ["stock.low"]}, "events", "not-one-of"),
    ({"events": ["payment.orphaned"]}, "events", "not-one-of"),
    ({"events": ["order.placed", "nothing"]}, "events", "not-one-of"),
    ({"events": [5]}, "events", "wrong-type"),
    ({"events": ["order.placed", "order.placed"]}, "events", "duplicate"),
    ({"events": ["order.placed"] * 500}, "events", ANY)]

MISTAKES = {
    ("PUT", STOCK): count_mistakes("on_hand") + count_mistakes("low_stock_at")
    + count_mistakes("change_from") + [
        ({name: 1}, name, "read-only") for name in ("available", "reserved", "level")],
    ("POST", STOCK): number_mistakes("delta") + text_mistakes("reason", 100)
    + text_mistakes("reference", 200) + [
        ({"delta": 0}, "delta", "zero"), ({"delta": None}, "delta", "required"),
        ({"delta": -1e30}, "delta", ANY), ({"reason": None}, "reason", "required")],
    ("POST", "/user"): PERSON + [
        ({"name": None}, "name", "required"), ({"email": None}, "email", "required")],
    ("PUT", "/user/<user>"): PERSON,
    ("PATCH", "/user/<user>"): PERSON,
    ("POST", "/user/<user>/address"): PLACE + [
        ({name: None}, name, "required") for name in ADDRESS],
    ("PUT", "/user/<user>/address/<address>"): PLACE + [
        ({name: None}, name, "required") for name in ADDRESS],
    ("PUT", "/user/<user>/notification"): NOTICE,
    ("POST", "/cart"): [({"user_id": 5}, "user_id", "wrong-type"),
                        ({"user_id": "x"}, "user_id", "invalid-id"),
                        ({"user_id": ""}, "user_id", ANY),
                        ({"user_id": given.SOME_ID + "0"}, "user_id", "invalid-id")],
    ("PUT", ITEM): QUANTITY + [({"quantity": None}, "quantity", "required")],
    ("POST", ITEM): QUANTITY,
    ("POST", "/cart/<cart>/merge"): [
        ({"into": 5}, "into", "wrong-type"), ({"into": "x"}, "into", "invalid-id"),
        ({"into": None}, "into", "required"), ({"into": ["<other>"]}, "into", "wrong-type"),
        ({"strategy": "all"}, "strategy", "not-one-of"), ({"strategy": "SUM"}, "strategy", "not-one-of"),
        ({"strategy": 5}, "strategy", "wrong-type")],
}

ACTIONS = {("POST", STOCK), ("POST", "/cart"), ("PUT", ITEM), ("POST", ITEM),
           ("POST", "/cart/<cart>/merge")}
"""Their bodies are not the resource, so its version may be unknown there as well as read-only."""

ROWS = {}


def row(method, path, body, status, code, *, errors=(), **headers):
    """errors: pairs of a field and its code; the whole of them, but when a code is ANY."""
    name = f"{method} {path} {json.dumps(body) if not isinstance(body, (str, bytes)) else body}"
    name = f"{name} {headers or ''}"[:110] + f" {len(ROWS)}"
    headers = {key.replace("_", "-"): value for key, value in headers.items()}
    ROWS[name] = (method, path, body, headers, status, code, set(errors))


for (method, path), good in GOOD.items():
    for change, field, code in MISTAKES[method, path] + [
            ({"colour": "red"}, "colour", "unknown-field"),
            ({"version": 7}, "version", ANY if (method, path) in ACTIONS else "read-only")]:
        row(method, path, good | change, 422, "validation-failed", errors=[(field, code)])
    for body in ("[]", "null", '"text"', "5", "[{}]"):
        row(method, path, body, 422, "validation-failed")
    for body in ("", "{", "{}{}", "{'a':1}", '{"a":1,"a":1}', '{"a":"a\\u0000b"}', '{"a":"\\ud800"}',
                 '{"a":"\\udc00\\ud800"}', b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}',
                 '{"a":"line\nbreak"}', '{"a":' + "[" * 40 + "]" * 40 + "}"):
        row(method, path, body, 400, "invalid-json")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""):
        row(method, path, good, 415, "unsupported-media-type", Content_Type=kind)
    row(method, path + "?x=1", good, 400, "unknown-parameter")
    if method != "POST":
        for value in ("1", '"1', '1"', '"1", "2"', ",,x"):
            row(method, path, good, 400, "invalid-header", If_Match=value)

row("POST", STOCK, {}, 422, "validation-failed",
    errors=[("delta", "required"), ("reason", "required")])
row("POST", "/user", {}, 422, "validation-failed",
    errors=[("name", "required"), ("email", "required")])
row("POST", "/user/<user>/address", {}, 422, "validation-failed",
    errors=[(name, "required") for name in ADDRESS])
row("POST", "/user", {"name": "", "email": "x", "phone": "1", "locale": "!", "x": 1, "version": 1},
    422, "validation-failed", errors=[
        ("name", "too-short"), ("email", "invalid-email"), ("phone", "invalid-phone"),
        ("locale", "invalid-locale"), ("x", "unknown-field"), ("version", "read-only")])
row("PUT", "/user/<user>/notification", {}, 422, "validation-failed",
    errors=[("channel", "required")])
row("PUT", ITEM, {}, 422, "validation-failed", errors=[("quantity", "required")])
row("POST", "/cart/<cart>/merge", {}, 422, "validation-failed", errors=[("into", "required")])
for body in ({}, {"change_from": 5}, {"change_from": 5, "low_stock_at": 1}):
    row("PUT", STOCK, body, 422, "validation-failed")

for path, method in itertools.product(
        ("/user/<user>", "/user/<user>/address/<address>", "/cart/<cart>", ITEM), ["DELETE"]):
    row(method, path + "?x=1", None, 400, "unknown-parameter")
    for value in ("1", '"1', '"1", "2"'):
        row(method, path, None, 400, "invalid-header", If_Match=value)
    row(method, path, None, 412, "precondition-failed", If_Match='"99"')

for path in (STOCK, STOCK + "/movement", "/user", "/user/<user>", "/user/<user>/address",
             "/user/<user>/address/<address>", "/user/<user>/notification", "/user/<user>/cart",
             "/cart/<cart>"):
    row("GET", path + "?x=1", None, 400, "unknown-parameter")
    row("GET", path + "?Limit=1", None, 400, "unknown-parameter")
    row("GET", path + "/nothing/there", None, 404, "not-found")
for path in (STOCK + "/movement", "/user"):
    for limit in ("0", "101", "-1", "1.5", "ten", "", "1e1", "99999999999999999999"):
        row("GET", f"{path}?limit={limit}", None, 400, "invalid-parameter")
    row("GET", path + "?limit=1&limit=2", None, 400, "invalid-parameter")
    for cursor in ("x", "", "AAAA", "A" * 2000, "%7B%7D", "%C3%A9"):
        row("GET", f"{path}?cursor={cursor}", None, 400, "invalid-cursor")
row("GET", "/user/<user>/address?limit=1", None, 400, "unknown-parameter")
row("GET", "/product?in_stock=yes", None, 400, "invalid-parameter")
row("GET", "/product?in_stock=", None, 400, "invalid-parameter")

for method, path in (("DELETE", STOCK), ("PATCH", STOCK), ("POST", STOCK + "/movement"),
                     ("DELETE", "/user"), ("PUT", "/user"), ("POST", "/user/<user>"),
                     ("PUT", "/user/<user>/address"), ("PATCH", "/user/<user>/address/<address>"),
                     ("DELETE", "/user/<user>/notification"), ("POST", "/user/<user>/cart"),
                     ("GET", "/cart"), ("PUT", "/cart/<cart>"), ("PATCH", "/cart/<cart>"),
                     ("GET", ITEM), ("PATCH", ITEM), ("GET", "/cart/<cart>/merge")):
    row(method, path, {} if method[0] == "P" else None, 405, "method-not-allowed")
for target in ("/user/%00", "/cart/a%2Fb", "/cart/%zz", "/user/<user>/address/%0a",
               "/cart/<cart>/item/%ff", "/product/%2f/stock"):
    row("GET", target, None, 400, "invalid-path")
for target in ("/user/", "/cart/", "/users", "/cart/<cart>/", "/cart/<cart>/item",
               "/cart/<cart>/item/", "/user/<user>/", "/product/<product>/stock/", "/CART",
               "/product/<product>/Stock"):
    row("GET", target, None, 404, "not-found")

NOBODY = given.SOME_ID
for body, path, method, status, code in (
        # what is not there, and what is in the wrong state
        ({"delta": -6, "reason": "x"}, STOCK, "POST", 409, "insufficient-stock"),
        ({"delta": 999_999_999, "reason": "x"}, STOCK, "POST", 409, "stock-limit"),
        ({"on_hand": 5, "change_from": 4}, STOCK, "PUT", 409, "stock-changed"),
        ({"on_hand": 1}, "/product/<reserved>/stock", "PUT", 409, "below-reserved"),
        (None, "/product/<reserved>", "DELETE", 409, "stock-reserved"),
        ({"delta": 1, "reason": "x"}, f"/product/{NOBODY}/stock", "POST", 404, "product-not-found"),
        ({"name": "x", "email": "TAKEN@example.org"}, "/user", "POST", 409, "email-taken"),
        ({"email": "taken@example.org"}, "/user/<user>", "PUT", 409, "email-taken"),
        ({"email": "taken@example.org"}, "/user/<user>", "PATCH", 409, "email-taken"),
        ({"name": "x"}, f"/user/{NOBODY}", "PATCH", 404, "user-not-found"),
        ({"user_id": NOBODY}, "/cart", "POST", 404, "user-not-found"),
        ({"quantity": 1}, f"/cart/{NOBODY}/item/<product>", "PUT", 404, "cart-not-found"),
        ({"quantity": 1}, f"/cart/<cart>/item/{NOBODY}", "PUT", 404, "product-not-found"),
        ({"quantity": 1}, "/cart/<cart>/item/<dollar>", "PUT", 409, "currency-mismatch"),
        ({"quantity": 9999}, ITEM, "POST", 409, "quantity-limit"),
        ({"quantity": 1}, "/cart/<closed>/item/<product>", "PUT", 409, "cart-closed"),
        (None, "/cart/<closed>/item/<product>", "DELETE", 409, "cart-closed"),
        (None, "/cart/<cart>/item/<dollar>", "DELETE", 404, "line-not-found"),
        ({"into": "<other>"}, "/cart/<closed>/merge", "POST", 409, "cart-closed"),
        ({"into": "<closed>"}, "/cart/<cart>/merge", "POST", 409, "cart-closed"),
        ({"into": NOBODY}, "/cart/<cart>/merge", "POST", 404, "cart-not-found")):
    row(method, path, body, status, code)


class World:
    """A daemon on a table of its own, with one of everything in it."""

    def __init__(self, daemon, emulator):
        self.daemon = daemon
        self.client = client = daemon.client()
        product, dollar = client.create(on_hand=5), client.create(currency="USD", on_hand=1)
        reserved, user = client.create(on_hand=5), new_user(client)
        given.reserve(emulator, reserved, 2, daemon.table)
        new_user(client, email="taken@example.org")
        closed = filled_cart(client, (product, 1))
        other = new_cart(client)
        expect(client.post(f"/cart/{closed['id']}/merge", {"into": other["id"]}), 200)
        self.ids = {"product": product, "dollar": dollar, "reserved": reserved, "user": user,
                    "address": new_address(client, user), "closed": closed, "other": other,
                    "cart": filled_cart(client, (product, 1))}
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
    daemon = shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=make_table()).ready()
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


def check_errors(answer, errors):
    """Lists name the entry that is wrong: `events[1]` counts as `events` here."""
    assert all(set(error) == {"field", "code", "detail"} for error in answer.json["errors"])
    told = {(field.partition("[")[0].partition(".")[0], code) for field, code in answer.errors()}
    if any(code is ANY for _, code in errors):
        assert {field for field, _ in told} == {field for field, _ in errors}, answer
    else:
        assert told == errors, answer


def test_none_of_them_wrote_anything_or_did_harm(world, emulator):
    for name in ROWS:
        world.ask(name)
    assert given.snapshot(emulator, world.daemon.table) == world.before
    assert world.daemon.process.running()
    assert world.client.get("/live").status == 200
    assert len(ROWS) > 500


@pytest.mark.parametrize("path, field", [(ITEM, "quantity"), (STOCK, "on_hand")])
def test_a_little_too_much_is_refused_one_way_or_the_other(world, path, field):
    most = 10_000 if field == "quantity" else 1_000_000_000
    answer = world.client.put(world.fill(path), {field: most})
    assert answer.code in ("validation-failed", "quantity-limit", "stock-limit"), answer


HOSTILE = ["𝄞\U0010fffd", "\u202egnp.exe", "a\u200bb\ufeff", "e" + "\u0301" * 50, "\ufffe\uffff",
           "'; DROP TABLE shop; --", "<script>alert(1)</script>", "{{7*7}}${7*7}", "$(id) `id`",
           "%s%n%x", "\\\"\\u0041", "../../etc/passwd", "👩‍👩‍👧‍👦", "مرحبا", "\u2028\u2029", "#sk = :v",
           "NULL", "undefined", "-0", "1e999", " ", "  x  "]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_hostile_text_is_kept_as_it_is_or_refused(client, text):
    user, product = new_user(client), client.create(on_hand=1)
    address = ADDRESS | {"name": text, "line1": text, "city": text}
    for path, body, fields in (
            ("/user", {"name": text, "email": given.fresh_email()}, ["name"]),
            (f"/user/{user['id']}/address", address, ["name", "line1", "city"])):
        answer = client.post(path, body)
        if answer.status == 422:
            assert {field for field, _ in answer.errors()} <= set(fields), answer
        else:
            made = expect(answer, 201).json
            assert {name: made[name] for name in fields} == {name: body[name] for name in fields}
            assert expect(client.get(answer.headers["Location"]), 200).json == made
    move = {"delta": 1, "reason": text, "reference": text}
    answer = client.post(given.stock_path(product), move)
    assert answer.status in (200, 422), answer
    if answer.status == 200:
        newest = client.get(given.stock_path(product) + "/movement?limit=1").json["data"][0]
        assert (newest["reason"], newest["reference"]) == (text, text)
