"""A relay on a store in memory, running, for the stories in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from random import Random

from monitor.model.delivery import Delivered, Envelope, Letter, Outcome, Retry
from monitor.outbox.relay import Relay
from monitor.ports import Sink
from monitor.store.memory import MemoryStore
from tests.builders import RecordingTelemetry
from tests.outbox.making import MovableClock, RecordingSink, of_envelopes

BUSY = Retry(reason="unavailable", detail="answered 503")


class Bench:
    """The parts of a running relay."""

    def __init__(
        self, relay: Relay, store: MemoryStore, clock: MovableClock, telemetry: RecordingTelemetry
    ) -> None:
        self.relay = relay
        self.store = store
        self.clock = clock
        self.telemetry = telemetry

    async def commit(self, *envelopes: Envelope) -> None:
        await self.store.commit([], of_envelopes(envelopes))
        self.relay.wake()

    async def left(self) -> dict[str, int]:
        return {one.destination: one.depth for one in await self.store.backlog()}

    async def dead(self) -> list[Letter]:
        return await self.store.letters(dead=True, limit=10_000)


@asynccontextmanager
async def running(
    sinks: Mapping[str, Sink],
    store: MemoryStore | None = None,
    *,
    coalescing: Collection[str] = (),
    batches: Mapping[str, int] | None = None,
    gone: Callable[[str, str], None] | None = None,
    back: Callable[[str], None] | None = None,
) -> AsyncIterator[Bench]:
    """Run a relay over `sinks` for the length of the block."""
    memory = store or MemoryStore()
    clock, telemetry = MovableClock(), RecordingTelemetry()
    relay = Relay(
        store=memory,
        sinks=sinks,
        clock=clock,
        telemetry=telemetry,
        random=Random(7),
        coalescing=coalescing,
        batches=batches,
        gone=gone,
        back=back,
    )
    async with asyncio.TaskGroup() as group:
        loops = [group.create_task(run(), name=name) for name, run in relay.workers().items()]
        await asyncio.sleep(0)
        yield Bench(relay, memory, clock, telemetry)
        for loop in loops:
            loop.cancel()


def seconds() -> float:
    """Return the loop's time."""
    return asyncio.get_running_loop().time()


class BatchingSink(RecordingSink):
    """Takes several at once, in `pause` seconds; what it says of the worst it says of all.

    `requests` are the sizes of what it was sent, `most` how many it was sent at a time.
    """

    def __init__(self, answer: Callable[[Envelope, int], Outcome] | None = None, pause: float = 0.0) -> None:
        super().__init__(answer)
        self.requests: list[int] = []
        self.most = 0
        self._pause = pause
        self._running: list[set[str]] = []

    async def send(self, envelope: Envelope) -> Outcome:
        raise AssertionError("a batching destination gets batches, be it of one")

    async def send_all(self, envelopes: Sequence[Envelope]) -> Outcome:
        keys = {envelope.key for envelope in envelopes}
        assert len(keys) == len(envelopes), "two of one key in one request"
        assert all(keys.isdisjoint(others) for others in self._running), "two of one key at once"
        self.requests.append(len(envelopes))
        self._running.append(keys)
        self.most = max(self.most, len(self._running))
        await asyncio.sleep(self._pause)
        self._running.remove(keys)
        refused = [one for one in map(self.judge, envelopes) if not isinstance(one, Delivered)]
        if refused:
            return refused[0]
        self.taken += envelopes
        return Delivered()
