"""Named tasks that are never lost: supervised loops, and a deadline that does not cancel."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

RESTART_PAUSE = 1.0
"""Seconds before a crashed loop is started again; doubled per crash up to `RESTART_CAP`."""
RESTART_CAP = 30.0
CRASHES = 5
"""So many crashes within `CRASH_WINDOW` end the process: a supervisor outside does better then."""
CRASH_WINDOW = 300.0


async def supervise(
    name: str,
    loop_body: Callable[[], Awaitable[None]],
    *,
    fatal: tuple[type[BaseException], ...] = (),
    crashed: Callable[[str], None] | None = None,
) -> None:
    """Run `loop_body` for ever: log a crash, count it, pause, start again.

    Returns when `loop_body` returns. Exceptions in `fatal`, and the fifth crash within five minutes,
    pass through and end the daemon.
    """
    running = asyncio.get_running_loop()
    crashes: deque[float] = deque(maxlen=CRASHES)
    while True:
        try:
            await loop_body()
            return
        except fatal:
            raise
        except Exception as error:
            crashes.append(running.time())
            if crashed is not None:
                crashed(name)
            log.exception("task.crashed", task=name, error=repr(error))
            if len(crashes) == CRASHES and crashes[-1] - crashes[0] < CRASH_WINDOW:
                raise
        await asyncio.sleep(min(RESTART_PAUSE * 2.0 ** (len(crashes) - 1), RESTART_CAP))


async def first_of(event: asyncio.Event, seconds: float) -> bool:
    """Wait for `event`, at most `seconds`; return whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def stop(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel `tasks` and wait until each has ended; errors are theirs to have logged."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
