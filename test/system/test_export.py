"""GET /product/export: everything, in a form that can be imported again; and what breaks it."""

import json
import threading
from decimal import Decimal

import pytest

import lines
import roundtrip
import shop
import wire
from test_numbers import KEPT

HOSTILE = [
    "<script>alert(1)</script>", "' OR 1=1 --", "\\\\\"\\n", "a\tb\nc\rd", "\u202eevil", "😀🏳️‍🌈",
    "e\u0301", "\u2028\u2029", "null", "{}", "${jndi:ldap://x}", "%00%n%s", "\x7f", "\x01", "",
    "퟿", "\U0010ffff", " ", "M", "NULL",
]
PRODUCTS = [
    {"name": "plain", "price": 1},
    {"name": "all", "price": Decimal("19.99"), "currency": "USD", "category": "c/d e",
     "description": "two\nlines", "image_url": "https://shop.example/a.png",
     "weight_grams": 9223372036854775807, "tags": ["a", "b"], "backorder": True, "on_hand": 7,
     "low_stock_at": 9},
    {"name": "zero", "price": 0, "on_hand": 0, "low_stock_at": 0, "backorder": False,
     "tags": [], "description": ""},
    {"name": "deep", "price": 1, "x": {"y": [None, True, {"z": []}, {}]}},
    {"name": "names", "price": 1, "sk": "#", "extra": {"M": 1}, "wt": "x", "S": {"N": "1"}},
]


def by_id(products):
    return {product["id"]: product for product in products}


def same(value):
    """A form that is equal when the values are: numbers by value."""
    if isinstance(value, dict):
        return {name: same(member) for name, member in value.items()}
    if isinstance(value, list):
        return [same(member) for member in value]
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Decimal(value) + 0 if value else Decimal(0)
    return value


def test_an_empty_table_is_exported_as_nothing(fresh):
    client = fresh.client()
    assert lines.export(client) == []
    assert client.request("GET", "/product/export?x=1").status == 400
    client.close()


def test_what_is_exported_can_be_imported_elsewhere_and_is_the_same(fresh, start, make_table):
    other = start(DYNAMODB_TABLE_NAME=make_table())
    here, there = fresh.client(), other.client()
    products = [dict(product) for product in PRODUCTS]
    products += [{"name": f"text {n}", "price": 1, "x": [text]}
                 for n, text in enumerate(HOSTILE)]
    products += [{"name": f"name {n}", "price": 1, name: name}
                 for n, name in enumerate(HOSTILE) if name.isprintable() and name]
    body = "".join(json.dumps(product, default=str).replace('"19.99"', "19.99") + "\n"
                   for product in products)
    body += "".join('{"name":"n","price":1,"x":%s,"y":[{"z":%s}]}\n' % (number, number)
                    for number in KEPT)
    statuses = lines.statuses(lines.send(here, body))
    assert set(statuses) == {201}, statuses
    first = here.request("GET", "/product/export")
    exported = lines.parse(first.body)
    assert len(exported) == len(statuses)
    assert set(lines.statuses(lines.send(there, first.body))) == {201}
    assert same(by_id(lines.export(there))) == same(by_id(exported))
    for product in exported:
        shown = there.get(f"/product/{product['id']}?consistent=true").json
        stock = shown.pop("stock")
        for name in ("version", "created_at", "updated_at"):
            shown.pop(name)
        shown["on_hand"] = stock["on_hand"]
        if "low_stock_at" in stock:
            shown["low_stock_at"] = stock["low_stock_at"]
        assert same(shown) == same(product)
    by_name = {product["name"]: product for product in exported}
    for given in products:
        assert same(given).items() <= same(by_name[given["name"]]).items()
    # The other way round nothing changes.
    again = lines.send(here, there.request("GET", "/product/export").body)
    assert set(lines.statuses(again)) == {200}
    assert again.headers["X-Consumed-Write-Units"] == "0.0"
    here.close(), there.close()


def test_numbers_are_exported_as_digits(fresh):
    client = fresh.client()
    lines.send(client, '{"name":"n","price":1.50,"x":[19.99,0.1,1e-7,-0,'
                       '12345678901234567890123456789012345678]}')
    text = client.request("GET", "/product/export").body
    assert b'"price":1.5' in text
    assert b"19.99" in text and b"12345678901234567890123456789012345678" in text
    client.close()


@pytest.mark.volume
def test_thousands_go_in_and_out_and_compare_equal_in_constant_memory(
        folder, emulator, report):
    report(roundtrip.run(folder, f"http://127.0.0.1:{emulator.port}", 1000))


