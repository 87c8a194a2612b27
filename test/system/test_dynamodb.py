"""Each DynamoDB operation of src/aws, through the real layers, meets each fault.

FAULT_SEEDS sets with how many seeds each fault comes and goes (make faults: 1,000, and then the
slow ones too).

The driver (test/tools/dynamodb_driver.c) performs the operations as the daemon does. What came of
them is read from the emulator, past the proxy: exactly one effect, or an honest failure. Each
operation has a driver of its own, so that they meet a fault at the same time.
"""

import collections
import concurrent.futures
import json
import os
import queue
import uuid

import pytest

import shop
from driver import Driver

pytestmark = [pytest.mark.volume, pytest.mark.long]

TABLE = "driver-test"
DESIGN = json.dumps({
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                  {"AttributeName": "sk", "KeyType": "RANGE"}]})[1:-1]
ONE = '{":one":{"N":"1"}}'
HARMLESS = ("delay", "chunked", "dribble", "goodbye-after")
QUICK = ("internal", "internal-after", "unavailable", "conflict", "close", "lost-after", "cut-after",
         "checksum-after", "garbage-after", "nonsense-after") + HARMLESS
SEEDS = int(os.environ.get("FAULT_SEEDS", "15"))
IS_LONG = SEEDS > 15
SLOW = ("throttle", "throttling", "hang", "hang-after")
DEADLINE = 3 * min(shop.SLOWNESS, 4)
"""Seconds, for an operation with its retries."""
FAILURES = {"throttled", "timeout", "unreachable", "unknown", "garbled", "refused"}


def make_driver(folder, endpoint, **settings):
    return Driver("dynamodb_driver", folder, **{
        "DYNAMODB_TABLE_NAME": TABLE, "AWS_ENDPOINT_URL_DYNAMODB": endpoint, **settings})


class Table:
    """The truth."""

    def __init__(self, client):
        self.client = client

    def put(self, key, **numbers):
        item = {"pk": {"S": key}, "sk": {"S": "#"}, "version": {"N": "1"}}
        item |= {name: {"N": str(number)} for name, number in numbers.items()}
        self.client.put_item(TableName=TABLE, Item=item)

    def get(self, key):
        """The item's numbers, or None."""
        item = self.client.get_item(
            TableName=TABLE, Key={"pk": {"S": key}, "sk": {"S": "#"}}, ConsistentRead=True).get("Item")
        return item and {name: int(value["N"]) for name, value in item.items() if "N" in value}


class Operation:
    """What is asked for, and what the table shows when it has been done and when it has not."""

    name = None
    before = {"n": 0}
    undone = {"n": 0, "version": 1}
    done = None

    def order(self, key):
        raise NotImplementedError

    def check_answer(self, answer, key):
        pass

    def run(self, driver, table, key=None, deadline=DEADLINE):
        key = key or str(uuid.uuid4())
        if self.before is not None:
            table.put(key, **self.before)
        answer = driver.ask(**self.order(key), deadline=deadline)
        found = table.get(key)
        if answer["result"] == "ok":
            assert found == self.done, (answer, found)
            self.check_answer(answer, key)
        else:
            assert answer["result"] in FAILURES, answer
            possible = (self.undone, self.done) if answer["result"] == "unknown" else (self.undone,)
            assert found in possible, (answer, found)
        return answer["result"]


class Get(Operation):
    name = "GetItem"
    done = Operation.undone

    def order(self, key):
        return {"op": "get", "pk": key, "sk": "#", "consistent": True}

    def check_answer(self, answer, key):
        assert answer["item"]["n"] == {"N": "0"}
        assert answer["read"] > 0 and answer["write"] == 0


class Query(Operation):
    name = "Query"
    done = Operation.undone

    def order(self, key):
        return {"op": "query", "condition": "pk = :p", "values": json.dumps({":p": {"S": key}})}

    def check_answer(self, answer, key):
        assert [item["pk"]["S"] for item in answer["items"]] == [key]


class TransactGet(Operation):
    name = "TransactGetItems"
    done = Operation.undone

    def order(self, key):
        return {"op": "transact_get", "keys": [["nobody", "#"], [key, "#"]]}

    def check_answer(self, answer, key):
        assert answer["items"][0] == {} and answer["items"][1]["pk"]["S"] == key


class BatchGet(Operation):
    name = "BatchGetItem"
    done = Operation.undone

    def order(self, key):
        return {"op": "batch_get", "keys": [["nobody", "#"], [key, "#"]], "consistent": True}

    def check_answer(self, answer, key):
        assert [item["pk"]["S"] for item in answer["items"]] == [key]


class Put(Operation):
    """A new item: a second attempt meets its own first one."""

    name = "PutItem"
    before = None
    undone = None
    done = {"n": 1, "version": 1}

    def order(self, key):
        return {"op": "put", "pk": key, "sk": "#", "condition": "attribute_not_exists(pk)",
                "item": '"n":{"N":"1"},"version":{"N":"1"}'}


