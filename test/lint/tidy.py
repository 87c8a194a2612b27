"""Lets clang-tidy look at C files: tidy.py LIST COMPILER-ARGUMENTS...

LIST names a file in each line, and is removed. A file without findings gets a stamp below
build/lint/, and beside it a rule of make that says which headers the stamp depends on.

clang-tidy takes as long to start as it needs for a short file, so it is given a dozen at a time.
But its version 14 knows what va_start is only in the first of them: files that have it go alone.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

AT_ONCE = 12
STAMPS = Path("build/lint")
INCLUDE = re.compile(r'^#include "(.+)"', re.MULTILINE)
INCLUDED = (Path("include"), Path("build/debug"))
DEPTH = ["-Xclang", "-analyzer-config", "-Xclang", "max-nodes=60000"]
"""The analyser follows a function for so many steps, which is all but a few whole; a quarter of its
default, and three times as fast."""


def batches(files):
    alone = [file for file in files if "va_start" in Path(file).read_text()]
    others = [file for file in files if file not in alone]
    return [[file] for file in alone] + [others[i:i + AT_ONCE]
                                         for i in range(0, len(others), AT_ONCE)]


def look(files, arguments):
    """True when there is nothing to find in any of the files."""
    done = subprocess.run(["clang-tidy", "--quiet", *files, "--", *arguments, *DEPTH],
                          capture_output=True, text=True)
    print(f"  TIDY  {' '.join(files)}", flush=True)
    if done.returncode != 0:
        told = [line for line in done.stderr.splitlines() if not line.endswith("generated.")]
        print(done.stdout, *told, sep="\n", flush=True)
        return False
    for file in files:
        stamp(file)
    return True


def stamp(file):
    found = STAMPS / f"{file}.tidy"
    below = sorted(headers(Path(file)))
    rules = [f"{found}: {' '.join(below)}", *(f"{header}:" for header in below)]
    Path(f"{found}.d").write_text("\n".join(rules) + "\n")
    found.touch()


@cache
def headers(file):
    """The project's own headers that a file includes, and those that they include."""
    found = set()
    for name in INCLUDE.findall(file.read_text()):
        header = next((folder / name for folder in (file.parent, *INCLUDED)
                       if (folder / name).exists()), None)
        if header:
            found |= {str(header), *headers(header)}
    return found


def main():
    todo, arguments = Path(sys.argv[1]), sys.argv[2:]
    if not todo.exists():
        return 0
    files = sorted(set(todo.read_text().split()))
    todo.unlink()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        clean = list(pool.map(lambda batch: look(batch, arguments), batches(files)))
    return 0 if all(clean) else 1


sys.exit(main())
