"""Shoppers as issuers know them: a sub that shopd has not made, from the first sign-in to an order."""

import contextlib
import types
import uuid

import given
import purchase
import pytest
import shop
from callers import ISSUER, Balanced, Balancer, Bearer, Issuer, Keyed, Keys, user_of
from given import expect, fresh_email

AUTH0 = "auth0|5f7c8ec7c33c6c004bbafe82"
AUTH0_USER = "1b8bbf6c-d6e0-83f6-8158-f526eb7ebc01"  # with the issuer above, by sha256sum


@pytest.fixture(scope="module")
def place(folder, proxy, make_table, tmp_path_factory):
    """A daemon that asks who calls, its staff, and a function that makes shoppers."""
    here = tmp_path_factory.mktemp("shopper")
    keys, issuer, balancer = Keys(here / "keys"), Issuer(), Balancer()
    (here / "jwks").write_text(issuer.key_set())
    key = keys.new("root", "admin")
    daemon = shop.Shopd(
        folder, proxy.url, DYNAMODB_TABLE_NAME=make_table(), SHOPD_API_KEYS=keys.path,
        SHOPD_JWT_ISSUER=ISSUER, SHOPD_JWT_AUDIENCE="web", SHOPD_JWKS_FILE=here / "jwks",
        **balancer.publish()).ready()
    with contextlib.ExitStack() as stack:
        def caller(made):
            stack.callback(made.close)
            return made

        yield types.SimpleNamespace(
            table=daemon.table, guest=caller(daemon.client()),
            staff=caller(Keyed(daemon.port, key)),
            shopper=lambda subject: caller(Bearer(daemon.port, issuer.token(subject))),
            balanced=lambda subject: caller(Balanced(daemon.port, balancer.data(subject))))
    assert daemon.end() == 0
    balancer.pages.end()


def register(caller, **fields):
    return caller.post("/user", {"name": "Ada", "email": fresh_email(), **fields})


def registered(place):
    """A shopper by a sub of his own, and who he is."""
    shopper = place.shopper(f"auth0|{uuid.uuid4()}")
    return shopper, expect(register(shopper), 201).json


@pytest.mark.parametrize("subject", [
    "7d9d9a1e-4f0b-4b7a-9c55-0d8f5b2a6c11", "a3c4f8e2-60b1-70aa-e7cf-09b1d2f3a4c5", AUTH0])
def test_who_signs_in_registers_and_buys(place, subject):
    me, user_id = place.shopper(subject), user_of(subject)
    assert user_of(AUTH0) == AUTH0_USER
    expect(me.get(f"/user/{user_id}"), 404, "user-not-found")
    expect(me.post("/cart", {"user_id": user_id}), 404, "user-not-found")
    made = expect(register(me), 201)
    assert (made.json["id"], made.headers["Location"]) == (user_id, f"/user/{user_id}")
    for caller in (me, place.balanced(subject), place.staff):
        assert expect(caller.get(f"/user/{user_id}"), 200).json == made.json
    tea = place.staff.create(on_hand=5)
    held = purchase.held(me, (tea, 2), user=made.json)
    bought = expect(purchase.order(me, held, cash_on_delivery=True), 201).json
    assert bought["user_id"] == user_id
    listed = expect(me.get(f"/user/{user_id}/order"), 200).json["data"]
    assert [entry["id"] for entry in listed] == [bought["id"]]
    other, _ = registered(place)
    for stranger in (other, place.shopper("auth0|nobody yet")):
        expect(stranger.get(f"/order/{bought['id']}"), 404, "order-not-found")
        expect(stranger.get(f"/user/{user_id}/order"), 404, "user-not-found")
        expect(stranger.get(f"/user/{user_id}"), 404, "user-not-found")


def test_who_is_registered_is_told_who_he_is(place):
    me, user = registered(place)
    for body in ({}, {"id": user["id"]}, {"email": user["email"]}):
        answer = expect(register(me, **body), 409, "user-exists")
        assert answer.json["user_id"] == user["id"] and "GET" in answer.json["detail"]
    assert expect(me.get(f"/user/{user['id']}"), 200).json == user
    taken = expect(register(place.shopper("auth0|taken"), email=user["email"].upper()), 409)
    assert taken.code == "email-taken" and user["id"] not in str(taken)
    key = {"Idempotency-Key": "once"}
    mine = place.shopper("auth0|once")
    body = {"name": "Ada", "email": fresh_email()}
    first = expect(mine.request("POST", "/user", body, key), 201)
    again = expect(mine.request("POST", "/user", body, key), 201)
    assert (again.json, again.headers["Idempotent-Replayed"]) == (first.json, "true")


