"""What was found, as Markdown: the load, then everything that has a target or is worth knowing."""

import os
import platform
import re
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from programs import Broken

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"

SKELETON = f"""# Performance

`make bench` measures shopd against a floor: a program (`test/bench/floor.c`) that moves the same
bytes between the same sockets and does nothing else. Both stand before the same canned backend
(nginx), are driven by wrk in turns within one run, and are compared by ratio. The run takes less
than three minutes, prints the tables below and says of each target whether it is met;
`make bench BENCH=--write` also writes them here.

{BEGIN}
{END}
"""


class Finding(NamedTuple):
    what: str
    value: float
    unit: str
    limit: float = None  # the most that is allowed; None is no target

    def row(self):
        if self.limit is None:
            return f"| {self.what} | {self.shown(self.value)} | | |"
        verdict = "pass" if self.value <= self.limit else "**miss**"
        return f"| {self.what} | {self.shown(self.value)} | ≤ {self.shown(self.limit)} | {verdict} |"

    def shown(self, number):
        digits = f"{number:.2f}" if self.unit.startswith("×") else f"{number:.1f}"
        return f"{digits.removesuffix('.00').removesuffix('.0')} {self.unit}"


class Cell:
    """All rounds of shopd and the floor at one backend and one number of connections."""

    def __init__(self, backend, connections, backend_connections):
        self.backend, self.connections = backend, connections
        self.backend_connections = backend_connections
        self.rounds = {"floor": [], "shopd": []}

    def middle(self, program, field):
        return median(getattr(found, field) for found in self.rounds[program])

    def ratios(self):
        """shopd's CPU over the floor's, of rounds that followed one another."""
        pairs = zip(self.rounds["shopd"], self.rounds["floor"])
        return [shopd.cpu / floor.cpu for shopd, floor in pairs]

    def spread(self, program):
        return self.middle(program, "p99") / self.middle(program, "p50")

    def rows(self):
        ratios = self.ratios()
        last = {"floor": "1", "shopd": f"**{median(ratios):.2f}** "
                                       f"({min(ratios):.2f}–{max(ratios):.2f})"}
        return [f"| {self.backend} | {self.connections:,} | {self.backend_connections:,} | {program} "
                f"| {self.middle(program, 'requests_per_second'):,.0f} "
                f"| {self.middle(program, 'p50') / 1000:.2f} "
                f"| {self.middle(program, 'p99') / 1000:.2f} | {self.spread(program):.2f} "
                f"| {self.middle(program, 'cpu'):.1f} | {last[program]} |"
                for program in ("floor", "shopd")]

    def findings(self, ratio_limit, spread_limit=None):
        where = f"{self.backend} backend, {self.connections:,} connections"
        yield Finding(f"CPU per request, {where}", median(self.ratios()), "× floor", ratio_limit)
        if spread_limit:
            yield Finding(f"p99, {where}", self.spread("shopd"), "× p50", spread_limit)


def machine():
    model = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return (f"{model[1] if model else platform.machine()}, {len(os.sched_getaffinity(0))} CPUs, "
            f"Linux {platform.release().split('-')[0]}, {version(['nginx', '-v'])}, "
            f"{version(['wrk', '-v'])}, {version(['openssl', 'version'])}")


def version(argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    words = re.search(r"(nginx|wrk|OpenSSL)[ /](?!version)\S+", done.stdout)
    return words[0].replace("/", " ", 1) if words else argv[0]


def markdown(cells, findings, shopd_version, log_bytes):
    lines = [
        f"{shopd_version} on {time.strftime('%Y-%m-%d')}, one worker, logging at its default "
        f"({log_bytes:.0f} bytes a request, to a file). {machine()}.",
        "",
        "| backend | connections | to the backend | program | requests/s | p50 ms | p99 ms "
        "| p99 / p50 | CPU µs/request | CPU × floor |",
        "|---|--:|--:|---|--:|--:|--:|--:|--:|--:|",
        *[row for cell in cells for row in cell.rows()],
        "",
        "| what | measured | target | |",
        "|---|--:|--:|---|",
        *[finding.row() for finding in findings],
    ]
    return "\n".join(lines)


def write_into(document, text):
    old = document.read_text() if document.exists() else SKELETON
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise Broken(f"{document} must have {BEGIN} and {END} once each")
    before, rest = old.split(BEGIN)
    after = rest.split(END)[1]
    document.parent.mkdir(exist_ok=True)
    document.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
