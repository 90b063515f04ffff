"""Reads the answers about a work item query: its id, its state, its chunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from monitor.clients.guides import endpoints as ask
from monitor.clients.guides.decode.wire import (
    Counts,
    Record,
    date,
    figure,
    frame,
    identity,
    rows,
    text,
)
from monitor.kit.text import clean
from monitor.model.errors import Unintelligible
from monitor.model.interval import Interval
from monitor.model.observation import WorkitemBucket, Workitems, together

_SUBMITTED = "the answer to a new work item query"
_STATE = "the state of a work item query"
_CHUNK = "a chunk of work items"
_UNFINISHED = frozenset({"processing", "queued", "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryState:
    """How far a query is. `links` are its chunks' addresses, an empty one where an entry has none yet."""

    done: bool
    error: str
    links: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether there are chunks, all with an address."""
        return bool(self.links) and all(self.links)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The buckets of one segment; `whole` holds the keys of those that lie entirely within it."""

    buckets: dict[tuple[str, datetime], WorkitemBucket]
    whole: frozenset[tuple[str, datetime]]
    unknown: frozenset[str]
    oddities: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a query asked: queues, a segment of the whole interval, buckets of so many seconds, and a zone."""

    queues: Collection[str]
    segment: Interval
    interval: Interval
    bucket: float
    zone: tzinfo


def query_id(body: bytes) -> str:
    """Return the id of a query just submitted. Raises Unintelligible."""
    return identity(frame(body, _SUBMITTED), "queryId", _SUBMITTED)


def query_state(body: bytes) -> QueryState:
    """Read how far a query is. Raises Unintelligible for a state the guides do not name."""
    record = frame(body, _STATE)
    status = text(record, "status").lower()
    if status not in _UNFINISHED | {"done", "error"}:
        raise Unintelligible(f"{_STATE} is none we know")
    failed = status == "error"
    chunks = record.get("chunks")
    entries = chunks if isinstance(chunks, list) else []
    return QueryState(
        done=status == "done",
        error=(clean(text(record, "errorCode")) or "no errorCode") if failed else "",
        links=tuple(text(entry, "downloadUrl") if isinstance(entry, dict) else "" for entry in entries),
    )


def chunk(body: bytes, asked: Asked) -> Chunk:
    """Read one chunk. Raises Unintelligible for a broken frame or a row without queue."""
    oddities: Counts = Counter()
    buckets: dict[tuple[str, datetime], WorkitemBucket] = {}
    unknown: set[str] = set()
    for row in rows(frame(body, _CHUNK), "data", _CHUNK):
        queue_id = identity(row, "queue.id", _CHUNK)
        start = date(text(row, "timeBucket").partition("/")[0], asked.zone)
        if queue_id not in asked.queues:
            oddities["queue.id", "unasked"] += 1
        elif start is None:
            oddities["timeBucket", "malformed"] += 1
            unknown.add(queue_id)
        elif start >= asked.segment.end or _end(start, asked) <= asked.segment.start:
            oddities["timeBucket", "outside"] += 1
        elif (queue_id, start) in buckets:
            oddities["timeBucket", "repeated"] += 1
        else:
            buckets[queue_id, start] = _bucket(row, queue_id, start, asked, oddities)
    return Chunk(
        buckets=buckets,
        whole=frozenset(key for key in buckets if _is_whole(key[1], asked)),
        unknown=frozenset(unknown),
        oddities=oddities,
    )


def workitems(interval: Interval, chunks: Iterable[Chunk]) -> Workitems:
    """Join all chunks; of two buckets of the same queue and start the whole one stays, else the later."""
    several = tuple(chunks)
    buckets: dict[tuple[str, datetime], WorkitemBucket] = {}
    whole: set[tuple[str, datetime]] = set()
    for one in several:
        buckets |= {
            key: bucket for key, bucket in one.buckets.items() if key not in whole or key in one.whole
        }
        whole |= one.whole
    return Workitems(
        interval=interval,
        buckets=tuple(buckets[key] for key in sorted(buckets)),
        unknown=frozenset().union(*(one.unknown for one in several)),
        oddities=together(one.oddities for one in several),
    )


def _bucket(row: Record, queue_id: str, start: datetime, asked: Asked, oddities: Counts) -> WorkitemBucket:
    """Read one row; events that are not mentioned did not happen, a snapshot or mean is unknown then."""
    return WorkitemBucket(
        queue_id=queue_id,
        interval=Interval(start, min(_end(start, asked), asked.interval.end)),
        met=figure(row, ask.MET, oddities, absent=0.0),
        missed=figure(row, ask.MISSED, oddities, absent=0.0),
        backlog=figure(row, ask.BACKLOG, oddities),
        wait_seconds=figure(row, ask.WAIT, oddities),
    )


def _is_whole(start: datetime, asked: Asked) -> bool:
    return asked.segment.start <= start and _end(start, asked) <= asked.segment.end


def _end(start: datetime, asked: Asked) -> datetime:
    """Return where a bucket ends; days are the zone's, so that one of them may have 23 or 25 hours."""
    length = timedelta(seconds=asked.bucket)
    if asked.bucket % ask.DAY:
        return start + length
    return (start.astimezone(asked.zone) + length).astimezone(UTC)
