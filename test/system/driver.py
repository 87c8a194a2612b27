"""A driver of test/tools: performs orders as the daemon does, one JSON object on each line."""

import json
import subprocess

import shop


class Driver:
    def __init__(self, name, folder, **settings):
        program = shop.BINARY.parent / "tools" / name
        with open(f"{folder}/{name}.log", "ab") as log:
            self.process = subprocess.Popen(
                [*shop.WITH_PARENT, program], cwd=folder,
                env=shop.environment({"SHOPD_LOG_LEVEL": "error", **settings}),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def ask(self, op, **order):
        self.process.stdin.write(json.dumps({"op": op, **order}).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(10 * shop.SLOWNESS) == 0
