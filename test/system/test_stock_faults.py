"""Stock is right through every fault, from two processes, and under many writers; and what it costs.

What is right: the ledger's sum is what is on hand, the version counts the changes, the level fits
the amounts, and each change of level has raised one event.
"""

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

import shop

pytestmark = pytest.mark.volume

AFTER = ("lost-after", "internal-after", "cut-after", "checksum-after", "garbage-after",
         "nonsense-after")
BEFORE = ("internal", "unavailable", "close", "throttling", "conflict")


def at_once(actions):
    barrier = threading.Barrier(len(actions))

    def run(action):
        barrier.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def query(emulator, partition, table=shop.TABLE):
    return emulator.client.query(
        TableName=table, KeyConditionExpression="pk = :p", ConsistentRead=True,
        ExpressionAttributeValues={":p": {"S": partition}})["Items"]


def movements(emulator, product_id):
    return query(emulator, f"M#{product_id}")


def events(emulator, product_id, shards=4):
    """The events that a product has raised, in their order, with the shard that each is in."""
    found = [(shard, item) for shard in range(shards) for item in query(emulator, f"OUT#{shard}")
             if item.get("subject") == {"S": f"product/{product_id}"}]
    assert len({shard for shard, _ in found}) <= 1, "one subject's events are in order"
    return [item for _, item in found]


def levels(emulator, product_id):
    """In the order of the versions, for two events may be of one millisecond."""
    told = [json.loads(item["data"]["S"]) for item in events(emulator, product_id)]
    return [data["level"] for data in sorted(told, key=lambda data: data["version"])]


def level_of(stock):
    if stock["available"] <= 0:
        return "out"
    return "low" if stock["available"] <= stock.get("low_stock_at", 0) else "in"


def assert_sound(emulator, product_id, first="in"):
    """Compares the table's items with each other. Returns the stock item as plain values."""
    item = emulator.items(product_id)["STOCK"]
    stock = {name: int(item[name]["N"]) for name in item if "N" in item[name]}
    level = item["level"]["S"]
    ledger = movements(emulator, product_id)
    assert sum(int(one["delta"]["N"]) for one in ledger) == stock["available"] + stock["reserved"]
    assert level == level_of(stock)
    assert item.get("g2p", {"S": "LVL#in"})["S"] == f"LVL#{level}"
    told = [first, *levels(emulator, product_id)]
    assert told[-1] == level
    assert all(a != b for a, b in zip(told, told[1:])), "each event is a change"
    return stock | {"level": level}


def adjust(client, path, delta, **headers):
    return client.post(path, {"delta": delta, "reason": "test"}, **headers)


def code_of(answer):
    return None if answer.status == 200 else answer.code


def test_a_change_of_level_is_an_event_with_all_that_is_known(client, emulator):
    product_id = client.create(on_hand=7, low_stock_at=5)["id"]
    path = f"/product/{product_id}/stock"
    for delta in (-1, -1, -1, -4, 10):
        assert adjust(client, path, delta).status == 200
    raised = events(emulator, product_id)
    assert [event["type"]["S"] for event in raised] == ["stock.low", "stock.out", "stock.in"]
    assert [json.loads(event["data"]["S"]) for event in raised] == [
        {"product_id": product_id, "level": level, "available": n, "on_hand": n, "low_stock_at": 5,
         "version": version}
        for level, n, version in (("low", 5, 3), ("out", 0, 5), ("in", 10, 6))]
    assert set(raised[0]) == {"pk", "sk", "type", "subject", "time", "data", "attempts", "by",
                              "product_id"}
    assert raised[0]["attempts"] == {"N": "0"}
    assert_sound(emulator, product_id)


def test_the_mark_alone_moves_the_level_and_raises_an_event(client, emulator):
    product_id = client.create(on_hand=7)["id"]
    path = f"/product/{product_id}/stock"
    assert client.put(path, {"low_stock_at": 7}).json["level"] == "low"
    assert client.put(path, {"low_stock_at": None}).json["level"] == "in"
    assert levels(emulator, product_id) == ["low", "in"]
    assert len(movements(emulator, product_id)) == 1
    assert_sound(emulator, product_id)


