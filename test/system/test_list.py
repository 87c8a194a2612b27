"""Lists: what is in them, in which order, and page by page."""

import re
import urllib.parse

import pytest

import lines

SUMMARY = {"id", "name", "price", "currency", "category", "image_url", "version", "created_at",
           "updated_at"}


def url(**parameters):
    return "/product?" + urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)


def names(answer):
    assert answer.status == 200, answer
    return [entry["name"] for entry in answer.json["data"]]


def walk(client, each_page=None, **parameters):
    """All entries by way of `next`."""
    entries, pages = [], 0
    while True:
        answer = client.get(url(**parameters))
        assert answer.status == 200, answer
        entries += answer.json["data"]
        pages += 1
        assert pages < 500
        if "next" not in answer.json:
            assert "Link" not in answer.headers
            return entries
        parameters["cursor"] = answer.json["next"]
        if each_page:
            each_page(pages)


def walk_by_link(client, path):
    """All entries by way of the Link header."""
    entries = []
    while path:
        answer = client.get(path)
        assert answer.status == 200, answer
        entries += answer.json["data"]
        link = answer.headers["Link"]
        match = re.fullmatch(r'<([^>]+)>; rel="next"', link) if link else None
        assert bool(match) == bool(link) == ("next" in answer.json)
        path = urllib.parse.urljoin(path, match[1]) if match else None
    return entries


NAMES = ["apple", "Banana", "cherry", "Éclair", "éclat", "Ω-watch", "ωmega", "ЯБЛОКО", "яхта",
         "application", "APPARATUS", "a%b_c*", "zebra", "10 pens", "9 pens", "ÄRGER", "straße"]


@pytest.fixture(scope="module")
def stocked(make_table, shared, folder, proxy):
    """A daemon on a table with a known catalogue; nothing in it is changed."""
    import shop

    daemon = shop.Shopd(folder, proxy.url, DYNAMODB_TABLE_NAME=make_table()).ready()
    client = daemon.client()
    for n, name in enumerate(NAMES):
        client.create(name=name, price=(n * 7) % 5 + 0.25, category="a")
    for n in range(25):
        client.create(name=f"b{n:02}", price=24 - n, category="b", secret="not in lists",
                      image_url=f"https://img.example/{n}.png")
    client.create(name="odd", category="x/y & z?=#%é+")
    client.create(name="none")
    daemon.everything = [*NAMES, *(f"b{n:02}" for n in range(25)), "odd", "none"]
    yield daemon
    assert daemon.end() == 0


@pytest.fixture
def catalogue(stocked):
    client = stocked.client()
    yield client
    client.close()


def test_a_category_is_listed_by_name_whatever_its_case(catalogue):
    listed = [entry["name"] for entry in walk(catalogue, category="a", limit=100)]
    assert sorted(listed) == sorted(NAMES)
    plain = [name for name in listed if name.isascii()]
    assert plain == sorted(plain, key=str.lower)
    assert names(catalogue.get(url(category="b", limit=3))) == ["b00", "b01", "b02"]


def test_without_a_category_the_newest_come_first(catalogue, stocked):
    entries = walk(catalogue, limit=100)
    times = [entry["created_at"] for entry in entries]
    assert times == sorted(times, reverse=True)
    assert sorted(entry["name"] for entry in entries) == sorted(stocked.everything)


def test_an_empty_list_is_empty(catalogue):
    answer = catalogue.get(url(category="nothing in it"))
    assert (answer.status, answer.json) == (200, {"data": []})


def test_a_category_may_have_any_characters(catalogue):
    assert names(catalogue.get(url(category="x/y & z?=#%é+"))) == ["odd"]
    assert names(catalogue.get(url(category="x/y"))) == []


@pytest.mark.parametrize("q, found", [
    ("app", {"apple", "application", "APPARATUS"}),
    ("APP", {"apple", "application", "APPARATUS"}),
    ("appl", {"apple", "application"}),
    ("é", {"Éclair", "éclat"}),
    ("ÉCLA", {"Éclair", "éclat"}),
    ("ω", {"Ω-watch", "ωmega"}),
    ("Ω", {"Ω-watch", "ωmega"}),
    ("Я", {"ЯБЛОКО", "яхта"}),
    ("яБ", {"ЯБЛОКО"}),
    ("ä", {"ÄRGER"}),
    ("a%b_", {"a%b_c*"}),
    ("A%", {"a%b_c*"}),
    ("pple", set()),
    ("zebras", set()),
    ("e", set()),
    ("10 ", {"10 pens"}),
])
@pytest.mark.parametrize("category", ["a", None])
@pytest.mark.parametrize("limit", [100, 1])
def test_q_finds_names_by_their_beginning(catalogue, q, found, category, limit):
    parameters = {"q": q, "limit": limit} | ({"category": category} if category else {})
    assert {entry["name"] for entry in walk(catalogue, **parameters)} == found


