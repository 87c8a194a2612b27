"""Users, addresses and preferences beside each other and through faults: nothing is left over,
nothing is lost, and an e-mail address never belongs to two."""

import concurrent.futures
import itertools
import json
import uuid

import pytest

import shop

pytestmark = pytest.mark.volume

numbers = itertools.count(1)
ADDRESS = {"name": "Jo", "line1": "Weg 1", "city": "Graz", "country": "AT"}


def new_email():
    return f"jo.{uuid.uuid4()}@shop.example"


def create_user(client, **fields):
    answer = client.post("/user", {"name": "Jo", "email": new_email(), **fields})
    assert answer.status == 201, answer
    return answer.json


def create_address(client, user, **fields):
    answer = client.post(f"/user/{user['id']}/address", {**ADDRESS, **fields})
    assert answer.status == 201, answer
    return answer.json


def items_of(emulator, user_id, table=shop.TABLE):
    """The raw items below a user's key, by sort key, but for the mark of a removal that is over."""
    page = emulator.client.query(
        TableName=table, KeyConditionExpression="pk = :p", ConsistentRead=True,
        ExpressionAttributeValues={":p": {"S": f"U#{user_id}"}})
    return {item["sk"]["S"]: item for item in page["Items"]
            if item["sk"]["S"] != "GONE" or "ttl" not in item}


def locks_of(emulator, user_id, table=shop.TABLE):
    return [item for item in emulator.all_items(table)
            if item["pk"]["S"].startswith("EMAIL#") and item["user_id"]["S"] == user_id]


def at_once(*actions):
    with concurrent.futures.ThreadPoolExecutor(len(actions)) as pool:
        return [future.result() for future in [pool.submit(action) for action in actions]]


# ---------------------------------------------------------------------------- side by side


def test_of_many_who_want_an_e_mail_address_one_gets_it(shopd, emulator):
    email = new_email()
    spellings = [email, email.upper(), email.title(), email.replace("shop", "SHOP")]
    answers = at_once(*(
        lambda spelling=spelling: shopd.client().post("/user", {"name": "n", "email": spelling})
        for spelling in spellings))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert {answer.code for answer in answers if answer.status == 409} == {"email-taken"}
    winner, = (answer.json for answer in answers if answer.status == 201)
    assert len(locks_of(emulator, winner["id"])) == 1


def test_an_e_mail_address_is_free_as_soon_as_nobody_has_it(client, emulator):
    first, second = create_user(client), create_user(client)
    path = f"/user/{first['id']}"
    assert client.patch(path, {"email": second["email"].upper()}).code == "email-taken"
    assert client.get(path).json == first
    moved = client.patch(path, {"email": new_email()})
    assert (moved.status, moved.json["version"]) == (200, 2)
    assert len(locks_of(emulator, first["id"])) == 1
    assert client.patch(f"/user/{second['id']}", {"email": first["email"]}).status == 200
    assert client.delete(path).status == 204
    assert create_user(client, email=moved.json["email"])["email"] == moved.json["email"]


def test_another_case_is_the_same_address_and_is_kept_as_given(client, emulator):
    user = create_user(client, email=f"j\u00e4{uuid.uuid4()}@shop.example")
    path = f"/user/{user['id']}"
    changed = client.put(path, {"email": user["email"].upper()})
    assert (changed.status, changed.json["email"]) == (200, user["email"].upper())
    assert len(locks_of(emulator, user["id"])) == 1


def test_two_who_swap_addresses_never_share_one(shopd, emulator):
    for _ in range(5):
        client = shopd.client()
        users = [create_user(client), create_user(client)]
        wanted = new_email()
        answers = at_once(*(
            lambda user=user: shopd.client().patch(f"/user/{user['id']}", {"email": wanted})
            for user in users))
        assert sorted(answer.status for answer in answers) == [200, 409]
        for user in users:
            assert len(locks_of(emulator, user["id"])) == 1


