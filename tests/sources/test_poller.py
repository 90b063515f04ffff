"""The poller: cadence, deadline, missed ticks, and one log line per change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import pytest
import structlog
from structlog.testing import capture_logs

from monitor.kit.tasks import stop
from monitor.model.errors import AuthError, Throttled
from monitor.model.sample import SampleBatch, SourceFailure
from monitor.sources.poller import Poller
from tests.builders import LoopClock, RecordingConsumer, RecordingTelemetry, a_batch, loop_time

pytestmark = pytest.mark.looptime


@dataclass
class ScriptedSource:
    """Takes `durations[n]` seconds for its n-th poll (then 0) and raises `errors[n]` where there is one."""

    durations: list[float] = field(default_factory=list)
    errors: list[Exception | None] = field(default_factory=list)
    name: str = "queues"
    starts: list[float] = field(default_factory=list)
    running: int = 0
    overlaps: int = 0

    async def poll(self, *, deadline: float) -> SampleBatch:
        number = len(self.starts)
        self.starts.append(loop_time())
        self.running += 1
        self.overlaps += self.running > 1
        try:
            await asyncio.sleep(self.durations[number] if number < len(self.durations) else 0.0)
        finally:
            self.running -= 1
        error = self.errors[number] if number < len(self.errors) else None
        if error is not None:
            raise error
        return a_batch({("q", "Q", "voice"): 1.0})


@dataclass
class Bench:
    """A poller with its fakes, run for a while of virtual time."""

    source: ScriptedSource
    interval: float = 10.0
    timeout: float = 10.0
    consumer: RecordingConsumer = field(default_factory=RecordingConsumer)
    telemetry: RecordingTelemetry = field(default_factory=RecordingTelemetry)
    random: Random = field(default_factory=lambda: Random(1))
    polled: list[float] = field(default_factory=list)

    async def run(self, seconds: float, *paces: tuple[float, float, float]) -> None:
        """Run the poller for `seconds`; `paces` say at which of them it gets which interval and timeout."""
        poller = Poller(
            org="acme",
            source=self.source,
            interval=self.interval,
            timeout=self.timeout,
            consumers=(self.consumer,),
            clock=LoopClock(),
            telemetry=self.telemetry,
            random=self.random,
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(poller.run(), name="poller")
            begun = loop_time()
            for at, interval, timeout in paces:
                await asyncio.sleep(begun + at - loop_time())
                poller.pace(interval, timeout, lambda: self.polled.append(loop_time() - begun))
            await asyncio.sleep(begun + seconds - loop_time())
            await stop([task])


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Give each test a fresh logging set-up."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


async def test_the_cadence_does_not_drift() -> None:
    """Polls that take time start on the grid all the same: 100 polls, 1,000 s."""
    source = ScriptedSource(durations=[0.7] * 200)
    await Bench(source).run(1000.5)
    first = source.starts[0]
    assert [round(at - first, 6) for at in source.starts] == [
        10.0 * tick for tick in range(len(source.starts))
    ]
    assert len(source.starts) >= 100


async def test_a_missed_tick_is_counted_never_queued() -> None:
    """A poll of 35 s misses three ticks; the next poll is on the grid, alone, and there is no burst."""
    source = ScriptedSource(durations=[35.0])
    bench = Bench(source, timeout=40.0)
    await bench.run(62)
    assert bench.telemetry.ticks_missed == 3
    assert source.overlaps == 0
    assert [round(at - source.starts[0]) for at in source.starts] == [0, 40, 50, 60]


async def test_a_hung_poll_is_ended_and_the_next_one_runs() -> None:
    """A source that ignores its deadline is cancelled 5 s later, counted as overdue, and polled again."""
    source = ScriptedSource(durations=[3600.0])
    bench = Bench(source)
    await bench.run(25)
    assert [outcome for *_, outcome in bench.telemetry.polls] == ["overdue", "ok"]
    assert isinstance(bench.consumer.results[0], SourceFailure)


async def test_a_failure_is_published_as_a_failure() -> None:
    """Consumers see a failed poll as a SourceFailure with its reason, never as an empty batch."""
    bench = Bench(ScriptedSource(errors=[AuthError("refused")]))
    await bench.run(5)
    (failure,) = bench.consumer.results
    assert isinstance(failure, SourceFailure)
    assert (failure.reason, failure.message) == ("auth", "refused")


async def test_only_the_first_failure_and_the_recovery_are_logged() -> None:
    """An outage of twenty polls makes two log lines: poll.failed with its error, poll.recovered."""
    errors: list[Exception | None] = [
        Throttled("slow down", retry_after=7.0),
        *[AuthError("refused")] * 19,
    ]
    with capture_logs() as lines:
        await Bench(ScriptedSource(errors=errors)).run(305)
    assert [line["event"] for line in lines] == ["poll.failed", "poll.recovered"]
    assert lines[0]["retry_after"] == 7.0
    assert (lines[1]["failures"], lines[1]["seconds"]) == (20, 200.0)


async def test_a_slow_source_that_failed_is_asked_again_soon() -> None:
    """A source polled every 5 minutes is retried after 30 s while it fails, then goes back to its cadence."""
    source = ScriptedSource(errors=[AuthError("refused"), AuthError("refused")])
    await Bench(source, interval=300.0, timeout=60.0).run(700)
    gaps = [round(later - earlier) for earlier, later in zip(source.starts, source.starts[1:], strict=False)]
    assert gaps == [30, 30, 300, 300][: len(gaps)]
    assert len(gaps) >= 3


async def test_the_start_is_jittered_by_at_most_a_second() -> None:
    """The first poll comes at once but for a jitter of a tenth of the interval, a second at most."""
    source = ScriptedSource()
    started = loop_time()
    await Bench(source).run(5)
    assert 0 < source.starts[0] - started <= 1


async def test_a_bug_is_a_failure_of_its_source_alone() -> None:
    """Our own code failing at an answer is published like any failure, without the error's own words."""
    bench = Bench(ScriptedSource(errors=[ValueError("SECRET"), None]))
    with capture_logs() as lines:
        await bench.run(15)
    failure, batch = bench.consumer.results
    assert isinstance(failure, SourceFailure)
    assert failure.reason == "bug"
    assert "ValueError" in failure.message
    assert "SECRET" not in failure.message
    assert isinstance(batch, SampleBatch)
    assert [outcome for *_, outcome in bench.telemetry.polls] == ["bug", "ok"]
    assert [line["event"] for line in lines] == ["poll.bug", "poll.failed", "poll.recovered"]
    assert isinstance(lines[0]["exc_info"], ValueError)


