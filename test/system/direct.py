"""DynamoDB's operations at the emulator, past shopd and the proxy.

Called as botocore's are, client.get_item(TableName=...), and answered the same; but nothing is
signed or looked at on the way, which makes botocore's calls cost more than the emulator's.
"""

import functools
import http.client
import json

HEADERS = {"Content-Type": "application/x-amz-json-1.0", "Authorization":
           "AWS4-HMAC-SHA256 Credential=direct/20260101/direct/dynamodb/aws4_request, "
           "SignedHeaders=host, Signature=0", "X-Amz-Date": "20260101T000000Z"}


class Refused(Exception):
    """The emulator's error."""

    def __init__(self, answer):
        super().__init__(answer)
        self.code = answer["__type"].rpartition("#")[2]


class Client:
    def __init__(self, port):
        self.port = port
        self.idle = []
        """Connections that no thread uses at the moment."""

    def __getattr__(self, name):
        operation = name.replace("_", " ").title().replace(" ", "")
        return functools.partial(self.call, operation)

    def call(self, operation, **parameters):
        try:
            connection = self.idle.pop()
        except IndexError:
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("POST", "/", json.dumps(parameters),
                           HEADERS | {"X-Amz-Target": f"DynamoDB_20120810.{operation}"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        self.idle.append(connection)
        if response.status != 200:
            raise Refused(answer)
        return answer

    def items(self, operation, **parameters):
        """Those of all pages of a Query or Scan."""
        items = []
        while True:
            page = self.call(operation, **parameters)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return items
            parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]