class Update(Operation):
    """What must not be done twice, on a condition that holds before and after."""

    name = "UpdateItem"
    done = {"n": 1, "version": 2}

    def order(self, key):
        return {"op": "update", "pk": key, "sk": "#", "update": "SET n = n + :one ADD version :one",
                "condition": "attribute_exists(pk)", "values": ONE}

    def check_answer(self, answer, key):
        assert answer["item"]["n"] == {"N": "1"}


class Delete(Operation):
    name = "DeleteItem"
    done = None

    def order(self, key):
        return {"op": "delete", "pk": key, "sk": "#", "condition": "version = :one", "values": ONE,
                "version": 1}


class TransactWrite(Operation):
    """Without any condition: the client token alone must prevent a second effect."""

    name = "TransactWriteItems"
    done = {"n": 1, "version": 2}

    def order(self, key):
        return {"op": "transact_write", "writes": [
            {"action": "update", "pk": key, "sk": "#", "update": "ADD n :one, version :one",
             "values": ONE},
            {"action": "put", "pk": key, "sk": "other"}]}


class BatchWrite(Operation):
    name = "BatchWriteItem"
    before = None
    undone = None
    done = {"n": 1}

    def order(self, key):
        return {"op": "batch_write", "writes": [
            {"action": "put", "pk": key, "sk": "#", "item": '"n":{"N":"1"}'},
            {"action": "delete", "pk": key, "sk": "other"}]}


OPERATIONS = [kind() for kind in (Get, Query, TransactGet, BatchGet, Put, Update, Delete,
                                  TransactWrite, BatchWrite)]
NAMES = [operation.name for operation in OPERATIONS]
MEETS_CONFLICTS = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


@pytest.fixture(scope="module")
def table(folder, emulator, proxy):
    driver = make_driver(folder, proxy.url)
    assert driver.ask("create_table", design=DESIGN)["result"] == "ok"
    driver.end()
    return Table(emulator.client)


@pytest.fixture
def everywhere(folder, proxy, table):
    """A function that runs each operation some times under a rule and returns their results. The
    drivers are new, so that the quota of retries is full."""
    drivers = {operation.name: make_driver(folder, proxy.url) for operation in OPERATIONS}

    def everywhere(times=1, **rule):
        proxy.rules(*({**rule, "operation": name} for name in NAMES if rule))

        def run(operation):
            return [operation.run(drivers[operation.name], table) for _ in range(times)]

        with concurrent.futures.ThreadPoolExecutor(len(OPERATIONS)) as pool:
            return dict(zip(NAMES, pool.map(run, OPERATIONS)))

    yield everywhere
    proxy.rules()
    for driver in drivers.values():
        driver.end()


def test_each_operation_works(everywhere):
    assert everywhere() == {name: ["ok"] for name in NAMES}


@pytest.mark.parametrize("fault", QUICK + SLOW)
def test_one_fault_is_overcome(everywhere, fault):
    assert everywhere(fault=fault, count=1) == {name: ["ok"] for name in NAMES}


PER_DRIVER = 12
"""After so many operations under faults a driver's quota of retries is used up."""


def work_off(make_driver, table, tasks, deadline):
    """Does operations, each with a seed's key, until there are no more; returns their results."""
    driver, results = make_driver(), []
    while True:
        try:
            operation, key = tasks.get_nowait()
        except queue.Empty:
            driver.end()
            return results
        results.append((operation.name, operation.run(driver, table, key, deadline)))
        if len(results) % PER_DRIVER == 0:
            driver.end()
            driver = make_driver()


@pytest.mark.parametrize("fault", QUICK + (SLOW if IS_LONG else ()))
def test_a_fault_that_comes_and_goes_leaves_one_effect_or_none(folder, proxy, table, report, fault):
    """Each operation and seed meets its own faults, whatever the others meet at the same time."""
    proxy.fault(fault, probability=0.5, by=f"{fault} [A-Za-z]+ [0-9]+", seconds=0.02)
    tasks, results = queue.SimpleQueue(), []
    for seed in range(SEEDS):
        for operation in OPERATIONS:
            tasks.put((operation, f"{fault} {operation.name} {seed}"))
    workers = min(128 if fault in SLOW else 12, tasks.qsize())
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        # What does no harm must succeed, on a machine that is busy too.
        deadline = 20 if fault in HARMLESS else DEADLINE
        working = [
            pool.submit(work_off, lambda: make_driver(folder, proxy.url), table, tasks, deadline)
            for _ in range(workers)]
        for worker in working:
            results += worker.result()
    assert len(results) == SEEDS * len(OPERATIONS)
    for name, result in results:
        if fault in HARMLESS or (fault == "conflict" and name not in MEETS_CONFLICTS):
            assert result == "ok", name
    if IS_LONG:
        counts = collections.Counter(result for _, result in results)
        report(f"{fault}: " + ", ".join(f"{count} {name}" for name, count in counts.most_common()))


