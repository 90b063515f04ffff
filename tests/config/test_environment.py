"""Variables laid over the file."""

from pathlib import Path

import pytest

from monitor.config.environment import variable
from monitor.model.rule import Matcher
from monitor.model.servicelevel import Window
from monitor.model.settings import LogSinkSettings, MqttSettings, WebhookSettings
from tests.config.files import ORG, SECRET, loaded, mistakes, only

TEXT = """
rules:
  - name: QueueHigh
    metric: queue_waiting
    critical: {above: 8, for: 2s}
    for_each: {media: voice}
    labels: {team: a}
receivers:
  on-call:
    webhook: {url: https://example.com/a}
    mqtt: {host: broker.example.com, tls: true}
    log: true
"""


def test_every_kind_of_key_can_be_set(tmp_path: Path):
    """Text, numbers, truth, durations, lists, rules by name, names with a dash: one variable each."""
    settings = loaded(
        tmp_path,
        TEXT,
        {
            "QUEUEWATCH_ORGS__ACME__CLIENT_ID": "123",
            "QUEUEWATCH_ORGS__ACME__CLIENT_SECRET": "456\n",
            "QUEUEWATCH_ORGS__ACME__BUDGET_SHARE": "0.25",
            "QUEUEWATCH_ORGS__ACME__SOURCES__DIRECTORY__SELECT__NAMES": "Sales*, Support*,",
            "QUEUEWATCH_SOURCES__QUEUES__INTERVAL": "30s",
            "QUEUEWATCH_SOURCES__SERVICE_LEVEL__WINDOWS": "15m, 1h",
            "QUEUEWATCH_SOURCES__SERVICE_LEVEL__THRESHOLDS": "20s,30s",
            "QUEUEWATCH_ORGS__ACME__SOURCES__SERVICE_LEVEL__FORMULA__FLOW_OUTS": "true",
            "QUEUEWATCH_RULES__QUEUEHIGH__CRITICAL__ABOVE": "20",
            "QUEUEWATCH_RULES__QUEUEHIGH__CRITICAL__FOR": "1m",
            "QUEUEWATCH_RULES__QUEUEHIGH__FOR_EACH__MEDIA": "chat",
            "QUEUEWATCH_RULES__QUEUEHIGH__LABELS__TEAM": "7",
            "QUEUEWATCH_RECEIVERS__ON_CALL__WEBHOOK__URL": "https://example.com/b",
            "QUEUEWATCH_RECEIVERS__ON_CALL__WEBHOOK__BEARER": "abc",
            "QUEUEWATCH_RECEIVERS__ON_CALL__MQTT__PORT": "1884",
            "QUEUEWATCH_RECEIVERS__ON_CALL__MQTT__HOST": "localhost",
            "QUEUEWATCH_RECEIVERS__ON_CALL__MQTT__USERNAME": "joe",
            "QUEUEWATCH_RECEIVERS__ON_CALL__MQTT__PASSWORD": "swordfish",
            "QUEUEWATCH_RECEIVERS__ON_CALL__MQTT__TLS": "false",
            "queuewatch_web__queue_name": "false",
            "QUEUEWATCH_INSTANCE": "42",
            "QUEUEWATCH_STORE__PATH": "/tmp/x.db",
        },
    )
    org, rule = settings.orgs[0], settings.rules[0]
    webhook, mqtt, _ = settings.destinations
    assert isinstance(webhook, WebhookSettings)
    assert isinstance(mqtt, MqttSettings)
    assert org.queues is not None
    assert (org.client_id.reveal(), org.client_secret.reveal(), org.budget) == ("123", "456", 75)
    assert (org.queues.interval, org.directory.select.names) == (30.0, ("Sales*", "Support*"))
    assert org.service_level is not None
    assert org.service_level.windows == (Window(900), Window(3600))
    assert (org.service_level.thresholds, org.service_level.formula.flow_outs) == ((20, 30), True)
    (critical,) = rule.levels
    assert (critical.high, critical.dwell, rule.matchers[0].globs, rule.labels["team"]) == (
        20,
        60,
        ("chat",),
        "7",
    )
    assert (webhook.url.reveal(), webhook.headers["Authorization"].reveal()) == (
        "https://example.com/b",
        "Bearer abc",
    )
    assert (mqtt.port, mqtt.tls, mqtt.password and mqtt.password.reveal()) == (1884, None, "swordfish")
    assert (settings.web.queue_name, settings.instance, settings.store_path) == (False, "42", "/tmp/x.db")


