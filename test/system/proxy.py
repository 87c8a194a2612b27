"""Stands between shopd and the emulator, and is as strict, and as unreliable, as AWS can be.

Every request is checked for its form and its signature (signature.py); what AWS would refuse is
refused, and noted as a violation that fails the test. Faults are injected by rules:

    {"fault": "lost", "operation": "TransactWriteItems", "probability": 0.5, "seed": 7,
     "skip": 1, "count": 2, "seconds": 0.1}

All but `fault` may be left out. The first rule that hits decides; a rule's chances come from its
own random numbers, so that the same requests in the same order meet the same faults. FAULTS below
lists what there is. The backend is asked before the faults whose names say "after" are played.

Control: JSON lines on a second port. A message may set "rules", "keys" and "clock" (how many
seconds AWS's clock is ahead of ours), or {"reset": true}; the answer holds the counters.
"""

import argparse
import asyncio
import email.utils
import json
import random
import re
import signal
import ssl
import sys
import time
import zlib

import rules
import signature

REASONS = {400: "Bad Request", 500: "Internal Server Error", 503: "Service Unavailable"}
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
SWEEP = "Sweep"
"""What the sweeper's leases and searches are called here, whichever operations they are: they come
at any time, so they meet only the faults that are meant for them, and are not counted."""
OUTBOX = re.compile(rb'"OUT#\d+"\},"sk":\{"S":"([0-9a-f-]{36})"')
"""Items of the outbox that a request writes or deletes."""
HOLDER = re.compile(rb'":me":\{"S":"([0-9a-f-]{36})"')
"""Who takes a lease."""
PREFIX = "com.amazonaws.dynamodb.v20120810#"


class Rule(rules.Rule):
    """When a fault is to be played."""

    def __init__(self, fault, **rule):
        if fault not in FAULTS:
            raise ValueError(f"no such fault: {fault}")
        super().__init__(fault, **rule)

    def hits(self, operation, body=b""):
        if operation == SWEEP and self.operation != SWEEP:
            return False
        if self.fault == "conflict" and operation not in WRITES:
            return False
        return super().hits(operation, body)


class Exchange:
    """One request of shopd, and all that a fault needs to play its part."""

    def __init__(self, proxy, reader, writer, head, headers, body):
        self.proxy = proxy
        self.reader = reader
        self.writer = writer
        self.head = head
        self.headers = headers
        self.body = body
        is_sweep = b'"LEASE#' in body or b"g2s BETWEEN :from" in body
        self.operation = SWEEP if is_sweep else signature.operation_of(headers)

    async def forward(self):
        """Returns the backend's (status, body)."""
        self.proxy.count("forwarded", self.operation)
        return await self.proxy.backend.ask(self.head + b"\r\n\r\n" + self.body)

    def answer(self, status, body, crc32=None, length=None, extra=""):
        self.writer.write(self.answer_head(status, body, crc32, length, extra) + body)

    def answer_head(self, status, body, crc32=None, length=None, extra="",
                    connection="keep-alive"):
        length = len(body) if length is None else length
        crc32 = zlib.crc32(body) if crc32 is None else crc32
        framing = "Transfer-Encoding: chunked" if length < 0 else f"Content-Length: {length}"
        return (
            f"HTTP/1.1 {status} {REASONS.get(status, 'OK')}\r\n"
            f"Server: Server\r\nDate: {self.proxy.date()}\r\n"
            f"Content-Type: application/x-amz-json-1.0\r\n{framing}\r\n"
            f"Connection: {connection}\r\nx-amzn-RequestId: {random.getrandbits(200):050X}\r\n"
            f"x-amz-crc32: {crc32}\r\n{extra}\r\n"
        ).encode()

    def error(self, status, name, message="made by the test", **more):
        body = json.dumps({"__type": PREFIX + name, "message": message, **more}).encode()
        self.answer(status, body)


async def throttle(ex, _rule):
    ex.error(400, "ProvisionedThroughputExceededException")


async def throttling(ex, _rule):
    ex.error(400, "ThrottlingException")


async def internal(ex, _rule):
    ex.error(500, "InternalServerError")


async def internal_after(ex, _rule):
    await ex.forward()
    ex.error(500, "InternalServerError")


async def unavailable(ex, _rule):
    ex.error(503, "ServiceUnavailable")


