"""The loop's pulse: how late it came, who is told, and when there is none."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from monitor.kit.beat import Beat, Pulse
from monitor.kit.tasks import stop


async def beating(beat: Beat, seconds: float) -> None:
    """Let it beat for a while."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(beat.run(), name="beat")
        await asyncio.sleep(seconds)
        await stop([task])


@pytest.mark.looptime
async def test_who_listens_is_told_of_every_pulse() -> None:
    """Twice a second, with how late it came: not at all, where nothing blocks."""
    beat, heard = Beat(), list[float]()
    beat.listen(heard.append)
    await beating(beat, 10.2)
    assert heard == pytest.approx([0.0] * 20, abs=1e-6)
    assert beat.lag() == pytest.approx(0.0, abs=1e-6)


async def test_what_blocks_makes_it_late() -> None:
    """The pulse after a block is late by what the block took of its time, and that is remembered."""
    beat, heard = Beat(period=0.02), list[float]()
    beat.listen(heard.append)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(beat.run(), name="beat")
        await asyncio.sleep(0)
        time.sleep(0.1)
        await asyncio.sleep(0.05)
        await stop([task])
    assert max(heard) >= 0.08
    assert beat.lag() == max(heard)


async def test_a_pulse_names_its_thread_and_ends_with_the_beat() -> None:
    """While it beats its last pulse is known; before and after there is none to hold anybody to."""
    beat = Beat(period=0.01)
    unbegun = beat.pulse
    assert unbegun is None
    async with asyncio.TaskGroup() as group:
        task = group.create_task(beat.run(), name="beat")
        await asyncio.sleep(0.005)
        before = time.monotonic()
        first = beat.pulse
        assert isinstance(first, Pulse)
        assert first.thread == threading.get_ident()
        assert before - 1.0 < first.at <= before
        await asyncio.sleep(0.05)
        later = beat.pulse
        assert later is not None
        assert later.at > first.at
        await stop([task])
    assert beat.pulse is None
