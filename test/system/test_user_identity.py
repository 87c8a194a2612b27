"""What makes a user one person: the e-mail that only one has, and that nothing stays behind."""

import json
import uuid

import pytest

import given
from given import ADDRESS, expect, fresh_email, new_address, new_user


def path_of(user, *more):
    return "/".join(["/user", user["id"], *more])


def create(client, email):
    return client.post("/user", {"name": "Ada", "email": email})


def set_email(client, user, email):
    return client.put(path_of(user), {"email": email})


# one e-mail, one user


def test_an_email_is_taken_once(client):
    user = new_user(client)
    expect(create(client, user["email"]), 409, "email-taken")
    other = new_user(client)
    for method in ("PUT", "PATCH"):
        answer = client.request(method, path_of(other), {"email": user["email"]})
        expect(answer, 409, "email-taken")
    assert client.get(path_of(other)).json == other
    expect(create(client, user["email"]), 409, "email-taken")


@pytest.mark.parametrize("one, other", [
    ("ada@example.org", "ADA@EXAMPLE.ORG"), ("Ada@example.org", "aDA@Example.Org"),
    ("josé@example.org", "JOSÉ@example.org"), ("σίγμα@example.org", "ΣΊΓΜΑ@example.org"),
    ("яхта@example.org", "ЯХТА@example.org"), ("kelvin@example.org", "\u212aelvin@example.org"),
    ("straße@example.org", "STRA\u1e9eE@example.org"), ("ada@bücher.example", "ADA@BÜCHER.example")])
def test_two_that_differ_only_in_case_are_the_same(client, one, other):
    """What is no acceptable e-mail is refused; what is accepted is one with its other cases."""
    unique = uuid.uuid4().hex
    answers = [create(client, unique + email) for email in (one, other)]
    for answer in answers:
        if answer.status == 422:
            assert answer.errors() == {("email", "invalid-email")}
    if one.isascii() and other.isascii():
        assert [answer.status for answer in answers] == [201, 409]
    if [answer.status for answer in answers].count(422) == 0:
        assert answers[0].status == 201
        expect(answers[1], 409, "email-taken")


def test_the_email_is_shown_as_it_was_given_or_in_small_letters(client):
    email = f"Ada.{uuid.uuid4()}@Example.ORG"
    user = new_user(client, email=email)
    assert user["email"] in (email, email.lower())
    assert client.get(path_of(user)).json == user


def test_of_many_who_want_one_email_at_once_one_gets_it(pair):
    clients = [pair[n % 2].client() for n in range(32)]
    for _ in range(given.scaled(2)):
        email = fresh_email()
        spelt = [email, email.upper()]
        answers = given.at_once([
            lambda n=n, c=c: create(c, spelt[n % 3 == 0]) for n, c in enumerate(clients)])
        assert sorted(answer.status for answer in answers) == [201] + [409] * 31
        assert {answer.code for answer in answers if answer.status == 409} == {"email-taken"}
        made, = (answer.json for answer in answers if answer.status == 201)
        assert clients[1].get(path_of(made)).json == made
        listed = [entry["id"] for entry in given.walk(clients[0], "/user", limit=100)
                  if entry["email"].lower() == email.lower()]
        assert listed == [made["id"]]


def test_a_change_of_the_email_frees_the_old_one(client):
    user = new_user(client)
    email = fresh_email()
    for method, new in (("PUT", email), ("PATCH", fresh_email())):
        old = client.get(path_of(user)).json["email"]
        changed = expect(client.request(method, path_of(user), {"email": new}), 200).json
        assert changed["email"] == new
        expect(create(client, new), 409, "email-taken")
        expect(create(client, old), 201)


def test_ones_own_email_may_be_set_again_also_in_another_case(client):
    user = new_user(client)
    assert expect(set_email(client, user, user["email"]), 200).json["version"] == 1
    expect(set_email(client, user, user["email"].upper()), 200)
    expect(create(client, user["email"]), 409, "email-taken")
    expect(set_email(client, user, user["email"]), 200)


def test_two_users_swap_by_way_of_a_third_email(client):
    one, two = new_user(client), new_user(client)
    expect(set_email(client, one, two["email"]), 409, "email-taken")
    expect(set_email(client, one, fresh_email()), 200)
    expect(set_email(client, two, one["email"]), 200)
    expect(set_email(client, one, two["email"]), 200)
    assert client.get(path_of(one)).json["email"] == two["email"]
    assert client.get(path_of(two)).json["email"] == one["email"]


def test_two_users_who_swap_at_once_both_keep_theirs(pair):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(5)):
        one, two = new_user(here), new_user(here)
        answers = given.at_once([lambda: set_email(here, one, two["email"]),
                                 lambda: set_email(there, two, one["email"])])
        for answer in answers:
            expect(answer, 409, "email-taken")
        assert [here.get(path_of(user)).json for user in (one, two)] == [one, two]


