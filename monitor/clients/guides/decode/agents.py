"""Reads how long agents worked. Handle time is without hold and after-call work here (GUIDES.md §3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from monitor.clients.guides import endpoints as ask
from monitor.clients.guides.decode.wire import (
    Counts,
    Record,
    date,
    figure,
    frame,
    identity,
    part,
    rows,
    text,
)
from monitor.kit.text import clean
from monitor.model.errors import Unintelligible
from monitor.model.interval import Interval
from monitor.model.measure import total
from monitor.model.observation import AgentUse, Figure, Utilization, together

ALL_AGENTS = "all"
"""The agent of rows that are not grouped by user."""
_WHAT = "the answer about agents"
_TIMES = (ask.HANDLE, ask.ACW, ask.HOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsePage:
    """Some rows; `following` is the link or the token of the next page, None at the end."""

    uses: tuple[AgentUse, ...]
    following: str | None
    oddities: Counts


def use_page(
    body: bytes,
    segment: Interval,
    bucket: float,
    *,
    asked: Collection[str] = (),
    by_user: bool = True,
    names: bool = False,
) -> UsePage:
    """Read one page about `segment` in buckets of `bucket` seconds.

    Rows beside it, and of agents beside those asked about, are left out.

    Raises:
        Unintelligible: a broken frame, or a row without agent or time.
    """
    record = frame(body, _WHAT)
    oddities: Counts = Counter()
    uses: list[AgentUse] = []
    for row in rows(record, "entities", _WHAT):
        use = _use(row, oddities, by_user=by_user, names=names)
        if not segment.start - timedelta(seconds=bucket) < use.start < segment.end:
            oddities["time", "outside"] += 1
        elif by_user and asked and use.agent_id not in asked:
            oddities["user", "unasked"] += 1
        else:
            uses.append(use)
    return UsePage(uses=tuple(uses), following=_following(record), oddities=oddities)


def is_link(following: str) -> bool:
    """Whether the next page has an address; else it is a token to be sent along."""
    return following.startswith("/") or "://" in following


def utilization(interval: Interval, bucket: float, pages: Iterable[UsePage]) -> Utilization:
    """Join all pages; of two rows about the same agent and bucket the first stays."""
    several = tuple(pages)
    repeated: Counts = Counter()
    uses: dict[tuple[str, object], AgentUse] = {}
    for page in several:
        for use in page.uses:
            if uses.setdefault((use.agent_id, use.start), use) is not use:
                repeated["user", "repeated"] += 1
    return Utilization(
        interval=interval,
        bucket=bucket,
        agents=tuple(sorted(uses.values(), key=lambda use: (use.agent_id, use.start))),
        oddities=together([*(page.oddities for page in several), repeated]),
    )


def _use(row: Record, oddities: Counts, *, by_user: bool, names: bool) -> AgentUse:
    user = part(row, "user") or {}
    agent_id = identity(user, "id", _WHAT) if by_user or user else ALL_AGENTS
    start = date(text(row, "time"))
    if start is None:
        raise Unintelligible(f"{_WHAT} has a row without time")
    metrics = part(row, "metrics")
    if metrics is None:
        oddities["metrics", "malformed"] += 1
        metrics = {}
    # A time that is not mentioned is 0 only beside one that is.
    absent = 0.0 if any(name in metrics for name in _TIMES) else None
    handle, acw, hold = (_sum(metrics, name, oddities, absent) for name in _TIMES)
    return AgentUse(
        agent_id=agent_id,
        start=start,
        handle=handle,
        acw=acw,
        hold=hold,
        active=total((handle, acw, hold)),
        name=clean(text(user, "name")) if names else "",
    )


def _sum(metrics: Record, name: str, oddities: Counts, absent: Figure) -> Figure:
    if name not in metrics:
        return absent
    stats = part(metrics, name)
    if stats is None or "sum" not in stats:
        oddities[name, "malformed" if metrics[name] is not None else "null"] += 1
        return None
    return figure(stats, "sum", oddities, field=name)


def _following(record: Record) -> str | None:
    """Return the next page's link or token. `nextPageLink` is always a link, `nextPage` perhaps."""
    link, token = record.get("nextPageLink"), record.get("nextPage")
    following = link or token or None
    if following is not None and not isinstance(following, str):
        raise Unintelligible(f"{_WHAT} has a next page that cannot be asked for")
    if following is not None and following is link and not is_link(following):
        return f"/{following}"
    return following
