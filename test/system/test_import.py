"""POST /product/import: each line has its effect, and its true result."""

import json
import threading
import uuid

import pytest

import lines
import shop


def one(client, line, **headers):
    """The result of a body of one line."""
    answer = lines.send(client, line, **headers)
    assert answer.status == 200, answer
    results = lines.parse(answer.body)
    assert len(results) == 1
    return results[0]


# what becomes of lines


def test_new_products_are_made_with_stock_and_ledger(client, emulator, shopd):
    ids = lines.new_ids(40)
    answer = lines.send(client, lines.text(
        lines.product(id, on_hand=n, category="c") for n, id in enumerate(ids)))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == lines.TYPE
    assert lines.results(answer) == [
        {"line": n + 1, "status": 201, "id": id} for n, id in enumerate(ids)]
    for n, id in enumerate(ids):
        items = emulator.items(id)
        assert items["STOCK"]["available"] == {"N": str(n)}
        assert items["#"]["version"] == {"N": "1"}
        movements = lines.ledger(emulator, id, shopd.table)
        assert [item["delta"]["N"] for item in movements] == ([str(n)] if n else [])


def test_an_imported_product_is_like_a_created_one(client, emulator):
    fields = {"name": "Ä", "price": 1.5, "tags": ["a"], "category": "c", "x": {"y": [None, 1]},
              "on_hand": 3, "low_stock_at": 5}
    created = emulator.items(client.create(**fields)["id"])
    imported = emulator.items(one(client, json.dumps(fields))["id"])
    for sk in ("#", "STOCK"):
        for name in ("pk", "g1s", "g2p", "g2s", "created_at", "updated_at"):
            assert (name in created[sk]) == (name in imported[sk])
            created[sk].pop(name, None), imported[sk].pop(name, None)
        assert created[sk] == imported[sk]


def test_lines_without_ids_get_new_ones(client):
    text = '{"name":"n","price":1}\n{"id":null,"name":"n","price":1}\n'
    results = lines.parse(lines.send(client, text).body)
    assert [result["status"] for result in results] == [201, 201]
    assert len({uuid.UUID(result["id"]) for result in results}) == 2
    assert client.get(f"/product/{results[0]['id']}").json["name"] == "n"


def test_the_same_file_again_changes_nothing(client, emulator):
    products = [lines.product(id, on_hand=1, x=1.50, y={"a": [1, None]})
                for id in lines.new_ids(70)]
    assert set(lines.import_all(client, products)) == {201}
    before = [emulator.items(product["id"]) for product in products]
    answer = lines.send(client, lines.text(products))
    assert set(lines.statuses(answer)) == {200}
    assert answer.headers["X-Consumed-Write-Units"] == "0.0"
    assert [emulator.items(product["id"]) for product in products] == before


def test_what_is_there_becomes_what_the_line_says_but_its_stock_stays(client, emulator):
    old = client.create(name="old", category="c", description="d", x=1, on_hand=7)
    assert one(client, json.dumps(lines.product(old["id"], name="new", y=2, on_hand=99,
                                                low_stock_at=3)))["status"] == 200
    new = client.get(f"/product/{old['id']}?consistent=true").json
    assert new["version"] == 2 and new["stock"] == old["stock"]
    assert new["created_at"] == old["created_at"]
    known = {"id", "stock", "version", "created_at", "updated_at"}
    assert {name: new[name] for name in new.keys() - known} == {
        "name": "new", "price": 1, "currency": "EUR", "y": 2}
    assert "category" not in emulator.items(old["id"])["#"]


def test_attributes_of_other_tools_stay(client, emulator, shopd):
    id = client.create()["id"]
    emulator.client.update_item(
        TableName=shopd.table, Key={"pk": {"S": f"P#{id}"}, "sk": {"S": "#"}},
        UpdateExpression="SET theirs = :x", ExpressionAttributeValues={":x": {"S": "kept"}})
    assert one(client, json.dumps(lines.product(id, z=1)))["status"] == 200
    assert emulator.items(id)["#"]["theirs"] == {"S": "kept"}


