"""Whether a shop's books agree: the table itself, what the API says, and what people were told.

Books reads everything once. `disagreements` then yields a line of text for each thing that is not
as it has to be, whatever happened before; none, if all is well. The rules are written down here
from docs/api.md and docs/table.md, and share nothing with the code.
"""

import datetime
import urllib.parse
from collections import Counter, defaultdict
from decimal import Decimal


GRACE = 5
"""Seconds after which nothing that has ended may hold stock any more."""

PATHS = {
    # from each status of an order, where it may go; None is before the beginning, which leads to
    # confirmed when it is to be paid on delivery
    None: {"placed", "confirmed"}, "placed": {"confirmed", "expired", "cancelled"},
    "confirmed": {"completed", "cancelled"},
    "completed": set(), "expired": set(), "cancelled": set(),
}
ORDER_STATUSES = set(PATHS) - {None}
DEAD = ("expired", "cancelled")
AWAY = ("shipped", "delivered")
"""Statuses of deliveries whose pieces have left the house."""
TRACKED = {"out_for_delivery": "delivery.out_for_delivery", "failure": "delivery.failed",
           "return_to_sender": "delivery.returned"}


def number(item, name):
    return int(item[name]["N"])


def text(item, name):
    return item.get(name, {}).get("S")


def seconds_since(moment):
    then = datetime.datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return (datetime.datetime.now(datetime.timezone.utc) - then).total_seconds()


class Books:
    """All that is in the table, by what it is, and how the API shows it."""

    def __init__(self, emulator, table, client, events):
        self.client = client
        self.stocks, self.holds, self.heads, self.carts = {}, {}, {}, {}
        self.movements, self.parts = defaultdict(list), defaultdict(dict)
        self.events, self.seen = events, set()
        self.waiting = []
        for item in emulator.all_items(table):
            self.sort_in(item, *item["pk"]["S"].partition("#")[::2], item["sk"]["S"])
        self.checkouts = {name: self.shown(f"/checkout/{name}") for name in self.holds}
        self.orders = {name: self.shown(f"/order/{name}?expand=history") for name in self.heads}
        self.shown_stocks = {name: self.shown(f"/product/{name}/stock") for name in self.stocks}

    def sort_in(self, item, kind, name, sk):
        if kind == "P" and sk == "STOCK":
            self.stocks[name] = item
        elif kind == "M":
            self.movements[name].append(item)
        elif kind == "K":
            self.holds[name] = item
        elif kind == "C":
            self.carts[name] = item
        elif kind == "O" and sk == "#":
            self.heads[name] = item
        elif kind == "O":
            self.parts[name][sk] = item
        elif kind == "OUT":
            self.waiting.append(item)
        elif kind == "DLQ":
            self.waiting.append(item)
        elif kind == "DE":
            self.seen.add((text(item, "delivery_id"), text(item, "event_id")))

    def shown(self, path):
        """What the API shows, or None. A machine may be too busy to answer in time."""
        for _ in range(20):
            answer = self.client.get(path)
            if answer.status < 500:
                break
        return answer.json if answer.status == 200 else None

    def part(self, order_id, prefix):
        """The items of an order whose sort keys begin so, by the rest of it."""
        return {sk[len(prefix):]: item for sk, item in self.parts[order_id].items()
                if sk.startswith(prefix)}

    def payments(self, order_id):
        return self.part(order_id, "PAY#")

    def deliveries(self, order_id):
        """As the API shows them with their order."""
        return (self.orders[order_id] or {}).get("deliveries") or []

    def told_of(self, order_id):
        return Counter(event["type"] for event in self.events
                       if event["subject"] == f"order/{order_id}")

    def path(self, order_id):
        """The order's statuses, from the beginning on."""
        found = []
        for entry in (self.orders[order_id] or {}).get("history", []):
            if entry.get("to") in ORDER_STATUSES and entry.get("from") in PATHS:
                found.append((entry.get("from"), entry["to"]))
        return found


def seconds_left(items, payment_time):
    """Until the last hold and the last unpaid order have to be over; 0: none is."""
    left = [0]
    for item in items:
        if item["pk"]["S"].startswith("K#") and text(item, "status") == "held":
            left.append(GRACE - seconds_since(text(item, "expires_at")))
        if item["pk"]["S"].startswith("O#") and text(item, "status") == "placed":
            left.append(payment_time + GRACE - seconds_since(text(item, "created_at")))
    return max(left)


