"""Reads realtime statistics. An absent or null metric is unknown here, not 0 (GUIDES.md §1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from monitor.clients.guides import endpoints as ask
from monitor.clients.guides.decode.wire import Counts, Record, figure, frame, identity, part, rows
from monitor.model.errors import Unintelligible
from monitor.model.observation import Averages, Figure, Interactions, QueueObservations, Staffing
from monitor.model.org import ALL_MEDIA

_WHAT = "the answer about queue statistics"


def observations(bodies: Iterable[bytes], asked: Sequence[str]) -> QueueObservations:
    """Read the answers about the queues `asked`; one that no answer shows has unknown figures.

    Raises:
        Unintelligible: a frame is broken, a queue has no id, or no answer shows any queue asked about.
    """
    oddities: Counts = Counter()
    metrics: dict[str, Record] = {}
    wanted = frozenset(asked)
    for body in bodies:
        for queue_id, row in _queues(body, wanted, oddities):
            if queue_id in metrics:
                oddities["queue", "repeated"] += 1
                continue
            metrics[queue_id] = _metrics(row, oddities)
    if asked and not metrics:
        raise Unintelligible(f"the answer shows none of the {len(asked)} queues asked about")
    missing = len(wanted) - len(metrics)
    if missing:
        oddities["queue", "missing"] += missing
    return _observed([(queue_id, metrics.get(queue_id, {})) for queue_id in asked], oddities)


def _queues(body: bytes, wanted: Collection[str], oddities: Counts) -> Iterator[tuple[str, Record]]:
    """Yield every queue of every division that was asked about."""
    for division in rows(frame(body, _WHAT), "divisions", _WHAT):
        if division.get("queues") is None:
            oddities["division", "malformed"] += 1
            continue
        for row in rows(division, "queues", _WHAT):
            queue_id = identity(row, "id", _WHAT)
            if queue_id in wanted:
                yield queue_id, row
            else:
                oddities["queue", "unasked"] += 1


def _metrics(row: Record, oddities: Counts) -> Record:
    metrics = part(row, "metrics")
    if metrics is None:
        oddities["metrics", "malformed"] += 1
    return metrics or {}


def _observed(queues: Sequence[tuple[str, Record]], oddities: Counts) -> QueueObservations:
    return QueueObservations(
        interactions=tuple(
            Interactions(queue_id=queue_id, media=ALL_MEDIA, waiting=figure(metrics, ask.WAITING, oddities))
            for queue_id, metrics in queues
        ),
        staffing=tuple(
            Staffing(
                queue_id=queue_id,
                available=figure(metrics, ask.AVAILABLE, oddities),
                busy=figure(metrics, ask.BUSY, oddities),
            )
            for queue_id, metrics in queues
        ),
        averages=tuple(
            Averages(
                queue_id=queue_id,
                handle=_seconds(metrics, ask.AVERAGE_HANDLE, oddities),
                wait=_seconds(metrics, ask.AVERAGE_WAIT, oddities),
            )
            for queue_id, metrics in queues
        ),
        oddities=dict(oddities),
    )


def _seconds(metrics: Record, name: str, oddities: Counts) -> Figure:
    millis = figure(metrics, name, oddities)
    return None if millis is None else millis / 1000
