"""Idempotency-Key: a request that is sent again has one effect and one answer."""

import time
import uuid

import pytest

import given
import keyed
import shop
from given import expect
from keyed import REPLAYED, done, essence

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def place(folder, proxy, make_table):
    """Two processes on a table of their own, so that it can be looked through as a whole."""
    table = make_table()
    daemons = [shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=table) for _ in range(2)]
    for daemon in daemons:
        daemon.ready()
    yield daemons
    for daemon in daemons:
        assert daemon.end() == 0, daemon.process.log_text()[-4000:]


@pytest.fixture
def here(place):
    client = place[0].client()
    yield client
    client.close()


@pytest.fixture
def there(place):
    client = place[1].client()
    yield client
    client.close()


every_kind = pytest.mark.parametrize("kind", keyed.KINDS, ids=lambda kind: kind.__name__)


def assert_replay(answer, first):
    assert essence(answer) == essence(first)
    assert (answer.headers[REPLAYED], first.headers[REPLAYED]) == ("true", None)


# the same again


@every_kind
def test_the_same_again_is_the_first_answer_and_no_second_effect(
        place, here, there, emulator, kind):
    case = kind(here)
    first = done(case.send(here))
    after = given.snapshot(emulator, place[0].table)
    assert not case.effects or case.effects(emulator.all_items(place[0].table)) == 1
    for client in (here, there, here):
        assert_replay(case.send(client), first)
    assert given.snapshot(emulator, place[0].table) == after


@every_kind
def test_another_body_with_the_same_key_is_refused(place, here, there, emulator, kind):
    case = kind(here)
    first = done(case.send(here))
    after = given.snapshot(emulator, place[0].table)
    for client in (here, there):
        answer = expect(case.send(client, body=case.other), 422, "idempotency-key-reused")
        assert answer.headers[REPLAYED] is None
    assert given.snapshot(emulator, place[0].table) == after
    assert_replay(case.send(there), first)


@every_kind
def test_two_at_once_have_one_effect_and_both_get_its_answer(place, here, there, emulator, kind):
    for _ in range(given.scaled(3)):
        case = kind(here)
        answers = given.at_once([lambda: case.send(here), lambda: case.send(there)])
        answers.sort(key=lambda answer: answer.headers[REPLAYED] or "")
        done(answers[0])
        assert_replay(answers[1], answers[0])
        assert not case.effects or case.effects(emulator.all_items(place[0].table)) == 1


@every_kind
def test_without_a_key_nothing_is_kept_and_nothing_replayed(place, here, emulator, kind):
    case = kind(here)
    before = len(keyed.records(emulator, place[0].table))
    for _ in range(2):
        answer = here.request(case.method, case.path, case.body)
        assert answer.headers[REPLAYED] is None
    assert len(keyed.records(emulator, place[0].table)) == before


def test_a_patch_with_another_if_match_is_another_request(here):
    for kind in (keyed.change_product, keyed.change_user):
        case = kind(here)
        first = done(case.send(here, If_Match='"1"'))
        assert_replay(case.send(here, If_Match='"1"'), first)
        for value in ('"2"', "*"):
            answer = case.send(here, If_Match=value)
            expect(answer, 422, "idempotency-key-reused")
        expect(case.send(here), 422, "idempotency-key-reused")


def test_a_key_belongs_to_one_path(here):
    key = f"shared-{uuid.uuid4()}"
    for kind in keyed.KINDS:
        if kind not in (keyed.make_cart, keyed.make_guests_cart):
            first = kind(here)
            answer = done(first.send(here, key=key))
            assert answer.headers[REPLAYED] is None, kind
    for kind in (keyed.move_stock, keyed.add_to_cart, keyed.change_user):
        assert done(kind(here).send(here, key=key)).headers[REPLAYED] is None, kind


def test_keys_differ_by_every_character(here, emulator, place):
    case = keyed.move_stock(here)
    keys = ["k", "K", "k1", "k.", '"k"', "x" * 255, "x" * 254, "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"]
    case.body |= {"delta": 1}
    for key in keys:
        assert done(case.send(here, key=key)).headers[REPLAYED] is None, key
    assert case.effects(emulator.all_items(place[0].table)) == len(keys)


# what is kept, where and for how long


def test_an_answer_outlives_a_restart(start, make_table):
    table = make_table()
    daemon = start(DYNAMODB_TABLE_NAME=table)
    client = daemon.client()
    cases = [kind(client) for kind in keyed.KINDS]
    firsts = [done(case.send(client)) for case in cases]
    client.close()
    assert daemon.end() == 0
    client = start(DYNAMODB_TABLE_NAME=table).client()
    for case, first in zip(cases, firsts):
        assert_replay(case.send(client), first)


def test_a_record_has_its_end_and_says_nothing_of_the_key(here, emulator, place):
    known = {item["pk"]["S"] for item in keyed.records(emulator, place[0].table)}
    for kind in keyed.KINDS:
        case = kind(here)
        done(case.send(here))
        record, = (item for item in keyed.records(emulator, place[0].table)
                   if item["pk"]["S"] not in known)
        known.add(record["pk"]["S"])
        assert abs(int(record["ttl"]["N"]) - time.time() - 24 * 3600) < 120
        assert case.key not in str(record)


