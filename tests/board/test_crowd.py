"""Thousands of queues: others have their turn, and several polls at once do not meet."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from monitor.kit.tasks import stop
from monitor.model.observation import Interactions, QueueService, Staffing
from tests.board.making import Watched, a_queue, agents, observed, served, service, waiting

MANY = 5_000
HOLD = 0.05
"""Seconds for which the loop may be held."""


@pytest.fixture(scope="module")
def ids() -> list[str]:
    """Return the ids of many queues."""
    return [f"f6a49350-0000-4000-8000-{number:012}" for number in range(MANY)]


@pytest.fixture
def quiet() -> Iterator[None]:
    """Keep the collector out: what it takes depends on everything that the tests before have left."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def waits(count: float, ids: list[str], *, media: str = "voice") -> list[Interactions]:
    """Return how many wait in each queue."""
    return [waiting(count, media=media, queue_id=one) for one in ids]


def everybody(ids: list[str]) -> list[Staffing]:
    """Return the people of each queue."""
    return [agents(1.0, 1.0, queue_id=one) for one in ids]


def services(met: float, ids: list[str], *, media: str = "voice") -> list[QueueService]:
    """Return what each queue answered: so many of four in time."""
    return [service(met, 4.0, media=media, queue_id=one) for one in ids]


class Stretches:
    """Measures for how long at a stretch nothing else has its turn.

    It counts the processor's time: a machine that is busy with other things is nobody's fault here.
    """

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        """Take every turn there is."""
        before = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.longest, before = max(self.longest, now - before), now


@pytest.mark.looptime
async def test_thousands_of_queues_hold_nothing_up(ids: list[str], quiet: None) -> None:
    """Whatever comes in for 5,000 queues of two media types and three windows, others wait 50 ms at most."""
    watched = Watched([a_queue(queue_id, f"Queue {queue_id[-4:]}") for queue_id in ids])
    batches = [await watched.directory.poll(deadline=10.0)]
    for count in (1.0, 2.0):
        watched.platform.script = [
            observed(*waits(count, ids), *waits(count, ids, media="chat"), *everybody(ids))
        ]
        watched.platform.levels = [served(*services(count, ids), *services(count, ids, media="chat"))]
        batches += [await watched.queues.poll(deadline=10.0), await watched.levels.poll(deadline=10.0)]
    for batch in batches:
        await watched.wait(1)
        stretches = Stretches()
        task = asyncio.create_task(stretches.run())
        await asyncio.sleep(0)
        await watched.wall.accept(batch)
        await asyncio.sleep(0)
        await stop([task])
        assert stretches.longest < HOLD, batch.source
    assert len(watched.wall.lines()) == MANY


@pytest.mark.looptime
async def test_an_hour_of_many_queues_stays_small(ids: list[str]) -> None:
    """A line and its hour take less than 3 kB (15 MB for 5,000 queues), and no more after the second hour."""
    some = ids[:500]
    watched = Watched([a_queue(queue_id, f"Queue {queue_id[-4:]}") for queue_id in some])
    await watched.read()
    watched.platform.script = [observed(*waits(1.0, some), *everybody(some))]
    watched.platform.levels = [served(*services(count, some)) for count in (3.0, 1.0)]
    batches = [await watched.queues.poll(deadline=100.0)]
    batches += [await watched.levels.poll(deadline=100.0) for _ in range(2)]
    sizes = []
    tracemalloc.start()
    for _ in range(12):
        await watched.wait(10)
        for batch in batches:
            await watched.wall.accept(batch)
        sizes.append(tracemalloc.get_traced_memory()[0] / len(some))
    tracemalloc.stop()
    assert 1_000 < sizes[5] < 3_000
    assert sizes[-1] < sizes[5] * 1.05


@pytest.mark.looptime
async def test_polls_taken_at_once_lose_nothing() -> None:
    """All sources of an org may answer at the same moment: every figure is there afterwards."""
    several = [f"id{number}" for number in range(500)]
    watched = Watched([a_queue(queue_id, queue_id) for queue_id in several])
    directory = await watched.directory.poll(deadline=10.0)
    watched.platform.script = [observed(*waits(3.0, several), *everybody(several))]
    watched.platform.levels = [served(*services(2.0, several))]
    queues, levels = await watched.queues.poll(deadline=10.0), await watched.levels.poll(deadline=10.0)
    for order in ([directory, queues, levels], [levels, queues, directory], [queues, directory, levels]):
        watched = Watched()
        async with asyncio.TaskGroup() as group:
            for batch in order:
                group.create_task(watched.wall.accept(batch))
        lines = watched.wall.lines()
        assert {(line.waiting, line.level and line.level.ratio) for line in lines} == {(3.0, 0.5)}
        assert len(lines) == len(several)


@pytest.mark.looptime
async def test_polls_of_one_minute_stand_in_one_minute() -> None:
    """A poll that is quickly worked through does not overtake a longer one into the minute before."""
    watched = Watched()
    await watched.read()
    watched.platform.script = [observed(waiting(3.0), agents(1.0, 1.0))]
    watched.platform.levels = [served(service(1.0, 2.0))]
    queues, levels = await watched.queues.poll(deadline=10.0), await watched.levels.poll(deadline=10.0)
    await watched.wait(1)
    async with asyncio.TaskGroup() as group:
        group.create_task(watched.wall.accept(levels))
        group.create_task(watched.wall.accept(queues))
    (line,) = watched.wall.lines()
    assert (line.trend[-2:], line.waits[-2:]) == ((None, 0.5), (None, 3.0))


@pytest.mark.looptime
async def test_a_wall_is_exchanged_whole() -> None:
    """While a poll is worked through, whoever looks sees the lines before it, all of them."""
    several = [f"id{number}" for number in range(500)]
    watched = Watched([a_queue(queue_id, queue_id) for queue_id in several])
    await watched.read()
    watched.platform.script = [observed(*waits(3.0, several), *everybody(several))]
    batch = await watched.queues.poll(deadline=10.0)
    seen = []
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watched.wall.accept(batch))
        while not task.done():
            lines = watched.wall.lines()
            seen.append({line.waiting for line in lines})
            assert len(lines) == len(several)
            assert watched.wall.queue("acme", "id0") is lines[0]
            await asyncio.sleep(0)
    assert len(seen) > 3
    assert all(one in ({None}, {3.0}) for one in seen)
    assert {line.waiting for line in watched.wall.lines()} == {3.0}
