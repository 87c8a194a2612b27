"""Who comes to the simulated shop: shoppers, carriers, and a hand in the warehouse.

Each decides by random numbers of its own, so that a seed brings the same wishes again, whatever the
others do meanwhile. Whoever hears nothing, or a 5xx, asks again, with the same Idempotency-Key
where there is one. What they were told goes into Told, and must be true in the end.
"""

import asyncio
import contextlib
import hashlib
import hmac
import random
import time
from collections import Counter, defaultdict

import purchase
import wire
from given import ADDRESS

ATTEMPTS = 40
LONGEST_PAUSE = 0.4
PATIENCE = 8
SECRET = "the provider's and the simulated shop's"


class Silence(Exception):
    """Nobody answered, however often one asked."""


class Told:
    """What was acknowledged. It outlives every fault, or the shop has broken its word."""

    def __init__(self):
        self.orders = {}  # id -> the order as it was told first
        self.payments = {}  # (order id, reference) -> {status: amount}
        self.cancelled = set()
        self.cut = set()  # orders of which the rest was cancelled
        self.returned = defaultdict(Counter)  # order id -> product id -> pieces
        self.deliveries = {}  # id -> order id
        self.reports = defaultdict(dict)  # delivery id -> event id -> (time, tracking status)
        self.unsure = set()  # orders of which somebody did not hear what became of a request
        self.statuses = Counter()
        self.codes = Counter()
        self.unanswered = 0
        self.wrong = []  # answers that nothing can explain


class Phone:
    """A line to any of the daemons. It calls again until it is answered."""

    def __init__(self, shop, told, name):
        self.shop = shop
        self.told = told
        self.chance = random.Random(f"{name}-line")
        self.connection = None

    async def ask(self, method, path, body=None, key=None, headers=()):
        if body is not None and not isinstance(body, str):
            body = purchase.exact(body)
        headers = [*headers, *([f"Idempotency-Key: {key}"] if key else [])]
        for attempt in range(ATTEMPTS):
            answer = await self.try_once(method, path, body, headers)
            if answer is not None and answer.status < 500:
                self.told.statuses[answer.status] += 1
                return answer
            self.told.unanswered += 1
            await asyncio.sleep(self.chance.random() * min(0.02 * 2**attempt, LONGEST_PAUSE))
        raise Silence(f"{method} {path}")

    async def try_once(self, method, path, body, headers):
        """None: the connection broke, or there was no answer in time."""
        try:
            if self.connection is None or self.chance.random() < 0.05:
                self.hang_up()
                port = self.chance.choice(self.shop.ports())
                self.connection = await wire.Connection(port).open()
            return await asyncio.wait_for(
                self.connection.request(method, path, body, headers), PATIENCE)
        except (OSError, EOFError, asyncio.TimeoutError):
            self.hang_up()
            return None

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Person:
    """Somebody with a phone and a mind of their own."""

    def __init__(self, shop, told, name):
        self.shop = shop
        self.told = told
        self.name = name
        self.chance = random.Random(name)
        self.phone = Phone(shop, told, name)
        self.asked = 0

    def likes(self, probability):
        return self.chance.random() < probability

    def pick(self, **weights):
        return self.chance.choices(list(weights), list(weights.values()))[0]

    async def ask(self, method, path, body=None, key=True, **headers):
        """POST and PATCH come with a key, unless they need none."""
        self.asked += 1
        key = f"{self.name}-{self.asked}" if key and method in ("POST", "PATCH") else None
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return await self.phone.ask(method, path, body, key, lines)

    def accept(self, answer, *codes):
        """True for success, False for one of these codes; anything else is noted as wrong."""
        if answer.status < 300:
            return True
        self.told.codes[answer.code] += 1
        if answer.code not in codes:
            self.told.wrong.append(f"{self.name}, request {self.asked}: {answer}")
        return False

    def twin(self):
        """Somebody who wants the same at the same moment."""
        return Twin(self.shop, self.told, f"{self.name}-{self.asked}-twin")

    async def about(self, order_id, *asked, **more):
        """Asks something about an order; if nobody answers, the order is one to be unsure of."""
        try:
            return await self.ask(*asked, **more)
        except Silence:
            self.told.unsure.add(order_id)
            raise


class Twin(Person):
    """Asks one thing and goes."""

    async def about(self, order_id, *asked, **more):
        try:
            return await super().about(order_id, *asked, **more)
        finally:
            self.phone.hang_up()


