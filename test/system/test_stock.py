"""A product's stock: read, counted, moved, its ledger, its levels, and lists of what is in stock."""

import json
import uuid

import pytest

import given
import shop
from given import event_types, events, expect, ledger_sum, reserve, stock_path

FIELDS = {"available", "reserved", "on_hand", "level", "version"}
MOST = 999_999_999


def stock_of(client, product):
    return expect(client.get(stock_path(product)), 200).json


def move(client, product, delta, **more):
    return client.post(stock_path(product), {"delta": delta, "reason": "test", **more})


def count(client, product, **body):
    return client.put(stock_path(product), body)


def ledger(client, product, **parameters):
    return given.walk(client, stock_path(product) + "/movement", **parameters)


def unchanged(client, product, before):
    assert stock_of(client, product) == before


# representation


@pytest.mark.parametrize("on_hand, mark, level", [
    (7, 3, "in"), (3, 3, "low"), (0, 3, "out"), (7, None, "in"), (0, None, "out"), (1, 0, "in")])
def test_stock_is_shown_with_its_level(client, on_hand, mark, level):
    marked = {} if mark is None else {"low_stock_at": mark}
    product = client.create(on_hand=on_hand, **marked)
    answer = expect(client.get(stock_path(product)), 200)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json == {"available": on_hand, "reserved": 0, "on_hand": on_hand, "level": level,
                           "version": answer.json["version"], **marked}
    assert answer.etag == f'"{answer.json["version"]}"'


def test_on_hand_is_what_is_available_and_what_is_reserved(client, emulator):
    product = client.create(on_hand=5)
    reserve(emulator, product, 2)
    stock = stock_of(client, product)
    assert (stock["available"], stock["reserved"], stock["on_hand"]) == (3, 2, 5)


def test_head_is_get_without_the_body(client):
    product = client.create(on_hand=5)
    for path in (stock_path(product), stock_path(product) + "/movement"):
        got, head = client.get(path), client.head(path)
        assert (head.status, head.body, head.etag) == (200, b"", got.etag)


def test_stock_has_three_methods_and_its_ledger_one(client):
    product = client.create()
    for path, methods in ((stock_path(product), {"GET", "HEAD", "PUT", "POST", "OPTIONS"}),
                          (stock_path(product) + "/movement", {"GET", "HEAD", "OPTIONS"})):
        for method in {"PUT", "POST", "PATCH", "DELETE"} - methods:
            answer = client.request(method, path, {} if method[0] == "P" else None)
            expect(answer, 405, "method-not-allowed")
            assert set(answer.headers["Allow"].replace(" ", "").split(",")) == methods


@pytest.mark.parametrize("product_id", [given.SOME_ID, "1", "nothing", "%C3%A9"])
def test_stock_of_a_product_that_is_not_there_is_404(client, product_id):
    path = f"/product/{product_id}/stock"
    expect(client.get(path), 404, "product-not-found")
    expect(client.put(path, {"on_hand": 1}), 404, "product-not-found")
    expect(client.post(path, {"delta": 1, "reason": "x"}), 404, "product-not-found")
    expect(client.get(path + "/movement"), 404, "product-not-found")


def test_stock_goes_with_its_product_but_the_ledger_stays(client, emulator):
    product = client.create(on_hand=5)
    move(client, product, 2)
    before = ledger(client, product)
    expect(client.delete(f"/product/{product['id']}"), 204)
    expect(client.get(stock_path(product)), 404, "product-not-found")
    expect(count(client, product, on_hand=1), 404, "product-not-found")
    expect(move(client, product, 1), 404, "product-not-found")
    assert emulator.items(product["id"]) == {}
    assert ledger(client, product) == before and len(before) == 2


# PUT


def test_put_sets_what_was_counted(client):
    product = client.create(on_hand=5)
    before = stock_of(client, product)
    answer = expect(count(client, product, on_hand=9), 200)
    assert answer.json == before | {"available": 9, "on_hand": 9, "version": before["version"] + 1}
    assert answer.etag == f'"{answer.json["version"]}"'
    unchanged(client, product, answer.json)
    newest = ledger(client, product)[0]
    assert (newest["delta"], newest["reason"]) == (4, "count")


