"""Start, drain, stop, and what is left after a kill."""

import asyncio
import contextlib
import http.client
import json
import signal
import threading
import time

import pytest

import shop
import wire

pytestmark = pytest.mark.timed


# drain


class Load:
    """Clients that read and write until their connection ends, and know what became of each."""

    def __init__(self, port):
        self.port = port
        self.answered = {}  # request id -> status
        self.unanswered = set()
        self.malformed = []

    async def run(self, clients, seconds):
        await asyncio.wait_for(
            asyncio.gather(*(self.client(n) for n in range(clients))), seconds * shop.SLOWNESS)

    async def client(self, number):
        for turn in range(100_000):
            connection = wire.Connection(self.port)
            try:
                await connection.open()
                await self.talk(connection, f"load-{number}-{turn}")
            except ConnectionRefusedError:
                return
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                connection.close()

    async def talk(self, connection, name):
        for n in range(100_000):
            request_id = f"{name}-{n}"
            self.unanswered.add(request_id)
            answer = await self.request(connection, request_id, n)
            self.unanswered.discard(request_id)
            self.answered[request_id] = answer.status
            if answer.headers.get("connection", "").lower() == "close":
                return

    async def request(self, connection, request_id, n):
        headers = [f"X-Request-Id: {request_id}"]
        if n % 2:
            return await connection.request("GET", "/product?limit=1", headers=headers)
        body = json.dumps({"name": request_id, "price": 1})
        answer = await connection.request("POST", "/product", body, headers)
        if answer.status == 201 and answer.json["name"] != request_id:
            self.malformed.append(answer)
        return answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_drain_leaves_no_accepted_request_without_an_answer(fresh, proxy, emulator, number):
    proxy.rules({"fault": "delay", "probability": 0.3, "seconds": 0.2})
    load = Load(fresh.port)
    timer = threading.Timer(1, fresh.process.send_signal, [number])
    timer.start()
    asyncio.run(load.run(32, 15))
    assert fresh.process.wait() == 0
    logged = [line.get("request_id", "") for line in fresh.log()]
    processed = {request_id for request_id in logged if request_id.startswith("load-")}
    assert len(load.answered) > 100
    assert load.malformed == []
    assert set(load.answered.values()) <= {200, 201, 503}
    # What was accepted was answered; what was not answered was never begun.
    assert processed <= set(load.answered)
    stored = json.dumps(emulator.all_items(fresh.table))
    assert not [name for name in load.unanswered if f'"{name}"' in stored]
    for name, status in load.answered.items():
        assert status != 201 or f'"{name}"' in stored


def test_a_drain_ends_the_rest_at_its_deadline(start, proxy, table):
    daemon = start(SHOPD_DRAIN_DEADLINE=1, SHOPD_REQUEST_DEADLINE=20, AWS_MAX_ATTEMPTS=1)
    path = daemon.client().post("/product", {"name": "x", "price": 1}).headers["Location"]
    proxy.fault("hang")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(daemon.client().get(path)))
               for _ in range(10)]
    threads.append(threading.Thread(target=lambda: answers.append(daemon.admin().get("/event"))))
    for thread in threads:
        thread.start()
    shop.wait_until(lambda: proxy.tell()["faults"].get("hang", 0) >= 11, what="hanging requests")
    begin = time.monotonic()
    assert daemon.end() == 0
    assert time.monotonic() - begin < 2 * shop.SLOWNESS
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [503] * 11
    assert {answer.code for answer in answers} <= {"shutting-down", "unavailable"}
    assert all(answer.headers["Connection"].lower() == "close" for answer in answers)
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)


def test_while_draining_nothing_new_is_accepted_and_ready_says_so(start, proxy, table):
    daemon = start(SHOPD_DRAIN_DEADLINE=5)
    admin, client = daemon.admin(), daemon.client()
    assert admin.get("/ready").status == 200
    proxy.rules({"fault": "delay", "seconds": 1.2})
    answers = []
    thread = threading.Thread(target=lambda: answers.append(client.get("/product")))
    thread.start()
    time.sleep(0.2)
    daemon.process.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    refused = refuses(daemon.port)
    assert thread.is_alive() and daemon.process.running()
    try:
        assert admin.get("/ready").status == 503
    except (ConnectionError, wire.http.client.HTTPException):
        pass  # closed already, which tells the same
    thread.join()
    assert refused, "a connection was left waiting for nobody"
    assert (answers[0].status, answers[0].headers["Connection"].lower()) == (200, "close")
    assert daemon.process.wait() == 0