class Shopper(Person):
    """Buys at random until the shop closes, and changes its mind now and then."""

    async def live(self):
        number = 0
        while self.shop.is_open():
            number += 1
            with contextlib.suppress(Silence):
                await self.buy(number)
        self.phone.hang_up()

    async def buy(self, number):
        cart = await self.fill_cart()
        checkout = cart and await self.check_out(cart)
        if not checkout or not await self.hesitate(checkout):
            return
        order = await self.place(checkout)
        if order:
            await self.decide(order, Carrier(self.shop, self.told, f"{self.name}-{number}-post"))

    async def fill_cart(self):
        answer = await self.ask("POST", "/cart", {})
        if not self.accept(answer):
            return None
        cart = answer.json
        chosen = self.chance.sample(self.shop.products, self.chance.randint(1, 4))
        for product in chosen:
            await self.put_in(cart, product, self.chance.randint(1, 3))
        if self.likes(0.3):
            await self.put_in(cart, self.chance.choice(chosen), 1)
        if len(chosen) > 1 and self.likes(0.2):
            answer = await self.ask("DELETE", f"/cart/{cart['id']}/item/{chosen[0]['id']}")
            self.accept(answer, "line-not-found")
        return cart

    async def put_in(self, cart, product, quantity):
        method = "POST" if self.likes(0.5) else "PUT"
        path = f"/cart/{cart['id']}/item/{product['id']}"
        self.accept(await self.ask(method, path, {"quantity": quantity}))

    async def check_out(self, cart):
        body = {"cart_id": cart["id"], "address": ADDRESS}
        for _ in range(3):
            answer = await self.ask("POST", "/checkout", body)
            if self.accept(answer, "insufficient-stock", "cart-empty"):
                return answer.json
            if answer.code != "insufficient-stock" or self.likes(0.3):
                return None
            await self.do_with_less(cart, answer.json["items"])
        return None

    async def do_with_less(self, cart, items):
        """Takes what there is of what was short."""
        for item in items:
            path = f"/cart/{cart['id']}/item/{item['product_id']}"
            if item["available"] > 0:
                self.accept(await self.ask("PUT", path, {"quantity": item["available"]}))
            else:
                self.accept(await self.ask("DELETE", path), "line-not-found")

    async def hesitate(self, checkout):
        """True: still wants it."""
        path = f"/checkout/{checkout['id']}"
        mood = self.pick(go_on=55, change=15, extend=8, wait=8, release=8, leave=6)
        if mood == "change":
            answer = await self.ask("PATCH", path, {"email": "shopper@example.org"})
            self.accept(answer, "checkout-ended")
        elif mood == "extend":
            answer = await self.ask("PATCH", path, {"extend": True})
            self.accept(answer, "checkout-ended")
        elif mood == "wait":
            await asyncio.sleep(self.chance.uniform(0.5, 1.3) * self.shop.hold_time)
        elif mood == "release":
            self.accept(await self.ask("DELETE", path), "checkout-ended")
        return mood not in ("release", "leave")

    async def place(self, checkout):
        body = {"checkout_id": checkout["id"]}
        if self.likes(0.15):
            body["cash_on_delivery"] = True
        asked = [self.about(checkout["id"], "POST", "/order", body, key=self.likes(0.5))]
        if self.likes(0.2):
            asked.append(self.twin().about(checkout["id"], "POST", "/order", body, key=False))
        answers = await asyncio.gather(*asked)
        orders = [answer.json for answer in answers if self.accept(answer, "checkout-ended")]
        if orders and len(orders) < len(answers) or len({one["id"] for one in orders}) > 1:
            self.told.wrong.append(f"{self.name}: one checkout and two truths: {answers}")
        if not orders:
            return None
        self.told.orders.setdefault(orders[0]["id"], orders[0])
        return orders[0]

    async def decide(self, order, carrier):
        """Pays or does not, and goes through with it or does not."""
        if order.get("cash_on_delivery"):
            mood = self.pick(keep=75, cancel=10, cancel_late=10, cut=5)
        else:
            mood = self.pick(keep=47, two_steps=12, fail_first=8, forget=8, cancel=5,
                             cancel_late=6, late=6, twice=4, cut=4)
            paid = await self.settle_bill(order, mood)
        if mood in ("cancel", "cancel_late"):
            late = mood == "cancel_late"
            sent = carrier.send(order) if late else asyncio.sleep(0)
            await asyncio.gather(self.cancel(order), sent)
            return
        if mood in ("forget", "late") or not (order.get("cash_on_delivery") or paid):
            return
        await carrier.send(order, is_partly=mood == "cut")
        if mood == "cut":
            await self.cancel(order)
        if self.likes(0.25):
            await self.give_back(order)

    async def settle_bill(self, order, mood):
        """True when the order is paid, as far as is known."""
        reference = f"{order['id']}-1"
        if mood in ("forget", "cancel") and self.likes(0.7):
            return False
        if mood == "late":
            await asyncio.sleep(self.shop.payment_time * self.chance.uniform(0.8, 1.3))
        if mood == "fail_first":
            await self.pay(order, "failed", f"{order['id']}-0", order["total"])
        if mood == "two_steps":
            await self.pay(order, "authorized", reference, order["total"])
        if mood == "twice":
            await self.pay(order, "paid", f"{order['id']}-2", order["total"])
        return await self.pay(order, "paid", reference, order["total"])

    async def pay(self, order, status, reference, amount):
        body = {"reference": reference, "status": status, "amount": amount}
        for _ in range(2 if self.likes(0.2) else 1):
            if self.likes(0.3):
                text = purchase.exact({"order_id": order["id"], **body})
                answer = await self.about(order["id"], "POST", "/payment/callback", text,
                                          key=False, X_Signature=signature_of(text))
            else:
                answer = await self.about(order["id"], "PUT", f"/order/{order['id']}/payment", body)
            codes = ("invalid-transition",) if status in ("failed", "refunded") else ()
            if not self.accept(answer, *codes):
                return False
            self.told.payments.setdefault((order["id"], reference), {})[status] = amount
        return True

    async def cancel(self, order):
        asked = ("POST", f"/order/{order['id']}/cancel", {})
        people = [self, *([self.twin()] if self.likes(0.3) else [])]
        answers = await asyncio.gather(*(one.about(order["id"], *asked) for one in people))
        for answer in [one for one in answers if self.accept(one, "invalid-transition")]:
            if order["id"] in self.told.cancelled | self.told.cut:
                self.told.wrong.append(f"{self.name}: an order was cancelled twice: {answers}")
            is_whole = answer.json["status"] == "cancelled"
            (self.told.cancelled if is_whole else self.told.cut).add(order["id"])
            if is_whole and answer.json["paid"] > answer.json["refunded"]:
                await self.pay(order, "refunded", f"{order['id']}-r", answer.json["paid"])

    async def give_back(self, order):
        line = self.chance.choice(order["lines"])
        quantity = self.chance.randint(1, line["quantity"])
        body = {"lines": [{"product_id": line["product_id"], "quantity": quantity}]}
        answer = await self.about(order["id"], "POST", f"/order/{order['id']}/return", body)
        if self.accept(answer, "too-many-returned", "invalid-transition"):
            self.told.returned[order["id"]][line["product_id"]] += quantity
            if answer.json["paid"] > 0 and line["price"] > 0:
                await self.pay(order, "refunded", f"{order['id']}-r", line["price"])