def test_put_to_zero_and_to_the_most_there_can_be(client):
    product = client.create(on_hand=5)
    for on_hand in (0, MOST, 1):
        stock = expect(count(client, product, on_hand=on_hand), 200).json
        assert (stock["available"], stock["on_hand"]) == (on_hand, on_hand)
    assert sum(entry["delta"] for entry in ledger(client, product)) == 1


def test_put_of_what_is_on_hand_already_moves_nothing(client):
    product = client.create(on_hand=5)
    assert expect(count(client, product, on_hand=5), 200).json["on_hand"] == 5
    assert [entry["delta"] for entry in ledger(client, product)] == [5]


def test_put_keeps_what_is_reserved(client, emulator):
    product = client.create(on_hand=5)
    reserve(emulator, product, 2)
    stock = expect(count(client, product, on_hand=10), 200).json
    assert (stock["available"], stock["reserved"], stock["on_hand"]) == (8, 2, 10)
    stock = expect(count(client, product, on_hand=2), 200).json
    assert (stock["available"], stock["reserved"], stock["level"]) == (0, 2, "out")
    expect(count(client, product, on_hand=1), 409, "below-reserved")
    unchanged(client, product, stock)
    assert ledger_sum(emulator, product["id"]) == 2


def test_put_sets_and_removes_the_mark_alone(client):
    product = client.create(on_hand=5)
    stock = expect(count(client, product, low_stock_at=5), 200).json
    assert (stock["low_stock_at"], stock["level"], stock["on_hand"]) == (5, "low", 5)
    stock = expect(count(client, product, low_stock_at=None), 200).json
    assert "low_stock_at" not in stock and stock["level"] == "in"
    unchanged(client, product, stock)
    assert len(ledger(client, product)) == 1


def test_put_sets_count_and_mark_together(client):
    product = client.create(on_hand=5, low_stock_at=1)
    stock = expect(count(client, product, on_hand=8, low_stock_at=8), 200).json
    assert (stock["on_hand"], stock["low_stock_at"], stock["level"]) == (8, 8, "low")
    stock = expect(count(client, product, on_hand=7), 200).json
    assert stock["low_stock_at"] == 8


def test_change_from_lets_through_only_what_is_known(client, emulator):
    product = client.create(on_hand=5)
    before = stock_of(client, product)
    expect(count(client, product, on_hand=9, change_from=4), 409, "stock-changed")
    unchanged(client, product, before)
    assert expect(count(client, product, on_hand=9, change_from=5), 200).json["on_hand"] == 9
    expect(count(client, product, on_hand=9, change_from=5), 409, "stock-changed")
    assert ledger_sum(emulator, product["id"]) == 9


def test_change_from_counts_what_is_reserved(client, emulator):
    product = client.create(on_hand=5)
    reserve(emulator, product, 2)
    expect(count(client, product, on_hand=6, change_from=3), 409, "stock-changed")
    expect(count(client, product, on_hand=6, change_from=5), 200)


def test_of_two_counts_from_the_same_figure_one_wins(client, shopd):
    other = shopd.client()
    for _ in range(given.scaled(8)):
        product = client.create(on_hand=5)
        answers = given.at_once([lambda: count(client, product, on_hand=6, change_from=5),
                                 lambda: count(other, product, on_hand=8, change_from=5)])
        assert sorted(answer.status for answer in answers) == [200, 409]
        won, = (answer for answer in answers if answer.status == 200)
        unchanged(client, product, won.json)


# POST


def test_post_brings_in_and_takes_out(client):
    product = client.create(on_hand=5)
    version = stock_of(client, product)["version"]
    answer = expect(move(client, product, 4), 200)
    assert (answer.json["on_hand"], answer.json["version"]) == (9, version + 1)
    assert answer.etag == f'"{version + 1}"'
    answer = expect(move(client, product, -9), 200)
    assert (answer.json["available"], answer.json["level"]) == (0, "out")
    unchanged(client, product, answer.json)


def test_post_never_takes_more_than_is_available(client, emulator):
    product = client.create(on_hand=5)
    reserve(emulator, product, 2)
    before = stock_of(client, product)
    answer = expect(move(client, product, -4), 409, "insufficient-stock")
    assert answer.json["items"] == [
        {"product_id": product["id"], "requested": 4, "available": 3}]
    unchanged(client, product, before)
    expect(move(client, product, -3), 200)
    assert ledger_sum(emulator, product["id"]) == 2


