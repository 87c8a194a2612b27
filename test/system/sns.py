"""A strict SNS: takes what SNS takes, refuses the rest as SNS does, and remembers what it took.

What is accepted is in a file before it is answered, one JSON object on each line:

    {"kind": "TopicArn", "target": …, "body": …, "attributes": {…}, "group": …, "deduplication": …,
     "message_id": …, "sequence": …, "delivered": true, "at": seconds, "by": access key,
     "number": …, "late": false}

`late` is true when whoever sent it had gone before it was looked at. `delivered` is false for
what SNS takes but does not pass on: repetitions at a FIFO topic, messages to phones that do not
want any. Faults are injected by rules (rules.py); FAULTS and ENTRY_FAULTS below list what there
is. What shopd should never have sent is in `violations`. `unheard` has the numbers of what was
accepted, but whoever sent it was not told so.
"""

import email.utils
import hashlib
import json
import os
import re
import socket
import threading
import time
import uuid
from xml.sax.saxutils import escape

import answering
import rules
import shop
import signature
import sns_form
from sns_form import Refused

ACCOUNT = "123456789012"
REMEMBERED = 300
"""For how many seconds a FIFO topic knows a deduplication id."""
XMLNS = "http://sns.amazonaws.com/doc/2010-03-31/"


class Sns(answering.Server):
    """`denied`: the caller has no rights. `tells_users`: those for phones and endpoints. `opted_out`: phones that want no messages. `endpoints`:
    each with whether it is enabled. `clock`: how many seconds its clock is ahead."""

    def __init__(self, folder, region=shop.REGION):
        super().__init__(port=shop.free_port())
        self.region = region
        self.path = os.path.join(folder, f"sns-{uuid.uuid4()}.jsonl")
        self.file = open(self.path, "ab")
        self.lock = threading.Lock()
        self.topics = {}
        self.endpoints = {}
        self.opted_out = set()
        self.denied = False
        self.tells_users = True
        self.keys = dict(shop.KEYS)
        self.clock = 0
        self.is_down = False
        self.rules = []
        self.records = []
        self.unheard = set()
        self.request = threading.local()  # that this thread answers: by whom, and what was kept
        self.known = {}
        self.faults = {}
        self.topic = self.add_topic("shop")

    # -------------------------------------------------------------- what a test sets and sees

    def arn(self, name):
        return f"arn:aws:sns:{self.region}:{ACCOUNT}:{name}"

    def add_topic(self, name, content_based=False):
        """Its ARN; a FIFO topic's name ends in .fifo."""
        self.topics[self.arn(name)] = content_based
        return self.arn(name)

    def add_endpoint(self, enabled=True):
        arn = self.arn(f"endpoint/GCM/shop/{uuid.uuid4()}")
        self.endpoints[arn] = enabled
        return arn

    def settings(self, topic=None):
        """What a daemon needs to publish here."""
        return {"SNS_TOPIC_ARN": topic or self.topic, "AWS_ENDPOINT_URL_SNS": self.url,
                "SHOPD_PUBLISH": "on"}

    def inject(self, fault, **rule):
        """One rule instead of those before."""
        self.play({"fault": fault, **rule})

    def play(self, *some_rules):
        for rule in some_rules:
            if rule["fault"] not in FAULTS | ENTRY_FAULTS:
                raise ValueError(f"no such fault: {rule['fault']}")
        self.rules = [rules.Rule(**rule) for rule in some_rules]

    def accepted(self):
        """All that it has taken, as it stands in the file; a line may be on its way there."""
        with open(self.path, "rb") as file:
            return [json.loads(line) for line in file if line.endswith(b"\n")]

    def delivered(self, target=None):
        """What subscribers of the topic, or the holder of a phone or endpoint, have got."""
        return [record for record in self.accepted()
                if record["delivered"] and record["target"] == (target or self.topic)]

    def events(self, event_type=None, target=None):
        """The delivered messages as objects: what a subscriber reads."""
        bodies = [json.loads(record["body"]) for record in self.delivered(target)]
        return [body for body in bodies if event_type in (None, body["type"])]

    def down(self):
        """Nobody listens any more, and kept connections end."""
        self.is_down = True
        super().end()

    def up(self):
        self.is_down = False
        self.listen(self.server.server_address[1])

    def end(self):
        if not self.is_down:
            super().end()
        self.is_down = True
        self.file.close()

    # -------------------------------------------------------------- answering

    def respond(self, handler, method, path, headers, body):
        if self.is_down:
            handler.close_connection = True
            return
        with self.lock:
            operation = re.search(rb"(?:^|&)Action=(\w*)", body)
            rule = self.find_rule(operation[1].decode() if operation else "", FAULTS)
        self.request.kept, self.request.is_late = [], has_left(handler)
        is_told = rule is None or rule.fault == "delay"
        try:
            if rule:
                FAULTS[rule.fault](self, handler, rule, (method, path, headers, body))
            else:
                self.send(handler, *self.serve(method, path, headers, body))
        except OSError:  # whoever asked has gone
            handler.close_connection = True
        if not is_told or has_left(handler):
            self.unheard.update(self.request.kept)

    def send(self, handler, status, text, cut=False):
        body = text.encode()
        handler.send_response_only(status)
        handler.send_header("Date", email.utils.formatdate(self.now(), usegmt=True))
        handler.send_header("Content-Type", "text/xml")
        handler.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            handler.close_connection = True

    def now(self):
        return time.time() + self.clock

    def find_rule(self, operation, faults):
        for rule in self.rules:
            if rule.fault in faults and rule.hits(operation):
                self.faults[rule.fault] = self.faults.get(rule.fault, 0) + 1
                return rule
        return None

    def serve(self, method, path, headers, body):
        """(status, text)"""
        with self.lock:
            try:
                self.check_request(method, path, headers, body)
                form = sns_form.parse(body)
                serve = {"Publish": self.publish, "PublishBatch": self.publish_batch}
                text = serve[form["Action"]](form)
                os.fsync(self.file.fileno())
                return 200, text
            except signature.Refused as refused:
                return self.error(of_signature(refused, bool(self.clock)))
            except Refused as refused:
                return self.error(refused)

    def check_request(self, method, path, headers, body):
        if (method, path) != ("POST", "/"):
            raise Refused("InvalidAction", f"{method} {path}")
        if headers.get("content-type") != "application/x-www-form-urlencoded; charset=utf-8":
            raise Refused("MalformedInput", f"type {headers.get('content-type')}")
        if "x-amz-target" in headers or "authorization" not in headers:
            raise Refused("MissingAuthenticationToken", "headers that are not SNS's", 403)
        self.request.by = signature.check_signature(
            headers, body, self.keys, self.region, self.now(), "sns")

    def error(self, refused):
        if not refused.expected:
            self.refuse(f"{refused.code}: {refused}")
        return refused.status, error_text(refused)

    # -------------------------------------------------------------- the operations

    def publish(self, form):
        kind, target, message = sns_form.publish(form)
        message.check()
        if kind == "TopicArn":
            content_based = self.find_topic(target)
            message.check_fifo(target.endswith(".fifo"), content_based)
        else:
            message.check_fifo(False, False)
            sns_form.check_target(kind, target, message)
            self.check_endpoint(kind, target)
        return result_text("Publish", success_text(self.keep(kind, target, message)))

    def publish_batch(self, form):
        topic, entries = sns_form.batch(form)
        content_based = self.find_topic(topic)
        for _, message in entries:
            message.check_fifo(topic.endswith(".fifo"), content_based)
        lists = {"Successful": "", "Failed": ""}
        for entry_id, message in entries:
            name, text = self.take_entry(topic, message)
            lists[name or "Failed"] += (
                f"<member><Id>{entry_id}</Id>{text}</member>" if name else "")
        return result_text("PublishBatch", "".join(
            f"<{name}>{text}</{name}>" if text else f"<{name}/>" for name, text in lists.items()))

    def take_entry(self, topic, message):
        """(list that the entry goes to, its text)"""
        rule = self.find_rule("Entry", ENTRY_FAULTS)
        try:
            message.check()
        except Refused as refused:
            self.refuse(f"{refused.code}: {refused}")
            return "Failed", failure_text(refused.code, str(refused), True)
        if rule:
            return ENTRY_FAULTS[rule.fault](self, topic, message)
        return "Successful", success_text(self.keep("TopicArn", topic, message))

    def find_topic(self, topic):
        if not sns_form.TOPIC.fullmatch(topic):
            raise sns_form.invalid("TopicArn Reason: An ARN must have at least 6 elements")
        if topic.split(":")[3] != self.region:
            raise sns_form.invalid("TopicArn")
        if self.denied:
            raise Refused("AuthorizationError", "not authorized to perform: SNS:Publish", 403, True)
        if topic not in self.topics:
            raise Refused("NotFound", "Topic does not exist", 404, True)
        return self.topics[topic]

    def check_endpoint(self, kind, target):
        if self.denied or not self.tells_users:
            raise Refused("AuthorizationError", "not authorized to perform: SNS:Publish", 403, True)
        if kind == "TargetArn" and target not in self.endpoints:
            raise Refused("NotFound", "Endpoint does not exist", 404, True)
        if kind == "TargetArn" and not self.endpoints[target]:
            raise Refused("EndpointDisabled", "Endpoint is disabled", 400, True)

    # -------------------------------------------------------------- what is kept

    def keep(self, kind, target, message):
        """Writes it down and returns the record."""
        record = {"kind": kind, "target": target, "body": message.body,
                  "attributes": message.attributes, "group": message.group,
                  "deduplication": message.deduplication, "message_id": str(uuid.uuid4()),
                  "sequence": None, "at": self.now(), "by": self.request.by,
                  "number": len(self.records), "late": self.request.is_late,
                  "delivered": not (kind == "PhoneNumber" and target in self.opted_out)}
        if target.endswith(".fifo"):
            self.deduplicate(record)
        self.records.append(record)
        self.request.kept.append(record["number"])
        self.file.write(json.dumps(record).encode() + b"\n")
        self.file.flush()
        return record

    def deduplicate(self, record):
        key = record["deduplication"] or hashlib.sha256(record["body"].encode()).hexdigest()
        first = self.known.get((record["target"], key))
        if first and record["at"] - first["at"] < REMEMBERED:
            record.update(delivered=False, message_id=first["message_id"],
                          sequence=first["sequence"])
            return
        record["sequence"] = f"{10 ** 19 + len(self.records):020d}"
        self.known[record["target"], key] = record


