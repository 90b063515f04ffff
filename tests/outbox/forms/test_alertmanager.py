"""What receivers of Alertmanager get, beside what a real one sent them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.model.alert import AlertEvent, AlertState, Entity, EventKind
from monitor.model.route import Group
from monitor.model.rule import Severity
from monitor.outbox import envelope
from monitor.outbox.forms import alertmanager
from monitor.outbox.notice import Notice
from tests.outbox.forms.notices import NOTICES, fired, group, level_changed, notice, resolved, storm

GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "alertmanager_v4.json").read_text(encoding="utf-8"))
"""Captured from Alertmanager 0.25: one alert that fires, and the same resolved."""


def same_as(golden: dict[str, Any]) -> Notice:
    """The notice that says what a golden payload says."""
    (alert,) = golden["alerts"]
    over = golden["status"] == "resolved"
    begun, ended = (datetime.fromisoformat(alert[name]) for name in ("startsAt", "endsAt"))
    event = fired(
        kind=EventKind.RESOLVED if over else EventKind.FIRED,
        state=AlertState.INACTIVE if over else AlertState.FIRING,
        org="",
        rule=alert["labels"]["alertname"],
        severity=Severity(alert["labels"]["severity"]),
        entity=Entity(key="Sales", labels={"queue": alert["labels"]["queue"]}),
        labels={},
        annotations=alert["annotations"],
        fired_at=begun,
        resolved_at=ended if over else None,
    )
    said = envelope.decode(envelope.encode(event))
    linked = msgspec.structs.replace(said.data, links={"page": alert["generatorURL"]})
    return Notice(
        id=event.id,
        receiver=golden["receiver"],
        events=(msgspec.structs.replace(said, data=linked),),
        group=Group(key=golden["groupKey"], labels={"rule": event.rule}, wait=1.0, interval=1.0),
        page=golden["externalURL"],
    )


def to_the_millisecond(golden: dict[str, Any]) -> dict[str, Any]:
    """The payload with dates as exact as ours are."""
    (alert,) = golden["alerts"]
    ended = datetime.fromisoformat(alert["endsAt"])
    if ended.year > 1:
        alert = {
            **alert,
            "endsAt": ended.isoformat(timespec="milliseconds").replace("+00:00", "Z").rstrip("0Z") + "Z",
        }
    return {**golden, "alerts": [alert]}


@pytest.mark.parametrize("golden", GOLDEN, ids=["firing", "resolved"])
def test_it_is_what_alertmanager_sends(golden: dict[str, Any]):
    """Field by field, names, types and all."""
    assert json.loads(alertmanager.webhook(same_as(golden))) == to_the_millisecond(golden)


def test_the_fingerprint_is_prometheus_own():
    """FNV-1a over the sorted labels, as captured."""
    labels = {"severity": "critical", "alertname": "QueueWaitingHigh", "queue": "Sales"}
    assert alertmanager.fingerprint(labels) == "ab06677f9b445301"
    assert alertmanager.fingerprint({}) == "cbf29ce484222325"


def payload(said: Notice) -> dict[str, Any]:
    """What a receiver reads."""
    found: dict[str, Any] = json.loads(alertmanager.webhook(said))
    return found


def pushed(event: AlertEvent) -> list[dict[str, Any]]:
    """What Alertmanager itself is told."""
    found: list[dict[str, Any]] = json.loads(alertmanager.push(notice(event)))
    return found


def test_labels_say_what_it_is_about():
    """The rule, its level, the org, the entity and the rule's own; no empty ones, no odd names."""
    event = fired(
        labels={"team": "support", "empty": "", "9 lives": "x", "severity": "mine", "queue": "mine"}
    )
    (alert,) = payload(notice(event))["alerts"]
    assert alert["labels"] == {
        "alertname": "ServiceLevelLow",
        "severity": "warning",
        "org": "acme",
        "queue": "Support 0",
        "queue_id": event.entity.labels["queue_id"],
        "media": "voice",
        "team": "support",
        "_9_lives": "x",
    }


def test_an_alert_by_itself_is_a_group():
    """Of everything but its level, so that the level may change within it."""
    first, second = payload(notice(fired())), payload(notice(level_changed()))
    assert first["groupKey"] == second["groupKey"]
    assert first["groupLabels"].items() <= first["commonLabels"].items()
    assert "severity" not in first["groupLabels"]


def test_a_change_of_level_ends_the_old_level():
    """Severity is a label: who knows alerts by their labels must hear that the milder one is over."""
    worse, milder = payload(notice(level_changed()))["alerts"]
    assert (worse["labels"]["severity"], worse["status"]) == ("critical", "firing")
    assert (milder["labels"]["severity"], milder["status"]) == ("warning", "resolved")
    assert milder["fingerprint"] == payload(notice(fired()))["alerts"][0]["fingerprint"]
    assert payload(notice(level_changed()))["status"] == "firing"


