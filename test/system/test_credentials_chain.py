"""Where credentials come from other than the environment and the instance's role."""

import json
import sys
import threading
import time

import pytest

import answering
import container as container_server
import imds
import shop
import sts as sts_server

pytestmark = pytest.mark.long

HOUR = 3600
BRIEF = 4  # renewed in the middle of that
ROLE = "arn:aws:iam::123456789012:role/shop"
NONE = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))


@pytest.fixture
def sts():
    server = sts_server.Sts()
    yield server
    server.end()
    assert server.violations == []


@pytest.fixture
def container():
    server = container_server.Container()
    yield server
    server.end()
    assert server.violations == []


@pytest.fixture
def metadata():
    server = imds.Metadata()
    yield server
    server.end()


@pytest.fixture
def begin(start, proxy, sts, table):
    """A function that starts a daemon without keys in its environment."""
    proxy.reset()  # the table was made with other keys

    def begin(ready=True, **settings):
        return start(ready=ready, AWS_ENDPOINT_URL_STS=sts.url, **{"SHOPD_WORKERS": 1} | NONE |
                     settings)

    return begin


def write(path, text):
    path.write_text(text)
    return path


def messages(daemon, text):
    return [line for line in map(json.loads, daemon.process.log_text().splitlines())
            if line["msg"] == text]


def key_in_use(daemon, proxy):
    """Makes a call, and returns the keys that calls were signed with."""
    assert daemon.client().get("/product?limit=1").status == 200
    return set(proxy.tell()["keys"])


def allow_what_sts_gives(proxy):
    """The proxy must know keys before they are used, so it is told some in advance."""
    proxy.tell(keys={f"ASIA{n}STS": {"secret": f"secret/of+ASIA{n}STS",
                                     "token": f"token//of+ASIA{n}STS=="} for n in range(1, 50)})


# ---- web identity


@pytest.fixture
def by_token(begin, proxy, sts, tmp_path):
    """A function that starts a daemon whose credentials STS gives for a token."""
    path = write(tmp_path / "token", "head.first.sign+ature\n")
    sts.token = "head.first.sign+ature"
    allow_what_sts_gives(proxy)
    return lambda **settings: begin(AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=path, **settings)


def test_a_token_is_given_to_sts_for_credentials(by_token, proxy):
    daemon = by_token()
    assert key_in_use(daemon, proxy) == {"ASIA1STS"}
    taken = messages(daemon, "AWS credentials taken")[0]
    assert (taken["provider"], taken["access_key"]) == ("web identity", "ASIA1STS")


def test_the_tokens_file_is_read_again(by_token, proxy, sts, tmp_path):
    sts.lifetime = BRIEF
    daemon = by_token()
    write(tmp_path / "token", "head.second.signature")
    sts.token = "head.second.signature"
    # The worker's first keys, and those of the operators' listener.
    first = {"ASIA1STS", "ASIA2STS"}
    shop.wait_until(lambda: key_in_use(daemon, proxy) - first, 8, "use of new keys")


@pytest.mark.parametrize("fault", [fault for fault in answering.FAULTS if fault != "slow"])
def test_an_sts_that_is_out_of_order_is_asked_until_it_works(by_token, proxy, sts, fault):
    sts.fault = fault
    daemon = by_token(ready=False)
    shop.wait_until(lambda: messages(daemon, "no AWS credentials yet"), 8, "a complaint")
    complaint = messages(daemon, "no AWS credentials yet")[0]
    assert complaint["provider"] == "web identity" and "STS" in complaint["why"]
    assert complaint["looked_at"] == "environment: AWS_ACCESS_KEY_ID is not set"
    assert not daemon.answers_ready()
    sts.fault = None
    daemon.ready(15)
    assert len(key_in_use(daemon, proxy)) == 1


def test_what_sts_refuses_is_told(by_token, sts):
    sts.token = "another"
    daemon = by_token(ready=False)
    shop.wait_until(lambda: "InvalidIdentityToken" in daemon.process.log_text(), 5, "the reason")
    assert "head.first" not in daemon.process.log_text()


# ---- profiles


