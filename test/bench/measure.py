"""The instruments: wrk, /proc, a stop watch, and shopd's own cost headers."""

import http.client
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import programs
from programs import Broken, free_port

TIMEOUT_SECONDS = 5
WRK_SCRIPT = Path(__file__).resolve().parent / "wrk_done.lua"

# Ten attributes beside the stock: what a product of an ordinary shop has, two of them its own.
PRODUCT = {
    "name": "IPhone 15, 128 GB", "price": 849.00, "currency": "EUR", "category": "phone",
    "description": "A telephone with a large screen, a good camera and a battery for a day.",
    "image_url": "https://img.example.com/product/iphone-15-black.jpg", "weight_grams": 171,
    "tags": ["new", "phone"], "brand": "Apple", "color": "black", "on_hand": 25,
}
LIST_LENGTH = 20


class Round(NamedTuple):
    """One run of wrk against one program. Times are microseconds, memory is MiB."""
    requests_per_second: float
    p50: float
    p99: float
    cpu: float  # of the program, per request
    rss: float  # of the program, in the middle of the run
    log_bytes: float  # per request


def cpu_nanoseconds(pid):
    """The time that all threads of a process have run, also those that have ended: the clock that
    clock_getcpuclockid(3) names."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def memory(pid, name="VmRSS"):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+) kB$", status, re.M)[1]) / 1024


def connections_to(port):
    """How many established connections on this machine have the port as their far end."""
    ending, established = f":{port:04X}", "01"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(ending) and row[3] == established for row in rows)


def run_wrk(program, path, connections, seconds, cpus):
    """Returns what one run showed. An answer that is not 2xx, or none, ends the benchmark."""
    argv = ["wrk", "-t", "1", "-c", connections, "-d", f"{seconds}s", "--latency",
            "--timeout", f"{TIMEOUT_SECONDS}s", "-s", WRK_SCRIPT,
            f"http://127.0.0.1:{program.port}{path}"]
    program.forget_output()
    cpu_before = cpu_nanoseconds(program.pid)
    wrk = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    try:
        time.sleep(seconds / 2)
        program.check_alive()
        rss = memory(program.pid)
        text = wrk.communicate(timeout=seconds + 4 * TIMEOUT_SECONDS)[0]
    finally:
        wrk.kill()
        wrk.wait()
    program.check_alive()
    cpu = cpu_nanoseconds(program.pid) - cpu_before
    result = wrk_result(program, text)
    requests = result["requests"]
    return Round(requests / result["seconds"], result["p50"], result["p99"],
                 cpu / 1000 / requests, rss, program.output.stat().st_size / requests)


def wrk_result(program, text):
    found = re.search(r"^RESULT (.*)$", text, re.M)
    result = json.loads(found[1]) if found else {"requests": 0}
    wrong = [name for name in ("bad_status", "broken", "timeouts") if result.get(name)]
    if not result["requests"] or wrong:
        raise Broken(f"{program.name} under wrk: {wrong or 'no answers'}\n{text}")
    return result


def call(port, method, path, body=None, expect=200):
    """One request to shopd. Returns the headers and the decoded body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        fields = {"Content-Type": "application/json"} if body is not None else {}
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, fields)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status != expect:
        raise Broken(f"{method} {path}: {answer.status} instead of {expect}: {content!r}")
    return answer.headers, json.loads(content) if content else None


def create_product(port):
    """Returns its path."""
    return "/product/" + call(port, "POST", "/product", PRODUCT, 201)[1]["id"]


def consumed(headers):
    """Read and write units as shopd reports them, None for a kind that it does not mention."""
    units = [headers.get(f"X-Consumed-{kind}-Units") for kind in ("Read", "Write")]
    if units == [None, None]:
        raise Broken("an answer does not say what it consumed")
    return tuple(None if text is None else float(text) for text in units)


def units_per_operation(port):
    """The cost of each operation on a product, in a table that holds one page of them."""
    units = {}
    headers, product = call(port, "POST", "/product", PRODUCT, 201)
    units["create"] = consumed(headers)
    path = "/product/" + product["id"]
    units["read"] = consumed(call(port, "GET", path)[0])
    for _ in range(LIST_LENGTH):
        create_product(port)
    headers, page = call(port, "GET", f"/product?category=phone&limit={LIST_LENGTH}")
    if len(page["data"]) != LIST_LENGTH:
        raise Broken(f"a list of {LIST_LENGTH} came with {len(page['data'])} products")
    units[f"list of {LIST_LENGTH}"] = consumed(headers)
    units["PUT"] = consumed(call(port, "PUT", path, {**changed(PRODUCT), "price": 799.00})[0])
    units["PATCH"] = consumed(call(port, "PATCH", path, {"price": 749.00})[0])
    units["DELETE"] = consumed(call(port, "DELETE", path, expect=204)[0])
    return units


def changed(product):
    """What PUT takes: the stock has its own routes after the creation."""
    return {name: value for name, value in product.items() if name != "on_hand"}


def first_answer_milliseconds(binary, folder, endpoint, path, idle_seconds):
    """From exec to the last byte of the first 200, with every setting at its default.

    Returns the time, and the memory that the process holds so many seconds later.
    """
    port = free_port()
    env = programs.shopd_environment(endpoint, port, free_port())
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    with open(folder / "start.log", "ab") as output:
        begin = time.perf_counter()
        process = subprocess.Popen([str(binary)], env=env, cwd=folder, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output)
        try:
            while not answers_200(port, request):
                if process.poll() is not None or time.perf_counter() - begin > TIMEOUT_SECONDS:
                    raise Broken("shopd does not answer against the emulator: see start.log")
                time.sleep(0.0002)
            elapsed = time.perf_counter() - begin
            time.sleep(idle_seconds)
            rss = memory(process.pid)
        finally:
            process.terminate()
            process.wait()
    return elapsed * 1000, rss


def answers_200(port, request):
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as peer:
            peer.sendall(request)
            answer = b""
            while more := peer.recv(65536):
                answer += more
        return answer.startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False