def test_an_end_has_the_labels_of_its_beginning():
    """Otherwise it would end nothing."""
    begun, over = payload(notice(fired())), payload(notice(resolved()))
    assert begun["alerts"][0]["fingerprint"] == over["alerts"][0]["fingerprint"]
    assert over["status"] == "resolved"


def test_an_alert_without_words_gets_ours():
    """Receivers show the summary."""
    (alert,) = payload(notice(fired(annotations={})))["alerts"]
    assert alert["annotations"]["summary"].startswith(
        "Warning: ServiceLevelLow – Support 0 (voice) at 65.9 %"
    )


def test_a_group_is_told_as_one():
    """What all have in common, the worst first, firing while one does."""
    body = payload(group(level_changed(), fired(1), replace(resolved(), labels={})))
    assert body["status"] == "firing"
    assert body["groupKey"] == "team/support"
    assert body["groupLabels"] == {"team": "support"}
    assert body["commonLabels"] == {"alertname": "ServiceLevelLow", "media": "voice", "org": "acme"}
    assert len(body["alerts"]) == 4
    assert payload(NOTICES["group that is over"])["status"] == "resolved"


def test_a_storm_is_cut_and_counted():
    """As Alertmanager's own `max_alerts` does."""
    body = payload(storm(300))
    assert len(body["alerts"]) + body["truncatedAlerts"] == 300
    assert len(body["alerts"]) >= 10
    assert len(alertmanager.webhook(storm(300))) <= alertmanager.LIMIT


def test_an_alert_of_long_labels_is_cut_and_told():
    """What tells alerts apart stays, the rest is cut; it is never left out for its length."""
    labels = {f"l{number:02}": "x" * 900 for number in range(14)}
    body = payload(notice(fired(labels=labels)))
    (alert,) = body["alerts"]
    assert len(alertmanager.webhook(group(fired(labels=labels)))) < 20_000
    assert {len(value) for name, value in alert["labels"].items() if name.startswith("l")} == {200}
    many = fired(labels={f"l{number:02}": "🔥" * 80 for number in range(45)})
    (alert,) = payload(group(many))["alerts"]
    assert len(alert["labels"]) == alertmanager.LABELS
    assert {"alertname", "severity", "queue", "queue_id", "media"} <= alert["labels"].keys()


def test_a_heartbeat_is_the_watchdog():
    """Always firing, of no severity: what Prometheus' users already route."""
    (alert,) = payload(NOTICES["heartbeat"])["alerts"]
    assert alert["labels"] == {
        "alertname": "Watchdog",
        "severity": "none",
        "org": "queuewatch",
        "instance": "vm-1",
    }
    assert alert["status"] == "firing"


def test_what_fires_is_pushed_without_an_end():
    """Its end is the sink's: later than now, and later again each time it is told."""
    (alert,) = pushed(fired())
    assert "endsAt" not in alert
    assert alert["startsAt"] == "2026-11-21T09:00:00Z"
    assert alert["generatorURL"].startswith("https://watch.example/alerts/alr_")
    assert "fingerprint" not in alert


def test_what_is_over_is_pushed_with_its_end():
    """The end is when it was over, with its fraction where it has one."""
    when = datetime(2026, 11, 21, 9, 54, 20, 620_000, tzinfo=UTC)
    assert pushed(resolved(resolved_at=when))[0]["endsAt"] == "2026-11-21T09:54:20.62Z"
    assert (
        pushed(resolved(resolved_at=when - timedelta(milliseconds=620)))[0]["endsAt"]
        == "2026-11-21T09:54:20Z"
    )


def test_a_change_of_level_is_pushed_as_two():
    """The new level fires, the old one is over."""
    worse, milder = pushed(level_changed())
    assert "endsAt" not in worse
    assert milder["endsAt"] == "2026-11-21T09:00:00Z"


def test_an_entity_without_labels_has_its_key():
    """Otherwise two of them would be one alert."""
    one, other = (pushed(fired(entity=Entity(key=key, labels={})))[0]["labels"] for key in ("a", "b"))
    assert (one["entity"], other["entity"]) == ("a", "b")


@pytest.mark.parametrize("name", ["acknowledged", "reminded", "flapping", "steady", "unknown"])
def test_what_still_fires_stays(name: str):
    """No news of an alert that fires ends it."""
    assert payload(NOTICES[name])["status"] == "firing"