def test_an_expired_record_counts_as_none(here, emulator, place):
    case = keyed.move_stock(here)
    case.body |= {"delta": 2}
    done(case.send(here))
    keyed.expire_all(emulator, place[0].table)
    second = done(case.send(here))
    assert second.headers[REPLAYED] is None
    assert second.json["on_hand"] == 9
    assert case.effects(emulator.all_items(place[0].table)) == 2
    assert_replay(case.send(here), second)
    expect(case.send(here, body=case.body | {"delta": 1}), 422, "idempotency-key-reused")


def test_two_at_once_after_an_expired_record_have_one_effect(here, there, emulator, place):
    for _ in range(given.scaled(5)):
        case = keyed.add_to_cart(here)
        done(case.send(here))
        keyed.expire_all(emulator, place[0].table)
        answers = given.at_once([lambda: case.send(here), lambda: case.send(there)])
        answers.sort(key=lambda answer: answer.headers[REPLAYED] or "")
        assert_replay(answers[1], answers[0])
        assert done(answers[0]).json["lines"][0]["quantity"] == 6


def test_an_answer_without_an_effect_is_kept_too(here, there):
    product = here.create(on_hand=1)
    cart = given.new_cart(here)
    taken = keyed.Case(given.stock_path(product), {"delta": -5, "reason": "x"}, None)
    absent = keyed.Case(f"/cart/{given.SOME_ID}/merge", {"into": cart["id"]}, None)
    user = given.new_user(here)
    mail = keyed.Case("/user", {"name": "x", "email": user["email"]}, None)
    firsts = [case.send(here) for case in (taken, absent, mail)]
    assert [first.status for first in firsts] == [409, 404, 409]
    expect(here.put(given.stock_path(product), {"on_hand": 50}), 200)
    expect(here.delete(f"/user/{user['id']}"), 204)
    for case, first in zip((taken, absent, mail), firsts):
        assert_replay(case.send(there), first)
    assert here.get(given.stock_path(product)).json["on_hand"] == 50


def test_a_422_is_kept_too(here, there, emulator, place):
    case = keyed.make_product(here)
    wrong = case.body | {"price": -1}
    first = expect(case.send(here, body=wrong), 422, "validation-failed")
    assert_replay(case.send(there, body=wrong), first)
    expect(case.send(there), 422, "idempotency-key-reused")
    assert case.effects(emulator.all_items(place[0].table)) == 0


def test_parallel_requests_with_keys_of_their_own_all_have_their_effect(place):
    clients = [place[n % 2].client() for n in range(16)]
    product = clients[0].create(on_hand=1000)
    cart = given.new_cart(clients[0])
    for path, body in ((given.item_path(cart, product), {"quantity": 2}),
                       (given.stock_path(product), {"delta": -2, "reason": "x"})):
        cases = [keyed.Case(path, body, None) for _ in clients]
        answers = given.at_once([lambda n=n: cases[n].send(clients[n]) for n in range(16)])
        assert {answer.status for answer in answers} == {200}
        for case, answer in zip(cases, answers):
            assert_replay(case.send(clients[0]), answer)
    assert clients[0].get(given.stock_path(product)).json["on_hand"] == 1000 - 32
    shown = clients[0].get(f"/cart/{cart['id']}").json
    assert given.quantities(shown) == {product["id"]: 32}


def test_a_patch_that_changed_nothing_is_kept_too(here):
    product = here.create(n=1)
    case = keyed.Case(f"/product/{product['id']}", {"n": 1}, {"n": 2}, "PATCH")
    first = done(case.send(here))
    expect(here.put(case.path, {"n": 5}), 200)
    assert_replay(case.send(here), first)
    assert here.get(case.path + "?consistent=true").json["n"] == 5
    expect(case.send(here, body=case.other), 422, "idempotency-key-reused")


def test_what_is_refused_before_it_is_looked_at_is_not_kept(here):
    case = keyed.make_product(here)
    expect(case.send(here, body="{"), 400, "invalid-json")
    expect(case.send(here, Content_Type="text/plain"), 415, "unsupported-media-type")
    expect(case.send(here, path="/product?x=1"), 400, "unknown-parameter")
    assert done(case.send(here)).headers[REPLAYED] is None


def test_no_body_is_a_body_too(here):
    """Where none is needed: it says {} but is not taken for it, and has its effect once."""
    case = keyed.Case("/cart", None, {})
    first = done(case.send(here, body=None))
    assert_replay(case.send(here, body=None), first)
    expect(case.send(here, body={}), 422, "idempotency-key-reused")


@pytest.fixture(scope="module")
def hasty(folder, proxy, make_table):
    """A client of a daemon that does not try again, and its table."""
    table = make_table()
    daemon = shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=table, AWS_MAX_ATTEMPTS=1,
                        SHOPD_REQUEST_DEADLINE="1").ready()
    client = daemon.client()
    yield client, table
    client.close()
    assert daemon.end() == 0


