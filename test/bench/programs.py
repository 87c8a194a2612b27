"""The programs that a benchmark runs: started on free loopback ports, stopped by their own pid."""

import os
import socket
import subprocess
import time
from pathlib import Path

START_SECONDS = 15
STOP_SECONDS = 10


class Broken(Exception):
    """The measurement is worth nothing: something did not start, died, or answered wrongly."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def split_cpus():
    """One CPU for the program that is measured, all others for those that load it.

    With one CPU only they share it.
    """
    cpus = sorted(os.sched_getaffinity(0))
    return {cpus[-1]}, set(cpus[:-1]) or {cpus[-1]}


class Program:
    """A running process, its port and the file that its output goes to."""

    def __init__(self, name, argv, port, folder, env=None, cpus=None):
        self.name, self.port = name, port
        self.output = folder / f"{name}.log"
        with open(self.output, "ab") as output:  # appends, so that it can be cut while it grows
            self.process = subprocess.Popen(
                [str(part) for part in argv], env=env, cwd=folder,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                preexec_fn=(lambda: os.sched_setaffinity(0, cpus)) if cpus else None)
        self.pid = self.process.pid

    def __enter__(self):
        try:
            self.wait_until_listening()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def check_alive(self):
        if self.process.poll() is not None:
            end = self.output.read_text(errors="replace")[-2000:]
            raise Broken(f"{self.name} ended with {self.process.returncode}:\n{end}")

    def wait_until_listening(self):
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            self.check_alive()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise Broken(f"{self.name} does not listen after {START_SECONDS} s")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def forget_output(self):
        """Cuts the log before the kernel begins to write it to the disk."""
        os.truncate(self.output, 0)


def emulator(folder):
    port = free_port()
    root = Path(__file__).resolve().parents[2]
    packed = root / ".local/emulator/node_modules/@dynoxide/linux-x64/dynoxide"
    binary = root / (os.environ.get("SHOPD_EMULATOR") or packed)
    if not os.access(binary, os.X_OK):
        raise Broken(f"no emulator at {binary}: 'make run' installs it, SHOPD_EMULATOR names another")
    return Program("emulator", [binary, "--host", "127.0.0.1", "--port", port,
                                "--db-path", folder / "emulator.db"], port, folder)


def shopd_environment(endpoint, port, admin_port, workers=None, ca_file=None):
    env = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "SHOPD_LISTEN": f"127.0.0.1:{port}",
        "SHOPD_ADMIN_LISTEN": f"127.0.0.1:{admin_port}" if admin_port != port else "off",
    }
    if workers:
        env["SHOPD_WORKERS"] = str(workers)
    if ca_file:
        env["AWS_CA_BUNDLE"] = str(ca_file)
    return env


def init_table(binary, env):
    done = subprocess.run([binary, "--init-table"], env=env, capture_output=True, text=True,
                          timeout=30, check=False)
    if done.returncode:
        raise Broken(f"shopd --init-table: {done.stdout}{done.stderr}")


def shopd(binary, name, folder, endpoint, ca_file=None, cpus=None):
    """One worker: what is measured is the cost of a request, not the number of cores."""
    port = free_port()
    env = shopd_environment(endpoint, port, free_port(), 1, ca_file)
    return Program(name, [binary], port, folder, env, cpus)


def floor(binary, name, folder, backend_port, connections, ca_file=None, cpus=None):
    port = free_port()
    argv = [binary, "-l", port, "-b", backend_port, "-n", connections,
            "-q", folder / "request", "-a", folder / "answer"]
    if ca_file:
        argv += ["-c", ca_file]
    return Program(name, argv, port, folder, None, cpus)
