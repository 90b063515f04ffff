"""The relay: one worker per destination, so that a stuck destination delays only itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from random import Random

from monitor.outbox.worker import Worker
from monitor.ports import Clock, OutboxStore, Sink, Telemetry


class Relay:
    """Delivers what the outbox holds. Each of `workers()` is run, supervised, by whoever owns the relay.

    Args:
        store: the outbox.
        sinks: one per destination.
        clock: dates.
        telemetry: hears of every try.
        random: for jitter.
        coalescing: destinations that get only the newest unsent event of each key.
        batches: destinations whose sink is a BatchSink, and how many envelopes it takes at once.
        gone: hears of a destination that said it is no more, and its words.
        back: hears of a destination that takes something after that; also of the first time after a start.
    """

    def __init__(
        self,
        *,
        store: OutboxStore,
        sinks: Mapping[str, Sink],
        clock: Clock,
        telemetry: Telemetry,
        random: Random,
        coalescing: Collection[str] = (),
        batches: Mapping[str, int] | None = None,
        gone: Callable[[str, str], None] | None = None,
        back: Callable[[str], None] | None = None,
    ) -> None:
        self._workers = {
            name: Worker(
                name,
                sink=sink,
                store=store,
                clock=clock,
                telemetry=telemetry,
                random=random,
                coalesce=name in coalescing,
                batch=(batches or {}).get(name, 1),
                gone=gone,
                back=back,
            )
            for name, sink in sinks.items()
        }

    def workers(self) -> Mapping[str, Callable[[], Coroutine[None, None, None]]]:
        """Return the permanent loops by destination; each returns only after `drain`."""
        return {name: worker.run for name, worker in self._workers.items()}

    def wake(self, destination: str | None = None) -> None:
        """Say that something was committed; with `destination`, that this one can be reached again.

        Only the latter ends a failing destination's pause, and its envelopes' waits. An unknown destination
        is ignored.
        """
        if destination is None:
            for worker in self._workers.values():
                worker.wake()
        elif destination in self._workers:
            self._workers[destination].release()

    def release(self, destinations: Collection[str]) -> None:
        """Try these again now, each envelope of theirs: an operator asked for it."""
        for destination in destinations:
            self.enable(destination)

    def enable(self, destination: str) -> None:
        """Try a destination again, also one that said it is gone; an unknown one is ignored."""
        if destination in self._workers:
            self._workers[destination].enable()

    def disabled(self) -> set[str]:
        """Return the destinations that get nothing because they said that they are gone."""
        return {name for name, worker in self._workers.items() if worker.disabled}

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
