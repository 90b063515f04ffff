"""Secrets: where they come from, and that they are never shown."""

import traceback
from pathlib import Path

import pytest

from monitor.config.describing import describe
from monitor.config.loading import load
from monitor.model.errors import ConfigError
from monitor.model.settings import MqttSettings, WebhookSettings
from tests.config.files import ORG, SECRET, loaded, mistakes, only

HIDDEN = "hunter2" * 8


@pytest.mark.parametrize(
    ("text", "path", "name"),
    [
        (f"    client_secret: {HIDDEN}\n", "orgs.acme.client_secret", "QUEUEWATCH_ORGS__ACME__CLIENT_SECRET"),
        (
            f"receivers: {{a: {{webhook: {{url: https://e.com, secret: {HIDDEN}}}}}}}",
            "receivers.a.webhook.secret",
            "QUEUEWATCH_RECEIVERS__A__WEBHOOK__SECRET",
        ),
        (
            f"receivers: {{a: {{webhook: {{url: https://e.com, bearer: {HIDDEN}}}}}}}",
            "receivers.a.webhook.bearer",
            "QUEUEWATCH_RECEIVERS__A__WEBHOOK__BEARER",
        ),
        (
            f"receivers: {{a: {{mqtt: {{host: b, password: {HIDDEN}}}}}}}",
            "receivers.a.mqtt.password",
            "QUEUEWATCH_RECEIVERS__A__MQTT__PASSWORD",
        ),
        *[
            (
                f"receivers: {{a: {{{text % HIDDEN}}}}}",
                f"receivers.a.{path}",
                f"QUEUEWATCH_RECEIVERS__A__{path.replace('.', '__').upper()}",
            )
            for text, path in (
                ("webhook: {url: https://e.com, username: u, password: %s}", "webhook.password"),
                ("slack: {url: https://e.com/%s}", "slack.url"),
                ("teams: {url: https://e.com/%s}", "teams.url"),
                ("webhook: {url: https://e.com, previous_secret: %s}", "webhook.previous_secret"),
                ("webhook: {url: https://e.com, proxy: 'http://u:%s@p:1'}", "webhook.proxy"),
                ("log: true, pagerduty: {routing_key: %s}", "pagerduty.routing_key"),
                ("alertmanager: {url: https://e.com, bearer: %s}", "alertmanager.bearer"),
                ("alertmanager: {url: https://e.com, username: u, password: %s}", "alertmanager.password"),
                ("email: {host: m, from: a@b.c, to: a@b.c, username: u, password: %s}", "email.password"),
                ("mqtt: {host: b, commands: {secret: %s, trust_broker: true}}", "mqtt.commands.secret"),
            )
        ],
    ],
)
def test_a_secret_in_the_file_is_a_mistake(tmp_path: Path, text, path, name):
    """The hint names the variable and the key for a secret file."""
    mistake = only(mistakes(tmp_path, text, secrets=False))
    assert (mistake.path, mistake.problem) == (path, "a secret does not belong in this file")
    assert mistake.hint == f"set {name} or write {path.split('.')[-1]}_file"


def test_the_url_of_a_ping_is_a_secret(tmp_path: Path):
    """Whoever has it can say that we live."""
    text = (
        f"receivers: {{a: {{ping: {{url: https://hc.example.com/{HIDDEN}}}}}}}\nheartbeat: {{receivers: a}}"
    )
    mistake = only(mistakes(tmp_path, text, secrets=False))
    assert (mistake.path, mistake.problem) == (
        "receivers.a.ping.url",
        "a secret does not belong in this file",
    )
    assert mistake.hint == "set QUEUEWATCH_RECEIVERS__A__PING__URL or write url_file"


