"""Checks sizes and places: long lines, files and functions, forgotten notes, stray entries.

Silent when all is well. Functions are found by universal-ctags, in the sources, the headers and the
tests' C code alike.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = 100
FILE_LINES = 500
FUNCTION_LINES = 60
PARAMETERS = 5
CALLBACK_TYPES = {"enum:MHD_Result"}
CALLBACKS = {"show_nobody"}
"""Functions whose parameters a library dictates: by their type, by their name."""

CODE = (".c", ".h", ".py")
FOLDERS = ("src", "include", "test", "config", "systemd", "docs")
TOP_LEVEL = {*FOLDERS, "Makefile", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "build"}
NOTE = re.compile(r"\b(?:TO" r"DO|FIX" r"ME)\b")  # in two parts, for this file is read too

# Lists of cases, which are as long as there are cases.
LONG_FILES = re.compile(r"test/(system|unit)/test_\w+\.(py|c)")
# A test's function is its table of cases and a loop.
LONG_FUNCTIONS = re.compile(r"test/unit/test_\w+\.c")


def text_files():
    """Everything that somebody wrote by hand."""
    paths = [ROOT / name for name in TOP_LEVEL if (ROOT / name).is_file()]
    for folder in (*FOLDERS, ".ci"):
        paths += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in sorted(paths):
        if "corpus" not in path.parts and "__pycache__" not in path.parts:
            yield path.relative_to(ROOT)


def mistakes_in_file(path):
    try:
        lines = (ROOT / path).read_text().splitlines()
    except UnicodeDecodeError:
        return
    if path.suffix in CODE and len(lines) > FILE_LINES:
        if not LONG_FILES.fullmatch(str(path)):
            yield f"{path}:1: {len(lines)} lines, more than {FILE_LINES}: it is two modules"
    for number, line in enumerate(lines, 1):
        # A string is not broken to fit.
        if path.suffix in CODE and len(line.expandtabs(8)) > COLUMNS and '"' not in line:
            yield f"{path}:{number}: more than {COLUMNS} columns"
        if NOTE.search(line):
            yield f"{path}:{number}: a note of something undone"


def functions(paths):
    """Yields ctags' findings: path, name, line, end, signature."""
    ctags = subprocess.run(
        ["ctags", "--output-format=json", "--languages=C", "--langmap=C:.c.h", "--kinds-C=f",
         "--fields=+neSt", "--sort=no", "-f", "-", *map(str, paths)],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    for line in ctags.stdout.splitlines():
        yield json.loads(line)


def parameter_count(signature):
    """Counts the commas that are not inside of a function pointer's own list."""
    depth, count = 0, 1
    for char in signature:
        depth += (char == "(") - (char == ")")
        count += char == "," and depth == 1
    return count


def mistakes_in_functions(paths):
    for function in functions(paths):
        place = f"{function['path']}:{function['line']}: {function['name']}"
        lines = function.get("end", function["line"]) - function["line"] + 1
        if lines > FUNCTION_LINES and not LONG_FUNCTIONS.fullmatch(function["path"]):
            yield f"{place} has {lines} lines, more than {FUNCTION_LINES}"
        parameters = parameter_count(function.get("signature", ""))
        is_ours = function.get("typeref") not in CALLBACK_TYPES and function["name"] not in CALLBACKS
        if parameters > PARAMETERS and is_ours:
            yield f"{place} has {parameters} parameters, more than {PARAMETERS}"


def mistakes_at_the_top():
    for path in sorted(ROOT.iterdir()):
        if path.name not in TOP_LEVEL and not path.name.startswith("."):
            yield f"{path.name}:1: not a part of the layout: {', '.join(FOLDERS)}"


def main():
    files = list(text_files())
    mistakes = [line for path in files for line in mistakes_in_file(path)]
    mistakes += mistakes_in_functions([path for path in files if path.suffix in (".c", ".h")])
    mistakes += mistakes_at_the_top()
    print("".join(f"{line}\n" for line in mistakes), end="", file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