def refuses(port):
    try:
        wire.Client(port, timeout=0.3).get("/live")
    except (ConnectionError, wire.http.client.HTTPException):
        return True
    except TimeoutError:
        pass  # a connection that nobody serves
    return False


@pytest.mark.parametrize("kept, seconds", [(0, 0.5), (20, 2)])
def test_an_idle_daemon_stops_soon(start, table, kept, seconds):
    """Kept connections get a moment's grace, for a request may be on its way."""
    daemon = start(SHOPD_DRAIN_DEADLINE=10)
    clients = [daemon.client() for _ in range(kept)]
    for client in clients:
        client.get("/live")
    begin = time.monotonic()
    assert daemon.end() == 0
    assert time.monotonic() - begin < seconds * shop.SLOWNESS


def test_metrics_may_be_read_until_the_very_end(start, table):
    """The operators' listener is the last to go, but what its metrics are about goes as well."""
    daemon = start(SHOPD_WORKERS=4)
    scrapes = []

    def scrape():
        client = daemon.admin()
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                scrapes.append(client.get("/metrics").status)

    scrapers = [threading.Thread(target=scrape) for _ in range(4)]
    for scraper in scrapers:
        scraper.start()
    shop.wait_until(lambda: len(scrapes) > 20)
    assert daemon.end() == 0
    for scraper in scrapers:
        scraper.join()
    assert set(scrapes) == {200}


# kill


def test_after_a_kill_every_acknowledged_write_is_there(start, make_table, proxy):
    name = make_table()
    acknowledged = {}
    for _ in range(3):
        daemon = start(DYNAMODB_TABLE_NAME=name)
        threads = [threading.Thread(target=write_until_killed, args=(daemon, acknowledged))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        daemon.end(signal.SIGKILL)
        for thread in threads:
            thread.join()
    assert len(acknowledged) > 100
    client = start(DYNAMODB_TABLE_NAME=name).client()
    for path, versions in acknowledged.items():
        check_acknowledged(client, path, versions)


def write_until_killed(daemon, acknowledged):
    client = daemon.client()
    try:
        for _ in range(100_000):
            created = client.post("/product", {"name": "kept", "price": 1, "n": 0})
            assert created.status == 201, created
            path = created.headers["Location"]
            acknowledged[path] = [0]
            acknowledged[path].append(None)
            assert client.put(path, {"n": 1}).status == 200
            acknowledged[path][1] = 1
            gone = client.create()
            acknowledged[f"/product/{gone['id']}"] = [0, None]
            assert client.delete(f"/product/{gone['id']}").status == 204
            acknowledged[f"/product/{gone['id']}"] = "gone"
    except (ConnectionError, wire.http.client.HTTPException):
        pass


def check_acknowledged(client, path, writes):
    """writes: [0, 1] both are there; [0, None] the second may be; "gone" it must not."""
    answer = client.get(path)
    if writes == "gone":
        assert answer.status == 404, path
    elif writes[1] == 1:
        assert (answer.status, answer.json["n"], answer.json["version"]) == (200, 1, 2), path
    else:
        assert answer.status == 404 or answer.json["version"] in (1, 2), path


# start


def test_it_serves_at_once(start, table, report):
    times = []
    for _ in range(8):
        begin = time.monotonic()
        daemon = start(ready=False)
        while refuses(daemon.port):
            pass
        while daemon.client().get("/ready").status != 200:
            pass
        times.append(time.monotonic() - begin)
        daemon.end()
    report(f"from start to ready: {min(times) * 1000:.0f} to {max(times) * 1000:.0f} ms")
    assert min(times) < 0.2 * shop.SLOWNESS


def test_a_missing_table_is_told_clearly(folder, proxy):
    status, _, stderr = shop.command(
        folder, AWS_ENDPOINT_URL_DYNAMODB=proxy.url, DYNAMODB_TABLE_NAME="nowhere", **listeners())
    assert status != 0
    assert "nowhere" in stderr and "--init-table" in stderr


def listeners():
    return {"SHOPD_LISTEN": f"127.0.0.1:{shop.free_port()}",
            "SHOPD_ADMIN_LISTEN": f"127.0.0.1:{shop.free_port()}"}


def test_another_kind_of_table_is_told_clearly(folder, proxy, emulator):
    emulator.client.create_table(
        TableName="another", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}])
    status, _, stderr = shop.command(
        folder, AWS_ENDPOINT_URL_DYNAMODB=proxy.url, DYNAMODB_TABLE_NAME="another", **listeners())
    assert status != 0
    for word in ("another", "pk", "sk", "gsi1", "gsi2"):
        assert word in stderr