def test_there_is_a_most_that_can_be_on_hand(client, emulator):
    product = client.create(on_hand=MOST - 1)
    expect(move(client, product, 1), 200)
    before = stock_of(client, product)
    expect(move(client, product, 1), 409, "stock-limit")
    unchanged(client, product, before)
    reserve(emulator, product, 5)
    expect(move(client, product, 1), 409, "stock-limit")
    assert ledger_sum(emulator, product["id"]) == MOST


def test_what_is_reserved_survives_movements(client, emulator):
    product = client.create(on_hand=5)
    reserve(emulator, product, 2)
    stock = expect(move(client, product, 3), 200).json
    assert (stock["available"], stock["reserved"], stock["on_hand"]) == (6, 2, 8)


def test_a_product_without_stock_gets_its_first(client):
    product = client.create()
    assert ledger(client, product) == []
    assert expect(move(client, product, 3), 200).json["on_hand"] == 3
    assert [entry["delta"] for entry in ledger(client, product)] == [3]


# the ledger


def test_the_ledger_is_complete_and_the_newest_comes_first(client, emulator):
    product = client.create(on_hand=10)
    move(client, product, 5, reason="delivery", reference="PO-1/ä")
    move(client, product, -3, reason="broken")
    count(client, product, on_hand=20)
    entries = ledger(client, product)
    assert [(e["delta"], e["reason"], e.get("reference")) for e in entries] == [
        (8, "count", None), (-3, "broken", None), (5, "delivery", "PO-1/ä"), (10, "opening", None)]
    for entry in entries:
        assert set(entry) - {"reference"} == {"id", "time", "delta", "reason", "by"}
        assert given.UUID.fullmatch(entry["id"]) and given.TIME.fullmatch(entry["time"])
        assert entry["by"]
    times = [entry["time"] for entry in entries]
    assert times == sorted(times, reverse=True)
    assert sum(entry["delta"] for entry in entries) == ledger_sum(emulator, product["id"]) == 20


@pytest.mark.parametrize("limit", [1, 4, 24, 25, 100])
def test_the_ledger_has_pages(client, shared, limit):
    product = long_ledger(client, shared)
    first = expect(client.get(given.url(stock_path(product) + "/movement", limit=limit)), 200)
    assert len(first.json["data"]) == min(limit, 25)
    assert [e["delta"] for e in ledger(client, product, limit=limit)] == [*range(24, 0, -1), 100]


def test_a_page_of_the_ledger_has_twenty_and_a_link(client, shared):
    path = stock_path(long_ledger(client, shared)) + "/movement"
    answer = client.get(path)
    assert len(answer.json["data"]) == 20
    assert answer.headers["Link"].endswith('; rel="next"')
    assert answer.json["next"] in answer.headers["Link"]


def long_ledger(client, shared):
    """A product with 25 movements, made once for each daemon."""
    if not hasattr(shared.daemon, "long_ledger"):
        product = client.create(on_hand=100)
        for delta in range(1, 25):
            expect(move(client, product, delta), 200)
        shared.daemon.long_ledger = product
    return shared.daemon.long_ledger


def test_a_cursor_belongs_to_one_ledger(client, shared):
    product, other = long_ledger(client, shared), client.create(on_hand=1)
    cursor = client.get(stock_path(product) + "/movement?limit=2").json["next"]
    for path in (stock_path(other) + "/movement", "/product"):
        expect(client.get(given.url(path, cursor=cursor)), 400, "invalid-cursor")
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    expect(client.get(given.url(stock_path(product) + "/movement", cursor=changed)), 400,
           "invalid-cursor")


def test_movements_made_while_paging_hide_none_of_the_old(client):
    product = client.create(on_hand=100)
    for delta in range(1, 8):
        move(client, product, delta)
    first = client.get(stock_path(product) + "/movement?limit=3").json
    move(client, product, 50)
    rest = ledger(client, product, limit=3, cursor=first["next"])
    assert [e["delta"] for e in first["data"] + rest] == [7, 6, 5, 4, 3, 2, 1, 100]


# versions


def test_if_none_match_gives_304_until_the_stock_changes(client):
    product = client.create(on_hand=5)
    etag = client.get(stock_path(product)).etag
    for value in (etag, "*", f'"0", W/{etag}'):
        answer = client.get(stock_path(product), If_None_Match=value)
        assert (answer.status, answer.body, answer.etag) == (304, b"", etag)
    move(client, product, 1)
    assert client.get(stock_path(product), If_None_Match=etag).json["on_hand"] == 6


