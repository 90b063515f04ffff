"""Reads what queues answered: aggregate answers in, one row per queue and media type out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitor.clients.platform.decode import aggregates, wire
from monitor.clients.platform.decode.aggregates import Bucket, Figures, Parts
from monitor.kit.text import clean
from monitor.model.interval import Interval
from monitor.model.measure import plus
from monitor.model.observation import Figure, QueueService, ServiceLevels, together

_LEVEL = "oServiceLevel"
PARTS: Parts = {
    "nOffered": ("count",),
    "nOverSla": ("count",),
    "oServiceLevel": ("numerator", "denominator"),
    "tAbandon": ("count",),
    "tAnswered": ("count", "sum"),
    "tFlowOut": ("count",),
    "tHandle": ("count", "sum"),
    "tShortAbandon": ("count",),
    "tWait": ("count", "sum"),
}
"""What is read of a full answer."""
FURTHER: Parts = {"tAnswered": ("count",)}
"""What is read of the answers that only add thresholds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The question an answer belongs to.

    `views` maps the name of a view to its threshold in seconds. `named` says that the filter listed the
    queues; else the answer is about the whole org.
    """

    queue_ids: frozenset[str]
    interval: Interval
    views: Mapping[str, float]
    parts: Parts = field(default_factory=lambda: PARTS)
    named: bool = True


def service_levels(bodies: Sequence[bytes], asked: Asked) -> ServiceLevels:
    """Read all pages of one answer. Raises Unintelligible."""
    oddities: wire.Odd = Counter()
    rows: dict[tuple[str, str], Figures] = {}
    unknown: set[str] = set()
    for body in bodies:
        for container in aggregates.page(body, asked.parts, oddities).results:
            queue_id = aggregates.queue(container, asked.queue_ids, oddities, named=asked.named)
            if queue_id is None:
                continue
            media = container.group.get("mediaType")
            if media is None or not container.readable:
                oddities["group", "unreadable"] += 1
                unknown.add(queue_id)
                continue
            key = queue_id, clean(media)
            for bucket in container.data or ():
                rows[key] = aggregates.added(rows.get(key), _figures(bucket, asked, oddities))
    return ServiceLevels(
        interval=asked.interval,
        queues=tuple(
            _row(*key, found, asked.views, oddities) for key, found in rows.items() if key[0] not in unknown
        ),
        unknown=frozenset(unknown),
        oddities=dict(oddities),
    )


def _figures(bucket: Bucket, asked: Asked, oddities: wire.Odd) -> Figures:
    """Return a bucket's figures; a service level left out is 0 of 0 only where nothing was counted."""
    found = aggregates.figures(bucket, asked.parts, asked.views, oddities)
    parts = asked.parts.get(_LEVEL, ())
    if not parts or any(datum.metric == _LEVEL for datum in bucket.metrics or ()):
        return found
    if plus(found["tAnswered", "count"], found["tAbandon", "count"]) != 0:
        found.update({(_LEVEL, part): None for part in parts})
    return found


def _possible(within: Mapping[float, Figure], answered: Figure, oddities: wire.Odd) -> Mapping[float, Figure]:
    """Return counts by threshold; more within a threshold than at all is impossible, and unknown then."""
    result = dict(within)
    for threshold, count in within.items():
        if count is not None and answered is not None and count > answered:
            oddities["views", "inconsistent"] += 1
            result[threshold] = None
    return result


def _row(
    queue_id: str, media: str, found: Figures, views: Mapping[str, float], oddities: wire.Odd
) -> QueueService:
    answered = found["tAnswered", "count"]
    within = {threshold: found[view, "count"] for view, threshold in views.items()}
    met, counted = found.get((_LEVEL, "numerator")), found.get((_LEVEL, "denominator"))
    if met is not None and counted is not None and met > counted:
        oddities[_LEVEL, "inconsistent"] += 1
        met = counted = None
    return QueueService(
        queue_id=queue_id,
        media=media,
        answered=answered,
        within=_possible(within, answered, oddities),
        offered=found.get(("nOffered", "count")),
        abandoned=found.get(("tAbandon", "count")),
        short_abandoned=found.get(("tShortAbandon", "count")),
        flowed_out=found.get(("tFlowOut", "count")),
        over_sla=found.get(("nOverSla", "count")),
        answer_seconds=wire.seconds(found.get(("tAnswered", "sum"))),
        waited=found.get(("tWait", "count")),
        wait_seconds=wire.seconds(found.get(("tWait", "sum"))),
        handled=found.get(("tHandle", "count")),
        handle_seconds=wire.seconds(found.get(("tHandle", "sum"))),
        level_met=met,
        level_counted=counted,
    )


def joined(first: ServiceLevels, others: Sequence[tuple[ServiceLevels, Sequence[float]]]) -> ServiceLevels:
    """Return the first answer with the thresholds that the others add, each with those it was asked for."""
    rows = {(row.queue_id, row.media): row for row in first.queues}
    inconsistent: wire.Odd = Counter()
    for other, thresholds in others:
        more = {(row.queue_id, row.media): row.within for row in other.queues}
        for key, row in rows.items():
            nothing: Figure = None if key[0] in other.unknown else 0.0
            further = more.get(key) or dict.fromkeys(thresholds, nothing)
            within = _possible(further, row.answered, inconsistent)
            rows[key] = replace(row, within={**row.within, **within})
    return replace(
        first,
        queues=tuple(rows.values()),
        oddities=together([first.oddities, *(other.oddities for other, _ in others), inconsistent]),
    )
