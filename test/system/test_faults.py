"""Through every fault, each operation has exactly one effect, or is an honest 503.

Each operation has a lane: a proxy and a daemon of its own on one table, so that the lanes run at
the same time and each meets the faults of its seed in the same order every time.
"""

import concurrent.futures
import signal
import uuid

import pytest

import shop
from given import at_once

pytestmark = pytest.mark.long

OPERATIONS = ("create", "read", "list", "put", "patch", "delete")
SUCCESS = {"create": 201, "read": 200, "list": 200, "put": 200, "patch": 200, "delete": 204}
QUICK = ("internal", "internal-after", "unavailable", "conflict", "close", "lost-after",
         "cut-after", "checksum-after", "garbage-after", "nonsense-after", "delay", "chunked",
         "dribble", "goodbye-after")
SLOW = ("throttle", "throttling", "hang", "hang-after")
HARMLESS = ("delay", "chunked", "dribble", "goodbye-after")


class Lane:
    """One operation's way to the table, and what is known to be true of it."""

    def __init__(self, folder, emulator, table, operation):
        self.folder = folder
        self.emulator = emulator
        self.table = table
        self.operation = operation
        self.proxy = shop.Proxy(folder, emulator.port, f"proxy-{operation}")
        self.daemon = None

    def start(self):
        self.daemon = shop.Shopd(
            self.folder, self.proxy.url, DYNAMODB_TABLE_NAME=self.table, SHOPD_WORKERS=1,
            SHOPD_REQUEST_DEADLINE="2500ms")
        self.client = self.daemon.client()

    def stop(self):
        """Begins to end the daemon. It would wait for a kept connection, so that goes first."""
        self.proxy.rules()
        self.client.close()
        self.daemon.process.send_signal(signal.SIGTERM)

    def run(self, *rules):
        """Does the operation once under these rules, checks what came of it, returns the status."""
        self.proxy.rules()
        name = f"{self.operation}-{uuid.uuid4()}"
        product = None
        if self.operation != "create":
            product = self.client.create(name=name, category=name, n=1, on_hand=2)
        self.proxy.rules(*rules)
        answer = self.act(name, product)
        self.proxy.rules()
        assert answer.status in (SUCCESS[self.operation], 503), answer
        if answer.status == 503:
            assert answer.code in self.excuses(), answer
            assert int(answer.headers["Retry-After"]) >= 1
        self.check(answer, name, product)
        return answer.status

    def excuses(self):
        """A read only fails; of a write shopd may not know what became of it, and then says so."""
        if self.operation in ("read", "list"):
            return ("unavailable",)
        return ("unavailable", "outcome-unknown")

    def act(self, name, product):
        path = product and f"/product/{product['id']}"
        if self.operation == "create":
            body = {"name": name, "category": name, "price": 1, "on_hand": 2}
            return self.client.post("/product", body)
        if self.operation == "list":
            return self.client.get(f"/product?category={name}")
        body = {"n": 2} if self.operation in ("put", "patch") else None
        method = {"read": "GET"}.get(self.operation, self.operation.upper())
        return self.client.request(method, path, body)

    def check(self, answer, name, product):
        """Compares the table with the answer. "unavailable" means that nothing was done."""
        if self.operation == "create":
            return self.check_create(answer, name)
        items = self.emulator.items(product["id"], self.table)
        if self.operation == "delete":
            assert len(items) in possible(answer, {204: 0}, before=2), (answer, items)
            return None
        assert set(items) == {"#", "STOCK"}
        if self.operation == "read":
            return self.check_unchanged(answer.status != 200 or answer.json, product)
        if self.operation == "list":
            listed = answer.status != 200 or [entry["id"] for entry in answer.json["data"]]
            return self.check_unchanged(listed, [product["id"]])
        return self.check_change(answer, product)

    @staticmethod
    def check_unchanged(answered, expected):
        assert answered is True or answered == expected

    def check_create(self, answer, name):
        mine = self.emulator.category(name, self.table)
        assert len(mine) in possible(answer, {201: 1}, before=0), (answer, mine)
        if mine:
            product_id = mine[0]["pk"]["S"][2:]
            assert set(self.emulator.items(product_id, self.table)) == {"#", "STOCK"}
            assert answer.status == 503 or answer.json["id"] == product_id

    def check_change(self, answer, product):
        after = self.client.get(f"/product/{product['id']}").json
        changed = product | {"n": 2, "version": 2, "updated_at": after["updated_at"]}
        assert after["version"] in possible(answer, {200: 2}, before=1), (answer, after)
        assert after == (changed if after["version"] == 2 else product)
        assert answer.status != 200 or answer.json == changed
        assert after["stock"] == product["stock"]


