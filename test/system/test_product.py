"""One product: made, read, changed and deleted, as the HTTP contract says."""

import re
import time
import uuid

import pytest

import shop

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SOME_ID = "00000000-0000-4000-8000-000000000000"


def version_of(answer):
    """The version in the ETag; what follows a dot tells representations apart."""
    return int(re.fullmatch(r'"(\d+)(\.[^"]*)?"', answer.etag)[1])


def path_of(product):
    return f"/product/{product['id']}"


def read(client, product):
    answer = client.get(path_of(product))
    assert answer.status == 200, answer
    return answer.json


def without(product, *names):
    return {name: value for name, value in product.items() if name not in names}


# create


def test_a_created_product_is_answered_as_it_is_then_read(client):
    body = {"name": "Phone", "price": 900, "category": "phones", "color": "red",
            "on_hand": 7, "low_stock_at": 3}
    created = client.post("/product", body)
    assert created.status == 201
    assert created.headers["Content-Type"] == "application/json"
    product = created.json
    assert UUID4.fullmatch(product["id"])
    assert created.headers["Location"] == f"/product/{product['id']}"
    assert version_of(created) == product["version"] == 1
    assert TIME.fullmatch(product["created_at"])
    assert product["updated_at"] == product["created_at"]
    assert (product["name"], product["price"], product["currency"]) == ("Phone", 900, "EUR")
    assert (product["category"], product["color"]) == ("phones", "red")
    assert product["stock"] == {
        "available": 7, "reserved": 0, "on_hand": 7, "level": "in", "low_stock_at": 3}
    got = client.get(created.headers["Location"])
    assert (got.status, got.json, got.etag) == (200, product, created.etag)


def test_the_least_product_has_only_what_is_known_of_it(client):
    product = client.create(name="Bare", price=0)
    assert set(product) == {"id", "name", "price", "currency", "version", "created_at",
                            "updated_at", "stock"}
    assert product["stock"] == {"available": 0, "reserved": 0, "on_hand": 0, "level": "out"}


def test_the_ancestors_body_works_and_its_id_is_ignored(client):
    created = client.post("/product", '{"id": 1, "name": "IPhone", "price": 900}')
    assert created.status == 201
    assert UUID4.fullmatch(created.json["id"])
    assert (created.json["name"], created.json["price"]) == ("IPhone", 900)


@pytest.mark.parametrize(
    "on_hand, low_stock_at, level", [(0, 5, "out"), (5, 5, "low"), (6, 5, "in"), (1, 0, "in")])
def test_the_level_follows_the_stock(client, on_hand, low_stock_at, level):
    product = client.create(on_hand=on_hand, low_stock_at=low_stock_at)
    assert read(client, product)["stock"]["level"] == level


def test_a_product_and_its_stock_are_two_items_made_together(client, emulator):
    product = client.create(on_hand=3)
    items = emulator.items(product["id"])
    assert set(items) == {"#", "STOCK"}
    assert items["STOCK"]["available"] == {"N": "3"}
    assert items["STOCK"]["reserved"] == {"N": "0"}


OPEN = {
    "text": "grün \U0001f600 \u2028 \"quoted\" back\\slash / \t\n",
    "empty_text": "",
    "yes": True,
    "no": False,
    "list": [1, "two", [3, [4]], {"five": 5}, True],
    "empty_list": [],
    "object": {"a": {"b": {"c": "deep"}}, "with space": 1, "with.dot": 2},
    "empty_object": {},
    # names that mean something to the table or to DynamoDB's expressions
    "pk": "P#other", "sk": "#", "g1p": "CAT#x", "g1s": "x", "g2p": "PROD#0", "g2s": "x",
    "gsi1": "x", "gsi2": "x", "ttl": 1, "token": "t", "entity": "user", "type": "stock", "data": 1,
    "attributes": {"name": "inner"}, "open": {"name": "inner"}, "available": 9, "reserved": 9,
    "level": "in", "#n": 1, ":v": 2, "a.b": 3, "a[0]": 4, "SET": 5, "name_lower": "x",
    "size": "XL", "status": "new", "ключ": "значение", "request_id": "r", "code": 1, "S": "x",
    "N": "1", "M": {"N": "1"}, "L": [], "NULL": True, "__type": "x", "_name": 1, "x" * 255: 1,
}


@pytest.mark.parametrize("name", OPEN, ids=lambda name: name[:20] or "empty")
def test_an_open_attribute_comes_back_as_it_came(client, name):
    product = client.create(**{name: OPEN[name]})
    assert product[name] == OPEN[name]
    assert read(client, product) == product
    assert (product["name"], product["price"], product["version"]) == ("thing", 1, 1)


