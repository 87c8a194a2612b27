"""Whether the topic of a simulated shop got every event, and none again without a reason.

SNS is the strict double (sns.py), which writes down what it takes, with who sent it: each daemon
has an access key of its own. An event may be there again when what came before explains it:

- unheard: the sender did not get SNS's answer, by a fault of the double's or because it had gone;
- late: the second was sent long before, but its sender had given it up when SNS looked at it;
- killed: one of the two senders was killed between, or a moment before its request was looked at;
- undone: DynamoDB failed to delete the event, or to note how far it had come (the proxy's record);
- slow: the machine was so busy that the first sender asked for that only when the event had come
  into the hands of the lease's holder.
"""

import datetime
import json
from collections import Counter, defaultdict

FAULTS = [
    # fault, how probable, and what else there is to say
    ("throttle", 0.05), ("internal", 0.02), ("internal-after", 0.02), ("unavailable", 0.02),
    ("close", 0.02), ("lost-after", 0.03), ("cut-after", 0.02), ("nonsense-after", 0.01),
    ("stranger-after", 0.005), ("hang-after", 0.002), ("delay", 0.05),
    ("entry-failed", 0.01), ("entry-refused", 0.01), ("entry-forgotten", 0.01),
    ("entry-forgotten-after", 0.01),
]
IDS = ("user_id", "order_id", "product_id")
MOMENT = 2
"""Seconds for which a request may wait for the double after its sender was killed."""
HOLDERS = 2.5
"""From this age on, in seconds, an event is the lease's holder's…"""
READING = 0.2
"""… who may have read it so long before it was deleted."""


def topic_of(seed):
    """A FIFO topic for every other seed."""
    is_standard = isinstance(seed, int) and seed % 2 == 0
    return f"shop-{seed}{'' if is_standard else '.fifo'}"


def rules_of(seed):
    return [{"fault": fault, "probability": probability, "seconds": 0.05,
             "operation": "Entry" if fault.startswith("entry") else "*",
             "seed": f"{seed}-sns-{fault}"} for fault, probability in FAULTS]


def by_event(moments):
    found = defaultdict(list)
    for event_id, moment in moments:
        found[event_id].append(moment)
    return found


class Published:
    """What the topic took, by event. `killed`: access key -> when its daemon was killed."""

    def __init__(self, records, unheard, spoilt, deleted, killed):
        self.records = records
        self.unheard = unheard
        self.killed = killed
        self.spoilt = by_event(spoilt)
        self.deleted = by_event(deleted)
        self.takes = defaultdict(list)  # event id -> its records
        self.events = []  # each once, in the order in which they came
        for record in records:
            event = json.loads(record["body"])
            if event["id"] not in self.takes:
                self.events.append(event)
            self.takes[event["id"]].append(record)
        self.reasons = Counter()
        self.unexplained = []
        for event_id, takes in self.takes.items():
            for before, after in zip(takes, takes[1:]):
                self.explain(event_id, before, after)

    def explain(self, event_id, before, after):
        reason = self.reason(event_id, before, after)
        self.reasons[reason] += 1
        if reason is None:
            self.unexplained.append((event_id, before, after))

    def reason(self, event_id, before, after):
        killed = [self.killed[one["by"]] for one in (before, after) if one["by"] in self.killed]
        if before["number"] in self.unheard:
            return "unheard"
        if after["late"]:
            return "late"
        if any(before["at"] - MOMENT <= moment <= after["at"] for moment in killed):
            return "killed"
        if any(before["at"] <= moment <= after["at"] for moment in self.spoilt[event_id]):
            return "undone"
        time = json.loads(before["body"])["time"]
        due = datetime.datetime.fromisoformat(time).timestamp() + HOLDERS
        if min(self.deleted[event_id], default=0) > due - READING:
            return "slow"
        return None

    def summary(self):
        again = len(self.records) - len(self.takes)
        kind = "FIFO" if any(record["group"] for record in self.records) else "standard"
        return (f"{len(self.takes)} events to a {kind} topic, {again} of them again"
                f" ({100 * again / max(1, len(self.takes)):.1f} %: {dict(self.reasons)})")


def check_published(published):
    """What is wrong with how events came to the topic."""
    for event_id, before, after in published.unexplained:
        yield f"event {event_id} came again, and nothing explains it: {before}, then {after}"
    for takes in published.takes.values():
        yield from check_takes(takes)
    yield from check_order_of_subjects(published.events)


def check_takes(takes):
    """One event's: all the same, and with what one filters by."""
    first, event = takes[0], json.loads(takes[0]["body"])
    about = f"event {event['id']} ({event['type']})"
    wanted = {"event_type": event["type"], "event_id": event["id"],
              **{name: event["data"][name] for name in IDS if name in event["data"]}}
    if first["attributes"] != wanted:
        yield f"{about} has the attributes {first['attributes']}, not {wanted}"
    is_fifo = first["target"].endswith(".fifo")
    group = event["subject"].partition("/")[2] if is_fifo else None
    if (first["group"], first["deduplication"]) != (group, event["id"] if is_fifo else None):
        yield f"{about} has group and deduplication id {first}"
    if [take["delivered"] for take in takes] != [True, *(not is_fifo for _ in takes[1:])]:
        yield f"{about} was delivered more or less than once: {takes}"
    for name in ("body", "attributes", "group", "deduplication", "target"):
        if any(take[name] != first[name] for take in takes):
            yield f"{about} came again, but its {name} differs: {takes}"


def check_order_of_subjects(events):
    """The first of each is meant: a standard topic's subscribers know what came again by its id."""
    versions = defaultdict(list)
    for event in events:
        versions[event["subject"]].append(event["data"]["version"])
    for subject, found in versions.items():
        if found != sorted(found):
            yield f"{subject}: its events came in this order of versions: {found}"