def test_changes_of_a_user_beside_new_addresses_lose_neither(shopd, emulator):
    client = shopd.client()
    user = create_user(client)
    path = f"/user/{user['id']}"
    answers = at_once(*itertools.chain.from_iterable(
        (lambda n=n: shopd.client().patch(path, {"name": f"n{n}"}),
         lambda: shopd.client().post(f"{path}/address", ADDRESS)) for n in range(6)))
    assert [answer.status for answer in answers] == [200, 201] * 6
    items = items_of(emulator, user["id"])
    assert items["#"]["address_count"] == {"N": "6"}
    assert client.get(path).json["version"] == 7
    assert len(client.get(f"{path}/address").json["data"]) == 6


def test_fifty_addresses_and_no_more(shopd, emulator):
    client = shopd.client()
    user = create_user(client)
    path = f"/user/{user['id']}/address"
    made = [create_address(client, user, line1=f"Weg {n}")["id"] for n in range(48)]
    answers = at_once(*[lambda: shopd.client().post(path, ADDRESS)] * 4)
    assert sorted(answer.status for answer in answers) == [201, 201, 409, 409]
    assert client.post(path, ADDRESS).code == "too-many-addresses"
    listed = client.get(path).json["data"]
    assert [address["id"] for address in listed[:48]] == made
    assert len(listed) == 50
    assert client.delete(f"{path}/{made[0]}").status == 204
    assert client.post(path, ADDRESS).status == 201
    # All of it goes at once, with 55 writes.
    assert client.put(f"/user/{user['id']}/notification", {"channel": "none"}).status == 200
    assert client.delete(f"/user/{user['id']}").status == 204
    assert items_of(emulator, user["id"]) == {}


def test_a_user_who_goes_beside_all_kinds_of_writes_leaves_nothing(shopd, emulator):
    for _ in range(15):
        client = shopd.client()
        user = create_user(client)
        path = f"/user/{user['id']}"
        address = create_address(client, user)
        deleted, *others = at_once(
            lambda: shopd.client().delete(path),
            lambda: shopd.client().post(f"{path}/address", ADDRESS),
            lambda: shopd.client().put(f"{path}/notification", {"channel": "none"}),
            lambda: shopd.client().patch(path, {"email": new_email()}),
            lambda: shopd.client().put(f"{path}/address/{address['id']}", {"line2": "2"}),
            lambda: shopd.client().delete(f"{path}/address/{address['id']}"))
        assert deleted.status == 204
        for answer in others:
            assert answer.status in (200, 201, 204, 404), answer
        assert items_of(emulator, user["id"]) == {}
        assert locks_of(emulator, user["id"]) == []
        assert client.get(path).code == "user-not-found"
        assert client.get(f"{path}/notification").code == "user-not-found"
        assert client.get(f"{path}/address").code == "user-not-found"
        assert client.get(f"{path}/address/{address['id']}").code == "user-not-found"
        assert client.delete(path).status == 404


def test_the_active_cart_goes_with_its_user(client, emulator):
    user = create_user(client)
    cart = client.post("/cart", {"user_id": user["id"]})
    assert cart.status == 201, cart
    assert client.delete(f"/user/{user['id']}").status == 204
    assert items_of(emulator, user["id"]) == {}
    assert client.get(f"/cart/{cart.json['id']}").code == "cart-not-found"
    assert client.post("/cart", {"user_id": user["id"]}).code == "user-not-found"


def test_a_cart_beside_the_end_of_its_user_is_not_left_behind(shopd, emulator):
    for _ in range(10):
        client = shopd.client()
        user = create_user(client)
        deleted, *carts = at_once(
            lambda: shopd.client().delete(f"/user/{user['id']}"),
            *[lambda: shopd.client().post("/cart", {"user_id": user["id"]})] * 3)
        assert deleted.status == 204
        assert items_of(emulator, user["id"]) == {}
        for cart in carts:
            assert cart.status in (200, 201, 404), cart
            if cart.status != 404:
                assert client.get(f"/cart/{cart.json['id']}").code == "cart-not-found"


