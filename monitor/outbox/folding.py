"""The loop that tells of groups: what waits in a group becomes one envelope when the group's time has come.

In: groups that are ripe. Out: their tellings, committed like any event. What may not happen: a telling sent
before it is on the disk, for then a crash would tell it twice under two ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from monitor.kit import tasks
from monitor.model.delivery import RipeGroup
from monitor.model.errors import StoreError
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.patience import Patience
from monitor.ports import Clock, FoldStore

IDLE = 60.0
"""Seconds after which it looks anyway: a wake-up is a courtesy, the store is the truth."""
LARGE = 500
"""Members from which on a telling is made in a thread: it is half a second's work for 10,000."""
SHORTEST = 1.0
"""Seconds between two looks at least where the second finds nothing to tell."""


class Folder:
    """Folds ripe groups. `committed` hears that there is something to send."""

    def __init__(
        self, store: FoldStore, dispatcher: Dispatcher, clock: Clock, committed: Callable[[], None]
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        self._committed = committed
        self._patience = Patience(lambda: 0.0, task="folder")
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Say that something was committed: a group's time may be nearer than it was."""
        self._woken.set()

    async def run(self) -> None:
        """Fold for ever."""
        while True:
            self._woken.clear()
            try:
                for ripe in await self._store.ripe(now=self._clock.now()):
                    await self._fold(ripe)
                wait = await self._wait()
            except StoreError as error:
                await self._patience.failed(error)
                continue
            self._patience.answered()
            await tasks.first_of(self._woken, wait)

    async def _fold(self, ripe: RipeGroup) -> None:
        now = self._clock.now()
        fold = partial(self._dispatcher.fold, ripe, now=now)
        dispatch, told = await asyncio.to_thread(fold) if len(ripe.members) >= LARGE else fold()
        await self._store.fold(ripe, told, dispatch, now=now)
        if dispatch is not None:
            self._committed()

    async def _wait(self) -> float:
        """Return the seconds until the next group's time."""
        next_fold = await self._store.next_fold()
        if next_fold is None:
            return IDLE
        left = (next_fold - self._clock.now()).total_seconds()
        return min(max(left, SHORTEST), IDLE)
