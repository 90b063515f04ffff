"""Asks about a long stretch of time piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

from monitor.model.interval import Interval

A = TypeVar("A")

DAY = 86_400.0
"""Seconds."""
TIMEOUT = 300.0
"""Seconds one piece may take: long enough to wait for a spent request budget, which is a minute's."""


class Progress(Protocol):
    """Told how far a report has come."""

    def begin(self, pieces: int) -> None:
        """So many pieces will be asked."""

    def advance(self) -> None:
        """One of them has been answered."""


async def answers(
    interval: Interval, seconds: float, ask: Callable[[Interval, float], Awaitable[A]], progress: Progress
) -> AsyncIterator[A]:
    """Yield what `ask(piece, deadline)` answers for every piece of `seconds`, in order of time."""
    pieces = tuple(interval.cut(seconds))
    progress.begin(len(pieces))
    loop = asyncio.get_running_loop()
    for piece in pieces:
        answer = await ask(piece, loop.time() + TIMEOUT)
        progress.advance()
        yield answer
