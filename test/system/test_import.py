"""POST /product/import: each line has its effect and its true result, whatever goes wrong."""

import json
import uuid

import pytest

import lines

BODY = {"name": "Thing", "price": 1}


def row(number, **members):
    return json.dumps({"id": lines.name(number), "name": f"Thing {number}", "price": 1, **members})


def test_each_line_has_its_result(client, emulator):
    ids = [str(uuid.uuid4()) for _ in range(3)]
    text = "".join(json.dumps({**BODY, "id": id, "on_hand": 5}) + "\n" for id in ids)
    answer = lines.send(client, text)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert lines.results(answer) == [
        {"line": n + 1, "status": 201, "id": id} for n, id in enumerate(ids)]
    for id in ids:
        items = emulator.items(id)
        assert items["STOCK"]["available"] == {"N": "5"}
        assert items["#"]["name"] == {"S": "Thing"}
