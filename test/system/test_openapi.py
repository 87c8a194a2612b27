"""/openapi.json and /docs, and whether the requests that the document allows are those that shopd
takes: each field of each body at its limits and beyond. All answers of all tests are compared with
it, too (openapi.check)."""

import base64
import copy
import hashlib
import re
import subprocess
import uuid

import jsonschema
import pytest

import openapi
import shop
from given import (ADDRESS, SOME_ID, expect, filled_cart, fresh_email, new_address, new_cart,
                   new_user)
from openapi import DOCUMENT, operations, resolve
from purchase import check_out, deliver, order


def printed(option):
    return subprocess.run([shop.BINARY, option], capture_output=True, text=True, check=True).stdout


# the document


def test_it_is_served_as_it_is(client):
    answer = expect(client.get("/openapi.json"), 200)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json == DOCUMENT
    expect(client.get("/openapi.json", If_None_Match=answer.etag), 304)


def test_it_is_well_formed():
    def walk(node):
        if isinstance(node, dict):
            if "$ref" in node:
                assert resolve(node)
            for each in node.values():
                walk(each)
        elif isinstance(node, list):
            for each in node:
                walk(each)

    walk(DOCUMENT)
    for name, schema in DOCUMENT["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert re.fullmatch(r"[A-Z]\w+", name)
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))
    for _, path, _ in operations():
        names = [each["name"] for each in DOCUMENT["paths"][path].get("parameters", [])]
        assert names == re.findall(r"{(\w+)}", path)


def test_it_is_of_this_version():
    assert f"shopd {DOCUMENT['info']['version']}" in printed("--version").splitlines()[0]


def test_it_has_the_routes_that_there_are_and_who_may_call_them():
    public = printed("--routes").split("operators' listener")[0]
    rows = re.findall(r"^\| (\w+) \| `([^`]+)` \| (.*) \|$", public, re.M)
    assert [row[:2] for row in rows] and {row[:2] for row in rows} == {
        (method, path) for method, path, _ in operations()}
    for method, path, who in rows:
        operation = DOCUMENT["paths"][path][method.lower()]
        assert operation["description"] == f"Who may: {who.replace('`', '')}.", path
        is_open = who == "anyone" or who.startswith("its owner")
        assert operation["security"] == [{}] * is_open + [{"key": []}, {"bearer": []}], path


def test_it_has_the_codes_that_there_are():
    problems, mistakes = printed("--problems").split("The codes in `errors`:")
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Problem"]["properties"]["code"]["enum"] == \
        re.findall(r"^\| `([a-z-]+)` \|", problems, re.M)
    assert schemas["MistakeCode"]["enum"] == re.findall(r"^\| `([a-z-]+)` \|", mistakes, re.M)


def parameters(operation, place):
    return {each["name"]: each for each in map(resolve, operation.get("parameters", []))
            if each["in"] == place}


def test_it_has_the_parameters_that_there_are(client):
    names = {name for _, _, operation in operations() for name in parameters(operation, "query")}
    for method, path, operation in operations():
        path = re.sub(r"{\w+}", SOME_ID, path)
        for name in names:
            answer = client.request(method, f"{path}?{name}=")
            is_unknown = answer.status == 400 and answer.code == "unknown-parameter"
            assert is_unknown == (name not in parameters(operation, "query")), (path, name, answer)


