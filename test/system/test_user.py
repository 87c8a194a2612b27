"""Users: made, found, changed and listed; their addresses and what they want to be told."""

import uuid

import pytest

import given
from given import ADDRESS, expect, fresh_email, new_address, new_user, version_of

EVENTS = ["order.placed", "order.confirmed", "order.cancelled", "order.expired", "order.completed",
          "order.refunded", "delivery.created", "delivery.shipped", "delivery.out_for_delivery",
          "delivery.delivered", "delivery.failed", "delivery.returned", "stock.back"]
ARN = "arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/shop/3f1c2b4a-0000-4000-8000-000000000000"


def path_of(user, *more):
    return "/".join(["/user", user["id"], *more])


def read(client, user):
    return expect(client.get(path_of(user)), 200).json


# create and read


def test_a_created_user_is_answered_as_it_is_then_read(client):
    email = fresh_email()
    body = {"name": "Ada Lovelace", "email": email, "phone": "+4930123456", "locale": "de-AT"}
    created = expect(client.post("/user", body), 201)
    user = created.json
    assert user == body | {name: user[name] for name in ("id", "created_at", "updated_at")} | {
        "version": 1}
    assert given.UUID.fullmatch(user["id"]) and given.TIME.fullmatch(user["created_at"])
    assert user["updated_at"] == user["created_at"]
    assert created.headers["Location"] == path_of(user)
    assert created.headers["Content-Type"] == "application/json"
    assert version_of(created) == 1
    got = client.get(path_of(user))
    assert (got.status, got.json, got.etag) == (200, user, created.etag)


def test_the_least_user_has_only_what_is_known(client):
    user = new_user(client)
    assert set(user) == {"id", "name", "email", "version", "created_at", "updated_at"}


@pytest.mark.parametrize("fields", [
    {"name": "x"}, {"name": "é" * 200}, {"name": "𝄞 Ω ד"}, {"phone": "+12025550123"},
    {"phone": "+493012345678901"}, {"locale": "de"}, {"locale": "en-GB"}], ids=str)
def test_good_values_are_kept_as_they_are(client, fields):
    user = new_user(client, **fields)
    assert {name: user[name] for name in fields} == fields


def test_an_email_may_be_as_long_as_the_contract_says(client):
    local = uuid.uuid4().hex * 2
    domain = ".".join(["d" * 60] * 4)[:254 - len(local) - 1 - 4] + ".org"
    email = f"{local}@{domain}"
    assert len(email) == 254
    assert new_user(client, email=email)["email"] == email
    expect(client.post("/user", {"name": "x", "email": "a" + email}), 422, "validation-failed")


@pytest.mark.parametrize("user_id", [given.SOME_ID, "1", "null", "%C3%A9"])
def test_a_user_that_is_not_there_is_404_everywhere(client, user_id):
    path = f"/user/{user_id}"
    for method, more, body in (
            ("GET", "", None), ("PUT", "", {"name": "x"}), ("PATCH", "", {"name": "x"}),
            ("DELETE", "", None), ("GET", "/address", None), ("POST", "/address", ADDRESS),
            ("GET", "/notification", None), ("PUT", "/notification", {"channel": "none"})):
        expect(client.request(method, path + more, body), 404, "user-not-found")
    assert client.get(path + "/cart").status == 404


def test_if_none_match_gives_304_until_something_changes(client):
    user = new_user(client)
    etag = client.get(path_of(user)).etag
    answer = client.get(path_of(user), If_None_Match=etag)
    assert (answer.status, answer.body, answer.etag) == (304, b"", etag)
    client.put(path_of(user), {"name": "Eve"})
    assert client.get(path_of(user), If_None_Match=etag).json["name"] == "Eve"


def test_head_is_get_without_the_body(client):
    user = new_user(client)
    for path in ("/user", path_of(user), path_of(user, "address"), path_of(user, "notification")):
        got, head = client.get(path), client.head(path)
        assert (head.status, head.body, head.etag) == (200, b"", got.etag)


# change


def test_put_merges_the_fields_given(client):
    user = new_user(client, phone="+4930123456")
    answer = expect(client.put(path_of(user), {"name": "Eve", "locale": "de"}), 200)
    expected = user | {"name": "Eve", "locale": "de", "version": 2}
    assert given.without(answer.json, "updated_at") == given.without(expected, "updated_at")
    assert version_of(answer) == 2 and answer.json["updated_at"] >= user["updated_at"]
    assert read(client, user) == answer.json


def test_patch_changes_and_with_null_removes(client):
    user = new_user(client, phone="+4930123456", locale="de")
    answer = expect(client.patch(path_of(user), {"phone": None, "name": "Eve"},
                                 Content_Type="application/merge-patch+json"), 200)
    assert "phone" not in answer.json
    assert (answer.json["name"], answer.json["locale"], answer.json["version"]) == ("Eve", "de", 2)
    assert read(client, user) == answer.json


