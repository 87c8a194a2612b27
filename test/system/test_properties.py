"""Whatever is done in whatever order, a small model in Python and the service agree.

The examples come from hypothesis and are the same in each run.
"""

from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test)

import given
from given import expect, item_path, new_cart, quantities, stock_path

MOST_ON_HAND = 999_999_999
MOST_OF_ONE = 9_999

small = st.integers(0, 12)
edge = st.sampled_from([0, 1, 2, 5, MOST_ON_HAND - 1, MOST_ON_HAND])
amounts = st.sampled_from([1, 2, 3, 500, MOST_OF_ONE - 1, MOST_OF_ONE])
which = st.integers(0, 3)


def bounded(examples, steps):
    return settings(
        max_examples=given.scaled(examples), stateful_step_count=steps, deadline=None,
        derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def level_of(available, mark):
    if available == 0:
        return "out"
    return "low" if mark is not None and available <= mark else "in"


class StockMachine(RuleBasedStateMachine):
    """One product's stock."""

    def __init__(self, client, emulator):
        super().__init__()
        self.client = client
        self.emulator = emulator

    @initialize(on_hand=small, mark=st.none() | small)
    def create(self, on_hand, mark):
        self.product = self.client.create(
            on_hand=on_hand, **({} if mark is None else {"low_stock_at": mark}))
        self.path = stock_path(self.product)
        self.on_hand, self.reserved, self.mark = on_hand, 0, mark
        self.deltas = [on_hand] if on_hand else []
        self.raised = []
        self.before = len(given.events(self.emulator, self.product["id"]))
        self.version = self.client.get(self.path).json["version"]

    def available(self):
        return self.on_hand - self.reserved

    def apply(self, answer, on_hand, mark):
        """Both change; the answer shows it, and an event tells of another level."""
        expect(answer, 200)
        old = level_of(self.available(), self.mark)
        changed = (on_hand, mark) != (self.on_hand, self.mark)
        if on_hand != self.on_hand:
            self.deltas.append(on_hand - self.on_hand)
        self.on_hand, self.mark = on_hand, mark
        new = level_of(self.available(), self.mark)
        if new != old:
            self.raised.append(f"stock.{new}")
        assert answer.json["version"] == self.version + 1 or not changed
        self.version = answer.json["version"]
        assert answer.json == self.expected()

    def expected(self):
        marked = {} if self.mark is None else {"low_stock_at": self.mark}
        return {"available": self.available(), "reserved": self.reserved, "on_hand": self.on_hand,
                "level": level_of(self.available(), self.mark), "version": self.version, **marked}

    @rule(delta=st.integers(-8, 8).filter(bool) | edge.filter(bool) | edge.filter(bool).map(
        lambda n: -n))
    def move(self, delta):
        answer = self.client.post(self.path, {"delta": delta, "reason": "model"})
        if self.available() + delta < 0:
            expect(answer, 409, "insufficient-stock")
            assert answer.json["items"] == [{"product_id": self.product["id"], "requested": -delta,
                                             "available": self.available()}]
        elif self.on_hand + delta > MOST_ON_HAND:
            expect(answer, 409, "stock-limit")
        else:
            self.apply(answer, self.on_hand + delta, self.mark)

    @rule(on_hand=small | edge, change=st.sampled_from([None, "right", "wrong"]),
          mark=st.just("keep") | st.none() | small)
    def count(self, on_hand, change, mark):
        body = {"on_hand": on_hand}
        if change:
            body["change_from"] = self.on_hand if change == "right" else (self.on_hand + 1) % 99
        if mark != "keep":
            body["low_stock_at"] = mark
        answer = self.client.put(self.path, body)
        stale = change and body["change_from"] != self.on_hand
        if stale or on_hand < self.reserved:
            refusals = {"stock-changed": stale, "below-reserved": on_hand < self.reserved}
            assert answer.status == 409 and refusals[answer.code], answer
        else:
            self.apply(answer, on_hand, self.mark if mark == "keep" else mark)

    @rule(mark=st.none() | small)
    def set_mark(self, mark):
        self.apply(self.client.put(self.path, {"low_stock_at": mark}), self.on_hand, mark)

    @precondition(lambda self: self.available() > 1 and self.mark is None)
    @rule()
    def reserve_one(self):
        """As a checkout would; so that no level is crossed while nobody looks, one stays."""
        given.reserve(self.emulator, self.product, 1)
        self.reserved += 1

    @rule()
    def refuse_an_old_version(self):
        answer = self.client.put(self.path, {"on_hand": self.on_hand + 1},
                                 If_Match=f'"{self.version + 1}"')
        expect(answer, 412, "precondition-failed")

    @invariant()
    def the_service_agrees(self):
        assert expect(self.client.get(self.path), 200).json == self.expected()

    def teardown(self):
        if hasattr(self, "path"):
            ledger = given.walk(self.client, self.path + "/movement", limit=7)
            assert [entry["delta"] for entry in reversed(ledger)] == self.deltas
            told = given.event_types(self.emulator, self.product["id"])[self.before:]
            assert told == self.raised


class CartMachine(RuleBasedStateMachine):
    """Two carts at a time over four products; a merged one is followed by a new one."""

    def __init__(self, client, products):
        super().__init__()
        self.client = client
        self.products = products
        self.carts = [SimpleNamespace(lines={}), SimpleNamespace(lines={})]

    @initialize()
    def create(self):
        for cart in self.carts:
            self.renew(cart)

    def renew(self, cart):
        cart.id = new_cart(self.client)["id"]
        cart.lines = {}

    def path(self, cart, product):
        return item_path({"id": cart.id}, self.products[product])

    def currency_fits(self, cart, product):
        others = {self.products[n]["currency"] for n in cart.lines if n != product}
        return others <= {self.products[product]["currency"]}

    def set_line(self, answer, cart, product, quantity):
        if product not in cart.lines and not self.currency_fits(cart, product):
            expect(answer, 409, "currency-mismatch")
        elif quantity > MOST_OF_ONE:
            expect(answer, 409, "quantity-limit")
        else:
            expect(answer, 200)
            cart.lines[product] = quantity

    @rule(cart=st.integers(0, 1), product=which, quantity=amounts)
    def put(self, cart, product, quantity):
        cart = self.carts[cart]
        answer = self.client.put(self.path(cart, product), {"quantity": quantity})
        self.set_line(answer, cart, product, quantity)

    @rule(cart=st.integers(0, 1), product=which, quantity=st.none() | amounts)
    def add(self, cart, product, quantity):
        cart = self.carts[cart]
        answer = self.client.post(self.path(cart, product),
                                  {} if quantity is None else {"quantity": quantity})
        self.set_line(answer, cart, product, cart.lines.get(product, 0) + (quantity or 1))

    @rule(cart=st.integers(0, 1), product=which)
    def remove(self, cart, product):
        cart = self.carts[cart]
        answer = self.client.delete(self.path(cart, product))
        if cart.lines.pop(product, None) is None:
            expect(answer, 404, "line-not-found")
        else:
            expect(answer, 204)

    @rule(source=st.integers(0, 1), strategy=st.sampled_from([None, "sum", "replace", "keep"]))
    def merge(self, source, strategy):
        source, into = self.carts[source], self.carts[1 - source]
        answer = self.client.post(
            f"/cart/{source.id}/merge",
            {"into": into.id} | ({"strategy": strategy} if strategy else {}))
        merged = dict(into.lines)
        for product, quantity in source.lines.items():
            mine = into.lines.get(product)
            merged[product] = quantity if mine is None else {
                "replace": quantity, "keep": mine}.get(strategy, mine + quantity)
        currencies = {self.products[n]["currency"] for n in merged}
        refusals = (["currency-mismatch"] if len(currencies) > 1 else []) + (
            ["quantity-limit"] if max(merged.values(), default=0) > MOST_OF_ONE else [])
        if refusals:
            assert answer.status == 409 and answer.code in refusals, answer
        else:
            shown = quantities(expect(answer, 200).json)
            assert shown == {self.products[n]["id"]: q for n, q in merged.items()}
            numbers = {product["id"]: n for n, product in enumerate(self.products)}
            into.lines = {numbers[i]: quantity for i, quantity in shown.items()}
            self.check_closed(source, into)
            self.renew(source)

    def check_closed(self, cart, into):
        closed = expect(self.client.get(f"/cart/{cart.id}"), 200).json
        assert (closed["status"], closed["merged_into"]) == ("merged", into.id)
        answer = self.client.put(self.path(cart, 0), {"quantity": 1})
        expect(answer, 409, "cart-closed")

    @rule(cart=st.integers(0, 1))
    def delete(self, cart):
        cart = self.carts[cart]
        expect(self.client.delete(f"/cart/{cart.id}"), 204)
        expect(self.client.get(f"/cart/{cart.id}"), 404, "cart-not-found")
        self.renew(cart)

    @invariant()
    def the_service_agrees(self):
        for cart in self.carts:
            if hasattr(cart, "id"):
                self.check_open(cart, expect(self.client.get(f"/cart/{cart.id}"), 200).json)

    def check_open(self, cart, shown):
        expected = {self.products[n]["id"]: quantity for n, quantity in cart.lines.items()}
        assert (quantities(shown), shown["status"]) == (expected, "open")
        assert [line["product_id"] for line in shown["lines"]] == list(expected)
        total = sum(self.products[n]["price"] * quantity for n, quantity in cart.lines.items())
        assert shown.get("total", 0) == total and ("total" in shown) == bool(expected)


def test_stock_does_what_the_model_does(client, emulator):
    run_state_machine_as_test(lambda: StockMachine(client, emulator),
                              settings=bounded(12, 16))


@pytest.mark.parametrize("currencies", [("EUR",) * 4, ("EUR", "EUR", "USD", "EUR")])
def test_carts_do_what_the_model_does(client, currencies):
    products = [client.create(price=n + 1.25, currency=currency)
                for n, currency in enumerate(currencies)]
    run_state_machine_as_test(lambda: CartMachine(client, products), settings=bounded(8, 16))
