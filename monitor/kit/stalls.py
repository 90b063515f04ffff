"""Names what blocks the event loop, from a thread of its own: the loop cannot say it itself.

In: the beat. Out: `loop.blocked` in the log once per block, with the function that runs, and
`loop.unblocked` with the seconds it took. What may not happen: a line because nothing is to be done, or
because the whole process was stopped for a while; a value of a variable in a line. What lets no thread run
is named once it is over; only if it computed nothing meanwhile it cannot be told from a stop.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

import structlog

from monitor.kit.beat import Beat, Pulse

log = structlog.get_logger(__name__)

LATE = 1.0
"""Seconds by which a pulse is late when the loop is called blocked (FAULTS.md F31)."""
LOOK = 0.25
"""Seconds between looks at the pulse."""
SKIPPED = 2
"""Looks that say nothing after a stop, the one that noticed it included: the beat comes first."""
DEPTH = 12
"""Callers that are named, from the innermost on."""

_CALLING = "asyncio.events"
"""The module from which a loop calls whatever it runs (`Handle._run`)."""


@contextmanager
def watching(beat: Beat, *, late: float = LATE, look: float = LOOK) -> Iterator[None]:
    """Watch the loop of `beat` for the length of the block; `late` and `look` in seconds."""
    ended, watch = threading.Event(), Watch(beat, late, look)

    def run() -> None:
        while not ended.wait(look):
            watch.look(time.monotonic(), time.process_time())

    thread = threading.Thread(target=run, name="stalls", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@dataclass(slots=True)
class Watch:
    """Looks at the pulse every `period` seconds.

    `_stuck` is the one after which none has come in time, `_where` the function. `_looked` is when we looked
    last, and the processor time that the process had used by then, in seconds.
    """

    beat: Beat
    late: float
    period: float
    _looked: tuple[float, float] | None = field(default=None, init=False)
    _skip: int = field(default=0, init=False)
    _stuck: Pulse | None = field(default=None, init=False)
    _where: str = field(default="", init=False)

    def look(self, now: float, used: float) -> None:
        """Say what changed; `now` by the system's monotonic clock, `used` the process's processor time."""
        self._skip = SKIPPED if self._stopped(now, used) else max(0, self._skip - 1)
        pulse = self.beat.pulse
        if self._stuck is not None and pulse != self._stuck:
            seconds = (pulse.at if pulse is not None else now) - self._due(self._stuck)
            log.warning("loop.unblocked", function=self._where, seconds=round(seconds, 2))
            self._stuck = None
        if pulse is None or self._stuck is not None or self._skip:
            return
        if now - self._due(pulse) > self.late:
            self._blocked(pulse, now)

    def _stopped(self, now: float, used: float) -> bool:
        """Return whether the process did not run for a while: we are late, and nobody computed meanwhile."""
        before, self._looked = self._looked, (now, used)
        if before is None:
            return False
        overslept = now - before[0] - self.period
        return overslept > self.late / 4 and used - before[1] < overslept / 2

    def _blocked(self, pulse: Pulse, now: float) -> None:
        frame = sys._current_frames().get(pulse.thread)  # noqa: SLF001 - there is no other way to see a thread
        if frame is None or not (stack := _stack(frame)):
            return
        self._stuck, self._where = pulse, _function(frame)
        callers = [f"{_function(one)}:{one.f_lineno}" for one in stack[1 : DEPTH + 1]]
        log.error(
            "loop.blocked", function=self._where, file=frame.f_code.co_filename, line=frame.f_lineno,
            seconds=round(now - self._due(pulse), 2), callers=callers,
        )  # fmt: skip

    def _due(self, pulse: Pulse) -> float:
        return pulse.at + self.beat.period


def _stack(frame: FrameType) -> list[FrameType]:
    """Return what the loop called, the innermost first; nothing where it waits for something to do.

    Then the whole process was stopped for a while, or the beat was.
    """
    found: list[FrameType] = []
    here: FrameType | None = frame
    while here is not None and here.f_globals.get("__name__") != _CALLING:
        found.append(here)
        here = here.f_back
    return found if here is not None else []


def _function(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}"