@pytest.mark.parametrize("field", ["name", "email"])
def test_what_is_required_cannot_be_removed(client, field):
    user = new_user(client)
    answer = expect(client.patch(path_of(user), {field: None}), 422, "validation-failed")
    assert answer.errors() == {(field, "required")}
    assert read(client, user) == user


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("field", ["version", "created_at", "updated_at"])
def test_what_the_server_keeps_cannot_be_changed(client, method, field):
    user = new_user(client)
    answer = client.request(method, path_of(user), {field: user[field]})
    assert expect(answer, 422).errors() == {(field, "read-only")}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_if_match_guards_each_change(client, method):
    user = new_user(client)
    etag = client.get(path_of(user)).etag
    body = {"name": "Eve"} if method[0] == "P" else None
    for value in ('"99"', '"0"', '"x"'):
        answer = client.request(method, path_of(user), body, {"If-Match": value})
        expect(answer, 412, "precondition-failed")
    assert read(client, user) == user
    assert client.request(method, path_of(user), body, {"If-Match": etag}).status in (200, 204)


def test_a_match_can_be_required(start, client):
    user = new_user(client)
    strict = start(SHOPD_REQUIRE_MATCH="on").client()
    for method, body in (("PUT", {"name": "x"}), ("PATCH", {"name": "x"}), ("DELETE", None)):
        expect(strict.request(method, path_of(user), body), 428, "precondition-required")
    expect(strict.put(path_of(user), {"name": "x"}, If_Match='"1"'), 200)


