"""The event loop's own pulse: proof that it turns, and how late it gets."""

from __future__ import annotations

import asyncio
from collections import deque

PERIOD = 0.5
WINDOW = 10.0
"""Seconds: how often the pulse is taken, and how long the worst lateness is remembered."""


class Beat:
    """Measures by how much a sleeping task wakes late."""

    def __init__(self) -> None:
        self._late: deque[float] = deque([0.0], maxlen=int(WINDOW / PERIOD))

    async def run(self) -> None:
        """Take the pulse for ever."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PERIOD
            await asyncio.sleep(PERIOD)
            self._late.append(max(0.0, loop.time() - due))

    def lag(self) -> float:
        """Return the longest lateness of the last 10 s, in seconds."""
        return max(self._late)
