"""Writers side by side, on one daemon, on two workers, on two processes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

WRITERS = 8


def at_once(actions):
    """Runs the actions at the same moment and returns their results."""
    barrier = threading.Barrier(len(actions))

    def run(action):
        barrier.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_of_two_writers_with_if_match_one_wins(pair, method):
    clients = [daemon.client() for daemon in pair]
    for n in range(15):
        path = f"/product/{clients[0].create()['id']}"
        etag = clients[0].get(path).etag

        def write(client):
            body = None if method == "DELETE" else {"winner": id(client)}
            return client.request(method, path, body, {"If-Match": etag})

        answers = at_once([lambda client=client: write(client) for client in clients])
        statuses = sorted(answer.status for answer in answers)
        assert statuses in ([200, 412], [204, 412], [204, 404]), (n, answers)
        if method != "DELETE":
            winner, = (c for c, a in zip(clients, answers) if a.status == 200)
            after = clients[1].get(path).json
            assert (after["winner"], after["version"]) == (id(winner), 2)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_parallel_changes_of_different_fields_all_survive(pair, method):
    clients = [pair[n % 2].client() for n in range(WRITERS)]
    for _ in range(5):
        path = f"/product/{clients[0].create()['id']}"
        answers = at_once([
            lambda n=n: clients[n].request(method, path, {f"field{n}": n}) for n in range(WRITERS)])
        assert [answer.status for answer in answers] == [200] * WRITERS
        assert sorted(a.json["version"] for a in answers) == list(range(2, WRITERS + 2))
        after = clients[0].get(path).json
        assert after["version"] == WRITERS + 1
        assert all(after[f"field{n}"] == n for n in range(WRITERS))


def test_parallel_changes_inside_one_object_all_survive(pair):
    clients = [pair[n % 2].client() for n in range(WRITERS)]
    path = f"/product/{clients[0].create(specs={'kept': 1})['id']}"
    at_once([lambda n=n: clients[n].patch(path, {"specs": {f"field{n}": n}})
             for n in range(WRITERS)])
    assert clients[0].get(path).json["specs"] == {"kept": 1} | {
        f"field{n}": n for n in range(WRITERS)}


def test_a_delete_beside_changes_leaves_all_or_nothing(pair, emulator):
    clients = [pair[n % 2].client() for n in range(3)]
    for _ in range(10):
        product_id = clients[0].create()["id"]
        path = f"/product/{product_id}"
        deleted, put, patched = at_once([
            lambda: clients[0].delete(path),
            lambda: clients[1].put(path, {"a": 1}),
            lambda: clients[2].patch(path, {"b": 1})])
        assert deleted.status == 204
        assert {put.status, patched.status} <= {200, 404}
        assert emulator.items(product_id) == {}


def test_two_processes_behave_as_one(pair):
    here, there = (daemon.client() for daemon in pair)
    category = f"pair {id(here)}"
    made = [(here, there)[n % 2].create(name=f"n{n}", category=category) for n in range(6)]
    query = f"/product?category={category.replace(' ', '%20')}&limit=2"
    first = here.get(query).json
    second = there.get(f"{query}&cursor={first['next']}").json
    third = here.get(f"{query}&cursor={second['next']}").json
    listed = [entry["id"] for page in (first, second, third) for entry in page["data"]]
    assert listed == [product["id"] for product in made]
    for product in made:
        path = f"/product/{product['id']}"
        changed = here.put(path, {"seen": True})
        assert there.get(path).json == changed.json
        assert there.get(path, If_None_Match=changed.etag).status == 304
        again = there.put(path, {"seen": 2}, If_Match=changed.etag)
        assert (again.status, again.json["version"]) == (200, 3)
        assert here.put(path, {"seen": 3}, If_Match=changed.etag).status == 412


def test_all_workers_of_a_process_behave_as_one(start):
    daemon = start(SHOPD_WORKERS=4)
    clients = [daemon.client() for _ in range(24)]
    product = clients[0].create(name="many", category="workers")
    path = f"/product/{product['id']}"
    for n, client in enumerate(clients):
        answer = client.put(path, {"n": n})
        assert (answer.status, answer.json["version"]) == (200, n + 2)
        assert clients[(n + 7) % 24].get(path).json == answer.json


def test_ids_of_parallel_creates_never_meet(pair):
    clients = [pair[n % 2].client() for n in range(WRITERS)]
    made = at_once([lambda c=c: [c.create()["id"] for _ in range(20)] for c in clients])
    ids = [product_id for some in made for product_id in some]
    assert len(set(ids)) == WRITERS * 20
