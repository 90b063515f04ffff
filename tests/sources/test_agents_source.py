"""The source `agents`: completed time in, utilization and occupancy out."""

from __future__ import annotations

import pytest

from monitor.clients.guides.decode import agents as decoded
from monitor.model.catalogue import METRICS
from monitor.model.observation import AgentUse, QueueUse, Utilization
from monitor.model.org import Selection
from monitor.model.rule import Verdict
from monitor.model.sample import ALL_AGENTS, SampleBatch, Value
from monitor.model.servicelevel import Window
from monitor.sources.agents import AgentsSource
from monitor.sources.directory import DirectorySource
from monitor.sources.windows import newest
from tests.builders import (
    EPOCH,
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

BUCKET = 1800.0
OVER = newest(Window(BUCKET, aligned=True), EPOCH, 60.0)


def a_use(agent_id: str, active: float | None = 900.0, **figures: float | None) -> AgentUse:
    """Return half an hour of one agent."""
    known: dict[str, float | None] = {"handle": 600.0, "acw": 200.0, "hold": 100.0, **figures}
    return AgentUse(agent_id=agent_id, start=OVER.start, active=active, name=f"Name of {agent_id}", **known)


def answer(*uses: AgentUse, status: dict[str, dict[str, float | None]] | None = None) -> Utilization:
    """Return what the platform says about these agents."""
    queues = (QueueUse(queue_id=SUPPORT, start=OVER.start, active=2700.0, agents=3),)
    return Utilization(interval=OVER, bucket=BUCKET, agents=uses, queues=queues, status=status)


async def polled(
    said: Utilization, *, names: bool = False, cap: int = 10, dialect: str = "platform"
) -> tuple[SampleBatch, RecordingTelemetry, FakePlatform]:
    """Poll once."""
    platform, telemetry, clock = FakePlatform([a_queue()], uses=[said]), RecordingTelemetry(), FixedClock()
    directory = DirectorySource("acme", platform, Selection(), clock)
    source = AgentsSource(
        "acme", dialect, platform, directory, BUCKET, 60.0, (), names, cap, clock, telemetry
    )
    await directory.poll(deadline=loop_time() + 10)
    return await source.poll(deadline=loop_time() + 10), telemetry, platform


def column(batch: SampleBatch, metric: str) -> dict[tuple[str, ...], Value]:
    """Return a metric by its labels; empty where the batch has none."""
    for table in batch.tables:
        if metric in table.columns:
            return dict(zip(table.rows.values, table.columns[metric], strict=True))
    return {}


async def test_the_newest_whole_half_hour_is_asked_about() -> None:
    """At 09:00 with a lag of a minute that is 08:00 to 08:30 (UTC)."""
    _, _, platform = await polled(answer())
    assert platform.intervals == [OVER]
    assert (OVER.seconds, OVER.end.minute) == (BUCKET, 30)


async def test_utilization_is_capped_and_active_seconds_are_not() -> None:
    """A call of 40 minutes that ended in this half-hour is 100 %, and 2,400 s."""
    batch, _, _ = await polled(answer(a_use("a1"), a_use("a2", active=2400.0)))
    assert column(batch, "agent_utilization_ratio") == {("a1", "30m"): 0.5, ("a2", "30m"): 1.0}
    assert column(batch, "agent_active_seconds")["a2", "30m"] == 2400.0


async def test_occupancy_is_time_at_work_of_time_on_queue() -> None:
    """Off-queue time counts for neither; who was never on queue has no occupancy and is not unknown."""
    status: dict[str, dict[str, float | None]] = {
        "a1": {"INTERACTING": 600.0, "COMMUNICATING": 300.0, "IDLE": 300.0, "OFF_QUEUE": 600.0},
        "a2": {"OFF_QUEUE": 1800.0},
    }
    batch, _, _ = await polled(answer(a_use("a1"), status=status))
    assert column(batch, "agent_occupancy_ratio") == {("a1", "30m"): 0.75, ("a2", "30m"): None}
    assert batch.tables[0].idle["agent_occupancy_ratio"] == {1}
    assert column(batch, "agent_status_seconds")["a1", "30m", "IDLE"] == 300.0
    assert column(batch, "agent_active_seconds")["a2", "30m"] == 0.0


async def test_names_are_labels_only_where_asked_for() -> None:
    """Without include_names there is no label for a name at all."""
    silent, _, _ = await polled(answer(a_use("a1")))
    named, _, _ = await polled(answer(a_use("a1")), names=True)
    assert silent.tables[0].rows.names == ("agent_id", "interval")
    assert named.tables[0].rows.values == (("a1", "Name of a1", "30m"),)


async def test_people_beyond_the_cap_are_left_out_and_counted() -> None:
    """With a cap of two, the third person's series are missing and counted as dropped."""
    batch, telemetry, _ = await polled(answer(a_use("a1"), a_use("a2"), a_use("a3")), cap=2)
    assert len(batch.tables[0].rows) == 2
    assert [source for source, _ in telemetry.drops] == ["agents"]
    assert telemetry.drops[0][1] >= 5


async def test_an_unknown_figure_is_left_unknown() -> None:
    """Active time that could not be read is no utilization of 0."""
    batch, _, _ = await polled(answer(a_use("a1", active=None)))
    assert column(batch, "agent_utilization_ratio") == {("a1", "30m"): None}


async def test_a_queue_is_utilized_by_those_who_worked_in_it() -> None:
    """45 minutes of work by three agents are half of their three half-hours."""
    batch, _, _ = await polled(answer(a_use("a1")))
    assert column(batch, "queue_utilization_ratio") == {(SUPPORT, "Support Voice", "30m"): 0.5}


async def test_a_whole_answer_says_so() -> None:
    """Who has no row did nothing, unless somebody was cut off or people were not told apart."""
    status: dict[str, dict[str, float | None]] = {"a1": {"IDLE": 60.0}}
    told, _, _ = await polled(answer(a_use("a1"), status=status))
    cut, _, _ = await polled(answer(a_use("a1"), a_use("a2"), status=status), cap=1)
    blind, _, _ = await polled(answer(a_use("a1")))
    guides, _, _ = await polled(answer(a_use("a1")), dialect="guides")
    mixed, _, _ = await polled(answer(a_use(ALL_AGENTS)), dialect="guides")
    batches = (told, cut, blind, guides, mixed)
    assert [batch.whole for batch in batches] == [True, False, False, True, False]


async def test_nobody_at_all_leaves_columns_to_judge() -> None:
    """An answer about nobody has every column, empty: an alert on a person can see that nothing is there."""
    said = Utilization(interval=OVER, bucket=BUCKET, agents=(), status={})
    batch, _, _ = await polled(said)
    columns = {name for table in batch.tables for name in table.columns}
    assert columns == {name for name, metric in METRICS.items() if metric.sources == ("agents",)}
    rule = a_rule(metric="agent_occupancy_ratio", level=a_level(enter=0.9, clear=0.8))
    assert hears(rule, batch, "a1/30m") is Verdict.IDLE


async def test_seconds_of_everybody_are_no_ratio() -> None:
    """A gateway that does not tell people apart gives seconds, of who knows how many people."""
    assert ALL_AGENTS == decoded.ALL_AGENTS
    batch, _, _ = await polled(answer(a_use(ALL_AGENTS, active=9000.0)), dialect="guides")
    assert column(batch, "agent_utilization_ratio") == {("all", "30m"): None}
    assert column(batch, "agent_active_seconds") == {("all", "30m"): 9000.0}


async def test_the_guides_have_no_occupancy() -> None:
    """The guides' dialect knows no routing status, so the metric is not there rather than wrong."""
    batch, _, _ = await polled(answer(a_use("a1")), dialect="guides")
    assert column(batch, "agent_occupancy_ratio") == {}
