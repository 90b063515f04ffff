"""The sources `directory` and `queues`: observations in, tables out."""

from __future__ import annotations

import pytest

from monitor.model.errors import Unavailable
from monitor.model.observation import QueueObservations
from monitor.model.org import Queue, Selection, Target
from monitor.model.sample import SampleBatch, Value
from monitor.sources.directory import DirectorySource
from monitor.sources.queues import QueuesSource
from monitor.sources.selecting import missing, select
from tests.builders import (
    SALES,
    SUPPORT,
    FakePlatform,
    FixedClock,
    RecordingTelemetry,
    a_queue,
    interactions,
    loop_time,
    staffing,
)

pytestmark = pytest.mark.looptime


def observed(*parts: object) -> QueueObservations:
    """Return an answer; every queue asked has agents."""
    waits = tuple(part for part in parts if hasattr(part, "media"))
    agents = tuple(part for part in parts if hasattr(part, "members"))
    return QueueObservations(interactions=waits, staffing=agents)  # type: ignore[arg-type]


class Sources:
    """Both sources over one fake platform."""

    def __init__(self, platform: FakePlatform, selection: Selection | None = None) -> None:
        self.telemetry = RecordingTelemetry()
        clock = FixedClock()
        self.directory = DirectorySource("acme", platform, selection or Selection(), clock)
        self.queues = QueuesSource("acme", platform, self.directory, clock, self.telemetry)

    async def poll(self) -> SampleBatch:
        """Read the directory and poll once."""
        await self.directory.poll(deadline=loop_time() + 10)
        return await self.queues.poll(deadline=loop_time() + 10)


def column(batch: SampleBatch, metric: str) -> dict[tuple[str, ...], Value]:
    """Return one metric of a batch by row."""
    table = next(table for table in batch.tables if metric in table.columns)
    return dict(zip(table.rows.values, table.columns[metric], strict=True))


async def test_every_metric_of_the_answer_becomes_samples() -> None:
    """The eleven metrics of the operation, and what follows from them, stand in the batch."""
    platform = FakePlatform([a_queue()], [observed(interactions(waiting=3.0, longest_wait=9.5), staffing())])
    batch = await Sources(platform).poll()
    row = (SUPPORT, "Support Voice")
    assert column(batch, "queue_waiting") == {(*row, "voice"): 3.0}
    assert column(batch, "queue_longest_wait_seconds") == {(*row, "voice"): 9.5}
    assert column(batch, "queue_members") == {row: 3.0}
    assert column(batch, "queue_active_members") == {row: 2.0}
    assert column(batch, "queue_agents_on_queue") == {row: 1.0}
    assert column(batch, "queue_agents_off_queue") == {row: 1.0}
    assert column(batch, "queue_agents_available") == {row: 1.0}
    assert column(batch, "queue_agents_busy") == {row: 0.0}
    assert column(batch, "queue_agents")[*row, "IDLE"] == 1.0
    assert column(batch, "queue_agents_presence") == {(*row, "AVAILABLE"): 1.0}


async def test_a_media_type_once_seen_stays_at_zero() -> None:
    """A media type that goes quiet keeps its row, at 0: the answer was complete and showed nothing."""
    platform = FakePlatform(
        [a_queue()], [observed(interactions(waiting=3.0), staffing()), observed(staffing())]
    )
    sources = Sources(platform)
    await sources.poll()
    assert column(await sources.poll(), "queue_waiting") == {(SUPPORT, "Support Voice", "voice"): 0.0}


async def test_unknown_stays_unknown() -> None:
    """A figure the platform did not give is None in the batch."""
    agents = staffing(on_queue=None)
    platform = FakePlatform([a_queue()], [observed(interactions(waiting=None, longest_wait=None), agents)])
    batch = await Sources(platform).poll()
    assert set(column(batch, "queue_waiting").values()) == {None}
    assert set(column(batch, "queue_agents_on_queue").values()) == {None}


