#!/usr/bin/python3
"""Measures shopd against the floor. docs/performance.md says how and why; 'make bench' runs it.

Environment: SHOPD_BINARY, FLOOR, SHOPD_EMULATOR. Exits 0 whether the targets are met or not,
1 if something broke: a benchmark is not a test, but a broken one is no benchmark.
"""

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import canned
import measure
import programs
import publish
import streams
import table
from programs import Broken
from table import Finding

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/performance.md"
BACKENDS = ("plain", "TLS")
FEW, MANY = 64, 1000
ROUNDS = {FEW: 6, MANY: 5}
SECONDS = {FEW: 2, MANY: 4}  # at 1,000 the connecting must be about 1 % of the requests or less
WARM_UP_SECONDS = 1
IDLE_SECONDS = 1.5  # a second after it is ready it drops the memory of its start
STARTS = 10
SWEEP_SECONDS = 7  # in which the sweeper has asked all that it asks: it renews leases every 5

CPU_FEW, CPU_MANY, P99_MANY = 1.6, 2.0, 2.0  # × floor, × floor, × p50
IDLE_MIB, BUSY_MIB, START_MS = 12, 64, 50
UNITS = {"create": (None, 12), "read": (0.5, None), f"list of {measure.LIST_LENGTH}": (1, None)}


class Bench:
    def __init__(self, folder, times, lines):
        self.folder, self.times, self.lines = folder, times, lines
        self.shopd = executable("SHOPD_BINARY", "build/release/shopd")
        self.floor = executable("FLOOR", "build/release/floor")
        self.measured_cpu, self.other_cpus = programs.split_cpus()
        self.cells, self.findings, self.log_bytes = [], [], []

    def run(self):
        with programs.emulator(self.folder) as emulator:
            endpoint = f"http://127.0.0.1:{emulator.port}"
            say("recording what shopd asks and the emulator answers")
            self.init_table(endpoint)
            path, bodies = self.record(emulator.port)
            say(f"starting shopd {STARTS} times")
            self.measure_starts(endpoint, path)
            self.measure_units(endpoint)
            say(f"publishing {publish.EVENTS} events")
            self.findings += publish.Publish(self.shopd, self.folder, emulator.port).findings()
            say(f"importing and exporting {self.lines:,} products")
            self.findings += streams.Streams(self.shopd, self.folder, endpoint,
                                             self.lines).findings()
        with canned.Backend(self.folder, bodies, self.other_cpus) as backend:
            for kind in BACKENDS:
                self.measure_load(backend, kind, path)
        # First the load's targets, as that is what the table above them shows.
        found = [f for cell in self.cells for f in cell.findings(*limits(cell.connections))]
        return table.markdown(self.cells, found + self.findings, self.version(),
                              median(self.log_bytes))

    def version(self):
        done = subprocess.run([self.shopd, "--version"], capture_output=True, text=True, timeout=10)
        return done.stdout.strip() or "shopd"

    def init_table(self, endpoint):
        programs.init_table(self.shopd, programs.shopd_environment(endpoint, 1, 1))

    def record(self, emulator_port):
        """Keeps a product's real bytes: shopd's request and answer for the floor, as files, and
        the emulator's answers for nginx, also those that the sweeper asks for by itself. Returns
        the product's path and those answers."""
        with canned.Recorder(emulator_port) as recorder:
            with programs.shopd(self.shopd, "recorded", self.folder, recorder.endpoint) as shopd:
                path = measure.create_product(shopd.port)
                before = len(recorder.exchanges)
                answer = canned.read_answer(shopd.port, wrk_request(shopd.port, path))
                key = path.rpartition("/")[2].encode()
                asked = [e for e in recorder.exchanges[before:] if key in e.request]
                time.sleep(SWEEP_SECONDS)
        if len(asked) != 1 or not answer.startswith(b"HTTP/1.1 200 "):
            raise Broken(f"GET {path} made {len(asked)} calls to the table and answered {answer!r}")
        (self.folder / "request").write_bytes(asked[0].request)
        (self.folder / "answer").write_bytes(answer)
        return path, canned.answers(recorder.exchanges)

    def measure_starts(self, endpoint, path):
        found = [measure.first_answer_milliseconds(self.shopd, self.folder, endpoint, path,
                                                   IDLE_SECONDS) for _ in range(STARTS)]
        times = [milliseconds for milliseconds, _ in found]
        self.findings += [
            Finding(f"from exec to the first answer, median of {STARTS}", median(times), "ms",
                    START_MS),
            Finding("the slowest of them", max(times), "ms"),
            Finding("memory idle, one worker for each CPU", found[-1][1], "MiB", IDLE_MIB),
        ]

    def measure_units(self, endpoint):
        with programs.shopd(self.shopd, "units", self.folder, endpoint) as shopd:
            units = measure.units_per_operation(shopd.port)
        for operation, (read, write) in units.items():
            read_limit, write_limit = UNITS.get(operation, (None, None))
            if read:
                self.findings.append(Finding(f"{operation}: read", read, "units", read_limit))
            if write:
                self.findings.append(Finding(f"{operation}: write", write, "units", write_limit))

    def measure_load(self, backend, kind, path):
        ca_file = backend.ca_file if kind == "TLS" else None
        with programs.shopd(self.shopd, f"shopd-{kind}", self.folder, backend.endpoints[kind],
                            ca_file, self.measured_cpu) as shopd:
            self.check_answer(shopd.port, path)
            time.sleep(IDLE_SECONDS)
            idle = measure.memory(shopd.pid)
            self.warm_up(shopd, path, MANY)
            pool = measure.connections_to(backend.ports[kind])
            with programs.floor(self.floor, f"floor-{kind}", self.folder, backend.ports[kind], pool,
                                ca_file, self.measured_cpu) as floor:
                self.check_answer(floor.port, path)
                pair = {"floor": floor, "shopd": shopd}
                cells = [self.measure_cell(kind, n, pool, pair, path) for n in (FEW, MANY)]
            peak = measure.memory(shopd.pid, "VmHWM")
        busy = max(found.rss for found in cells[-1].rounds["shopd"])
        self.findings += [
            Finding(f"memory idle, {kind} backend", idle, "MiB", IDLE_MIB),
            Finding(f"memory at {MANY:,} busy connections, {kind} backend", busy, "MiB", BUSY_MIB),
            Finding(f"its peak, {kind} backend", peak, "MiB", BUSY_MIB),
        ]

    def check_answer(self, port, path):
        """The floor and shopd must answer what shopd answered over the emulator."""
        expected = (self.folder / "answer").read_bytes().split(b"\r\n\r\n", 1)[1]
        answer = canned.read_answer(port, wrk_request(port, path))
        if not answer.startswith(b"HTTP/1.1 200 ") or answer.split(b"\r\n\r\n", 1)[1] != expected:
            raise Broken(f"over the canned backend {path} is {answer!r}, not {expected!r}")

    def warm_up(self, program, path, connections):
        measure.run_wrk(program, path, connections, WARM_UP_SECONDS, self.other_cpus)

    def measure_cell(self, kind, connections, pool, pair, path):
        """Turns about, and each round the other way round: what the machine does else meets both."""
        cell = table.Cell(kind, connections, pool)
        for program in pair.values():
            self.warm_up(program, path, connections)
        for number in range(ROUNDS[connections] * self.times):
            order = list(pair) if number % 2 == 0 else list(reversed(pair))
            for name in order:
                found = measure.run_wrk(pair[name], path, connections, SECONDS[connections],
                                        self.other_cpus)
                cell.rounds[name].append(found)
                say(f"{kind}, {connections} connections, {name}: "
                    f"{found.requests_per_second:.0f} requests/s, {found.cpu:.1f} µs of CPU each")
        self.log_bytes += [found.log_bytes for found in cell.rounds["shopd"]]
        self.cells.append(cell)
        return cell