async def conflict(ex, _rule):
    if ex.operation != "TransactWriteItems":
        ex.error(400, "TransactionConflictException")
        return
    reasons = [{"Code": "None"} for _ in json.loads(ex.body)["TransactItems"]]
    reasons[-1] = {"Code": "TransactionConflict", "Message": "made by the test"}
    codes = ", ".join(reason["Code"] for reason in reasons)
    ex.error(400, "TransactionCanceledException", CancellationReasons=reasons,
             message=f"Transaction cancelled, please refer cancellation reasons [{codes}]")


async def expired(ex, _rule):
    ex.error(400, "ExpiredTokenException")


async def close_before(ex, _rule):
    ex.writer.close()


async def lost_after(ex, _rule):
    await ex.forward()
    ex.writer.close()


async def cut_after(ex, _rule):
    status, body = await ex.forward()
    ex.answer(status, body[: len(body) // 2], zlib.crc32(body), len(body))
    ex.writer.close()


async def checksum_after(ex, _rule):
    status, body = await ex.forward()
    ex.answer(status, body, zlib.crc32(body) ^ 1)


async def garbage_after(ex, _rule):
    await ex.forward()
    ex.writer.write(b"\x16\x03\x01\x00 this is not HTTP\r\n\r\n")
    ex.writer.close()


async def nonsense_after(ex, _rule):
    await ex.forward()
    ex.answer(200, b"<html>what a body</html>")


async def hang_before(ex, _rule):
    await ex.reader.read()


async def hang_after(ex, _rule):
    await ex.forward()
    await ex.reader.read()


async def delay(ex, rule):
    await asyncio.sleep(rule.seconds)
    ex.answer(*await ex.forward())


async def chunked(ex, _rule):
    status, body = await ex.forward()
    middle = len(body) // 2
    ex.writer.write(ex.answer_head(status, body, length=-1))
    for piece in (body[:middle], body[middle:]):
        if piece:
            ex.writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    ex.writer.write(b"0\r\n\r\n")


async def dribble(ex, _rule):
    status, body = await ex.forward()
    whole = ex.answer_head(status, body) + body
    size = max(1, len(whole) // 30)
    for start in range(0, len(whole), size):
        ex.writer.write(whole[start : start + size])
        await asyncio.sleep(0.0005)


async def close_after(ex, _rule):
    status, body = await ex.forward()
    ex.writer.write(ex.answer_head(status, body, connection="close") + body)
    ex.writer.close()


async def dear(ex, _rule):
    status, body = await ex.forward()
    ex.answer(status, re.sub(rb'"CapacityUnits":[0-9.]+', b'"CapacityUnits":2000.0', body))


FAULTS = {
    "throttle": throttle,  # 400 ProvisionedThroughputExceededException
    "throttling": throttling,  # 400 ThrottlingException
    "internal": internal,  # 500, nothing done
    "internal-after": internal_after,  # 500, but done
    "unavailable": unavailable,  # 503
    "conflict": conflict,  # TransactionConflict, writes only
    "expired": expired,  # 400 ExpiredTokenException
    "close": close_before,  # connection closed, nothing done
    "lost-after": lost_after,  # done, connection closed without an answer
    "cut-after": cut_after,  # done, half an answer
    "checksum-after": checksum_after,  # done, x-amz-crc32 wrong
    "garbage-after": garbage_after,  # done, the answer is not HTTP
    "nonsense-after": nonsense_after,  # done, the answer is not JSON
    "hang": hang_before,  # no answer ever, nothing done
    "hang-after": hang_after,  # no answer ever, but done
    "delay": delay,  # right, later
    "chunked": chunked,  # right, in chunks
    "dribble": dribble,  # right, in many small pieces
    "goodbye-after": close_after,  # right, and the connection ends
    "dear": dear,  # right, for 2,000 units
}
HARMLESS = ("delay", "chunked", "dribble", "goodbye-after", "dear")


class Backend:
    """Kept connections to the emulator."""

    def __init__(self, host, port):
        self.address = (host, port)
        self.idle = []

    async def ask(self, request):
        reader, writer = self.idle.pop() if self.idle else await self.connect()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        start = head.index(b"content-length:") + 15
        body = await reader.readexactly(int(head[start : head.index(b"\r\n", start)]))
        self.idle.append((reader, writer))
        return int(head[9:12]), body

    async def connect(self):
        return await asyncio.open_connection(*self.address, limit=1 << 24)


class Proxy:
    def __init__(self, backend, region):
        self.backend = backend
        self.region = region
        self.keys = {}
        self.host = None
        self.reset()

    def reset(self):
        self.rules = []
        self.clock = 0
        self.counters = {"requests": {}, "forwarded": {}, "faults": {}, "keys": {},
                         "connections": 0, "skewed": 0, "violations": [],
                         "spoilt": [], "deleted": [], "holders": {}}

    def count(self, counter, what):
        if what == SWEEP:
            return
        self.counters[counter][what] = self.counters[counter].get(what, 0) + 1

    def violation(self, text):
        if len(self.counters["violations"]) < 20:
            self.counters["violations"].append(text)

    def now(self):
        return time.time() + self.clock

    def date(self):
        return email.utils.formatdate(self.now(), usegmt=True)

    async def serve(self, reader, writer):
        self.counters["connections"] += 1
        try:
            while not writer.is_closing() and await self.serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def serve_one(self, reader, writer):
        """Answers one request. False: the connection has to be closed."""
        head = (await reader.readuntil(b"\r\n\r\n"))[:-4]
        try:
            headers = signature.parse_head(head, self.host)
        except signature.Refused as refused:
            self.violation(f"{refused.code}: {refused}")
            return False
        body = await reader.readexactly(int(headers["content-length"]))
        exchange = Exchange(self, reader, writer, head, headers, body)
        self.count("requests", exchange.operation)
        if exchange.operation == "BatchWriteItem":
            self.note_items("deleted", exchange)
        if self.approve(exchange):
            await self.play(exchange)
        return True

    def approve(self, exchange):
        try:
            json.loads(exchange.body)
            key = signature.check_signature(
                exchange.headers, exchange.body, self.keys, self.region, self.now())
        except signature.Refused as refused:
            self.refuse(exchange, refused)
            return False
        except ValueError as error:
            self.violation(f"{exchange.operation}: the body is not JSON: {error}")
            exchange.error(400, "SerializationException")
            return False
        if exchange.operation != SWEEP:
            self.count("keys", key)
        elif found := HOLDER.search(exchange.body):
            self.counters["holders"][found[1].decode()] = key
        return True

    def refuse(self, exchange, refused):
        if self.clock and "expired" in str(refused):
            self.counters["skewed"] += 1
        elif exchange.operation == SWEEP and (
                refused.code == "UnrecognizedClientException" or "expired" in str(refused)):
            pass  # a daemon goes on while a test has keys and a clock of its own
        elif not refused.expected:
            self.violation(f"{exchange.operation}: {refused.code}: {refused}")
        exchange.error(400, refused.code, str(refused))

    async def play(self, exchange):
        for rule in self.rules:
            if rule.hits(exchange.operation, exchange.body):
                self.count("faults", rule.fault)
                if rule.fault not in HARMLESS:
                    self.note_items("spoilt", exchange)
                await FAULTS[rule.fault](exchange, rule)
                return
        exchange.answer(*await exchange.forward())

    def note_items(self, counter, exchange):
        """Which items of the outbox were to be written or deleted, and when."""
        for found in OUTBOX.finditer(exchange.body):
            self.counters[counter].append((found[1].decode(), time.time()))

    async def control(self, reader, writer):
        while line := await reader.readline():
            message = json.loads(line)
            if message.get("reset"):
                self.reset()
            if "rules" in message:
                self.rules = [Rule(**rule) for rule in message["rules"]]
            self.keys = message.get("keys", self.keys)
            self.clock = message.get("clock", self.clock)
            writer.write(json.dumps(self.counters).encode() + b"\n")
        writer.close()


async def main():
    options = argparse.ArgumentParser()
    options.add_argument("--backend", type=int, required=True, help="the emulator's port")
    options.add_argument("--region", required=True)
    options.add_argument("--certificate", help="speak TLS with this certificate and key (PEM)")
    args = options.parse_args()
    tls = None
    if args.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(args.certificate)
    proxy = Proxy(Backend("127.0.0.1", args.backend), args.region)
    front = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=1 << 20, backlog=4096, ssl=tls)
    control = await asyncio.start_server(proxy.control, "127.0.0.1", 0, limit=1 << 20)
    ports = [server.sockets[0].getsockname()[1] for server in (front, control)]
    proxy.host = f"127.0.0.1:{ports[0]}"
    print(json.dumps({"port": ports[0], "control": ports[1]}), flush=True)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