async def test_rows_are_the_same_object_while_nothing_changes() -> None:
    """Two polls that show the same queues share their rows; a renamed queue makes new ones."""
    platform = FakePlatform([a_queue()], [observed(interactions(), staffing())])
    sources = Sources(platform)
    first, second = await sources.poll(), await sources.poll()
    assert [one.rows for one in first.tables] == [one.rows for one in second.tables]
    platform.queues_known = [a_queue(name="Renamed")]
    third = await sources.poll()
    assert third.tables[0].rows is not second.tables[0].rows
    assert third.tables[0].rows.values[0][1] == "Renamed"


async def test_a_vanished_queue_vanishes() -> None:
    """A queue that leaves the directory leaves the batch with all its media types."""
    platform = FakePlatform([a_queue(), a_queue(SALES, "Sales")], [observed(interactions(), staffing())])
    sources = Sources(platform)
    await sources.poll()
    platform.queues_known = [a_queue(SALES, "Sales")]
    platform.script = [observed(staffing(SALES))]
    batch = await sources.poll()
    assert batch.queues == {SALES}
    assert not column(batch, "queue_waiting")


async def test_a_failed_directory_keeps_the_queues_known_before() -> None:
    """When a refresh fails, the queues are still polled: an error is not an empty directory."""
    platform = FakePlatform([a_queue()], [observed(interactions(), staffing())])
    sources = Sources(platform)
    await sources.poll()
    platform.directory_error = Unavailable("down")
    with pytest.raises(Unavailable):
        await sources.directory.poll(deadline=loop_time() + 10)
    assert (await sources.queues.poll(deadline=loop_time() + 10)).queues == {SUPPORT}


async def test_without_a_directory_the_poll_fails_with_its_reason() -> None:
    """Before the first good directory a poll fails with the directory's own error, or says it waits."""
    platform = FakePlatform(
        [a_queue()], [observed(staffing())], directory_error=Unavailable("login host is down")
    )
    sources = Sources(platform)
    with pytest.raises(Unavailable, match="still being read"):
        await sources.queues.poll(deadline=loop_time() + 3)
    with pytest.raises(Unavailable):
        await sources.directory.poll(deadline=loop_time() + 3)
    with pytest.raises(Unavailable, match="login host is down"):
        await sources.queues.poll(deadline=loop_time() + 3)


async def test_the_directory_exports_info_and_targets() -> None:
    """Each queue has its division as an info metric, and its own service-level target per media type."""
    queue = Queue(
        id=SUPPORT,
        name="S",
        division="D",
        division_id="d",
        targets=(Target(media="voice", ratio=0.8, seconds=20.0),),
    )
    batch = await Sources(FakePlatform([queue])).directory.poll(deadline=loop_time() + 10)
    assert column(batch, "queue_info") == {(SUPPORT, "S", "D", "d"): 1.0}
    assert column(batch, "queue_target_ratio") == {(SUPPORT, "S", "voice"): 0.8}
    assert column(batch, "queue_target_seconds") == {(SUPPORT, "S", "voice"): 20.0}


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (Selection(), ["Support Voice", "Support Chat", "Sales"]),
        (Selection(names=("Support*",)), ["Support Voice", "Support Chat"]),
        (Selection(names=("support*",)), []),
        (Selection(ids=("3",)), ["Sales"]),
        (Selection(divisions=("North",)), ["Support Chat"]),
        (Selection(divisions=("id-of-N*",)), []),
        (Selection(divisions=("id-of-North",)), ["Support Chat"]),
        (Selection(names=("S*",), divisions=("Ho*",)), ["Support Voice", "Sales"]),
    ],
)
def test_queues_are_selected_by_id_name_and_division(selection: Selection, names: list[str]) -> None:
    """A queue must fit every list that is not empty; names are globs, divisions ids or globs of names."""
    queues = [a_queue("1", "Support Voice"), a_queue("2", "Support Chat", "North"), a_queue("3", "Sales")]
    assert [queue.name for queue in select(queues, selection)] == names


def test_selected_ids_that_do_not_exist_are_named() -> None:
    """An id the directory does not show is reported by that id."""
    assert missing([a_queue("1")], Selection(ids=("1", "9"))) == ("9",)
