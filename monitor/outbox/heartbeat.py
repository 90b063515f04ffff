"""The sign of life: an event that says nothing but that everything is judged in time. Pure.

In: who we are, the date, the period, the number sent last. Out: an event, the same for the whole of one
period after a restart. What may not happen: one id for two heartbeats of a run, or one that looks like an
alert.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from monitor.model.alert import (
    OURSELVES,
    WATCHDOG,
    AlertEvent,
    AlertState,
    Entity,
    EventKind,
    Evidence,
    event_id,
)
from monitor.model.rule import Severity


def heartbeat(
    instance: str, now: datetime, period: float, destinations: Iterable[str], *, after: int = 0
) -> AlertEvent:
    """Return the heartbeat of `instance` for the `period` (seconds) that `now` is in.

    `period` is the event's value, so that whoever hears it knows when to miss the next one. Its number is
    beyond `after`, the one sent last: a clock that is set back makes no id twice.
    """
    number = max(int(now.timestamp() // period), after + 1)
    return AlertEvent(
        id=event_id(OURSELVES, WATCHDOG, instance, 0, number),
        kind=EventKind.HEARTBEAT,
        org=OURSELVES,
        rule=WATCHDOG,
        severity=Severity.WARNING,
        state=AlertState.FIRING,
        entity=Entity(key=instance, labels={"instance": instance}),
        episode=0,
        sequence=number,
        reason="alive",
        metric="",
        evidence=Evidence(value=period),
        operator="",
        threshold=None,
        occurred_at=now,
        observed_at=now,
        started_at=None,
        fired_at=None,
        resolved_at=None,
        audience=dict.fromkeys(destinations),
    )