def has_left(handler):
    """True when the other side no longer waits for an answer."""
    try:
        return not handler.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def of_signature(refused, is_skewed):
    """The same error as services of the query protocol name it."""
    names = {"InvalidSignatureException": "SignatureDoesNotMatch",
             "UnrecognizedClientException": "InvalidClientTokenId",
             "ExpiredTokenException": "ExpiredToken",
             "IncompleteSignatureException": "IncompleteSignature"}
    expected = refused.expected or (is_skewed and "expired" in str(refused))
    return Refused(names.get(refused.code, refused.code), str(refused), 403, expected)


# ------------------------------------------------------------------ texts


def success_text(record):
    sequence = record["sequence"]
    return f"<MessageId>{record['message_id']}</MessageId>" + (
        f"<SequenceNumber>{sequence}</SequenceNumber>" if sequence else "")


def failure_text(code, message, is_sender_fault):
    return (f"<Code>{code}</Code><Message>{escape(message)}</Message>"
            f"<SenderFault>{str(is_sender_fault).lower()}</SenderFault>")


def result_text(action, inside):
    return (f'<{action}Response xmlns="{XMLNS}">\n  <{action}Result>\n    {inside}\n'
            f"  </{action}Result>\n  <ResponseMetadata>\n    <RequestId>{uuid.uuid4()}</RequestId>"
            f"\n  </ResponseMetadata>\n</{action}Response>\n")