ORDERS = {
    "name": lambda entry: entry["name"].lower(),
    "price": lambda entry: entry["price"],
    "created": lambda entry: tuple(-ord(c) for c in entry["created_at"]),
}


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("category", ["b", None])
@pytest.mark.parametrize("limit", [100, 7])
def test_each_sort_orders_all_pages(catalogue, stocked, sort, category, limit):
    parameters = {"sort": sort, "limit": limit} | ({"category": category} if category else {})
    entries = walk(catalogue, **parameters)
    everything = [name for name in stocked.everything if not category or name.startswith("b")
                  and len(name) == 3]
    assert sorted(entry["name"] for entry in entries) == sorted(everything)
    keys = [ORDERS[sort](entry) for entry in entries if entry["name"].isascii()]
    assert keys == sorted(keys)


def test_sort_goes_together_with_q(catalogue):
    entries = walk(catalogue, q="b", sort="price", category="b", limit=4)
    assert [entry["price"] for entry in entries] == list(range(25))


@pytest.mark.parametrize("limit", [1, 2, 7, 24, 25, 26, 100])
def test_pages_hold_what_was_asked_for_and_end(catalogue, limit):
    first = catalogue.get(url(category="b", limit=limit))
    assert len(first.json["data"]) == min(limit, 25)
    by_next = walk(catalogue, category="b", limit=limit)
    assert [entry["name"] for entry in by_next] == [f"b{n:02}" for n in range(25)]
    assert walk_by_link(catalogue, url(category="b", limit=limit)) == by_next


def test_twenty_is_the_usual_page(catalogue):
    assert len(catalogue.get(url(category="b")).json["data"]) == 20


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_all_shards_are_walked_without_a_category(catalogue, stocked, limit):
    by_next = [entry["name"] for entry in walk(catalogue, limit=limit)]
    by_link = [entry["name"] for entry in walk_by_link(catalogue, url(limit=limit))]
    assert sorted(by_next) == sorted(stocked.everything)
    assert by_link == by_next


def test_entries_are_summaries(catalogue):
    entry = catalogue.get(url(category="b", limit=1)).json["data"][0]
    assert set(entry) == SUMMARY
    assert entry["image_url"] == "https://img.example/0.png"
    bare = catalogue.get(url(q="none")).json["data"][0]
    assert set(bare) == SUMMARY - {"category", "image_url"}


@pytest.mark.parametrize("fields", [["name"], ["id", "price"], sorted(SUMMARY)])
def test_fields_picks_among_them(catalogue, fields):
    for entry in walk(catalogue, category="b", limit=7, fields=",".join(fields)):
        assert set(entry) == set(fields)


def test_fields_does_not_change_the_order_or_the_pages(catalogue):
    whole = walk(catalogue, sort="price", category="b", limit=4)
    picked = walk(catalogue, sort="price", category="b", limit=4, fields="name")
    assert picked == [{"name": entry["name"]} for entry in whole]


# cursors


def cursor_of(catalogue, **parameters):
    return catalogue.get(url(**parameters)).json["next"]


def assert_refused(answer):
    assert (answer.status, answer.code) == (400, "invalid-cursor"), answer


def test_a_cursor_is_opaque_and_may_stand_in_a_query_as_it_is(catalogue):
    cursor = cursor_of(catalogue, category="b", limit=5)
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", cursor)
    answer = catalogue.get(f"/product?category=b&limit=5&cursor={cursor}")
    assert names(answer) == [f"b{n:02}" for n in range(5, 10)]


def test_a_cursor_changed_anywhere_is_refused(catalogue):
    cursor = cursor_of(catalogue, category="b", limit=5)
    for at, old in enumerate(cursor):
        new = "B" if old == "A" else "A"
        changed = cursor[:at] + new + cursor[at + 1 :]
        assert_refused(catalogue.get(url(category="b", limit=5, cursor=changed)))


def test_every_other_last_character_is_refused(catalogue):
    cursor = cursor_of(catalogue, category="b", limit=5)
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".replace(
            cursor[-1], ""):
        assert_refused(catalogue.get(url(category="b", limit=5, cursor=cursor[:-1] + last)))


