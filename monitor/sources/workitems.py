"""The source `workitems`: today's service level and backlog of work that is not an interaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model.catalogue import METRICS
from monitor.model.interval import Interval
from monitor.model.measure import Count, Ratio, Snapshot
from monitor.model.observation import WorkitemBucket, Workitems, WorkitemState
from monitor.model.org import Queue, Selection
from monitor.model.sample import SampleBatch, Value
from monitor.ports import Clock, Platform, Telemetry
from monitor.sources.directory import DirectorySource
from monitor.sources.laying import Columns, Layout
from monitor.sources.selecting import select
from monitor.sources.windows import midnight


@dataclass(slots=True)
class WorkitemsSource:
    """Asks about the local day and the bucket before it, which the first change is taken against.

    An answer about less than the day (a gateway that could not do it all) has no service level of the day.

    A queue is shown from its first work item on. The platform knows the backlog only as it is now, so
    what it was at the end of each bucket is remembered here; after a restart it is unknown again.
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
        ids = {queue.id for queue in queues}
        buckets = _by_queue(answer.buckets)
        states = {state.queue_id: state for state in answer.states or ()}
        self._shown = {queue_id: None for queue_id in self._shown if queue_id in ids}
        busy = {state.queue_id for state in states.values() if state.backlog}
        self._shown.update(dict.fromkeys(queue.id for queue in queues if queue.id in {*buckets, *busy}))
        names = {queue.id: queue.name for queue in queues}
        columns = Columns()
        for queue_id in self._shown:
            known = queue_id not in answer.unknown and answer.interval.start <= day
            self._level(columns, buckets.get(queue_id, []), day, known=known)
            ends = self._backlog(queue_id, asked, buckets.get(queue_id, []), states.get(queue_id))
            self._stock(columns, ends, asked, day)
            self._rest(columns, buckets.get(queue_id, []), states.get(queue_id))
        keys = [(queue_id, names[queue_id]) for queue_id in self._shown]
        rows = self._layout.same("workitems", METRICS["workitem_backlog"].labels, keys)
        return SampleBatch(
            org=self.org,
            source=self.name,
            observed_at=self.clock.now(),
            tables=(columns.table(rows),),
            queues=frozenset(ids),
        )

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
        asked: Interval,
        buckets: Sequence[WorkitemBucket],
        state: WorkitemState | None,
    ) -> dict[datetime, Snapshot]:
        """Return the backlog at the end of each bucket, by the bucket's start."""
        if self.dialect != "platform":
            return {one.interval.start: Snapshot(one.backlog, one.interval.end) for one in buckets}
        ends = self._ends.setdefault(queue_id, {})
        newest = list(asked.cut(self.bucket))[-1]
        ends[newest.start] = Snapshot(state.backlog if state else None, newest.end)
        self._ends[queue_id] = {start: end for start, end in ends.items() if start >= asked.start}
        return self._ends[queue_id]

    def _stock(
        self, columns: Columns, ends: dict[datetime, Snapshot], asked: Interval, day: datetime
    ) -> None:
        """Add the backlog now, its change against the bucket before, and today's peak."""
        newest = list(asked.cut(self.bucket))[-1]
        now = ends.get(newest.start)
        before = ends.get(newest.start - timedelta(seconds=self.bucket))
        value = now.value if now else None
        columns.add("workitem_backlog", value)
        first = 0.0 if self.dialect != "platform" else None
        columns.add("workitem_backlog_change", _change(value, before, first))
        columns.add(
            "workitem_backlog_daily_peak", Snapshot.peak(end for start, end in ends.items() if start >= day)
        )

    def _rest(self, columns: Columns, buckets: Sequence[WorkitemBucket], state: WorkitemState | None) -> None:
        if self.dialect == "platform":
            columns.add("workitem_unassigned", state.unassigned if state else None)
            columns.add("workitem_overdue", state.overdue if state else None)
            columns.add("workitem_oldest_unassigned_seconds", state.oldest_unassigned if state else None)
        else:
            columns.add("workitem_wait_seconds", buckets[-1].wait_seconds if buckets else None)


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
