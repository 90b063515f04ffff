"""The files in config/ are valid as they are shipped."""

import socket
from pathlib import Path

import pytest

from monitor.config.describing import describe
from monitor.config.loading import load
from monitor.model.errors import ConfigError
from monitor.model.settings import MqttSettings, WebhookSettings
from tests.config.files import SECRET, loaded

CONFIG = Path(__file__).parents[2] / "config"


def test_the_minimal_file_checks_without_secrets():
    """A fresh clone can run `queuewatch check`; `run` asks for the credentials by name."""
    settings = load(CONFIG / "queuewatch.yaml", {}, require_secrets=False)
    assert [rule.name for rule in settings.rules] == [
        "QueueWaitingHigh",
        "LongestWaitHigh",
        "NobodyThere",
        "ServiceLevelLow",
    ]
    assert any("QUEUEWATCH_ORGS__ACME__CLIENT_SECRET" in line for line in describe(settings))
    with pytest.raises(ConfigError) as caught:
        load(CONFIG / "queuewatch.yaml", {})
    assert [mistake.path for mistake in caught.value.details] == [
        "orgs.acme.client_id",
        "orgs.acme.client_secret",
    ]


def test_the_guides_variables_complete_the_minimal_file():
    """GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET are enough to run it."""
    assert (
        load(CONFIG / "queuewatch.yaml", {"GENESYS_CLIENT_ID": "x", "GENESYS_CLIENT_SECRET": "y"})
        .orgs[0]
        .client_id
    )


def test_the_commented_lines_of_the_minimal_file_are_valid(tmp_path: Path):
    """Every commented key can be put to use as it stands."""
    text = (CONFIG / "queuewatch.yaml").read_text()
    head, body = text.split("orgs:\n", 1)
    lines = [
        line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line for line in body.splitlines()
    ]
    (tmp_path / "rules").mkdir()
    more = "rules: [{name: More, metric: queue_waiting, critical: {above: 1}}]"
    (tmp_path / "rules" / "more.yaml").write_text(more)
    (tmp_path / "web.yaml").write_text("basic_auth_users: {}\n")
    settings = loaded(tmp_path, "\n".join(lines), {}, org="orgs:\n", secrets=False)
    assert [way.name for way in settings.destinations] == [
        "oncall/webhook",
        "oncall/pagerduty",
        "oncall/ping",
        "oncall/log",
        "lead/slack",
        "lead/teams",
        "lead/email",
        "systems/alertmanager",
        "systems/alertmanager-2",
        "systems/mqtt",
        "tickets/webhook",
    ]
    assert [route.name for route in settings.routes] == ["1", "office", "3", "4"]
    assert settings.heartbeat is not None
    assert settings.heartbeat.destinations[0] == "oncall/ping"
    assert any(
        line.startswith("    office.1: at least critical → oncall/webhook") for line in describe(settings)
    )
    assert [rule.name for rule in settings.rules][-2:] == ["DailyBudget", "More"]
    assert settings.rules[3].during == (settings.calendars["business_hours"],)
    assert (len(settings.inhibitions), len(settings.virtual_queues)) == (1, 1)
    assert head.startswith("#")


DEMO = {
    "QUEUEWATCH_ORGS__DEMO__CLIENT_SECRET": "made-up",
    "QUEUEWATCH_ORGS__DEMO__API_URL": "http://127.0.0.1:19876",
    "QUEUEWATCH_ORGS__DEMO__LOGIN_URL": "http://127.0.0.1:19876",
    "QUEUEWATCH_RECEIVERS__DEMO__WEBHOOK__URL": "http://127.0.0.1:19875/hook",
    "QUEUEWATCH_WEB__LISTEN": "127.0.0.1:19877",
    "QUEUEWATCH_STORE__PATH": "/tmp/demo/queuewatch.db",
}


