"""The shipped Alertmanager: who is told what, and that nobody is told twice by Prometheus and queuewatch."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from monitor.cli import main
from monitor.kit import durations
from monitor.model.alert import Entity
from monitor.model.rule import Severity
from monitor.outbox import drill, heartbeat
from monitor.outbox.forms import alertmanager
from tests.deploy.rulefiles import ROOT, alerts
from tests.outbox.forms.notices import notice
from tests.outbox.making import an_entity, an_event
from tests.servers.alertmanager import Alertmanager
from tests.servers.programs import require_program, wait_until

FOLDER = ROOT / "deploy/alertmanager"
CONFIGURATION = FOLDER / "alertmanager.yml"
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
QUEUE = {"org": "acme", "queue_id": "q0", "queue": "Support 0", "media": "voice"}


def amtool(*arguments: str) -> str:
    """What amtool says; a complaint fails the test."""
    program = require_program("amtool", package="prometheus-alertmanager")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def pushed(event: Any) -> dict[str, str]:
    """The labels under which queuewatch pushes an event."""
    labels: dict[str, str] = json.loads(alertmanager.push(notice(event)))[0]["labels"]
    return labels


def of_rule(name: str, severity: str, **labels: str) -> dict[str, str]:
    """The labels under which Prometheus sends a shipped alert."""
    (rule,) = (one for one in alerts() if (one.alert, one.labels["severity"]) == (name, severity))
    return rule.labels | {"alertname": name} | labels


def low(severity: Severity) -> dict[str, str]:
    """What queuewatch pushes by its rule ServiceLevelLow, about the queue of `QUEUE`."""
    said = pushed(an_event(severity=severity, entity=an_entity(0)))
    return said | {name: QUEUE[name] for name in ("queue_id", "media")}


def test_amtool_takes_the_configuration():
    """Alertmanager's own tool finds nothing wrong."""
    assert "SUCCESS" in amtool("check-config", str(CONFIGURATION))


def test_no_secret_stands_in_the_configuration():
    """Every receiver shows a token, and every token comes from a file."""
    receivers = yaml.safe_load(CONFIGURATION.read_text())["receivers"]
    ways = [way for receiver in receivers for way in receiver["webhook_configs"]]
    for way in ways:
        assert list(way["http_config"]["authorization"]) == ["credentials_file"]
        assert way["url"].startswith("https://")
    assert len(ways) == len(receivers)


def silent(source: str) -> dict[str, str]:
    """Return the labels of queuewatch's own alert that a source is silent: always critical."""
    entity = Entity(key=source, labels={"source": source})
    return pushed(an_event(rule="SourceDown", severity=Severity.CRITICAL, entity=entity))


ROUTES = [
    pytest.param(of_rule("GenesysServiceLevelCritical", "critical", **QUEUE), "pager", id="critical"),
    pytest.param(of_rule("GenesysServiceLevelLow", "warning", **QUEUE), "desk", id="warning"),
    pytest.param(of_rule("GenesysServiceLevelBudgetBurn", "critical", **QUEUE), "pager", id="burns"),
    pytest.param(of_rule("GenesysServiceLevelBudgetBurn", "warning", **QUEUE), "desk", id="burns-slowly"),
    pytest.param(of_rule("GenesysServiceLevelUnmeasured", "warning"), "operations", id="unmeasured"),
    *(
        pytest.param(
            of_rule(one.alert, one.labels["severity"]),
            "pager" if one.labels["severity"] == "critical" else "operations",
            id=f"{one.alert}-{one.labels['severity']}",
        )
        for one in alerts()
        if one.alert.startswith("Queuewatch")
    ),
    pytest.param(low(Severity.CRITICAL), "pager", id="own-critical"),
    pytest.param(low(Severity.WARNING), "desk", id="own-warning"),
    pytest.param(silent("service_level"), "pager", id="source"),
    pytest.param(silent("agents"), "operations", id="minor"),
    pytest.param(
        pushed(an_event(rule="DestinationGone", severity=Severity.CRITICAL)), "pager", id="destination"
    ),
    pytest.param(pushed(heartbeat.heartbeat("here", NOW, 60, ["am"])), "heartbeat", id="heartbeat"),
    pytest.param(pushed(drill.drill("oncall", 1, NOW, ["am"])[0]), "operations", id="drill"),
    pytest.param({"alertname": "SomebodyElses", "severity": "none"}, "operations", id="unknown"),
    pytest.param({"alertname": "Watchdog", "severity": "none"}, "operations", id="another-watchdog"),
]


