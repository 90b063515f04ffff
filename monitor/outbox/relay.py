"""The relay: one worker per destination, so that a stuck destination delays only itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from random import Random

from monitor.outbox.worker import Worker
from monitor.ports import Clock, OutboxStore, Sink, Telemetry


class Relay:
    """Delivers what the outbox holds. Each of `workers()` is run, supervised, by whoever owns the relay."""

    def __init__(
        self,
        *,
        store: OutboxStore,
        sinks: Mapping[str, Sink],
        clock: Clock,
        telemetry: Telemetry,
        random: Random,
    ) -> None:
        self._workers = {
            name: Worker(name, sink=sink, store=store, clock=clock, telemetry=telemetry, random=random)
            for name, sink in sinks.items()
        }

    def workers(self) -> Mapping[str, Callable[[], Coroutine[None, None, None]]]:
        """Return the permanent loops by destination; each returns only after `drain`."""
        return {name: worker.run for name, worker in self._workers.items()}

    def wake(self, destination: str | None = None) -> None:
        """Say that something was committed; with `destination`, that this one can be reached again.

        Only the latter ends a failing destination's pause. An unknown destination is ignored.
        """
        if destination is None:
            for worker in self._workers.values():
                worker.wake()
        elif destination in self._workers:
            self._workers[destination].release()

    async def drain(self, seconds: float) -> None:
        """Try everything due once more, at most `seconds`, and end the loops; what is left stays."""
        for worker in self._workers.values():
            worker.drain()
        try:
            async with asyncio.timeout(seconds):
                for worker in self._workers.values():
                    await worker.ended()
        except TimeoutError:
            for worker in self._workers.values():
                worker.stop()
