"""Which cadences a reload takes over: how often and how long the sources that run are asked. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from monitor.app import asking
from monitor.kit import durations
from monitor.model.cadence import costs, named
from monitor.model.pace import Pace
from monitor.model.settings import (
    AgentsSettings,
    OrgSettings,
    QueuesSettings,
    ServiceLevelSettings,
    StrategiesSettings,
    WorkitemsSettings,
)

Source = tuple[str, str]
"""Org and source."""

Asked = TypeVar(
    "Asked", QueuesSettings, ServiceLevelSettings, AgentsSettings, WorkitemsSettings, StrategiesSettings
)


def repaced(running: Sequence[OrgSettings], wanted: Iterable[OrgSettings]) -> tuple[OrgSettings, ...]:
    """Return the orgs that run, asked as often and as long as those of the same name in `wanted`.

    A source that came or went waits for a restart. So does the cadence of an org whose budget it would not
    fit: it may be meant for a limit, or for fewer windows, that wait as well.
    """
    others = {org.name: org for org in wanted}
    return tuple(_repaced(org, others.get(org.name, org)) for org in running)


def every(orgs: Iterable[OrgSettings]) -> dict[Source, Pace]:
    """Return the pace of every source of these orgs."""
    return {(org.name, source): pace for org in orgs for source, pace in asking.paces(org).items()}


def patient(believed: Mapping[Source, Pace], wanted: Mapping[Source, Pace]) -> dict[Source, Pace]:
    """Return the paces to hold sources to until each has answered at the one that is wanted.

    A source that was asked every hour has not been silent for too long because it will be asked every ten
    seconds.
    """
    pairs = ((source, pace, believed.get(source, pace)) for source, pace in wanted.items())
    return {source: Pace(*map(max, pace, before)) for source, pace, before in pairs}


def told(before: Iterable[OrgSettings], after: Iterable[OrgSettings]) -> Iterator[str]:
    """Yield which cadence is not as it was, in words: `acme/queues: 10s → 5s`."""
    then = every(before)
    for source, pace in every(after).items():
        name, old = "/".join(source), then.get(source, pace)
        if pace.interval != old.interval:
            yield f"{name}: {durations.show(old.interval)} → {durations.show(pace.interval)}"
        if pace.timeout != old.timeout:
            yield f"{name}: timeout {durations.show(old.timeout)} → {durations.show(pace.timeout)}"


def _repaced(org: OrgSettings, other: OrgSettings) -> OrgSettings:
    paced = replace(
        org,
        directory=replace(org.directory, interval=other.directory.interval),
        queues=_at(org.queues, other.queues),
        service_level=_at(org.service_level, other.service_level),
        agents=_at(org.agents, other.agents),
        workitems=_at(org.workitems, other.workitems),
        strategies=_at(org.strategies, other.strategies),
    )
    needed = math.fsum(cost.per_minute for cost in costs(paced, named(paced)))
    return paced if needed <= paced.budget else org


def _at(one: Asked | None, other: Asked | None) -> Asked | None:
    """Return `one` at the pace of `other`, where there are both."""
    if one is None or other is None:
        return one
    return replace(one, interval=other.interval, timeout=other.timeout)