def disagreements(books, told, opening, payment_time):
    """`opening`: what was on hand of each product at the start, by id."""
    yield from told.wrong
    yield from (f"an event has not gone: {item}" for item in books.waiting)
    yield from check_stocks(books, opening)
    yield from check_holds(books, payment_time)
    for order_id in books.heads:
        if books.orders[order_id] is None:
            yield f"order {order_id} is in the table, but cannot be read"
            continue
        checks = (check_order, check_path, check_order_events, check_payments, check_deliveries)
        for check in checks:
            yield from check(books, order_id)
    yield from check_told_orders(books, told)
    yield from check_told_payments(books, told)
    yield from check_told_deliveries(books, told)


# stocks


def check_stocks(books, opening):
    reserved, sold, returned = count_lines(books)
    for name, item in books.stocks.items():
        about = f"product {name}:"
        figures = {key: number(item, key) for key in ("available", "reserved")}
        on_hand = sum(figures.values())
        ledger = sum(number(entry, "delta") for entry in books.movements[name])
        moved = sum(number(entry, "delta") for entry in books.movements[name]
                    if text(entry, "reason") == "warehouse")
        if min(figures.values()) < 0:
            yield f"{about} a negative number: {figures}"
        if figures["reserved"] != reserved[name]:
            yield (f"{about} {figures['reserved']} reserved, but holds and unshipped orders come"
                   f" to {reserved[name]}")
        if opening[name] + moved != on_hand + sold[name] - returned[name]:
            yield (f"{about} {opening[name]} at the start and {moved} by the warehouse, but"
                   f" {on_hand} on hand, {sold[name]} sold, {returned[name]} returned")
        if ledger != on_hand:
            yield f"{about} {on_hand} on hand, but the ledger's sum is {ledger}"
        shown = books.shown_stocks[name]
        if shown is None or any(shown[key] != value for key, value in figures.items()):
            yield f"{about} the table says {figures}, the API {shown}"
        yield from check_levels(books, name)


def due(line):
    """How many pieces of a line are to be shipped, or were: all that was not cancelled."""
    return line["quantity"] - line.get("cancelled", 0)


def count_lines(books):
    """What holds and orders make of each product: reserved, sold, returned."""
    reserved, sold, returned = Counter(), Counter(), Counter()
    for name, item in books.holds.items():
        if text(item, "status") == "held":
            for line in item["lines"]["L"]:
                reserved[text(line["M"], "product_id")] += number(line["M"], "quantity")
    for order in filter(None, books.orders.values()):
        for line in order["lines"]:
            sold[line["product_id"]] += line["shipped"]
            returned[line["product_id"]] += line["returned"]
            if order["status"] not in DEAD:
                reserved[line["product_id"]] += due(line) - line["shipped"]
    return reserved, sold, returned


def level_of(item):
    available = number(item, "available")
    if available == 0:
        return "out"
    return "low" if available <= int(item.get("low_stock_at", {"N": "0"})["N"]) else "in"


def check_levels(books, name):
    """Each event leads from one level to another, from that of the start to that of now."""
    item, chain = books.stocks[name], []
    for event in books.events:
        if event["subject"] == f"product/{name}":
            chain.append((event["data"]["version"], event["type"].partition(".")[2]))
    chain.sort()
    levels = ["in", *(level for _, level in chain)]
    if len({version for version, _ in chain}) != len(chain):
        yield f"product {name}: one change of level was told twice: {chain}"
    if any(one == other for one, other in zip(levels, levels[1:])):
        yield f"product {name}: an event is missing between two: {chain}"
    if levels[-1] != text(item, "level"):
        yield f"product {name}: the last event says {levels[-1]}, the table {text(item, 'level')}"
    if text(item, "level") != level_of(item):
        yield f"product {name}: {text(item, 'level')} with {number(item, 'available')} available"


# holds and orders


def check_holds(books, payment_time):
    for name, item in books.holds.items():
        status, late = text(item, "status"), seconds_since(text(item, "expires_at"))
        if status == "held" and late > GRACE:
            yield f"checkout {name} is held {late:.1f} s after its time"
        if (status == "used") != (name in books.heads):
            yield f"checkout {name} is {status}, but there is {'an' if name in books.heads else 'no'} order"
        if status == "used" and text(books.carts[text(item, "cart_id")], "status") != "ordered":
            yield f"checkout {name} is used, but its cart is not ordered"
    for name, item in books.heads.items():
        late = seconds_since(text(item, "created_at")) - payment_time
        if text(item, "status") == "placed" and late > GRACE:
            yield f"order {name} is placed {late:.1f} s after its time"
        if name not in books.holds:
            yield f"order {name} has no checkout"
    carts = Counter(text(books.holds[name], "cart_id") for name in books.heads
                    if name in books.holds)
    yield from (f"cart {cart} has {count} orders" for cart, count in carts.items() if count > 1)


