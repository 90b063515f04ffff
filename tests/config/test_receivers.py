"""Receivers and their destinations."""

import base64
from pathlib import Path

import pytest

from monitor.kit.secrets import Secret
from monitor.model.settings import (
    CommandSettings,
    LogSinkSettings,
    MqttSettings,
    TlsSettings,
    WebhookSettings,
)
from tests.config.files import SECRET, loaded, mistakes, only


def ways(tmp_path: Path, text: str) -> list[object]:
    """Return the destinations of one receiver."""
    return list(loaded(tmp_path, f"receivers: {{a: {{{text}}}}}").destinations)


def test_each_way_is_a_destination(tmp_path: Path):
    """Named after the receiver and the way, with the documented defaults."""
    webhook, mqtt, log = ways(tmp_path, "webhook: {url: 'https://e.com/x?y=z'}, mqtt: {host: b}, log: true")
    assert isinstance(webhook, WebhookSettings)
    assert (webhook.name, webhook.url.reveal(), webhook.timeout) == ("a/webhook", "https://e.com/x?y=z", 10)
    assert (webhook.secrets, webhook.headers) == ((), {})
    assert mqtt == MqttSettings(name="a/mqtt", host="b", port=1883, prefix="queuewatch", keepalive=15)
    assert log == LogSinkSettings(name="a/log")


@pytest.mark.parametrize(
    ("text", "version", "discovery"),
    [
        ("", "5", None),
        ("version: 5, home_assistant: false", "5", None),
        ("version: '5', home_assistant: true", "5", "homeassistant"),
        ("version: 3.1.1, home_assistant: {prefix: ha}", "3.1.1", "ha"),
    ],
)
def test_a_broker_speaks_a_version_and_may_be_discovered(tmp_path: Path, text, version, discovery):
    """The version may be written as a number."""
    mqtt = ways(tmp_path, f"mqtt: {{host: b, {text}}}")[0]
    assert isinstance(mqtt, MqttSettings)
    assert (mqtt.version, mqtt.discovery, mqtt.commands, mqtt.coalesce) == (version, discovery, None, False)


def test_commands_come_from_whoever_has_the_secret_or_may_publish(tmp_path: Path):
    """One of both has to be said; a variable may say it."""
    trusting = ways(tmp_path, "mqtt: {host: b, commands: {trust_broker: true}, coalesce: true}")[0]
    assert isinstance(trusting, MqttSettings)
    assert (trusting.commands, trusting.coalesce) == (CommandSettings(), True)
    name = "QUEUEWATCH_RECEIVERS__A__MQTT__COMMANDS__SECRET"
    text = "receivers: {a: {mqtt: {host: b}}}"
    signed = loaded(tmp_path, text, {**SECRET, name: "x" * 32}).destinations[0]
    assert isinstance(signed, MqttSettings)
    assert signed.commands == CommandSettings(secret=Secret("whsec_" + "x" * 32))


@pytest.mark.parametrize(
    ("text", "port", "tls"),
    [
        ("tls: true", 8883, TlsSettings()),
        ("tls: false", 1883, None),
        ("tls: {}", 8883, TlsSettings()),
        ("tls: true, port: 443", 443, TlsSettings()),
    ],
)
def test_tls_has_its_own_port(tmp_path: Path, text, port, tls):
    """8883 unless a port is written."""
    mqtt = ways(tmp_path, f"mqtt: {{host: b, {text}}}")[0]
    assert isinstance(mqtt, MqttSettings)
    assert (mqtt.port, mqtt.tls) == (port, tls)


