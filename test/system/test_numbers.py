"""Numbers are kept exactly, or refused."""

import re
from decimal import Context, Decimal

import pytest

NINES = "9." + "9" * 37
DIGITS = "12345678901234567890123456789012345678"

KEPT = [
    "19.99", "0.1", "1e-7", DIGITS, "-" + DIGITS, "-0", "1.50", "0", "0.0", "-0.0", "0e5", "1E+2",
    "1e2", "100", "1.0", "123.456000", "9007199254740993", "0.30000000000000004",
    "18446744073709551616", "-9223372036854775809", "3.1415926535897932384626433832795028841",
    DIGITS[:19] + "." + DIGITS[19:], "0." + "0" * 90 + DIGITS, DIGITS + "0" * 40, NINES + "e125",
    "-" + NINES + "e125", "1e-130", "-1e-130", "1e125", "1E125", "10e124", "0.1e126",
    "0.00000000000000000000000000000000000001", "1" + "0" * 120, "1e100", "2.5e+3",
]
REFUSED = [
    (DIGITS + "9", "too-precise"),
    ("0." + DIGITS + "9", "too-precise"),
    ("1" + "0" * 37 + "1", "too-precise"),
    ("1.00000000000000000000000000000000000001", "too-precise"),
    (NINES + "9e0", "too-precise"),
    ("1e126", "out-of-range"),
    ("-1e126", "out-of-range"),
    ("10e125", "out-of-range"),
    ("1e-131", "out-of-range"),
    ("0.1e-130", "out-of-range"),
    ("1" + "0" * 126, "out-of-range"),
    ("5e-324", "out-of-range"),
    ("1e999999999999999999999", "out-of-range"),
    ("1e-999999999999999999999", "out-of-range"),
]


def exact(text):
    """A number in plain form, so that 1e2 and 100 are the same text."""
    value = Decimal(text)
    return "0" if value == 0 else format(value.normalize(Context(prec=600)), "f")


def number_in(body, name):
    """The number as it stands in the bytes."""
    return re.search(rb'"%s":\s*\[?\s*([-+0-9.eE]+)' % name.encode(), body)[1].decode()


@pytest.mark.parametrize("text", KEPT, ids=lambda text: text[:45])
def test_a_number_survives_exactly(client, text):
    body = f'{{"name":"n","price":1,"plain":{text},"list":[{text}],"map":{{"inner":{text}}}}}'
    created = client.post("/product", body)
    assert created.status == 201, created
    path = created.headers["Location"]
    answers = [
        created,
        client.get(path),
        client.put(path, body),
        client.patch(path, f'{{"plain":{text},"map":{{"inner":{text}}}}}'),
        client.get(path),
    ]
    for answer in answers:
        for name in ("plain", "list", "inner"):
            assert exact(number_in(answer.body, name)) == exact(text)
        assert answer.json["plain"] == Decimal(text)


@pytest.mark.parametrize("text, code", REFUSED, ids=lambda text: text[:45])
def test_a_number_that_cannot_be_kept_is_refused_not_rounded(client, text, code):
    product = client.create(n=1)
    for method, path, more in (("POST", "/product", '"name":"n","price":1,'),
                               ("PUT", f"/product/{product['id']}", ""),
                               ("PATCH", f"/product/{product['id']}", "")):
        answer = client.request(method, path, f'{{{more}"n":{text}}}')
        assert (answer.status, answer.errors()) == (422, {("n", code)}), answer
    assert client.get(f"/product/{product['id']}").json == product


@pytest.mark.parametrize("where", ['"n":[1,[%s]]', '"n":{"a":{"b":%s}}', '"n":[{"a":%s}]'])
def test_it_is_refused_wherever_it_stands(client, where):
    answer = client.post("/product", '{"name":"n","price":1,%s}' % (where % (DIGITS + "9")))
    assert answer.status == 422
    (field, code), = answer.errors()
    assert field.startswith("n") and code == "too-precise"


PRICES = [
    # price, currency, kept as
    ("19.99", "EUR", "19.99"), ("0.1", "EUR", "0.1"), ("0", "EUR", "0"), ("-0", "EUR", "0"),
    ("900", "EUR", "900"), ("1e2", "EUR", "100"), ("1.5E1", "EUR", "15"),
    ("19.990", "EUR", "19.99"),
    ("0.01", "USD", "0.01"), ("1.10", "USD", "1.1"), ("900", "JPY", "900"), ("900.0", "JPY", "900"),
    ("1.234", "KWD", "1.234"), ("0.001", "BHD", "0.001"), ("9999999999.99", "EUR", "9999999999.99"),
]


@pytest.mark.parametrize("price, currency, kept", PRICES)
def test_a_price_is_kept_to_the_minor_unit(client, price, currency, kept):
    category = f"price {price} {currency}"
    created = client.post("/product", f'{{"name":"n","category":"{category}","price":{price},'
                                      f'"currency":"{currency}"}}')
    assert created.status == 201, created
    got = client.get(created.headers["Location"])
    listed = client.get("/product?category=" + category.replace(" ", "%20"))
    for answer in (created, got, listed):
        assert exact(number_in(answer.body, "price")) == exact(kept)


@pytest.mark.parametrize("price, currency, code", [
    ("19.999", "EUR", "too-many-decimals"), ("0.001", "EUR", "too-many-decimals"),
    ("900.5", "JPY", "too-many-decimals"), ("1.2345", "KWD", "too-many-decimals"),
    ("1e-7", "EUR", "too-many-decimals"), ("-0.01", "EUR", "negative"), ("-1", "JPY", "negative"),
    ("1e30", "EUR", "too-large"), ("92233720368547758.08", "EUR", "too-large"),
    ("9223372036854775808", "JPY", "too-large"),
])
def test_a_price_that_is_no_amount_is_refused(client, price, currency, code):
    answer = client.post("/product", f'{{"name":"n","price":{price},"currency":"{currency}"}}')
    assert (answer.status, answer.errors()) == (422, {("price", code)}), answer
