"""config/cloudformation.yaml makes the table that shopd --init-table makes, and allows what shopd
does, no more and no less. It is compared with the code, so neither can change alone.

There is no linter of CloudFormation templates in Debian, so this looks for references that lead
nowhere as well.
"""

import re

import pytest
import yaml

import shop

TEMPLATE = yaml.safe_load((shop.ROOT / "config/cloudformation.yaml").read_text())
PARAMETERS = TEMPLATE["Parameters"]
RESOURCES = TEMPLATE["Resources"]

ONLY_INIT_TABLE = {"CreateTable", "DescribeTimeToLive", "UpdateTimeToLive"}
"""What only --init-table calls, which is not needed where CloudFormation has made the table."""

RIGHTS = {  # where a right is not called as its operation; see DynamoDB's developer guide
    "TransactGetItems": {"GetItem"},
    "TransactWriteItems": {"PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"},
    "PublishBatch": {"Publish"},
}


def source(pattern):
    paths = sorted((shop.ROOT / "src").glob(pattern))
    assert paths
    return "".join(path.read_text() for path in paths)


def used(operations):
    """The rights that these operations need."""
    return set().union(*(RIGHTS.get(name, {name}) for name in operations))


def statements(*resources):
    """All statements of these roles and policies."""
    found = []
    for name in resources:
        properties = RESOURCES[name]["Properties"]
        for policy in properties.get("Policies", [properties]):
            found += policy["PolicyDocument"]["Statement"]
    return found


def as_list(value):
    return value if isinstance(value, list) else [value]


def rights(service, *resources):
    actions = [action.split(":") for statement in statements(*resources)
               for action in as_list(statement["Action"])]
    return {name for of, name in actions if of == service}


def resolved(value):
    """With each reference to a parameter as its default."""
    if isinstance(value, dict):
        if set(value) == {"Ref"} and value["Ref"] in PARAMETERS:
            return PARAMETERS[value["Ref"]]["Default"]
        return {name: resolved(part) for name, part in value.items()}
    return [resolved(part) for part in value] if isinstance(value, list) else value


def references(value):
    """All names that are referred to, of resources, parameters and conditions."""
    if isinstance(value, list):
        for part in value:
            yield from references(part)
    if not isinstance(value, dict):
        return
    for name, part in value.items():
        if name in ("Ref", "DependsOn") or (name == "Condition" and isinstance(part, str)):
            yield part
        elif name == "Fn::GetAtt":
            yield part[0]
        elif name == "Fn::Sub":
            yield from (text.split(".")[0] for text in re.findall(r"\$\{([^}]+)\}", part))
        else:
            if name == "Fn::If":
                yield part[0]
            yield from references(part)


# the table


@pytest.fixture(scope="module")
def described(emulator, make_table):
    name = make_table()
    return (emulator.client.describe_table(TableName=name)["Table"],
            emulator.client.describe_time_to_live(TableName=name)["TimeToLiveDescription"])


@pytest.fixture(scope="module")
def template_table():
    return resolved(RESOURCES["Table"]["Properties"])


def by(name, entries):
    return sorted(entries, key=lambda entry: entry[name])


def test_the_table_has_the_same_keys(described, template_table):
    table, _ = described
    assert template_table["KeySchema"] == table["KeySchema"]
    assert by("AttributeName", template_table["AttributeDefinitions"]) == by(
        "AttributeName", table["AttributeDefinitions"])
    assert template_table["BillingMode"] == table["BillingModeSummary"]["BillingMode"]
    assert set(template_table) & {"ProvisionedThroughput", "LocalSecondaryIndexes"} == set()


def test_it_has_the_same_indexes_with_the_same_projections(described, template_table):
    def shape(index):
        return (index["IndexName"], index["KeySchema"], index["Projection"]["ProjectionType"],
                sorted(index["Projection"]["NonKeyAttributes"]))

    assert sorted(map(shape, template_table["GlobalSecondaryIndexes"])) == sorted(
        map(shape, described[0]["GlobalSecondaryIndexes"]))