def test_the_page_runs_its_own_script_only(client):
    answer = expect(client.get("/docs"), 200)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["X-Frame-Options"] == "DENY"
    page = answer.body.decode()
    for name in ("style", "script"):
        inside, = re.findall(rf"<{name}>(.*?)</{name}>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    expect(client.get("/docs", If_None_Match=answer.etag), 304)


# the bodies


@pytest.fixture(scope="module")
def reached(shared):
    """What the paths lead to."""
    client = shared.running().client()
    user = new_user(client)
    product = client.create(on_hand=1000)
    cart = filled_cart(client, (product, 2))
    bought = expect(order(client, expect(check_out(client, cart), 201).json,
                          cash_on_delivery=True), 201).json
    held = expect(check_out(client, filled_cart(client, (product, 1))), 201).json
    delivery = expect(deliver(client, bought, (product, 1), status="pending"), 201).json
    return {"/product": product["id"], "/user": user["id"], "/cart": new_cart(client)["id"],
            "/checkout": held["id"], "/order": bought["id"], "/delivery": delivery["id"],
            "address_id": new_address(client, user)["id"], "product_id": product["id"]}


def place(reached, path):
    def value(match):
        name = match[1]
        return reached[name] if name in reached else reached["/" + path.split("/")[1]]
    return re.sub(r"{(\w+)}", value, path)


BODIES = {
    "NewProduct": {"name": "x", "price": 1}, "ProductPut": {}, "ProductPatch": {},
    "StockCount": {"on_hand": 1000}, "StockChange": {"delta": 1, "reason": "x"},
    "NewUser": {"name": "x", "email": None}, "UserPut": {}, "UserPatch": {},
    "NewAddress": ADDRESS, "AddressPut": {},
    "NotificationPut": {"channel": "none"}, "NewCart": {}, "CartLinePut": {"quantity": 1},
    "CartLineAdd": {}, "CartMerge": {"into": SOME_ID},
    "NewCheckout": {"cart_id": SOME_ID, "address": ADDRESS}, "CheckoutPatch": {},
    "NewOrder": {"checkout_id": SOME_ID}, "OrderPatch": {"note": "x"},
    "PaymentPut": {"reference": "x", "status": "paid", "amount": 1}, "OrderCancel": {},
    "OrderReturn": {"lines": [{"product_id": SOME_ID, "quantity": 1}]},
    "NewDelivery": {"carrier": "x", "tracking_number": "x"}, "DeliveryPatch": {},
    "CarrierEvent": {"event_id": "x", "tracking_status": "unknown",
                     "time": "2026-01-01T00:00:00Z"},
}
"""The least that each body may be. PaymentCallback is signed, and has the fields of PaymentPut."""

SOME_OTHER_ID = str(uuid.uuid4())  # a body with it may make what SOME_ID of other tests must not be
TEXTS = {"uuid": SOME_OTHER_ID, "idn-email": "ä@shop.example", "date-time": "2026-01-01T00:00:00Z",
         "uri": "https://shop.example/x"}
PATTERNS = {"^[A-Z]{3}$": "EUR", "^[A-Z]{2}$": "DE", r"^\+[1-9]\d{7,14}$": "+4930123456",
            "^[!-~]+$": "x"}
ELSEWHERE = {"locale": "de-AT",
             "target_arn": "arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/shop/1"}
"""What no schema says of the field's form."""


def sound(name, schema):
    """Values that the schema takes."""
    if "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from sound(name, resolve(each))
        return
    if "const" in schema:
        yield schema["const"]
        return
    if "enum" in schema:
        yield from schema["enum"]
        return
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if "null" in kinds:
        yield None
    if name in ELSEWHERE:
        yield ELSEWHERE[name]
    elif kinds[0] == "string" and schema.get("format") in TEXTS:
        yield TEXTS[schema["format"]]
    elif kinds[0] == "string" and "pattern" in schema:
        yield PATTERNS[schema["pattern"]]
        if "maxLength" in schema:
            yield PATTERNS[schema["pattern"]] * schema["maxLength"]
    elif kinds[0] == "string":
        yield "x" * schema.get("minLength", 0)
        yield "ü" * schema["maxLength"]
    elif kinds[0] in ("integer", "number"):
        yield max(schema["minimum"], 1) if "not" in schema else schema["minimum"]
        if "maximum" in schema:
            yield schema["maximum"]
    elif kinds[0] == "boolean":
        yield from (True, False)
    elif kinds[0] == "array":
        each = next(iter(sound("", resolve(schema["items"]))))
        yield [each] if schema.get("minItems", 0) else []
    elif kinds[0] == "object":
        members = {key: next(iter(sound(key, resolve(each))))
                   for key, each in schema["properties"].items() if key in schema.get("required", [])}
        yield members


def wrong(name, schema):
    """Values that it does not take."""
    if "anyOf" in schema:
        schema = resolve(schema["anyOf"][0]) | {"type": [resolve(schema["anyOf"][0])["type"], "null"]}
    kinds = [schema.get("type")] if isinstance(schema.get("type"), (str, type(None))) \
        else schema["type"]
    if "const" in schema:
        yield "nonsense"
        yield not schema["const"]
        return
    yield {"string": 17, "integer": "x", "number": "x", "boolean": 1, "array": "x",
           "object": []}[kinds[0]]
    if "enum" in schema:
        yield "nonsense"
    elif kinds[0] == "string":
        if schema.get("minLength") or schema.get("format") or schema.get("pattern"):
            yield ""
        if schema.get("format") or schema.get("pattern"):
            yield "no such thing"
        if "maxLength" in schema and schema.get("format") not in TEXTS:
            yield "x" * (schema["maxLength"] + 1)
    elif kinds[0] in ("integer", "number"):
        yield schema["minimum"] - 1
        if kinds[0] == "integer":
            yield 1.5
            yield schema["maximum"] + 1
        if "not" in schema:
            yield schema["not"]["const"]
    elif kinds[0] == "array":
        each = next(iter(sound("", resolve(schema["items"]))))
        if schema.get("minItems"):
            yield []
        if "maxItems" in schema:
            yield [each] * (schema["maxItems"] + 1)
        if schema.get("uniqueItems"):
            yield [each, each]
        for bad in wrong("", resolve(schema["items"])):
            yield [bad]
    elif kinds[0] == "object":
        good = next(iter(sound(name, schema)))
        for key, each in schema["properties"].items():
            if key in good:
                yield {left: value for left, value in good.items() if left != key}
            for bad in wrong(key, resolve(each)):
                yield good | {key: bad}
        yield good | {"nonsense": 1}


def mistaken_fields(answer):
    return {re.split(r"[.\[]", field)[0] for field, _ in answer.errors()} \
        if answer.status == 422 and answer.code == "validation-failed" else set()


def with_bodies():
    for method, path, operation in operations():
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if schema and path != "/payment/callback":
            yield pytest.param(method, path, schema["schema"]["$ref"].rsplit("/", 1)[1],
                               id=operation["operationId"])


def body_of(name):
    body = copy.deepcopy(BODIES[name])
    if name == "NewUser":
        body["email"] = fresh_email()
    if name == "CarrierEvent":
        body["event_id"] = str(uuid.uuid4())
    return body


@pytest.mark.parametrize("method,path,name", with_bodies())
def test_bodies_are_taken_as_it_says(client, reached, method, path, name):
    target, schema = place(reached, path), DOCUMENT["components"]["schemas"][name]

    def answer_to(body):
        answer = client.request(method, target, body, {"If-Match": "*"} if method != "POST" else {})
        assert answer.status < 500, (body, answer)
        return answer

    assert not mistaken_fields(answer_to(body_of(name)))
    for field, part in schema["properties"].items():
        if part.get("readOnly"):
            assert (field, "read-only") in answer_to(body_of(name) | {field: 1}).errors()
            continue
        for value in sound(field, resolve(part)):
            body = body_of(name) | {field: value}
            if field == "change_from":
                body["on_hand"] = 1000
            assert field not in mistaken_fields(answer_to(body)), body
        for value in wrong(field, resolve(part)):
            answer = answer_to(body_of(name) | {field: value})
            assert field in mistaken_fields(answer), (field, value, answer)
    for field in schema.get("required", []):
        body = {key: value for key, value in body_of(name).items() if key != field}
        assert (field, "required") in answer_to(body).errors()
    answer = answer_to(body_of(name) | {"nonsense": 1})
    assert ("nonsense" in mistaken_fields(answer)) == (not schema["additionalProperties"])


def example(schema):
    """What the page suggests (example() in docs.html)."""
    schema = resolve(schema)
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema and "type" not in schema:
        return example(schema["anyOf"][0])
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if kind == "object":
        names = schema.get("required", list(schema["properties"])[:1])
        return {name: example(schema["properties"][name]) for name in names}
    if kind == "array":
        return [example(schema["items"])]
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 1), 1)
    if kind == "boolean":
        return True
    return {"uuid": SOME_ID, "date-time": TEXTS["date-time"]}.get(
        schema.get("format"), schema.get("format", "text"))


