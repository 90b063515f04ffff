"""What is said about ourselves, whatever the clock and the store do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from monitor.alerts.manager import AlertManager
from monitor.app.ourselves import AGAIN, Ourselves
from monitor.model.alert import DESTINATION_GONE, Alert, EventKind
from monitor.model.delivery import Dispatch
from monitor.model.errors import StoreError
from monitor.model.settings import HeartbeatSettings
from monitor.ports import Clock
from monitor.store.memory import MemoryStore
from tests.alerts.bench import Bench, two_levels
from tests.builders import FixedClock
from tests.outbox.making import MovableClock, a_dispatcher

pytestmark = pytest.mark.looptime


class Moody(MemoryStore):
    """A store in memory that refuses while it is `broken`."""

    broken = False

    async def commit(self, alerts: Sequence[Alert], dispatches: Sequence[Dispatch]) -> None:
        if self.broken:
            raise StoreError("disk full")
        await super().commit(alerts, dispatches)


def ourselves(manager: AlertManager, store: MemoryStore, clock: Clock) -> Ourselves:
    """Return the part under test, with one receiver."""
    return Ourselves(
        "one", store, a_dispatcher("hook", "lamp"), manager, lambda: None, clock,
        {"oncall": ["hook"]},
    )  # fmt: skip


@asynccontextmanager
async def beating(part: Ourselves, bench: Bench) -> AsyncIterator[None]:
    """Give a heartbeat every minute, of a bench that is polled all the while."""

    async def polls() -> None:
        while True:
            await bench.poll(3)

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(polls()),
            group.create_task(part.beat(HeartbeatSettings(interval=60.0, destinations=("hook",)))),
        ]
        yield
        for one in tasks:
            one.cancel()


async def test_two_drills_in_one_moment_are_two() -> None:
    """Different ids, and sequences that grow."""
    bench = Bench((two_levels(),))
    part = ourselves(bench.manager, bench.store, FixedClock())
    first, second = await part.drill("oncall"), await part.drill("oncall")
    assert len({*first, *second}) == 4
    sequences = [one.sequence for one in bench.store.waiting]
    assert sequences == sorted(set(sequences))


async def test_heartbeats_go_on_when_the_clock_is_set_back() -> None:
    """An hour back: no number comes twice."""
    clock = MovableClock()
    bench = Bench((two_levels(),), clock=clock)
    part = ourselves(bench.manager, bench.store, clock)
    async with beating(part, bench):
        await asyncio.sleep(200)
        clock.shift = timedelta(hours=-1)
        await asyncio.sleep(200)
    numbers = [one.sequence for one in bench.store.waiting if one.kind is EventKind.HEARTBEAT]
    assert len(numbers) == 6
    assert numbers == sorted(set(numbers))


async def test_the_silence_since_the_last_heartbeat_is_known() -> None:
    """None without heartbeats; it falls with each one, and grows while the store refuses."""
    store = Moody()
    bench = Bench((two_levels(),), store=store)
    part = ourselves(bench.manager, store, bench.clock)
    assert part.silence() is None
    async with beating(part, bench):
        await asyncio.sleep(59)
        assert part.silence() == pytest.approx((59.0, 60.0))
        await asyncio.sleep(11)
        assert part.silence() == pytest.approx((10.0, 60.0))
        store.broken = True
        await asyncio.sleep(120)
        assert part.silence() == pytest.approx((130.0, 60.0))


async def test_a_fate_is_offered_until_it_is_taken() -> None:
    """Gone and back, while the store refuses: both are announced later, in this order."""
    store = Moody()
    bench = Bench((two_levels(),), store=store, audience=("hook",))
    bench.manager.destinations = ("hook", "lamp")
    part = ourselves(bench.manager, store, bench.clock)
    async with asyncio.TaskGroup() as group:
        announcing = group.create_task(part.announce())
        store.broken = True
        await bench.poll(12)
        part.fate("lamp", gone=True)
        part.fate("lamp", gone=False)
        await asyncio.sleep(10 * AGAIN)
        store.broken = False
        await asyncio.sleep(3 * AGAIN)
        announcing.cancel()
    assert bench.kinds() == [
        "Waiting fired warning",
        f"{DESTINATION_GONE} fired critical",
        f"{DESTINATION_GONE} resolved critical",
    ]
