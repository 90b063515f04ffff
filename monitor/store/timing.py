"""Pure: when a group is told next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.model.delivery import Held, RipeGroup
from monitor.model.route import Group

SLACK = 3600.0
"""Seconds: a group due later than both its periods and this from now was given its date by a clock that was
set back since, and is due now. An hour is more than any clock drifts, and less than anybody waits.
"""


def due(group: Group, *, created_at: datetime, told_at: datetime | None) -> datetime:
    """Return when a quiet group is told of an event: after its wait, and the interval after a telling."""
    waited = created_at + timedelta(seconds=group.wait)
    return waited if told_at is None else max(waited, again(group, told_at))


def again(group: Group, told_at: datetime) -> datetime:
    """Return when a group that was told at `told_at` may be told next."""
    return told_at + timedelta(seconds=group.interval)


def further(group: Group, told_at: datetime) -> datetime:
    """Return when a group is told of what there was no room for in the telling at `told_at`."""
    return told_at + timedelta(seconds=min(group.wait, group.interval))


def after(ripe: RipeGroup, told: Sequence[Held], told_at: datetime) -> datetime:
    """Return when what is fresh after a telling is told: soon where some of it was in the group before."""
    names = {(one.org, one.rule, one.entity) for one in told}
    worth = (one for one in ripe.members if one.fresh and (one.told or not one.ends))
    cut = bool(told) and any((one.org, one.rule, one.entity) not in names for one in worth)
    return further(ripe.group, told_at) if cut else again(ripe.group, told_at)


def ripe(group: Group, due_at: datetime, now: datetime) -> bool:
    """Return whether a group due at `due_at` is told now."""
    furthest = now + timedelta(seconds=group.wait + group.interval + SLACK)
    return due_at <= now or due_at > furthest
