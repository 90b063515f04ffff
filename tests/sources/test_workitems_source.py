"""The source `workitems`: buckets and states in, today's service level and backlog out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.model.catalogue import METRICS
from monitor.model.interval import Interval
from monitor.model.metric import Kind
from monitor.model.observation import WorkitemBucket, Workitems, WorkitemState
from monitor.model.org import Selection
from monitor.model.rule import Verdict
from monitor.model.sample import SampleBatch, Value
from monitor.sources.directory import DirectorySource
from monitor.sources.workitems import WorkitemsSource
from tests.builders import (
    SALES,
    SUPPORT,
    FakePlatform,
    FixedClock,
    RecordingTelemetry,
    a_level,
    a_queue,
    a_rule,
    hears,
    loop_time,
)

pytestmark = pytest.mark.looptime

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=PARIS).astimezone(UTC)


def a_bucket(hour: int, queue_id: str = SUPPORT, **figures: float | None) -> WorkitemBucket:
    """Return the bucket that starts `hour` hours after local midnight."""
    known: dict[str, float | None] = {"met": 0.0, "missed": 0.0, "backlog": 0.0, **figures}
    start = MIDNIGHT + hour * HOUR
    return WorkitemBucket(queue_id=queue_id, interval=Interval(start, start + HOUR), **known)


def a_state(backlog: float | None, queue_id: str = SUPPORT) -> WorkitemState:
    """Return what one queue has right now."""
    return WorkitemState(
        queue_id=queue_id, backlog=backlog, unassigned=4.0, overdue=1.0, oldest_unassigned=90.0
    )


class Watching:
    """The source over a fake platform, at a moment of the local day."""

    def __init__(self, *answers: Workitems, dialect: str = "guides") -> None:
        self.platform = FakePlatform([a_queue(), a_queue(SALES, "Sales")], items=list(answers))
        self.clock = FixedClock(MIDNIGHT + 3 * HOUR)
        self.directory = DirectorySource("acme", self.platform, Selection(), self.clock)
        self.source = WorkitemsSource(
            "acme", dialect, self.platform, self.directory, Selection(), 3600.0, "Europe/Paris", self.clock,
            RecordingTelemetry(),
        )  # fmt: skip

    async def poll(self, at: datetime | None = None) -> SampleBatch:
        """Poll once, at `at` if given."""
        self.clock.at = at or self.clock.at
        if self.directory.queues is None:
            await self.directory.poll(deadline=loop_time() + 10)
        return await self.source.poll(deadline=loop_time() + 10)


def answer(*buckets: WorkitemBucket, states: tuple[WorkitemState, ...] | None = None) -> Workitems:
    """Return what the platform says; the interval is not looked at where buckets tell."""
    return Workitems(interval=Interval(MIDNIGHT - HOUR, MIDNIGHT + 3 * HOUR), buckets=buckets, states=states)


def value(batch: SampleBatch, metric: str, queue: str = "Support Voice") -> Value:
    """Return one queue's value."""
    (table,) = (one for one in batch.tables if metric in one.columns)
    names = [row[1] for row in table.rows.values]
    return table.columns[metric][names.index(queue)]


def verdict(batch: SampleBatch, metric: str, queue_id: str = SUPPORT) -> Verdict:
    """Return what a firing alert on more than 8 hears."""
    rule = a_rule(metric=metric, level=a_level(above=METRICS[metric].kind is not Kind.RATIO))
    return hears(rule, batch, queue_id, queue_id)


async def test_today_adds_up_and_yesterday_does_not() -> None:
    """Today's interval counts are summed; the bucket before midnight is only there for the change."""
    batch = await Watching(
        answer(a_bucket(-1, met=50.0), a_bucket(0, met=3.0, missed=1.0), a_bucket(2, met=3.0, missed=1.0))
    ).poll()
    assert value(batch, "workitem_sla_met") == 6.0
    assert value(batch, "workitem_sla_missed") == 2.0
    assert value(batch, "workitem_sla_ratio") == 0.75