def test_a_new_product_raises_no_event(client, emulator):
    for fields in ({}, {"on_hand": 1, "low_stock_at": 3}):
        assert events(emulator, client.create(**fields)["id"]) == []


@pytest.mark.parametrize("fault", BEFORE + AFTER)
@pytest.mark.parametrize("change", ["adjust", "cross", "count", "mark"])
def test_one_fault_at_a_write_is_overcome(client, proxy, emulator, fault, change):
    product_id = client.create(on_hand=20, low_stock_at=5)["id"]
    path = f"/product/{product_id}/stock"
    operation = "UpdateItem" if change == "mark" else "TransactWriteItems"
    proxy.fault(fault, operation=operation, count=1)
    if change in ("adjust", "cross"):
        answer = adjust(client, path, -3 if change == "adjust" else -16)
    else:
        answer = client.put(path, {"on_hand": 17} if change == "count" else {"low_stock_at": 6})
    assert proxy.tell()["faults"] == {fault: 1}
    assert (answer.status, answer.json["version"]) == (200, 2), answer
    stock = assert_sound(emulator, product_id)
    assert stock["version"] == 2
    assert stock["level"] == ("low" if change == "cross" else "in")


@pytest.mark.parametrize("seed", range(3))
def test_under_many_faults_each_answer_is_true(start, proxy, emulator, table, seed):
    client = start(SHOPD_REQUEST_DEADLINE="2500ms").client()
    product_id = client.create(on_hand=10, low_stock_at=5)["id"]
    path = f"/product/{product_id}/stock"
    proxy.rules(*({"fault": fault, "probability": 0.08, "seed": f"{seed}{fault}"}
                  for fault in BEFORE + AFTER))
    done, unknown = 0, 0
    for n in range(24):
        delta = (-4, 3, -2, 3)[n % 4]
        answer = adjust(client, path, delta)
        assert answer.status in (200, 409, 503), answer
        done += answer.status == 200
        unknown += code_of(answer) == "outcome-unknown"
    proxy.rules()
    made = assert_sound(emulator, product_id)["version"] - 1
    assert done <= made <= done + unknown
    assert len(movements(emulator, product_id)) == 1 + made


@pytest.mark.parametrize("fault", AFTER)
def test_with_a_key_an_unknown_outcome_is_asked_again_and_had_once(
        start, proxy, emulator, table, fault):
    client = start(SHOPD_REQUEST_DEADLINE="1").client()
    product_id = client.create(on_hand=10)["id"]
    path = f"/product/{product_id}/stock"
    key = str(uuid.uuid4())
    proxy.fault(fault, operation="TransactWriteItems")
    first = adjust(client, path, -3, Idempotency_Key=key)
    assert (first.status, first.code) == (503, "outcome-unknown")
    proxy.rules()
    again = adjust(client, path, -3, Idempotency_Key=key)
    assert (again.status, again.json["available"]) == (200, 7)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert assert_sound(emulator, product_id)["version"] == 2


def test_a_read_that_fails_behind_the_write_is_an_unknown_outcome(start, proxy, emulator, table):
    client = start(SHOPD_REQUEST_DEADLINE="1").client()
    product_id = client.create(on_hand=10)["id"]
    proxy.fault("internal", operation="GetItem", skip=1)
    answer = adjust(client, f"/product/{product_id}/stock", -3)
    proxy.rules()
    assert (answer.status, answer.code) == (503, "outcome-unknown")
    assert assert_sound(emulator, product_id)["available"] == 7


def test_two_processes_count_together(pair, emulator, proxy):
    """All within one level: no condition fails because of another's change."""
    clients = [pair[n % 2].client() for n in range(8)]
    product_id = clients[0].create(on_hand=1000, low_stock_at=5)["id"]
    path = f"/product/{product_id}/stock"
    proxy.reset()
    answers = at_once([lambda c=c, n=n: [adjust(c, path, 1 if n % 2 else -2) for _ in range(25)]
                       for n, c in enumerate(clients)])
    assert {answer.status for some in answers for answer in some} == {200}
    assert len({answer.json["version"] for some in answers for answer in some}) > 1
    stock = assert_sound(emulator, product_id)
    assert (stock["available"], stock["version"]) == (1000 - 100, 201)
    assert proxy.tell()["requests"]["TransactWriteItems"] == 200
    assert events(emulator, product_id) == []