def error_text(refused):
    kind = "Sender" if refused.status < 500 else "Receiver"
    return (f'<ErrorResponse xmlns="{XMLNS}">\n  <Error>\n    <Type>{kind}</Type>\n'
            f"    <Code>{refused.code}</Code>\n    <Message>{escape(str(refused))}</Message>\n"
            f"  </Error>\n  <RequestId>{uuid.uuid4()}</RequestId>\n</ErrorResponse>\n")


# ------------------------------------------------------------------ faults


def refusing(status, code, is_after=False):
    def fault(double, handler, _rule, request):
        if is_after:
            double.serve(*request)
        double.send(handler, status, error_text(Refused(code, "made by the test", status)))
    return fault


def closing(is_after):
    def fault(double, handler, _rule, request):
        if is_after:
            double.serve(*request)
        handler.close_connection = True
    return fault


def hanging(is_after):
    def fault(double, handler, _rule, request):
        if is_after:
            double.serve(*request)
        handler.connection.settimeout(60)
        handler.rfile.read(1)
        handler.close_connection = True
    return fault


def cut_after(double, handler, _rule, request):
    double.send(handler, *double.serve(*request), cut=True)


def garbage_after(double, handler, _rule, request):
    double.serve(*request)
    handler.wfile.write(b"\x16\x03\x01\x00 this is not HTTP\r\n\r\n")
    handler.close_connection = True