def test_of_two_who_register_at_once_one_does(place):
    for _ in range(given.scaled(3)):
        subject = f"auth0|{uuid.uuid4()}"
        callers = [place.shopper(subject), place.balanced(subject), place.shopper(subject)]
        answers = given.at_once([lambda caller=caller: register(caller) for caller in callers])
        assert sorted(answer.status for answer in answers) == [201, 409, 409], answers
        for answer in answers:
            named = answer.json["id" if answer.status == 201 else "user_id"]
            assert named == user_of(subject)


def test_a_shopper_makes_nobody_else_and_a_guest_nobody(place):
    me = place.shopper("auth0|me")
    for other in (given.SOME_ID, registered(place)[1]["id"]):
        expect(register(me, id=other), 404, "user-not-found")
    assert expect(register(me, id="me"), 422).errors() == {("id", "invalid-id")}
    expect(register(place.guest), 401, "unauthenticated")
    expect(me.get("/user"), 403, "forbidden")
    expect(me.get(f"/user?email={fresh_email()}"), 403, "forbidden")


def test_staff_make_a_user_for_a_shopper_to_come(place):
    subject = str(uuid.uuid4())
    made = expect(register(place.staff, id=subject), 201)
    assert (made.json["id"], made.headers["Location"]) == (subject, f"/user/{subject}")
    expect(register(place.staff, id=subject), 409, "user-exists")
    assert expect(place.shopper(subject).get(f"/user/{subject}"), 200).json == made.json
    assert expect(register(place.staff), 201).json["id"][14] == "7"


def test_staff_find_a_user_by_email(place):
    def find(email, **parameters):
        return place.staff.get(given.url("/user", email=email, **parameters))

    email = f"Jo.{uuid.uuid4()}+shop@Shop.Example"
    user = expect(register(place.staff, email=email, phone="+4930123456"), 201).json
    entry = given.without(user, "phone")
    for spelt in (email, email.lower(), email.upper()):
        assert expect(find(spelt, limit=1), 200).json == {"data": [entry]}
    assert expect(find("x" + email), 200).json == {"data": []}
    for bad in ("jo", "", "jo@", "a" * 250 + "@shop.example"):
        expect(find(bad), 400, "invalid-parameter")
    expect(place.staff.get("/user?email=j%ff@shop.example"), 400)
    expect(find(email, limit=0), 400, "invalid-parameter")
    expect(find(email, cursor="x"), 400, "invalid-cursor")
    new = fresh_email()
    changed = expect(place.staff.patch(f"/user/{user['id']}", {"email": new}), 200).json
    assert find(email).json == {"data": []}
    assert find(new).json == {"data": [given.without(changed, "phone")]}
    expect(place.staff.delete(f"/user/{user['id']}"), 204)
    assert find(new).json == {"data": []}


def test_who_was_removed_may_register_again_when_nothing_is_left(place, emulator):
    me, user = registered(place)
    path, mark = f"/user/{user['id']}", f"U#{user['id']}"
    tea = place.staff.create(on_hand=5)
    bought = purchase.placed(me, (tea, 1), user=user, cash_on_delivery=True)
    expect(me.delete(path), 204)
    refused = expect(register(me), 409, "user-being-removed")
    assert refused.json["user_id"] == user["id"]
    expect(purchase.cancel(me, bought), 200)
    expect(register(me), 409, "user-being-removed")
    expect(me.delete(path), 204)  # looks at once whether the order has ended
    expect(me.delete(path), 404, "user-not-found")
    expect(register(me), 409, "user-being-removed")  # others may still be at it
    assert [item["sk"]["S"] for item in given.query(emulator, mark, place.table)] == ["GONE"]
    given.expire(emulator, mark, "GONE", place.table)
    again = expect(register(me, name="Eve"), 201).json
    assert (again["id"], again["name"], again["version"]) == (user["id"], "Eve", 1)
    assert [item["sk"]["S"] for item in given.query(emulator, mark, place.table)] == ["#"]
    expect(me.get(f"/order/{bought['id']}"), 404, "order-not-found")  # nobody's for ever
    assert expect(me.get(path + "/order"), 200).json["data"] == []
    expect(me.delete(path), 204)