def test_first_preferences_can_be_asked_to_be_the_first(client):
    path = f"/user/{create_user(client)['id']}/notification"
    etag = client.get(path).etag
    assert etag == '"0"'
    assert client.put(path, {"channel": "topic"}, If_Match='"1"').status == 412
    assert client.put(path, {"channel": "topic"}, If_Match=etag).etag == '"1"'
    assert client.put(path, {"channel": "none"}, If_Match=etag).status == 412
    assert client.put(path, {"channel": "none"}, If_Match='"1"').etag == '"2"'
    nobody = f"/user/{uuid.uuid4()}/notification"
    assert client.put(nobody, {"channel": "none"}, If_Match='"1"').code == "user-not-found"


def test_what_another_tool_keeps_beside_survives_every_change(client, emulator):
    user = create_user(client, phone="+4930123456")
    address = create_address(client, user, line2="x")
    path = f"/user/{user['id']}"
    for sk in ("#", f"A#{address['id']}"):
        emulator.client.update_item(
            TableName=shop.TABLE, Key={"pk": {"S": f"U#{user['id']}"}, "sk": {"S": sk}},
            UpdateExpression="SET theirs = :t", ExpressionAttributeValues={":t": {"SS": ["a"]}})
    assert client.patch(path, {"phone": None, "name": "N"}).status == 200
    assert client.put(f"{path}/address/{address['id']}", {"line2": None}).status == 200
    items = items_of(emulator, user["id"])
    assert all(items[sk]["theirs"] == {"SS": ["a"]} for sk in ("#", f"A#{address['id']}"))
    assert "phone" not in items["#"] and "line2" not in items[f"A#{address['id']}"]


# ---------------------------------------------------------------------------- faults


LOST = ("lost-after", "internal-after", "cut-after", "hang-after")


def create(client, _):
    return client.post("/user", {"name": "n", "email": new_email()})


def rename(client, user):
    return client.patch(f"/user/{user['id']}", {"name": "other"}, If_Match='"1"')


def move(client, user):
    return client.put(f"/user/{user['id']}", {"email": new_email()}, If_Match='"1"')


def add_address(client, user):
    return client.post(f"/user/{user['id']}/address", ADDRESS)


def change_address(client, user):
    return client.put(f"/user/{user['id']}/address/{user['address']}", {"line2": "2"},
                      If_Match='"1"')


def remove_address(client, user):
    return client.delete(f"/user/{user['id']}/address/{user['address']}", If_Match='"1"')


def prefer(client, user):
    return client.put(f"/user/{user['id']}/notification", {"channel": "topic"})


def remove(client, user):
    return client.delete(f"/user/{user['id']}", If_Match='"1"')


def whole(client, emulator, user_id, table=shop.TABLE):
    """The user is all there, or not at all, but perhaps for the mark of a removal that broke off."""
    items = items_of(emulator, user_id, table)
    if items.keys() == {"GONE"}:
        assert client.delete(f"/user/{user_id}").status == 204
        items = items_of(emulator, user_id, table)
    locks = locks_of(emulator, user_id, table)
    if "#" not in items:
        assert items == {} and locks == []
        return
    addresses = [sk for sk in items if sk.startswith("A#")]
    assert items["#"]["address_count"] == {"N": str(len(addresses))}
    assert len(locks) == 1
    assert len(client.get(f"/user/{user_id}/address").json["data"]) == len(addresses)


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("act, status", [
    (create, 201), (rename, 200), (move, 200), (add_address, 201), (change_address, 200),
    (remove_address, 204), (prefer, 200), (remove, 204)])