def test_a_port_that_is_taken_is_told_clearly(folder, proxy, table, emulator):
    taken = f"127.0.0.1:{emulator.port}"
    status, _, stderr = shop.command(
        folder, AWS_ENDPOINT_URL_DYNAMODB=proxy.url,
        **(listeners() | {"SHOPD_LISTEN": taken}))
    assert status != 0
    assert taken in stderr


def test_the_table_is_made_as_designed_and_only_once(folder, proxy, emulator, make_table):
    name = make_table()
    table = emulator.client.describe_table(TableName=name)["Table"]
    assert keys(table) == ("pk", "sk")
    indexes = {index["IndexName"]: keys(index) for index in table["GlobalSecondaryIndexes"]}
    assert indexes == {"gsi1": ("g1p", "g1s"), "gsi2": ("g2p", "g2s")}
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    ttl = emulator.client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert (ttl["AttributeName"], ttl["TimeToLiveStatus"]) == ("ttl", "ENABLED")
    emulator.client.put_item(TableName=name, Item={"pk": {"S": "X"}, "sk": {"S": "#"}})
    status, _, stderr = shop.command(folder, "--init-table", DYNAMODB_TABLE_NAME=name,
                                     AWS_ENDPOINT_URL_DYNAMODB=proxy.url)
    assert status == 0, stderr
    assert len(emulator.all_items(name)) == 1


def keys(table):
    return tuple(key["AttributeName"] for key in table["KeySchema"])


def test_the_primary_key_may_have_another_name(make_table, start, emulator):
    name = make_table(PRIMARY_KEY="sku")
    assert keys(emulator.client.describe_table(TableName=name)["Table"]) == ("sku", "sk")
    client = start(DYNAMODB_TABLE_NAME=name, PRIMARY_KEY="sku").client()
    product = client.create(name="renamed key", sku="mine", pk="mine too")
    path = f"/product/{product['id']}"
    changed = client.put(path, {"sku": "other"}).json
    assert (changed["sku"], changed["pk"]) == ("other", "mine too")
    assert [entry["id"] for entry in client.get("/product").json["data"]] == [product["id"]]
    assert client.delete(path).status == 204


def test_the_demo_catalogue_can_be_loaded_again(folder, proxy, make_table, start):
    name = make_table()
    counts = []
    for _ in range(2):
        status, _, stderr = shop.command(folder, "--seed-demo", DYNAMODB_TABLE_NAME=name,
                                         AWS_ENDPOINT_URL_DYNAMODB=proxy.url)
        assert status == 0, stderr
        client = start(DYNAMODB_TABLE_NAME=name).client()
        counts.append(len(client.get("/product?limit=100").json["data"]))
    assert counts[0] >= 5 and counts[1] == counts[0]


def test_without_a_backend_it_is_never_ready(start):
    daemon = start(f"http://127.0.0.1:{shop.free_port()}", ready=False).live()
    end = time.monotonic() + 0.8
    while time.monotonic() < end and daemon.process.running():
        assert not daemon.answers_ready()
        time.sleep(0.05)
