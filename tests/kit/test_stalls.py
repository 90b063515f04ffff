"""What blocks the loop is named while it does, once; what is no block is not."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from structlog.testing import capture_logs

from monitor.kit import stalls
from monitor.kit.beat import Beat, Pulse
from monitor.kit.tasks import stop

PERIOD, LATE, LOOK = 0.02, 0.2, 0.01
"""Seconds: a small part of what is usual, so that the tests are quick."""
BUSY = """
import asyncio, time
from monitor.kit import stalls
from monitor.kit.beat import Beat

async def main():
    beat = Beat(0.02)
    with stalls.watching(beat, late=0.2, look=0.1):
        async with asyncio.TaskGroup() as group:
            group.create_task(beat.run(), name="beat")
            await asyncio.sleep(0.2)
            print("beats")
            while True:
                WORK
                await asyncio.sleep(0)

asyncio.run(main())
"""
"""A loop that always has something to do."""


@asynccontextmanager
async def busy(work: str) -> AsyncIterator[Process]:
    """A process whose loop does some work again and again, once it beats; it is killed at the end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "-c", BUSY.replace("WORK", work), stdout=PIPE
    )
    assert child.stdout is not None
    try:
        await child.stdout.readline()
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def stop_for(child: Process, seconds: float) -> None:
    """Stop a process for a while."""
    child.send_signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    child.send_signal(signal.SIGCONT)


async def lines_of(child: Process) -> list[bytes]:
    """Return what a process has printed by now, and end it."""
    child.kill()
    await child.wait()
    assert child.stdout is not None
    return (await child.stdout.read()).splitlines()


@asynccontextmanager
async def watched() -> AsyncIterator[None]:
    """A beating loop that is watched."""
    beat = Beat(PERIOD)
    with stalls.watching(beat, late=LATE, look=LOOK):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(beat.run(), name="beat")
            await asyncio.sleep(3 * PERIOD)
            yield
            await asyncio.sleep(3 * PERIOD)
            await stop([task])


class Culprit:
    """Somebody who does what must not be done in a loop."""

    def hash_slowly(self, seconds: float) -> None:
        """Block."""
        time.sleep(seconds)

    def work(self, seconds: float) -> None:
        """Call what blocks."""
        self.hash_slowly(seconds)


async def test_what_blocks_is_named_while_it_blocks_and_once() -> None:
    """One line names function, file and line and who called it, one more says how long it was."""
    with capture_logs() as lines:
        async with watched():
            Culprit().work(0.5)
    first, second = lines
    assert (first["event"], first["log_level"]) == ("loop.blocked", "error")
    assert first["function"] == f"{__name__}.Culprit.hash_slowly"
    assert first["file"] == __file__
    assert first["line"] == Culprit.hash_slowly.__code__.co_firstlineno + 2
    assert first["callers"][0].startswith(f"{__name__}.Culprit.work:")
    assert not [name for name in first["callers"] if name.startswith("asyncio.")]
    assert LATE <= first["seconds"] < second["seconds"]
    assert (second["event"], second["function"]) == ("loop.unblocked", first["function"])
    assert 0.4 < second["seconds"] < 2.0
    json.dumps(lines)


async def test_every_block_is_named() -> None:
    """The second block is another one, and so is its function."""
    with capture_logs() as lines:
        async with watched():
            Culprit().work(0.5)
            await asyncio.sleep(4 * PERIOD)
            time.sleep(0.5)
    assert [line["event"] for line in lines] == ["loop.blocked", "loop.unblocked"] * 2
    assert lines[2]["function"].endswith("test_every_block_is_named")


async def test_a_library_that_keeps_the_interpreter_is_named_too() -> None:
    """What lets no thread run is named as soon as it is over: we overslept, but the process computed."""
    began = time.monotonic()
    beat = Beat(PERIOD)
    beat.pulse = Pulse(began, threading.get_ident())
    watch = stalls.Watch(beat, LATE, LOOK)
    with capture_logs() as lines:
        watch.look(began, 5.0)
        watch.look(began + 1.0, 5.9)
        beat.pulse = Pulse(began + 1.1, threading.get_ident())
        watch.look(began + 1.0 + LOOK, 6.0)
    assert [line["event"] for line in lines] == ["loop.blocked", "loop.unblocked"]


async def test_who_overslept_and_computed_nothing_was_stopped() -> None:
    """The same second without processor time: nobody is named for it, nor by the next look."""
    began = time.monotonic()
    beat = Beat(PERIOD)
    beat.pulse = Pulse(began, threading.get_ident())
    watch = stalls.Watch(beat, LATE, LOOK)
    with capture_logs() as lines:
        watch.look(began, 5.0)
        watch.look(began + 1.0, 5.0)
        watch.look(began + 1.0 + LOOK, 5.0)
        assert lines == []
        watch.look(began + 1.0 + 2 * LOOK, 5.0)
    assert [line["event"] for line in lines] == ["loop.blocked"]


async def test_short_work_and_a_loop_that_waits_are_no_blocks() -> None:
    """Nothing is said of less than the limit, nor where nothing is to be done."""
    with capture_logs() as lines:
        async with watched():
            time.sleep(LATE / 4)
            await asyncio.sleep(3 * LATE)
    assert lines == []


async def test_a_loop_that_waits_is_not_blocked_though_the_pulse_is_old() -> None:
    """So it looks after the whole process was stopped for a while: there is nobody to name."""
    beat = Beat(PERIOD)
    with capture_logs() as lines, stalls.watching(beat, late=LATE, look=LOOK):
        beat.pulse = Pulse(time.monotonic() - 60.0, threading.get_ident())
        await asyncio.sleep(5 * LOOK)
        assert lines == []
        time.sleep(5 * LOOK)
    assert [line["event"] for line in lines] == ["loop.blocked"]


async def test_a_beat_that_ended_ends_the_block() -> None:
    """At the end of the daemon nobody beats any more, and that is nobody's fault."""
    beat = Beat(PERIOD)
    with capture_logs() as lines, stalls.watching(beat, late=LATE, look=LOOK):
        beat.pulse = Pulse(time.monotonic() - 1.0, threading.get_ident())
        time.sleep(5 * LOOK)
        beat.pulse = None
        time.sleep(15 * LOOK)
    assert [line["event"] for line in lines] == ["loop.blocked", "loop.unblocked"]


async def test_a_process_that_was_stopped_is_not_blocked() -> None:
    """Whoever happens to run when it goes on has nothing to do with the pulse being old."""
    async with busy("for _ in range(300): sum(range(10_000))") as child:
        for _ in range(5):
            await stop_for(child, 0.4)
            await asyncio.sleep(0.2)
        assert await lines_of(child) == []


async def test_a_block_that_was_stopped_is_named_all_the_same() -> None:
    """A stop is no excuse: what still blocks when the process goes on is named, two looks later."""
    async with busy("time.sleep(1.5)") as child:
        await asyncio.sleep(0.02)
        await stop_for(child, 0.4)
        await asyncio.sleep(0.6)
        (line,) = await lines_of(child)
    assert b"loop.blocked" in line
