"""Secrets: where they come from, and that they are never shown."""

import traceback
from pathlib import Path

import pytest

from monitor.config.describing import describe
from monitor.config.loading import load
from monitor.model.errors import ConfigError
from monitor.model.settings import MqttSettings, WebhookSettings
from tests.config.files import ORG, SECRET, loaded, mistakes, only

HIDDEN = "hunter2hunter2hunter2hunter2"


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
    ],
)
def test_a_secret_in_the_file_is_a_mistake(tmp_path: Path, text, path, name):
    """The hint names the variable and the key for a secret file."""
    mistake = only(mistakes(tmp_path, text))
    assert (mistake.path, mistake.problem) == (path, "a secret does not belong in this file")
    assert mistake.hint == f"set {name} or write {path.split('.')[-1]}_file"


def test_secrets_come_from_files(tmp_path: Path):
    """Files beside the configuration hold them; one newline at the end is dropped."""
    for name in ("id", "key", "url", "sign", "bearer", "mqtt"):
        (tmp_path / name).write_text(f"{name}-{HIDDEN}\n")
    (tmp_path / "url").write_text("https://hooks.example.com/T0/B0?token=x\r\n")
    org = "orgs: {acme: {region: eu-west-1, client_id_file: id, client_secret_file: ./key}}\n"
    text = """
receivers:
  a:
    webhook: {url_file: url, secret_file: sign, bearer_file: bearer}
    mqtt: {host: b, username: u, password_file: mqtt}
"""
    settings = loaded(tmp_path, text, {}, org=org)
    webhook, mqtt = settings.destinations
    assert isinstance(webhook, WebhookSettings)
    assert isinstance(mqtt, MqttSettings)
    assert settings.orgs[0].client_id.reveal() == f"id-{HIDDEN}"
    assert settings.orgs[0].client_secret.reveal() == f"key-{HIDDEN}"
    assert webhook.url.reveal() == "https://hooks.example.com/T0/B0?token=x"
    assert webhook.secrets[0].reveal() == f"sign-{HIDDEN}"
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
    text = (
        "receivers: {a: {webhook: {}, mqtt: {host: b, password_file: /nowhere, tls: {ca_file: /nowhere}}}}\n"
    )
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
    assert "a URL that comes at run time" in lines


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
        "QUEUEWATCH_SOURCES__STRATEGIES__ENABLED": "true",
        "QUEUEWATCH_SOURCES__STRATEGIES__WEBHOOK_URL": f"https://bi.example.com/{HIDDEN}?key={HIDDEN}",
    }
    settings = loaded(tmp_path, "receivers: {a: {webhook: {}, mqtt: {host: b}}}", environ)
    lines = describe(settings)
    assert HIDDEN not in repr(settings) + "\n".join(lines)
    assert "acme: evaluations go to bi.example.com and into queuewatch-evaluations.jsonl" in lines