def test_a_cursor_cut_or_continued_is_refused(catalogue):
    cursor = cursor_of(catalogue, category="b", limit=5)
    for changed in ("", "A", cursor[:-1], cursor[1:], cursor + "A", cursor + "=", cursor * 2,
                    cursor[: len(cursor) // 2], "é" * 40, "x" * 3000, "%00", cursor + " "):
        assert_refused(catalogue.get(url(category="b", limit=5, cursor=changed)))


@pytest.mark.parametrize("other", [
    {"category": "a"}, {}, {"category": "b", "sort": "price"}, {"category": "b", "sort": "created"},
    {"category": "b", "q": "b"}, {"q": "b"}])
def test_a_cursor_of_another_query_is_refused(catalogue, other):
    cursor = cursor_of(catalogue, category="b", limit=5)
    assert_refused(catalogue.get(url(limit=5, cursor=cursor, **other)))


def test_a_cursor_of_another_table_is_refused(catalogue, client):
    for n in range(2):
        client.create(name=f"b{n}", category="b")
    assert_refused(client.get(url(category="b", limit=5,
                                  cursor=cursor_of(catalogue, category="b", limit=5))))


def test_the_limit_may_change_from_page_to_page(catalogue):
    cursor = cursor_of(catalogue, category="b", limit=5)
    assert len(catalogue.get(url(category="b", limit=11, cursor=cursor)).json["data"]) == 11


# changes


def test_products_made_while_paging_hide_or_double_none_of_the_old(fresh):
    client, other = fresh.client(), fresh.client()
    old = {client.create(name=f"m{n:02}", category="c")["id"] for n in range(20)}
    for parameters in ({"category": "c"}, {}, {"category": "c", "sort": "created"}):
        entries = walk(client, limit=3, **parameters,
                       each_page=lambda n: other.create(name=f"{'az'[n % 2]}{n}", category="c"))
        listed = [entry["id"] for entry in entries]
        assert len(listed) == len(set(listed))
        assert old <= set(listed)


def test_products_deleted_while_paging_hide_none_of_the_others(fresh):
    client, other = fresh.client(), fresh.client()
    ids = [client.create(name=f"m{n:02}", category="c")["id"] for n in range(20)]
    entries = walk(client, limit=4, category="c",
                   each_page=lambda n: other.delete(f"/product/{ids[n * 4 - 1]}"))
    assert [entry["id"] for entry in entries] == ids


def test_a_change_moves_a_product_between_lists(fresh):
    client = fresh.client()
    product = client.create(name="Early", category="one")
    path = f"/product/{product['id']}"
    client.put(path, {"category": "two"})
    assert names(client.get(url(category="one"))) == []
    assert names(client.get(url(category="two"))) == ["Early"]
    client.patch(path, {"name": "Late"})
    assert names(client.get(url(category="two", q="ear"))) == []
    assert names(client.get(url(category="two", q="lat"))) == ["Late"]
    client.patch(path, {"category": None, "price": 7})
    assert names(client.get(url(category="two"))) == []
    listed = client.get("/product").json["data"]
    assert [(entry["name"], entry["price"], entry["version"]) for entry in listed] == [
        ("Late", 7, 4)]
    client.delete(path)
    assert names(client.get("/product")) == []


def test_names_that_share_all_but_their_ids_are_all_listed(fresh):
    client = fresh.client()
    ids = {client.create(name="same", category="c")["id"] for _ in range(9)}
    for parameters in ({"category": "c"}, {"q": "same"}, {"sort": "price"}, {"sort": "name"}):
        listed = [entry["id"] for entry in walk(client, limit=2, **parameters)]
        assert len(listed) == 9 and set(listed) == ids


def test_long_names_are_listed_too(fresh):
    client = fresh.client()
    made = sorted("ß" * n + "𝄞" * (200 - n) for n in range(0, 200, 40))
    for name in made:
        client.create(name=name, category="ü" * 100)
    assert sorted(e["name"] for e in walk(client, category="ü" * 100, limit=2)) == made


def test_a_page_that_would_cost_too_much_is_short_and_the_list_goes_on(start, make_table, proxy):
    """A few products at a high price, instead of thousands that are sold out or called otherwise."""
    client = start(DYNAMODB_TABLE_NAME=make_table(), SHOPD_WRITE_SHARDS=1).client()
    made = [{"name": f"{'a' if n % 100 else 'x'}{n:03}", "price": 1, "category": "c",
             "on_hand": int(n % 100 == 0)} for n in range(250)]
    assert set(lines.import_all(client, made)) == {201}
    proxy.fault("dear")
    for asked in ({"in_stock": "true"}, {"in_stock": "true", "category": "c"}, {"q": "x"},
                  {"in_stock": "true", "q": "x"}):
        pages = []
        entries = walk(client, pages.append, limit=50, **asked)
        assert sorted(entry["name"] for entry in entries) == ["x000", "x100", "x200"], asked
        assert len(pages) > 1, asked
