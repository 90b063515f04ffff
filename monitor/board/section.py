"""One org's part of the wall: its queues, and what is known of each.

In: this org's poll results, in any order, several at a time. Out: its lines, exchanged whole. What may not
happen: that other things wait while thousands of queues are worked through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.board.choice import Targets, targets_of
from monitor.board.labelling import Labelling, Labels
from monitor.board.levels import NOTHING, LevelReader, Service
from monitor.board.live import UNKNOWN, Live, LiveReader
from monitor.board.trends import NOTHING as NO_TREND
from monitor.board.trends import Trend
from monitor.model.board import QueueLine
from monitor.model.rule import Rule
from monitor.model.sample import PollResult, SampleBatch

BREATH = 100
"""Queues worked through between two breaths: 2 to 5 ms."""

DIRECTORY, QUEUES, SERVICE_LEVEL = "directory", "queues", "service_level"


@dataclass(slots=True)
class _Row:
    """All that is known of one queue, and the line that says it."""

    name: str
    division: str
    live: Live = UNKNOWN
    service: Service = NOTHING
    trend: Trend = NO_TREND
    labels: Labels = ()
    line: QueueLine | None = None


@dataclass(slots=True)
class Section:
    """The queues of one org, in the directory's order; those that left it are forgotten."""

    org: str
    lines: tuple[QueueLine, ...] = field(default=(), init=False)
    by_id: Mapping[str, QueueLine] = field(default_factory=dict, init=False)
    batches: dict[str, SampleBatch] = field(default_factory=dict, init=False)
    _rows: dict[str, _Row] = field(default_factory=dict, init=False)
    _targets: Targets = field(default_factory=dict, init=False)
    _live: LiveReader = field(default_factory=LiveReader, init=False)
    _levels: LevelReader = field(default_factory=LevelReader, init=False)
    _labelling: Labelling = field(init=False)
    _minute: int | None = field(default=None, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __post_init__(self) -> None:
        self._labelling = Labelling(self.org)

    async def take(self, result: PollResult, rules: Sequence[Rule], minute: int) -> None:
        """Take one result; `minute` is counted from anywhere, only forward. A failure only lets time pass."""
        async with self._lock:
            passed = 0 if self._minute is None else minute - self._minute
            self._minute = minute
            source = result.source if isinstance(result, SampleBatch) else ""
            if isinstance(result, SampleBatch):
                self.batches[source] = result
                for _ in self._read(result, rules):
                    await asyncio.sleep(0)
            if source or passed:
                await self._write(source, passed)

    def _read(self, batch: SampleBatch, rules: Sequence[Rule]) -> Iterator[None]:
        """Turn to what is new; yields where others may have their turn."""
        if batch.source == DIRECTORY:
            self._enlist(batch)
        if batch.source == QUEUES:
            self._live.turn(batch)
        levels = self.batches.get(SERVICE_LEVEL)
        if levels is not None and batch.source in (SERVICE_LEVEL, DIRECTORY):
            yield from self._levels.turn(levels, self._targets)
        yield from self._labelling.turn(rules, self.batches.values())

    def _enlist(self, batch: SampleBatch) -> None:
        """Take the queues as the directory shows them now."""
        info = (table.rows for table in batch.tables if "queue_info" in table.columns)
        names = ("queue_id", "queue", "division")
        rows: dict[str, _Row] = {}
        for one in info:
            places = [one.names.index(name) for name in names]
            for values in one.values:
                queue_id, name, division = (values[place] for place in places)
                row = rows[queue_id] = self._rows.get(queue_id) or _Row(name, division)
                if (row.name, row.division) != (name, division):
                    row.name, row.division, row.line = name, division, None
        self._rows = rows
        targets = targets_of(batch)
        if targets != self._targets:
            self._targets = targets

    async def _write(self, source: str, passed: int) -> None:
        """Write the lines anew, those of which something changed."""
        for count, (queue_id, row) in enumerate(self._rows.items()):
            if count % BREATH == 0:
                await asyncio.sleep(0)
            self._update(queue_id, row, source, passed)
        lines = {queue_id: row.line for queue_id, row in self._rows.items() if row.line is not None}
        if list(map(id, lines.values())) != list(map(id, self.lines)):
            self.by_id, self.lines = lines, tuple(lines.values())

    def _update(self, queue_id: str, row: _Row, source: str, passed: int) -> None:
        live = self._live.read(queue_id) if source in (QUEUES, DIRECTORY) else row.live
        service = self._levels.read(queue_id) if source in (SERVICE_LEVEL, DIRECTORY) else row.service
        trend = row.trend.moved(passed)
        if source == QUEUES:
            trend = trend.waited(live.waiting)
        level = service.level
        if source == SERVICE_LEVEL and level is not None:
            trend = trend.attained((level.media, level.window, level.threshold), level.ratio)
        labels = self._labelling.of(queue_id)
        new = (
            row.live if live == row.live else live,
            row.service if service == row.service else service,
            trend,
            labels,
        )
        if row.line is None or any(
            one is not before
            for one, before in zip(new, (row.live, row.service, row.trend, row.labels), strict=True)
        ):
            row.live, row.service, row.trend, row.labels = new
            row.line = _line(self.org, queue_id, row)


def _line(org: str, queue_id: str, row: _Row) -> QueueLine:
    live, service = row.live, row.service
    return QueueLine(
        org=org,
        queue_id=queue_id,
        queue=row.name,
        division=row.division,
        labels=row.labels,
        media=live.media,
        waiting=live.waiting,
        interacting=live.interacting,
        longest_wait=live.longest_wait,
        agents_on_queue=live.on_queue,
        agents_available=live.available,
        level=service.level,
        levels=service.levels,
        trend=row.trend.ratios,
        waits=row.trend.waits,
    )
