"""Starts and ends what the system tests need: emulator, proxy, shopd. Each ends only its own."""

import atexit
import collections
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import direct
import wire

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BINARY = Path(os.environ.get("SHOPD_BINARY", ROOT / "build/release/shopd")).resolve()
EMULATOR = Path(
    os.environ.get(
        "SHOPD_EMULATOR", ROOT / ".local/emulator/node_modules/@dynoxide/linux-x64/dynoxide"
    )
).resolve()
REGION = "eu-central-1"
ACCESS_KEY = "AKIDSHOPDTEST"
SECRET_KEY = "not/a+real-secret=KEY"
SESSION_TOKEN = "not-a-real-token//" + "Token0123456789+/" * 20
KEYS = {ACCESS_KEY: {"secret": SECRET_KEY, "token": SESSION_TOKEN}}
TABLE = "shop-test"
HAS_SANITIZER = BINARY.exists() and bool(re.search(rb"__[at]san_init", BINARY.read_bytes()))
SLOWNESS = int(os.environ.get("SHOPD_SLOWNESS", 4 if HAS_SANITIZER else 1))
"""What times may be multiplied with."""
IS_WATCHED = SLOWNESS > 1
"""By a sanitizer or valgrind, with which memory is not as usual."""
HAS_VALGRIND = BINARY.parent.name == "valgrind"


WITH_PARENT = ["/usr/bin/setpriv", "--pdeathsig", "KILL"]
"""Before a command: Linux ends it when the thread that started it ends, even when the tests are
killed. With a preexec_fn Python would copy itself first, which takes longer than most tests."""


PORTS = 3000
FIRST_PORT = 20000 + PORTS * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
"""Each of those who test at once has ports of its own."""