def test_two_processes_around_a_level(pair, emulator):
    """Up and down across both levels: every crossing is told once, in order."""
    clients = [pair[n % 2].client() for n in range(6)]
    product_id = clients[0].create(on_hand=6, low_stock_at=3)["id"]
    path = f"/product/{product_id}/stock"
    answers = at_once([
        lambda c=c, n=n: [adjust(c, path, (-1 if n % 2 else 1) * (1 + turn % 3))
                          for turn in range(15)] for n, c in enumerate(clients)])
    made = [answer for some in answers for answer in some if answer.status == 200]
    refused = [answer for some in answers for answer in some if answer.status != 200]
    assert {answer.code for answer in refused} <= {"insufficient-stock", "unavailable"}
    assert assert_sound(emulator, product_id)["version"] == 1 + len(made)


def test_counts_and_adjustments_meet(pair, emulator):
    clients = [pair[n % 2].client() for n in range(4)]
    product_id = clients[0].create(on_hand=50)["id"]
    path = f"/product/{product_id}/stock"
    for turn in range(8):
        answers = at_once([
            lambda: clients[0].put(path, {"on_hand": 40 + turn, "change_from": 50}),
            lambda: clients[1].put(path, {"on_hand": 50}),
            lambda: adjust(clients[2], path, -1),
            lambda: adjust(clients[3], path, 1)])
        assert answers[0].status == 200 or answers[0].code == "stock-changed"
        assert [answer.status for answer in answers[1:]] == [200] * 3
        assert_sound(emulator, product_id)
        assert clients[turn % 4].put(path, {"on_hand": 50}).status == 200


def test_the_last_pieces_go_to_as_many_as_there_are(pair, emulator):
    clients = [pair[n % 2].client() for n in range(8)]
    product_id = clients[0].create(on_hand=5, low_stock_at=2)["id"]
    path = f"/product/{product_id}/stock"
    answers = at_once([lambda c=c: adjust(c, path, -1) for c in clients])
    assert sorted(answer.status for answer in answers) == [200] * 5 + [409] * 3
    assert {code_of(answer) for answer in answers} == {None, "insufficient-stock"}
    assert assert_sound(emulator, product_id)["level"] == "out"
    assert levels(emulator, product_id) == ["low", "out"]


def test_the_same_key_at_once_has_one_effect(pair, emulator):
    clients = [pair[n % 2].client() for n in range(4)]
    product_id = clients[0].create(on_hand=50)["id"]
    path, key = f"/product/{product_id}/stock", str(uuid.uuid4())
    answers = at_once([lambda c=c: adjust(c, path, -1, Idempotency_Key=key) for c in clients])
    assert {(answer.status, answer.json["available"]) for answer in answers} == {(200, 49)}
    assert assert_sound(emulator, product_id)["version"] == 2


def test_a_product_with_reserved_stock_stays(client, emulator):
    product_id = client.create(on_hand=5)["id"]
    path = f"/product/{product_id}"

    def reserve(n):
        emulator.client.update_item(
            TableName=shop.TABLE, Key={"pk": {"S": f"P#{product_id}"}, "sk": {"S": "STOCK"}},
            UpdateExpression="ADD available :a, reserved :r",
            ExpressionAttributeValues={":a": {"N": str(-n)}, ":r": {"N": str(n)}})

    reserve(2)
    answer = client.delete(path)
    assert (answer.status, answer.code) == (409, "stock-reserved")
    assert set(emulator.items(product_id)) == {"#", "STOCK"}
    stock = client.get(f"{path}/stock").json
    assert (stock["available"], stock["reserved"], stock["on_hand"]) == (3, 2, 5)
    below = client.put(f"{path}/stock", {"on_hand": 1})
    assert (below.status, below.code) == (409, "below-reserved")
    assert client.put(f"{path}/stock", {"on_hand": 2}).json["level"] == "out"
    reserve(-2)
    assert client.delete(path).status == 204
    assert client.get(f"{path}/stock").code == "product-not-found"