async def test_a_bug_is_logged_once_per_streak() -> None:
    """Its traceback is logged at its first time in a streak, whatever failed before, and in each streak."""
    errors: list[Exception | None] = [AuthError("refused"), KeyError(1), KeyError(2), None, KeyError(3)]
    with capture_logs() as lines:
        await Bench(ScriptedSource(errors=errors)).run(45)
    assert [line["event"] for line in lines] == [
        "poll.failed",
        "poll.bug",
        "poll.recovered",
        "poll.bug",
        "poll.failed",
    ]


async def test_being_stopped_is_no_bug() -> None:
    """A cancelled poll ends the poller: nothing is published for it."""
    bench = Bench(ScriptedSource(durations=[3600.0]), timeout=7200.0)
    await bench.run(5)
    assert bench.consumer.results == []


def since(source: ScriptedSource) -> list[float]:
    """Return when each poll began, in seconds since the first."""
    return [round(at - source.starts[0], 1) for at in source.starts]


async def test_a_shorter_interval_takes_effect_at_once() -> None:
    """Nobody waits for the end of the five minutes that were: where the new interval is over, it polls."""
    source = ScriptedSource()
    await Bench(source, interval=300.0).run(130.5, (100.0, 10.0, 5.0))
    first, second, *others = since(source)
    assert (first, 99.0 < second < 101.0) == (0.0, True)
    assert [round(at - second, 1) for at in others] == [10.0, 20.0]


async def test_a_new_interval_is_counted_from_the_last_poll() -> None:
    """What is not over yet is waited for, and a longer interval is waited for, too."""
    source = ScriptedSource()
    await Bench(source).run(96.0, (13.0, 7.0, 10.0), (40.0, 30.0, 10.0))
    assert since(source) == [0.0, 10.0, 17.0, 24.0, 31.0, 38.0, 68.0]


async def test_many_whose_interval_is_cut_do_not_ask_at_the_same_moment() -> None:
    """Their polls come within a second, each at its own time, as at the start."""
    sources = [ScriptedSource() for _ in range(5)]
    random = Random(3)
    async with asyncio.TaskGroup() as group:
        for source in sources:
            bench = Bench(source, interval=300.0, random=random)
            group.create_task(bench.run(101.5, (100.0, 10.0, 10.0)), name="bench")
    seconds = [source.starts[1] for source in sources]
    assert len(set(seconds)) == len(seconds)
    assert max(seconds) - min(seconds) <= 1.0


async def test_a_poll_that_runs_keeps_its_time() -> None:
    """A new timeout is the next poll's; no tick of either cadence is called missed meanwhile."""
    source = ScriptedSource(durations=[8.0, 3.0])
    bench = Bench(source)
    await bench.run(19.0, (5.0, 2.0, 1.0))
    assert [outcome for *_, outcome in bench.telemetry.polls][:2] == ["ok", "ok"]
    assert bench.telemetry.ticks_missed == 1
    assert round(source.starts[1] - source.starts[0]) in {8, 9}


async def test_a_source_that_fails_is_asked_again_as_soon_as_before() -> None:
    """A longer interval does not put off the next try of a source that failed."""
    source = ScriptedSource(errors=[AuthError("refused")])
    await Bench(source, interval=300.0).run(50.0, (10.0, 600.0, 60.0))
    assert since(source) == [0.0, 30.0]


async def test_who_sets_the_pace_hears_of_the_next_result() -> None:
    """Once consumers have it, good or bad: of the poll that runs, or of the next; only the last setter."""
    bench = Bench(ScriptedSource(durations=[0.0, 3.0], errors=[None, None, None, AuthError("refused")]))
    await bench.run(70.0, (5.0, 20.0, 10.0), (21.5, 10.0, 10.0), (31.0, 30.0, 5.0))
    assert [round(at) for at in bench.polled] == [23, 60]
    assert [isinstance(one, SourceFailure) for one in bench.consumer.results] == [False, False, False, True]
