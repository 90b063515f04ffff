"""Reads the frame of every aggregate query: groups, their buckets of time, metrics and views.

What a group's figures mean is the business of `service`, `utilization`, `tasks`, `strategies` and `people`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TypeAlias

import msgspec

from monitor.clients.platform.decode import wire
from monitor.model.errors import Unintelligible
from monitor.model.interval import Interval
from monitor.model.measure import plus
from monitor.model.observation import Figure

Parts: TypeAlias = Mapping[str, Sequence[str]]
"""What is read: metric → fields of its stats."""

Figures: TypeAlias = dict[tuple[str, str], Figure]
"""What was read, by (metric or view, field of its stats)."""

SPAN_LENGTH = 100
"""Characters of an interval at most: two dates with zones and a slash have 60."""

_WHAT = "the aggregate answer"
_TIES = ("queueId", "userId", "usedRouting")
"""What figures belong to: nobody knows whose they are where one of these is odd."""


class Stats(msgspec.Struct, gc=False):
    """What is known of one metric; `sum` is in milliseconds."""

    count: float | None = None
    sum: float | None = None
    numerator: float | None = None
    denominator: float | None = None


class Metric(msgspec.Struct, gc=False):
    """One metric of a bucket."""

    metric: str
    qualifier: str | None = None
    stats: Stats | None = None


class View(msgspec.Struct, gc=False):
    """One metric of a bucket, narrowed by a bound we named."""

    name: str
    stats: Stats | None = None


class Bucket(msgspec.Struct, gc=False):
    """A stretch of time; not `readable` where an entry could not even be named."""

    interval: str | None = None
    metrics: list[Metric] | None = None
    views: list[View] | None = None
    readable: bool = msgspec.field(default=True, name=wire.READABLE)


class Container(msgspec.Struct, gc=False):
    """One group; not `readable` where a bucket or a part of the group's name is lost."""

    group: dict[str, str | None]
    data: list[Bucket] | None = None
    readable: bool = msgspec.field(default=True, name=wire.READABLE)


class Page(msgspec.Struct, gc=False):
    """An answer, or a page of one."""

    results: list[Container]


_DECODER = msgspec.json.Decoder(Page)
_NOTHING = Stats()


def page(body: bytes, known: Collection[str], oddities: wire.Odd) -> Page:
    """Read an answer's frame. Metrics outside `known` are not worth a repair. Raises Unintelligible."""
    return wire.decoded(body, _DECODER, partial(_repaired, known=known, oddities=oddities), what=_WHAT)


def figures(bucket: Bucket, parts: Parts, views: Collection[str], oddities: wire.Odd) -> Figures:
    """Return every figure of `parts`, and the count of every view of `views`, in one bucket."""
    absent = 0.0 if bucket.readable else None
    result: Figures = {(metric, part): absent for metric, wanted in parts.items() for part in wanted}
    result.update(((view, "count"), absent) for view in views)
    for datum in bucket.metrics or ():
        for part in parts.get(datum.metric, ()):
            value: float | None = getattr(datum.stats or _NOTHING, part)
            result[datum.metric, part] = wire.figure(value, datum.metric, oddities)
    for view in bucket.views or ():
        if view.name in views:
            result[view.name, "count"] = wire.figure((view.stats or _NOTHING).count, "views", oddities)
    return result


def added(one: Figures | None, other: Figures) -> Figures:
    """Return the sum of two stretches of time; of the second alone where there is no first."""
    return other if one is None else {key: plus(value, other[key]) for key, value in one.items()}


def queue(container: Container, asked: Collection[str], oddities: wire.Odd, *, named: bool) -> str | None:
    """Return the group's queue; None where it is not among those `asked` about.

    `named` says that the filter listed the queues; else the answer is about the whole org, and groups of
    other queues, or of none (calls between agents), are to be expected.

    Raises:
        Unintelligible: a group without a queue among named ones.
    """
    queue_id = container.group.get("queueId")
    if queue_id is not None and queue_id in asked:
        return queue_id
    if named:
        if queue_id is None:
            raise Unintelligible(f"{_WHAT} about named queues has a group without a queue")
        oddities["group", "unasked_queue"] += 1
    return None


def span(text: str | None) -> Interval | None:
    """Return the stretch of time a bucket names, None for what names none."""
    return None if text is None or len(text) > SPAN_LENGTH else _span(text)


@lru_cache(maxsize=4096)
def _span(text: str) -> Interval | None:
    """Return what `text` names. Remembered: groups share them."""
    start, _, end = text.partition("/")
    try:
        first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
        if first.tzinfo is None or last.tzinfo is None:
            return None
        return Interval(first.astimezone(UTC), last.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _repaired(raw: wire.Raw, *, known: Collection[str], oddities: wire.Odd) -> wire.Raw:
    return {"results": [_group(entry, known, oddities) for entry in wire.listed(raw, "results", what=_WHAT)]}


def _group(entry: wire.Raw, known: Collection[str], oddities: wire.Odd) -> wire.Raw:
    group, data = entry.get("group"), entry.get("data")
    if not isinstance(group, dict):
        raise Unintelligible(f"{_WHAT} has figures without a group")
    for name in _TIES:
        if not isinstance(group.get(name), str | None):
            raise Unintelligible(f"{_WHAT} has a group whose {name} is no text")
    named = {name: value for name, value in group.items() if isinstance(value, str)}
    odd = sum(value is not None and not isinstance(value, str) for value in group.values())
    if odd:
        oddities["group", "malformed"] += odd
    buckets, complete = _buckets(data, known, oddities)
    return {"group": named, "data": buckets, wire.READABLE: complete and not odd}


def _buckets(raw: object, known: Collection[str], oddities: wire.Odd) -> tuple[list[wire.Raw], bool]:
    """Return the buckets of a group, and whether all could be read."""
    if raw is None:
        return [], True
    kept = [entry for entry in raw if isinstance(entry, dict)] if isinstance(raw, list) else []
    complete = isinstance(raw, list) and len(kept) == len(raw)
    if not complete:
        oddities["data", "malformed"] += 1
    return [_bucket(entry, known, oddities) for entry in kept], complete


def _bucket(entry: wire.Raw, known: Collection[str], oddities: wire.Odd) -> wire.Raw:
    metrics, named = wire.entries(entry.get("metrics"), "metric", known, oddities)
    views, seen = wire.entries(entry.get("views"), "name", None, oddities)
    interval = entry.get("interval")
    return {
        "interval": interval if isinstance(interval, str) else None,
        "metrics": metrics,
        "views": views,
        wire.READABLE: named and seen,
    }