def test_a_change_of_the_stock_shows_in_the_products_tag_too(client):
    product = client.create(on_hand=5)
    path = f"/product/{product['id']}"
    etag = client.get(path).etag
    move(client, product, 1)
    answer = expect(client.get(path + "?consistent=true", If_None_Match=etag), 200)
    assert (answer.json["stock"]["on_hand"], answer.json["version"]) == (6, product["version"])


@pytest.mark.parametrize("if_match", ['"99"', '"0"', '"x"'])
def test_if_match_that_fails_is_412_and_changes_nothing(client, if_match):
    product = client.create(on_hand=5)
    before = stock_of(client, product)
    answer = client.put(stock_path(product), {"on_hand": 6}, If_Match=if_match)
    expect(answer, 412, "precondition-failed")
    unchanged(client, product, before)


def test_if_match_that_holds_lets_the_change_through_once(client):
    product = client.create(on_hand=5)
    etag = client.get(stock_path(product)).etag
    expect(client.put(stock_path(product), {"on_hand": 6}, If_Match=etag), 200)
    expect(client.put(stock_path(product), {"on_hand": 7}, If_Match=etag), 412)
    expect(client.put(stock_path(product), {"on_hand": 7}, If_Match="*"), 200)


def test_a_match_can_be_required(start, client):
    product = client.create(on_hand=5)
    strict = start(SHOPD_REQUIRE_MATCH="on").client()
    expect(strict.put(stock_path(product), {"on_hand": 6}), 428, "precondition-required")
    expect(strict.put(stock_path(product), {"on_hand": 6}, If_Match="*"), 200)
    expect(move(strict, product, 1), 200)


# levels and their events


STEPS = [
    # body, POSTed if it has a delta; the event that it raises
    ({"delta": -4}, None), ({"delta": -1}, "low"), ({"delta": -2}, None), ({"delta": -3}, "out"),
    ({"delta": 1}, "low"), ({"delta": 20}, "in"), ({"on_hand": 0}, "out"), ({"on_hand": 0}, None),
    ({"on_hand": 9}, "in"), ({"low_stock_at": 9}, "low"), ({"low_stock_at": None}, "in"),
    ({"on_hand": 4, "low_stock_at": 4}, "low"), ({"on_hand": 5, "low_stock_at": 6}, None),
    ({"delta": -5}, "out"), ({"low_stock_at": 1}, None), ({"delta": 1}, "low"),
]


def test_each_change_of_level_raises_one_event_and_nothing_else_does(client, emulator):
    product = client.create(on_hand=10, low_stock_at=5)
    seen = len(events(emulator, product["id"]))
    for step, (body, raised) in enumerate(STEPS):
        stock = expect(move(client, product, **body) if "delta" in body
                       else count(client, product, **body), 200).json
        new = events(emulator, product["id"])[seen:]
        assert [event["type"]["S"] for event in new] == ([f"stock.{raised}"] if raised else []), step
        for event in new:
            check_event(event, product, stock)
        seen += len(new)
        check_index(emulator, product, stock["level"])


def check_event(event, product, stock):
    assert given.UUID.fullmatch(event["sk"]["S"]) and event["sk"]["S"][14] == "7"
    assert event["subject"] == {"S": f"product/{product['id']}"}
    assert event["product_id"] == {"S": product["id"]}
    assert event["attempts"] == {"N": "0"}
    assert given.TIME.fullmatch(event["time"]["S"])
    assert json.loads(event["data"]["S"]) == {"product_id": product["id"]} | given.without(
        stock, "reserved")


def check_index(emulator, product, level):
    """The stock is listed under its level, while that is not "in"."""
    item = emulator.items(product["id"])["STOCK"]
    assert item["level"] == {"S": level}
    listed = (item.get("g2p", {}).get("S"), item.get("g2s", {}).get("S"))
    assert listed == ((None, None) if level == "in" else (f"LVL#{level}", product["id"]))


def test_what_is_refused_raises_nothing(client, emulator):
    product = client.create(on_hand=3, low_stock_at=2)
    before = event_types(emulator, product["id"])
    expect(move(client, product, -4), 409)
    expect(count(client, product, on_hand=0, change_from=9), 409)
    expect(client.put(stock_path(product), {"on_hand": 0}, If_Match='"99"'), 412)
    assert event_types(emulator, product["id"]) == before
    assert len(ledger(client, product)) == 1