def test_what_was_done_without_an_answer_is_not_done_twice(
        start, proxy, emulator, table, act, status, fault):
    client = start(SHOPD_REQUEST_DEADLINE="8").client()
    user = create_user(client)
    user["address"] = create_address(client, user)["id"]
    single = act in (rename, change_address)
    proxy.fault(fault, operation="UpdateItem" if single else "TransactWriteItems", count=1)
    answer = act(client, user)
    assert proxy.tell()["faults"] == {fault: 1}
    assert answer.status == status, answer
    proxy.rules()
    whole(client, emulator, user["id"])
    if act in (rename, move, change_address):
        assert answer.json["version"] == 2
    if act is create:
        whole(client, emulator, answer.json["id"])


@pytest.mark.parametrize("seed", range(6))
def test_through_faults_each_user_is_whole(start, proxy, emulator, table, seed):
    client = start(SHOPD_REQUEST_DEADLINE="2500ms").client()
    quiet = start().client()
    actions = (rename, move, add_address, change_address, remove_address, prefer, remove)
    for n, act in enumerate(actions):
        proxy.rules()
        user = create_user(quiet)
        user["address"] = create_address(quiet, user)["id"]
        proxy.rules(*({"fault": fault, "probability": 0.2, "seed": f"{seed}{n}{fault}"}
                      for fault in ("internal-after", "lost-after", "conflict", "close")))
        answer = act(client, user)
        proxy.rules()
        assert answer.status in (200, 201, 204, 503), answer
        whole(quiet, emulator, user["id"])


# ---------------------------------------------------------------------------- keys and logs


def test_a_repeated_post_makes_one_user_and_one_address(client, emulator):
    email = new_email()
    answers = [client.post("/user", {"name": "n", "email": email}, Idempotency_Key=email)
               for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body == answers[1].body
    user = answers[0].json
    for _ in range(2):
        answer = client.post(f"/user/{user['id']}/address", ADDRESS, Idempotency_Key=email)
        assert answer.status == 201
    assert items_of(emulator, user["id"])["#"]["address_count"] == {"N": "1"}
    for _ in range(2):
        answer = client.patch(f"/user/{user['id']}", {"email": email + ".example"},
                              Idempotency_Key=email)
        assert (answer.status, answer.json["version"]) == (200, 2)
    taken = [client.post("/user", {"name": "n", "email": email + ".example"}, Idempotency_Key="t")
             for _ in range(2)]
    assert [answer.code for answer in taken] == ["email-taken"] * 2


def test_logs_know_no_names_addresses_or_numbers(fresh):
    client = fresh.client()
    user = create_user(client, name="Quaxelbert", phone="+43111222333")
    path = f"/user/{user['id']}"
    create_address(client, user, name="Quaxelbert", line1="Rumpelgasse 9")
    client.post("/user", {"name": "Quaxelbert", "email": user["email"]})
    client.patch(path, {"phone": "Quaxelbert", "email": "Quaxelbert"})
    client.put(f"{path}/notification", {"channel": "sms", "phone": "+43111222333"})
    client.get("/user")
    client.delete(path)
    text = json.dumps(fresh.log())
    for secret in ("Quaxelbert", user["email"], "111222333", "Rumpelgasse"):
        assert secret not in text


def test_the_list_goes_on_from_page_to_page_newest_first(fresh):
    client = fresh.client()
    made = [create_user(client)["id"] for _ in range(25)]
    seen, path = [], "/user?limit=10"
    while path:
        answer = client.get(path)
        assert answer.status == 200
        seen += answer.json["data"]
        cursor = answer.json.get("next")
        path = cursor and f"/user?limit=10&cursor={cursor}"
    times = [user["created_at"] for user in seen]
    assert times == sorted(times, reverse=True)
    assert sorted(user["id"] for user in seen) == sorted(made)
    assert set(seen[0]) == {"id", "name", "email", "version", "created_at", "updated_at"}
    assert client.get(f"/user?cursor={answer.headers['X-Request-Id']}").code == "invalid-cursor"