async def test_the_backlog_is_the_newest_and_its_peak_the_largest_of_today() -> None:
    """Snapshots are never summed: the last is now, the change is to the one before, the peak is today's."""
    backlogs = {-1: 99.0, 0: 5.0, 1: 9.0, 2: 7.0}
    batch = await Watching(answer(*(a_bucket(hour, backlog=n) for hour, n in backlogs.items()))).poll()
    assert value(batch, "workitem_backlog") == 7.0
    assert value(batch, "workitem_backlog_change") == -2.0
    assert value(batch, "workitem_backlog_daily_peak") == 9.0


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
async def test_the_peak_of_a_day_of_changed_clocks_is_of_that_day(day: str, hours: int) -> None:
    """On the days of 23 and of 25 hours the first and the last hour count, the hours outside do not."""
    start = datetime.fromisoformat(day).replace(tzinfo=PARIS).astimezone(UTC)
    backlogs = {-1: 500.0, 0: 40.0, hours - 1: 41.0}
    buckets = [
        WorkitemBucket(
            queue_id=SUPPORT,
            interval=Interval(start + n * HOUR, start + (n + 1) * HOUR),
            met=0.0,
            missed=0.0,
            backlog=backlogs.get(n, 1.0),
        )
        for n in range(-1, hours)
    ]
    end = start + hours * HOUR
    watching = Watching(Workitems(interval=Interval(start - HOUR, end), buckets=tuple(buckets)))
    batch = await watching.poll(end)
    assert value(batch, "workitem_backlog_daily_peak") == 41.0
    assert watching.platform.intervals[0] == Interval(start - HOUR, end)


async def test_nothing_ended_is_idle() -> None:
    """A queue with a backlog but nothing that ended has no ratio, and is not unknown."""
    batch = await Watching(answer(a_bucket(2, backlog=4.0))).poll()
    assert value(batch, "workitem_sla_ratio") is None
    assert batch.tables[0].idle["workitem_sla_ratio"] == {0}


async def test_queues_without_work_items_are_not_shown_until_they_have_some() -> None:
    """The first work item brings a queue in; it stays when there are none any more."""
    watching = Watching(answer(), answer(a_bucket(2, SALES, backlog=1.0)), answer())
    rows = [[row[1] for row in (await watching.poll()).tables[0].rows.values] for _ in range(3)]
    assert rows == [[], ["Sales"], ["Sales"]]


async def test_the_platform_s_backlog_is_remembered_by_bucket() -> None:
    """The change is taken against what was there when the bucket before ended, the peak over such ends."""

    def at(hours: float, backlog: float) -> Workitems:
        end = MIDNIGHT + hours * HOUR
        return Workitems(interval=Interval(MIDNIGHT - HOUR, end), buckets=(), states=(a_state(backlog),))

    said = [(0.5, 10.0), (0.9, 12.0), (1.0, 8.0), (1.5, 11.0)]
    watching = Watching(*(at(hours, backlog) for hours, backlog in said), dialect="platform")
    batches = [await watching.poll(MIDNIGHT + hours * HOUR) for hours, _ in said]
    assert [value(batch, "workitem_backlog_change") for batch in batches] == [None, None, None, 3.0]
    assert value(batches[-1], "workitem_backlog_daily_peak") == 11.0
    assert value(batches[-1], "workitem_unassigned") == 4.0


async def test_the_peak_of_a_day_that_was_not_watched_is_unknown() -> None:
    """After a restart in the afternoon nobody knows the morning's: an alert on it holds."""
    nothing = WorkitemState(queue_id=SALES, backlog=0.0, unassigned=0.0, overdue=0.0, oldest_unassigned=0.0)
    said = answer(states=(a_state(5.0), nothing))
    late = await Watching(said, dialect="platform").poll(MIDNIGHT + 3 * HOUR)
    assert value(late, "workitem_backlog") == 5.0
    assert value(late, "workitem_backlog_daily_peak") is None
    assert verdict(late, "workitem_backlog_daily_peak", SALES) is Verdict.NO_DATA
    assert verdict(late, "workitem_backlog_change", SALES) is Verdict.NO_DATA
    assert verdict(late, "workitem_backlog", SALES) is Verdict.CLEAR