@pytest.mark.timed
def test_large_products_are_exported_a_few_at_a_time(start, make_table):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_WORKERS=1, SHOPD_WRITE_SHARDS=1)
    client = daemon.client(60)
    # Control characters are six times as long in JSON: more than one answer may have.
    filler = "\x01" * 150_000
    products = [lines.product(id) for id in lines.new_ids(100)]
    products += [lines.product(id, x=filler) for id in lines.new_ids(12)]
    assert set(lines.import_all(client, products)) == {201}
    assert sorted(p["id"] for p in lines.export(client)) == sorted(p["id"] for p in products)
    assert set(lines.import_all(client, products)) == {200}
    assert [e for e in daemon.log() if e.get("result") == "garbled"], "it was not too much at once"
    client.close()


def test_stock_that_is_reserved_is_on_hand(fresh, emulator):
    client = fresh.client()
    id = client.create(on_hand=5)["id"]
    emulator.client.update_item(
        TableName=fresh.table, Key={"pk": {"S": f"P#{id}"}, "sk": {"S": "STOCK"}},
        UpdateExpression="SET available = :a, reserved = :r",
        ExpressionAttributeValues={":a": {"N": "3"}, ":r": {"N": "2"}})
    assert lines.export(client)[0]["on_hand"] == 5
    emulator.client.delete_item(
        TableName=fresh.table, Key={"pk": {"S": f"P#{id}"}, "sk": {"S": "STOCK"}})
    assert "on_hand" not in lines.export(client)[0]
    emulator.client.delete_item(
        TableName=fresh.table, Key={"pk": {"S": f"P#{id}"}, "sk": {"S": "#"}})
    assert lines.export(client) == []
    client.close()


def test_what_stays_is_exported_while_others_come_and_go(fresh):
    client = fresh.client(60)
    stays = lines.new_ids(600)
    goes = lines.new_ids(100)
    lines.import_all(client, (lines.product(id) for id in stays + goes))
    stop = threading.Event()

    def churn():
        other = fresh.client()
        for id in goes:
            if stop.is_set():
                break
            other.delete(f"/product/{id}")
            other.create()
        other.close()

    thread = threading.Thread(target=churn)
    thread.start()
    ids = [product["id"] for product in lines.export(client)]
    stop.set()
    thread.join()
    assert set(stays) <= set(ids) and len(ids) == len(set(ids))
    client.close()


# heads and failures


def test_head_has_no_body_and_reads_nothing(fresh, proxy):
    client = fresh.client()
    before = proxy.tell()["requests"]
    answer = client.head("/product/export")
    assert answer.status == 200 and answer.body == b""
    assert answer.headers["Content-Type"] == lines.TYPE
    assert proxy.tell()["requests"] == before
    client.close()
    received, closed = wire.raw_bytes(
        fresh.port, b"HEAD /product/export HTTP/1.1\r\nHost: shop\r\n\r\n")
    assert closed and received.endswith(b"\r\n\r\n") and received.count(b"\r\n\r\n") == 1
    assert b"Content-Length" not in received


def test_a_table_that_fails_from_the_start_is_503(fresh, proxy):
    client = fresh.client()
    client.create()
    proxy.fault("internal")
    answer = client.request("GET", "/product/export")
    assert answer.status == 503 and answer.code == "unavailable"
    proxy.rules()
    assert len(lines.export(client)) == 1
    client.close()


@pytest.mark.parametrize("operation", ["Query", "BatchGetItem"])
def test_a_table_that_fails_half_way_cuts_the_reply(start, make_table, proxy, operation):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), AWS_MAX_ATTEMPTS=1)
    client = daemon.client()
    lines.have_all(client, [lines.product(id, x="x" * 3000) for id in lines.new_ids(300)])
    proxy.fault("internal", operation=operation, skip=3)
    received, closed = wire.raw_bytes(
        daemon.port, b"GET /product/export HTTP/1.1\r\nHost: shop\r\n\r\n")
    body, is_whole = lines.unchunk(received)
    assert received.startswith(b"HTTP/1.1 200") and closed and not is_whole
    assert 0 < body.count(b"\n") < 300
    assert shop.wait_until(lambda: [e for e in daemon.log() if e["msg"] == "export broken off"])
    assert shop.wait_until(lambda: [e for e in daemon.log() if e["msg"] == "request aborted"])
    proxy.rules()
    assert len(lines.export(client)) == 300
    client.close()


def test_faults_that_can_be_mended_are_not_noticed(fresh, proxy):
    client = fresh.client()
    ids = lines.new_ids(300)
    lines.have_all(client, [lines.product(id, x="x" * 3000) for id in ids])
    for fault in ("internal", "lost-after", "cut-after", "throttle", "chunked", "close"):
        proxy.fault(fault, probability=0.15, seed=3)
        assert sorted(p["id"] for p in lines.export(client)) == sorted(ids)
        proxy.rules()
    client.close()