def test_parallel_changes_of_different_fields_all_survive(shopd):
    clients = [shopd.client() for _ in range(6)]
    user = new_user(clients[0])
    bodies = [{"name": "Eve"}, {"phone": "+4930123456"}, {"locale": "de"}]
    answers = given.at_once([
        lambda n=n: clients[n].request(("PUT", "PATCH")[n % 2], path_of(user), bodies[n // 2])
        for n in range(6)])
    assert {answer.status for answer in answers} == {200}
    after = read(clients[0], user)
    assert {name: after[name] for body in bodies for name in body} == {
        name: value for body in bodies for name, value in body.items()}


# list


def test_users_are_listed_page_by_page_the_newest_first(fresh):
    client = fresh.client()
    made = [new_user(client, name=f"u{n}") for n in range(23)]
    for limit in (100, 5, 1):
        entries = given.walk(client, "/user", limit=limit)
        assert sorted(entry["id"] for entry in entries) == sorted(user["id"] for user in made)
        times = [entry["created_at"] for entry in entries]
        assert times == sorted(times, reverse=True)
    by_id = {user["id"]: user for user in made}
    for entry in entries:
        user = by_id[entry["id"]]
        assert {"id", "name", "email"} <= set(entry)
        assert all(user[name] == value for name, value in entry.items())
    assert len(client.get("/user").json["data"]) == 20
    client.delete(path_of(made[7]))
    client.put(path_of(made[8]), {"name": "renamed"})
    names = {entry["id"]: entry["name"] for entry in given.walk(client, "/user")}
    assert made[7]["id"] not in names and len(names) == 22
    assert names[made[8]["id"]] == "renamed"


def test_a_cursor_of_users_is_for_users(fresh):
    client = fresh.client()
    for _ in range(3):
        new_user(client)
        client.create()
    cursor = client.get("/user?limit=1").json["next"]
    expect(client.get(given.url("/product", cursor=cursor)), 400, "invalid-cursor")
    products = client.get("/product?limit=1").json["next"]
    for bad in (products, cursor[:-1], cursor + "A", "x"):
        expect(client.get(given.url("/user", cursor=bad)), 400, "invalid-cursor")


# addresses


def test_an_address_is_made_read_changed_and_removed(client):
    user = new_user(client)
    body = ADDRESS | {"line2": "2nd floor", "region": "BE", "postal_code": "10115",
                      "phone": "+4930123456"}
    created = expect(client.post(path_of(user, "address"), body), 201)
    address = created.json
    path = path_of(user, "address", address["id"])
    assert given.without(address, "id", "version", "created_at", "updated_at") == body
    assert (created.headers["Location"], version_of(created), address["version"]) == (path, 1, 1)
    assert given.TIME.fullmatch(address["created_at"])
    got = expect(client.get(path), 200)
    assert (got.json, got.etag) == (address, created.etag)
    expect(client.get(path, If_None_Match=got.etag), 304)
    changed = expect(client.put(path, {"city": "Köln", "line2": None}), 200)
    assert given.without(changed.json, "updated_at") == given.without(
        address | {"city": "Köln", "version": 2}, "updated_at", "line2")
    assert client.get(path).json == changed.json
    expect(client.delete(path), 204)
    for method in ("GET", "PUT", "DELETE"):
        answer = client.request(method, path, {"city": "x"} if method == "PUT" else None)
        expect(answer, 404, "address-not-found")
    assert client.get(path_of(user, "address")).json == {"data": []}


def test_the_least_address_has_only_what_was_given(client):
    address = new_address(client, new_user(client))
    assert set(address) == {*ADDRESS, "id", "version", "created_at", "updated_at"}


def test_addresses_are_listed_the_oldest_first(client):
    user = new_user(client)
    made = [new_address(client, user, line1=f"{n} Way") for n in range(5)]
    assert client.get(path_of(user, "address")).json == {"data": made}


def test_an_address_belongs_to_one_user(client):
    owner, other = new_user(client), new_user(client)
    address = new_address(client, owner)
    path = path_of(other, "address", address["id"])
    expect(client.get(path), 404, "address-not-found")
    expect(client.put(path, {"city": "x"}), 404, "address-not-found")
    expect(client.delete(path), 404, "address-not-found")
    assert client.get(path_of(owner, "address")).json == {"data": [address]}


@pytest.mark.parametrize("address_id", [given.SOME_ID, "1", "%C3%A9"])
def test_an_address_that_is_not_there_is_404(client, address_id):
    path = path_of(new_user(client), "address", address_id)
    for method, body in (("GET", None), ("PUT", {"city": "x"}), ("DELETE", None)):
        expect(client.request(method, path, body), 404, "address-not-found")


def test_if_match_guards_an_address(client):
    user = new_user(client)
    path = path_of(user, "address", new_address(client, user)["id"])
    for method, body in (("PUT", {"city": "Bonn"}), ("DELETE", None)):
        answer = client.request(method, path, body, {"If-Match": '"99"'})
        expect(answer, 412, "precondition-failed")
    etag = expect(client.put(path, {"city": "Bonn"}, If_Match='"1"'), 200).etag
    expect(client.put(path, {"city": "Ulm"}, If_Match='"1"'), 412)
    expect(client.delete(path, If_Match=etag), 204)


def test_a_user_has_at_most_fifty_addresses_also_when_many_are_added_at_once(shopd):
    clients = [shopd.client() for _ in range(8)]
    user = new_user(clients[0])
    for n in range(48):
        new_address(clients[0], user, line1=str(n))
    answers = given.at_once([lambda c=c: c.post(path_of(user, "address"), ADDRESS)
                             for c in clients])
    assert sorted(answer.status for answer in answers) == [201] * 2 + [409] * 6
    assert {answer.code for answer in answers if answer.status == 409} == {"too-many-addresses"}
    listed = clients[0].get(path_of(user, "address")).json["data"]
    assert len(listed) == 50
    expect(clients[0].post(path_of(user, "address"), ADDRESS), 409, "too-many-addresses")
    expect(clients[0].delete(path_of(user, "address", listed[3]["id"])), 204)
    new_address(clients[0], user)


# notification


def test_until_it_was_set_nothing_is_told(client):
    user = new_user(client)
    expected = {"channel": "none", "events": [], "version": 0}
    assert expect(client.get(path_of(user, "notification")), 200).json == expected


@pytest.mark.parametrize("body", [
    {"channel": "none"}, {"channel": "topic", "events": ["order.placed"]},
    {"channel": "sms", "phone": "+4930123456", "events": ["stock.back", "order.placed"]},
    {"channel": "endpoint", "target_arn": ARN, "events": EVENTS}], ids=lambda b: b["channel"])
def test_preferences_are_set_as_a_whole(client, body):
    user = new_user(client)
    path = path_of(user, "notification")
    first = expect(client.put(path, {"channel": "sms", "phone": "+4930654321", "events": EVENTS[:3]}), 200)
    assert (first.json["version"], version_of(first)) == (1, 1)
    answer = expect(client.put(path, body), 200)
    assert given.without(answer.json, "events") == given.without(body, "events") | {"version": 2}
    assert sorted(answer.json["events"]) == sorted(body.get("events", []))
    got = expect(client.get(path), 200)
    assert (got.json, got.etag) == (answer.json, answer.etag)
    expect(client.get(path, If_None_Match=got.etag), 304)


def test_if_match_guards_the_preferences(client):
    path = path_of(new_user(client), "notification")
    expect(client.put(path, {"channel": "topic"}, If_Match='"9"'), 412, "precondition-failed")
    assert client.get(path).json["version"] == 0
    etag = expect(client.put(path, {"channel": "topic"}), 200).etag
    expect(client.put(path, {"channel": "none"}, If_Match=etag), 200)
    expect(client.put(path, {"channel": "topic"}, If_Match=etag), 412)


def test_the_preferences_are_not_the_user(client):
    user = new_user(client, phone="+4930123456")
    client.put(path_of(user, "notification"), {"channel": "sms", "phone": "+4912345678"})
    assert read(client, user) == user
    client.put(path_of(user), {"name": "Eve"})
    assert client.get(path_of(user, "notification")).json["phone"] == "+4912345678"


# the active cart


def test_a_user_without_a_cart_has_none(client):
    user = new_user(client)
    expect(client.get(path_of(user, "cart")), 404, "cart-not-found")
    cart = given.new_cart(client, user)
    got = expect(client.get(path_of(user, "cart")), 200)
    assert (got.json, version_of(got)) == (cart, cart["version"])
    expect(client.delete(f"/cart/{cart['id']}"), 204)
    expect(client.get(path_of(user, "cart")), 404, "cart-not-found")
