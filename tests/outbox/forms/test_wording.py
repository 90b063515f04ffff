"""What a person reads first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.model.alert import AlertEvent, AlertState, Entity, EventKind, Evidence
from monitor.outbox.forms import wording
from tests.outbox.forms.notices import EVENTS, NOTICES, fired, group, level_changed, notice, resolved
from tests.outbox.making import NOW

LOW = "ServiceLevelLow – Support 0 (voice) at 65.9 %, below 80 % (27 of 41)"


def headline(event: AlertEvent) -> str:
    """The first line."""
    return wording.headline(notice(event).events[0])


def facts(event: AlertEvent) -> dict[str, str]:
    """What is worth knowing besides."""
    return dict(wording.facts(notice(event).events[0]))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("fired", f"Warning: {LOW}"),
        (
            "level_changed",
            "Critical, was warning: ServiceLevelLow – Support 0 (voice) at 65.9 %, limit 60 % (27 of 41)",
        ),
        (
            "resolved",
            "Resolved: ServiceLevelLow – Support 0 (voice) at 86 %, back at or above 85 % (36 of 42)",
        ),
        (
            "acknowledged",
            f"Acknowledged by Ana (warning): {LOW}",
        ),
        ("unknown", "No data: SourceDown – queues of acme (timeout)"),
        ("known", "Data again: SourceDown – queues of acme"),
        (
            "flapping",
            f"Flapping (warning): {LOW}",
        ),
        ("steady", f"Steady again: {LOW}"),
        ("reminded", f"Still warning: {LOW}"),
        ("heartbeat", "Heartbeat: queuewatch vm-1 is alive"),
        ("drill", "[DRILL] Warning: Drill – ops"),
        ("drill_over", "[DRILL] Resolved: Drill – ops"),
    ],
)
def test_one_line_says_what_is_the_matter(name: str, line: str):
    """Severity and state, rule, queue, value against threshold, how many of how many."""
    assert headline(EVENTS[name]) == line


@pytest.mark.parametrize(
    ("metric", "value", "operator", "threshold", "said"),
    [
        ("service_level_ratio", 0.7999, "<", 0.8, "at 79.99 %, below 80 %"),
        ("service_level_ratio", 0.8, "<", 0.8, "at 80 %, limit 80 %"),
        ("queue_waiting", 25.0, ">", 20.0, "at 25 interactions, above 20"),
        ("queue_waiting", 1.0, ">", 0.0, "at 1 interaction, above 0"),
        ("queue_agents_on_queue", 0.0, "<", 1.0, "at 0 agents, below 1"),
        ("queue_longest_wait_seconds", 312.0, ">", 300.0, "at 5 m 12 s, above 5 m"),
        ("queue_longest_wait_seconds", 300.4, ">", 300.0, "at 300.4 s, above 5 m"),
        ("queue_longest_wait_seconds", 250.0, ">", 300.0, "at 4 m 10 s, limit 5 m"),
        ("something_else", 3.5, ">", 2.0, "at 3.5, above 2"),
        ("service_level_ratio", 14.4, ">=", 6.0, "at burn rate 14.4, at or above 6"),
        ("queue_waiting", 25.0, "", None, ""),
        ("queue_waiting", None, ">", 20.0, ""),
    ],
)
def test_values_are_in_their_unit(
    metric: str, value: float | None, operator: str, threshold: float | None, said: str
):
    """A ratio in percent, seconds as a length of time, and never a comparison that is not true."""
    event = fired(metric=metric, evidence=Evidence(value=value), operator=operator, threshold=threshold)
    assert headline(event).removeprefix("Warning: ServiceLevelLow – Support 0 (voice)").strip() == said


def test_a_condition_has_no_figures():
    """An expression holds or holds no longer, and is said: it is all there is to know."""
    expression = "queue_waiting > 20 && queue_agents_on_queue == 0"
    truth: dict[str, Any] = {"metric": expression, "threshold": None}
    assert headline(fired(operator="true", **truth)).endswith(f"Support 0 (voice): {expression} holds")
    assert headline(resolved(operator="false", **truth)).endswith(f"(voice): {expression} holds no longer")
    assert facts(fired(operator="true", **truth))["Condition"] == f"{expression} holds"
    assert len(headline(fired(operator="true", metric="x + " * 500))) < 300


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({}, "Support (voice): 65.9 % answered within 20 s over 5 min, below 80 % (27 of 41)"),
        (
            {"definition": "answered", "media": "all"},
            "Support (definition answered): 65.9 % answered within 20 s over 5 min, below 80 % (27 of 41)",
        ),
        (
            {"threshold": "1m30s", "window": "1h"},
            "Support (voice): 65.9 % answered within 1 m 30 s over 1 h, below 80 % (27 of 41)",
        ),
        (
            {"threshold": "soon"},
            "Support (voice): 65.9 % answered within soon over 5 min, below 80 % (27 of 41)",
        ),
        (
            {"threshold": ""},
            "Support (voice, window 5m) at 65.9 %, below 80 % (27 of 41)",
        ),
    ],
)
def test_a_service_level_is_a_sentence(labels: dict[str, str], said: str):
    """Its labels are what it means; the usual definition is not worth a word."""
    usual = {
        "queue": "Support",
        "media": "voice",
        "definition": "genesys",
        "threshold": "20s",
        "window": "5m",
    }
    event = fired(entity=Entity(key="k", labels={**usual, **labels}))
    assert headline(event).replace(", threshold ", "") == f"Warning: ServiceLevelLow – {said}"
    assert facts(event)["Value"] == said[said.index("65.9") :]


@pytest.mark.parametrize(
    ("kind", "reason", "said"),
    [
        (EventKind.FIRED, "gone", "Warning: DestinationGone – own/webhook says that it is gone for good"),
        (EventKind.RESOLVED, "answered", "Resolved: DestinationGone – own/webhook takes events again"),
        (
            EventKind.RESOLVED,
            "destination_removed",
            "Resolved: DestinationGone – own/webhook (destination removed)",
        ),
    ],
)
def test_a_destination_goes_and_comes_back(kind: EventKind, reason: str, said: str):
    """What is back is not said to be away."""
    event = fired(
        kind=kind,
        reason=reason,
        rule="DestinationGone",
        entity=Entity(key="own/webhook", labels={"destination": "own/webhook"}),
        metric="",
        evidence=Evidence(),
        operator="true",
        threshold=None,
    )
    assert headline(event) == said
    assert "gone" not in facts(event).get("Reason", "")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("idle", "(nothing to measure)"),
        ("closed", "(outside the rule's hours)"),
        ("queue_removed", "(queue removed)"),
        ("moved", "(told by another way from now on)"),
    ],
)
def test_an_end_says_why(reason: str, said: str):
    """What ended an alert, where it was not the value."""
    assert headline(resolved(reason=reason, evidence=Evidence())).endswith(said)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"queue": "Support", "media": "all", "queue_id": "x"}, "Support"),
        ({"queue": "Support", "media": "chat", "status": "idle"}, "Support (chat, status idle)"),
        ({"strategy": "s-1"}, "strategy s-1"),
        ({"destination": "hook"}, "hook"),
        ({}, "the-key"),
    ],
)
def test_it_is_said_what_it_is_about(labels: dict[str, str], said: str):
    """Names, not identifiers."""
    event = fired(entity=Entity(key="the-key", labels=labels), metric="", operator="")
    assert headline(event) == f"Warning: ServiceLevelLow – {said}"


def test_facts_of_what_fires():
    """Since when, how old the data is if that matters, who has it."""
    event = replace(EVENTS["acknowledged"], observed_at=NOW - timedelta(minutes=5))
    assert facts(event) == {
        "Queue": "Support 0 (voice)",
        "Value": "65.9 %, below 80 % (27 of 41)",
        "Since": "2026-11-21 08:58 UTC (2 m)",
        "Data age": "5 m",
        "Acknowledged by": "Ana",
        "Note": "Calling in the late shift",
        "Org": "acme",
        "Labels": "team=support",
    }


def test_facts_of_what_is_over():
    """How long it lasted; young data is not worth a word."""
    found = facts(resolved())
    assert found["Lasted"] == "2 m, until 2026-11-21 09:00 UTC"
    assert not {"Since", "Data age"} & found.keys()


def test_facts_of_a_source():
    """What it is called stands after its noun, and once."""
    assert facts(EVENTS["unknown"])["Source"] == "queues of acme"
    assert facts(EVENTS["unknown"])["Reason"] == "timeout"


def test_a_dead_flapping_alert_is_no_longer_since():
    """It fires no more, so it lasted."""
    event = replace(fired(), kind=EventKind.FLAPPING, state=AlertState.INACTIVE, resolved_at=NOW)
    assert "Lasted" in facts(event)


@pytest.mark.parametrize(
    ("runbook", "shown"),
    [
        ("https://wiki.example/a b", "https://wiki.example/ab"),
        ("javascript:alert(1)", None),
        ("see the wiki", None),
        ("", None),
    ],
)
def test_only_links_that_a_browser_opens(runbook: str, shown: str | None):
    """A runbook may be any text, a link is not."""
    found = dict(wording.links(notice(fired(annotations={"runbook": runbook})).events[0]))
    assert found.get("Runbook") == shown
    assert found["Open in queuewatch"].startswith("https://watch.example/alerts/alr_")


def test_a_group_says_how_many():
    """How many fire and how bad, what they share, the worst of them."""
    critical = "Critical, was warning: ServiceLevelLow – Support 0 (voice)"
    assert wording.title(NOTICES["group"]) == "2 of 3 alerts firing, 1 critical – team=support"
    assert critical in wording.summary(NOTICES["group"])
    assert wording.title(group(fired(), fired(1))) == "2 alerts firing – team=support"
    resolved_first = group(resolved(), fired(1), level_changed(), fired(2))
    assert f"worst: {critical}" in wording.summary(resolved_first), "the fresh come first, not the worst"
    assert wording.title(NOTICES["group that is over"]) == "All 2 alerts resolved – team=support"


def test_a_group_of_one_is_told_as_that_one():
    """Nobody wants to read `1 alert`."""
    assert wording.title(group(level_changed())) == headline(level_changed())


def test_a_long_name_is_cut():
    """A line stays a line."""
    event = fired(rule="r" * 900, entity=Entity(key="k", labels={"queue": "q" * 900}))
    assert len(headline(event)) < 300
