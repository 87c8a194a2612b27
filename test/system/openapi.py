"""docs/openapi.json, and whether an answer is as it says.

What an answer has must be in the document: objects of answers may have no members that it does not
name, unless it says that they are open.
"""

import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import jsonschema

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text())
METHODS = ("get", "put", "post", "delete", "patch")
OFTEN, THEN_EACH = 50, 20
LARGEST = 64 * 1024


def resolve(node):
    while "$ref" in node:
        target = DOCUMENT
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


def operations():
    """(method, path, operation) of each."""
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def closed(node):
    """A copy that takes no members but those it names, with what it refers to in place."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {name: closed(each) for name, each in resolve(node).items()}
    if node.get("type") == "object" and "properties" in node:
        node.setdefault("additionalProperties", False)
    return node


def is_number(_checker, value):
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def is_integer(_checker, value):
    return is_number(_checker, value) and value == int(value)


BASE = jsonschema.Draft202012Validator
TYPES = BASE.TYPE_CHECKER.redefine_many({"number": is_number, "integer": is_integer})
Validator = jsonschema.validators.extend(BASE, type_checker=TYPES)
HEADERS = {name.lower() for _, _, operation in operations()
           for response in operation["responses"].values()
           for name in resolve(response).get("headers", {})}
"""Those that some answer has by the document."""
ROUTES = [(method, re.compile(re.sub(r"{\w+}", "[^/]+", path)), operation)
          for method, path, operation in operations()]
seen = Counter()
validators = {}
"""By the id of a part of the document, which stays."""


def validator(schema):
    if id(schema) not in validators:
        validators[id(schema)] = Validator(closed(schema))
    return validators[id(schema)]


def operation_of(method, target):
    path = target.partition("?")[0]
    for known, pattern, operation in ROUTES:
        if known == method and pattern.fullmatch(path):
            return operation
    return None


def check_headers(key, response, answer):
    declared = {name.lower(): resolve(each) for name, each in response.get("headers", {}).items()}
    for name in HEADERS:
        assert name in declared or name not in answer.headers, (key, name)
    for name, header in declared.items():
        assert name in answer.headers or not header.get("required"), (key, name)


def check(method, target, answer):
    """Fails unless the document has this answer. Of frequent ones only some are looked at."""
    operation = operation_of(method, target)
    if operation is None:
        return
    key = operation["operationId"], answer.status
    seen[key] += 1
    if len(answer.body) > LARGEST or (seen[key] > OFTEN and seen[key] % THEN_EACH):
        return
    responses = operation["responses"]
    assert answer.status >= 400 or str(answer.status) in responses, (key, answer)
    response = resolve(responses.get(str(answer.status), responses["default"]))
    check_headers(key, response, answer)
    content = response.get("content")
    if content is None:
        assert not answer.body, (key, answer)
        return
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert kind in content, (key, kind)
    schema = content[kind].get("x-line", content[kind]["schema"])
    for document in documents(kind, answer.body):
        for error in validator(schema).iter_errors(document):
            raise AssertionError(f"{key}: {error.json_path}: {error.message}\n{document}")


def documents(kind, body):
    if kind == "text/html":
        return [body.decode()]
    lines = body.splitlines() if kind == "application/x-ndjson" else [body]
    return [json.loads(line, parse_float=Decimal) for line in lines]
