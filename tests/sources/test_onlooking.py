"""Who only shows what was polled stops nobody, whatever goes wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import pytest
import structlog
from structlog.testing import capture_logs

from monitor.kit.tasks import stop
from monitor.model.sample import PollResult, SampleBatch, SourceFailure
from monitor.sources.onlooking import Onlooker
from monitor.sources.poller import Poller
from tests.builders import EPOCH, LoopClock, RecordingConsumer, RecordingTelemetry, a_batch

pytestmark = pytest.mark.looptime


@dataclass
class Wall:
    """Fails at the results whose numbers are in `trips`."""

    trips: range
    results: list[PollResult] = field(default_factory=list)

    async def accept(self, result: PollResult) -> None:
        self.results.append(result)
        if len(self.results) - 1 in self.trips:
            raise KeyError("queue_target_seconds")


@dataclass
class Bench:
    """An onlooker between two who judge, all of them told by one poller."""

    trips: range
    crashes: list[str] = field(default_factory=list)
    first: RecordingConsumer = field(default_factory=RecordingConsumer)
    last: RecordingConsumer = field(default_factory=RecordingConsumer)
    telemetry: RecordingTelemetry = field(default_factory=RecordingTelemetry)
    name: str = "queues"

    def __post_init__(self) -> None:
        self.wall = Wall(self.trips)
        self.onlooker = Onlooker("wall", self.wall, self.crashes.append)

    async def poll(self, *, deadline: float) -> SampleBatch:
        """Answer as a source does."""
        return a_batch({("q", "Q", "voice"): 1.0})

    async def run(self, polls: int) -> None:
        """Poll so often."""
        poller = Poller(
            org="acme",
            source=self,
            interval=10.0,
            timeout=10.0,
            consumers=(self.first, self.onlooker, self.last),
            clock=LoopClock(),
            telemetry=self.telemetry,
            random=Random(1),
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(poller.run(), name="poller")
            await asyncio.sleep(10.0 * polls - 5.0)
            await stop([task])


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Give each test a fresh logging set-up."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


async def test_what_cannot_be_shown_is_judged_all_the_same() -> None:
    """Consumers before and behind it have every result, the poller goes on, and the poll was a good one."""
    bench = Bench(range(8))
    await bench.run(10)
    assert len(bench.first.results) == len(bench.wall.results) == 10
    assert bench.last.results == bench.first.results
    assert {outcome for *_, outcome in bench.telemetry.polls} == {"ok"}
    assert bench.telemetry.ticks_missed == 0


async def test_it_is_counted_every_time_and_logged_once_a_streak() -> None:
    """One line with the traceback as it begins, one as it is over; each failure counts as a crash."""
    bench = Bench(range(1, 9, 3))
    with capture_logs() as lines:
        await bench.run(6)
    assert bench.crashes == ["show.wall"] * 2
    assert [line["event"] for line in lines] == ["show.bug", "show.recovered"] * 2
    assert (lines[0]["shown"], lines[0]["org"], lines[0]["source"]) == ("wall", "acme", "queues")
    assert isinstance(lines[0]["exc_info"], KeyError)


async def test_a_streak_of_one_source_is_not_another_ones() -> None:
    """What shows several sources may fail at one alone: its streak goes on though the others are shown."""
    crashes: list[str] = []
    onlooker = Onlooker("wall", Wall(range(0, 9, 2)), crashes.append)
    failure = SourceFailure(org="acme", source="directory", failed_at=EPOCH, reason="auth", message="no")
    with capture_logs() as lines:
        for _ in range(3):
            await onlooker.accept(failure)
            await onlooker.accept(await Bench(range(0)).poll(deadline=0.0))
    assert (len(crashes), [line["event"] for line in lines]) == (3, ["show.bug"])


async def test_being_stopped_is_no_bug_of_an_onlooker() -> None:
    """A poller that is cancelled while something is shown ends."""
    entered = asyncio.Event()

    class Slow:
        async def accept(self, result: PollResult) -> None:
            entered.set()
            await asyncio.sleep(3600.0)

    crashes: list[str] = []
    result = await Bench(range(0)).poll(deadline=0.0)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Onlooker("wall", Slow(), crashes.append).accept(result), name="show")
        await entered.wait()
        await stop([task])
    assert (task.cancelled(), crashes) == (True, [])