@pytest.mark.parametrize("word", ["off", "null", "False", "none"])
def test_a_destination_can_be_left_out(tmp_path: Path, word):
    """`off` takes a section away, also from under variables that set its keys."""
    environ = {
        **SECRET,
        "QUEUEWATCH_RECEIVERS__ON_CALL__MQTT": word,
        "QUEUEWATCH_RECEIVERS__ON_CALL__MQTT__PORT": "1",
    }
    ways = [way.name for way in loaded(tmp_path, TEXT, environ).destinations]
    assert ways == ["on-call/webhook", "on-call/log"]


def test_a_way_can_be_added_to_a_receiver(tmp_path: Path):
    """A section that the file does not have is made."""
    text = "receivers: {demo: {webhook: {url: https://example.com}}}"
    environ = {
        **SECRET,
        "QUEUEWATCH_RECEIVERS__DEMO__MQTT__HOST": "broker",
        "QUEUEWATCH_RECEIVERS__DEMO__LOG": "true",
    }
    _, mqtt, log = loaded(tmp_path, text, environ).destinations
    assert isinstance(mqtt, MqttSettings)
    assert (mqtt.name, mqtt.host, mqtt.port) == ("demo/mqtt", "broker", 1883)
    assert log == LogSinkSettings(name="demo/log")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("QUEUEWATCH_WBE__LISTEN", "did you mean QUEUEWATCH_WEB__LISTEN?"),
        ("QUEUEWATCH_ORGS__ACNE__CLIENT_SECRET", "did you mean QUEUEWATCH_ORGS__ACME__CLIENT_SECRET?"),
        ("QUEUEWATCH_ORGS__ACME__CLIENT_SECERT", "did you mean QUEUEWATCH_ORGS__ACME__CLIENT_SECRET?"),
        (
            "QUEUEWATCH_SOURCES__QUEUES__DIRECTORY_INTERVAL",
            "write QUEUEWATCH_SOURCES__DIRECTORY__INTERVAL",
        ),
        (
            "QUEUEWATCH_ORGS__ACME__SOURCES__QUEUES__SELECT__IDS",
            "write QUEUEWATCH_ORGS__ACME__SOURCES__DIRECTORY__SELECT__IDS",
        ),
        ("QUEUEWATCH_LISTEN", ""),
        ("QUEUEWATCH_ORGS", ""),
        ("QUEUEWATCH_RULES__0__NAME", ""),
    ],
)
def test_a_misspelt_variable_is_a_mistake(tmp_path: Path, name, hint):
    """A variable that sets nothing stops the start, and is suggested better."""
    mistake = only(mistakes(tmp_path, TEXT, {**SECRET, name: "x-value-x"}))
    assert (mistake.file, mistake.path, mistake.problem) == ("environment", name, "sets nothing")
    assert hint in mistake.hint
    assert "x-value-x" not in str(mistake)


def test_what_is_not_ours_is_left_alone(tmp_path: Path):
    """The commands' own variables, empty ones, and those Kubernetes makes of a Service named queuewatch."""
    names = [
        "CONFIG",
        "URL",
        "TOKEN",
        "PASSWORD",
        "SERVICE_HOST",
        "SERVICE_PORT",
        "SERVICE_PORT_HTTP",
        "PORT",
        "PORT_9877_TCP",
        "PORT_9877_TCP_ADDR",
    ]
    environ = {f"QUEUEWATCH_{name}": "10.0.0.1" for name in [*names, "CANARY_SERVICE_HOST"]}
    empty = {"QUEUEWATCH_TYPO": "", "QUEUEWATCH_WEB__LISTEN": " ", "QUEUEWATCHER": "x", "OTHER": "x"}
    assert loaded(tmp_path, "", {**SECRET, **environ, **empty}) == loaded(tmp_path)
    assert only(mistakes(tmp_path, "", {**SECRET, "QUEUEWATCH_WEB__PORT": "1"})).problem == "sets nothing"