def test_all_open_attributes_at_once_survive_put_and_patch(client):
    product = client.create(**OPEN)
    client.put(path_of(product), {"name": "renamed"})
    client.patch(path_of(product), {"price": 2})
    after = read(client, product)
    assert {name: after[name] for name in OPEN} == OPEN
    assert (after["name"], after["price"], after["version"]) == ("renamed", 2, 3)


def test_names_and_texts_may_be_as_long_as_the_contract_says(client):
    assert client.create(name="é" * 200)["name"] == "é" * 200
    big = "x" * 200_000
    assert read(client, client.create(big=big))["big"] == big


# read


@pytest.mark.parametrize("product_id", [SOME_ID, "1", "IPhone", SOME_ID.upper() + "x", "%C3%A9"])
def test_an_id_that_nothing_has_is_404(client, product_id):
    answer = client.get(f"/product/{product_id}")
    assert (answer.status, answer.code) == (404, "product-not-found")


def test_head_is_get_without_the_body(client):
    product = client.create()
    for path in (path_of(product), "/product", f"/product/{SOME_ID}", "/live", "/ready"):
        got, head = client.get(path), client.head(path)
        assert (head.status, head.body) == (got.status, b"")
        assert head.headers["Content-Type"] == got.headers["Content-Type"]
        assert head.headers["ETag"] == got.headers["ETag"]
        if got.status == 200:
            assert head.headers["Content-Length"] == str(len(got.body))


def test_a_read_sees_the_write_before_it(client):
    product = client.create(n=0)
    for n in range(1, 20):
        client.put(path_of(product), {"n": n})
        assert read(client, product)["n"] == n


def test_consistent_may_be_asked_for(client):
    product = client.create()
    answer = client.get(path_of(product) + "?consistent=true")
    assert (answer.status, answer.json) == (200, product)


def test_an_item_that_another_tool_touched_can_be_read_and_deleted(client, emulator):
    product = client.create()
    key = {"pk": {"S": f"P#{product['id']}"}, "sk": {"S": "#"}}
    for value in ({"NULL": True}, {"SS": ["a", "b"]}, {"NS": ["1", "2"]}, {"B": "Ynl0ZXM="},
                  {"BS": ["eA=="]}, {"M": {"inner": {"NULL": True}}}, {"L": [{"SS": ["a"]}]}):
        emulator.client.update_item(
            TableName=shop.TABLE, Key=key, UpdateExpression="SET foreign_one = :v",
            ExpressionAttributeValues={":v": value})
        assert read(client, product)["name"] == "thing", value
    assert client.put(path_of(product), {"price": 2}).status == 200
    assert client.delete(path_of(product)).status == 204


@pytest.mark.parametrize("lost", ["#", "STOCK"])
def test_half_a_product_harms_nobody(client, emulator, lost):
    product = client.create()
    emulator.client.delete_item(
        TableName=shop.TABLE, Key={"pk": {"S": f"P#{product['id']}"}, "sk": {"S": lost}})
    for method, body in (("GET", None), ("PUT", {"n": 1}), ("PATCH", {"n": 1}), ("DELETE", None)):
        answer = client.request(method, path_of(product), body)
        assert answer.status == 404 or (lost == "STOCK" and answer.status < 500), method


def test_if_none_match_gives_304_until_something_changes(client):
    product = client.create()
    etag = client.get(path_of(product)).etag
    holds = [etag, "*", f"W/{etag}", f'"0", {etag}', f'"other",W/{etag} , "x"']
    for value in holds:
        for answer in (client.get(path_of(product), If_None_Match=value),
                       client.head(path_of(product), If_None_Match=value)):
            assert (answer.status, answer.body, answer.etag) == (304, b"", etag), value
    client.put(path_of(product), {"price": 5})
    for value in set(holds) - {"*"}:
        answer = client.get(path_of(product), If_None_Match=value)
        assert (answer.status, answer.json["price"]) == (200, 5), value
        assert answer.etag != etag
    assert client.get(f"/product/{SOME_ID}", If_None_Match="*").status == 404


# put


def test_put_merges_the_fields_given(client):
    product = client.create(name="Old", price=10, category="c", color="red", size=[1, {"a": 2}])
    answer = client.put(path_of(product), {"name": "New", "size": {"b": 3}, "fresh": True})
    assert answer.status == 200
    expected = product | {"name": "New", "size": {"b": 3}, "fresh": True, "version": 2}
    assert without(answer.json, "updated_at") == without(expected, "updated_at")
    assert answer.json["updated_at"] >= product["updated_at"]
    assert version_of(answer) == 2
    assert read(client, product) == answer.json


