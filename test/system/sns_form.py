"""What SNS takes and what it refuses: a request's form read as strictly as SNS reads it.

Source: Amazon SNS API Reference, version 2010-03-31, Publish and PublishBatch; Developer Guide,
"Message attributes", "Message deduplication for FIFO topics", "SMS".
"""

import re
import urllib.parse

VERSION = "2010-03-31"
SIZE_MAX = 256 * 1024
ENTRIES_MAX = 10
SMS_MAX = 1600
TARGETS = ("TopicArn", "PhoneNumber", "TargetArn")
TYPES = ("String", "String.Array", "Number", "Binary")
TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
ENDPOINT = re.compile(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:endpoint/[A-Z_]+/[A-Za-z0-9_.-]+/[0-9a-f-]{36}")
PHONE = re.compile(r"\+[1-9]\d{6,14}")
ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
FIFO_ID = re.compile(r"""[A-Za-z0-9!"#$%&'()*+,./:;<=>?@\[\\\]^_`{|}~-]{1,128}""")
ATTRIBUTE = re.compile(r"(?!.*\.\.)(?!\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
RESERVED = re.compile(r"(aws|amazon)\.(?!SNS\.(SMS|MOBILE)\.)", re.IGNORECASE)
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MESSAGE = {"Message", "MessageGroupId", "MessageDeduplicationId"}


class Refused(Exception):
    """An error of SNS. `expected`: it is not the form that is wrong, but how things are."""

    def __init__(self, code, message, status=400, expected=False):
        super().__init__(message)
        self.code = code
        self.status = status
        self.expected = expected


def invalid(message):
    return Refused("InvalidParameter", f"Invalid parameter: {message}")


def parse(body):
    """The form as {name: value}."""
    try:
        pairs = urllib.parse.parse_qsl(body.decode("ascii"), keep_blank_values=True,
                                       strict_parsing=True, errors="strict",
                                       max_num_fields=2000)
    except ValueError as error:
        raise Refused("MalformedQueryString", str(error)) from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refused("MalformedQueryString", "a parameter is given twice")
    if form.get("Version") != VERSION:
        raise Refused("InvalidAction", f"no version {form.get('Version')}")
    if form.get("Action") not in ("Publish", "PublishBatch"):
        raise Refused("InvalidAction", f"no action {form.get('Action')}")
    return form


def take(form, names):
    """The parameters of these names, and a check that there are no others."""
    unknown = set(form) - set(names) - {"Action", "Version"}
    if unknown:
        raise Refused("ValidationError", f"unknown parameters {sorted(unknown)[:5]}")
    return {name: form[name] for name in names if name in form}


def members(form, prefix):
    """The parts of a list, each a form of its own, numbered from 1 without a gap."""
    parts = {}
    for name in [name for name in form if name.startswith(prefix + ".")]:
        number, _, rest = name[len(prefix) + 1:].partition(".")
        if not re.fullmatch(r"[1-9]\d{0,2}", number) or not rest:
            raise Refused("ValidationError", f"malformed parameter {name}")
        parts.setdefault(int(number), {})[rest] = form.pop(name)
    if sorted(parts) != list(range(1, len(parts) + 1)):
        raise Refused("ValidationError", f"{prefix} is not numbered from 1 without a gap")
    return [parts[number] for number in sorted(parts)]


class Message:
    """One message as a request has it; nothing of it is checked yet."""

    def __init__(self, form, more=()):
        self.entries = members(form, "MessageAttributes.entry")
        self.form = take(form, MESSAGE | set(more))
        self.body = self.form.get("Message", "")
        self.group = self.form.get("MessageGroupId")
        self.deduplication = self.form.get("MessageDeduplicationId")
        self.attributes = {}

    def size(self):
        parts = [self.body, *(part for entry in self.entries for part in entry.values())]
        return sum(len(part.encode()) for part in parts)

    def check(self):
        """Raises Refused for what SNS does not take, whatever the target is."""
        if not self.body:
            raise invalid("Empty message")
        if NOT_XML.search(self.body):
            raise invalid("Message Reason: a character that XML does not have")
        for entry in self.entries:
            self.check_attribute(entry)
        if self.size() > SIZE_MAX:
            raise invalid("Message too long")

    def check_attribute(self, entry):
        name, kind = entry.get("Name", ""), entry.get("Value.DataType", "")
        field = "Value.BinaryValue" if kind == "Binary" else "Value.StringValue"
        if not ATTRIBUTE.fullmatch(name) or RESERVED.match(name):
            raise invalid(f"The message attribute name '{name}' is invalid")
        if name in self.attributes:
            raise invalid(f"The message attribute '{name}' is there twice")
        if kind not in TYPES:
            raise invalid(f"The message attribute '{name}' has an invalid type '{kind}'")
        if set(entry) != {"Name", "Value.DataType", field} or not entry[field]:
            raise invalid(f"The message attribute '{name}' must contain a non-empty value")
        if NOT_XML.search(entry[field]):
            raise invalid(f"The message attribute '{name}' has a character that XML does not have")
        if kind == "Number" and not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", entry[field]):
            raise invalid(f"The message attribute '{name}' is no number")
        self.attributes[name] = entry[field]

    def check_fifo(self, is_fifo, is_content_based):
        if not is_fifo:
            for name in ("MessageGroupId", "MessageDeduplicationId"):
                if name in self.form:
                    raise invalid(f"{name} Reason: not valid for this topic type")
            return
        if self.group is None:
            raise invalid("The MessageGroupId parameter is required for FIFO topics")
        if self.deduplication is None and not is_content_based:
            raise invalid("The topic should either have ContentBasedDeduplication enabled or "
                          "MessageDeduplicationId provided explicitly")
        for text in (self.group, self.deduplication):
            if text is not None and not FIFO_ID.fullmatch(text):
                raise invalid("a group or deduplication id has more than 128 or wrong characters")


def publish(form):
    """(target's kind, target, message)"""
    message = Message(form, TARGETS)
    given = [name for name in TARGETS if name in message.form]
    if len(given) != 1:
        raise invalid(f"TopicArn or TargetArn Reason: exactly one target is wanted, not {given}")
    kind = given[0]
    return kind, message.form[kind], message


def batch(form):
    """(topic, [(id, message)])"""
    entries = members(form, "PublishBatchRequestEntries.member")
    if form.get("PublishBatchRequestEntries") == "":
        del form["PublishBatchRequestEntries"]  # how SDKs write an empty list
    topic = take(form, ("TopicArn",)).get("TopicArn", "")
    if not entries:
        raise Refused("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > ENTRIES_MAX:
        raise Refused("TooManyEntriesInBatchRequest", f"{len(entries)} entries")
    messages = [Message(entry, ("Id",)) for entry in entries]
    ids = [message.form.get("Id", "") for message in messages]
    for entry_id in ids:
        if not ENTRY_ID.fullmatch(entry_id):
            raise Refused("InvalidBatchEntryId", f"the id {entry_id!r}")
    if len(set(ids)) != len(ids):
        raise Refused("BatchEntryIdsNotDistinct", f"the ids {ids}")
    if sum(message.size() for message in messages) > SIZE_MAX:
        raise Refused("BatchRequestTooLong", "all messages together are too long")
    return topic, list(zip(ids, messages))


def check_target(kind, target, message):
    """The form of a target that is not a topic."""
    if kind == "TargetArn" and not ENDPOINT.fullmatch(target):
        raise invalid(f"TargetArn Reason: {target} is no endpoint")
    if kind == "PhoneNumber" and not PHONE.fullmatch(target):
        raise invalid(f"PhoneNumber Reason: {target} is not valid to publish to")
    if kind == "PhoneNumber" and len(message.body) > SMS_MAX:
        raise invalid("Message too long for SMS")
