"""Two carts become one: nothing that was in either is lost, whatever happens beside it."""

import pytest

import given
from given import expect, filled_cart, item_path, new_cart, new_user, quantities


def path_of(cart):
    return f"/cart/{cart['id']}"


def read(client, cart):
    return expect(client.get(path_of(cart)), 200).json


def merge(client, cart, into, **more):
    return client.post(path_of(cart) + "/merge", {"into": into["id"], **more})


def add(client, cart, product, quantity=1):
    return client.post(item_path(cart, product), {"quantity": quantity})


@pytest.fixture(scope="module")
def products(shared):
    """91 products."""
    client = shared.running().client()
    made = [client.create(name=f"m{n}") for n in range(91)]
    client.close()
    return made


# what comes of it


@pytest.mark.parametrize("strategy, quantity", [
    (None, 7), ("sum", 7), ("replace", 5), ("keep", 2)])
@pytest.mark.parametrize("owned", [False, True])
def test_each_strategy_decides_about_what_both_have(client, products, strategy, quantity, owned):
    both, mine, theirs = products[:3]
    cart = filled_cart(client, (mine, 3), (both, 5))
    into = filled_cart(client, (both, 2), (theirs, 4), user=new_user(client) if owned else None)
    answer = merge(client, cart, into, **({"strategy": strategy} if strategy else {}))
    merged = expect(answer, 200).json
    assert (merged["id"], merged["status"], merged["version"]) == (
        into["id"], "open", into["version"] + 1)
    assert quantities(merged) == {both["id"]: quantity, mine["id"]: 3, theirs["id"]: 4}
    assert [line["product_id"] for line in merged["lines"]][:2] == [both["id"], theirs["id"]]
    assert merged["total"] == 7 + quantity
    assert merged.get("user_id") == into.get("user_id")
    assert read(client, into) == merged
    closed = read(client, cart)
    assert (closed["status"], closed["merged_into"]) == ("merged", into["id"])


def test_an_empty_cart_can_be_merged_and_merged_into(client, products):
    empty, into = new_cart(client), filled_cart(client, (products[0], 2))
    assert quantities(expect(merge(client, empty, into), 200).json) == {products[0]["id"]: 2}
    other = new_cart(client)
    assert quantities(expect(merge(client, into, other), 200).json) == {products[0]["id"]: 2}


def test_a_closed_cart_takes_no_change(client, products):
    cart, into, other = filled_cart(client, (products[0], 1)), new_cart(client), new_cart(client)
    expect(merge(client, cart, into), 200)
    closed, merged = read(client, cart), read(client, into)
    for answer in (add(client, cart, products[0]), add(client, cart, products[1]),
                   client.put(item_path(cart, products[0]), {"quantity": 2}),
                   client.delete(item_path(cart, products[0])),
                   merge(client, cart, other), merge(client, other, cart)):
        expect(answer, 409, "cart-closed")
    assert [read(client, c) for c in (cart, into, other)] == [closed, merged, other]


def test_a_users_merged_cart_is_not_the_active_one(client, products):
    user, into = new_user(client), new_cart(client)
    cart = filled_cart(client, (products[0], 1), user=user)
    expect(merge(client, cart, into), 200)
    expect(client.get(f"/user/{user['id']}/cart"), 404, "cart-not-found")
    fresh = expect(client.post("/cart", {"user_id": user["id"]}), 201).json
    assert (fresh["status"], fresh["lines"]) == ("open", [])


def test_an_ordered_cart_is_closed_too(client, emulator, products):
    cart, other = filled_cart(client, (products[0], 1)), new_cart(client)
    given.set_attributes(emulator, f"C#{cart['id']}", "#", status={"S": "ordered"})
    for answer in (add(client, cart, products[0]), merge(client, cart, other),
                   merge(client, other, cart)):
        expect(answer, 409, "cart-closed")
    assert read(client, cart)["status"] == "ordered"


def test_a_cart_cannot_be_merged_into_itself(client, products):
    cart = filled_cart(client, (products[0], 2))
    assert merge(client, cart, cart).status in (409, 422)
    assert read(client, cart) == cart


# limits: all or nothing


def test_a_merge_beyond_a_quantity_changes_nothing(client, products):
    cart = filled_cart(client, (products[0], 5000), (products[1], 1))
    into = filled_cart(client, (products[0], 5000))
    expect(merge(client, cart, into), 409, "quantity-limit")
    assert (read(client, cart), read(client, into)) == (cart, into)
    assert quantities(expect(merge(client, cart, into, strategy="keep"), 200).json) == {
        products[0]["id"]: 5000, products[1]["id"]: 1}