def test_unclear_variables_are_mistakes(tmp_path: Path):
    """One variable for two receivers, and two spellings of one variable."""
    text = "receivers: {a-b: {log: true}, a_b: {log: true}}"
    unclear = only(mistakes(tmp_path, text, {**SECRET, "QUEUEWATCH_RECEIVERS__A_B__LOG": "false"}))
    assert (unclear.problem, unclear.hint) == (
        "could set several things",
        "receivers.a-b.log or receivers.a_b.log",
    )
    twice = only(mistakes(tmp_path, "", {**SECRET, "queuewatch_instance": "a", "QUEUEWATCH_INSTANCE": "b"}))
    assert twice.problem == "sets the same as QUEUEWATCH_INSTANCE"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("QUEUEWATCH_WEB__SERIES_CAP", "lots", "should be a whole number"),
        ("QUEUEWATCH_WEB__QUEUE_NAME", "on", "should be true or false"),
        ("QUEUEWATCH_SOURCES__QUEUES__INTERVAL", "10", "should be a duration such as 10s"),
        ("QUEUEWATCH_WEB__LISTEN", "0.0.0.0:1", "would be open to other machines, without TLS and password"),
        ("QUEUEWATCH_INSTANCE", "a\udcff", "holds a character that is not text"),
    ],
)
def test_a_wrong_value_is_told_of_its_variable(tmp_path: Path, name, text, problem):
    """A mistake names the variable, not a line of the file that is right."""
    mistake = mistakes(tmp_path, TEXT, {**SECRET, name: text})[0]
    assert (mistake.file, mistake.path, mistake.problem) == ("environment", name, problem)


def test_names_become_variables():
    """The form of every hint."""
    assert variable(("orgs", "my-org", "client_id")) == "QUEUEWATCH_ORGS__MY_ORG__CLIENT_ID"


def test_urls_of_the_environment_replace_the_region_of_the_file(tmp_path: Path):
    """A real configuration can be pointed at a simulator."""
    environ = {
        **SECRET,
        "QUEUEWATCH_ORGS__ACME__API_URL": "http://127.0.0.1:1/",
        "QUEUEWATCH_ORGS__ACME__LOGIN_URL": "http://[::1]:2",
    }
    org = loaded(tmp_path, "", environ).orgs[0]
    assert (org.api_url, org.login_url) == ("http://127.0.0.1:1", "http://[::1]:2")
    urls = ORG.replace(
        "region: eu-west-1", "api_url: https://a.example.com\n    login_url: https://b.example.com"
    )
    org = loaded(tmp_path, "", {**SECRET, "QUEUEWATCH_ORGS__ACME__REGION": "us-east-1"}, org=urls).orgs[0]
    assert org.api_url == "https://api.mypurecloud.com"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("WARNING__OUTSIDE", "1, 9.5"),
        ("FOR_EACH__MEDIA", "voice"),
        ("KEEP_FIRING_FOR", "3m"),
        ("MIN_VOLUME__INTERACTING", "3"),
        ("DURING", "office,"),
        ("ON_NO_DATA", "alert"),
        ("ON_ERROR__FOR", "5m"),
        ("FLAP_DETECTION", "false"),
        ("INHIBIT_MEMBERS", "true"),
    ],
)
def test_every_key_of_a_rule_can_be_set(tmp_path: Path, key, text):
    """Also what is a list, or has a short form; it changes what is in the file."""
    written = """
calendars: {office: {timezone: UTC, hours: {mon: "08:00-10:00"}}}
rules:
  - name: Rule
    metric: queue_waiting
    warning: {outside: [2, 9]}
    for_each: {media: chat}
    min_volume: {interacting: 1}
    on_error: {action: alert}
"""
    plain = loaded(tmp_path, written).rules[0]
    changed = loaded(tmp_path, written, {**SECRET, f"QUEUEWATCH_RULES__RULE__{key}": text}).rules[0]
    assert changed != plain


def test_labels_that_are_keys_can_be_set(tmp_path: Path):
    """With commas, as every list."""
    text = "rules: [{name: A, metric: service_level_ratio, critical: {below: 0.5}}]"
    (rule,) = loaded(tmp_path, text, {**SECRET, "QUEUEWATCH_RULES__A__WINDOW": "5m, 900s"}).rules
    assert rule.matchers == (Matcher(label="window", globs=("5m", "15m")),)
