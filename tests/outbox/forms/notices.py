"""Notices to make bodies of: one event of every kind, groups, and what strangers call their queues."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.model.alert import AlertEvent, AlertState, Entity, EventKind, Evidence
from monitor.model.route import Group
from monitor.model.rule import Severity
from monitor.outbox import envelope
from monitor.outbox.drill import drill
from monitor.outbox.heartbeat import heartbeat
from monitor.outbox.notice import Notice
from tests.outbox.making import NOW, an_event

PAGE = "https://watch.example"

GROUP = Group(key="team/support", labels={"team": "support"}, wait=30.0, interval=300.0)

HALF = Evidence(value=27 / 41, numerator=27.0, denominator=41.0)


def fired(number: int = 0, **changes: Any) -> AlertEvent:
    """A service level that is too low: 27 of 41."""
    return an_event(number, **{"evidence": HALF, "started_at": NOW - timedelta(minutes=2), **changes})


def level_changed(**changes: Any) -> AlertEvent:
    """It got worse."""
    return replace(
        fired(),
        kind=EventKind.LEVEL_CHANGED,
        severity=Severity.CRITICAL,
        previous_severity=Severity.WARNING,
        sequence=2,
        threshold=0.6,
        **changes,
    )


def resolved(**changes: Any) -> AlertEvent:
    """It is over."""
    good = {"evidence": Evidence(value=0.86, numerator=36.0, denominator=42.0), "threshold": 0.85}
    return an_event(0, 2, **{**good, "reason": "cleared", "episode": 1, **changes})


def acknowledged() -> AlertEvent:
    """Somebody has it."""
    return replace(fired(), kind=EventKind.ACKNOWLEDGED, owner="Ana", note="Calling in the late shift")


def source_down(kind: EventKind = EventKind.UNKNOWN) -> AlertEvent:
    """A source without answers, or with answers again."""
    over = kind is EventKind.KNOWN
    return replace(
        fired(),
        kind=kind,
        rule="SourceDown",
        severity=Severity.CRITICAL,
        state=AlertState.INACTIVE if over else AlertState.FIRING,
        entity=Entity(key="queues", labels={"source": "queues"}),
        metric="",
        evidence=Evidence(),
        operator="false" if over else "true",
        threshold=None,
        reason="cleared" if over else "timeout",
        resolved_at=NOW if over else None,
        labels={},
        annotations={},
    )


def hostile() -> AlertEvent:
    """Names that mean harm, to a browser, a chat, a terminal, a template and a log."""
    name = "<script>alert(1)</script> <!channel> &amp; [x](https://evil.example) \u202egnorw\x1b[2J\r\nX: y"
    return fired(
        entity=Entity(key=name, labels={"queue": name, "media": "<@U1>"}),
        rule="Low \ud800",
        annotations={"summary": f"{name} {'long ' * 2000}", "runbook": "javascript:alert(1)"},
        labels={"te am|<>": name},
        owner=name,
        note=name,
    )


def notice(event: AlertEvent, **changes: Any) -> Notice:
    """What says one event."""
    said = envelope.decode(envelope.encode(event, page=PAGE))
    return replace(Notice(id=event.id, receiver="ops", events=(said,), page=PAGE), **changes)


def group(*events: AlertEvent, **changes: Any) -> Notice:
    """What says several."""
    said = tuple(envelope.decode(envelope.encode(event, page=PAGE)) for event in events)
    return replace(Notice(id="fld_abc", receiver="ops", events=said, group=GROUP, page=PAGE), **changes)


def storm(count: int) -> Notice:
    """A group of so many."""
    return group(*(fired(number) for number in range(count)))


DRILL, DRILL_OVER = drill("ops", 7, NOW, ["ops"])

EVENTS: dict[str, AlertEvent] = {
    "fired": fired(),
    "level_changed": level_changed(),
    "resolved": resolved(),
    "acknowledged": acknowledged(),
    "unknown": source_down(),
    "known": source_down(EventKind.KNOWN),
    "flapping": replace(fired(), kind=EventKind.FLAPPING),
    "steady": replace(fired(), kind=EventKind.STEADY),
    "reminded": replace(fired(), kind=EventKind.REMINDED, reason="repeated"),
    "heartbeat": heartbeat("vm-1", NOW, 60.0, ["ops"]),
    "drill": DRILL,
    "drill_over": DRILL_OVER,
    "hostile": hostile(),
}
"""One event of every kind."""

NOTICES: dict[str, Notice] = {
    **{name: notice(event) for name, event in EVENTS.items()},
    "group": group(level_changed(), fired(1), resolved()),
    "group of one": group(fired()),
    "group that is over": group(resolved(), an_event(1, 2)),
    "hostile group": group(*([hostile()] * 30)),
    "storm": storm(300),
}
"""Everything a form has to make a body of."""
