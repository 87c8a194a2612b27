"""Carts when answers are lost, when many change one at once, when time has passed, and in the log.

What a cart must show is known from what was acknowledged: an addition that was answered 200 is in
it once, one that was answered 503 outcome-unknown at most once, any other not at all.
"""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

import shop

pytestmark = [pytest.mark.volume, pytest.mark.long]

LOSSES = ("lost-after", "internal-after", "cut-after", "checksum-after", "garbage-after",
          "nonsense-after")
REFUSALS = ("internal", "unavailable", "close", "conflict")
EXCUSES = ("unavailable", "outcome-unknown")


def at_once(actions):
    """Runs the actions at the same moment and returns their results."""
    barrier = threading.Barrier(len(actions))

    def run(action):
        barrier.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


class Carts:
    """A client's view of carts, and the table behind it."""

    def __init__(self, client, emulator, table=shop.TABLE):
        self.client = client
        self.emulator = emulator
        self.table = table

    def make(self, *lines):
        """A guest's cart with these lines; returns its path."""
        path = f"/cart/{self.client.post('/cart', {}).json['id']}"
        for product, quantity in lines:
            answer = self.client.put(f"{path}/item/{product}", {"quantity": quantity})
            assert answer.status == 200, answer
        return path

    def product(self, price=1, **fields):
        return self.client.create(price=price, **fields)["id"]

    def user(self):
        user = str(uuid.uuid4())
        self.emulator.client.put_item(TableName=self.table, Item={
            "pk": {"S": f"U#{user}"}, "sk": {"S": "#"}, "version": {"N": "1"}})
        return user

    def quantities(self, path):
        """What the table itself has."""
        item = self.item(path)
        return item and {product: int(line["M"]["quantity"]["N"])
                         for product, line in item["lines"]["M"].items()}

    def item(self, path, sk="#"):
        pk = path.replace("/cart/", "C#").replace("/user/", "U#")
        return self.emulator.client.get_item(
            TableName=self.table, Key={"pk": {"S": pk}, "sk": {"S": sk}},
            ConsistentRead=True).get("Item")

    def change_item(self, path, **numbers):
        """Sets numbers of the item past shopd."""
        for name, number in numbers.items():
            self.emulator.client.update_item(
                TableName=self.table,
                Key={"pk": {"S": path.replace("/cart/", "C#")}, "sk": {"S": "#"}},
                UpdateExpression="SET #n = :n", ExpressionAttributeNames={"#n": name},
                ExpressionAttributeValues={":n": {"N": str(number)}})


@pytest.fixture
def carts(client, emulator):
    return Carts(client, emulator)


def check_fate(answer, before, after, seen):
    """The table shows what was before or what was to come, and which is known from the answer."""
    if answer.status in (200, 201, 204):
        assert seen == after, answer
        return True
    assert (answer.status, answer.code in EXCUSES) == (503, True), answer
    assert int(answer.headers["Retry-After"]) >= 1
    assert seen in ((before,) if answer.code == "unavailable" else (before, after)), answer
    return False


# ---------------------------------------------------------------------------- one caller



def add_more(carts, cart, tea, _pot):
    carts.client.put(f"{cart}/item/{tea}", {"quantity": 3})
    yield {tea: 3}, {tea: 5}
    yield carts.client.post(f"{cart}/item/{tea}", {"quantity": 2})


def add_new(carts, cart, tea, _pot):
    yield {}, {tea: 2}
    yield carts.client.post(f"{cart}/item/{tea}", {"quantity": 2})


def add_by_key(carts, cart, tea, _pot):
    yield {}, {tea: 2}
    yield carts.client.post(f"{cart}/item/{tea}", {"quantity": 2}, Idempotency_Key="one")


def set_new(carts, cart, tea, _pot):
    yield {}, {tea: 2}
    yield carts.client.put(f"{cart}/item/{tea}", {"quantity": 2})


def set_again(carts, cart, tea, _pot):
    carts.client.put(f"{cart}/item/{tea}", {"quantity": 3})
    yield {tea: 3}, {tea: 2}
    yield carts.client.put(f"{cart}/item/{tea}", {"quantity": 2}, If_Match='"2"')


