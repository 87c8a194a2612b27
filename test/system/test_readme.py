"""The README's tour works as it is printed, and its table of settings is the code's."""
import json
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()

# curl tells its status apart from its output, also where the output goes into a pipe.
WRAPPER = """
curl() { command curl --max-time 20 -w '%{stderr}status=%{http_code}\\n' "$@"; }
"""


def tour():
    block = re.search(r"## A tour.*?```sh\n(.*?)```", README, re.S).group(1)
    lines = [re.fullmatch(r"(.*?)  # (\d{3})", line) for line in block.splitlines()]
    assert lines and all(lines), "each line of the tour ends with its status"
    return [(line.group(1), line.group(2)) for line in lines]


def test_every_line_of_the_tour_is_answered_as_the_readme_says(daemon):
    script = WRAPPER
    for command, _ in tour():
        command = command.replace("localhost:8080", f"127.0.0.1:{daemon.port}")
        script += command.replace("localhost:8081", f"127.0.0.1:{daemon.admin_port}") + "\n"
    done = subprocess.run(["bash", "-eu"], input=script, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    statuses = re.findall(r"status=(\d+)", done.stderr)
    assert statuses == [status for _, status in tour()], done.stdout + done.stderr


@pytest.mark.parametrize("document, name", [("README.md", "settings"), ("docs/api.md", "problems")])
def test_what_the_code_prints_of_itself_is_in_the_documents(binary, document, name):
    printed = subprocess.run([binary, f"--{name}"], capture_output=True, text=True, check=True)
    table = re.search(rf"<!-- {name}:begin -->\n(.*?)<!-- {name}:end -->",
                      (ROOT / document).read_text(), re.S)
    assert table.group(1).strip() == printed.stdout.strip(), "run make docs"


def test_the_documented_events_and_their_examples_are_the_codes_own(binary):
    printed = subprocess.run([binary, "--events"], capture_output=True, text=True, check=True)
    text = (ROOT / "docs/notifications.md").read_text()
    events = re.search(r"<!-- events:begin -->\n(.*?)<!-- events:end -->", text, re.S)
    assert events.group(1).strip() == printed.stdout.strip(), "run make docs"
    examples = [json.loads(found) for found in re.findall(r"```json\n(.*?)\n```", printed.stdout)]
    assert [example["type"] for example in examples] == re.findall(
        r"^\*\*`(.*?)`\*\*", printed.stdout, re.M)
    assert all(set(example) == {"id", "type", "time", "subject", "data"} for example in examples)


@pytest.mark.parametrize("name", ["architecture", "table", "aws", "performance", "notifications"])
def test_the_documents_that_the_readme_names_are_there(name):
    assert f"docs/{name}.md" in README
    assert (ROOT / "docs" / f"{name}.md").stat().st_size > 1000
