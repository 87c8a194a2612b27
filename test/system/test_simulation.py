"""The shop simulation, and that it would notice if something were wrong (simulate.py)."""

import datetime
import json
import time

import pytest

import given
import openapi
import simulate
from simulate import Simulation
from simulate_events import Published, check_published

pytestmark = pytest.mark.volume

SEEDS = range(1, given.scaled(1) + 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_shop_under_fire_keeps_its_books_right(folder, emulator, report, seed):
    found, summary = simulate.simulate(folder, emulator, seed)
    report(summary)
    assert not found, "\n".join([f"seed {seed}; make simulate SEED={seed} runs it again", *found])


def test_a_seed_brings_the_same_wishes_again():
    def wishes(seed):
        shopper = simulate.Shopper(None, simulate.Told(), f"{seed}-1")
        return [shopper.pick(a=1, b=2) for _ in range(20)], shopper.chance.random()

    assert wishes(1) == wishes(1) != wishes(2)


# what would be noticed


@pytest.fixture(scope="module")
def quiet(folder, emulator):
    """A shop that had a few customers and no faults, and whose books agree, before and after."""
    simulation = Simulation(folder, emulator, "quiet", 2)
    simulation.open()
    simulation.trade(shoppers=10, faults=False)
    simulation.settle()
    yield simulation
    assert simulation.disagreements() == []
    simulation.close()


@pytest.fixture
def damage(quiet, emulator):
    """A function that changes or removes (None) items, which are put back in the end."""
    kept = []

    def damage(item, **values):
        key = {"pk": item["pk"], "sk": item["sk"]}
        kept.append(item)
        emulator.client.delete_item(TableName=quiet.table, Key=key)
        if values:
            emulator.client.put_item(TableName=quiet.table, Item=item | values)

    yield damage
    for item in reversed(kept):
        emulator.client.put_item(TableName=quiet.table, Item=item)


def items(quiet, emulator, pk, sk="", **values):
    """The raw items whose keys begin so and that have these values."""
    found = [item for item in emulator.all_items(quiet.table)
             if item["pk"]["S"].startswith(pk) and item["sk"]["S"].startswith(sk)
             and all(item.get(name) == {"S": value} for name, value in values.items())]
    assert found, f"nothing of {pk} {sk} {values} came about"
    return found


def test_when_nothing_is_wrong_nothing_is_said(quiet):
    assert quiet.disagreements() == []
    assert quiet.told.orders and quiet.told.deliveries and quiet.told.payments


def more(item, name, by=1):
    return {name: {"N": str(int(item[name]["N"]) + by)}}


@pytest.mark.parametrize("name, said", [
    ("available", "on hand"), ("reserved", "reserved")])
def test_a_wrong_amount_is_noticed(quiet, emulator, damage, name, said):
    item = items(quiet, emulator, "P#", "STOCK")[0]
    damage(item, **more(item, name))
    found = quiet.disagreements()
    assert found and any(said in line for line in found), found


def test_a_negative_amount_is_noticed(quiet, emulator, damage, monkeypatch):
    monkeypatch.setattr(openapi, "check", lambda *_: None)  # which knows no such stock
    item = items(quiet, emulator, "P#", "STOCK")[0]
    damage(item, available={"N": "-1"})
    assert any("negative" in line for line in quiet.disagreements())


@pytest.fixture
def retell(quiet, monkeypatch):
    """A function that looks into the books with other records of the topic instead, which another
    function makes of the true ones."""
    records = quiet.sns.accepted()

    def retell(change, **known):
        told = {"unheard": set(), "spoilt": [], "deleted": [], "killed": {}, **known}
        monkeypatch.setattr(quiet, "published", lambda: Published(change(records), **told))
        return quiet.disagreements()

    return retell


def event_of(record):
    return json.loads(record["body"])


def find(records, event_type):
    return next(record for record in records if event_of(record)["type"] == event_type)


def without(record):
    return lambda records: [one for one in records if one["number"] != record["number"]]


@pytest.mark.parametrize("event", ["order.placed", "order.confirmed", "delivery.created",
                                   "delivery.shipped", "delivery.delivered", "order.completed"])
def test_a_missing_event_is_noticed(retell, quiet, event):
    found = retell(without(find(quiet.sns.accepted(), event)))
    assert any(f"0 × {event}" in line or f"× {event}, but" in line for line in found), found


def test_a_missing_event_of_a_level_is_noticed(retell, quiet):
    # The last one of a product: without it the level would be another.
    last = max((record for record in quiet.sns.accepted()
                if event_of(record)["type"].startswith("stock.")),
               key=lambda record: event_of(record)["data"]["version"])
    assert any(line.startswith("product ") for line in retell(without(last)))


def test_a_state_change_that_has_two_events_is_noticed(retell, quiet):
    record = find(quiet.sns.accepted(), "order.placed")
    double = {**record, "body": json.dumps({**event_of(record), "id": given.SOME_ID})}
    assert any("2 × order.placed" in line for line in retell(lambda all: [*all, double]))


def test_an_event_that_came_again_for_no_reason_is_noticed(retell, quiet):
    record = find(quiet.sns.accepted(), "order.placed")
    again = {**record, "delivered": False, "at": record["at"] + 1, "number": 10**6}
    event_id = event_of(record)["id"]
    written = datetime.datetime.fromisoformat(event_of(record)["time"]).timestamp()
    twice = lambda records: [*records, again]
    assert any("nothing explains it" in line for line in retell(twice))
    for reason in ({"unheard": {record["number"]}}, {"killed": {record["by"]: record["at"]}},
                   {"spoilt": [(event_id, record["at"])]},
                   {"deleted": [(event_id, written + 2.6)]}):
        assert retell(twice, **reason) == []
    assert retell(lambda records: [*records, {**again, "late": True}]) == []
    for reason in ({"unheard": {again["number"]}}, {"killed": {record["by"]: again["at"] + 1}},
                   {"killed": {"another": record["at"]}},
                   {"spoilt": [(event_id, again["at"] + 1)]},
                   {"spoilt": [(given.SOME_ID, record["at"])]},
                   {"deleted": [(event_id, written + 2.6), (event_id, written + 2)]},
                   {"deleted": [(given.SOME_ID, written + 3)]}):
        assert any("nothing explains it" in line for line in retell(twice, **reason))


@pytest.mark.parametrize("member, wrong", [
    ("attributes", {}), ("group", "another"), ("deduplication", None), ("delivered", False)])
def test_an_event_with_a_wrong_member_is_noticed(quiet, member, wrong):
    records = quiet.sns.accepted()
    records[0][member] = wrong
    assert list(check_published(Published(records, set(), [], [], {})))


def test_events_of_one_subject_out_of_order_are_noticed(retell, quiet):
    records = quiet.sns.accepted()
    last = find(records, "order.completed")
    first = next(record for record in records if record["group"] == last["group"])
    swapped = [{id(first): last, id(last): first}.get(id(record), record) for record in records]
    assert any("order of versions" in line for line in retell(lambda _: swapped))


def test_an_event_that_has_not_gone_is_noticed(quiet, emulator):
    item = {"pk": {"S": "OUT#0"}, "sk": {"S": given.SOME_ID}, "next_at": {"N": str(2**52)}}
    emulator.client.put_item(TableName=quiet.table, Item=item)
    found = quiet.disagreements()
    emulator.client.delete_item(TableName=quiet.table,
                                Key={name: item[name] for name in ("pk", "sk")})
    assert any("has not gone" in line for line in found), found


@pytest.mark.parametrize("sk, said", [
    ("#", "cannot be read"), ("SNAP", "order"), ("PAY#", "in the table []"), ("H#", "history"),
    ("D#", "deliver")])
def test_a_missing_part_of_an_order_is_noticed(quiet, emulator, damage, sk, said):
    for item in items(quiet, emulator, "O#", sk):
        if item["pk"]["S"][2:] in quiet.told.orders and item["sk"]["S"].startswith(sk):
            damage(item)
            break
    found = quiet.disagreements()
    assert any(said in line for line in found), found


def test_an_entry_that_the_ledger_lacks_is_noticed(quiet, emulator, damage):
    damage(items(quiet, emulator, "M#")[0])
    assert any("ledger" in line for line in quiet.disagreements())


def test_a_hold_that_outlives_its_time_is_noticed(quiet, emulator, damage):
    item = items(quiet, emulator, "K#")[0]
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 9))
    damage(item, status={"S": "held"}, expires_at={"S": moment})
    assert any("after its time" in line for line in quiet.disagreements())


def test_a_report_that_was_forgotten_is_noticed(quiet, emulator, damage):
    damage(items(quiet, emulator, "DE#")[0])
    assert any("reports were acknowledged" in line for line in quiet.disagreements())


@pytest.mark.parametrize("status", ["placed", "confirmed", "expired", "completed"])
def test_a_status_that_nothing_led_to_is_noticed(quiet, emulator, damage, status):
    item = next(item for item in items(quiet, emulator, "O#", "#")
                if item["sk"] == {"S": "#"} and item["status"] != {"S": status})
    damage(item, status={"S": status})
    assert any(line.startswith(f"order {item['pk']['S'][2:]}") for line in quiet.disagreements())
