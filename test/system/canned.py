"""A backend that answers every read of a product after 5 ms, fast enough for 1,000 connections, and
the sweeper, whose leases it grants and for whom it has nothing to do.

It gives what a template file holds, with the id that was asked for. An id that begins with
"eeeeeeee" is answered after a second, one that begins with "ffffffff" never.
"""

import asyncio
import json
import re
import sys
import zlib

SLOW, NEVER = b"eeeeeeee", b"ffffffff"
OF_INDEX = b"Query of an index"
ID = re.compile(rb"P#([0-9a-f-]{36})")


def render(template):
    """The answer's body for each operation; the template's own id stands for the one asked for."""
    items = template["items"]
    return {
        b"DescribeTable": template["table"],
        b"DescribeTimeToLive": template["ttl"],
        b"Query": {"Items": items, "Count": len(items), "ScannedCount": len(items)},
        b"GetItem": {"Item": items[0]},
        b"BatchGetItem": {"Responses": {template["name"]: items}, "UnprocessedKeys": {}},
        b"TransactGetItems": {"Responses": [{"Item": item} for item in items]},
        b"UpdateItem": {},
        OF_INDEX: {"Items": [], "Count": 0, "ScannedCount": 0},
    }


class Canned(asyncio.Protocol):
    bodies = {}
    own_id = b""

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = b""

    def data_received(self, data):
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)[1])
        if len(rest) < length:
            return
        self.buffer = rest[length:]
        operation = re.search(rb"DynamoDB_20120810\.(\w+)", head)[1]
        if b'"IndexName"' in rest:
            operation = OF_INDEX
        wanted = ID.search(rest)
        self.reply(self.bodies[operation], wanted[1] if wanted else self.own_id)

    def reply(self, body, wanted):
        if wanted.startswith(NEVER):
            return
        body = body.replace(self.own_id, wanted)
        answer = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
            b"Content-Length: %d\r\nx-amz-crc32: %d\r\n\r\n" % (len(body), zlib.crc32(body)) + body)
        delay = 1 if wanted.startswith(SLOW) else 0.005
        asyncio.get_running_loop().call_later(delay, self.transport.write, answer)


async def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        template = json.load(file)
    Canned.own_id = template["id"].encode()
    Canned.bodies = {name: json.dumps(body).encode() for name, body in render(template).items()}
    server = await asyncio.get_running_loop().create_server(
        Canned, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