@pytest.mark.parametrize(("labels", "receiver"), ROUTES)
def test_an_alert_goes_to_whoever_it_concerns(labels: dict[str, str], receiver: str):
    """The routes send each alert, of Prometheus and of queuewatch, to one receiver."""
    pairs = [f"{name}={value}" for name, value in labels.items()]
    assert amtool("config", "routes", "test", f"--config.file={CONFIGURATION}", *pairs) == receiver


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Alertmanager]:
    """A real Alertmanager with the shipped configuration; it waits for company before it sends anything."""
    shipped = yaml.safe_load(CONFIGURATION.read_text())
    with Alertmanager(tmp_path / "alertmanager", configuration=shipped) as server:
        yield server


def inhibited(server: Alertmanager, org: str, *several: dict[str, str]) -> set[str]:
    """Post alerts of an org of their own; return the names of those that are inhibited."""
    last = (
        of_rule("QueuewatchSourceDown", "warning", source="the last"),
        of_rule("QueuewatchDataStale", "warning", source="the last"),
    )
    body = json.dumps([{"labels": one | {"org": org, "test": org}} for one in (*several, *last)]).encode()
    posting = urllib.request.Request(
        f"{server.url}/api/v2/alerts", data=body, headers={"Content-Type": "application/json"}
    )
    urllib.request.urlopen(posting, timeout=10).close()

    def held() -> set[str]:
        there = (one for one in server.alerts() if one["labels"]["test"] == org)
        return {one["labels"]["alertname"] for one in there if one["status"]["inhibitedBy"]}

    # They are looked at in turn: when the last one is inhibited, those before it have been.
    wait_until(lambda: last[1]["alertname"] in held(), within=10, what="Alertmanager has looked at them")
    return held() - {last[1]["alertname"]}


@pytest.mark.servers
def test_the_worst_of_a_queue_is_told_and_other_queues_are_heard(running: Alertmanager):
    """A critical alert hushes the warnings of its queue, and no other queue's."""
    critical = of_rule("GenesysServiceLevelCritical", "critical", **QUEUE)
    warning = of_rule("GenesysServiceLevelLow", "warning", **QUEUE)
    other = of_rule("GenesysServiceLevelLow", "warning", **(QUEUE | {"queue_id": "q1"}))
    assert inhibited(running, "one", critical, warning) == {"GenesysServiceLevelLow"}
    assert inhibited(running, "two", critical, other) == set()


@pytest.mark.servers
def test_what_queuewatch_tells_is_not_told_by_prometheus_as_well(running: Alertmanager):
    """Of one queue both fire: only queuewatch is heard; where it only warns, a critical one is heard too."""
    critical = of_rule("GenesysServiceLevelCritical", "critical", **QUEUE)
    warning = of_rule("GenesysServiceLevelLow", "warning", **QUEUE)
    assert inhibited(running, "three", low(Severity.CRITICAL), critical, warning) == {
        "GenesysServiceLevelCritical",
        "GenesysServiceLevelLow",
    }
    assert inhibited(running, "four", low(Severity.WARNING), warning) == {"GenesysServiceLevelLow"}
    assert inhibited(running, "five", low(Severity.WARNING), critical) == set()


@pytest.mark.servers
def test_a_source_that_is_down_is_told_once(running: Alertmanager):
    """SourceDown of queuewatch hushes Prometheus' of the same source, and leaves other sources alone."""
    down = {"alertname": "SourceDown", "severity": "critical", "source": "queues"}
    same = of_rule("QueuewatchSourceDown", "critical", source="queues")
    other = of_rule("QueuewatchSourceDown", "critical", source="service_level")
    assert inhibited(running, "six", down, same) == {"QueuewatchSourceDown"}
    assert inhibited(running, "seven", down, other) == set()