def test_it_has_the_same_time_to_live_and_can_be_restored(described, template_table):
    _, ttl = described
    assert template_table["TimeToLiveSpecification"] == {
        "AttributeName": ttl["AttributeName"], "Enabled": ttl["TimeToLiveStatus"] == "ENABLED"}
    assert template_table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    for name in ("Table", "Topic"):
        assert RESOURCES[name]["DeletionPolicy"] == "Retain"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_its_names_are_the_defaults_of_the_settings(template_table):
    code = source("base/config_settings.c")
    for setting, name in (("DYNAMODB_TABLE_NAME", "TableName"), ("PRIMARY_KEY", "PartitionKey")):
        said = re.search(rf'"{setting}",[^"]*"([^"]+)"', code)[1]
        assert PARAMETERS[name]["Default"] == said


# the role


def test_the_role_may_do_with_the_table_what_shopd_does():
    operations = set(re.findall(r'\bTARGET\("(\w+)"\)', source("aws/dynamodb*.c")))
    assert ONLY_INIT_TABLE < operations
    assert rights("dynamodb", "Role") == used(operations - ONLY_INIT_TABLE)
    everywhere = set(re.findall(r'DynamoDB_20120810\.(\w*)"', source("**/*.c")))
    assert everywhere == {""}, "an operation that is not in the table of dynamodb.c"


def test_the_role_may_publish_and_nothing_else():
    operations = set(re.findall(r'Action=(\w+)', source("aws/sns*.c")))
    assert operations and used(operations) == {"Publish"}
    for name in ("Role", "DirectPolicy"):
        assert rights("sns", name) == {"Publish"}
    services = {action.split(":")[0] for statement in statements("Role", "DirectPolicy")
                for action in as_list(statement["Action"])}
    assert services == {"dynamodb", "sns"}


def test_every_right_is_for_what_the_stack_has_made():
    table, topic = {"Fn::GetAtt": ["Table", "Arn"]}, {"Ref": "Topic"}
    indexes = [{"Fn::Sub": "${Table.Arn}/index/" + index["IndexName"]}
               for index in RESOURCES["Table"]["Properties"]["GlobalSecondaryIndexes"]]
    for statement in statements("Role"):
        assert statement["Effect"] == "Allow" and "NotResource" not in statement
        expected = [topic] if statement["Action"] == "sns:Publish" else [table]
        if statement["Action"] == "dynamodb:Query":
            expected += indexes
        assert as_list(statement["Resource"]) == expected


def test_users_are_told_directly_only_where_that_is_wished():
    """And then phone numbers, which have no ARN, and the account's own endpoints; no topic."""
    policy = RESOURCES["DirectPolicy"]
    assert policy["Condition"] == "TellsUsers" and PARAMETERS["TellUsers"]["Default"] == "no"
    phones, endpoints = statements("DirectPolicy")
    assert phones["NotResource"] == {"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"}
    assert endpoints["Resource"]["Fn::Sub"].endswith(":${AWS::AccountId}:endpoint/*")


def test_the_readme_names_the_same_rights():
    text = re.search(r"\n## On EC2\n(.*?)\n## ", (shop.ROOT / "README.md").read_text(), re.S)[1]
    named = set(re.findall(r"`(?:dynamodb:)?([A-Z]\w+(?:Item|Table|Live)|Query)`", text))
    assert named == rights("dynamodb", "Role") | ONLY_INIT_TABLE


# the rest


def test_references_lead_somewhere():
    known = {*PARAMETERS, *RESOURCES, *TEMPLATE["Conditions"]}
    for name in references({"all": [RESOURCES, TEMPLATE["Outputs"]]}):
        assert name in known or name.startswith("AWS::"), name
    used_names = set(references({"all": [RESOURCES, TEMPLATE["Conditions"]]}))
    assert {*PARAMETERS, *TEMPLATE["Conditions"]} <= used_names, "something is not used"


def test_the_topic_may_be_either():
    topic = RESOURCES["Topic"]["Properties"]
    assert PARAMETERS["TopicType"]["AllowedValues"] == ["standard", "fifo"]
    assert topic["TopicName"]["Fn::If"][1] == {"Fn::Sub": "${TopicName}.fifo"}
    assert topic["FifoTopic"]["Fn::If"] == ["IsFifo", True, {"Ref": "AWS::NoValue"}]


def test_the_example_asks_for_events_that_there_are():
    events = set(re.findall(r'"([a-z]+\.[a-z_]+)"', source("domain/event.c")))
    policy = RESOURCES["Subscription"]["Properties"]["FilterPolicy"]
    assert list(policy) == ["event_type"]
    for rule in policy["event_type"]:
        assert any(event.startswith(rule["prefix"]) for event in events), rule
    send, = statements("QueuePolicy")
    assert send["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "Topic"}}}