@every_kind
def test_a_5xx_is_not_kept(hasty, proxy, kind):
    """Nothing was done under this fault, so the request runs when it is sent again."""
    client, _ = hasty
    case = kind(client)
    proxy.fault("internal")
    first = expect(case.send(client), 503)
    assert first.headers[REPLAYED] is None
    proxy.rules()
    again = done(case.send(client))
    assert again.headers[REPLAYED] is None
    assert_replay(case.send(client), again)


@pytest.mark.parametrize("fault", ["lost-after", "internal-after"])
@every_kind
def test_an_effect_that_shopd_never_heard_of_was_kept_with_its_answer(
        hasty, proxy, emulator, kind, fault):
    client, table = hasty
    lose_the_answer(proxy, emulator, table, (client, kind(client), fault))


def test_an_effect_is_kept_with_its_answer_when_the_deadline_came_first(hasty, proxy, emulator):
    client, table = hasty
    lose_the_answer(proxy, emulator, table, (client, keyed.move_stock(client), "hang-after"))


def lose_the_answer(proxy, emulator, table, what):
    """Writes are done, but shopd does not hear of it: then the same request once more, in peace."""
    client, case, fault = what
    proxy.rules(*({"fault": fault, "operation": name} for name in given.WRITES))
    answer = case.send(client)
    proxy.rules()
    assert answer.status in (200, 201, 503), answer
    again = done(case.send(client))
    assert not case.effects or case.effects(emulator.all_items(table)) == 1
    once_more = case.send(client)
    assert essence(once_more) == essence(again) and once_more.headers[REPLAYED] == "true"


# keys that are none, and methods that take none


@every_kind
def test_what_is_no_key_is_refused(here, place, emulator, kind):
    case = kind(here)
    for key in ("", "x" * 256, "a b", "é", "ключ".encode(), "\u00a0"):
        answer = here.request(case.method, case.path, case.body, {"Idempotency-Key": key})
        expect(answer, 400, "invalid-header")
    assert not case.effects or case.effects(emulator.all_items(place[0].table)) == 0


def test_an_import_takes_no_key(here):
    answer = here.post("/product/import", '{"name":"x","price":1}\n', Idempotency_Key="k",
                       Content_Type="application/x-ndjson")
    expect(answer, 400, "invalid-header")


@pytest.mark.parametrize("key", ["plain", "x" * 256, "a b"])
def test_a_key_on_other_methods_means_nothing(here, emulator, place, key):
    product = here.create(on_hand=1)
    path, stock = f"/product/{product['id']}", given.stock_path(product)
    before = len(keyed.records(emulator, place[0].table))
    for n in (5, 6):
        answer = expect(here.put(path, {"n": n}, Idempotency_Key=key), 200)
        assert (answer.json["n"], answer.headers[REPLAYED]) == (n, None)
        answer = expect(here.put(stock, {"on_hand": n}, Idempotency_Key=key), 200)
        assert answer.json["on_hand"] == n
        assert expect(here.get(stock, Idempotency_Key=key), 200).json == answer.json
    expect(here.delete(path, Idempotency_Key=key), 204)
    expect(here.delete(path, Idempotency_Key=key), 404)
    assert len(keyed.records(emulator, place[0].table)) == before


def test_a_put_or_delete_without_a_key_can_be_sent_again(here, emulator, place):
    """With the If-Match of the first time, of which the second finds another version."""
    product, user = here.create(on_hand=2), given.new_user(here)
    cart, home = given.filled_cart(here, (product, 1)), given.new_address(here, user)
    paths = {f"/product/{product['id']}": {"price": 2}, given.stock_path(product): {"on_hand": 3},
             f"/user/{user['id']}": {"name": "Eve"},
             f"/user/{user['id']}/address/{home['id']}": {"city": "Ulm"},
             f"/user/{user['id']}/notification": {"channel": "topic"},
             given.item_path(cart, product): {"quantity": 2}}
    for path, body in paths.items():
        match = here.get(path.partition("/item/")[0]).etag
        first = expect(here.put(path, body, If_Match=match), 200)
        after = given.snapshot(emulator, place[0].table)
        again = expect(here.put(path, body, If_Match=match), 200)
        assert (again.json, again.etag) == (first.json, first.etag)
        assert first.etag != match and given.snapshot(emulator, place[0].table) == after
    stock = given.stock_path(product)
    for status in (200, 409):  # the one that cannot: it asks for what was there before
        answer = here.put(stock, {"on_hand": 4, "change_from": 3})
        assert answer.status == status and (status == 200 or answer.code == "stock-changed")
    for path in reversed([path for path in paths if not path.endswith(("stock", "notification"))]):
        match = here.get(path.partition("/item/")[0]).etag
        expect(here.delete(path, If_Match=match), 204)
        expect(here.delete(path, If_Match=match), 404)