def test_of_two_users_who_want_one_email_one_gets_it(pair):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(5)):
        one, two, email = new_user(here), new_user(here), fresh_email()
        answers = given.at_once([lambda: set_email(here, one, email),
                                 lambda: set_email(there, two, email)])
        assert sorted(answer.status for answer in answers) == [200, 409]
        loser = one if answers[0].status == 409 else two
        assert here.get(path_of(loser)).json == loser
        expect(create(here, (one, two)[loser is one]["email"]), 201)


def test_two_changes_of_one_users_email_leave_one_lock(pair, emulator):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(5)):
        user, emails = new_user(here), [fresh_email(), fresh_email()]
        answers = given.at_once([lambda: set_email(here, user, emails[0]),
                                 lambda: set_email(there, user, emails[1])])
        assert {answer.status for answer in answers} == {200}
        kept = here.get(path_of(user)).json["email"]
        expect(create(here, kept), 409, "email-taken")
        for email in {user["email"], *emails} - {kept}:
            expect(create(here, email), 201)


# the person goes


def test_what_is_deleted_is_gone_everywhere(client, emulator):
    before = set(given.snapshot(emulator))
    mark = uuid.uuid4().hex
    user, kept = whole_person(client, mark), new_user(client)
    expect(client.delete(path_of(user)), 204)
    for method, path, body in (
            ("GET", path_of(user), None), ("PUT", path_of(user), {"name": "x"}),
            ("PATCH", path_of(user), {"name": "x"}), ("DELETE", path_of(user), None),
            ("GET", path_of(user, "address"), None), ("POST", path_of(user, "address"), ADDRESS),
            ("GET", path_of(user, "notification"), None),
            ("PUT", path_of(user, "notification"), {"channel": "none"}),
            ("POST", "/cart", {"user_id": user["id"]})):
        expect(client.request(method, path, body), 404, "user-not-found")
    assert client.get(path_of(user, "cart")).status == 404
    expect(client.get(f"/cart/{user['cart']}"), 404, "cart-not-found")
    everything = json.dumps(emulator.all_items(), default=repr, ensure_ascii=False)
    for trace in (mark, mark.upper(), user["phone"]):
        assert trace not in everything
    assert client.get(path_of(kept)).json == kept
    new = [key for key in given.snapshot(emulator) if key not in before]
    assert len([pk for pk, _ in new if pk.startswith("EMAIL#")]) == 1
    assert expect(create(client, user["email"]), 201).json["id"] != user["id"]


def whole_person(client, mark):
    """A user of whom everything is known; each text that could be a trace has the mark in it."""
    digits = str(int(mark, 16))[-11:]
    user = new_user(client, name=f"Ada {mark}", email=f"{mark}@example.org", phone=f"+49{digits}")
    for n in range(3):
        new_address(client, user, name=f"name {mark}", line1=f"line1 {mark}", line2=f"line2 {mark}",
                    city=f"city {mark}", region=f"region {mark}", phone=f"+49{digits}")
    expect(client.put(path_of(user, "notification"), {
        "channel": "sms", "phone": f"+49{digits}", "events": ["order.placed"]}), 200)
    product = client.create()
    cart = given.filled_cart(client, (product, 2), user=user)
    return user | {"cart": cart["id"]}


def test_an_address_added_beside_the_removal_does_not_stay_behind(pair, emulator):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(10)):
        mark = uuid.uuid4().hex
        user = new_user(here, name=mark)
        new_address(here, user, line1=mark)
        deleted, added, changed = given.at_once([
            lambda: here.delete(path_of(user)),
            lambda: there.post(path_of(user, "address"), ADDRESS | {"line1": mark}),
            lambda: pair[1].client().put(path_of(user, "notification"), {"channel": "topic"})])
        assert deleted.status == 204, deleted
        assert (added.status, changed.status) in {
            (a, c) for a in (201, 404) for c in (200, 404)}, (added, changed)
        left = given.query(emulator, f"U#{user['id']}")
        assert mark not in json.dumps(left, default=repr)
        assert not [item for item in left if item["sk"]["S"].startswith("A#")]
        expect(here.get(path_of(user, "address")), 404, "user-not-found")


def test_a_cart_made_beside_the_removal_does_not_stay_behind(pair):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(5)):
        user = new_user(here)
        deleted, made = given.at_once([
            lambda: here.delete(path_of(user)),
            lambda: there.post("/cart", {"user_id": user["id"]})])
        assert deleted.status == 204, deleted
        assert made.status in (201, 404), made
        if made.status == 201:
            expect(here.get(made.headers["Location"]), 404, "cart-not-found")
        expect(here.post("/cart", {"user_id": user["id"]}), 404, "user-not-found")
        assert here.get(path_of(user, "cart")).status == 404


def test_a_change_beside_the_removal_does_not_bring_the_user_back(pair, emulator):
    here, there = (daemon.client() for daemon in pair)
    third = pair[0].client()
    for _ in range(given.scaled(5)):
        user, email = new_user(here), fresh_email()
        address = new_address(here, user)
        deleted, changed, moved = given.at_once([
            lambda: here.delete(path_of(user)),
            lambda: set_email(there, user, email),
            lambda: third.put(path_of(user, "address", address["id"]), {"city": "Ulm"})])
        assert deleted.status == 204, deleted
        assert {changed.status, moved.status} <= {200, 404}, (changed, moved)
        assert user["id"] not in {entry["id"] for entry in given.walk(here, "/user", limit=100)}
        assert not [item for item in given.query(emulator, f"U#{user['id']}")
                    if item["sk"]["S"].startswith("A#")]
        for free in (user["email"], email):
            expect(create(here, free), 201)