def remove(carts, cart, tea, pot):
    carts.client.put(f"{cart}/item/{tea}", {"quantity": 3})
    carts.client.put(f"{cart}/item/{pot}", {"quantity": 1})
    yield {tea: 3, pot: 1}, {pot: 1}
    yield carts.client.delete(f"{cart}/item/{tea}")


def merge(carts, cart, tea, pot):
    source = carts.make((tea, 2), (pot, 1))
    carts.client.put(f"{cart}/item/{tea}", {"quantity": 3})
    yield {tea: 3}, {tea: 5, pot: 1}
    answer = carts.client.post(f"{source}/merge", {"into": cart[6:]})
    merged = carts.item(source)["status"]["S"] == "merged"
    assert merged == (carts.quantities(cart) == {tea: 5, pot: 1}), answer
    yield answer


def drop(carts, cart, tea, _pot):
    carts.client.put(f"{cart}/item/{tea}", {"quantity": 3})
    yield {tea: 3}, None
    yield carts.client.delete(cart)


ACTS = (add_new, add_more, add_by_key, set_new, set_again, remove, merge, drop)


def run_act(act, carts, proxy, rules):
    tea, pot = carts.product(1.25), carts.product(2)
    cart = carts.make()
    steps = act(carts, cart, tea, pot)
    before, after = next(steps)
    proxy.rules(*rules)
    answer = next(steps)
    proxy.rules()
    done = check_fate(answer, before, after, carts.quantities(cart))
    if answer.status == 200:
        shown = {line["product_id"]: line["quantity"] for line in answer.json["lines"]}
        assert shown == after
        assert answer.json == carts.client.get(cart).json
    return done


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("fault", LOSSES + REFUSALS)
def test_one_fault_is_overcome(carts, proxy, act, fault):
    for skip in range(4):
        assert run_act(act, carts, proxy, [{"fault": fault, "count": 1, "skip": skip}]), skip


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_many_faults_leave_one_effect_or_are_503(start, proxy, emulator, table, act):
    carts = Carts(start(SHOPD_WORKERS=1).client(), emulator, table)
    done = [run_act(act, carts, proxy, [
        {"fault": fault, "probability": 0.12, "seed": f"{seed}{fault}"}
        for fault in LOSSES + REFUSALS]) for seed in range(12)]
    assert any(done)


def test_a_key_makes_an_addition_that_failed_repeatable(start, proxy, emulator, table):
    """A client that sends the same request until it is answered has added once."""
    carts = Carts(start(SHOPD_REQUEST_DEADLINE="3").client(), emulator, table)
    tea = carts.product()
    for seed in range(6):
        cart = carts.make()
        proxy.rules(*({"fault": fault, "probability": 0.25, "seed": f"{seed}{fault}"}
                      for fault in ("lost-after", "internal-after", "internal")))
        answers = []
        while not answers or answers[-1].status == 503:
            answers.append(carts.client.post(f"{cart}/item/{tea}", {"quantity": 7},
                                             Idempotency_Key=f"key {seed}".replace(" ", "-")))
        proxy.rules()
        assert answers[-1].status == 200, answers
        assert carts.quantities(cart) == {tea: 7}


# ---------------------------------------------------------------------------- many callers


def clients_of(pair, count):
    return [pair[n % 2].client(60) for n in range(count)]


