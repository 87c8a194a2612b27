"""Subscriptions: who is to be told when a product is back in stock, and when that is over."""

import time

import pytest

import given
from given import SOME_ID, expect, new_user, stock_path

DAYS_90 = 90 * 24 * 3600


@pytest.fixture
def product(client):
    return client.create(name="tea", price=3)


@pytest.fixture
def user(client):
    return new_user(client)


def path_of(product, user):
    return f"/product/{product['id']}/subscription?user_id={user['id']}"


def subscribe(client, product, user):
    return expect(client.put(path_of(product, user)), 200).json


def stored(emulator, product):
    return [item for shard in range(given.SHARDS)
            for item in given.query(emulator, f"SUB#{product['id']}#{shard}")]


def test_a_subscription_says_whose_it_is_and_until_when(client, emulator, product, user):
    shown = subscribe(client, product, user)
    assert set(shown) == {"product_id", "user_id", "created_at", "expires_at"}
    assert (shown["product_id"], shown["user_id"]) == (product["id"], user["id"])
    assert given.TIME.fullmatch(shown["created_at"]) and given.TIME.fullmatch(shown["expires_at"])
    item, = stored(emulator, product)
    assert item["sk"] == {"S": f"U#{user['id']}"}
    assert abs(int(item["ttl"]["N"]) - time.time() - DAYS_90) < 60
    assert (item["g1p"], item["g1s"]) == (
        {"S": f"U#{user['id']}"}, {"S": f"SUB#{product['id']}"})


def test_the_same_again_is_one_subscription_that_lasts_longer(client, emulator, product, user):
    first = subscribe(client, product, user)
    mark = stored(emulator, product)[0]["mark"]
    time.sleep(0.002)
    second = subscribe(client, product, user)
    assert second["expires_at"] > first["expires_at"]
    item, = stored(emulator, product)
    assert item["mark"] != mark


def test_it_can_be_ended_once(client, emulator, product, user):
    subscribe(client, product, user)
    other = new_user(client)
    subscribe(client, product, other)
    expect(client.delete(path_of(product, user)), 204)
    assert [item["user_id"]["S"] for item in stored(emulator, product)] == [other["id"]]
    expect(client.delete(path_of(product, user)), 404, "subscription-not-found")


def test_one_whose_time_is_over_is_gone(client, emulator, product, user):
    subscribe(client, product, user)
    item, = stored(emulator, product)
    given.expire(emulator, item["pk"]["S"], item["sk"]["S"])
    expect(client.delete(path_of(product, user)), 404, "subscription-not-found")
    subscribe(client, product, user)
    expect(client.delete(path_of(product, user)), 204)


def test_what_is_in_stock_cannot_be_waited_for(client, emulator, product, user):
    expect(client.post(stock_path(product), {"delta": 1, "reason": "found"}), 200)
    expect(client.put(path_of(product, user)), 409, "product-in-stock")
    assert stored(emulator, product) == []
    expect(client.post(stock_path(product), {"delta": -1, "reason": "sold"}), 200)
    subscribe(client, product, user)


@pytest.mark.parametrize("unknown", [SOME_ID, "x", "%C3%A9"])
def test_who_or_what_is_unknown_is_404(client, product, user, unknown):
    expect(client.put(path_of({"id": unknown}, user)), 404, "product-not-found")
    expect(client.put(path_of(product, {"id": unknown})), 404, "user-not-found")
    for pair in ((product, {"id": unknown}), ({"id": unknown}, user)):
        expect(client.delete(path_of(*pair)), 404, "subscription-not-found")


def test_the_user_must_be_named_in_the_query(client, product, user):
    path = f"/product/{product['id']}/subscription"
    for answer in (client.put(path), client.put(path, {"user_id": user["id"]}),
                   client.delete(path)):
        expect(answer, 400, "invalid-parameter")
        assert "user_id" in answer.json["detail"]
    expect(client.put(f"{path}?user={user['id']}"), 400, "unknown-parameter")
    answer = expect(client.get(path), 405, "method-not-allowed")
    assert {"PUT", "DELETE"} <= set(answer.headers["Allow"].split(", "))


def test_subscriptions_go_with_their_user(client, emulator, product, user):
    """More than one page of them; those of others stay."""
    other = new_user(client)
    subscribe(client, product, other)
    products = [product] + [client.create(name=f"tea {n}", price=3) for n in range(30)]
    for each in products:
        subscribe(client, each, user)
    expect(client.delete(f"/user/{user['id']}"), 204)
    left = [item for each in products for item in stored(emulator, each)]
    assert [item["user_id"]["S"] for item in left] == [other["id"]]
    expect(client.put(path_of(product, user)), 404, "user-not-found")


def test_what_could_not_go_with_its_user_goes_later(client, proxy, emulator, product, user):
    subscribe(client, product, user)
    proxy.fault("internal", operation="BatchWriteItem")
    expect(client.delete(f"/user/{user['id']}"), 503, "outcome-unknown")
    expect(client.get(f"/user/{user['id']}"), 404)
    assert [item["sk"]["S"] for item in given.query(emulator, f"U#{user['id']}")] == ["GONE"]
    assert stored(emulator, product)
    proxy.rules()
    expect(client.delete(f"/user/{user['id']}"), 204)
    assert not stored(emulator, product)
    assert "ttl" in given.query(emulator, f"U#{user['id']}")[0]  # the mark is closed


def test_they_are_not_among_the_users_orders(client, product, user):
    subscribe(client, product, user)
    assert expect(client.get(f"/user/{user['id']}/order"), 200).json["data"] == []


def test_they_do_not_keep_a_product_and_can_be_ended_without_it(client, product, user):
    subscribe(client, product, user)
    expect(client.delete(f"/product/{product['id']}"), 204)
    expect(client.put(path_of(product, user)), 404, "product-not-found")
    expect(client.delete(path_of(product, user)), 204)


@pytest.mark.parametrize("fault", ["lost-after", "close"])
def test_a_lost_answer_is_no_matter(client, proxy, emulator, product, user, fault):
    proxy.rules({"fault": fault, "operation": "TransactWriteItems", "count": 1},
                {"fault": fault, "operation": "DeleteItem", "count": 1})
    subscribe(client, product, user)
    assert len(stored(emulator, product)) == 1
    expect(client.delete(path_of(product, user)), 204)
    assert stored(emulator, product) == []


def test_of_those_who_subscribe_while_it_comes_back_each_is_told_the_truth(
        client, shopd, emulator, product):
    """Whoever is answered 200 is before the event, and whoever comes later is told so."""
    users = [new_user(client) for _ in range(12)]
    clients = [shopd.client() for _ in users]
    actions = [lambda c=c, u=u: c.put(path_of(product, u)).status
               for c, u in zip(clients, users)]
    restock = lambda: client.post(stock_path(product), {"delta": 5, "reason": "in"}).status
    *statuses, restocked = given.at_once([*actions, restock])
    assert restocked == 200 and set(statuses) <= {200, 409}
    told = {user["id"] for user, status in zip(users, statuses) if status == 200}
    assert {item["user_id"]["S"] for item in stored(emulator, product)} == told
    for each in clients:
        each.close()
