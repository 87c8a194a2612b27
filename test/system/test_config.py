"""The command line and the settings."""

import re

import pytest

import shop

GOOD = {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1", "SHOPD_LISTEN": "127.0.0.1:8080",
        "SHOPD_ADMIN_LISTEN": "127.0.0.1:8081"}


def check(folder, **settings):
    return shop.command(folder, "--check-config", **(GOOD | settings))


def test_a_good_configuration_is_good(folder):
    status, stdout, stderr = check(folder)
    assert status == 0, stderr
    assert shop.SECRET_KEY not in stdout + stderr and shop.SESSION_TOKEN not in stdout + stderr


@pytest.mark.parametrize("wrong, meant", [
    ("SHOPD_LISTN", "SHOPD_LISTEN"), ("SHOPD_WORKER", "SHOPD_WORKERS"),
    ("SHOPD_REQUEST_DEADLNE", "SHOPD_REQUEST_DEADLINE"), ("SHOPD_CURENCY", "SHOPD_CURRENCY"),
    ("SHOPD_LOGLEVEL", "SHOPD_LOG_LEVEL")])
def test_a_misspelt_setting_is_told_with_the_right_one(folder, wrong, meant):
    status, stdout, stderr = check(folder, **{wrong: "1"})
    assert status != 0
    line, = (line for line in (stdout + stderr).splitlines() if re.search(rf"\b{wrong}\b", line))
    assert re.search(rf"\b{meant}\b", line)


BAD = {
    "SHOPD_LISTEN": ["nowhere", "127.0.0.1", "127.0.0.1:0x50", "127.0.0.1:70000"],
    "SHOPD_ADMIN_LISTEN": ["127.0.0.1:-1"],
    "SHOPD_WORKERS": ["-1", "two", "1.5", "100000"],
    "SHOPD_CURRENCY": ["EURO", "eur", "XXZ"],
    "SHOPD_MAX_BODY": ["many", "-1", "1XiB", "99999999999999999999"],
    "SHOPD_REQUEST_DEADLINE": ["0", "soon", "-1s", "4 parsecs", "1e9"],
    "SHOPD_DRAIN_DEADLINE": ["x"],
    "SHOPD_LOG_LEVEL": ["loud"],
    "SHOPD_LOG_FORMAT": ["xml"],
    "SHOPD_AUTH": ["maybe"],
    "AWS_ENDPOINT_URL_DYNAMODB": ["ftp://x", "localhost:8000", "http://"],
    "AWS_MAX_ATTEMPTS": ["none"],
    "DYNAMODB_TABLE_NAME": ["no spaces", "ab", "x" * 256],
    "SNS_TOPIC_ARN": ["shop", "arn:aws:sns:eu-west-1:1:shop", "arn:aws:sns::123456789012:shop"],
    "PRIMARY_KEY": ["sk", "g1p", "x" * 256],
}


@pytest.mark.parametrize("name, value", [(n, v) for n, values in BAD.items() for v in values])
def test_a_bad_value_is_told_by_its_name(folder, name, value):
    status, stdout, stderr = check(folder, **{name: value})
    assert status != 0
    assert name in stdout + stderr


def test_every_mistake_is_told_at_once(folder):
    wrong = {name: values[0] for name, values in BAD.items()} | {"SHOPD_LISTN": "1"}
    status, stdout, stderr = check(folder, **wrong)
    assert status != 0
    for name in wrong:
        assert name in stdout + stderr, name
    assert shop.command(folder, **wrong)[0] != 0, "the daemon started all the same"


def test_an_empty_setting_is_as_good_as_none(folder):
    assert check(folder, SHOPD_WORKERS="", SHOPD_CURRENCY="", PRIMARY_KEY="")[0] == 0


@pytest.mark.parametrize("value", ["4", "4s", "500ms", "2m", "10m"])
def test_durations_may_have_units(folder, value):
    assert check(folder, SHOPD_DRAIN_DEADLINE=value)[0] == 0


@pytest.mark.parametrize("value", ["65536", "64KiB", "1MiB"])
def test_sizes_may_have_units(folder, value):
    assert check(folder, SHOPD_MAX_BODY=value)[0] == 0


@pytest.mark.parametrize("listen", ["0.0.0.0:8080", "10.0.0.1:8080", "[::]:8080"])
def test_only_loopback_is_served_without_a_word(folder, listen):
    status, stdout, stderr = check(folder, SHOPD_LISTEN=listen)
    assert status != 0
    assert "SHOPD_AUTH" in stdout + stderr
    assert check(folder, SHOPD_LISTEN=listen, SHOPD_AUTH="off")[0] == 0


