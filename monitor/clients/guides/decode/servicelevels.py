"""Reads counts of answered conversations, and joins those within a threshold to those answered at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.clients.guides import endpoints as ask
from monitor.clients.guides.decode.wire import Counts, Record, figure, frame, identity, part, rows, text
from monitor.model.errors import Unintelligible
from monitor.model.interval import Interval
from monitor.model.measure import plus
from monitor.model.observation import Figure, QueueService, ServiceLevels
from monitor.model.org import ALL_MEDIA

_WHAT = "the answer about answered conversations"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredPage:
    """What one page says: (queue, count) in its order, queues it says nothing readable of, the next token."""

    counts: tuple[tuple[str, Figure], ...]
    unknown: frozenset[str]
    token: str | None
    oddities: Counts


@dataclass(slots=True)
class Answered:
    """The counts of all pages of one query."""

    counts: dict[str, Figure] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def add(self, page: AnsweredPage) -> None:
        """Add a page; a queue may stand on several."""
        self.unknown |= page.unknown
        for queue_id, count in page.counts:
            self.counts[queue_id] = plus(self.counts.get(queue_id, 0.0), count)

    def of(self, queue_id: str) -> Figure:
        """Return a queue's count: 0 where no page shows it (GUIDES.md §2, correction)."""
        return None if queue_id in self.unknown else self.counts.get(queue_id, 0.0)


def answered_page(body: bytes, asked: Collection[str]) -> AnsweredPage:
    """Read one page. Raises Unintelligible."""
    record = frame(body, _WHAT)
    oddities: Counts = Counter()
    counts: list[tuple[str, Figure]] = []
    unknown: set[str] = set()
    for row in rows(record, "entities", _WHAT):
        queue_id = identity(part(row, "queue") or {}, "id", _WHAT)
        metrics = part(row, "metrics")
        if queue_id not in asked:
            oddities["queue", "unasked"] += 1
        elif metrics is None:
            oddities["metrics", "malformed"] += 1
            unknown.add(queue_id)
        else:
            counts.append((queue_id, _count(metrics, oddities)))
    token = record.get("pageToken")
    if token is not None and not isinstance(token, str):
        raise Unintelligible(f"{_WHAT} has a next page that cannot be asked for")
    return AnsweredPage(
        counts=tuple(counts), unknown=frozenset(unknown), token=text(record, "pageToken"), oddities=oddities
    )


def _count(metrics: Record, oddities: Counts) -> Figure:
    if ask.ANSWERED not in metrics:
        return 0.0
    count = part(metrics, ask.ANSWERED)
    if count is None or "count" not in count:
        oddities[ask.ANSWERED, "malformed"] += 1
        return None
    return figure(count, "count", oddities, field=ask.ANSWERED)


def service_levels(
    interval: Interval, answered: Answered, within: Mapping[float, Answered], oddities: Sequence[Counts]
) -> ServiceLevels:
    """Join the queries of one interval; `within` is keyed by threshold in seconds.

    More within a threshold than at all is impossible: that figure is unknown.
    """
    odd: Counts = Counter()
    for counted in oddities:
        odd.update(counted)
    strays = {queue for found in within.values() for queue, count in found.counts.items() if count != 0}
    strays -= answered.counts.keys() | answered.unknown
    if strays:
        odd["queue", "inconsistent"] += len(strays)
    return ServiceLevels(
        interval=interval,
        queues=tuple(
            QueueService(
                queue_id=queue_id,
                media=ALL_MEDIA,
                answered=count,
                within={
                    threshold: _possible(found.of(queue_id), count, odd)
                    for threshold, found in within.items()
                },
            )
            for queue_id, count in answered.counts.items()
            if queue_id not in answered.unknown
        ),
        unknown=frozenset(answered.unknown | strays),
        oddities=dict(odd),
    )


def _possible(count: Figure, of: Figure, oddities: Counts) -> Figure:
    if count is not None and of is not None and count > of:
        oddities[ask.ANSWERED, "inconsistent"] += 1
        return None
    return count