def nonsense_after(double, handler, _rule, request):
    status, text = double.serve(*request)
    double.send(handler, status, text.replace("</", "<"))


def stranger_after(double, handler, _rule, request):
    double.serve(*request)
    double.send(handler, 200, "<html><body>Please log in<br/></body></html>")


def delay(double, handler, rule, request):
    time.sleep(rule.seconds)
    double.send(handler, *double.serve(*request))


FAULTS = {
    "throttle": refusing(400, "Throttling"),
    "throttled": refusing(429, "Throttled"),
    "internal": refusing(500, "InternalError"),
    "internal-after": refusing(500, "InternalError", True),  # but accepted
    "unavailable": refusing(503, "ServiceUnavailable"),
    "expired": refusing(403, "ExpiredToken"),
    "close": closing(False),  # nothing accepted, no answer
    "lost-after": closing(True),  # accepted, no answer
    "hang": hanging(False),  # no answer ever
    "hang-after": hanging(True),  # no answer ever, but accepted
    "cut-after": cut_after,  # accepted, half an answer
    "garbage-after": garbage_after,  # accepted, the answer is not HTTP
    "nonsense-after": nonsense_after,  # accepted, the answer is broken XML
    "stranger-after": stranger_after,  # accepted, the answer is a page of somebody else's
    "delay": delay,  # right, later
}


def failing(code, is_sender_fault):
    def fault(_double, _topic, _message):
        return "Failed", failure_text(code, "made by the test", is_sender_fault)
    return fault


def forget(_double, _topic, _message):
    return None, ""


def forget_after(double, topic, message):
    double.unheard.add(double.keep("TopicArn", topic, message)["number"])
    return None, ""


ENTRY_FAULTS = {  # of one entry in a batch, "operation": "Entry"
    "entry-failed": failing("InternalError", False),
    "entry-refused": failing("InvalidParameter", True),
    "entry-forgotten": forget,  # not accepted, and the answer does not mention it
    "entry-forgotten-after": forget_after,  # accepted, and the answer does not mention it
}