class Carrier(Person):
    """Brings an order in one parcel or in several, and reports late, twice and out of order."""

    TRACKS = (["pre_transit", "in_transit", "out_for_delivery", "delivered"],
              ["in_transit", "delivered"], ["out_for_delivery", "failure", "delivered"],
              ["pre_transit", "in_transit", "failure", "return_to_sender"],
              ["in_transit", "available_for_pickup"])

    async def send(self, order, is_partly=False):
        parts = [None]
        if is_partly or self.likes(0.35):
            line = self.chance.choice(order["lines"])
            quantity = self.chance.randint(1, line["quantity"])
            parts = [[{"product_id": line["product_id"], "quantity": quantity}], None]
        if is_partly:
            parts.pop()
        for lines in parts:
            delivery = await self.hand_over(order, lines)
            if delivery is None:
                break
            if self.likes(0.8):
                await self.report(order, delivery)
        self.phone.hang_up()

    async def hand_over(self, order, lines):
        """None: the order has been cancelled, or nothing is left."""
        path, number = f"/order/{order['id']}/delivery", f"{self.name}-{self.asked}"
        body = {"carrier": "post", "tracking_number": number}
        if lines:
            body["lines"] = lines
        if self.likes(0.2):
            body["status"] = "pending"
        answer = await self.about(order["id"], "POST", path, body)
        if not self.accept(answer, "invalid-transition", "nothing-to-ship", "too-many-shipped"):
            return None
        delivery = answer.json
        self.told.deliveries[delivery["id"]] = order["id"]
        if body.get("status") != "pending":
            return delivery
        status = self.pick(shipped=3, cancelled=1)
        answer = await self.about(order["id"], "PATCH", f"/delivery/{delivery['id']}",
                                  {"status": status})
        taken = self.accept(answer, "invalid-transition")
        if status == "cancelled" or not taken:
            return await self.hand_over(order, lines) if taken else None
        return delivery

    async def report(self, order, delivery):
        track = list(enumerate(self.chance.choice(self.TRACKS)))
        reports = [(f"{self.name}-{self.asked}-{n}", status, purchase.now(n - 60))
                   for n, status in track]
        if self.likes(0.5):
            self.chance.shuffle(reports)
        reports += self.chance.sample(reports, self.chance.randint(0, len(reports)))
        for event_id, status, moment in reports:
            if self.likes(0.2):
                await asyncio.sleep(self.chance.random() * 0.2)
            body = {"event_id": event_id, "tracking_status": status, "time": moment}
            asked = (order["id"], "POST", f"/delivery/{delivery['id']}/event", body)
            people = [self, *([self.twin()] if self.likes(0.1) else [])]
            answers = await asyncio.gather(*(one.about(*asked) for one in people))
            if all([self.accept(answer) for answer in answers]):
                self.told.reports[delivery["id"]][event_id] = (moment, status)


class Warehouse(Person):
    """Brings in more, and takes out what is broken."""

    async def live(self):
        while self.shop.is_open():
            await asyncio.sleep(self.chance.random() * 0.2)
            product = self.chance.choice(self.shop.products)
            delta = self.chance.choice((-2, -1, 5, 10))
            with contextlib.suppress(Silence):
                answer = await self.ask("POST", f"/product/{product['id']}/stock",
                                        {"delta": delta, "reason": "warehouse"})
                self.accept(answer, "insufficient-stock")
        self.phone.hang_up()


def signature_of(body):
    moment = int(time.time())
    digest = hmac.new(SECRET.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