def test_the_demo_moves_by_variables():
    """Ports and paths of demo.yaml can all be set from outside."""
    settings = load(CONFIG / "demo.yaml", {**DEMO, "QUEUEWATCH_RECEIVERS__DEMO__MQTT__PORT": "11883"})
    webhook, mqtt, log = settings.destinations
    assert isinstance(webhook, WebhookSettings)
    assert isinstance(mqtt, MqttSettings)
    assert (settings.orgs[0].api_url, settings.orgs[0].login_url) == ("http://127.0.0.1:19876",) * 2
    assert webhook.url.reveal() == "http://127.0.0.1:19875/hook"
    assert (mqtt.host, mqtt.port, log.name) == ("127.0.0.1", 11883, "demo/log")
    assert (settings.web.port, settings.store_path) == (19877, "/tmp/demo/queuewatch.db")
    assert {"QueueWaitingHigh", "LongestWaitHigh", "NobodyOnQueue"} <= {rule.name for rule in settings.rules}


def test_the_demo_runs_without_a_broker():
    """`off` leaves the MQTT destination out."""
    settings = load(CONFIG / "demo.yaml", {**DEMO, "QUEUEWATCH_RECEIVERS__DEMO__MQTT": "off"})
    assert [way.name for way in settings.destinations] == ["demo/webhook", "demo/log"]


def audit(folder: Path, text: str, environ: dict[str, str]) -> str | None:
    """Return where evaluations are recorded."""
    found = loaded(folder, text, {**SECRET, "QUEUEWATCH_SOURCES__STRATEGIES__ENABLED": "true", **environ})
    strategies = found.orgs[0].strategies
    assert strategies is not None
    return strategies.audit_path


def test_evaluations_are_recorded_beside_the_store(tmp_path: Path):
    """A path of their own starts where the store's does."""
    state = {"STATE_DIRECTORY": "/var/lib/queuewatch"}
    written = "sources: {strategies: {audit_file: audit/%s.jsonl}}"
    assert audit(tmp_path, "", {}) == "queuewatch-evaluations.jsonl"
    assert audit(tmp_path, "", state) == "/var/lib/queuewatch/queuewatch-evaluations.jsonl"
    assert audit(tmp_path, "store: {path: /data/x.db}", state) == "/data/queuewatch-evaluations.jsonl"
    assert audit(tmp_path, written % "a", {}) == "audit/a.jsonl"
    assert audit(tmp_path, written % "a", state) == "/var/lib/queuewatch/audit/a.jsonl"
    assert audit(tmp_path, "sources: {strategies: {audit_file: /a.jsonl}}", state) == "/a.jsonl"


def test_idle_ratios_are_absent_unless_asked_for(tmp_path: Path):
    """`zero` is for those who prefer a line without gaps."""
    assert loaded(tmp_path).web.idle_ratio == "absent"
    assert loaded(tmp_path, "web: {idle_ratio: zero}").web.idle_ratio == "zero"


def test_instance_and_store_have_defaults(tmp_path: Path, monkeypatch):
    """The host's name, cleaned; the database in the service's state folder."""
    monkeypatch.setattr(socket, "gethostname", lambda: "höst.example.com")
    settings = loaded(tmp_path, "", {**SECRET, "STATE_DIRECTORY": "/var/lib/queuewatch:/var/lib/other"})
    assert (settings.instance, settings.store_path) == (
        "h-st-example-com",
        "/var/lib/queuewatch/queuewatch.db",
    )
    assert loaded(tmp_path).store_path == "queuewatch.db"
    absolute = loaded(
        tmp_path, "store: {path: /data/x.db}", {**SECRET, "STATE_DIRECTORY": "/var/lib/queuewatch"}
    )
    assert absolute.store_path == "/data/x.db"


@pytest.mark.parametrize(
    ("listen", "host"), [("127.0.0.1:0", "127.0.0.1"), ("'[::1]:9877'", "::1"), ("localhost:1", "localhost")]
)
def test_listening_here_is_fine(tmp_path: Path, listen, host):
    """Loopback needs no permission; elsewhere it is given by insecure_listen."""
    assert loaded(tmp_path, f"web: {{listen: {listen}}}").web.host == host
    assert loaded(tmp_path, "web: {listen: '0.0.0.0:9877', insecure_listen: true}").web.host == "0.0.0.0"
