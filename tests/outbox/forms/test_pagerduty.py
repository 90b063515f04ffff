"""PagerDuty's events: what opens, takes and ends an incident, within the documented limits."""

import json
from dataclasses import replace
from typing import Any

import pytest

from monitor.model.alert import AlertEvent, AlertState
from monitor.outbox.forms import pagerduty
from monitor.outbox.notice import Notice
from tests.outbox.forms.notices import (
    EVENTS,
    GROUP,
    NOTICES,
    fired,
    group,
    level_changed,
    notice,
    resolved,
    storm,
)


def event_of(said: Notice, summary: str | None = None) -> dict[str, Any]:
    """What PagerDuty reads."""
    found: dict[str, Any] = json.loads(pagerduty.encoder(summary)(said))
    return found


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("fired", "trigger"),
        ("level_changed", "trigger"),
        ("reminded", "trigger"),
        ("unknown", "trigger"),
        ("acknowledged", "acknowledge"),
        ("resolved", "resolve"),
        ("known", "resolve"),
        ("drill", "trigger"),
        ("drill_over", "resolve"),
        ("group", "trigger"),
        ("group that is over", "resolve"),
    ],
)
def test_every_kind_does_something(name: str, action: str):
    """What fires opens, what is over ends, what somebody has is taken."""
    assert event_of(NOTICES[name])["event_action"] == action


FLAPS, CALMS = EVENTS["flapping"], EVENTS["steady"]


@pytest.mark.parametrize("state", [AlertState.FIRING, AlertState.INACTIVE])
@pytest.mark.parametrize("event", [FLAPS, CALMS])
def test_what_flaps_is_not_told(event: AlertEvent, state: AlertState):
    """Its fires are kept back, and their ends: a trigger would be an incident that nothing ends."""
    idle = replace(event, state=state)
    assert pagerduty.encoder("{{queue}}")(notice(idle)) == b""
    assert pagerduty.encoder(None)(group(idle, idle)) == b""


def test_what_flaps_neither_opens_the_incident_of_its_group_nor_keeps_it():
    """The others do."""
    assert event_of(group(FLAPS, resolved()))["event_action"] == "resolve"
    assert event_of(group(FLAPS, EVENTS["acknowledged"]))["event_action"] == "acknowledge"
    assert event_of(group(FLAPS, fired(1)))["event_action"] == "trigger"


def test_of_a_group_the_worst_is_named():
    """The members not told before come first, and need not be the worst."""
    body = event_of(group(resolved(), fired(1), level_changed()))
    assert (body["payload"]["component"], body["payload"]["severity"]) == ("Support 0", "critical")


def test_texts_of_the_rule_have_their_names():
    """What its author wrote."""
    details = event_of(notice(fired(annotations={"summary": "Low", "description": "Call in"})))["payload"]
    assert details["custom_details"]["Summary"] == "Low"
    assert details["custom_details"]["Description"] == "Call in"


def test_a_group_is_taken_when_all_of_it_is():
    """One that nobody has keeps it open."""
    taken = replace(EVENTS["acknowledged"])
    assert event_of(group(taken, resolved()))["event_action"] == "acknowledge"
    assert event_of(group(taken, fired(1)))["event_action"] == "trigger"


def test_one_episode_is_one_incident():
    """The key lasts from the fire to the end, and is another's for the next."""
    keys = {event_of(notice(event))["dedup_key"] for event in (fired(), level_changed(), resolved())}
    assert len(keys) == 1
    others = [fired(1), fired(episode=2), fired(org="other"), fired(rule="Other")]
    assert len(keys | {event_of(notice(event))["dedup_key"] for event in others}) == 5


def test_one_group_is_one_incident():
    """However its members change."""
    one, other = event_of(group(fired())), event_of(group(fired(1), resolved()))
    assert one["dedup_key"] == other["dedup_key"]
    assert one["dedup_key"] != event_of(group(fired(), group=replace(GROUP, key="other")))["dedup_key"]


def test_the_whole_event():
    """Everything but the routing key, which is a secret and the sink's to add."""
    body = event_of(notice(fired(annotations={"runbook": "https://wiki.example/sla"})))
    details = body["payload"].pop("custom_details")
    key, links = body.pop("dedup_key"), body.pop("links")
    assert body == {
        "event_action": "trigger",
        "payload": {
            "summary": "Warning: ServiceLevelLow – Support 0 (voice) at 65.9 %, below 80 % (27 of 41)",
            "source": "queuewatch/acme",
            "severity": "warning",
            "timestamp": "2026-11-21T09:00:00.000Z",
            "component": "Support 0",
            "group": "acme",
            "class": "ServiceLevelLow",
        },
        "client": "queuewatch",
        "client_url": "https://watch.example",
    }
    assert [link["text"] for link in links] == ["Runbook", "Open in queuewatch"]
    assert details["Value"] == "65.9 %, below 80 % (27 of 41)"
    assert details["data"]["numerator"] == 27
    assert len(key) <= 255


TOLD = {name: said for name, said in NOTICES.items() if name not in {"flapping", "steady"}}


@pytest.mark.parametrize("said", TOLD.values(), ids=TOLD)
def test_it_is_within_what_is_documented(said: Notice):
    """Summary, severity, key and size as PagerDuty takes them."""
    body = event_of(said)
    assert 1 <= len(body["payload"]["summary"]) <= 1024
    assert body["payload"]["severity"] in {"critical", "warning", "info"}
    assert body["payload"]["source"]
    assert 1 <= len(body["dedup_key"]) <= 255
    assert "routing_key" not in body


def test_a_storm_names_its_worst():
    """As many as anybody reads; the others are counted."""
    assert len(pagerduty.encoder(None)(storm(3000))) <= pagerduty.LIMIT
    details = event_of(storm(3000))["payload"]["custom_details"]
    assert details["firing"] == 3000
    assert len(details["alerts"]) + details["truncated"] == 3000
    assert len(details["alerts"]) > 100


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ("{{queue}} {{value|percent(0)}}", "Support 0 66 %"),
        ("{{queue}}\n{{severity}}", "Support 0 warning"),
        ("{% if queue == 'x' %}{% endif %}", "Warning: ServiceLevelLow – Support 0 (voice)"),
        ("{{note}}" + "x" * 3000, "x…"),
    ],
)
def test_a_summary_may_be_the_users(summary: str, said: str):
    """One line, never empty, never too long."""
    shown = event_of(notice(fired()), summary)["payload"]["summary"]
    assert said in shown
    assert len(shown) <= 1024


def test_a_heartbeat_is_no_alarm():
    """Should one be sent here, it wakes nobody."""
    assert event_of(NOTICES["heartbeat"])["payload"]["severity"] == "info"
