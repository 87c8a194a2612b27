"""What a product may be, and that all mistakes are told at once."""

import pytest

GOOD = {"name": "n", "price": 1}


def refused(client, body):
    answer = client.post("/product", body)
    assert (answer.status, answer.code) == (422, "validation-failed"), answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert all(set(error) == {"field", "code", "detail"} and error["detail"]
               for error in answer.json["errors"])
    return answer.errors()


def test_every_mistake_is_told_at_once(client):
    body = {
        "name": "", "price": -1, "currency": "XXZ", "category": 5, "description": ["x"],
        "image_url": "no url", "weight_grams": 1.5, "tags": "red", "on_hand": -2,
        "low_stock_at": "many", "backorder": "yes", "version": 3, "created_at": "now",
        "updated_at": "now", "stock": {},
    }
    assert refused(client, body) == {
        ("name", "too-short"), ("price", "negative"), ("currency", "unknown-currency"),
        ("category", "wrong-type"), ("description", "wrong-type"), ("image_url", "invalid-url"),
        ("weight_grams", "not-an-integer"), ("tags", "wrong-type"), ("on_hand", "negative"),
        ("low_stock_at", "wrong-type"), ("backorder", "wrong-type"), ("version", "read-only"),
        ("created_at", "read-only"), ("updated_at", "read-only"), ("stock", "read-only"),
    }


def test_put_and_patch_tell_every_mistake_too(client):
    product = client.create()
    body = {"name": 7, "price": "1", "on_hand": 4, "version": 2, "x": float("1e200")}
    for method in ("PUT", "PATCH"):
        answer = client.request(method, f"/product/{product['id']}", body)
        assert answer.errors() == {("name", "wrong-type"), ("price", "wrong-type"),
                                   ("on_hand", "read-only"), ("version", "read-only"),
                                   ("x", "out-of-range")}
    assert client.get(f"/product/{product['id']}").json == product


def test_nothing_given_is_two_mistakes(client):
    assert refused(client, {}) == {("name", "required"), ("price", "required")}


MISTAKES = [
    ({"name": None}, ("name", "required")),
    ({"name": 5}, ("name", "wrong-type")),
    ({"name": True}, ("name", "wrong-type")),
    ({"name": ["n"]}, ("name", "wrong-type")),
    ({"name": "x" * 201}, ("name", "too-long")),
    ({"name": "é" * 201}, ("name", "too-long")),
    ({"name": "a\tb"}, ("name", "invalid-text")),
    ({"name": "a\x7fb"}, ("name", "invalid-text")),
    ({"name": "a\u0085b"}, ("name", "invalid-text")),
    ({"price": None}, ("price", "required")),
    ({"price": "900"}, ("price", "wrong-type")),
    ({"price": True}, ("price", "wrong-type")),
    ({"price": [1]}, ("price", "wrong-type")),
    ({"price": {"amount": 1}}, ("price", "wrong-type")),
    ({"currency": "eur"}, ("currency", "unknown-currency")),
    ({"currency": "EURO"}, ("currency", "unknown-currency")),
    ({"currency": ""}, ("currency", "unknown-currency")),
    ({"currency": 978}, ("currency", "wrong-type")),
    ({"category": ""}, ("category", "too-short")),
    ({"category": "a\nb"}, ("category", "invalid-text")),
    ({"category": "x" * 3000}, ("category", "too-long")),
    ({"image_url": "javascript:alert(1)"}, ("image_url", "invalid-url")),
    ({"image_url": "http://a b/"}, ("image_url", "invalid-url")),
    ({"image_url": "//host/x"}, ("image_url", "invalid-url")),
    ({"image_url": 1}, ("image_url", "wrong-type")),
    ({"weight_grams": -1}, ("weight_grams", "negative")),
    ({"weight_grams": "1"}, ("weight_grams", "wrong-type")),
    ({"weight_grams": 1e30}, ("weight_grams", "too-large")),
    ({"on_hand": 1.5}, ("on_hand", "not-an-integer")),
    ({"on_hand": "1"}, ("on_hand", "wrong-type")),
    ({"on_hand": 1e30}, ("on_hand", "too-large")),
    ({"low_stock_at": -1}, ("low_stock_at", "negative")),
    ({"low_stock_at": 0.5}, ("low_stock_at", "not-an-integer")),
    ({"backorder": 1}, ("backorder", "wrong-type")),
    ({"tags": {}}, ("tags", "wrong-type")),
    ({"tags": ["x"] * 1000}, ("tags", "too-many")),
]


@pytest.mark.parametrize("change, error", MISTAKES, ids=lambda value: str(value)[:50])
def test_one_mistake_is_one_error(client, change, error):
    assert refused(client, GOOD | change) == {error}


@pytest.mark.parametrize("tag", [1, "", None, ["x"], "x" * 300])
def test_a_tag_is_a_short_text(client, tag):
    (field, _), = refused(client, GOOD | {"tags": ["good", tag]})
    assert field.startswith("tags")


GOOD_VALUES = [
    {"name": "x"}, {"name": "𝄞" * 200}, {"name": " spaced  out "}, {"price": 0},
    {"currency": "USD"}, {"category": "c"}, {"description": "line\nline\ttab"},
    {"description": ""}, {"image_url": "https://img.example/a.png?x=1#y"},
    {"image_url": "http://img.example/"}, {"weight_grams": 0}, {"weight_grams": 1500},
    {"tags": []}, {"tags": ["a", "b"]}, {"backorder": True}, {"backorder": False},
]


@pytest.mark.parametrize("values", GOOD_VALUES, ids=lambda values: str(values)[:50])
def test_good_values_are_kept_as_they_are(client, values):
    product = client.create(**values)
    assert {name: product[name] for name in values} == values


@pytest.mark.parametrize("on_hand, low_stock_at", [(0, 0), (1, 1000), (1000000, 1)])
def test_good_stock_is_kept(client, on_hand, low_stock_at):
    stock = client.create(on_hand=on_hand, low_stock_at=low_stock_at)["stock"]
    assert (stock["available"], stock["low_stock_at"]) == (on_hand, low_stock_at)


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null", "true", "[{}]"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_body_is_an_object(client, method, body):
    path = "/product" if method == "POST" else f"/product/{client.create()['id']}"
    answer = client.request(method, path, body)
    assert (answer.status, answer.code) == (422, "validation-failed"), answer
    assert {code for _, code in answer.errors()} == {"wrong-type"}


def test_a_name_without_a_letter_is_no_attribute(client):
    assert len(refused(client, GOOD | {"": 1})) == 1


def test_a_problem_repeats_no_more_than_the_caller_said(client):
    marker = "<script>" + "y" * 5000
    answer = client.post("/product", GOOD | {"image_url": marker, "currency": marker})
    assert answer.status == 422
    assert len(answer.body) < 4000
