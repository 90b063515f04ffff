"""Work on thousands of things, done where nothing else has to wait for it.

In: work that only reads what never changes. Out: what it makes. What may not happen: a long list that
somebody asks for keeping the event loop; many who ask at the same time keeping it with their threads, or with
looking at what there is. So whoever works on much takes a turn (a lock) first, looks, and then works:

    async with self.turn:
        found = tuple(...)
        return await aside(len(found), work)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

BULK = 500
"""Things from which on a thread is worth its while: so many take a few milliseconds."""


async def aside(many: int, work: Callable[[], T]) -> T:
    """Return what `work` makes of so `many` things, or raise what it raises.

    A thread that computes keeps the loop for 5 ms at a stretch, several of them each for as long.
    """
    return work() if many < BULK else await asyncio.to_thread(work)