def test_put_moves_updated_at_and_keeps_created_at(client):
    product = client.create()
    time.sleep(0.005)
    after = client.put(path_of(product), {"price": 2}).json
    assert after["created_at"] == product["created_at"] < after["updated_at"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_that_changes_nothing_leaves_the_version(client, method):
    product = client.create(color="red", size=1.5, list=[1, {"a": 2}])
    body = '{"price": 1.0, "color": "red", "size": 1.50, "list": [1, {"a": 2}]}'
    answer = client.request(method, path_of(product), body)
    assert (answer.status, answer.json) == (200, product)
    assert client.request(method, path_of(product), {}).json == product


def test_put_leaves_the_stock_alone(client, emulator):
    product = client.create(on_hand=4, low_stock_at=1)
    before = emulator.items(product["id"])["STOCK"]
    assert client.put(path_of(product), {"name": "x"}).json["stock"] == product["stock"]
    assert emulator.items(product["id"])["STOCK"] == before


def test_put_may_repeat_what_is_there_and_ignores_an_id(client):
    product = client.create(color="red")
    body = without(product, "version", "created_at", "updated_at", "stock") | {"id": SOME_ID}
    answer = client.put(path_of(product), body)
    assert (answer.status, answer.json["id"]) == (200, product["id"])
    assert client.get(f"/product/{SOME_ID}").status == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_changing_what_is_not_there_is_404_and_makes_nothing(client, emulator, method):
    product_id = str(uuid.uuid4())
    answer = client.request(method, f"/product/{product_id}", {"name": "x", "price": 1})
    assert (answer.status, answer.code) == (404, "product-not-found")
    assert emulator.items(product_id) == {}


@pytest.mark.parametrize("field", ["version", "created_at", "updated_at", "stock", "on_hand",
                                   "low_stock_at"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_the_server_keeps_cannot_be_changed(client, method, field):
    product = client.create()
    answer = client.request(method, path_of(product), {field: product.get(field, 5)})
    assert (answer.status, answer.code) == (422, "validation-failed")
    assert answer.errors() == {(field, "read-only")}
    assert read(client, product) == product


def test_a_product_cannot_outgrow_an_item(client):
    product = client.create()
    for n in range(2):
        assert client.put(path_of(product), {f"big{n}": "x" * 190_000}).status == 200
    before = read(client, product)
    answer = client.put(path_of(product), {"big2": "x" * 190_000})
    assert (answer.status, answer.code) == (422, "validation-failed")
    assert read(client, product) == before
    assert client.delete(path_of(product)).status == 204


# patch


MERGE_PATCH = [
    # RFC 7396, appendix A, without those that leave a null in the target: original, patch, result
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, "bar", "bar"),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    # and more
    ("text", {"a": {"b": None}}, {"a": {}}),
    ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": None}}}, {"a": {"b": {"d": 2}}}),
    ({"a": 1.5}, {"a": 1e2}, {"a": 100}),
    ({"a": True}, {"a": False}, {"a": False}),
    ({"a.b": 1, "a": {"b": 2}}, {"a.b": None}, {"a": {"b": 2}}),
]


@pytest.mark.parametrize("content_type", ["application/merge-patch+json", "application/json"])
@pytest.mark.parametrize("case", range(len(MERGE_PATCH)))
def test_patch_follows_rfc_7396(client, case, content_type):
    original, patch, result = MERGE_PATCH[case]
    product = client.create(target=original, other={"kept": [1]})
    answer = client.patch(path_of(product), {"target": patch}, Content_Type=content_type)
    assert answer.status == 200, answer
    assert (answer.json["target"], answer.json["other"]) == (result, {"kept": [1]})
    assert answer.json["version"] == version_of(answer) == 2
    assert read(client, product) == answer.json


def test_patch_with_null_removes_an_attribute(client):
    product = client.create(category="c", description="d", color="red", tags=["a"])
    answer = client.patch(path_of(product), dict.fromkeys(
        ("category", "description", "color", "tags", "never_there")))
    assert answer.status == 200
    assert set(read(client, product)) == {"id", "name", "price", "currency", "version",
                                          "created_at", "updated_at", "stock"}


@pytest.mark.parametrize("field", ["name", "price"])
def test_patch_cannot_remove_what_is_required(client, field):
    product = client.create()
    answer = client.patch(path_of(product), {field: None})
    assert (answer.status, answer.errors()) == (422, {(field, "required")})
    assert read(client, product) == product


def test_patch_judges_the_price_by_the_stored_currency(client):
    product = client.create(price=100, currency="JPY")
    answer = client.patch(path_of(product), {"price": 100.5})
    assert (answer.status, answer.errors()) == (422, {("price", "too-many-decimals")})
    assert client.patch(path_of(product), {"price": 100.5, "currency": "EUR"}).status == 200
    answer = client.patch(path_of(product), {"currency": "JPY"})
    assert answer.status == 422, "100.5 is no amount of yen"
    assert read(client, product)["currency"] == "EUR"


def test_put_judges_the_price_by_the_stored_currency(client):
    product = client.create(price=100, currency="JPY")
    answer = client.put(path_of(product), {"price": 100.5})
    assert (answer.status, answer.errors()) == (422, {("price", "too-many-decimals")})
    assert client.put(path_of(product), {"price": 1.234, "currency": "KWD"}).status == 200
    assert client.put(path_of(product), {"currency": "EUR"}).status == 422


# delete


def test_a_deleted_product_is_gone_with_its_stock(client, emulator):
    product = client.create(on_hand=3)
    answer = client.delete(path_of(product))
    assert (answer.status, answer.body) == (204, b"")
    assert emulator.items(product["id"]) == {}
    for method in ("GET", "HEAD", "DELETE", "PUT", "PATCH"):
        body = {"name": "x"} if method[0] == "P" else None
        again = client.request(method, path_of(product), body)
        assert again.status == 404, method
        assert method == "HEAD" or again.code == "product-not-found"
    assert emulator.items(product["id"]) == {}


def test_a_product_with_reserved_stock_stays(client, emulator):
    product = client.create(on_hand=3)
    reserve(emulator, product, 1)
    answer = client.delete(path_of(product))
    assert (answer.status, answer.code) == (409, "stock-reserved")
    assert set(emulator.items(product["id"])) == {"#", "STOCK"}
    assert read(client, product)["stock"] == {
        "available": 2, "reserved": 1, "on_hand": 3, "level": "in"}
    reserve(emulator, product, -1)
    assert client.delete(path_of(product)).status == 204


def reserve(emulator, product, quantity):
    emulator.client.update_item(
        TableName=shop.TABLE, Key={"pk": {"S": f"P#{product['id']}"}, "sk": {"S": "STOCK"}},
        UpdateExpression="ADD reserved :q, available :m",
        ExpressionAttributeValues={":q": {"N": str(quantity)}, ":m": {"N": str(-quantity)}})


# versions


HOLDS = ["*", "{etag}"]
FAILS = ['"99"', "W/{etag}", '"0"', '"x"', '""', '"01"', '"1 "', '"99999999999999999999"']
MALFORMED = ['"1", "2"', "1", "x", '"1', '1"', "'1'", '"1" "2"', ",,x"]


def conditional(client, method, product, if_match):
    body = {"price": 2} if method[0] == "P" else None
    return client.request(method, path_of(product), body, {"If-Match": if_match})


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("if_match", HOLDS)
def test_if_match_that_holds_lets_the_change_through(client, method, if_match):
    product = client.create()
    etag = client.get(path_of(product)).etag
    answer = conditional(client, method, product, if_match.format(etag=etag))
    assert answer.status == (204 if method == "DELETE" else 200), answer


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("if_match", FAILS)
def test_if_match_that_fails_is_412_and_changes_nothing(client, method, if_match):
    product = client.create()
    etag = client.get(path_of(product)).etag
    answer = conditional(client, method, product, if_match.format(etag=etag))
    assert (answer.status, answer.code) == (412, "precondition-failed"), answer
    assert read(client, product) == product


@pytest.mark.parametrize("if_match", MALFORMED)
def test_if_match_that_cannot_be_read_is_400(client, if_match):
    product = client.create()
    answer = conditional(client, "PUT", product, if_match)
    assert (answer.status, answer.code) == (400, "invalid-header"), answer
    assert read(client, product) == product


def test_an_old_etag_fails_after_each_kind_of_change(client):
    product = client.create()
    etag = client.get(path_of(product)).etag
    for price, method in enumerate(("PUT", "PATCH"), 3):
        changed = client.request(method, path_of(product), {"price": price})
        assert changed.etag != etag
        assert conditional(client, method, product, etag).status == 412
        etag = changed.etag
    assert conditional(client, "DELETE", product, etag).status == 204


def test_a_match_can_be_required(start, client):
    product = client.create()
    strict = start(SHOPD_REQUIRE_MATCH="on").client()
    for method, body in (("PUT", {"price": 2}), ("PATCH", {"price": 2}), ("DELETE", None)):
        answer = strict.request(method, path_of(product), body)
        assert (answer.status, answer.code) == (428, "precondition-required"), method
    assert strict.put(path_of(product), {"price": 2}, If_Match='"1"').status == 200
    assert strict.post("/product", {"name": "x", "price": 1}).status == 201
