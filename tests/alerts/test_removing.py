"""What is still shown of an alert whose queue or rule goes is taken away, whoever has to hear of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model.alert import AlertState
from monitor.model.delivery import Wanted
from monitor.model.rule import Matcher
from monitor.model.silence import Silence
from tests.alerts.bench import ROW, Bench, two_levels
from tests.builders import EPOCH, SALES, a_batch

pytestmark = pytest.mark.looptime

NO_QUEUE = replace(a_batch({}), source="directory", tables=(), queues=frozenset({SALES}))


async def shown(bench: Bench) -> list[bool]:
    """Return, for every state that is kept, whether it shows anything."""
    return [bool(one.body) for one in await bench.store.states()]


async def test_what_was_over_before_its_queue_went_is_not_shown_any_more() -> None:
    """It is taken away once; nobody hears a second end."""
    bench = Bench((two_levels(),))
    await bench.poll(12, 3)
    assert await shown(bench) == [True]
    await bench.accept(NO_QUEUE)
    assert await shown(bench) == [False]
    await bench.accept(NO_QUEUE)
    assert bench.kinds() == ["Waiting fired warning", "Waiting resolved warning"]
    assert len(await bench.store.history(Wanted())) == 3


async def test_what_was_over_before_its_rule_went_is_not_shown_any_more() -> None:
    """Also where the rule was taken out while nothing ran."""
    bench = Bench((two_levels(),))
    await bench.poll(12, 3)
    again = Bench((), bench.store)
    await again.manager.load()
    assert await shown(again) == [False]


async def test_what_fires_unheard_is_not_shown_any_more() -> None:
    """An earlier episode was shown; this one is silenced, and so has no end of its own."""
    bench = Bench((two_levels(),))
    await bench.poll(12, 3)
    await bench.manager.silence(
        Silence(
            id="s", matchers=(Matcher(label="rule", globs=("*",)),), starts_at=EPOCH,
            ends_at=EPOCH + timedelta(days=1), owner="ann", comment="",
        )
    )  # fmt: skip
    await bench.poll(12)
    await bench.accept(NO_QUEUE)
    assert await shown(bench) == [False]
    assert bench.kinds() == ["Waiting fired warning", "Waiting resolved warning"]


async def test_a_queue_that_comes_back_is_shown_again() -> None:
    """The next fire is a newer event than the removal."""
    bench = Bench((two_levels(),))
    await bench.poll(12, 3)
    await bench.accept(NO_QUEUE)
    await bench.poll(12)
    assert await shown(bench) == [True]
    assert bench.alert(f"{ROW[0]}/voice").episode == 2


async def test_what_was_never_told_is_nothing_to_remove() -> None:
    """No event for an alert that nobody ever heard of, pending or not."""
    mild, _ = two_levels().levels
    bench = Bench((two_levels(levels=(replace(mild, dwell=60.0),)),))
    await bench.poll(3, 12)
    await bench.accept(NO_QUEUE)
    assert await bench.store.states() == []
    assert bench.alert().state is AlertState.INACTIVE


async def test_a_look_at_many_firing_alerts_lets_others_have_their_turn() -> None:
    """A thousand that fire: the loop goes round while the manager looks at them, and while it judges them."""
    bench = Bench((two_levels(),))
    rows = {(f"{number:036d}", f"Queue {number}", "voice"): 12.0 for number in range(1000)}
    await bench.accept(a_batch(rows))
    rounds = 0

    async def others() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0)
            rounds += 1

    async with asyncio.TaskGroup() as group:
        busy = group.create_task(others())
        await bench.manager.tick()
        looking, rounds = rounds, 0
        await bench.manager.accept(a_batch(rows))
        busy.cancel()
    assert looking >= 8
    assert rounds >= 20