@pytest.mark.parametrize("fault", [fault for fault in QUICK + SLOW if fault not in HARMLESS])
def test_a_fault_that_stays_is_an_honest_failure(everywhere, fault):
    for name, (result,) in everywhere(fault=fault).items():
        if fault == "conflict" and name not in MEETS_CONFLICTS:
            assert result == "ok"
        else:
            assert result in FAILURES, name


def test_two_lost_answers_in_a_row_are_overcome(everywhere):
    assert everywhere(fault="lost-after", count=2) == {name: ["ok"] for name in NAMES}


@pytest.fixture
def driver(folder, proxy, table):
    driver = make_driver(folder, proxy.url)
    yield driver
    driver.end()


def test_conditions_that_fail_give_the_old_item(driver, table):
    table.put("old", n=7)
    order = {"pk": "old", "sk": "#", "values": ONE, "condition": "n = :one", "version": 9}
    for op in ("put", "update", "delete"):
        answer = driver.ask(op, update="SET n = :one", **order)
        assert (answer["result"], answer["item"]["n"]) == ("conflict", {"N": "7"})
        assert answer["calls"] == 1
    answer = driver.ask("transact_write", writes=[
        {"action": "put", "pk": "new", "sk": "#"},
        {"action": "check", **order},
        {"action": "delete", "pk": "nobody", "sk": "#", "condition": "attribute_exists(pk)"}])
    assert answer["result"] == "conflict"
    assert [reason["failed"] for reason in answer["reasons"]] == [False, True, True]
    assert answer["reasons"][1]["item"]["n"] == {"N": "7"}
    assert "item" not in answer["reasons"][2]
    assert table.get("old") == {"n": 7, "version": 1} and table.get("new") is None


def test_what_is_not_there_is_not_found(driver):
    assert driver.ask("get", pk="nobody", sk="#")["result"] == "not_found"


def test_a_query_goes_from_page_to_page(driver):
    driver.ask("batch_write", writes=[
        {"action": "put", "pk": "many", "sk": f"{number:02}"} for number in range(7)])
    found, start = [], None
    while True:
        answer = driver.ask("query", condition="pk = :p", values='{":p":{"S":"many"}}', limit=3,
                            backwards=True, start=start)
        assert answer["result"] == "ok"
        found += [int(item["sk"]["S"]) for item in answer["items"]]
        if "last_key" not in answer:
            break
        start = json.dumps(answer["last_key"])
    assert found == [6, 5, 4, 3, 2, 1, 0]


def test_a_transaction_with_its_callers_token_is_done_once(driver, table):
    table.put("token", n=0)
    writes = [{"action": "update", "pk": "token", "sk": "#", "update": "ADD n :one", "values": ONE}]
    for _ in range(3):
        assert driver.ask("transact_write", writes=writes, token="the-same")["result"] == "ok"
    assert table.get("token")["n"] == 1
    writes[0]["update"] = "ADD m :one"
    assert driver.ask("transact_write", writes=writes, token="the-same")["result"] == "refused"


def test_transactions_that_meet_each_other_all_get_their_turn(folder, proxy, table):
    """The emulator lets them meet only by the proxy's doing: each second one is sent back."""
    table.put("hot", n=0)
    proxy.fault("conflict", probability=0.3, seed=5)
    order = {"writes": [{"action": "update", "pk": "hot", "sk": "#", "update": "ADD n :one",
                         "values": ONE}]}

    def run(driver):
        results = [driver.ask("transact_write", **order)["result"] for _ in range(10)]
        driver.end()
        return results.count("ok")

    drivers = [make_driver(folder, proxy.url) for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        succeeded = sum(pool.map(run, drivers))
    assert table.get("hot")["n"] == succeeded >= 38


def test_the_table_is_described_and_made_once(folder, proxy, driver):
    answer = driver.ask("describe_table")
    assert answer["result"] == "ok" and answer["table"]["TableName"] == TABLE
    assert driver.ask("create_table", design=DESIGN)["result"] == "exists"
    other = make_driver(folder, proxy.url, DYNAMODB_TABLE_NAME="not-there")
    assert other.ask("describe_table")["result"] == "not_found"
    assert other.ask("get", pk="a", sk="#")["result"] == "refused"
    other.end()


def test_ttl_is_switched_on_once(driver, proxy):
    assert driver.ask("enable_ttl", attribute="ttl")["result"] == "ok"
    assert driver.ask("enable_ttl", attribute="ttl")["result"] == "ok"
    assert proxy.tell()["requests"]["UpdateTimeToLive"] == 1
    assert driver.ask("enable_ttl", attribute="other")["result"] == "conflict"