@pytest.mark.servers
def test_a_destination_that_is_gone_is_told_once(running: Alertmanager):
    """DestinationGone of queuewatch hushes Prometheus', and what follows from it, of the same destination."""
    gone = {"alertname": "DestinationGone", "severity": "critical", "destination": "oncall/webhook"}
    same = of_rule("QueuewatchDestinationGone", "critical", destination="oncall/webhook")
    old = of_rule("QueuewatchOutboxOld", "warning", destination="oncall/webhook")
    other = of_rule("QueuewatchDeadLetters", "warning", destination="desk/mqtt")
    assert inhibited(running, "eight", gone, same, old, other) == {
        "QueuewatchDestinationGone",
        "QueuewatchOutboxOld",
    }


@pytest.mark.servers
def test_without_one_queuewatch_another_is_heard(running: Alertmanager):
    """QueuewatchDown hushes what is said of its instance, no org and no service level: those may be alive."""
    down = of_rule("QueuewatchDown", "critical", instance="a:9877")
    same = of_rule("QueuewatchReloadFailed", "warning", instance="a:9877")
    other = of_rule("QueuewatchLoopLate", "warning", instance="b:9877")
    stale = of_rule("QueuewatchDataStale", "warning", source="queues")
    level = of_rule("GenesysServiceLevelCritical", "critical", **QUEUE)
    assert inhibited(running, "nine", down, same, other, stale, level) == {"QueuewatchReloadFailed"}


def test_a_heartbeat_is_told_at_every_look():
    """It may be told again before Alertmanager looks again, else it is told every other time."""
    (beat,) = (
        one
        for one in yaml.safe_load(CONFIGURATION.read_text())["route"]["routes"]
        if one["receiver"] == "heartbeat"
    )
    assert durations.parse(beat["repeat_interval"]) < durations.parse(beat["group_interval"])


ORG = "orgs:\n  acme: {region: eu-west-1, client_id: someone, client_secret_file: secret}\n"


def test_the_peer_is_a_configuration_that_queuewatch_takes(tmp_path: Path):
    """Put beside an org, peer.yaml has no mistake."""
    (tmp_path / "secret").write_text("a secret")
    path = tmp_path / "queuewatch.yaml"
    path.write_text(ORG + (FOLDER / "peer.yaml").read_text())
    done = CliRunner().invoke(main, ["check", str(path)])
    assert done.exit_code == 0, done.output
    assert "alertmanager/alertmanager: to 127.0.0.1" in done.output
    assert "a heartbeat goes every 1m to alertmanager/alertmanager" in done.output


def test_the_peer_has_the_numbers_of_the_shipped_rule():
    """Its rule begins and clears where config/rules does, as Prometheus' do at 80 %."""
    peer = yaml.safe_load((FOLDER / "peer.yaml").read_text())["rules"]
    shipped = yaml.safe_load((ROOT / "config/rules/servicelevel.yaml").read_text())["rules"]
    (mine,) = peer
    (theirs,) = (rule for rule in shipped if rule["name"] == "ServiceLevelLow")
    for key in theirs.keys() - {"annotations"}:
        assert mine[key] == theirs[key]


def test_the_rule_that_hushes_prometheus_is_the_one_that_is_pushed():
    """The inhibitions name the rules of peer.yaml, and only those."""
    peer = yaml.safe_load((FOLDER / "peer.yaml").read_text())["rules"]
    told = {rule["name"] for rule in peer}
    inhibitions = yaml.safe_load(CONFIGURATION.read_text())["inhibit_rules"]
    own = [one["source_matchers"] for one in inhibitions if 'monitor=""' in one["source_matchers"]]
    named = {matcher.split("=")[1].strip('"') for several in own for matcher in several[:1]}
    assert named == {*told, "SourceDown", "DestinationGone"}