def test_secrets_come_from_files(tmp_path: Path):
    """Files beside the configuration hold them; one newline at the end is dropped."""
    for name in ("id", "key", "url", "sign", "bearer", "mqtt"):
        (tmp_path / name).write_text(f"{name}-{HIDDEN}\n")
    (tmp_path / "url").write_text("https://hooks.example.com/T0/B0?token=x\r\n")
    (tmp_path / "sign").write_text(f"{HIDDEN}\n")
    org = "orgs: {acme: {region: eu-west-1, client_id_file: id, client_secret_file: ./key}}\n"
    text = """
receivers:
  a:
    webhook: {url_file: url, secret_file: sign, bearer_file: bearer}
    mqtt: {host: b, tls: true, username: u, password_file: mqtt}
"""
    settings = loaded(tmp_path, text, {}, org=org)
    webhook, mqtt = settings.destinations
    assert isinstance(webhook, WebhookSettings)
    assert isinstance(mqtt, MqttSettings)
    assert settings.orgs[0].client_id.reveal() == f"id-{HIDDEN}"
    assert settings.orgs[0].client_secret.reveal() == f"key-{HIDDEN}"
    assert webhook.url.reveal() == "https://hooks.example.com/T0/B0?token=x"
    assert webhook.secrets[0].reveal() == f"whsec_{HIDDEN}"
    assert webhook.headers["Authorization"].reveal() == f"Bearer bearer-{HIDDEN}"
    assert mqtt.password is not None
    assert mqtt.password.reveal() == f"mqtt-{HIDDEN}"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "names a file that does not exist"),
        (b"", "names an empty file"),
        (b"\n", "names an empty file"),
        (b"one\ntwo\n", "names a file that does not hold one line of text"),
        (b"\xff\xfe", "names a file that does not hold one line of text"),
        (b"a\0b", "names a file that does not hold one line of text"),
    ],
)
def test_unusable_secret_files_are_mistakes(tmp_path: Path, content, problem):
    """A secret file exists and holds one line."""
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    mistake = only(mistakes(tmp_path, "", {}, org=ORG + "    client_secret_file: key\n"))
    assert (mistake.path, mistake.problem) == ("orgs.acme.client_secret_file", problem)


def test_an_unreadable_secret_file_is_a_mistake(tmp_path: Path):
    """A folder in the place of a file is told."""
    mistake = only(mistakes(tmp_path, "", {}, org=ORG + "    client_secret_file: .\n"))
    assert "cannot be read: Is a directory" in mistake.problem


def test_the_environment_beats_a_file(tmp_path: Path):
    """A variable is taken although a secret file is named; a value and a file in one place are refused."""
    org = ORG + "    client_secret_file: nowhere\n"
    assert loaded(tmp_path, "", SECRET, org=org).orgs[0].client_secret.reveal() == "hunter2-is-secret"
    both = only(mistakes(tmp_path, org=ORG + "    client_id_file: nowhere\n"))
    assert (both.path, both.problem) == ("orgs.acme.client_id_file", "cannot stand beside client_id")


def test_missing_secrets_are_mistakes_only_when_they_are_needed(tmp_path: Path):
    """`check` passes where `run` would not, and says so."""
    org = "orgs: {acme: {region: eu-west-1, client_secret_file: /nowhere}}\n"
    broker = "mqtt: {host: b, username: u, password_file: /nowhere, tls: {ca_file: /nowhere}}"
    text = f"receivers: {{a: {{webhook: {{}}, {broker}}}}}\n"
    found = [mistake.path for mistake in mistakes(tmp_path, text, {}, org=org)]
    assert found == [
        "orgs.acme.client_id",
        "orgs.acme.client_secret_file",
        "receivers.a.webhook.url",
        "receivers.a.mqtt.password_file",
        "receivers.a.mqtt.tls.ca_file",
    ]
    lines = "\n".join(describe(loaded(tmp_path, text, {}, org=org, secrets=False)))
    assert "no credentials here; at run time they come from QUEUEWATCH_ORGS__ACME__CLIENT_ID and" in lines
    assert "no URL here (set QUEUEWATCH_RECEIVERS__A__WEBHOOK__URL" in lines