def test_all_pages_in_stock_are_full_and_complete(fresh, emulator):
    """In every order, whatever is sold out, and while the list is read from two cursors."""
    client = fresh.client()
    made = [client.create(name=f"n{n % 7} {n:02}", price=n * 37 % 50, category="c" if n % 3 else "d",
                          on_hand=(n * n) % 5 % 2 * n) for n in range(60)]
    here = [product for product in made if product["stock"]["available"] > 0]
    assert 10 < len(here) < 50
    keys = {"name": lambda p: (p["name"], p["id"]), "price": lambda p: (p["price"], p["id"]),
            "created": lambda p: (p["created_at"], p["id"])}
    for sort, key in keys.items():
        for more, wanted in (("", here), ("&category=c", [p for p in here if p["category"] == "c"]),
                             ("&q=N3", [p for p in here if p["name"].startswith("n3")])):
            expected = [p["id"] for p in sorted(wanted, key=key, reverse=sort == "created")]
            for limit in (1, 4, 100):
                query = f"/product?in_stock=true&sort={sort}&limit={limit}{more}"
                pages = list(all_pages(client, query))
                assert [entry for page in pages for entry in page] == expected, query
                assert {len(page) for page in pages[:-1]} <= {limit}
                assert 0 < len(pages[-1]) <= limit


def all_pages(client, query):
    cursor = ""
    while cursor is not None:
        answer = client.get(query + cursor)
        assert answer.status == 200, answer
        yield [entry["id"] for entry in answer.json["data"]]
        cursor = answer.json.get("next")
        cursor = cursor and f"&cursor={cursor}"


@pytest.mark.parametrize("fault", ["throttling", "internal", "lost-after", "cut-after"])
def test_a_list_in_stock_overcomes_a_fault(client, proxy, fault):
    category = str(uuid.uuid4())
    ids = {client.create(category=category, on_hand=n)["id"] for n in range(5)}
    for operation in ("Query", "BatchGetItem"):
        proxy.fault(fault, operation=operation, count=1)
        answer = client.get(f"/product?in_stock=true&category={category}")
        assert answer.status == 200
        assert len(ids & {entry["id"] for entry in answer.json["data"]}) == 4


def test_the_ledger_outlives_its_product(client):
    product_id = client.create(on_hand=3)["id"]
    path = f"/product/{product_id}"
    assert adjust(client, f"{path}/stock", -1).status == 200
    before = client.get(f"{path}/stock/movement").json
    assert [one["delta"] for one in before["data"]] == [-1, 3]
    assert client.delete(path).status == 204
    assert client.get(f"{path}/stock/movement").json == before


def test_what_it_costs(client, report):
    """The figures of docs/table.md."""
    category = str(uuid.uuid4())
    for n in range(25):
        client.create(name=f"n{n}", category=category, on_hand=1)
    product_id = client.create(on_hand=1000, low_stock_at=5)["id"]
    path = f"/product/{product_id}/stock"
    figures = {
        "read": client.get(path),
        "adjust": adjust(client, path, -1),
        "adjust with a key": adjust(client, path, -1, Idempotency_Key=str(uuid.uuid4())),
        "adjust to low": adjust(client, path, -995),
        "adjust while low": adjust(client, path, -1),
        "refused": adjust(client, path, -10),
        "count": client.put(path, {"on_hand": 1}),
        "count to in": client.put(path, {"on_hand": 100}),
        "mark": client.put(path, {"low_stock_at": 6}),
        "nothing": client.put(path, {"low_stock_at": 6}),
        "20 in stock": client.get(f"/product?category={category}&in_stock=true"),
    }
    for _ in range(20):
        adjust(client, path, -1)
    figures["20 movements"] = client.get(f"{path}/movement")
    for name, answer in figures.items():
        assert answer.status == (409 if name == "refused" else 200), (name, answer)
        report(f"stock: {name}: {answer.headers.get('X-Consumed-Read-Units', 0)} read, "
               f"{answer.headers.get('X-Consumed-Write-Units', 0)} write, "
               f"{answer.elapsed * 1000:.1f} ms")
