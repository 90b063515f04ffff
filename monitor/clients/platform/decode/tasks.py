"""Reads work items: aggregate answers by queue in, buckets out; a queue's state right now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from functools import partial

import msgspec

from monitor.clients.platform.decode import aggregates, wire
from monitor.clients.platform.decode.aggregates import Bucket, Figures, Parts
from monitor.model.interval import Interval
from monitor.model.measure import plus
from monitor.model.observation import Figure, Oddities, WorkitemBucket, Workitems, WorkitemState

PARTS: Parts = {"oWorkitemsServiceLevel": ("numerator", "denominator")}
LIVE_METRICS = (
    "oWorkitemsUnassigned",
    "oWorkitemsAssigned",
    "oWorkitemsOverDue",
    "oWorkitemOldestUnassigned",
)
"""What is asked about a queue's work items right now."""

_WHAT = "the work-item answer"
_LEVEL = "oWorkitemsServiceLevel"


def workitems(body: bytes, asked: Collection[str], interval: Interval, *, named: bool) -> Workitems:
    """Read the buckets of the queues `asked`; `named` says that the filter listed them.

    Raises:
        Unintelligible: not this operation's shape, or a group without a queue among named ones.
    """
    oddities: wire.Odd = Counter()
    rows: dict[tuple[str, Interval], Figures] = {}
    unknown: set[str] = set()
    for container in aggregates.page(body, PARTS, oddities).results:
        queue_id = aggregates.queue(container, asked, oddities, named=named)
        if queue_id is None:
            continue
        spans = [(aggregates.span(bucket.interval), bucket) for bucket in container.data or ()]
        lost = sum(span is None for span, _ in spans)
        if lost:
            oddities["interval", "malformed"] += lost
        if lost or not container.readable:
            unknown.add(queue_id)
        for span, bucket in spans:
            if span is not None:
                _add(rows, (queue_id, span), bucket, oddities)
    return Workitems(
        interval=interval,
        buckets=tuple(_bucket(*key, rows[key], oddities) for key in sorted(rows) if key[0] not in unknown),
        unknown=frozenset(unknown),
        oddities=dict(oddities),
    )


def _add(
    rows: dict[tuple[str, Interval], Figures],
    key: tuple[str, Interval],
    bucket: Bucket,
    oddities: wire.Odd,
) -> None:
    if bucket.metrics or not bucket.readable:
        rows[key] = aggregates.added(rows.get(key), aggregates.figures(bucket, PARTS, (), oddities))


def _bucket(queue_id: str, span: Interval, found: Figures, oddities: wire.Odd) -> WorkitemBucket:
    met, counted = found[_LEVEL, "numerator"], found[_LEVEL, "denominator"]
    missed = None if met is None or counted is None else wire.figure(counted - met, _LEVEL, oddities)
    return WorkitemBucket(queue_id=queue_id, interval=span, met=met, missed=missed)


class _Stats(msgspec.Struct, gc=False):
    count: float | None = None
    max: float | None = None
    start: float | None = msgspec.field(default=None, name="calculatedMetricValue")


class _Datum(msgspec.Struct, gc=False):
    metric: str
    stats: _Stats | None = None


class _Group(msgspec.Struct, gc=False):
    queue_id: str = msgspec.field(name="queueId")


class _Result(msgspec.Struct, gc=False):
    group: _Group
    data: list[_Datum] | None = None
    readable: bool = msgspec.field(default=True, name=wire.READABLE)


class _Answer(msgspec.Struct, gc=False):
    results: list[_Result]


_DECODER = msgspec.json.Decoder(_Answer)


def state(body: bytes, queue_id: str, received_at: datetime) -> tuple[WorkitemState, Oddities]:
    """Read how one queue's work items are right now, and what was odd. Raises Unintelligible."""
    oddities: wire.Odd = Counter()
    answer = wire.decoded(body, _DECODER, partial(_repaired, oddities=oddities), what=_WHAT)
    data: dict[str, _Stats] = {}
    own = [result for result in answer.results if result.group.queue_id == queue_id]
    foreign = len(answer.results) - len(own)
    if foreign:
        oddities["group", "unasked_queue"] += foreign
    # No group is no work item; groups of other queues alone say nothing about this one.
    absent: Figure = 0.0 if all(result.readable for result in own) and (own or not foreign) else None
    for result in own:
        data.update((datum.metric, datum.stats or _Stats()) for datum in result.data or ())
    counts = {
        metric: wire.figure(data[metric].count, metric, oddities) if metric in data else absent
        for metric in LIVE_METRICS[:3]
    }
    unassigned = counts["oWorkitemsUnassigned"]
    return WorkitemState(
        queue_id=queue_id,
        backlog=plus(unassigned, counts["oWorkitemsAssigned"]),
        unassigned=unassigned,
        overdue=counts["oWorkitemsOverDue"],
        oldest_unassigned=_oldest(data.get(LIVE_METRICS[3]), unassigned, received_at, oddities),
    ), dict(oddities)


def _oldest(stats: _Stats | None, unassigned: Figure, now: datetime, oddities: wire.Odd) -> Figure:
    """Return the age in seconds of the oldest unassigned work item.

    The vendor's model carries it in `max` and does not say whether that is a date or an age, both in
    milliseconds; no work item is as old as 1970, so the size tells them apart.
    """
    if unassigned == 0:
        return 0.0
    if stats is None:
        return None
    value = stats.start if stats.start is not None else stats.max
    if stats.start is None and value is not None and 0 <= value < wire.EARLIEST_START:
        return round(value / 1000, 3)
    return wire.age(value, LIVE_METRICS[3], now.timestamp() * 1000, oddities)


def _repaired(raw: wire.Raw, *, oddities: wire.Odd) -> wire.Raw:
    results: list[wire.Raw] = []
    for entry in wire.listed(raw, "results", what=_WHAT):
        data, complete = wire.entries(entry.get("data"), "metric", LIVE_METRICS, oddities)
        results.append({"group": wire.named(entry), "data": data, wire.READABLE: complete})
    return {"results": results}
