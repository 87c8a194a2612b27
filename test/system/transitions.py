"""What may become of an order: every state, every request in it, and what follows.

Written down from docs/api.md alone, so that the code has something to be compared with. An order
in these tables has one line of two pieces at 5 each.
"""

import purchase
from given import expect
from purchase import cancel, deliver, give_back, pay, placed

PRICE, PIECES = 5, 2


class Refused:
    """This code, and nothing has changed."""

    def __init__(self, code, status=409):
        self.code = code
        self.status = status


class Becomes:
    """200 or 201, these three statuses, and these events."""

    def __init__(self, status, payment, fulfillment, *events):
        self.statuses = (status, payment, fulfillment)
        self.events = events


INVALID = Refused("invalid-transition")
NOTHING_THERE = Refused("too-many-returned")
NOTHING_LEFT = Refused("nothing-to-ship")
TOO_MUCH = Refused("wrong-amount", status=422)
CONFIRMED, CANCELLED, REFUNDED = "order.confirmed", "order.cancelled", "order.refunded"
SENT = ("delivery.created", "delivery.shipped")
ORPHANED = "payment.orphaned"

ACTIONS = {
    "authorize": lambda client, bought: pay(client, bought, "authorized"),
    "pay": lambda client, bought: pay(client, bought, "paid"),
    "fail": lambda client, bought: pay(client, bought, "failed"),
    "fail after all": lambda client, bought: pay(client, bought, "failed", reference=hold_of(bought)),
    "refund a part": lambda client, bought: pay(client, bought, "refunded", PRICE),
    "refund all": lambda client, bought: pay(client, bought, "refunded"),
    "cancel": cancel,
    "deliver": deliver,
    "return one": lambda client, bought: give_back(client, bought, (product_of(bought), 1)),
    "note": lambda client, bought: client.patch(f"/order/{bought['id']}", {"note": "x"}),
}


def hold_of(bought):
    """The reference under which an order is authorized."""
    return f"hold-{bought['id']}"


def product_of(bought):
    return {"id": bought["lines"][0]["product_id"]}


def make(client, *steps, **fields):
    """A new order on which these steps have been taken, one after the other."""
    product = client.create(price=PRICE, on_hand=PIECES)
    bought = placed(client, (product, PIECES), **fields)
    for step in steps:
        answer = step(client, bought)
        assert answer.status in (200, 201), answer
    return purchase.get_order(client, bought)


def deliver_one(client, bought):
    return deliver(client, bought, (product_of(bought), 1))


def arrive(client, bought):
    """All deliveries are delivered."""
    for delivery in purchase.get_order(client, bought)["deliveries"]:
        answer = expect(purchase.tell(client, delivery, "delivered"), 200)
    return answer


def return_all(client, bought):
    return give_back(client, bought, (product_of(bought), PIECES))


def authorize(client, bought):
    return pay(client, bought, "authorized", reference=hold_of(bought))


PAY, FAIL, REFUND_PART, REFUND_ALL = (
    ACTIONS[name] for name in ("pay", "fail", "refund a part", "refund all"))

MAKERS = {
    # how an order comes into each state, and its statuses then
    "placed": ((), ("placed", "none", "unfulfilled")),
    "failed": ((FAIL,), ("placed", "failed", "unfulfilled")),
    "authorized": ((authorize,), ("confirmed", "authorized", "unfulfilled")),
    "paid": ((PAY,), ("confirmed", "paid", "unfulfilled")),
    "captured": ((authorize, PAY), ("confirmed", "paid", "unfulfilled")),
    "paid at last": ((FAIL, PAY), ("confirmed", "paid", "unfulfilled")),
    "partly shipped": ((PAY, deliver_one), ("confirmed", "paid", "partial")),
    "rest cancelled": ((PAY, deliver_one, cancel), ("confirmed", "paid", "shipped")),
    "shipped": ((PAY, deliver), ("confirmed", "paid", "shipped")),
    "shipped in two": ((PAY, deliver_one, deliver), ("confirmed", "paid", "shipped")),
    "completed": ((PAY, deliver, arrive), ("completed", "paid", "delivered")),
    "returned": ((PAY, deliver, arrive, return_all), ("completed", "paid", "returned")),
    "partly refunded": ((PAY, REFUND_PART), ("confirmed", "partially_refunded", "unfulfilled")),
    "refunded": ((PAY, REFUND_ALL), ("confirmed", "refunded", "unfulfilled")),
    "cancelled": ((cancel,), ("cancelled", "none", "unfulfilled")),
    "voided": ((authorize, cancel), ("cancelled", "voided", "unfulfilled")),
    "cancelled when paid": ((PAY, cancel), ("cancelled", "paid", "unfulfilled")),
}
"""Beside these there is "cash" (cash_on_delivery) and "expired"."""


def open_placed(payment):
    """The row of an order that waits for its payment."""
    return {
        "authorize": Becomes("confirmed", "authorized", "unfulfilled", CONFIRMED),
        "pay": Becomes("confirmed", "paid", "unfulfilled", CONFIRMED),
        "fail": Becomes("placed", "failed", "unfulfilled"),
        "refund a part": INVALID, "refund all": INVALID,
        "cancel": Becomes("cancelled", payment, "unfulfilled", CANCELLED),
        "deliver": INVALID, "return one": NOTHING_THERE}