@pytest.mark.parametrize("rules", [
    (),
    ({"fault": "lost-after", "operation": "TransactWriteItems", "probability": 0.3},
     {"fault": "internal-after", "operation": "TransactWriteItems", "probability": 0.2, "seed": 1}),
    tuple({"fault": fault, "probability": 0.06, "seed": fault} for fault in LOSSES),
], ids=["sound", "lost writes", "lost answers"])
@pytest.mark.parametrize("has_keys", [False, True], ids=["alone", "keys"])
def test_32_additions_at_once_add_up(pair, proxy, carts, rules, has_keys):
    clients = clients_of(pair, 32)
    tea = carts.product()
    cart = carts.make()
    proxy.rules(*rules)

    def add(n):
        headers = {"Idempotency_Key": f"k{n}"} if has_keys else {}
        return clients[n].post(f"{cart}/item/{tea}", {"quantity": n + 1}, **headers)

    answers = at_once([lambda n=n: add(n) for n in range(32)])
    proxy.rules()
    total = carts.quantities(cart).get(tea, 0)
    sure = sum(n + 1 for n, answer in enumerate(answers) if answer.status == 200)
    unknown = sum(n + 1 for n, answer in enumerate(answers)
                  if answer.status == 503 and answer.code == "outcome-unknown")
    assert sure <= total <= sure + unknown, answers
    assert all(answer.status in (200, 503) for answer in answers), answers
    if not rules:
        assert (sure, total) == (32 * 33 // 2, 32 * 33 // 2)
    versions = [answer.json["version"] for answer in answers if answer.status == 200]
    assert carts.client.get(cart).json["version"] >= max(versions, default=1)


def test_changes_of_different_lines_at_once_all_survive(pair, carts):
    clients = clients_of(pair, 24)
    products = [carts.product(n + 1) for n in range(24)]
    cart = carts.make(*((product, 1) for product in products[16:]))

    def act(n):
        path = f"{cart}/item/{products[n]}"
        if n < 8:
            return clients[n].put(path, {"quantity": n + 1})
        if n < 16:
            return clients[n].post(path, {"quantity": n + 1})
        return clients[n].delete(path)

    answers = at_once([lambda n=n: act(n) for n in range(24)])
    assert [answer.status for answer in answers] == [200] * 16 + [204] * 8, answers
    assert carts.quantities(cart) == {products[n]: n + 1 for n in range(16)}
    assert carts.client.get(cart).json["version"] == 1 + 8 + 24


def test_the_limits_hold_for_many_at_once(pair, carts):
    clients = clients_of(pair, 16)
    products = [carts.product() for _ in range(16)]
    cart = carts.make()
    fill = [carts.product() for _ in range(2)]
    item = carts.item(carts.make((fill[0], 9990)))
    line = item["lines"]["M"][fill[0]]
    lines = {str(uuid.uuid4()): line for _ in range(84)} | {fill[0]: line}
    carts.emulator.client.put_item(TableName=carts.table, Item={
        **item, "pk": {"S": cart.replace("/cart/", "C#")}, "lines": {"M": lines}})
    answers = at_once([lambda n=n: clients[n].post(f"{cart}/item/{products[n]}", {})
                       for n in range(16)])
    assert sorted(answer.status for answer in answers) == [200] * 5 + [409] * 11
    assert {answer.code for answer in answers if answer.status == 409} == {"cart-full"}
    answers = at_once([lambda n=n: clients[n].post(f"{cart}/item/{fill[0]}", {"quantity": 2})
                       for n in range(16)])
    assert sorted(answer.status for answer in answers) == [200] * 4 + [409] * 12
    assert {answer.code for answer in answers if answer.status == 409} == {"quantity-limit"}
    assert carts.quantities(cart)[fill[0]] == 9998
    assert len(carts.client.get(cart).json["lines"]) == 90


@pytest.mark.parametrize("rules", [
    (), tuple({"fault": fault, "probability": 0.1, "seed": fault} for fault in LOSSES)],
    ids=["sound", "lost answers"])
def test_a_user_has_one_active_cart_however_many_ask(pair, proxy, carts, rules):
    clients = clients_of(pair, 16)
    for _ in range(3):
        user = carts.user()
        proxy.rules(*rules)
        answers = at_once([lambda client=client: client.post("/cart", {"user_id": user})
                           for client in clients])
        proxy.rules()
        good = [answer for answer in answers if answer.status in (200, 201)]
        assert len({answer.json["id"] for answer in good}) == 1
        assert [a.code in EXCUSES for a in answers if a.status == 503] == [True] * (16 - len(good))
        assert carts.client.get(f"/user/{user}/cart").json["id"] == good[0].json["id"]
        if not rules:
            assert sorted(answer.status for answer in answers) == [200] * 15 + [201]


def test_what_is_added_while_a_cart_is_merged_is_merged_or_refused(pair, carts):
    clients = clients_of(pair, 9)
    tea = carts.product()
    merged = 0
    for _ in range(6):
        source, target = carts.make((tea, 1)), carts.make((tea, 100))
        answers = at_once(
            [lambda: clients[8].post(f"{source}/merge", {"into": target[6:]})]
            + [lambda n=n: clients[n].post(f"{source}/item/{tea}", {}) for n in range(8)])
        assert answers[0].status == 200, answers
        added = sum(answer.status == 200 for answer in answers[1:])
        assert all(answer.status == 200 or answer.code == "cart-closed" for answer in answers[1:])
        assert carts.quantities(target) == {tea: 101 + added}
        merged += added
    assert merged >= 0


def test_two_merges_of_one_cart_are_one(pair, carts):
    clients = clients_of(pair, 6)
    tea = carts.product()
    for _ in range(4):
        source = carts.make((tea, 1))
        targets = [carts.make((tea, 10)) for _ in clients]
        answers = at_once([lambda c=c, t=t: c.post(f"{source}/merge", {"into": t[6:]})
                           for c, t in zip(clients, targets)])
        assert sorted(answer.status for answer in answers) == [200] + [409] * 5
        assert sum(carts.quantities(target)[tea] for target in targets) == 61


def test_what_was_acknowledged_survives_a_kill(start, emulator, table):
    daemon = start()
    carts = Carts(daemon.client(), emulator, table)
    tea = carts.product()
    cart = carts.make()
    sent, acknowledged = [0] * 8, [0] * 8

    def add(n):
        client = daemon.client()
        try:
            while True:
                sent[n] += 1
                acknowledged[n] += client.post(f"{cart}/item/{tea}", {}).status == 200
        except OSError:
            pass
        except Exception as error:  # http.client has several names for a connection that ended
            assert "http.client" in type(error).__module__, error

    threads = [threading.Thread(target=add, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    shop.wait_until(lambda: sum(acknowledged) >= 20, what="additions")
    daemon.process.popen.kill()
    for thread in threads:
        thread.join()
    total = carts.quantities(cart)[tea]
    assert 0 < sum(acknowledged) <= total <= sum(sent)


# ---------------------------------------------------------------------------- time, size, log


def test_what_has_expired_is_gone_at_once(carts):
    tea = carts.product()
    cart, other = carts.make((tea, 1)), carts.make()
    carts.change_item(cart, ttl=int(time.time()))
    before = carts.item(cart)
    for answer in (carts.client.get(cart), carts.client.delete(cart),
                   carts.client.put(f"{cart}/item/{tea}", {"quantity": 2}),
                   carts.client.post(f"{cart}/item/{tea}", {}),
                   carts.client.delete(f"{cart}/item/{tea}"),
                   carts.client.post(f"{cart}/merge", {"into": other[6:]}),
                   carts.client.post(f"{other}/merge", {"into": cart[6:]})):
        assert (answer.status, answer.code) == (404, "cart-not-found")
    assert carts.item(cart) == before


def test_a_change_renews_a_cart(carts):
    tea = carts.product()
    cart = carts.make((tea, 1))
    soon = int(time.time()) + 100
    for change in (lambda: carts.client.put(f"{cart}/item/{tea}", {"quantity": 2}),
                   lambda: carts.client.post(f"{cart}/item/{tea}", {}),
                   lambda: carts.client.delete(f"{cart}/item/{tea}")):
        carts.change_item(cart, ttl=soon)
        assert change().status in (200, 204)
        assert int(carts.item(cart)["ttl"]["N"]) >= soon + 86400 - 200


def test_a_users_cart_that_is_closed_makes_room_for_another(carts):
    user, tea = carts.user(), carts.product()
    first = f"/cart/{carts.client.post('/cart', {'user_id': user}).json['id']}"
    ways = (
        lambda cart: carts.client.delete(cart),
        lambda cart: carts.client.post(f"{cart}/merge", {"into": carts.make()[6:]}),
        lambda cart: carts.change_item(cart, ttl=1),
    )
    for close in ways:
        carts.client.put(f"{first}/item/{tea}", {"quantity": 1})
        close(first)
        assert carts.client.get(f"/user/{user}/cart").code == "cart-not-found"
        again = carts.client.post("/cart", {"user_id": user})
        assert (again.status, again.json["lines"]) == (201, [])
        assert carts.item(f"/user/{user}", "CART")["cart_id"]["S"] == again.json["id"]
        first = f"/cart/{again.json['id']}"


def test_removing_an_old_cart_leaves_the_pointer_to_the_new_one(carts):
    user = carts.user()
    old = f"/cart/{carts.client.post('/cart', {'user_id': user}).json['id']}"
    carts.client.post(f"{old}/merge", {"into": carts.make()[6:]})
    new = carts.client.post("/cart", {"user_id": user}).json["id"]
    assert carts.client.delete(old).status == 204
    assert carts.client.get(f"/user/{user}/cart").json["id"] == new


def test_a_full_cart_of_the_dearest_things_adds_up(carts):
    price = Decimal("92233720368547758.07")
    products = [carts.client.request(
        "POST", "/product", f'{{"name": "{n:03}{"ü" * 190}", "price": {price}}}').json["id"]
        for n in range(90)]
    cart = carts.make(*((product, 9999) for product in products))
    shown = carts.client.get(cart)
    assert [line["product_id"] for line in shown.json["lines"]] == products
    assert {line["total"] for line in shown.json["lines"]} == {price * 9999}
    assert shown.json["total"] == price * 9999 * 90
    answer = carts.client.post(f"{carts.make()}/merge", {"into": cart[6:]})
    assert (answer.status, answer.json["total"]) == (200, price * 9999 * 90)


def test_a_product_in_another_currency_by_now_counts_nothing(carts):
    tea, pot = carts.product(3), carts.product(4)
    cart = carts.make((tea, 1), (pot, 1))
    carts.client.put(f"/product/{pot}", {"currency": "JPY", "price": 500})
    shown = carts.client.get(cart).json
    assert (shown["total"], shown["lines"][1]["unavailable"]) == (3, True)
    answer = carts.client.put(f"{cart}/item/{pot}", {"quantity": 2})
    assert (answer.status, answer.code) == (409, "currency-mismatch")


def test_the_tag_changes_with_whatever_is_shown(carts):
    tea = carts.product(3, on_hand=5)
    cart = carts.make((tea, 1))
    tags = [carts.client.get(cart).etag]
    for fields in ({"name": "other"}, {"price": 4}):
        carts.client.put(f"/product/{tea}", fields)
        tags.append(carts.client.get(cart).etag)
    carts.client.delete(f"/product/{tea}")
    tags.append(carts.client.get(cart).etag)
    assert len(set(tags)) == 4
    assert carts.client.get(cart, If_None_Match=tags[-1]).status == 304
    assert carts.client.get(cart, If_None_Match=tags[0]).status == 200
    assert carts.client.delete(f"{cart}/item/{tea}", If_Match=tags[0]).status == 204


def test_the_log_never_has_a_carts_id(start, proxy, emulator, table):
    daemon = start(SHOPD_LOG_LEVEL="debug")
    carts = Carts(daemon.client(), emulator, table)
    tea = carts.product()
    cart, other = carts.make((tea, 1)), carts.make()
    client = carts.client
    answers = [
        client.get(cart), client.post(f"{cart}/item/{tea}", {}, Idempotency_Key="log"),
        client.post(f"{cart}/item/{tea}", {"quantity": -1}), client.patch(cart, {}),
        client.get(f"{cart}/nothing"), client.get(f"{cart}?x=1"), client.get(f"{cart}%00"),
        client.get(cart.replace("/cart", "/%63art")), client.put(f"{cart}/item/x", {"quantity": 1})]
    proxy.rules({"fault": "internal"})
    answers.append(client.get(cart))
    proxy.rules()
    answers += [client.post(f"{cart}/merge", {"into": other[6:]}), client.delete(other)]
    lines = [shop.wait_until(lambda: daemon.log_of(answer.headers["X-Request-Id"]))[0]
             for answer in answers]
    assert {line["path"] for line in lines} == {
        "/cart/{id}", "/cart/{id}/item/{product_id}", "/cart/{id}/merge", "/cart/..."}
    text = daemon.process.log_text()
    assert cart[6:] not in text and other[6:] not in text