def check_order(books, order_id):
    order, item = books.orders[order_id], books.heads[order_id]
    about = f"order {order_id}:"
    for name in ("status", "payment_status", "fulfillment_status"):
        if order[name] != text(item, name):
            yield f"{about} {name} is {text(item, name)} in the table, {order[name]} by the API"
    if order["total"] != sum(line["total"] for line in order["lines"]):
        yield f"{about} the total is not that of its lines: {order}"
    for line in order["lines"]:
        if not 0 <= line["returned"] <= line["shipped"] <= due(line) <= line["quantity"]:
            yield f"{about} impossible quantities: {line}"
    if not 0 <= order["refunded"] <= order["paid"]:
        yield f"{about} {order['paid']} paid, {order['refunded']} refunded"
    if order["status"] in DEAD and any(line["shipped"] for line in order["lines"]):
        yield f"{about} {order['status']}, but shipped: {order['lines']}"
    if order["fulfillment_status"] not in fulfillments(order):
        yield f"{about} {order['fulfillment_status']}, but: {order['lines']}"


def fulfillments(order):
    """What the fulfilment may be called by the lines: two where returns leave it open."""
    shipped, returned = (sum(line[name] for line in order["lines"])
                         for name in ("shipped", "returned"))
    ordered = sum(map(due, order["lines"]))
    if shipped == 0:
        return {"unfulfilled"}
    if returned == ordered:
        return {"returned"}
    if shipped < ordered:
        return {"partial"}
    away = {delivery["status"] for delivery in order["deliveries"]} & set(AWAY)
    return {"delivered"} if away == {"delivered"} else {"shipped"}


def check_path(books, order_id):
    path, order = books.path(order_id), books.orders[order_id]
    about = f"order {order_id}: its history"
    was = None
    for before, after in path:
        if before not in (was, None) or after not in PATHS[was]:
            yield f"{about} goes from {was} to {after}: {path}"
        was = after
    if was != order["status"]:
        yield f"{about} ends at {was}, but it is {order['status']}: {path}"
    if order["history"] and len(books.part(order_id, "H#")) != len(order["history"]):
        yield f"{about} is not shown as it is in the table"
    if path and path[0][1] == "confirmed" and not order.get("cash_on_delivery"):
        yield f"{about} begins with confirmed, though it is not to be paid on delivery"
    times = [entry["time"] for entry in order["history"]]
    if times != sorted(times):
        yield f"{about} is out of order: {times}"


def check_order_events(books, order_id):
    """The events that an order's history implies, no more and no fewer."""
    told, path = books.told_of(order_id), [status for _, status in books.path(order_id)]
    implied = {f"order.{status}": path.count(status)
               for status in ("confirmed", "cancelled", "expired", "completed")}
    implied["order.placed"] = 1
    payments = Counter(text(item, "status") for item in books.payments(order_id).values())
    deliveries = Counter(delivery["status"] for delivery in books.deliveries(order_id))
    implied["order.refunded"] = payments["refunded"]
    implied["delivery.created"] = sum(deliveries.values())
    implied["delivery.shipped"] = sum(deliveries[status] for status in AWAY)
    implied["delivery.delivered"] = deliveries["delivered"]
    for name, count in implied.items():
        if told[name] != count:
            yield f"order {order_id}: {told[name]} × {name}, but {count} by its history {path}"
    least, most = orphans(books, order_id, path, payments)
    if not least <= told["payment.orphaned"] <= most:
        yield (f"order {order_id}: {told['payment.orphaned']} × payment.orphaned, but {path} and"
               f" {dict(payments)}")


def orphans(books, order_id, path, payments):
    """The fewest and the most payments that can have come after the order's end or its payment."""
    good = payments["paid"] + payments["authorized"]
    if books.orders[order_id]["status"] not in DEAD:
        return (max(payments["paid"] - 1, 0),) * 2  # all but the one that paid for it
    if "confirmed" not in path:
        return good, 2 * good  # one reference may have been authorized and paid
    return 0, 2 * good


def check_payments(books, order_id):
    """What the order says of money is the sum of its payments, each recorded once."""
    sums, order = Counter(), books.orders[order_id]
    for item in books.payments(order_id).values():
        sums[text(item, "status")] += Decimal(item["amount"]["N"])
    if order["refunded"] != sums["refunded"] or order["paid"] != sums["paid"]:
        yield (f"order {order_id}: {order['paid']} paid and {order['refunded']} refunded, but its"
               f" payments come to {dict(sums)}")
    is_covered = order["paid"] - order["refunded"] >= order["total"]
    if order["payment_status"] == "paid" and not is_covered:
        yield (f"order {order_id} is paid, but {order['refunded']} of {order['paid']} went back")


