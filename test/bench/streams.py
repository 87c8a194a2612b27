"""Import and export: what a line costs, and that memory does not grow with their number."""

import http.client
import json
import re
import time
import uuid

import measure
import programs
from programs import Broken
from table import Finding

LINES = 3000
GROWTH_MIB = 16
TIMEOUT_SECONDS = 900


def product_lines(count, **members):
    """The ordinary product, `count` times, as a body in pieces."""
    space = uuid.UUID(int=0)
    for number in range(count):
        line = {"id": str(uuid.uuid5(space, str(number))), **measure.PRODUCT, **members}
        yield json.dumps(line).encode() + b"\n"


class Streams:
    def __init__(self, binary, folder, endpoint, count):
        self.count, self.folder = count, folder
        self.port, self.admin_port = programs.free_port(), programs.free_port()
        env = programs.shopd_environment(endpoint, self.port, self.admin_port, 1)
        env["DYNAMODB_TABLE_NAME"] = "shop-streams"
        programs.init_table(binary, env)
        self.program = programs.Program("streams", [binary], self.port, folder, env)

    def findings(self):
        found = []
        with self.program as program:
            self.ask("POST", [])  # what is needed once, such as connections
            before = measure.memory(program.pid)
            runs = {
                "import, new": ("POST", {}, {201}),
                "import, the same again": ("POST", {}, {200}),
                "import, each with another price": ("POST", {"price": 799.00}, {200}),
                "export": ("GET", {}, None),
            }
            for name, (method, members, statuses) in runs.items():
                found += self.run(name, method, members, statuses)
            growth = measure.memory(program.pid) - before
        found.append(Finding(f"memory that import and export of {self.count:,} products add",
                             growth, "MiB", GROWTH_MIB))
        return found

    def run(self, name, method, members, statuses):
        cpu, units = measure.cpu_nanoseconds(self.program.pid), self.units()
        begin = time.perf_counter()
        lines = self.ask(method, product_lines(self.count, **members))
        elapsed = time.perf_counter() - begin
        cpu = measure.cpu_nanoseconds(self.program.pid) - cpu
        read, write = (after - was for after, was in zip(self.units(), units))
        if len(lines) != self.count or (statuses and {r["status"] for r in lines} != statuses):
            raise Broken(f"{name}: {len(lines)} lines, such as {lines[:1]}")
        found = [Finding(f"{name}: products a second, the emulator being the limit",
                         self.count / elapsed, "/s"),
                 Finding(f"{name}: CPU for each", cpu / 1000 / self.count, "µs"),
                 Finding(f"{name}: read for each", read / self.count, "units")]
        if write:
            found.append(Finding(f"{name}: write for each", write / self.count, "units"))
        return found

    def ask(self, method, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        path = "/product/import" if method == "POST" else "/product/export"
        try:
            if method == "POST":
                connection.request(method, path, b"".join(body),
                                   {"Content-Type": "application/x-ndjson"})
            else:
                connection.request(method, path)
            answer = connection.getresponse()
            return [json.loads(line) for line in answer]
        finally:
            connection.close()

    def units(self):
        """What was consumed since the start, by shopd's own account."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return [float(re.search(rf"^shopd_aws_{kind}_units_total(?:{{.*}})? (.*)$", text, re.M)[1])
                for kind in ("read", "write")]