def test_keys_and_letting_everyone_do_everything_exclude_each_other(folder, tmp_path):
    """Or else who follows the README with an example of SHOPD_AUTH=off has made keys in vain."""
    keys = tmp_path / "api-keys"
    assert shop.command(folder, "--new-api-key", "a", "--scope", "admin",
                        SHOPD_API_KEYS=keys)[0] == 0
    for settings in ({"SHOPD_API_KEYS": keys}, {"CREDENTIALS_DIRECTORY": tmp_path}):
        assert check(folder, **settings)[0] == 0
        status, _, stderr = check(folder, SHOPD_AUTH="off", **settings)
        assert status == 2 and "SHOPD_AUTH" in stderr


@pytest.mark.parametrize("listen", ["127.0.0.1:8080", "127.1.2.3:8080", "[::1]:8080"])
def test_all_of_loopback_is_served(folder, listen):
    status, stdout, stderr = check(folder, SHOPD_LISTEN=listen)
    assert status == 0, stdout + stderr


def test_a_region_is_needed_and_has_two_names(folder):
    real = {"AWS_REGION": None, "AWS_ENDPOINT_URL_DYNAMODB": None}
    status, stdout, stderr = check(folder, **real)
    assert status != 0 and "AWS_REGION" in stdout + stderr
    assert check(folder, **real, AWS_DEFAULT_REGION="eu-west-1")[0] == 0


def test_half_of_the_keys_is_a_mistake(folder):
    status, stdout, stderr = check(folder, AWS_SECRET_ACCESS_KEY=None)
    assert status != 0 and "AWS_SECRET_ACCESS_KEY" in stdout + stderr


def test_a_secret_with_a_line_break_is_refused_and_not_shown(folder):
    status, stdout, stderr = check(folder, AWS_SESSION_TOKEN="token\r\nX-Evil: 1")
    assert status != 0
    assert "AWS_SESSION_TOKEN" in stdout + stderr and "X-Evil" not in stdout + stderr


def test_help_names_every_setting_and_option(folder):
    status, stdout, _ = shop.command(folder, "--help")
    assert status == 0
    for name in (*BAD, "AWS_REGION", "AWS_ACCESS_KEY_ID", "SHOPD_READ_DEADLINE", "--init-table",
                 "--seed-demo", "--check-config", "--help", "--version"):
        assert name in stdout, name


def test_version_is_one_line(folder):
    status, stdout, stderr = shop.command(folder, "--version")
    assert (status, stderr) == (0, "")
    assert re.fullmatch(r"shopd \d+\.\d+\.\d+\S*\n", stdout)


@pytest.mark.parametrize("arguments", [["--nonsense"], ["start"], ["--help", "--version", "-x"]])
def test_an_unknown_option_is_told(folder, arguments):
    status, stdout, stderr = shop.command(folder, *arguments)
    assert status != 0
    assert arguments[-1] in stderr or "--help" in stderr
    assert stdout == "" or arguments[0] == "--help"


def test_the_default_currency_and_body_cap_come_from_the_settings(start):
    client = start(SHOPD_CURRENCY="JPY", SHOPD_MAX_BODY="1KiB").client()
    assert client.create(name="yen", price=5)["currency"] == "JPY"
    answer = client.post("/product", {"name": "x", "price": 1, "big": "x" * 1100})
    assert (answer.status, answer.code) == (413, "body-too-large")


SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
           "SHOPD_PAYMENT_SECRET")


def test_the_running_configuration_is_shown_without_a_secret(start, folder):
    """Each setting is there; of those that sound like a secret none has a value."""
    hush = {name: f"hush-{number}" for number, name in enumerate(SECRETS)}
    del hush["AWS_SECRET_ACCESS_KEY"], hush["AWS_SESSION_TOKEN"]  # which must be right
    daemon = start(SHOPD_LOG_LEVEL="debug", SHOPD_MAX_BODY="64KiB", **hush)
    operator = daemon.admin()
    answer = operator.get("/config")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain")
    shown = dict(line.split("=", 1) for line in answer.body.decode().splitlines())
    assert shown["SHOPD_MAX_BODY"] == "64KiB"
    assert {name for name in shown if re.search("SECRET|TOKEN|PASSWORD", name)
            and not name.endswith("_FILE")} == set(SECRETS)
    assert {shown[name] for name in SECRETS} == {"(set)"}
    checked = shop.command(folder, "--check-config", **hush)
    text = answer.body.decode() + str(checked) + operator.get("/metrics").body.decode()
    text += daemon.process.log_text()
    operator.close()
    for secret in (*hush.values(), shop.SECRET_KEY, shop.SESSION_TOKEN[:20]):
        assert secret not in text
    helped = re.findall(r"^([A-Z][A-Z0-9_]+)(?: |$)", shop.command(folder, "--help")[1], re.M)
    assert set(shown) <= set(helped)
    assert set(helped) - set(shown) <= {"NAME", "AWS_DEFAULT_REGION"}  # the same as AWS_REGION