@pytest.mark.parametrize("count", [2, 40, 200])
def test_lines_with_the_same_id_have_their_effect_in_their_order(client, emulator, count):
    id, other = lines.new_ids(2)
    products = [lines.product(id, n=n, on_hand=n + 1) for n in range(count)]
    products.insert(count // 2, lines.product(other))
    statuses = lines.import_all(client, products)
    assert statuses.count(201) == 2 and statuses.count(200) == count - 1
    assert statuses[0] == 201
    product = client.get(f"/product/{id}?consistent=true").json
    assert product["n"] == count - 1 and product["version"] == count
    assert emulator.items(id)["STOCK"]["available"] == {"N": "1"}


def test_bad_lines_are_told_and_the_others_written(client):
    id = lines.new_ids(1)[0]
    table = [
        ('{"name":"n","price":1', 400, "invalid-json", None),
        ("nonsense", 400, "invalid-json", None),
        ('{"name":"n","price":1}{}', 400, "invalid-json", None),
        ('{"name":"n","name":"n","price":1}', 400, "invalid-json", None),
        ('{"name":"\\u0000","price":1}', 400, "invalid-json", None),
        ("[" * 40 + "]" * 40, 400, "invalid-json", None),
        (b'{"name":"\xff","price":1}', 400, "invalid-json", None),
        (b'\xef\xbb\xbf{"name":"n","price":1}', 400, "invalid-json", None),
        ("\x00", 400, "invalid-json", None),
        ("[1]", 422, "validation-failed", {("", "wrong-type")}),
        ("1", 422, "validation-failed", {("", "wrong-type")}),
        ("{}", 422, "validation-failed", {("name", "required"), ("price", "required")}),
        ('{"name":"","price":-1}', 422, "validation-failed",
         {("name", "too-short"), ("price", "negative")}),
        ('{"name":"n","price":1.001}', 422, "validation-failed",
         {("price", "too-many-decimals")}),
        ('{"name":"n","price":1,"version":1,"created_at":"","updated_at":"","stock":{}}', 422,
         "validation-failed", {("version", "read-only"), ("created_at", "read-only"),
                               ("updated_at", "read-only"), ("stock", "read-only")}),
        ('{"name":"n","price":1,"on_hand":-1}', 422, "validation-failed",
         {("on_hand", "negative")}),
        ('{"name":"n","price":1,"x":1e999}', 422, "validation-failed", {("x", "out-of-range")}),
        ('{"id":"no id","name":"n","price":1}', 422, "invalid-id", None),
        ('{"id":7,"name":"n","price":1}', 422, "invalid-id", None),
        ('{"id":"%s","name":"n","price":1}' % id.upper(), 422, "invalid-id", None),
        ('{"name":"n","price":1,"x":"' + "x" * 410_000 + '"}', 422, "validation-failed",
         {("", "too-large")}),
        ("x" * 1_100_000, 413, "line-too-large", None),
    ]
    good = b'{"name":"good","price":1}\n'
    body = b"".join((row[0] if isinstance(row[0], bytes) else row[0].encode()) + b"\n" + good
                    for row in table)
    results = lines.parse(lines.send(client, body).body)
    assert [result["line"] for result in results] == list(range(1, 2 * len(table) + 1))
    assert {result["status"] for result in results[1::2]} == {201}
    for (line, status, code, errors), result in zip(table, results[::2]):
        assert (result["status"], result["code"]) == (status, code), (line[:80], result)
        assert ("errors" in result) == (errors is not None)
        if errors:
            assert {(error["field"], error["code"]) for error in result["errors"]} == errors
        else:
            assert result["detail"]


def test_a_line_has_at_most_a_mebibyte(client):
    fits = '{"name":"n","price":1}'.ljust(1 << 20)
    assert lines.statuses(lines.send(client, f"{fits}\n {fits}\n{fits}")) == [201, 413, 201]
    assert lines.statuses(lines.send(client, f" {fits}")) == [413]


def test_what_has_grown_by_changes_goes_out_and_in_again(fresh):
    client = fresh.client()
    path = f"/product/{client.create(on_hand=2)['id']}"
    for name in "abc":  # none of them larger than a body, together more than an answer that is kept
        assert client.patch(path, {name: "x" * 132_000}).status == 200
    exported = client.request("GET", "/product/export").body
    assert lines.statuses(lines.send(client, exported)) == [200]
    key = str(uuid.uuid4())
    for _ in range(2):
        answer = client.patch(path, {"d": 1}, Idempotency_Key=key)
        assert (answer.status, answer.code) == (422, "answer-too-large")
    assert client.patch(path, {"d": 1}).json["version"] == 5
    assert client.delete(path).status == 204
    assert lines.statuses(lines.send(client, exported)) == [201]
    assert lines.export(client) == lines.parse(exported)
    client.close()


# how lines are told apart

N = '{"name":"n","price":1}'


@pytest.mark.parametrize("body, numbers", [
    ("", []),
    ("\n", []),
    ("\n\r\n \t\n", []),
    (N, [1]),
    (N + "\n", [1]),
    (N + "\r\n" + N + "\r\n", [1, 2]),
    ("\n\n" + N + "\n\n" + N, [3, 5]),
    (" \t" + N + " \n   ", [1]),
    ((N + "\n\n") * 50, list(range(1, 100, 2))),
])
def test_blank_lines_are_counted_and_skipped(client, body, numbers):
    answer = lines.send(client, body)
    assert answer.status == 200
    assert [(result["line"], result["status"]) for result in lines.parse(answer.body)] == [
        (number, 201) for number in numbers]


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_body_may_come_in_pieces_of_any_size(shopd, size):
    body = lines.text(lines.product(id) for id in lines.new_ids(70 if size > 1 else 10)).encode()
    upload = lines.Upload(shopd.port)
    for start in range(0, len(body), size):
        upload.send(body[start:start + size])
    text, is_whole = lines.unchunk(upload.finish())
    assert is_whole
    assert {result["status"] for result in lines.parse(text)} == {201}
    assert len(lines.parse(text)) == body.count(b"\n")
    upload.close()


# what is refused


def test_the_request_as_a_whole_may_be_refused(client):
    assert lines.send(client, N, **{"Content-Type": "application/json"}).status == 415
    assert lines.send(client, N, **{"Content-Encoding": "gzip"}).code == "unsupported-media-type"
    assert lines.send(client, N, **{"Idempotency-Key": "k"}).code == "invalid-header"
    assert client.post("/product/import?x=1", N).code == "unknown-parameter"
    assert client.request("PUT", "/product/import").status == 405
    assert client.request("GET", "/product/import").status == 405
    for media_type in ("application/jsonl", "application/json-lines; charset=utf-8",
                       "Application/X-NDJSON"):
        assert lines.statuses(lines.send(client, N, **{"Content-Type": media_type})) == [201]


def test_a_large_body_that_is_refused_is_not_read(shopd, client):
    with pytest.raises((ConnectionError, AssertionError)):
        answer = lines.send(client, N * 1_000_000, **{"Content-Type": "text/plain"})
        assert answer.status != 415
    assert shopd.client().get("/ready").status == 200


@pytest.mark.skipif(shop.HAS_VALGRIND, reason="it wants a temporary folder, too")
def test_results_that_cannot_be_kept_end_the_import(start, table):
    daemon = start(TMPDIR="/nowhere/at/all")
    client = daemon.client()
    assert lines.statuses(lines.send(client, "x\n" * 100)) == [400] * 100
    answer = lines.send(client, "x\n" * 20_000)
    assert answer.status == 503 and answer.code == "unavailable"
    assert "temporary folder" in answer.json["detail"]
    # Also while batches are under way.
    products = lines.text(lines.product(id) for id in lines.new_ids(40)) + "x\n" * 2000
    assert lines.send(client, products).status == 503
    assert client.get("/ready").status == 200
    client.close()


# others at work


def test_two_imports_of_the_same_products_and_a_customer_meet(fresh, emulator):
    ids = lines.new_ids(70)
    outcome = {}

    def work(name):
        client = fresh.client()
        products = [lines.product(id, by=name, on_hand=4) for id in ids]
        outcome[name] = [lines.import_all(client, products) for _ in range(2)]
        client.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for runs in outcome.values() for run in runs for status in run} <= {200, 201}
    made = [run for runs in outcome.values() for run in runs]
    for n, id in enumerate(ids):
        assert sum(run[n] == 201 for run in made) == 1
        items = emulator.items(id, fresh.table)
        assert items["STOCK"]["available"] == {"N": "4"}
        assert len(lines.ledger(emulator, id, fresh.table)) == 1