def test_a_merge_beyond_ninety_lines_changes_nothing(client, products):
    cart = filled_cart(client, *((product, 1) for product in products[45:]))
    into = filled_cart(client, *((product, 1) for product in products[:45]))
    expect(merge(client, cart, into), 409, "cart-full")
    assert (read(client, cart), read(client, into)) == (cart, into)
    expect(client.delete(item_path(cart, products[90])), 204)
    assert len(quantities(expect(merge(client, cart, into), 200).json)) == 90


def test_a_merge_of_two_currencies_changes_nothing(client, products):
    cart = filled_cart(client, (client.create(currency="USD"), 1))
    into = filled_cart(client, (products[0], 1))
    expect(merge(client, cart, into), 409, "currency-mismatch")
    assert (read(client, cart), read(client, into)) == (cart, into)


# side by side


def test_an_add_beside_a_merge_is_in_the_merged_cart_or_was_refused(pair, products):
    here, there = (daemon.client() for daemon in pair)
    third = pair[0].client()
    old, new, theirs = products[:3]
    for _ in range(given.scaled(12)):
        cart, into = filled_cart(here, (old, 2)), new_cart(here)
        merged, added, beside = given.at_once([
            lambda: merge(here, cart, into),
            lambda: add(there, cart, new, 3),
            lambda: add(third, into, theirs, 4)])
        assert (merged.status, beside.status) == (200, 200), (merged, beside)
        expected = {old["id"]: 2, theirs["id"]: 4}
        if added.status == 200:
            expected[new["id"]] = 3
        else:
            expect(added, 409, "cart-closed")
        assert quantities(read(here, into)) == expected
        assert read(here, cart)["status"] == "merged"


def test_an_add_to_the_same_line_beside_a_merge_adds_up(pair, products):
    here, there = (daemon.client() for daemon in pair)
    product = products[0]
    for _ in range(given.scaled(8)):
        cart, into = filled_cart(here, (product, 2)), filled_cart(here, (product, 10))
        merged, added = given.at_once([lambda: merge(here, cart, into),
                                       lambda: add(there, cart, product, 100)])
        expect(merged, 200)
        assert added.status in (200, 409), added
        expected = 112 if added.status == 200 else 12
        assert quantities(read(here, into)) == {product["id"]: expected}


def test_a_merge_beside_the_removal_of_either_cart_happens_or_does_not(pair, products):
    here, there = (daemon.client() for daemon in pair)
    for turn in range(given.scaled(8)):
        cart, into = filled_cart(here, (products[0], 2)), new_cart(here)
        gone, kept = ((cart, into), (into, cart))[turn % 2]
        merged, removed = given.at_once([lambda: merge(here, cart, into),
                                         lambda: there.delete(path_of(gone))])
        assert merged.status in (200, 404), merged
        if merged.status == 404:
            assert removed.status == 204 and read(here, kept)["status"] == "open"
        elif gone is cart:
            assert removed.status in (204, 409), removed
            assert quantities(read(here, into)) == {products[0]["id"]: 2}
        else:
            assert removed.status == 204, removed
            assert here.get(path_of(cart)).json.get("merged_into") == into["id"]


def test_of_two_merges_of_one_cart_one_happens(pair, products):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(8)):
        cart = filled_cart(here, (products[0], 2))
        targets = [new_cart(here), new_cart(here)]
        answers = given.at_once([lambda: merge(here, cart, targets[0]),
                                 lambda: merge(there, cart, targets[1])])
        assert sorted(answer.status for answer in answers) == [200, 409]
        found = [quantities(read(here, target)) for target in targets]
        assert sorted(found, key=len) == [{}, {products[0]["id"]: 2}]


def test_of_two_merges_into_each_other_one_happens(pair, products):
    here, there = (daemon.client() for daemon in pair)
    for _ in range(given.scaled(8)):
        one, two = filled_cart(here, (products[0], 2)), filled_cart(here, (products[1], 3))
        answers = given.at_once([lambda: merge(here, one, two), lambda: merge(there, two, one)])
        assert sorted(answer.status for answer in answers) == [200, 409], answers
        kept = one if read(here, one)["status"] == "open" else two
        assert quantities(read(here, kept)) == {products[0]["id"]: 2, products[1]["id"]: 3}
