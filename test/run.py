"""make run: shopd on loopback, over an emulator of DynamoDB that keeps its data in .local/data.

run.py <shopd> <port> <admin port>, with SHOPD_EMULATOR naming the emulator. SHOPD_* settings are
handed on to shopd.

Ctrl-C and SIGTERM stop shopd, then the emulator, and are a success. A terminal sends Ctrl-C to its
whole foreground group, and make, being part of it, would call that an error. So on a terminal the
work is done by a child in a group of its own that takes the foreground; what is left in make's
group only waits, and passes on what somebody sends to it.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / ".local/data"
DATABASE = DATA / "shop.sqlite"
EMULATOR_LOG = DATA / "emulator.log"
SEEDED = DATA / "seeded"
"""Exists once the demo shop was loaded into the database."""

HOST = "127.0.0.1"
START_SECONDS = 20
STOP_SECONDS = 40
"""Longer than shopd takes to drain."""

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Trouble(Exception):
    """Something that the user has to know; its text is all there is to say."""


class Stopped(BaseException):
    """Somebody wants it to end."""


def stop(_number, _frame):
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Trouble(f"port {port} cannot be used: {error.strerror}") from None
            return False
    return True


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def check_ports(port, admin_port):
    for name, number in (("PORT", port), ("ADMIN_PORT", admin_port)):
        if not port_is_free(number):
            other = number + 10
            raise Trouble(f"port {number} of {HOST} is taken by another program. "
                          f"Stop that, or take another port: make run {name}={other}")


def lock_data():
    """Two emulators on one file would not see each other. The lock lives as long as the process."""
    DATA.mkdir(parents=True, exist_ok=True)
    lock = open(DATA / "lock", "w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Trouble("'make run' is running already in this checkout.") from None
    return lock


def settings(endpoint, port, admin_port):
    """shopd's environment: the user's, without anything that could lead it to a real account."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("AWS_", "SNS_", "MAKE", "MFLAGS"))
            and not name.lower().endswith("_proxy")
            and name not in ("DYNAMODB_TABLE_NAME", "PRIMARY_KEY", "SHOPD_EMULATOR", "SHOPD_BINARY")}
    return {
        "SHOPD_LOG_FORMAT": "text",
        **kept,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "SHOPD_LISTEN": f"{HOST}:{port}",
        "SHOPD_ADMIN_LISTEN": f"{HOST}:{admin_port}",
    }


def in_a_group_of_its_own():
    """In the child: no Ctrl-C from the terminal, and no life without its parent."""
    os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@contextlib.contextmanager
def running(name, argv, **options):
    """A child, which is ended by its own pid."""
    child = subprocess.Popen([str(part) for part in argv], stdin=subprocess.DEVNULL,
                             preexec_fn=in_a_group_of_its_own, **options)
    child.name = name
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"run: {name} does not end; it is killed.", file=sys.stderr)
            child.kill()
            child.wait()


def wait_until(condition, child):
    end = time.monotonic() + START_SECONDS
    while not condition():
        if child.poll() is not None:
            raise Trouble(f"{child.name} ended at its start, with status {child.returncode}.")
        if time.monotonic() > end:
            raise Trouble(f"{child.name} is not ready after {START_SECONDS} seconds.")
        time.sleep(0.02)


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def is_ready(port):
    # Past any proxy of the user's: this is loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return opener.open(f"http://{HOST}:{port}/ready", timeout=2).status == 200
    except OSError:
        return False


def fill(shopd, env):
    """Makes the table, and loads the demo shop into a new one."""
    def command(option):
        # Should Ctrl-C come in between, run() kills the command, and the next start repeats it.
        done = subprocess.run([shopd, option], env=env, stdin=subprocess.DEVNULL, check=False,
                              preexec_fn=in_a_group_of_its_own)
        if done.returncode != 0:
            raise Trouble(f"shopd {option} failed, with status {done.returncode}.")

    command("--init-table")
    if not SEEDED.exists():
        command("--seed-demo")
        SEEDED.touch()


def serve(shopd, port, admin_port):
    emulator = os.environ.get("SHOPD_EMULATOR", "")
    if not os.access(emulator, os.X_OK):
        raise Trouble(f"there is no emulator at '{emulator}'; 'make run' installs it.")
    check_ports(port, admin_port)
    lock = lock_data()
    if not DATABASE.exists():
        SEEDED.unlink(missing_ok=True)
    emulator_port = free_port()
    env = settings(f"http://{HOST}:{emulator_port}", port, admin_port)
    argv = [emulator, "--host", HOST, "--port", emulator_port, "--db-path", DATABASE]
    with lock, open(EMULATOR_LOG, "wb") as log, \
            running("the emulator", argv, stdout=log, stderr=log) as backend:
        wait_until(lambda: accepts(emulator_port), backend)
        fill(shopd, env)
        with running("shopd", [shopd], env=env) as daemon:
            wait_until(lambda: is_ready(port), daemon)
            greet(port, admin_port)
            watch(daemon, backend)


def greet(port, admin_port):
    url = f"http://localhost:{port}"
    print(f"""
shopd serves on {url}, metrics are on http://localhost:{admin_port}/metrics,
the data is in {DATA.relative_to(ROOT)}. Ctrl-C stops it. Try:

  curl '{url}/product?limit=3&fields=id,name,price'
  curl {url}/product --json '{{"id": 1, "name": "IPhone", "price": 900}}'
  curl '{url}/product?q=iphone'
""", flush=True)


def watch(*children):
    while True:
        for child in children:
            if child.poll() is not None:
                raise Trouble(f"{child.name} ended by itself, with status {child.returncode}.")
        time.sleep(0.1)


def work(arguments):
    for number in STOPPING:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, stop)
    try:
        shopd, *ports = arguments
        if not all(text.isdecimal() and 0 < int(text) < 65536 for text in ports):
            raise Trouble("PORT and ADMIN_PORT are numbers from 1 to 65535.")
        serve(Path(shopd).resolve(), *map(int, ports))
    except Trouble as trouble:
        print(f"run: {trouble}", file=sys.stderr)
        return 1
    except Stopped:
        print("run: stopped.")
    return 0


def in_the_foreground(arguments):
    """Runs the work in a child that owns the terminal, and hands it back."""
    own_group = os.getpgrp()
    # Who is not in the foreground may take it only while this is ignored.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)  # until there is somebody to pass them on to
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpgrp())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # make would wait for a stopped group forever
        status = work(arguments)
        sys.stdout.flush()
        os._exit(status)
    for number in STOPPING:
        signal.signal(number, lambda number, _frame: os.kill(child, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):
        os.tcsetpgrp(0, own_group)
    return status if status >= 0 else 128 - status


def owns_terminal():
    return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()


if __name__ == "__main__":
    sys.exit((in_the_foreground if owns_terminal() else work)(sys.argv[1:]))
