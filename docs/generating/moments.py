"""Fixed events for the examples, made by the code that makes the real ones. Pure.

In: nothing. Out: one event of each kind, and notices of them. No date but DAY is in any of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.alerts import announcing
from monitor.alerts.watching import ANSWERED
from monitor.model.alert import AlertEvent, AlertState, Entity, EventKind, Evidence, event_id
from monitor.model.delivery import CLOUDEVENTS
from monitor.model.route import Group
from monitor.model.rule import Severity, Verdict
from monitor.outbox import envelope
from monitor.outbox.drill import drill
from monitor.outbox.heartbeat import heartbeat
from monitor.outbox.notice import Notice

DAY = datetime(2026, 11, 21, 9, 0, 0, 250_000, tzinfo=UTC)
"""When everything happens."""

PAGE = "https://queuewatch.example.com"
ORG, RULE, RECEIVER = "acme", "ServiceLevelLow", "oncall/webhook"
INSTANCE = "queuewatch-1"
TYPE = CLOUDEVENTS

_QUEUE = "9e67386c-679f-56f6-83b7-94448ff8b9e3"

ENTITY = Entity(
    key=f"{_QUEUE}/voice/15m/20s/genesys",
    labels={
        "queue_id": _QUEUE,
        "queue": "Support Voice",
        "media": "voice",
        "window": "15m",
        "threshold": "20s",
        "definition": "genesys",
    },
)


def _event(sequence: int, kind: EventKind, after: float, **changes: Any) -> AlertEvent:
    """Return the event of this number in the story, so many seconds after its beginning."""
    at = DAY + timedelta(seconds=after)
    return replace(
        AlertEvent(
            id=event_id(ORG, RULE, ENTITY.key, 3, sequence),
            kind=kind,
            org=ORG,
            rule=RULE,
            severity=Severity.CRITICAL,
            state=AlertState.FIRING,
            entity=ENTITY,
            episode=3,
            sequence=sequence,
            reason="threshold",
            metric="service_level_ratio",
            evidence=Evidence(value=0.54, numerator=27.0, denominator=50.0),
            operator="<",
            threshold=0.6,
            occurred_at=at,
            observed_at=at - timedelta(seconds=2),
            started_at=DAY - timedelta(minutes=2),
            fired_at=DAY,
            resolved_at=None,
            labels={"team": "support"},
            annotations={
                "summary": "{{queue}} at {{value | percent}} ({{numerator}} of {{denominator}})",
                "runbook": "https://wiki.example.com/service-level",
            },
        ),
        **changes,
    )


def story() -> dict[EventKind, AlertEvent]:
    """Return an event of each kind but the group's: one alert from its beginning to its end, and others."""
    down = announcing.source_down()
    source = Entity(key="queues", labels={"source": "queues"})
    unknown = {
        "rule": down.name,
        "entity": source,
        "metric": "",
        "evidence": Evidence(),
        "threshold": None,
        "labels": {},
        "annotations": {},
        "started_at": DAY,
    }
    mild = Evidence(value=0.74, numerator=37.0, denominator=50.0)
    well = Evidence(value=0.88, numerator=44.0, denominator=50.0)
    return {
        EventKind.FIRED: _event(
            7, EventKind.FIRED, 0, severity=Severity.WARNING, threshold=0.8, evidence=mild
        ),
        EventKind.LEVEL_CHANGED: _event(8, EventKind.LEVEL_CHANGED, 60, previous_severity=Severity.WARNING),
        EventKind.REMINDED: _event(9, EventKind.REMINDED, 960, reason="escalated"),
        EventKind.ACKNOWLEDGED: _event(10, EventKind.ACKNOWLEDGED, 1020, owner="kim", note="on it"),
        EventKind.FLAPPING: _event(11, EventKind.FLAPPING, 1200),
        EventKind.STEADY: _event(12, EventKind.STEADY, 1800),
        EventKind.RESOLVED: _event(
            13, EventKind.RESOLVED, 2400, state=AlertState.INACTIVE, reason="cleared",
            operator=">=", threshold=0.7, evidence=well, resolved_at=DAY + timedelta(seconds=2400),
        ),
        EventKind.UNKNOWN: _event(
            1, EventKind.UNKNOWN, 0, **unknown, operator="true", id=event_id(ORG, down.name, "queues", 1, 1),
            reason=Verdict.ERROR.value, episode=1,
        ),
        EventKind.KNOWN: _event(
            2, EventKind.KNOWN, 300, **unknown, operator="false", id=event_id(ORG, down.name, "queues", 1, 2),
            state=AlertState.INACTIVE, reason=ANSWERED, episode=1, resolved_at=DAY + timedelta(seconds=300),
        ),
        EventKind.HEARTBEAT: heartbeat(INSTANCE, DAY, 60.0, [RECEIVER]),
    }  # fmt: skip


def trial() -> AlertEvent:
    """Return the first event of a drill."""
    return drill("oncall", 1, DAY, [RECEIVER])[0]


def body(event: AlertEvent) -> bytes:
    """Return an event as it is kept and sent."""
    return envelope.encode(event, page=PAGE)


def alone(event: AlertEvent) -> Notice:
    """Return what one destination is told of one event."""
    return Notice(id=event.id, receiver=RECEIVER, events=(envelope.decode(body(event)),), page=PAGE)


def together() -> Notice:
    """Return what one destination is told of a group of two."""
    told = story()
    both = (told[EventKind.LEVEL_CHANGED], told[EventKind.UNKNOWN])
    group = Group(key="org=acme", labels={"org": ORG}, wait=30.0, interval=300.0)
    return Notice(
        id="fld_" + "a" * 26,
        receiver=RECEIVER,
        events=tuple(envelope.decode(body(one)) for one in both),
        group=group,
        page=PAGE,
    )