@pytest.mark.parametrize("method,path,name", with_bodies())
def test_bodies_that_the_page_suggests_are_taken(client, reached, method, path, name):
    body = example(DOCUMENT["components"]["schemas"][name])
    answer = client.request(method, place(reached, path), body,
                            {"If-Match": "*"} if method != "POST" else {})
    assert answer.status < 500 and not mistaken_fields(answer), (body, answer)


def test_it_has_the_headers_that_are_looked_at(client, reached):
    """Those that cannot be read are told of, by the operations that have them."""
    for method, path, operation in operations():
        for name, methods, nonsense in (("If-Match", ("PUT", "PATCH", "DELETE"), "x"),
                                        ("Idempotency-Key", ("POST", "PATCH"), "x" * 256)):
            if method not in methods or path in ("/payment/callback", "/product/import"):
                continue
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json")
            body = body_of(schema["schema"]["$ref"].rsplit("/", 1)[1]) if schema else None
            answer = client.request(method, place(reached, path), body, {name: nonsense})
            is_looked_at = answer.status == 400 and answer.code == "invalid-header"
            assert is_looked_at == (name in parameters(operation, "header")), (path, name, answer)


@pytest.mark.parametrize("method,path,name", with_bodies())
def test_bodies_that_are_taken_are_as_it_says(method, path, name):
    """The least bodies of the test before, and what has an open form."""
    del method, path
    errors = list(openapi.validator(DOCUMENT["components"]["schemas"][name])
                  .iter_errors(body_of(name)))
    assert not errors