def test_an_email_is_free_as_soon_as_its_user_is_gone(pair):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(5)):
        user = new_user(here)
        deleted, made = given.at_once([lambda: here.delete(path_of(user)),
                                       lambda: create(there, user["email"])])
        assert deleted.status == 204 and made.status in (201, 409), (deleted, made)
        expect(create(here, user["email"]), 201 if made.status == 409 else 409)


# lost answers


class Change:
    """A write of users: how it is asked for, and whether it has been done."""

    def __init__(self, ask, done, statuses):
        self.ask = ask
        self.done = done
        self.statuses = statuses


def user_changes(client):
    """Each kind of write, for a user of its own."""
    user, email = new_user(client), fresh_email()
    address = new_address(client, user)
    gone, one = new_user(client), path_of(user, "address", address["id"])

    def find(path):
        return client.get(path).json

    def emails():
        return [entry["email"] for entry in given.walk(client, "/user", limit=100)]

    def lines():
        return [entry["line1"] for entry in find(path_of(user, "address"))["data"]]

    return {
        "create": Change(lambda: create(client, "new" + email),
                         lambda: emails().count("new" + email), 201),
        "registration": Change(
            lambda: client.post("/user", {"id": str(uuid.uuid4()), "name": "A", "email": "id" + email}),
            lambda: emails().count("id" + email), 201),
        "put": Change(lambda: client.put(path_of(user), {"name": "Eve"}),
                      lambda: find(path_of(user))["version"] - 1, 200),
        "change of the e-mail": Change(lambda: set_email(client, user, email),
                                       lambda: emails().count(email), 200),
        "new address": Change(
            lambda: client.post(path_of(user, "address"), ADDRESS | {"line1": "new"}),
            lambda: lines().count("new"), 201),
        "change of an address": Change(lambda: client.put(one, {"city": "Ulm"}),
                                       lambda: find(one)["version"] - 1, 200),
        "preferences": Change(
            lambda: client.put(path_of(user, "notification"), {"channel": "topic"}),
            lambda: find(path_of(user, "notification"))["version"], 200),
        "removal of an address": Change(lambda: client.delete(one),
                                        lambda: client.get(one).status == 404, 204),
        "removal": Change(lambda: client.delete(path_of(gone)),
                          lambda: client.get(path_of(gone)).status == 404, 204),
    }


@pytest.mark.parametrize("fault", ["lost-after", "internal-after", "garbage-after"])
def test_a_write_whose_answer_was_lost_is_done_once(start, proxy, make_table, fault):
    client = start(DYNAMODB_TABLE_NAME=make_table()).client()
    for name, change in user_changes(client).items():
        proxy.rules(*({"fault": fault, "operation": operation, "count": 1}
                      for operation in given.WRITES))
        answer = change.ask()
        proxy.rules()
        assert (name, answer.status) == (name, change.statuses), answer
        assert (name, change.done()) == (name, 1)


def test_when_many_answers_are_lost_a_write_is_done_once_or_is_an_honest_503(
        start, proxy, make_table):
    table = make_table()
    for seed in range(3):
        daemon = start(DYNAMODB_TABLE_NAME=table, SHOPD_REQUEST_DEADLINE="2500ms")
        client = daemon.client()
        for name, change in user_changes(client).items():
            given.lose_answers(proxy, 0.5, seed)
            answer = change.ask()
            proxy.rules()
            assert answer.status in (change.statuses, 503), (name, answer)
            possible = (1,) if answer.status == change.statuses else (0, 1)
            assert change.done() in possible, (name, answer)
            assert answer.status != 503 or int(answer.headers["Retry-After"]) >= 1
        client.close()
        assert daemon.end() == 0


def test_a_removal_that_broke_off_can_be_sent_again(start, proxy, make_table, emulator):
    """A removal may take several writes; wherever it breaks off, the next one completes it."""
    table = make_table()
    client = start(DYNAMODB_TABLE_NAME=table, SHOPD_REQUEST_DEADLINE="1",
                   AWS_MAX_ATTEMPTS=1).client()
    for written in range(4):
        mark = uuid.uuid4().hex
        user = whole_person(client, mark)
        proxy.rules(*({"fault": "internal", "operation": name, "skip": written}
                      for name in (*given.WRITES, "BatchWriteItem")))
        first = client.delete(path_of(user))
        proxy.rules()
        assert first.status in (204, 503), first
        again = client.delete(path_of(user))
        assert again.status in (204, 404) if first.status == 503 else again.status == 404, again
        assert mark not in json.dumps(emulator.all_items(table), default=repr)
        expect(create(client, user["email"]), 201)
