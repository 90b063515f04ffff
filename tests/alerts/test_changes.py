"""Who shows alerts hears of every change that is committed, though nobody else is told of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model.alert import AlertState
from monitor.model.errors import StoreError
from monitor.model.rule import Matcher
from monitor.model.silence import Silence
from tests.alerts.bench import KEY, Bench, two_levels
from tests.alerts.test_refusals import Moody
from tests.builders import EPOCH

pytestmark = pytest.mark.looptime

QUIET = Silence(
    id="s1",
    matchers=(Matcher(label="rule", globs=("Waiting",)),),
    starts_at=EPOCH,
    ends_at=EPOCH + timedelta(hours=1),
    owner="ann",
    comment="",
)


async def a_muted_bench() -> Bench:
    """Return a bench whose one alert fires, and nobody heard of it."""
    bench = Bench((two_levels(),))
    await bench.manager.silence(QUIET)
    await bench.poll(12)
    assert (bench.alert().state, bench.alert().muted) == (AlertState.FIRING, "silenced:s1")
    return bench


async def test_a_muted_alert_that_is_taken_has_changed() -> None:
    """No event says that somebody has it, and who looks sees it at once."""
    bench = await a_muted_bench()
    before = bench.changes
    assert await bench.manager.acknowledge("acme", "Waiting", KEY, owner="bob")
    assert (bench.changes, bench.kinds()) == (before + 1, [])


async def test_an_acknowledgement_that_is_over_is_a_change() -> None:
    """Nobody is told when its date comes, and whoever looks sees that nobody has the alert."""
    bench = Bench((two_levels(),))
    await bench.poll(12)
    until = bench.clock.now() + timedelta(seconds=10)
    await bench.manager.acknowledge("acme", "Waiting", KEY, owner="bob", until=until)
    before = bench.changes
    await bench.manager.tick()
    assert bench.changes == before
    await asyncio.sleep(11)
    await bench.manager.tick()
    assert bench.changes == before + 1
    assert bench.alert().acknowledged is None
    assert len(bench.kinds()) == 2


async def test_a_silence_is_a_change() -> None:
    """Begun, ended, and what it mutes: each is told to who shows it."""
    bench = Bench((two_levels(),))
    await bench.manager.silence(QUIET)
    assert bench.changes == 1
    await bench.manager.silence(replace(QUIET, ends_at=EPOCH))
    assert bench.changes == 2


async def test_what_the_store_refused_has_not_changed_yet() -> None:
    """Nothing is shown that may not be true; it is told once the store has it."""
    store = Moody()
    bench = Bench((two_levels(),), store=store)
    await bench.poll(12)
    before, store.broken = bench.changes, True
    with pytest.raises(StoreError):
        await bench.manager.acknowledge("acme", "Waiting", KEY, owner="bob")
    assert bench.changes == before
    store.broken = False
    await bench.manager.tick()
    assert bench.changes == before + 1
    assert bench.alert().acknowledged is not None


async def test_a_tick_that_finds_nothing_changes_nothing() -> None:
    """Every page would be made anew for it."""
    bench = await a_muted_bench()
    before = bench.changes
    for _ in range(3):
        await bench.manager.tick()
    assert bench.changes == before
