"""How long an event takes from its commit to SNS's acceptance, when nothing is in its way.

The recorder before the emulator and a topic in this process tell the time of all that goes in and
out, so that what is DynamoDB's and SNS's own can be told from what is shopd's. One event at a time.
"""

import re
import time
from statistics import median, quantiles

import canned
import measure
import programs
from programs import Broken
from table import Finding

EVENTS = 500
OWN_MS = 2
TIMEOUT_SECONDS = 10
TOPIC = "arn:aws:sns:eu-central-1:123456789012:bench"
ENTRY = re.compile(rb"[&.]Id=([^&]*)")
ANSWER = """\
<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>\
<Successful>{entries}</Successful><Failed/></PublishBatchResult></PublishBatchResponse>"""
MEMBER = "<member><Id>{id}</Id><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></member>"


class TopicConnection(canned.RecorderConnection):
    """Takes everything."""

    def reply(self, _line, _fields, body):
        entries = [MEMBER.format(id=found.decode()) for found in ENTRY.findall(body)]
        return 200, "OK", [], ANSWER.format(entries="".join(entries)).encode()


class Publish:
    def __init__(self, binary, folder, emulator_port):
        self.recorder = canned.Recorder(emulator_port)
        self.topic = canned.Recorder(0, TopicConnection)
        self.port = programs.free_port()
        env = programs.shopd_environment(self.recorder.endpoint, self.port, programs.free_port(), 1)
        env |= {"DYNAMODB_TABLE_NAME": "shop-publish", "SNS_TOPIC_ARN": TOPIC,
                "AWS_ENDPOINT_URL_SNS": self.topic.endpoint, "SHOPD_RATE_LIMIT": "0"}
        programs.init_table(binary, env)
        self.program = programs.Program("publish", [binary], self.port, folder, env)

    def findings(self):
        with self.recorder, self.topic, self.program:
            path = measure.create_product(self.port) + "/stock"
            found = [self.one_event(path, number) for number in range(EVENTS)]
        whole, theirs = zip(*found[EVENTS // 10:])  # the first open connections
        ours = [one - other for one, other in found[EVENTS // 10:]]
        return [
            Finding("from an event's commit to SNS's acceptance, p50", median(whole), "ms"),
            Finding("the same, p99", p99(whole), "ms"),
            Finding("of that the emulator's and the topic's own time, p50", median(theirs), "ms"),
            Finding("of that shopd's and the sockets', p50", median(ours), "ms", OWN_MS),
            Finding("the same, p99", p99(ours), "ms"),
        ]

    def one_event(self, path, number):
        """Crosses the stock's mark. Returns the milliseconds until SNS had taken the event, and how
        many of them DynamoDB and SNS had it."""
        asked, told = len(self.recorder.exchanges), len(self.topic.exchanges)
        delta = -measure.PRODUCT["on_hand"] if number % 2 == 0 else measure.PRODUCT["on_hand"]
        measure.call(self.port, "POST", path, {"delta": delta, "reason": "bench"})
        until = time.monotonic() + TIMEOUT_SECONDS
        while len(self.topic.exchanges) == told:
            if time.monotonic() > until:
                raise Broken("an event was not published")
            time.sleep(0.001)
        accepted = self.topic.exchanges[told]
        calls = self.recorder.exchanges[asked:]
        commits = [call for call in calls
                   if call.target.endswith("TransactWriteItems") and b'"OUT#' in call.request]
        if len(commits) != 1 or len(self.topic.exchanges) != told + 1:
            raise Broken(f"one change of level made {len(commits)} transactions with events")
        looks = [call for call in calls if call.target.endswith("Query") and b'"OUT#' in call.request
                 and commits[0].answered <= call.asked and call.answered <= accepted.asked]
        theirs = sum(call.answered - call.asked for call in [*looks, accepted])
        return (accepted.answered - commits[0].answered) * 1000, theirs * 1000


def p99(values):
    return quantiles(values, n=100)[98]