PLACES = [
    f"orgs: {{a: {{region: us-east-1, client_secret: {HIDDEN}}}}}",
    f"orgs: {{a: {{region: us-east-1, client_secret: [{HIDDEN}]}}}}",
    f"orgs: {{a: {{region: us-east-1, client_id: {{x: {HIDDEN}}}}}}}",
    f"orgs: {{a: {{region: {HIDDEN}, api_url: 'https://u:{HIDDEN}@h'}}}}",
    f"orgs: {{a: {{api_url: 'ftp://{HIDDEN}', login_url: '{HIDDEN} x'}}}}",
    f"orgs: {{a: {{client_id_file: {HIDDEN}, budget_share: {HIDDEN}}}}}",
    f"receivers: {{a: {{webhook: {{url: 'http://{HIDDEN}.com/{HIDDEN}'}}}}}}",
    f"receivers: {{a: {{webhook: {{url: 'https://x:{HIDDEN}@e.com'}}}}}}",
    f"receivers: {{a: {{webhook: {HIDDEN}, mqtt: {HIDDEN}}}}}",
    f"receivers: {{a: {{mqtt: {{host: 'mqtt://u:{HIDDEN}@h', port: {HIDDEN}, password: *{HIDDEN}}}}}}}",
    f"receivers: {{a: {{webhook: {{secret: '{HIDDEN}}}}}}}",
    f"receivers: {{a: {{webhook: {{url: https://e.com, headers: {{X-Token: {HIDDEN}, X: '{HIDDEN} '}}}}}}}}",
    f"receivers: {{a: {{webhook: {{url: https://e.com, headers: {{X-Token: [{HIDDEN}]}}}}}}}}",
    f"receivers: {{a: {{webhook: {{url: https://e.com, headers: {HIDDEN}, header_files: [{HIDDEN}]}}}}}}",
    f"receivers: {{a: {{webhook: {{url: https://e.com, body: {{a: '{HIDDEN} {{{{ no }}}}'}}}}}}}}",
    f"receivers: {{a: {{webhook: {{url: https://e.com, proxy: 'ftp://{HIDDEN}@{HIDDEN}'}}}}}}",
    f"receivers: {{a: {{slack: {{url: 'http://e.com/{HIDDEN}'}}, ping: {{url: 'http://e.com/{HIDDEN}'}}}}}}",
    f"receivers: {{a: {{pagerduty: {{routing_key: {{x: {HIDDEN}}}, url: 'http://{HIDDEN}.com'}}}}}}",
    f"receivers: {{a: {{alertmanager: {{urls: ['http://{HIDDEN}', 'https://e.com/api/v2/{HIDDEN}']}}}}}}",
    f"receivers: {{a: {{email: {{host: '{HIDDEN} x', from: {HIDDEN}, to: [{HIDDEN}], username: u}}}}}}",
    f"receivers: {{a: {{mqtt: {{host: b, version: {HIDDEN}, commands: {{secret: [{HIDDEN}]}}}}}}}}",
    f"web: {{external_url: 'https://u:{HIDDEN}@e.com'}}",
    f"log: {{level: {HIDDEN}}}",
    f"sources: {{strategies: {{enabled: true, webhook_url: 'http://e.com/{HIDDEN}', ids: [[{HIDDEN}]]}}}}",
    f"orgs: {{a: {{region: us-east-1, sources: {{strategies: {{enabled: true, webhook_url: {HIDDEN}}}}}}}}}",
    f"orgs: {{a: {{region: us-east-1, timezone: {HIDDEN}, trusted_hosts: ['{HIDDEN} x']}}}}",
    f"instance: '{HIDDEN} x'",
]


@pytest.mark.parametrize("text", PLACES)
def test_no_value_of_the_file_is_ever_repeated(tmp_path: Path, text):
    """Whatever is wrong, the message, its repr and the traceback hold no value."""
    file = tmp_path / "queuewatch.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.details)
    assert HIDDEN not in shown


@pytest.mark.parametrize(
    "name",
    [
        "QUEUEWATCH_ORGS__ACME__CLIENT_SECERT",
        "QUEUEWATCH_ORGS__ACME__BUDGET_SHARE",
        "QUEUEWATCH_ORGS__ACME__REGION",
        "QUEUEWATCH_ORGS__ACME",
        "QUEUEWATCH_RECEIVERS__A__WEBHOOK",
        "QUEUEWATCH_RECEIVERS__A__WEBHOOK__URL",
        "QUEUEWATCH_RECEIVERS__A__WEBHOOK__SECRET_FILE",
        "QUEUEWATCH_RECEIVERS__A__WEBHOOK__HEADERS__X_KEY_FILE",
        "QUEUEWATCH_RECEIVERS__A__WEBHOOK__PREVIOUS_SECRET",
        "QUEUEWATCH_RECEIVERS__A__WEBHOOK__PROXY",
        "QUEUEWATCH_RECEIVERS__A__WEBHOOK__PASSWORD",
        "QUEUEWATCH_RECEIVERS__A__PAGERDUTY__ROUTING_KEY",
        "QUEUEWATCH_RECEIVERS__A__EMAIL__PASSWORD",
        "QUEUEWATCH_RECEIVERS__A__ALERTMANAGER__URLS",
        "QUEUEWATCH_RECEIVERS__A__MQTT__HOST",
        "QUEUEWATCH_WEB__LISTEN",
    ],
)
def test_no_value_of_a_variable_is_ever_repeated(tmp_path: Path, name):
    """The same for the environment."""
    text = "receivers: {a: {webhook: {url: https://e.com}, mqtt: {host: b}}}"
    found = mistakes(tmp_path, text, {**SECRET, name: f"u:{HIDDEN}@x/ y"})
    assert HIDDEN not in repr(found)


