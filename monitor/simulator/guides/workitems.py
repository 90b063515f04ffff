"""Guide 4: service level and backlog of work items: a query, its progress, its chunks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.simulator.asked import Asked, Document, Endpoint
from monitor.simulator.guides.figures import buckets
from monitor.simulator.guides.flaw import Flaw
from monitor.simulator.guides.moods import Moods
from monitor.simulator.guides.reading import LONGEST, Body, iso, read
from monitor.simulator.guides.shelf import Shelf
from monitor.simulator.world import World

MET, MISSED = "workitem.sla.met.count", "workitem.sla.notMet.count"
BACKLOG, WAIT = "workitem.assigned.count", "workitem.waitTime.seconds"

_GROUPINGS = {"PT1H": timedelta(hours=1), "PT30M": timedelta(minutes=30)}
# The guides' limit.
_METRICS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked; `queues` None means all."""

    metrics: tuple[str, ...]
    length: timedelta
    zone: ZoneInfo
    start: datetime
    end: datetime
    queues: frozenset[str] | None


@dataclass(slots=True, kw_only=True)
class _Query:
    """A query on its way: when and with which token it came, its fate, how often it was asked about."""

    at: datetime
    token: str
    chunks: list[list[Document]]
    hangs: bool
    error: str
    polls: int = 0
    answered: int = 0
    fetches: int = 0


class Workitems:
    """Answers over the workbench as it was when a query came in."""

    def __init__(self, world: World, moods: Moods) -> None:
        self._world = world
        self._moods = moods
        self._shelf: Shelf[_Query] = Shelf("query")

    def endpoints(self) -> list[Endpoint]:
        return [
            ("POST", "/api/v2/analytics/workitems/query", "workitems", self._submit),
            ("GET", "/api/v2/analytics/queries/{id}", "workitems_status", self._status),
            ("GET", "/api/v2/analytics/chunks/{id}/{number}", "workitems_chunk", self._chunk),
        ]

    def _submit(self, asked: Asked) -> Document:
        rows = list(self._rows(_parsed(read(asked))))
        size = self._moods.chunk_rows
        # No rows at all still make a chunk: an empty list of chunks means that they are not there yet.
        chunks = [rows[first : first + size] for first in range(0, max(len(rows), 1), size)]
        query = _Query(at=asked.at, token=asked.token, chunks=chunks, hangs=False, error="")
        if self._moods.hanging_queries > 0:
            self._moods.hanging_queries -= 1
            query.hangs = True
        elif self._moods.failing_queries > 0:
            self._moods.failing_queries -= 1
            query.error = self._moods.error_code
        return {"queryId": self._shelf.put(query, asked.at)}

    def _status(self, asked: Asked) -> Document:
        key = asked.path("id")
        query = self._shelf.get(key, asked.at)
        query.polls += 1
        early = query.polls <= self._moods.processing_polls
        if query.hangs or early or _age(query, asked) < self._moods.processing_seconds:
            return {"queryId": key, "status": "processing"}
        if query.error:
            return {"queryId": key, "status": "error", "errorCode": query.error}
        query.answered += 1
        base = self._moods.chunk_base or str(asked.request.base_url)
        return {"queryId": key, "status": "done", "chunks": self._listed(query, base.rstrip("/"), key)}

    def _listed(self, query: _Query, base: str, key: str) -> list[Document]:
        late, unnamed = self._moods.chunks_late_polls, self._moods.chunk_unnamed_polls
        if query.answered <= late:
            return []
        found: list[Document] = [
            {"downloadUrl": f"{base}/api/v2/analytics/chunks/{key}/{number}"}
            for number in range(1, len(query.chunks) + 1)
        ]
        return [*found[:-1], {}] if query.answered <= late + unnamed else found

    def _chunk(self, asked: Asked) -> Document:
        query, number = self._shelf.get(asked.path("id"), asked.at), asked.path("number")
        lapse = self._moods.chunk_token_seconds
        if lapse is not None and asked.token == query.token and _age(query, asked) >= lapse:
            raise Flaw(403, "The token has expired.")
        if not number.isdecimal() or not 1 <= int(number) <= len(query.chunks):
            raise Flaw(404, f"There is no chunk {number}.")
        query.fetches += 1
        if query.fetches <= self._moods.chunk_missing_fetches:
            raise Flaw(404, f"Chunk {number} is not there yet.")
        return {"data": query.chunks[int(number) - 1]}

    def _rows(self, asked: _Question) -> Iterator[Document]:
        for queue in self._world.centre.queues:
            if queue.workitems > 0 and (asked.queues is None or queue.id in asked.queues):
                for first, last in buckets(asked.start, asked.end, asked.length, asked.zone):
                    if first < self._world.now:
                        yield self._row(asked, queue.id, first, last)

    def _row(self, asked: _Question, queue_id: str, first: datetime, last: datetime) -> Document:
        """One queue and bucket: interval counts of its part in the span, the backlog at its end or now."""
        bench = self._world.workbench
        start, end = max(first, asked.start), min(last, asked.end)
        figures: dict[str, float] = {}
        met, missed = bench.met(queue_id, start, end), bench.missed(queue_id, start, end)
        if met + missed:
            figures |= {MET: met, MISSED: missed}
        moment = min(last, self._world.now)
        figures[BACKLOG] = bench.unassigned(queue_id, moment) + bench.assigned(queue_id, moment)
        if waits := bench.waited(queue_id, start, end):
            figures[WAIT] = sum(waits) / len(waits) / 1000
        shown = {name: figures[name] for name in asked.metrics if name in figures}
        return {"queue.id": queue_id, "timeBucket": iso(first), **shown}


def _age(query: _Query, asked: Asked) -> float:
    return (asked.at - query.at).total_seconds()


def _parsed(body: Body) -> _Question:
    metrics = body.texts("metrics")
    if len(metrics) > _METRICS:
        raise body.flaw("metrics", f"has {len(metrics)} members, more than {_METRICS}")
    start, end = body.span("dateFrom", "dateTo", LONGEST)
    body.texts("groups", ("queue.id",))
    body.only("queryType", "workitems")
    return _Question(
        metrics=body.texts("metrics", (MET, MISSED, BACKLOG, WAIT)),
        length=_GROUPINGS[body.only("timeGrouping", *_GROUPINGS)],
        zone=_zone(body),
        start=start,
        end=end,
        queues=_queues(body),
    )


def _zone(body: Body) -> ZoneInfo:
    name = body.text("timezone") or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise body.flaw("timezone", "is not a time zone") from error


def _queues(body: Body) -> frozenset[str] | None:
    if "filters" not in body.fields:
        return None
    filters = body.inner("filters")
    filters.only("type", "and")
    queues: frozenset[str] | None = None
    for clause in filters.several("clauses"):
        clause.only("type", "in")
        values = clause.texts("values")
        if clause.only("dimension", "queue.id", "workitem.status") == "queue.id":
            queues = frozenset(values)
    return queues
