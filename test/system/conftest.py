"""Fixtures: one emulator, one proxy and one daemon for all tests that leave them as they were."""

import itertools
import shutil
import tempfile

import pytest

import shop as harness
from authority import Authority
from sns import Sns

figures = []
names = itertools.count(1)


@pytest.fixture(scope="session")
def folder(request):
    """Where logs and data are. Kept when a test failed."""
    (harness.ROOT / "build").mkdir(exist_ok=True)
    path = tempfile.mkdtemp(prefix="system-test-", dir=harness.ROOT / "build")
    yield path
    harness.end_all()
    if not request.session.testsfailed:
        shutil.rmtree(path)


@pytest.fixture(scope="session")
def emulator(folder):
    emulator = harness.Emulator(folder)
    yield emulator
    emulator.end()


@pytest.fixture(scope="session")
def proxy(folder, emulator):
    proxy = harness.Proxy(folder, emulator.port)
    yield proxy
    proxy.end()


@pytest.fixture
def own_proxy(folder, emulator):
    """A proxy of this test's own, for what other daemons must not meet: they never forget a clock,
    and go on sweeping with it."""
    proxy = harness.Proxy(folder, emulator.port, f"proxy-own-{next(names)}")
    yield proxy
    proxy.end()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certificate authority that has certified two servers."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    for name in ("first", "second"):
        authority.certify(name)
    return authority


@pytest.fixture(scope="session")
def make_table(folder, proxy):
    """A function that makes a table with shopd itself and returns its name."""

    def make(name=None, **settings):
        name = name or f"shop-test-{next(names)}"
        status, _, stderr = harness.command(
            folder, "--init-table", DYNAMODB_TABLE_NAME=name,
            AWS_ENDPOINT_URL_DYNAMODB=proxy.url, **settings)
        assert status == 0, stderr
        return name

    return make


@pytest.fixture(scope="module")
def table(emulator, make_table):
    """The table that the tests of a file share: empty before, and gone after them."""
    yield make_table(harness.TABLE)
    emulator.client.delete_table(TableName=harness.TABLE)


class Shared:
    """The daemon that most tests share. When a test broke it, the next one gets another."""

    def __init__(self, start):
        self.start = start
        self.daemon = None

    def running(self):
        if self.daemon is None or not self.daemon.process.running():
            self.daemon = self.start().ready()
        return self.daemon


@pytest.fixture(scope="module")
def shared(folder, proxy, table):
    shared = Shared(lambda: harness.Shopd(folder, proxy.url))
    yield shared
    if shared.daemon:
        assert shared.daemon.end() == 0, shared.daemon.process.log_text()[-4000:]


@pytest.fixture
def shopd(shared):
    """The shared daemon."""
    daemon = shared.running()
    yield daemon
    assert daemon.process.running(), "shopd died:\n" + daemon.process.log_text()[-4000:]


@pytest.fixture(scope="module")
def second(folder, proxy, table):
    second = Shared(lambda: harness.Shopd(folder, proxy.url, SHOPD_WORKERS=1))
    yield second
    if second.daemon:
        assert second.daemon.end() == 0, second.daemon.process.log_text()[-4000:]


@pytest.fixture
def pair(shopd, second):
    """Two processes on one table: the shared one with two workers, and another with one."""
    daemon = second.running()
    yield shopd, daemon
    assert daemon.process.running(), "shopd died:\n" + daemon.process.log_text()[-4000:]


@pytest.fixture
def client(shopd):
    client = shopd.client()
    yield client
    client.close()


@pytest.fixture
def start(folder, proxy, table):
    """A function that starts a daemon of this test's own: start(SHOPD_WORKERS=1)."""
    daemons = []

    def start(endpoint=None, ready=True, **settings):
        daemon = harness.Shopd(folder, endpoint or proxy.url, **settings)
        daemons.append(daemon)
        return daemon.ready() if ready else daemon

    yield start
    for daemon in daemons:
        was_running = daemon.process.running()
        status = daemon.end()
        assert status == 0 or not was_running, daemon.process.log_text()[-4000:]


@pytest.fixture
def sns(folder):
    """A strict SNS of this test's own; start(**sns.settings()) publishes there."""
    double = Sns(folder)
    yield double
    double.end()
    assert double.violations == []


@pytest.fixture(scope="module")
def double(folder):
    """A strict SNS that the tests of a file share, and leave as it was."""
    double = Sns(folder)
    yield double
    double.end()


@pytest.fixture
def fresh(make_table, start):
    """A daemon on a table of its own."""
    return start(DYNAMODB_TABLE_NAME=make_table())


@pytest.fixture
def daemon(fresh):
    """A daemon on a table of its own, for the tour of the README."""
    return fresh


@pytest.fixture
def binary():
    return harness.BINARY


@pytest.fixture(autouse=True)
def only_sound_requests():
    """Fails the test when a proxy saw a request that AWS would have refused."""
    yield
    for proxy in list(harness.Proxy.alive):
        violations = proxy.tell()["violations"]
        proxy.reset()
        assert violations == []


@pytest.fixture
def report():
    """A function that adds a line to the end of pytest's output."""
    return figures.append


def pytest_configure(config):
    config.addinivalue_line("markers", "timed: measures times, and so runs while nothing else does")
    config.addinivalue_line("markers", "volume: the same through many faults, seeds or items, "
                            "which is not repeated with sanitizers")
    config.addinivalue_line("markers", "long: in a file that begins before the others, which then "
                            "keep all processes busy until the end")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_sessionfinish(session):
    """What a worker of pytest-xdist has to report goes to who started it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = figures


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    figures.extend(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_terminal_summary(terminalreporter):
    if figures:
        terminalreporter.section("figures")
    for line in figures:
        terminalreporter.write_line(line)