def free_port(taken=collections.deque(maxlen=PORTS // 2)):  # shared on purpose, see below
    """A free port below those that Linux gives to outgoing connections, and none that was given out
    just before: whoever got it may not listen yet."""
    while True:
        port = random.randrange(FIRST_PORT, FIRST_PORT + PORTS)
        with socket.socket() as probe:
            if port not in taken and probe.connect_ex(("127.0.0.1", port)) != 0:
                taken.append(port)
                return port


def wait_until(condition, seconds=10, what="condition"):
    """Polls until the condition gives something true, and returns that."""
    end = time.monotonic() + seconds * SLOWNESS
    while True:
        if found := condition():
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds * SLOWNESS} s in vain: {what}")
        time.sleep(0.01)


def cpu_seconds(pid):
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Process:
    """A child that is ended by its own pid, whatever happens. Its stderr is kept in a file."""

    alive = set()

    def __init__(self, name, argv, folder, env=None, stdout=subprocess.DEVNULL,
                 stdin=subprocess.DEVNULL):
        self.log_path = Path(folder) / f"{name}.log"
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(
                [*WITH_PARENT, *map(str, argv)], stdin=stdin, stdout=stdout, stderr=log,
                env=env, cwd=folder)
        Process.alive.add(self)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def send_signal(self, number):
        self.popen.send_signal(number)

    def wait(self, seconds=10):
        """Returns the exit status."""
        status = self.popen.wait(seconds * SLOWNESS)
        Process.alive.discard(self)
        return status

    def end(self, number=signal.SIGTERM, seconds=10):
        """Ends the process, with force if it must be, and returns its exit status."""
        if self.running():
            self.send_signal(number)
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.wait()

    def log_text(self):
        return self.log_path.read_text(errors="surrogateescape")


@atexit.register
def end_all():
    for process in list(Process.alive):
        process.popen.kill()
        process.wait()


class Emulator:
    """DynamoDB, and a client that goes to it directly, past the proxy. Its data are in memory, or in
    the file `kept` in the folder."""

    def __init__(self, folder, kept=None):
        self.port = free_port()
        self.process = Process(
            "emulator",
            [EMULATOR, "--host", "127.0.0.1", "--port", self.port, *(["--db-path", kept] if kept else [])],
            folder)
        wait_until(lambda: self.answers() or not self.process.running(), what="emulator")
        self.client = direct.Client(self.port)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def items(self, product_id, table=TABLE):
        """A product's raw items by sort key."""
        page = self.client.query(
            TableName=table, KeyConditionExpression="pk = :p", ConsistentRead=True,
            ExpressionAttributeValues={":p": {"S": f"P#{product_id}"}})
        return {item["sk"]["S"]: item for item in page["Items"]}

    def category(self, name, table=TABLE):
        """The raw items of a category's products."""
        return self.client.query(
            TableName=table, IndexName="gsi1", KeyConditionExpression="g1p = :c",
            ExpressionAttributeValues={":c": {"S": f"CAT#{name}"}})["Items"]

    def all_items(self, table=TABLE):
        return self.client.items("Scan", TableName=table, ConsistentRead=True)

    def end(self):
        self.process.end()


class Proxy:
    """The checking proxy (proxy.py) and its control connection."""

    alive = set()

    def __init__(self, folder, backend, name="proxy", certificate=None):
        self.scheme = "https" if certificate else "http"
        tls = ["--certificate", certificate] if certificate else []
        self.process = Process(
            name,
            [sys.executable, HERE / "proxy.py", "--backend", backend, "--region", REGION, *tls],
            folder, stdout=subprocess.PIPE)
        ports = json.loads(self.process.popen.stdout.readline())
        self.port = ports["port"]
        self.control = socket.create_connection(("127.0.0.1", ports["control"]), 10)
        self.answers = self.control.makefile("rb")
        self.keys = KEYS
        self.tell(keys=KEYS)
        Proxy.alive.add(self)

    def tell(self, **message):
        """Sends a command and returns the counters."""
        self.control.sendall(json.dumps(message).encode() + b"\n")
        return json.loads(self.answers.readline())

    def rules(self, *rules):
        return self.tell(rules=list(rules))

    def fault(self, fault, **rule):
        return self.rules({"fault": fault, **rule})

    def reset(self):
        return self.tell(reset=True, keys=self.keys)

    def know(self, keys):
        """Takes requests that are signed with these, also after a reset."""
        self.keys = keys
        return self.tell(keys=keys)

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def end(self):
        Proxy.alive.discard(self)
        self.control.close()
        self.process.end()


def credentials():
    return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": SESSION_TOKEN}


def environment(settings):
    """shopd's whole environment. A setting that is None is left out.

    Events stay in the table, where most tests look for them; those about publishing turn it on.
    Nobody asks too much: only tests of that limit it.
    """
    env = {name: os.environ[name] for name in os.environ
           if name == "PATH" or name.endswith("SAN_OPTIONS")}
    env |= {"AWS_REGION": REGION, "DYNAMODB_TABLE_NAME": TABLE, "SHOPD_CURRENCY": "EUR",
            "AWS_EC2_METADATA_DISABLED": "true", "SHOPD_PUBLISH": "off",
            "SHOPD_RATE_LIMIT": 0, **credentials()}
    env |= settings
    return {name: str(value) for name, value in env.items() if value is not None}


def command(folder, *arguments, seconds=20, **settings):
    """Runs shopd to its end. Returns (exit status, stdout, stderr)."""
    done = subprocess.run(
        [*WITH_PARENT, BINARY, *arguments], env=environment(settings), cwd=folder,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds * SLOWNESS, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Shopd:
    """A running daemon."""

    number = 0

    def __init__(self, folder, endpoint, **settings):
        self.port, self.admin_port = free_port(), free_port()
        Shopd.number += 1
        settings = {
            "SHOPD_LISTEN": f"127.0.0.1:{self.port}",
            "SHOPD_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}",
            "SHOPD_WORKERS": 2,
            "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
            **settings,
        }
        self.log_lines, self.log_read_to = [], 0
        self.table = settings.get("DYNAMODB_TABLE_NAME", TABLE)
        self.process = self.launch(f"shopd-{Shopd.number}", folder, environment(settings))

    def launch(self, name, folder, env):
        return Process(name, [BINARY], folder, env)

    def ready(self, seconds=10):
        """Waits until the daemon serves, and returns it."""
        return self.wait_for("/ready", seconds)

    def live(self):
        """Waits until the daemon answers operators, and takes signals, and returns it."""
        return self.wait_for("/live", 10)

    def wait_for(self, path, seconds):
        wait_until(lambda: self.answers(path) or not self.process.running(), seconds, path)
        assert self.process.running(), f"shopd ended at its start:\n{self.process.log_text()}"
        return self

    def answers_ready(self):
        return self.answers("/ready")

    def answers(self, path):
        try:
            url = f"http://127.0.0.1:{self.admin_port}{path}"
            return urllib.request.urlopen(url, timeout=1).status == 200
        except OSError:
            return False

    def client(self, timeout=20):
        return wire.Client(self.port, timeout)

    def admin(self):
        return wire.Client(self.admin_port)

    def metrics(self):
        admin = self.admin()
        text = admin.get("/metrics").body.decode()
        admin.close()
        return text

    def metric(self, name):
        """A metric's value, by its name and, where it has some, its labels: 'sales{by="card"}'."""
        return float(re.search(rf"^{re.escape(name)} (.*)$", self.metrics(), re.M)[1])

    def rss(self):
        """Resident memory in KiB."""
        return self.memory("VmRSS")

    def own_memory(self):
        """Resident memory in KiB that no file has: pages of files come and go as the kernel likes."""
        return self.memory("RssAnon")

    def memory(self, name):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{name}:")[1].split()[0])

    def log(self):
        """The log so far: a list of objects. Fails when a line is not one JSON object."""
        with open(self.process.log_path, errors="surrogateescape", newline="\n") as file:
            file.seek(self.log_read_to)
            while (line := file.readline()).endswith("\n"):
                self.log_read_to = file.tell()
                self.log_lines.append(json.loads(line))
                assert isinstance(self.log_lines[-1], dict), line
        return self.log_lines

    def log_of(self, request_id):
        """The request lines with this id."""
        return [line for line in self.log()
                if line.get("msg") == "request" and line.get("request_id") == request_id]

    def end(self, number=signal.SIGTERM, seconds=10):
        return self.process.end(number, seconds)