@pytest.mark.parametrize("fault", ["lost-after", "internal-after", "cut-after"])
def test_a_change_whose_answer_was_lost_is_made_once(start, proxy, table, emulator, fault):
    client = start().client()
    product = client.create(on_hand=3)
    before = event_types(emulator, product["id"])
    for act in (lambda: move(client, product, -3), lambda: count(client, product, on_hand=2)):
        proxy.rules(*({"fault": fault, "operation": name, "count": 1} for name in given.WRITES))
        expect(act(), 200)
    assert stock_of(client, product)["on_hand"] == ledger_sum(emulator, product["id"]) == 2
    assert len(ledger(client, product)) == 3
    assert event_types(emulator, product["id"])[len(before):] == ["stock.out", "stock.in"]


# lists of what is in stock


@pytest.fixture(scope="module")
def stocked(folder, proxy, table, make_table):
    """A daemon on a table in which every third product has something available."""
    daemon = shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=make_table()).ready()
    client = daemon.client()
    daemon.available = []
    for n in range(45):
        product = client.create(name=f"{'ab'[n % 2]}{n:02}", price=(n * 7) % 45, category="c",
                                on_hand=0 if n % 3 else 4, low_stock_at=n % 6)
        if n % 3 == 0:
            daemon.available.append(product)
    client.close()
    yield daemon
    assert daemon.end() == 0


@pytest.mark.parametrize("limit", [100, 4])
@pytest.mark.parametrize("q", [None, "a"])
@pytest.mark.parametrize("category", [None, "c"])
@pytest.mark.parametrize("sort", [None, "name", "price", "created"])
def test_what_is_in_stock_is_listed_page_by_page(stocked, sort, category, q, limit):
    asked = {"sort": sort, "category": category, "q": q}
    asked = {name: value for name, value in asked.items() if value}
    client = stocked.client()
    entries = given.walk(client, "/product", in_stock="true", limit=limit, **asked)
    expected = [p["id"] for p in stocked.available if not q or p["name"].startswith(q)]
    assert sorted(entry["id"] for entry in entries) == sorted(expected)
    everything = [entry["id"] for entry in given.walk(client, "/product", limit=100, **asked)]
    assert [entry["id"] for entry in entries] == [i for i in everything if i in expected]
    client.close()


def test_the_list_follows_the_stock(client, emulator):
    category = str(uuid.uuid4())
    product = client.create(on_hand=2, category=category)

    def listed():
        return len(given.walk(client, "/product", in_stock="true", category=category))

    assert listed() == 1
    move(client, product, -2)
    assert listed() == 0
    move(client, product, 2)
    assert listed() == 1
    reserve(emulator, product, 1)
    assert listed() == 1
    move(client, product, -1)
    assert listed() == 0


def test_a_cursor_of_what_is_in_stock_is_for_nothing_else(stocked):
    client = stocked.client()
    cursor = client.get("/product?in_stock=true&limit=2").json["next"]
    expect(client.get(given.url("/product", limit=2, cursor=cursor)), 400, "invalid-cursor")
    expect(client.get("/product?in_stock=maybe"), 400, "invalid-parameter")
    client.close()


# removal


def test_a_product_is_not_removed_while_some_is_reserved(client, emulator):
    product = client.create(on_hand=2)
    reserve(emulator, product, 2)
    expect(client.delete(f"/product/{product['id']}"), 409, "stock-reserved")
    assert stock_of(client, product)["reserved"] == 2
    reserve(emulator, product, -2)
    expect(client.delete(f"/product/{product['id']}"), 204)


def test_a_removal_beside_movements_leaves_no_half_product(client, shopd, emulator):
    others = [shopd.client() for _ in range(2)]
    for _ in range(given.scaled(8)):
        product = client.create(on_hand=5)
        deleted, moved, counted = given.at_once([
            lambda: client.delete(f"/product/{product['id']}"),
            lambda: move(others[0], product, 1),
            lambda: count(others[1], product, on_hand=9)])
        assert deleted.status == 204, deleted
        assert {moved.status, counted.status} <= {200, 404}, (moved, counted)
        assert emulator.items(product["id"]) == {}
        acknowledged = 1 + [moved.status, counted.status].count(200)
        assert len(given.movements(emulator, product["id"])) == acknowledged
