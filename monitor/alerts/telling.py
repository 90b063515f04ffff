"""What an alert says, and to whom: from its state and what was told before to the next event. Pure.

now firing   told      muted    event
yes          nobody    no       fired, to whom the routes give it
yes          nobody    yes      none, until it is not muted any more
yes          milder    no       level_changed (worse or better, in the same episode)
yes          as bad    no       reminded, to whom it is told later or again; nobody while it is acknowledged
no           somebody  either   resolved, to everybody who got the fire
no           nobody    either   none: what nobody heard of needs no end

What begins, changes or is told again goes the way the routes name now; an end or a note goes the way each
heard last. An acknowledged alert reaches nobody new, but whom the routes give a worse level at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.model.alert import EVERYBODY, SOURCE_DOWN, Alert, AlertState, EventKind, Hearing
from monitor.model.route import Group, Reach, Terms
from monitor.model.rule import Severity

UNROUTED = "unrouted"
"""Why a fire is kept back that no route gives to anybody now: another hour may."""

Audience = Mapping[str, Group | None]


@dataclass(frozen=True, slots=True)
class Said:
    """What is said, and to whom. `reason` is the saying's own where the alert's does not tell why."""

    kind: EventKind
    audience: Audience
    reason: str = ""


def told(alert: Alert, reach: Reach, now: datetime) -> tuple[Alert, Said | None]:
    """Return the alert with what is said now written down, and what that is."""
    if alert.state is not AlertState.FIRING:
        return _over(alert)
    if alert.muted:
        return alert, None
    if alert.told is None:
        return _fired(alert, reach, now)
    if alert.told is not alert.severity:
        names = dict.fromkeys((*alert.heard, *_joining(alert, alert.told, reach, now)))
        heard = _hear(alert.heard, names, reach, now)
        changed = replace(alert, told=alert.severity, heard=heard, sequence=alert.sequence + 1)
        return changed, Said(EventKind.LEVEL_CHANGED, _groups(heard, heard))
    return _reminded(alert, reach, now)


def timely(alert: Alert, now: datetime) -> Alert:
    """Return the alert without dates from the future: set back, a clock must not put off what is owed."""
    late = {name: heard for name, heard in alert.heard.items() if heard.at > now}
    if not late and (alert.told_at is None or alert.told_at <= now):
        return alert
    told_at = None if alert.told_at is None else min(alert.told_at, now)
    heard = {**alert.heard, **{name: replace(one, at=now) for name, one in late.items()}}
    return replace(alert, told_at=told_at, heard=heard)


def owed(alert: Alert, reach: Reach, now: datetime) -> tuple[list[str], list[str]]:
    """Return who is to hear of a told alert for the first time now, and who again; nobody if it is taken."""
    if alert.acknowledged is not None:
        return [], []
    waited = _waited(alert, now)
    new = [name for name, terms in reach.items() if not _heard(alert, name) and terms.after <= waited]
    again = [name for name, terms in reach.items() if _due(_heard(alert, name), terms, now)]
    return new, again


def flaps(alert: Alert, *, flapping: bool) -> tuple[Alert, Said | None]:
    """Return what is said when an alert begins or ends to flap: to those who heard of it, if anybody did."""
    if flapping == alert.history[2] or not alert.heard:
        return alert, None
    kind = EventKind.FLAPPING if flapping else EventKind.STEADY
    return replace(alert, sequence=alert.sequence + 1), Said(kind, listeners(alert))


def listeners(alert: Alert) -> Audience:
    """Return everybody who heard of an alert."""
    return _groups(alert.heard, alert.heard)


def _over(alert: Alert) -> tuple[Alert, Said | None]:
    if alert.told is None:
        return alert, None
    kind = EventKind.KNOWN if alert.rule == SOURCE_DOWN else EventKind.RESOLVED
    over = replace(alert, told=None, told_at=None, muted="", sequence=alert.sequence + 1)
    return over, Said(kind, listeners(alert))


def _fired(alert: Alert, reach: Reach, now: datetime) -> tuple[Alert, Said | None]:
    names = [name for name, terms in reach.items() if not terms.after]
    if not names:
        return replace(alert, muted=UNROUTED), None
    heard = _hear({}, names, reach, now)
    kind = EventKind.UNKNOWN if alert.rule == SOURCE_DOWN else EventKind.FIRED
    fired = replace(alert, told=alert.severity, told_at=now, heard=heard, sequence=alert.sequence + 1)
    return fired, Said(kind, _groups(heard, names))


def _joining(alert: Alert, before: Severity, reach: Reach, now: datetime) -> list[str]:
    """Return who is to hear of another level as well; `before` is the one told."""
    if alert.acknowledged is None:
        return [name for name, terms in reach.items() if terms.after <= _waited(alert, now)]
    worse = alert.severity.rank > before.rank
    return [name for name, terms in reach.items() if worse and not terms.after]


def _reminded(alert: Alert, reach: Reach, now: datetime) -> tuple[Alert, Said | None]:
    new, again = owed(alert, reach, now)
    if not new and not again:
        return alert, None
    heard = _hear(alert.heard, (*new, *again), reach, now)
    said = Said(EventKind.REMINDED, _groups(heard, (*new, *again)), reason="escalated" if new else "repeated")
    return replace(alert, heard=heard, sequence=alert.sequence + 1), said


def _hear(
    before: Mapping[str, Hearing], names: Iterable[str], reach: Reach, now: datetime
) -> Mapping[str, Hearing]:
    """Return who heard, with `names` hearing now, each in its own way.

    Who heard of this episode in a group hears in that group, until its route would have it told alone; who
    heard it alone hears it alone to the end. Any other change of way would leave an end that nobody expects.
    """
    heard = dict(before)
    for name in names:
        group = before[name].group if name in before else reach[name].group
        if name in reach and reach[name].group is None:
            group = None
        heard[name] = Hearing(at=now, group=group)
    return heard


def _heard(alert: Alert, name: str) -> Hearing | None:
    return alert.heard.get(name) or alert.heard.get(EVERYBODY)


def _due(heard: Hearing | None, terms: Terms, now: datetime) -> bool:
    return heard is not None and terms.repeat is not None and (now - heard.at).total_seconds() >= terms.repeat


def _waited(alert: Alert, now: datetime) -> float:
    return 0.0 if alert.told_at is None else (now - alert.told_at).total_seconds()


def _groups(heard: Mapping[str, Hearing], names: Iterable[str]) -> Audience:
    return {name: heard[name].group for name in names}
