"""What goes on in a queue right now, read out of a batch of the source `queues`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.model.board import MediaLine
from monitor.model.measure import total
from monitor.model.org import ALL_MEDIA
from monitor.model.sample import Rows, SampleBatch, Table, Value

WAITING, INTERACTING = "queue_waiting", "queue_interacting"
LONGEST = "queue_longest_wait_seconds"
ON_QUEUE, AVAILABLE, BUSY = "queue_agents_on_queue", "queue_agents_available", "queue_agents_busy"

Reading = Callable[[int], Value]
"""Row of a table → one metric's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One queue right now; unknown is None."""

    media: tuple[MediaLine, ...] = ()
    waiting: Value = None
    interacting: Value = None
    longest_wait: Value = None
    on_queue: Value = None
    available: Value = None


UNKNOWN = Live()


@dataclass(slots=True)
class LiveReader:
    """Reads queue by queue; remembers where each stands as long as the rows stay the same."""

    _batch: SampleBatch | None = field(default=None, init=False)
    _media: _Places = field(init=False)
    _staff: _Places = field(init=False)
    _columns: tuple[Reading, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._media, self._staff = _Places(), _Places()

    def turn(self, batch: SampleBatch) -> None:
        """Read out of `batch` from now on."""
        media, staff = _having(batch, WAITING), _having(batch, AVAILABLE)
        self._batch = batch
        self._media.turn(media)
        self._staff.turn(staff)
        self._columns = (
            *(_reading(media, metric) for metric in (WAITING, INTERACTING, LONGEST)),
            *(_reading(staff, metric) for metric in (ON_QUEUE, AVAILABLE, BUSY)),
        )

    def read(self, queue_id: str) -> Live:
        """Return one queue. One that was answered for and shows no media type has nothing there."""
        if self._batch is None or queue_id not in self._batch.queues:
            return UNKNOWN
        waiting, interacting, longest, on_queue, available, busy = self._columns
        staff = next((row for _, row in self._staff.of(queue_id)), -1)
        media = tuple(
            MediaLine(
                media=kind,
                waiting=waiting(row),
                interacting=_served(kind, interacting(row), busy(staff)),
                longest_wait=longest(row),
            )
            for kind, row in self._media.of(queue_id)
        )
        return Live(
            media=media,
            waiting=total(one.waiting for one in media),
            interacting=total(one.interacting for one in media),
            longest_wait=_longest([one.longest_wait for one in media]),
            on_queue=on_queue(staff),
            available=available(staff),
        )


@dataclass(slots=True)
class _Places:
    """Where each queue's rows stand in a table, with their media type."""

    _rows: Rows | None = None
    _known: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)

    def turn(self, table: Table | None) -> None:
        """Find the rows of another table; nothing is done where they are the same."""
        rows = None if table is None else table.rows
        if rows is not self._rows:
            self._rows, self._known = rows, {} if rows is None else _placed(rows)

    def of(self, queue_id: str) -> Sequence[tuple[str, int]]:
        """Return media type and row number, voice first."""
        return self._known.get(queue_id, ())


def _placed(rows: Rows) -> dict[str, list[tuple[str, int]]]:
    queue, media = rows.names.index("queue_id"), _index(rows, "media")
    found: dict[str, list[tuple[str, int]]] = {}
    for row, values in enumerate(rows.values):
        found.setdefault(values[queue], []).append(("" if media is None else values[media], row))
    for several in found.values():
        several.sort(key=lambda one: (one[0] != "voice", one[0]))
    return found


def _index(rows: Rows, label: str) -> int | None:
    return rows.names.index(label) if label in rows.names else None


def _having(batch: SampleBatch, metric: str) -> Table | None:
    return next((table for table in batch.tables if metric in table.columns), None)


def _reading(table: Table | None, metric: str) -> Reading:
    """Return what reads a column; -1 is a row that is not there."""
    column = None if table is None else table.columns.get(metric)
    if column is None:
        return lambda _row: None
    return lambda row: None if row < 0 else column[row]


def _served(media: str, interacting: Value, busy: Value) -> Value:
    """Return how many are served. The guides do not say, yet where no agent is busy it is nobody."""
    return 0.0 if interacting is None and media == ALL_MEDIA and busy == 0 else interacting


def _longest(waits: Sequence[Value]) -> Value:
    """Return the longest; unknown if any is, for that one may be the longest. Of nothing it is 0."""
    known = [wait for wait in waits if wait is not None]
    return max(known, default=0.0) if len(known) == len(waits) else None
