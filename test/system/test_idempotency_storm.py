"""Two with one key, again and again, while answers are lost and a daemon is killed: one effect.

Each request is sent twice at the same instant, to two daemons. Answers of DynamoDB get lost, and
one daemon is killed now and then and started again. Whoever got no answer, or a 5xx, sends the
request again with its key, as a client should. In the end each request has had exactly one effect,
and all its answers that are not 5xx agree byte for byte.
"""

import http.client
import random
import signal
import time

import pytest

import given
import keyed
import shop
from keyed import REPLAYED, essence

pytestmark = [pytest.mark.volume, pytest.mark.long]

PAIRS = given.scaled(500)
KILL_EVERY = 7
"""Not a divisor of the number of kinds, so that the kills meet each of them."""
ATTEMPTS = 12


@pytest.fixture
def storm(folder, emulator, make_table, start):
    """Two daemons on one table, each behind a proxy of its own."""
    table = make_table()
    proxies = [shop.Proxy(folder, emulator.port, f"proxy-storm-{n}") for n in range(2)]
    storm = Storm(start, table, proxies)
    yield storm
    for proxy in proxies:
        proxy.rules()
    for client in storm.clients:
        client.close()
    for daemon in storm.daemons:
        assert daemon.end() == 0, daemon.process.log_text()[-4000:]
    for proxy in proxies:
        assert proxy.tell()["violations"] == []
        proxy.end()


class Storm:
    def __init__(self, start, table, proxies):
        self.start = start
        self.table = table
        self.proxies = proxies
        self.daemons = [self.start_daemon(0), self.start_daemon(1)]
        self.clients = [daemon.client() for daemon in self.daemons]
        self.unanswered = 0

    def start_daemon(self, number):
        return self.start(self.proxies[number].url, DYNAMODB_TABLE_NAME=self.table,
                          SHOPD_REQUEST_DEADLINE="3",
                          SHOPD_HOLD_TIME="2h")  # expiring would be another change

    def lose(self, seed):
        for number, proxy in enumerate(self.proxies):
            given.lose_answers(proxy, 0.15, f"{seed}{number}")

    def calm(self):
        for proxy in self.proxies:
            proxy.rules()

    def send(self, case, number):
        """One attempt. None: the daemon went away meanwhile."""
        try:
            return case.send(self.clients[number])
        except (OSError, http.client.HTTPException):
            self.unanswered += 1
            self.clients[number].close()
            return None

    def kill_while(self, chance, action):
        """Runs the action, kills the first daemon in the middle of it, and starts it again."""
        def kill():
            time.sleep(chance.random() * 0.012)
            self.daemons[0].end(signal.SIGKILL)

        results = given.at_once([*action, kill])[:-1]
        self.clients[0].close()
        self.daemons[0] = self.start_daemon(0)
        self.clients[0] = self.daemons[0].client()
        return results


def test_requests_that_are_sent_twice_at_once_have_one_effect_whatever_happens(
        storm, emulator, report):
    chance = random.Random(7)
    cases, answers = [], []
    for number in range(PAIRS):
        storm.calm()
        case = keyed.KINDS[number % len(keyed.KINDS)](storm.clients[1])
        storm.lose(number)
        both = [lambda: storm.send(case, 0), lambda: storm.send(case, 1)]
        kill = number % KILL_EVERY == KILL_EVERY // 2
        got = storm.kill_while(chance, both) if kill else given.at_once(both)
        cases.append(case)
        answers.append([answer for answer in got if answer is not None])
        again_until_answered(storm, case, answers[-1], chance)
    storm.calm()
    for case, mine in zip(cases, answers):
        check_answers(case, mine)
    check_effects(cases, answers, emulator.all_items(storm.table))
    told = sum(len(mine) for mine in answers)
    refused = sum(answer.status >= 500 for mine in answers for answer in mine)
    lost = sum(proxy.tell()["faults"].get("lost-after", 0) for proxy in storm.proxies)
    assert lost > 0
    report(f"{PAIRS} pairs with one key each, {lost} answers lost, {storm.unanswered} requests"
           f" without an answer: {told} answers, {refused} of them 503")


def again_until_answered(storm, case, mine, chance):
    """Sends the request again, as a client that heard nothing or a 5xx does, and once more."""
    for _ in range(ATTEMPTS):
        answered = any(answer.status < 500 for answer in mine)
        answer = storm.send(case, chance.randrange(2))
        if answer is not None:
            mine.append(answer)
        if answered and answer is not None and answer.status < 500:
            return
    raise AssertionError(f"no answer to {case.method} {case.path}: {mine}")


def check_answers(case, mine):
    final = [answer for answer in mine if answer.status < 500]
    assert {answer.status for answer in final} <= {200, 201}, (case.path, final)
    assert len({essence(answer) for answer in final}) == 1, (case.path, final)
    assert sum(answer.headers[REPLAYED] is None for answer in final) <= 1, (case.path, final)
    for answer in mine:
        assert answer.status < 500 or answer.status == 503, (case.path, answer)


def check_effects(cases, answers, items):
    for case in cases:
        if case.effects:
            assert case.effects(items) == 1, (case.method, case.path, case.body)
    made = {answer.json["id"] for case, mine in zip(cases, answers) for answer in mine
            if not case.effects and answer.status == 201}
    guests = {item["pk"]["S"][2:] for item in items
              if item["pk"]["S"].startswith("C#") and "user_id" not in item}
    others = {part for case in cases for part in carts_named_in(case)}
    assert guests - others == made, "a guest's cart that nobody was told of"


def carts_named_in(case):
    """The carts that were made beforehand for this case."""
    if case.path.startswith("/cart/"):
        yield case.path.split("/")[2]
    for body in (case.body, case.other):
        if "into" in body:
            yield body["into"]
