"""The source `workitems`: today's service level and backlog of work that is not an interaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model.catalogue import METRICS
from monitor.model.interval import Interval
from monitor.model.measure import Count, Ratio, Snapshot
from monitor.model.observation import WorkitemBucket, Workitems, WorkitemState
from monitor.model.org import Queue, Selection
from monitor.model.sample import SampleBatch, Table, Value
from monitor.ports import Clock, Platform, Telemetry
from monitor.sources.directory import DirectorySource
from monitor.sources.laying import Columns, Layout
from monitor.sources.selecting import select
from monitor.sources.windows import midnight

LEVELS = ("workitem_sla_ratio", "workitem_sla_met", "workitem_sla_missed")
PRESENT = ("workitem_unassigned", "workitem_overdue", "workitem_oldest_unassigned_seconds")
PAST = ("workitem_backlog_change", "workitem_backlog_daily_peak")
"""The metrics of the first table, those the second has on the platform alone, and those of the third."""


@dataclass(slots=True)
class WorkitemsSource:
    """Asks about the local day and the bucket before it, which the first change is taken against.

    An answer about less than the day (a gateway that could not do it all) has no service level of the day.

    A queue is shown from its first work item on. What there is right now, and what that is compared with,
    stand in tables of their own, because there absent is not 0: a queue of which it was not read (the
    platform tells it of a few queues a poll, the guides of those with a row) has a row without values there,
    so that its alerts hold.

    The platform knows the backlog only as it is now, so what it was at the end of each bucket is remembered
    here; after a restart it is unknown again, and so is the peak of a day with a bucket that was not watched.
    """

    org: str
    dialect: str
    platform: Platform
    directory: DirectorySource
    selection: Selection
    bucket: float
    zone: str
    clock: Clock
    telemetry: Telemetry
    name: str = "workitems"
    _shown: dict[str, None] = field(default_factory=dict, init=False)
    _ends: dict[str, dict[datetime, Snapshot]] = field(default_factory=dict, init=False)
    _layout: Layout = field(default_factory=Layout, init=False)

    async def poll(self, *, deadline: float) -> SampleBatch:
        """Ask once about every selected queue. Raises PlatformError."""
        queues = select(await self.directory.selected(deadline=deadline), self.selection)
        now = self.clock.now()
        day = midnight(now, self.zone)
        asked = Interval(day - timedelta(seconds=self.bucket), now)
        answer = (
            await self.platform.workitems(
                [queue.id for queue in queues], asked, self.bucket, self.zone, deadline=deadline
            )
            if queues
            else Workitems(interval=asked, buckets=())
        )
        for (place, reason), count in answer.oddities.items():
            self.telemetry.refused(self.org, self.name, place, reason, count)
        return self._batch(queues, answer, asked, day)

    def _batch(
        self, queues: Sequence[Queue], answer: Workitems, asked: Interval, day: datetime
    ) -> SampleBatch:
        names = {queue.id: queue.name for queue in queues}
        found = _by_queue(answer.buckets)
        states = {state.queue_id: state for state in answer.states or ()}
        known = set(names) - answer.unknown if answer.interval.start <= day else set[str]()
        self._show(names, {*found, *(one.queue_id for one in states.values() if one.backlog)})
        pieces = tuple(asked.cut(self.bucket))
        ends = {one: self._backlog(one, pieces, found.get(one, []), states.get(one)) for one in names}
        quiet = {one for one in names if one not in self._shown and _quiet(states.get(one))}
        watched = {one for one in quiet if len(ends[one]) == len(pieces)}
        reaching = answer.interval.start <= pieces[-1].start - timedelta(seconds=self.bucket)
        levels, present, past = Columns.of(*LEVELS), Columns.of(*self._present()), Columns.of(*PAST)
        for queue_id in self._shown:
            self._level(levels, found.get(queue_id, []), day, known=queue_id in known)
        now = [*self._shown, *(one for one in names if one not in self._shown and one not in quiet)]
        for queue_id in now:
            self._now(
                present, ends[queue_id].get(pieces[-1].start), states.get(queue_id), found.get(queue_id)
            )
        before = [*self._shown, *(one for one in names if one not in self._shown and one not in watched)]
        for queue_id in before:
            self._history(past, ends[queue_id], pieces, day, known=queue_id in known, reaching=reaching)
        tables = (
            self._table("levels", levels, self._shown, names),
            self._table("present", present, now, names),
            self._table("past", past, before, names),
        )
        return SampleBatch(
            org=self.org,
            source=self.name,
            observed_at=self.clock.now(),
            tables=tables,
            queues=frozenset(known),
        )

    def _show(self, names: Collection[str], busy: Collection[str]) -> None:
        """Show what has work items from now on, and forget what is no longer asked about."""
        self._ends = {queue_id: ends for queue_id, ends in self._ends.items() if queue_id in names}
        self._shown = {queue_id: None for queue_id in self._shown if queue_id in names}
        self._shown.update(dict.fromkeys(queue_id for queue_id in names if queue_id in busy))

    def _table(self, name: str, columns: Columns, ids: Iterable[str], names: Mapping[str, str]) -> Table:
        keys = [(queue_id, names[queue_id]) for queue_id in ids]
        return columns.table(self._layout.same(name, METRICS["workitem_backlog"].labels, keys))

    def _level(
        self, columns: Columns, buckets: Sequence[WorkitemBucket], day: datetime, *, known: bool
    ) -> None:
        """Add up what today's buckets counted."""
        today = [bucket for bucket in buckets if bucket.interval.start >= day]
        start = Count(0.0 if known else None)
        met = sum((Count(bucket.met) for bucket in today), start)
        missed = sum((Count(bucket.missed) for bucket in today), start)
        ratio = Ratio(met.value, (met + missed).value)
        columns.add("workitem_sla_ratio", ratio.value, idle=ratio.idle)
        columns.add("workitem_sla_met", met.value)
        columns.add("workitem_sla_missed", missed.value)

    def _backlog(
        self,
        queue_id: str,
        pieces: Sequence[Interval],
        buckets: Sequence[WorkitemBucket],
        state: WorkitemState | None,
    ) -> Mapping[datetime, Snapshot]:
        """Return the backlog at the end of each bucket, by the bucket's start."""
        if self.dialect != "platform":
            return {one.interval.start: Snapshot(one.backlog, one.interval.end) for one in buckets}
        oldest, newest = pieces[0], pieces[-1]
        before = self._ends.pop(queue_id, {})
        ends = {start: end for start, end in before.items() if oldest.start <= start < newest.start}
        if state is not None and state.backlog is not None:
            ends[newest.start] = Snapshot(state.backlog, newest.end)
        if ends:
            self._ends[queue_id] = ends
        return ends

    def _history(
        self,
        columns: Columns,
        ends: Mapping[datetime, Snapshot],
        pieces: Sequence[Interval],
        day: datetime,
        *,
        known: bool,
        reaching: bool,
    ) -> None:
        """Add the backlog's change against the bucket before, and today's peak.

        No bucket before is a first one, of change 0, only with the guides, and only in a `known` answer
        `reaching` that far back. The peak needs the whole day: `known`, or every bucket of it watched.
        """
        newest, platform = pieces[-1], self.dialect == "platform"
        now = ends.get(newest.start)
        before = ends.get(newest.start - timedelta(seconds=self.bucket))
        first = None if platform or not (known and reaching) else 0.0
        columns.add("workitem_backlog_change", _change(now.value if now else None, before, first))
        watched = all(one.start in ends for one in pieces if one.start >= day) if platform else known
        peak = Snapshot.peak(end for start, end in ends.items() if start >= day)
        columns.add("workitem_backlog_daily_peak", peak if watched else None)

    def _present(self) -> tuple[str, ...]:
        further = PRESENT if self.dialect == "platform" else ("workitem_wait_seconds",)
        return ("workitem_backlog", *further)

    def _now(
        self,
        columns: Columns,
        end: Snapshot | None,
        state: WorkitemState | None,
        buckets: Sequence[WorkitemBucket] | None,
    ) -> None:
        columns.add("workitem_backlog", end.value if end else None)
        if self.dialect == "platform":
            columns.add("workitem_unassigned", state.unassigned if state else None)
            columns.add("workitem_overdue", state.overdue if state else None)
            columns.add("workitem_oldest_unassigned_seconds", state.oldest_unassigned if state else None)
        else:
            columns.add("workitem_wait_seconds", buckets[-1].wait_seconds if buckets else None)


def _quiet(state: WorkitemState | None) -> bool:
    """Return whether it is known that a queue has nothing: then, and only then, no row says so."""
    return state is not None and not any(
        figure is None or figure
        for figure in (state.backlog, state.unassigned, state.overdue, state.oldest_unassigned)
    )


def _change(now: Value, before: Snapshot | None, first: Value) -> Value:
    """Return the net change; `first` where there is no bucket before."""
    if now is None:
        return None
    if before is None:
        return first
    return None if before.value is None else now - before.value


def _by_queue(buckets: Sequence[WorkitemBucket]) -> dict[str, list[WorkitemBucket]]:
    found: dict[str, list[WorkitemBucket]] = {}
    for bucket in sorted(buckets, key=lambda one: one.interval):
        found.setdefault(bucket.queue_id, []).append(bucket)
    return found