def end_daemons(lanes):
    ending = [lane.daemon for lane in lanes if lane.daemon]
    for lane in lanes:
        if lane.daemon:
            lane.stop()
            lane.daemon = None
    for daemon in ending:
        assert daemon.process.wait() == 0, daemon.process.log_text()[-4000:]


def possible(answer, done, before):
    """What the table may show: what was done, what was before, or when that is not known, both."""
    if answer.status in done:
        return (done[answer.status],)
    (after,) = done.values()
    return (before,) if answer.code == "unavailable" else (before, after)


@pytest.fixture(scope="module")
def all_lanes(folder, emulator, make_table):
    table = make_table()
    lanes = [Lane(folder, emulator, table, operation) for operation in OPERATIONS]
    yield lanes
    end_daemons(lanes)
    for lane in lanes:
        lane.proxy.end()
    assert_whole(emulator.all_items(table))


def assert_whole(items):
    """No product without its stock, no stock without its product."""
    keys = {(item["pk"]["S"], item["sk"]["S"]) for item in items if item["pk"]["S"][:2] == "P#"}
    halves = [key for key, part in keys if (key, {"#": "STOCK", "STOCK": "#"}[part]) not in keys]
    assert keys and not halves


@pytest.fixture
def fresh_lanes(all_lanes):
    """Lanes with new daemons: their quota of retries is full. They are children of the main thread,
    or they would end with another."""
    end_daemons(all_lanes)
    for lane in all_lanes:
        lane.start()
    for lane in all_lanes:
        lane.daemon.ready()
    return together(all_lanes)


@pytest.fixture
def lanes(all_lanes, request):
    """A function that does something in all lanes at once."""
    if not all(lane.daemon for lane in all_lanes):
        return request.getfixturevalue("fresh_lanes")
    return together(all_lanes)


def together(all_lanes):
    def everywhere(action):
        with concurrent.futures.ThreadPoolExecutor(len(all_lanes)) as pool:
            results = pool.map(action, all_lanes)
            return dict(zip(OPERATIONS, results))

    return everywhere


@pytest.mark.parametrize("fault", QUICK + SLOW)
def test_one_fault_is_overcome(lanes, fault):
    statuses = lanes(lambda lane: lane.run({"fault": fault, "count": 1}))
    assert statuses == SUCCESS


@pytest.mark.volume
@pytest.mark.parametrize("fault", QUICK)
def test_a_fault_that_comes_and_goes_leaves_one_effect_or_is_503(fresh_lanes, fault):
    def seeds(lane):
        return [lane.run({"fault": fault, "probability": 0.5, "seed": seed, "seconds": 0.02})
                for seed in range(8)]

    for operation, statuses in fresh_lanes(seeds).items():
        assert SUCCESS[operation] in statuses
        if fault in HARMLESS or (fault == "conflict" and operation in ("read", "list")):
            assert set(statuses) == {SUCCESS[operation]}


@pytest.mark.parametrize("fault", SLOW)
def test_a_slow_fault_that_comes_and_goes_does_too(lanes, fault):
    lanes(lambda lane: [lane.run({"fault": fault, "probability": 0.6, "seed": seed})
                        for seed in range(2)])


