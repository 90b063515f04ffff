"""What the figures of a checkup mean. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from monitor.checkup.finding import Finding, failure, ok, warning
from monitor.model.org import Queue, Selection
from monitor.model.settings import DEFAULT_LIMIT, OrgSettings, share

Select = Callable[[Sequence[Queue], Selection], tuple[Queue, ...]]
"""Returns the queues that fit a selection."""

SKEW_WARNING = 30.0
"""Seconds: half the lag after which windows are asked, so that their newest interactions are in."""
SKEW_FAILURE = 300.0
"""Seconds: as long as the shortest window; what is shown as now is then about another time."""
FULL = 0.8
"""Share of the budget above which a retry or a new queue may not fit any more."""


def region(org: OrgSettings) -> Finding:
    """Say where the org is asked, and whether both hosts are of one region."""
    api, login = (urlsplit(url).hostname or url for url in (org.api_url, org.login_url))
    line = f"asks {api}, tokens from {login}, dialect {org.dialect}"
    regions = {
        host.removeprefix(prefix) for host, prefix in ((api, "api."), (login, "login.")) if prefix in host
    }
    if len(regions) > 1:
        return warning("region", f"{line}: these are hosts of two regions, and a token is good in one")
    return ok("region", line)


def clock(skew: float | None) -> Finding:
    """Judge by how many seconds the platform's clock is ahead of ours."""
    if skew is None:
        return warning("clock", "the platform does not say what time it is: compare this machine's clock")
    way = "behind" if skew > 0 else "ahead of"
    line = f"this machine's clock is {abs(skew):.0f} s {way} the platform's"
    if abs(skew) > SKEW_FAILURE:
        return failure("clock", f"{line}: every window is about another time; synchronise it (NTP)")
    if abs(skew) > SKEW_WARNING:
        return warning("clock", f"{line}: the newest interactions may be missed; synchronise it (NTP)")
    return ok("clock", "this machine's clock agrees with the platform's")


def limits(said: int | None, org: OrgSettings) -> tuple[int, Finding]:
    """Return the requests a minute we let ourselves make, and the finding about them."""
    limit = min(said, org.limit or said) if said is not None else org.limit or DEFAULT_LIMIT
    budget = share(limit, org.budget_share)
    ours = f"we take {budget} ({org.budget_share:g} of {limit})"
    if said is None:
        return budget, ok("limits", f"the platform does not say how many requests a minute it allows; {ours}")
    line = f"the platform allows {said} requests a minute; {ours}"
    if org.limit is not None and org.limit > said:
        return budget, warning("limits", f"{line}; the configuration says {org.limit}, which is too many")
    return budget, ok("limits", line)


def directory(queues: Sequence[Queue], org: OrgSettings, select: Select) -> Iterator[Finding]:
    """Say how many queues there are, and what every pattern of every selection matches."""
    if not queues:
        yield failure("directory", "no queue is visible: give the OAuth client's role access to a division")
        return
    watched = select(queues, org.directory.select)
    line = f"{_count(len(queues))} visible, {len(watched)} watched"
    yield (
        ok("directory", line)
        if watched
        else failure("directory", f"{line}: no queue fits every list of select")
    )
    yield from _patterns("directory", queues, org.directory.select, select)
    if org.workitems is not None:
        yield from _patterns("workitems", watched, org.workitems.select, select)


def cadence(demand: Mapping[str, float], budget: int) -> Finding:
    """Judge what all sources together ask in a minute, each in requests a minute, against the budget."""
    total = sum(demand.values())
    parts = " + ".join(f"{name} {need:.3g}" for name, need in demand.items())
    line = f"{parts or 'nothing'} = {total:.3g} requests a minute of {budget}"
    if total > budget:
        return failure("cadence", f"{line}: it does not fit; lengthen intervals or raise budget_share")
    if total > budget * FULL:
        return warning("cadence", f"{line}: little is left for retries")
    return ok("cadence", line)


def _patterns(check: str, queues: Sequence[Queue], selection: Selection, select: Select) -> Iterator[Finding]:
    """Look at every pattern by itself, so that one that has gone stale cannot hide behind the others."""
    alone = [
        *(("ids", one, Selection(ids=(one,))) for one in selection.ids),
        *(("names", one, Selection(names=(one,))) for one in selection.names),
        *(("divisions", one, Selection(divisions=(one,))) for one in selection.divisions),
    ]
    for kind, pattern, narrow in alone:
        count = len(select(queues, narrow))
        where = f"select.{kind} {pattern!r}"
        if count:
            yield ok(check, f"{where} matches {_count(count)}")
        else:
            yield failure(check, f"{where} matches no queue: renamed, deleted, or in a division not visible?")


def _count(queues: int) -> str:
    return "1 queue" if queues == 1 else f"{queues} queues"
