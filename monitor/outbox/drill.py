"""A trial of a receiver: an alert that fires and is over at once, and says that it is a drill. Pure.

In: whom to try, which trial this is, the date. Out: the two events, for the real path. What may not happen:
that anything of it is left to be seen afterwards, or that it is taken for an alert.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from monitor.model.alert import (
    DRILL,
    OURSELVES,
    AlertEvent,
    AlertState,
    Entity,
    EventKind,
    Evidence,
    event_id,
)
from monitor.model.rule import Severity


def drill(
    receiver: str, number: int, now: datetime, destinations: Iterable[str]
) -> tuple[AlertEvent, AlertEvent]:
    """Return the fired and the resolved event of trial `number` of `receiver`.

    `number` must never come twice for one receiver, and grow: the events' sequences are made of it.
    """
    fired = AlertEvent(
        id=event_id(OURSELVES, DRILL, receiver, number, 2 * number - 1),
        kind=EventKind.FIRED,
        org=OURSELVES,
        rule=DRILL,
        severity=Severity.WARNING,
        state=AlertState.FIRING,
        entity=Entity(key=receiver, labels={"receiver": receiver}),
        episode=number,
        sequence=2 * number - 1,
        reason="drill",
        metric="",
        evidence=Evidence(),
        operator="",
        threshold=None,
        occurred_at=now,
        observed_at=now,
        started_at=now,
        fired_at=now,
        resolved_at=None,
        audience=dict.fromkeys(destinations),
        drill=True,
        annotations={"summary": f"A drill for {receiver}: nothing has happened."},
    )
    resolved = replace(
        fired,
        id=event_id(OURSELVES, DRILL, receiver, number, 2 * number),
        kind=EventKind.RESOLVED,
        state=AlertState.INACTIVE,
        sequence=2 * number,
        resolved_at=now,
        gone=True,
    )
    return fired, resolved