def test_keys_may_stand_in_a_file(begin, proxy, tmp_path):
    path = write(tmp_path / "credentials", f"[shop]\naws_access_key_id = {shop.ACCESS_KEY}\n"
                 f"aws_secret_access_key = {shop.SECRET_KEY}\n"
                 f"aws_session_token = {shop.SESSION_TOKEN}\n")
    daemon = begin(AWS_SHARED_CREDENTIALS_FILE=path, AWS_PROFILE="shop")
    assert key_in_use(daemon, proxy) == {shop.ACCESS_KEY}
    assert shop.SECRET_KEY not in daemon.process.log_text()


def test_changed_keys_in_a_file_are_taken_when_the_old_ones_are_refused(begin, proxy, tmp_path):
    text = "[default]\naws_access_key_id = {0}\naws_secret_access_key = secret{0}\n"
    keys = {name: {"secret": f"secret{name}", "token": None} for name in ("AKID1", "AKID2")}
    proxy.tell(keys=keys)
    path = write(tmp_path / "credentials", text.format("AKID1"))
    daemon = begin(AWS_SHARED_CREDENTIALS_FILE=path)
    write(path, text.format("AKID2"))
    keys["AKID1"]["expired"] = True
    proxy.tell(keys=keys)
    assert "AKID2" in key_in_use(daemon, proxy)


def test_roles_are_assumed_one_by_the_other(begin, proxy, sts, tmp_path):
    path = write(tmp_path / "config", f"""
[profile shop]
role_arn = {ROLE}
source_profile = between
external_id = a&b=c d
[profile between]
role_arn = {ROLE}-between
source_profile = base
duration_seconds = 900
external_id = a&b=c d
role_session_name = me@shop
[profile base]
aws_access_key_id = AKID
aws_secret_access_key = s/e+c==
region = {shop.REGION}
""")
    sts.callers = {"AKID": {"secret": "s/e+c==", "token": None}}
    sts.external_id = "a&b=c d"
    allow_what_sts_gives(proxy)
    daemon = begin(AWS_CONFIG_FILE=path, AWS_PROFILE="shop")
    assert key_in_use(daemon, proxy) == {"ASIA2STS"}
    forms = [request[3].decode() for request in sts.requests]
    assert "DurationSeconds=900" in forms[0] and "RoleSessionName=me%40shop" in forms[0]
    assert "RoleSessionName=shopd" in forms[1]