@pytest.mark.parametrize("fault", [fault for fault in QUICK + SLOW if fault not in HARMLESS])
def test_a_fault_that_stays_is_503(fresh_lanes, fault):
    for operation, status in fresh_lanes(lambda lane: lane.run({"fault": fault})).items():
        never_met = fault == "conflict" and operation in ("read", "list")
        assert status == (SUCCESS[operation] if never_met else 503), operation


def test_many_faults_at_once(fresh_lanes):
    def seeds(lane):
        return [lane.run(*({"fault": fault, "probability": 0.1, "seed": f"{seed}{fault}"}
                           for fault in QUICK)) for seed in range(8)]

    for operation, statuses in fresh_lanes(seeds).items():
        assert SUCCESS[operation] in statuses


@pytest.mark.parametrize("fault", ["lost-after", "internal-after", "cut-after", "checksum-after",
                                   "garbage-after", "nonsense-after", "hang-after"])
def test_what_was_done_without_an_answer_is_not_done_twice(start, proxy, table, emulator, fault):
    """Each put writes what it cannot write twice unnoticed: the version moves by exactly one."""
    client = start(SHOPD_REQUEST_DEADLINE="8").client()
    product = client.create(n=0)
    path = f"/product/{product['id']}"
    proxy.fault(fault, operation=changing_operation(proxy, client), count=1)
    answer = client.put(path, {"n": 1}, If_Match='"1"')
    assert proxy.tell()["faults"] == {fault: 1}
    assert (answer.status, answer.json["version"]) == (200, 2)
    assert client.get(path).json["version"] == 2


def changing_operation(proxy, client):
    """The operation of DynamoDB by which shopd changes a product."""
    product = client.create()
    before = proxy.tell()["requests"]
    client.put(f"/product/{product['id']}", {"n": 1})
    after = proxy.tell()["requests"]
    writes = ("UpdateItem", "PutItem", "TransactWriteItems")
    changed, = (name for name in writes if after.get(name, 0) > before.get(name, 0))
    return changed


def test_a_wrong_clock_is_corrected(own_proxy, start):
    daemon = start(own_proxy.url)
    client = daemon.client()
    clients = [daemon.client() for _ in range(20)]
    own_proxy.tell(clock=3600)
    # Of those that are refused together, the first corrects the clock for all.
    answers = at_once([lambda c=c: c.get("/product?limit=1") for c in clients])
    assert [answer.status for answer in answers] == [200] * 20
    product = client.create(name="late")
    assert client.get(f"/product/{product['id']}").status == 200
    assert own_proxy.tell()["skewed"] >= 1, "the clock was never noticed"


def test_503_comes_before_the_deadline_and_says_when_to_come_again(start, proxy):
    client = start(SHOPD_REQUEST_DEADLINE="1").client()
    proxy.fault("throttle")
    answer = client.get("/product")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.elapsed < 1.3 * shop.SLOWNESS
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    for word in ("Throughput", "made by the test", "DynamoDB_2012", shop.TABLE, "127.0.0.1"):
        assert word not in answer.body.decode()


def test_a_backend_that_is_gone_is_503_and_comes_back(own_proxy, start):
    client = start(own_proxy.url, SHOPD_REQUEST_DEADLINE="1").client()
    assert client.get("/product?limit=1").status == 200
    own_proxy.process.popen.kill()
    own_proxy.end()
    answer = client.get("/product?limit=1")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert client.get("/live").status == 200


def test_idle_connections_that_the_backend_closed_are_not_noticed_by_callers(start, proxy):
    client = start(SHOPD_WORKERS=1).client()
    for _ in range(10):
        proxy.fault("goodbye-after", count=1)
        assert client.get("/product?limit=1").status == 200
        assert client.get("/product?limit=1").status == 200