@pytest.mark.parametrize("name", ["SECRET", "BEARER"])
def test_an_unfit_secret_is_not_repeated(tmp_path: Path, name):
    """A signing secret or token of the wrong form is told without being shown."""
    environ = {**SECRET, f"QUEUEWATCH_RECEIVERS__A__WEBHOOK__{name}": "whsec_ünfit"}
    mistake = only(mistakes(tmp_path, "receivers: {a: {webhook: {url: https://e.com}}}", environ))
    assert mistake.file == "environment"
    assert "nfit" not in str(mistake)


def test_the_description_holds_no_secret(tmp_path: Path):
    """What `check` prints can be pasted anywhere."""
    environ = {
        **SECRET,
        "QUEUEWATCH_RECEIVERS__A__WEBHOOK__URL": f"https://e.com/{HIDDEN}",
        "QUEUEWATCH_RECEIVERS__A__WEBHOOK__SECRET": HIDDEN,
        "QUEUEWATCH_RECEIVERS__A__MQTT__PASSWORD": HIDDEN,
        "QUEUEWATCH_RECEIVERS__A__MQTT__USERNAME": "u",
        "QUEUEWATCH_RECEIVERS__A__MQTT__TLS": "true",
        "QUEUEWATCH_SOURCES__STRATEGIES__ENABLED": "true",
        "QUEUEWATCH_SOURCES__STRATEGIES__WEBHOOK_URL": f"https://bi.example.com/{HIDDEN}?key={HIDDEN}",
    }
    settings = loaded(tmp_path, "receivers: {a: {webhook: {}, mqtt: {host: b}}}", environ)
    lines = describe(settings)
    assert HIDDEN not in repr(settings) + "\n".join(lines)
    assert "acme: evaluations go to bi.example.com and into queuewatch-evaluations.jsonl" in lines


def test_no_way_of_a_receiver_shows_its_secrets(tmp_path: Path):
    """Every kind of destination, with every secret that it can have."""
    text = """
receivers:
  a:
    webhook: {username: u, headers: {X-Token: }, header_files: {X-Other: hidden}}
    slack: {url_file: url}
    teams: {url_file: url}
    pagerduty: {}
    alertmanager: {url_file: url, bearer_file: hidden}
    email: {host: m, from: a@b.c, to: a@b.c, username: u, password_file: hidden}
    mqtt: {host: b, commands: {secret_file: hidden}}
    ping: {url_file: url}
heartbeat: {receivers: a/ping}
"""
    (tmp_path / "hidden").write_text(HIDDEN)
    (tmp_path / "url").write_text(f"https://e.com/{HIDDEN}")
    given = {
        "WEBHOOK__URL": f"https://e.com/{HIDDEN}",
        "WEBHOOK__PROXY": f"http://{HIDDEN}:{HIDDEN}@proxy:1",
        "WEBHOOK__PASSWORD": HIDDEN,
        "WEBHOOK__SECRET": HIDDEN,
        "WEBHOOK__PREVIOUS_SECRET": f"{HIDDEN}more",
        "WEBHOOK__HEADERS__X_TOKEN": HIDDEN,
        "PAGERDUTY__ROUTING_KEY": (HIDDEN * 2)[:32],
    }
    environ = {**SECRET, **{f"QUEUEWATCH_RECEIVERS__A__{name}": value for name, value in given.items()}}
    settings = loaded(tmp_path, text, environ)
    assert len(settings.destinations) == 8
    lines = describe(settings)
    assert HIDDEN not in repr(settings) + "\n".join(lines)
    assert "a/webhook: to e.com, signed with two secrets, by the proxy proxy" in lines
