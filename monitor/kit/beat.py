"""The event loop's own pulse: proof that it turns, and how late it gets."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

PERIOD = 0.5
WINDOW = 10.0
"""Seconds: how often the pulse is taken, and how long the worst lateness is remembered."""


class Pulse(NamedTuple):
    """When the pulse was taken last, in seconds of the system's monotonic clock, and by which thread."""

    at: float
    thread: int


class Beat:
    """Measures by how much a sleeping task wakes late.

    `pulse` is the newest one; None while nobody takes it. Other threads may read it.
    """

    def __init__(self, period: float = PERIOD) -> None:
        self.period = period
        self.pulse: Pulse | None = None
        self._late: deque[float] = deque([0.0], maxlen=int(WINDOW / PERIOD))
        self._listeners: list[Callable[[float], None]] = []

    def listen(self, heard: Callable[[float], None]) -> None:
        """Tell `heard` at every pulse how many seconds late it came."""
        self._listeners.append(heard)

    async def run(self) -> None:
        """Take the pulse for ever."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                # The loop's clock may be another one, and a thread cannot ask it.
                self.pulse = Pulse(time.monotonic(), threading.get_ident())
                due = loop.time() + self.period
                await asyncio.sleep(self.period)
                late = max(0.0, loop.time() - due)
                self._late.append(late)
                for heard in self._listeners:
                    heard(late)
        finally:
            self.pulse = None

    def lag(self) -> float:
        """Return the longest lateness of the last 10 s, in seconds."""
        return max(self._late)