def paid_in_full(status, fulfillment, payment="paid", **others):
    """The row of an order that is paid, but for what is told otherwise."""
    return {
        "authorize": INVALID, "pay": Becomes(status, payment, fulfillment, ORPHANED),
        "fail": INVALID,
        "refund a part": Becomes(status, "partially_refunded", fulfillment, REFUNDED),
        "refund all": Becomes(status, "refunded", fulfillment, REFUNDED),
        "cancel": INVALID, "deliver": INVALID, "return one": NOTHING_THERE,
        **{name.replace("_", " "): outcome for name, outcome in others.items()}}


def dead(status, payment):
    """The row of an order that is over without a shipment: payments are recorded, and told."""
    same = (status, payment, "unfulfilled")
    return {
        "authorize": Becomes(*same, ORPHANED), "pay": Becomes(*same, ORPHANED),
        "fail": Becomes(*same),
        "refund a part": INVALID, "refund all": INVALID,
        "cancel": INVALID, "deliver": INVALID, "return one": NOTHING_THERE}


UNSENT = {"cancel": Becomes("cancelled", "paid", "unfulfilled", CANCELLED),
          "deliver": Becomes("confirmed", "paid", "shipped", *SENT)}
ALL_SHIPPED = paid_in_full("confirmed", "shipped", deliver=NOTHING_LEFT,
                           return_one=Becomes("confirmed", "paid", "shipped"))

OUTCOMES = {
    "placed": open_placed("none"),
    "failed": open_placed("failed"),
    "authorized": {
        "authorize": INVALID,
        "pay": Becomes("confirmed", "paid", "unfulfilled"),
        "fail": INVALID, "fail after all": Becomes("confirmed", "failed", "unfulfilled"),
        "refund a part": INVALID, "refund all": INVALID,
        "cancel": Becomes("cancelled", "voided", "unfulfilled", CANCELLED),
        "deliver": Becomes("confirmed", "authorized", "shipped", *SENT),
        "return one": NOTHING_THERE},
    "cash": {
        "authorize": Becomes("confirmed", "authorized", "unfulfilled"),
        "pay": Becomes("confirmed", "paid", "unfulfilled"),
        "fail": Becomes("confirmed", "failed", "unfulfilled"),
        "refund a part": INVALID, "refund all": INVALID,
        "cancel": Becomes("cancelled", "none", "unfulfilled", CANCELLED),
        "deliver": Becomes("confirmed", "none", "shipped", *SENT),
        "return one": NOTHING_THERE},
    "paid": paid_in_full("confirmed", "unfulfilled", **UNSENT),
    "captured": paid_in_full("confirmed", "unfulfilled", **UNSENT),
    "paid at last": paid_in_full("confirmed", "unfulfilled", **UNSENT),
    "partly shipped": paid_in_full(
        "confirmed", "partial", deliver=Becomes("confirmed", "paid", "shipped", *SENT),
        cancel=Becomes("confirmed", "paid", "shipped"),
        return_one=Becomes("confirmed", "paid", "partial")),
    "rest cancelled": paid_in_full(
        "confirmed", "shipped", deliver=NOTHING_LEFT,
        return_one=Becomes("completed", "paid", "returned", "order.completed")),
    "shipped": ALL_SHIPPED,
    "shipped in two": ALL_SHIPPED,
    "completed": paid_in_full("completed", "delivered",
                              return_one=Becomes("completed", "paid", "delivered")),
    "returned": paid_in_full("completed", "returned"),
    "partly refunded": paid_in_full(
        "confirmed", "unfulfilled", "partially_refunded",
        refund_all=TOO_MUCH,
        refund_a_part=Becomes("confirmed", "refunded", "unfulfilled", REFUNDED),
        cancel=Becomes("cancelled", "partially_refunded", "unfulfilled", CANCELLED),
        deliver=Becomes("confirmed", "partially_refunded", "shipped", *SENT)),
    "refunded": paid_in_full(
        "confirmed", "unfulfilled", "refunded",
        refund_a_part=INVALID, refund_all=INVALID,
        cancel=Becomes("cancelled", "refunded", "unfulfilled", CANCELLED),
        deliver=Becomes("confirmed", "refunded", "shipped", *SENT)),
    "cancelled": dead("cancelled", "none"),
    "voided": dead("cancelled", "voided"),
    "cancelled when paid": dead("cancelled", "paid") | {
        "refund a part": Becomes("cancelled", "partially_refunded", "unfulfilled", REFUNDED),
        "refund all": Becomes("cancelled", "refunded", "unfulfilled", REFUNDED)},
    "expired": dead("expired", "none"),
}

for outcomes in OUTCOMES.values():
    outcomes.setdefault("fail after all", outcomes["fail"])


def fits(outcome, answer, after, events):
    """Whether what came is this outcome: the answer, the order's statuses, the new events."""
    if isinstance(outcome, Refused):
        return (answer.status, answer.code) == (outcome.status, outcome.code)
    return (answer.status in (200, 201) and purchase.statuses(after) == outcome.statuses
            and sorted(events) == sorted(outcome.events))


def check(client, bought, action, outcome, events):
    """Takes the action and fails unless it has the outcome. `events` gives the types so far."""
    before, told = purchase.get_order(client, bought), events()
    amounts = purchase.stock(client, product_of(bought))
    answer = ACTIONS[action](client, bought)
    after = purchase.get_order(client, bought)
    assert fits(outcome, answer, after, events()[len(told):]), (
        answer, purchase.statuses(after), events()[len(told):])
    if answer.status >= 400:
        assert (after, events()) == (before, told)
        assert purchase.stock(client, product_of(bought)) == amounts
    else:
        assert after["version"] > before["version"], after
    if answer.status == 409 and answer.code == "invalid-transition":
        assert isinstance(answer.json["allowed"], list), answer
        assert all(isinstance(name, str) for name in answer.json["allowed"]), answer