def test_an_import_does_not_keep_others_waiting(fresh):
    stop = threading.Event()
    slowest = []

    def ask():
        client = fresh.client()
        while not stop.is_set():
            slowest.append(client.get("/product?limit=1").elapsed)
        client.close()

    asking = threading.Thread(target=ask)
    asking.start()
    client = fresh.client(60)
    lines.import_all(client, [lines.product(id) for id in lines.new_ids(600)])
    stop.set()
    asking.join()
    client.close()
    assert len(slowest) > 5 and max(slowest) < 2 * shop.SLOWNESS


# what is told of it


def test_an_import_is_logged_and_counted(fresh):
    client, admin = fresh.client(), fresh.admin()
    body = lines.text(lines.product(id) for id in lines.new_ids(5)) + "x"
    answer = lines.send(client, body, **{"X-Request-Id": "the-import"})
    exported = client.request("GET", "/product/export", headers={"X-Request-Id": "the-export"})
    entry = shop.wait_until(lambda: fresh.log_of("the-import"))[0]
    assert entry["lines"] == 6 and entry["bytes_in"] == len(body)
    assert entry["bytes"] == len(answer.body) and entry["status"] == 200
    assert entry["route"] == "/product/import" and entry["calls"] > 0
    entry = shop.wait_until(lambda: fresh.log_of("the-export"))[0]
    assert entry["lines"] == 5 and entry["bytes_in"] == 0
    assert entry["bytes"] == len(exported.body)
    metrics = admin.get("/metrics").body.decode()
    assert 'shopd_http_requests_total{route="/product/import",method="POST",status="200"} 1' \
        in metrics
    assert f'shopd_http_stream_bytes_total{{direction="in"}} {len(body)}\n' in metrics
    assert "shopd_http_stream_lines_total 11\n" in metrics
    client.close()
    admin.close()