def test_certificates_are_found_beside_the_file(tmp_path: Path):
    """Their names start at the configuration's folder, and they have to exist."""
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text("x")
    mqtt = ways(tmp_path, "mqtt: {host: b, tls: {ca_file: ca, cert_file: cert, key_file: key}}")[0]
    assert isinstance(mqtt, MqttSettings)
    assert mqtt.tls == TlsSettings(
        ca_file=str(tmp_path / "ca"), cert_file=str(tmp_path / "cert"), key_file=str(tmp_path / "key")
    )


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (
            "webhook: {url: http://e.com}",
            "webhook.url",
            "should begin with https:// (or write allow_http: true",
        ),
        ("webhook: {url: https://u@e.com}", "webhook.url", "no user name or password"),
        ("webhook: {url: e.com}", "webhook.url", "should be a URL"),
        (
            "webhook: {timeout: 5s}",
            "webhook.url",
            "set QUEUEWATCH_RECEIVERS__A__WEBHOOK__URL or write url or url_file",
        ),
        ("webhook: {url: https://e.com, timeout: 11s}", "webhook.timeout", "between 1s and 10s"),
        ("mqtt: {port: 1883}", "mqtt.host", "is required"),
        ("mqtt: {host: 'mqtt://b'}", "mqtt.host", "should be a host name"),
        ("mqtt: {host: 'b:1883'}", "mqtt.host", "should be a host name"),
        ("mqtt: {host: b, port: 0}", "mqtt.port", "should be at least 1"),
        ("mqtt: {host: b, port: 65536}", "mqtt.port", "should be at most 65535"),
        ("mqtt: {host: b, prefix: a/#}", "mqtt.prefix", "is not a topic prefix"),
        ("mqtt: {host: b, prefix: a/}", "mqtt.prefix", "is not a topic prefix"),
        ("mqtt: {host: b, prefix: /a}", "mqtt.prefix", "is not a topic prefix"),
        ("mqtt: {host: b, prefix: $SYS}", "mqtt.prefix", "is not a topic prefix"),
        ("mqtt: {host: b, keepalive: 5500ms}", "mqtt.keepalive", "whole seconds"),
        ("mqtt: {host: b, tls: yes}", "mqtt.tls", "should be a mapping"),
        ("mqtt: {host: b, tls: {ca_file: none}}", "mqtt.tls.ca_file", "does not exist"),
        ("mqtt: {host: b, version: 4}", "mqtt.version", "should be '5' or '3.1.1'"),
        ("mqtt: {host: b, version: 3.1}", "mqtt.version", "should be '5' or '3.1.1'"),
        ("mqtt: {host: b, version: true}", "mqtt.version", "should be '5' or '3.1.1'"),
        (
            "mqtt: {host: b, home_assistant: {prefix: a/#}}",
            "mqtt.home_assistant.prefix",
            "is not a topic prefix",
        ),
        (
            "mqtt: {host: b, prefix: a, home_assistant: {prefix: a}}",
            "mqtt.home_assistant.prefix",
            "is the prefix of",
        ),
        ("mqtt: {host: b, commands: {}}", "mqtt.commands", "does not say who may give commands"),
        (
            "mqtt: {host: b, commands: {trust_broker: false}}",
            "mqtt.commands",
            "does not say who may give commands",
        ),
        (
            "mqtt: {host: b, commands: {secret_file: s, trust_broker: true}}",
            "mqtt.commands.trust_broker",
            "keep one",
        ),
        (
            "mqtt: {host: b, commands: {secret_file: t}}",
            "mqtt.commands.secret_file",
            "24 to 64 bytes in base64",
        ),
        (
            "mqtt: {host: b, version: 3.1.1, commands: {trust_broker: true}}",
            "mqtt.commands",
            "needs MQTT 5",
        ),
        ("mqtt: {host: b, tls: true, password_file: t}", "mqtt.password_file", "needs a username beside it"),
        (
            "mqtt: {host: b, username: u, password_file: t}",
            "mqtt.tls",
            "the password would be sent for everyone on the way to read (write tls: true",
        ),
        ("log: false", "", "tells nobody (write one of webhook, slack, teams, pagerduty"),
        ("log: 1", "log", "should be true or false"),
    ],
)
def test_wrong_receivers_are_mistakes(tmp_path: Path, text, path, words):
    """Each is told at its key."""
    (tmp_path / "s").write_text("x" * 32)
    (tmp_path / "t").write_text("xxxx")
    mistake = only(mistakes(tmp_path, f"receivers: {{a: {{{text}}}}}"))
    assert mistake.path == f"receivers.a.{path}".rstrip(".")
    assert words in str(mistake)


@pytest.mark.parametrize(
    "text",
    [
        "host: 127.0.0.1, username: u, password_file: t",
        "host: b, username: u, password_file: t, tls: true",
        "host: b, username: u",
    ],
)
def test_a_broker_gets_a_password_where_nobody_else_reads_it(tmp_path: Path, text):
    """On this machine or by TLS; and a user may have none."""
    (tmp_path / "t").write_text("pw")
    assert ways(tmp_path, f"mqtt: {{{text}}}")


def test_a_key_needs_its_certificate(tmp_path: Path):
    """A private key alone says who nobody is."""
    (tmp_path / "key").write_text("x")
    text = "receivers: {a: {mqtt: {host: b, tls: {key_file: key}}}}"
    assert only(mistakes(tmp_path, text)).problem == "needs a cert_file beside it"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9875/hook", "http://[::1]/", "https://e.com#"])
def test_loopback_webhooks_may_be_plain(tmp_path: Path, url):
    """And an empty fragment is none."""
    assert ways(tmp_path, f"webhook: {{url: '{url}'}}")
    assert ways(tmp_path, "webhook: {url: http://e.com, allow_http: true}")


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ("whsec_" + base64.b64encode(b"x" * 24).decode(), ""),
        ("whsec_" + base64.b64encode(b"x" * 64).decode(), ""),
        (base64.b64encode(b"x" * 32).decode(), ""),
        (base64.b64encode(b"x" * 23).decode(), "24 to 64 bytes"),
        ("a secret of many characters", "should be base64"),
        ("whsec_" + base64.b64encode(b"x" * 23).decode(), "24 to 64 bytes"),
        ("whsec_" + base64.b64encode(b"x" * 65).decode(), "24 to 64 bytes"),
        ("whsec_" + "-" * 40, "should be base64"),
        ("x" * 33, "should be base64"),
    ],
)
def test_signing_secrets_have_the_standard_form(tmp_path: Path, secret, problem):
    """Standard Webhooks: 24 to 64 bytes in base64, which libraries take with whsec_ before it and without."""
    text = "receivers: {a: {webhook: {url: https://e.com}}}"
    environ = {**SECRET, "QUEUEWATCH_RECEIVERS__A__WEBHOOK__SECRET": secret}
    if problem:
        assert problem in only(mistakes(tmp_path, text, environ)).problem
    else:
        webhook = loaded(tmp_path, text, environ).destinations[0]
        assert isinstance(webhook, WebhookSettings)
        assert [each.reveal() for each in webhook.secrets] == ["whsec_" + secret.removeprefix("whsec_")]