async def test_a_bucket_nobody_watched_leaves_the_peak_unknown() -> None:
    """Polls at half past midnight and at half past two tell nothing of the hour between."""
    watching = Watching(answer(states=(a_state(5.0),)), dialect="platform")
    early, late = [await watching.poll(MIDNIGHT + hours * HOUR) for hours in (0.5, 2.5)]
    assert value(early, "workitem_backlog_daily_peak") == 5.0
    assert value(late, "workitem_backlog_daily_peak") is None


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        ("platform", Workitems(interval=Interval(MIDNIGHT - HOUR, MIDNIGHT), buckets=())),
        ("platform", Workitems(interval=Interval(MIDNIGHT - HOUR, MIDNIGHT), buckets=(), states=())),
        ("guides", Workitems(interval=Interval(MIDNIGHT - HOUR, MIDNIGHT), buckets=())),
    ],
    ids=["withdrawn", "beyond the limit", "no row"],
)
async def test_a_backlog_that_was_not_read_is_not_0(dialect: str, said: Workitems) -> None:
    """After a restart an alert on the backlog holds; one on the service level knows that nothing ended."""
    batch = await Watching(said, dialect=dialect).poll()
    assert verdict(batch, "workitem_backlog") is Verdict.NO_DATA
    assert verdict(batch, "workitem_backlog_change") is Verdict.NO_DATA
    assert verdict(batch, "workitem_backlog_daily_peak") is Verdict.NO_DATA
    assert verdict(batch, "workitem_sla_ratio") is Verdict.IDLE


@pytest.mark.parametrize("dialect", ["platform", "guides"])
async def test_an_unknown_queue_is_not_answered_for(dialect: str) -> None:
    """What could not be read is no day without work items, in a first poll as in any."""
    over = Interval(MIDNIGHT - HOUR, MIDNIGHT)
    said = Workitems(interval=over, buckets=(), unknown=frozenset({SUPPORT}))
    batch = await Watching(said, dialect=dialect).poll()
    assert batch.queues == {SALES}
    assert verdict(batch, "workitem_sla_ratio") is Verdict.NO_DATA


async def test_an_unknown_queue_has_no_change_and_no_peak() -> None:
    """A bucket that could not be placed may have been the one before, or the largest."""
    over = Interval(MIDNIGHT - HOUR, MIDNIGHT)
    said = Workitems(interval=over, buckets=(a_bucket(2, backlog=4.0),), unknown=frozenset({SUPPORT}))
    batch = await Watching(said).poll()
    assert value(batch, "workitem_backlog") == 4.0
    assert value(batch, "workitem_backlog_change") is None
    assert value(batch, "workitem_backlog_daily_peak") is None


async def test_without_the_realtime_query_the_backlog_is_unknown() -> None:
    """An org that does not answer it has its service level and no backlog, not one of 0."""
    batch = await Watching(answer(a_bucket(2, met=3.0, backlog=None)), dialect="platform").poll()
    assert value(batch, "workitem_sla_met") == 3.0
    assert value(batch, "workitem_backlog") is None
    assert value(batch, "workitem_backlog_change") is None
    assert value(batch, "workitem_backlog_daily_peak") is None


async def test_an_unknown_count_spoils_the_day_s_sum() -> None:
    """One bucket whose count could not be read leaves today's service level unknown, not lower."""
    batch = await Watching(answer(a_bucket(0, met=None, missed=1.0), a_bucket(1, met=3.0))).poll()
    assert value(batch, "workitem_sla_met") is None
    assert value(batch, "workitem_sla_ratio") is None
    assert "workitem_sla_ratio" not in batch.tables[0].idle


async def test_half_a_day_has_no_service_level_of_the_day() -> None:
    """A gateway that answered only about the newest half still gives the backlog, and no count of today."""
    half = Workitems(
        interval=Interval(MIDNIGHT + HOUR, MIDNIGHT + 3 * HOUR), buckets=(a_bucket(2, met=3.0, backlog=4.0),)
    )
    batch = await Watching(half).poll()
    assert value(batch, "workitem_sla_met") is None
    assert value(batch, "workitem_backlog") == 4.0
