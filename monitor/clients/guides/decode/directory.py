"""Reads lists of queues and of routing strategies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.clients.guides.decode.wire import Record, figure, frame, identity, part, rows, text, whole
from monitor.kit.text import clean
from monitor.model.org import Queue, Target

_MEDIA = {"call": "voice"}
"""A queue's settings say `call` where everything else says `voice` (GENESYS.md §7)."""
_QUEUES = "the queue directory"
_STRATEGIES = "the list of routing strategies"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """Some queues; how many pages and queues there are, None where the answer does not say."""

    queues: tuple[Queue, ...]
    page_count: int | None
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyPage:
    """Some strategies' ids with whether they are active; the number of pages."""

    active: dict[str, bool]
    page_count: int


def queue_page(body: bytes) -> QueuePage:
    """Read one page of queues. Raises Unintelligible."""
    record = frame(body, _QUEUES)
    return QueuePage(
        queues=tuple(_queue(row) for row in rows(record, "entities", _QUEUES)),
        page_count=whole(record, "pageCount"),
        total=whole(record, "total"),
    )


def strategy_page(body: bytes) -> StrategyPage:
    """Read one page of strategies. Raises Unintelligible."""
    record = frame(body, _STRATEGIES)
    return StrategyPage(
        active={
            identity(row, "id", _STRATEGIES): _active(row) for row in rows(record, "entities", _STRATEGIES)
        },
        page_count=whole(record, "pageCount") or 1,
    )


def _active(row: Record) -> bool:
    """Return whether a strategy is in use; one that does not say is."""
    said = row.get("active")
    state = text(row, "status") or text(row, "state")
    return said if isinstance(said, bool) else state.lower() in ("", "active")


def _queue(row: Record) -> Queue:
    queue_id = identity(row, "id", _QUEUES)
    division = part(row, "division") or {}
    return Queue(
        id=queue_id,
        name=clean(text(row, "name")) or queue_id,
        division_id=clean(text(division, "id")),
        division=clean(text(division, "name")),
        targets=tuple(_targets(part(row, "mediaSettings") or {})),
    )


def _targets(settings: Record) -> Iterator[Target]:
    unused: Counter[tuple[str, str]] = Counter()
    for media in settings:
        level = part(part(settings, media) or {}, "serviceLevel")
        if level is None:
            continue
        ratio = figure(level, "percentage", unused)
        millis = figure(level, "durationMs", unused)
        yield Target(
            media=_MEDIA.get(media, clean(media)),
            ratio=ratio if ratio is not None and ratio <= 1 else None,
            seconds=None if millis is None else millis / 1000,
        )
