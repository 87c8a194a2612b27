"""Lines of JSON: what imports and exports are made of."""

import json
import socket
import uuid
from decimal import Decimal

import shop

TYPE = "application/x-ndjson"
SPACE = uuid.UUID("5f0c1d52-0000-4a6e-9b1d-7c5e2f8a0000")


def name(number):
    """An id that is always the same."""
    return str(uuid.uuid5(SPACE, str(number)))


def new_ids(count):
    return [str(uuid.uuid4()) for _ in range(count)]


def product(id, **members):
    return {"id": id, "name": "Thing", "price": 1, **members}


def text(products):
    return "".join(json.dumps(product) + "\n" for product in products)


def parse(body):
    return [json.loads(line, parse_float=Decimal) for line in body.splitlines() if line]


def results(answer):
    """What an import says of each line, without the words for people."""
    found = parse(answer.body)
    for result in found:
        result.pop("detail", None)
    return found


def statuses(answer):
    return [result["status"] for result in parse(answer.body)]


def send(client, body, **headers):
    body = body.encode() if isinstance(body, str) else body
    return client.request("POST", "/product/import", body, {"Content-Type": TYPE, **headers})


def import_all(client, products):
    """Returns the statuses."""
    answer = send(client, text(products))
    assert answer.status == 200, answer
    return statuses(answer)


def have_all(client, products):
    """Imports them, again where a call to the table had no time for all its attempts."""
    shop.wait_until(lambda: set(import_all(client, products)) <= {200, 201}, what="all lines")


def export(client):
    answer = client.request("GET", "/product/export")
    assert answer.status == 200 and answer.headers["Content-Type"] == TYPE
    return parse(answer.body)


def ledger(emulator, id, table):
    """The raw movements of a product."""
    return emulator.client.query(
        TableName=table, KeyConditionExpression="pk = :p", ConsistentRead=True,
        ExpressionAttributeValues={":p": {"S": f"M#{id}"}})["Items"]


class Upload:
    """An import by hand: the body goes out in pieces, or not at all."""

    HEAD = ("POST /product/import HTTP/1.1\r\nHost: shop\r\n"
            f"Content-Type: {TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n").encode()

    def __init__(self, port, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.sendall(self.HEAD)

    def send(self, piece):
        self.socket.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))

    def finish(self):
        """Ends the body and returns all that comes, up to the last chunk or the connection's end."""
        self.socket.sendall(b"0\r\n\r\n")
        return self.receive()

    def receive(self):
        received = b""
        try:
            while not received.endswith(b"0\r\n\r\n") and (piece := self.socket.recv(65536)):
                received += piece
        except ConnectionResetError:
            pass
        return received

    def close(self):
        self.socket.close()


def unchunk(received):
    """The body of a chunked answer, and whether it is whole."""
    _, _, rest = received.partition(b"\r\n\r\n")
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        if not size or int(size, 16) == 0:
            return body, bool(size)
        body += rest[:int(size, 16)]
        rest = rest[int(size, 16) + 2:]
    return body, False