def limits(connections):
    return (CPU_FEW,) if connections == FEW else (CPU_MANY, P99_MANY)


def wrk_request(port, path):
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


def executable(variable, default):
    path = (ROOT / os.environ.get(variable, default)).resolve()
    if not os.access(path, os.X_OK):
        raise Broken(f"no program at {path}: 'make bench' builds it, {variable} names another")
    return path


def check_tools():
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # where Debian keeps nginx
    missing = [tool for tool in ("nginx", "wrk", "openssl") if not shutil.which(tool)]
    if missing:
        sys.exit(f"bench: not installed: {' '.join(missing)} (Debian: nginx-light wrk openssl)")


def raise_file_limit():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def say(line):
    print(f"bench: {line}", file=sys.stderr, flush=True)


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--write", action="store_true", help="put the tables into the documentation")
    parser.add_argument("--times", type=int, default=1, help="as many rounds of each measurement")
    parser.add_argument("--lines", type=int, default=streams.LINES,
                        help="how many products are imported and exported")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    check_tools()
    raise_file_limit()
    (ROOT / "build/bench").mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=ROOT / "build/bench"))
    try:
        text = Bench(folder, options.times, options.lines).run()
        print(text)
        if options.write:
            table.write_into(DOCUMENT, text)
    except Broken as broken:
        say(f"broken: {broken}")
        say(f"what the programs wrote is in {folder}")
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        shutil.rmtree(folder)
        return 130
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