def is_over(order, deliveries):
    """True when no piece is to come any more: each is delivered, has come back or was cancelled."""
    arrived, back = Counter(), Counter()
    for delivery in deliveries:
        for line in delivery["lines"]:
            if delivery["status"] == "delivered":
                arrived[line["product_id"]] += line["quantity"]
            elif delivery["status"] == "shipped" and (
                    delivery.get("tracking_status") == "return_to_sender"):
                back[line["product_id"]] += line["quantity"]
    return all(line["shipped"] == due(line) and (
        line["returned"] == line["shipped"]
        or arrived[line["product_id"]] + min(back[line["product_id"]], line["returned"])
        == line["shipped"]) for line in order["lines"])


def check_deliveries(books, order_id):
    order = books.orders[order_id]
    away, tracked = Counter(), Counter()
    for delivery in books.deliveries(order_id):
        tracked[delivery.get("tracking_status")] += 1
        for line in delivery["lines"]:
            if delivery["status"] in AWAY:
                away[line["product_id"]] += line["quantity"]
    for line in order["lines"]:
        if line["shipped"] != away[line["product_id"]]:
            yield (f"order {order_id}: {line['shipped']} of {line['product_id']} shipped, but"
                   f" {away[line['product_id']]} by its deliveries")
    if (order["status"] == "completed") != is_over(order, books.deliveries(order_id)):
        yield f"order {order_id}: {order['status']}, but {order['lines']}"
    if len(books.part(order_id, "D#")) != len(books.deliveries(order_id)):
        yield f"order {order_id}: its deliveries are not shown as they are in the table"
    told = books.told_of(order_id)
    for status, name in TRACKED.items():
        if told[name] < tracked[status]:
            yield f"order {order_id}: {told[name]} × {name}, but {tracked[status]} are {status}"


# what was acknowledged


def check_told_orders(books, told):
    frozen = ("id", "total", "currency", "address", "created_at")
    line_of = ("product_id", "name", "price", "quantity", "total")
    for order_id, first in told.orders.items():
        now = books.orders.get(order_id)
        if now is None:
            yield f"order {order_id} was acknowledged, but cannot be read"
            continue
        changed = [name for name in frozen if now[name] != first[name]]
        if changed or [[line[n] for n in line_of] for line in now["lines"]] != [
                [line[n] for n in line_of] for line in first["lines"]]:
            yield f"order {order_id} is not what was acknowledged: {first}, now {now}"
        if order_id in told.cancelled and now["status"] != "cancelled":
            yield f"order {order_id} was cancelled, but is {now['status']}"
        if order_id in told.cut and not any(line.get("cancelled") for line in now["lines"]):
            yield f"the rest of order {order_id} was cancelled, but: {now['lines']}"
        for line in now["lines"]:
            known = told.returned[order_id][line["product_id"]]
            fits = line["returned"] >= known if order_id in told.unsure else line["returned"] == known
            if not fits:
                yield f"order {order_id}: {known} were returned, but {line}"


def check_told_payments(books, told):
    sums = defaultdict(Counter)
    for (order_id, reference), statuses in told.payments.items():
        for status in ("paid", "refunded"):
            sums[order_id][status] += statuses.get(status, 0)
        found = [item for key, item in books.payments(order_id).items()
                 if urllib.parse.unquote(key) == reference]
        if len(found) != 1 or text(found[0], "status") not in statuses:
            yield f"order {order_id}: {reference} was {list(statuses)}, in the table {found}"
    for order_id, amounts in sums.items():
        order = books.orders.get(order_id)
        if order is None or order_id in told.unsure:
            continue
        if order["refunded"] != amounts["refunded"] or order["paid"] != amounts["paid"]:
            yield (f"order {order_id}: {dict(amounts)} was acknowledged, but {order['paid']} paid"
                   f" and {order['refunded']} refunded")


def check_told_deliveries(books, told):
    shown = {delivery["id"]: delivery for order_id in books.heads
             for delivery in books.deliveries(order_id)}
    for delivery_id, order_id in told.deliveries.items():
        delivery, reports = shown.get(delivery_id), told.reports[delivery_id]
        about = f"delivery {delivery_id} of order {order_id}"
        if delivery is None:
            yield f"{about} was acknowledged, but cannot be read"
            continue
        missing = [name for name in reports if (delivery_id, name) not in books.seen]
        if missing:
            yield f"{about}: reports were acknowledged, but not kept: {missing}"
        statuses = [status for _, status in reports.values()]
        if "delivered" in statuses and delivery["status"] != "delivered":
            yield f"{about} was delivered, but is {delivery['status']}"
        if order_id not in told.unsure and delivery["status"] == "delivered":
            if "delivered" not in statuses:
                yield f"{about} is delivered, but nobody said so"
        newest = max(reports.values(), default=(None, None))[1]
        if order_id not in told.unsure and delivery.get("tracking_status") != newest:
            yield f"{about} is {delivery.get('tracking_status')}, but the newest report is {newest}"