def test_the_instances_role_may_be_the_source_of_another(begin, proxy, sts, metadata, tmp_path):
    path = write(tmp_path / "config", f"[default]\nrole_arn = {ROLE}\n"
                 "credential_source = Ec2InstanceMetadata\n")
    sts.callers = metadata.give("ROLE1", 6 * HOUR)
    allow_what_sts_gives(proxy)
    daemon = begin(AWS_CONFIG_FILE=path, AWS_EC2_METADATA_DISABLED=None,
                   AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
    assert key_in_use(daemon, proxy) == {"ASIA1STS"}


runs_programs = pytest.mark.skipif(shop.HAS_VALGRIND, reason="it has no pidfd_open")


def program(tmp_path, text):
    """A credential_process that runs this Python code."""
    script = write(tmp_path / "get keys.py", text)
    return f'[default]\ncredential_process = {sys.executable} "{script}" --for \'the shop\'\n'


@runs_programs
def test_a_program_may_print_keys(begin, proxy, tmp_path):
    code = f"""
import json, sys
assert sys.argv[1:] == ["--for", "the shop"] and sys.stdin.read() == ""
print("noise", file=sys.stderr)
print(json.dumps({{"Version": 1, "AccessKeyId": {shop.ACCESS_KEY!r},
    "SecretAccessKey": {shop.SECRET_KEY!r}, "SessionToken": {shop.SESSION_TOKEN!r},
    "Expiration": "2999-01-01T00:00:00+00:00"}}))
"""
    path = write(tmp_path / "config", program(tmp_path, code))
    daemon = begin(AWS_CONFIG_FILE=path, SHOPD_WORKERS=2)
    assert key_in_use(daemon, proxy) == {shop.ACCESS_KEY}
    assert "noise" not in daemon.process.log_text()


@runs_programs
def test_what_a_program_complains_about_is_told_in_one_line(begin, tmp_path):
    code = "import sys\nsys.exit('no network\\nsecret details')\n"
    path = write(tmp_path / "config", program(tmp_path, code))
    daemon = begin(ready=False, AWS_CONFIG_FILE=path)
    shop.wait_until(lambda: "status 1: no network" in daemon.process.log_text(), 5, "the reason")
    assert "secret details" not in daemon.process.log_text()
    assert daemon.end() == 0


@runs_programs
def test_a_stop_does_not_wait_for_a_program(begin, tmp_path):
    path = write(tmp_path / "config", "[default]\ncredential_process = sleep 25\n")
    daemon = begin(ready=False, AWS_CONFIG_FILE=path).live()
    time.sleep(0.3)
    began = time.monotonic()
    assert daemon.end() == 0
    assert time.monotonic() - began < 5 * shop.SLOWNESS


# ---- containers


@pytest.fixture
def in_container(begin, container, tmp_path):
    """A function that starts a daemon that has a container's endpoint and a token to show there."""
    path = write(tmp_path / "token", "first token\n")
    container.token = "first token"

    def start(**settings):
        uri = container.url + container_server.PATH
        return begin(AWS_CONTAINER_CREDENTIALS_FULL_URI=uri,
                     AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=path, **settings)

    return start


def test_a_containers_endpoint_gives_credentials(in_container, container, proxy):
    proxy.tell(keys=container.give("POD1", HOUR))
    assert key_in_use(in_container(), proxy) == {"POD1"}


def test_the_containers_token_is_read_again_each_time(in_container, container, proxy, tmp_path):
    keys = container.give("POD1", BRIEF)
    proxy.tell(keys=keys | {"POD2": {"secret": "secret/of+POD2", "token": "token//of+POD2=="}})
    daemon = in_container()
    container.give("POD2", HOUR)
    container.token = "second token"
    write(tmp_path / "token", "second token")
    shop.wait_until(lambda: "POD2" in key_in_use(daemon, proxy), 8, "use of new keys")


@pytest.mark.parametrize("fault", [*answering.FAULTS])
def test_an_endpoint_that_is_out_of_order_is_asked_until_it_works(
        in_container, container, proxy, fault):
    proxy.tell(keys=container.give("POD1", HOUR))
    container.fault = fault
    daemon = in_container(ready=False)
    shop.wait_until(lambda: messages(daemon, "no AWS credentials yet"), 8, "a complaint")
    assert messages(daemon, "no AWS credentials yet")[0]["provider"] == "container"
    container.fault = None
    daemon.ready(15)
    assert key_in_use(daemon, proxy) == {"POD1"}


def test_keys_rotate_under_load_without_a_failure(in_container, container, proxy):
    """New keys each second or so, the old ones refused; and the endpoint is out of order at times."""
    keys = {f"POD{n}": {"secret": f"secret/of+POD{n}", "token": f"token//of+POD{n}=="}
            for n in range(12)}
    proxy.tell(keys=keys)
    container.give("POD0", HOUR)
    daemon = in_container(SHOPD_WORKERS=2)
    statuses, stop = [], threading.Event()

    def load():
        while not stop.is_set():
            client = daemon.client()  # of the one worker or the other
            statuses.append(client.get("/product?limit=1").status)
            client.close()
            time.sleep(0.02)  # the other tests want the machine, too

    threads = [threading.Thread(target=load) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        rotate(daemon, container, proxy, keys)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(statuses) > 50 and set(statuses) == {200}


def wait_until_taken(daemon, key):
    """By both workers: each asks for itself when its own calls are refused."""
    shop.wait_until(lambda: [line["access_key"] for line in messages(
        daemon, "AWS credentials taken")].count(key) >= 2, 8, f"{key} in both workers")


def rotate(daemon, container, proxy, keys):
    """The first rotations are 10 s apart: a refusal is no reason to ask more often."""
    container.give("POD1", HOUR)
    keys["POD0"]["expired"] = True
    proxy.tell(keys=keys)
    wait_until_taken(daemon, "POD1")
    container.fault = "unavailable"
    time.sleep(10.5)
    container.fault = None
    container.give("POD2", HOUR)
    keys["POD1"]["expired"] = True
    proxy.tell(keys=keys)
    wait_until_taken(daemon, "POD2")
    assert {"POD1", "POD2"} <= set(proxy.tell()["keys"])


# ---- the order, and what is told of it


def test_the_first_that_is_configured_is_the_one(by_token, container, sts, metadata):
    container.give("POD1", HOUR)
    metadata.give("ROLE1", HOUR)
    sts.fault = "unavailable"
    daemon = by_token(
        ready=False, AWS_CONTAINER_CREDENTIALS_FULL_URI=container.url + container_server.PATH,
        AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
    shop.wait_until(lambda: len(sts.requests) > 1, 5, "a second question to STS")
    assert container.requests == [] and metadata.requests == []
    assert not daemon.answers_ready()


def test_when_there_is_none_each_is_named_with_the_reason(begin):
    daemon = begin(ready=False)
    shop.wait_until(lambda: messages(daemon, "no AWS credentials yet"), 5, "a complaint")
    looked_at = messages(daemon, "no AWS credentials yet")[0]["looked_at"]
    for part in ("environment: AWS_ACCESS_KEY_ID is not set", "web identity: ", "profile: ",
                 "container: ", "instance role: AWS_EC2_METADATA_DISABLED is true"):
        assert part in looked_at


def test_no_secret_is_logged(by_token, proxy):
    daemon = by_token(SHOPD_LOG_LEVEL="debug")
    key_in_use(daemon, proxy)
    assert daemon.end() == 0
    for secret in ("secret/of", "token//of", "head.first"):
        assert secret not in daemon.process.log_text()


def test_the_check_of_the_configuration_tells_who_would_be_asked(folder, tmp_path):
    path = write(tmp_path / "config", f"[default]\nrole_arn = {ROLE}\nsource_profile = default\n"
                 "aws_access_key_id = AKID\naws_secret_access_key = hush\n")
    status, stdout, stderr = shop.command(
        folder, "--check-config", AWS_CONFIG_FILE=path, AWS_ENDPOINT_URL="http://127.0.0.1:1",
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x", **NONE)
    assert status == 0, stderr
    assert f"profile        used   profile default, role {ROLE} by keys in the file" in stdout
    assert "container      unused http://169.254.170.2/x" in stdout
    assert "hush" not in stdout + stderr


@pytest.mark.parametrize("text, why", [
    (f"[default]\nrole_arn = {ROLE}\n", "neither source_profile nor credential_source"),
    ("[default]\naws_access_key_id = AKID\n", "but not both"),
    ("[default\n", "line 1 is neither [section] nor name = value"),
    ("[other]\n", "profile default is in neither file")])
def test_credentials_that_cannot_work_are_a_mistake(folder, tmp_path, text, why):
    status, stdout, stderr = shop.command(
        folder, "--check-config", AWS_CONFIG_FILE=write(tmp_path / "config", text), **NONE)
    assert status == 2 and why in stdout + stderr


# ---- region and endpoints


def test_region_and_endpoint_may_stand_in_a_profile(start, proxy, table, tmp_path):
    path = write(tmp_path / "config", f"[profile shop]\nregion = {shop.REGION}\nservices = local\n"
                 f"[services local]\ndynamodb =\n  endpoint_url = {proxy.url}\n")
    daemon = start(AWS_CONFIG_FILE=path, AWS_PROFILE="shop", AWS_REGION=None,
                   AWS_ENDPOINT_URL_DYNAMODB=None)
    assert key_in_use(daemon, proxy) == {shop.ACCESS_KEY}


def test_the_instance_tells_the_region(start, metadata, table):
    metadata.region = "xx-nowhere-1"
    daemon = start(ready=False, AWS_REGION=None, AWS_ENDPOINT_URL_DYNAMODB=None,
                   AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
    found = shop.wait_until(
        lambda: messages(daemon, "the region is the instance's"), 5, "the region")
    assert found[0]["region"] == "xx-nowhere-1"
    waiting = shop.wait_until(lambda: messages(daemon, "cannot reach the table yet"), 20, "a try")
    assert waiting[0]["endpoint"] == "https://dynamodb.xx-nowhere-1.amazonaws.com"


def test_without_any_region_it_ends_and_says_so(folder, metadata):
    status, _, stderr = shop.command(
        folder, AWS_REGION=None, AWS_EC2_METADATA_DISABLED=None,
        AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
    assert status == 1
    assert "set AWS_REGION" in stderr and "answers 404 to the question for the region" in stderr


def test_an_endpoint_may_be_an_ipv6_address_and_is_not_asked_through_a_proxy(begin, proxy):
    try:
        server = container_server.Container("::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    proxy.tell(keys=server.give("POD1", HOUR))
    daemon = begin(AWS_CONTAINER_CREDENTIALS_FULL_URI=server.url + container_server.PATH,
                   http_proxy="http://127.0.0.1:1", no_proxy="127.0.0.1")
    assert key_in_use(daemon, proxy) == {"POD1"}
    server.end()
    assert server.violations == []
