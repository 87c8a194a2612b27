"""What is the same for all routes: methods, content types, headers, problems, health."""

import re

import pytest

import shop

SOME_ID = "00000000-0000-4000-8000-000000000000"


ALLOW = {
    "/product": {"GET", "HEAD", "POST", "OPTIONS"},
    f"/product/{SOME_ID}": {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"},
    "/live": {"GET", "HEAD", "OPTIONS"},
    "/ready": {"GET", "HEAD", "OPTIONS"},
}


def allowed(answer):
    return {method.strip() for method in answer.headers["Allow"].split(",")}


@pytest.mark.parametrize("path", ALLOW)
def test_options_names_the_methods_and_others_are_405(client, path):
    answer = client.request("OPTIONS", path)
    assert (answer.status, answer.body, allowed(answer)) == (204, b"", ALLOW[path])
    others = {"GET", "POST", "PUT", "PATCH", "DELETE", "BREW", "TRACE", "get"} - ALLOW[path]
    for method in others:
        answer = client.request(method, path)
        assert (answer.status, answer.code) == (405, "method-not-allowed"), method
        assert allowed(answer) == ALLOW[path]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
     "application/vnd.shop+json", "application/merge-patch+json"])
def test_json_may_be_called_by_its_names(client, content_type):
    answer = client.post("/product", {"name": "x", "price": 1}, Content_Type=content_type)
    assert answer.status == 201


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json", "+json", "",
     "application/json-patch", "text/plain; a=application/json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_another_content_type_is_415_and_tells_what_to_do(client, method, content_type):
    path = "/product" if method == "POST" else f"/product/{SOME_ID}"
    answer = client.request(method, path, '{"name":"x","price":1}', {"Content-Type": content_type})
    assert (answer.status, answer.code) == (415, "unsupported-media-type")
    assert "curl --json" in answer.json["detail"]


def test_a_problem_has_all_its_members(client):
    answer = client.get(f"/product/{SOME_ID}", X_Request_Id="my-own-id")
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert set(problem) == {"type", "title", "status", "detail", "instance", "code", "request_id"}
    assert problem["type"].endswith("/problem/product-not-found")
    assert (problem["status"], problem["request_id"]) == (404, "my-own-id")
    assert problem["instance"] == f"/product/{SOME_ID}"
    assert problem["title"] and problem["detail"]


def test_every_answer_has_a_request_id(client):
    paths = ["/product", f"/product/{SOME_ID}", "/live", "/ready", "/nowhere", "/product?x=1"]
    ids = [client.get(path).headers["X-Request-Id"] for path in paths * 2]
    assert all(ids) and len(set(ids)) == len(ids)


@pytest.mark.parametrize("request_id", ["a", "A-b_c.9", "x" * 128, "9f1c2b7e-3d4a-4f6b-8c1d-2e3f4a5b6c7d"])
def test_a_well_formed_request_id_is_echoed(client, request_id):
    answer = client.get("/live", X_Request_Id=request_id)
    assert answer.headers["X-Request-Id"] == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 129, "two words", 'quo"te', "{}", "<b>", "ü"])
def test_another_request_id_is_replaced(client, request_id):
    answer = client.get("/live", X_Request_Id=request_id.encode())
    assert answer.status == 200
    assert answer.headers["X-Request-Id"] not in ("", request_id, None)
    assert re.fullmatch(r"[0-9A-Za-z._-]+", answer.headers["X-Request-Id"])


def test_answers_tell_their_time_and_cost(client):
    created = client.post("/product", {"name": "x", "price": 1})
    path = created.headers["Location"]
    answers = [created, client.get(path), client.get("/product?limit=1"),
               client.put(path, {"price": 2}), client.patch(path, {"price": 3}),
               client.get(f"/product/{SOME_ID}"), client.delete(path)]
    for answer in answers:
        timing = answer.headers["Server-Timing"]
        assert re.fullmatch(r"db;dur=\d+(\.\d+)?, app;dur=\d+(\.\d+)?", timing), timing
        units = [answer.headers[f"X-Consumed-{kind}-Units"] for kind in ("Read", "Write")]
        assert any(unit and float(unit) > 0 for unit in units), answer
    assert "X-Consumed-Read-Units" not in client.get("/live").headers


def test_live_and_ready_answer_on_both_listeners_and_metrics_on_one(shopd, client):
    admin = shopd.admin()
    for path in ("/live", "/ready"):
        assert client.get(path).status == admin.get(path).status == 200
    assert client.get("/metrics").code == "not-found"
    assert admin.get("/product").code == "not-found"
    metrics = admin.get("/metrics")
    assert metrics.status == 200
    assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = [line for line in metrics.body.decode().splitlines() if line[:1] != "#"]
    assert samples
    for sample in samples:
        assert re.fullmatch(r'[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [0-9.e+-]+', sample), sample


def test_metrics_count_requests(start):
    daemon = start()
    client, admin = daemon.client(), daemon.admin()

    def total():
        text = admin.get("/metrics").body.decode()
        lines = (line for line in text.splitlines() if line.startswith("shopd_http_requests_total"))
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if "/product/{id}" in line)

    assert total() == 0
    for _ in range(7):
        client.get(f"/product/{SOME_ID}")
    shop.wait_until(lambda: total() == 7, 2, "7 counted requests")
