"""Whatever a destination answers: nothing is lost, nothing overtakes, and an id never changes."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.delivery import Delivered, Envelope, Gone, Outcome, Rejected, Retry
from monitor.outbox.relay import Relay
from monitor.store.memory import MemoryStore
from tests.builders import RecordingTelemetry
from tests.outbox.making import MovableClock, RecordingSink, an_event, envelopes_of, of_envelopes, virtual

REJECTED = Rejected(reason="invalid", detail="answered 422")
GONE = Gone(detail="answered 410")
OUTCOMES = st.sampled_from(
    [
        Delivered(),
        Delivered(),
        Retry(reason="unavailable", detail="answered 503"),
        Retry(reason="denied", detail="ACL"),
        Retry(reason="throttled", detail="answered 429", after=30.0),
        REJECTED,
        GONE,
        None,  # the sink crashes
    ]
)


class Capricious(RecordingSink):
    """Answers by lot for a while, then takes everything; each try takes its time.

    Several at once get one answer. A rejection counts where it is of one.
    """

    def __init__(self, lots: list[Outcome | None], delays: list[float]) -> None:
        super().__init__()
        self.rejected: list[Envelope] = []
        self._lots = lots
        self._delays = delays
        self._number = 0
        self.running: dict[str, int] = defaultdict(int)

    async def send(self, envelope: Envelope) -> Outcome:
        return await self.send_all([envelope])

    async def send_all(self, envelopes: Sequence[Envelope]) -> Outcome:
        for envelope in envelopes:
            self.running[envelope.key] += 1
            assert self.running[envelope.key] == 1, "two of one key at once"
        self.tries += envelopes
        try:
            self._number += 1
            await asyncio.sleep(self._delays[self._number % len(self._delays)])
            outcome = self._draw()
        finally:
            for envelope in envelopes:
                self.running[envelope.key] -= 1
        if isinstance(outcome, Delivered):
            self.taken += envelopes
        elif outcome == REJECTED and len(envelopes) == 1:
            self.rejected += envelopes
        return outcome

    def _draw(self) -> Outcome:
        outcome = self._lots.pop() if self._lots else Delivered()
        if outcome is None:
            raise RuntimeError("by lot")
        return outcome


@settings(max_examples=100, deadline=None)
@given(
    lots=st.lists(OUTCOMES, max_size=60),
    delays=st.lists(st.floats(0.0, 3.0), min_size=1, max_size=5),
    commits=st.lists(
        st.tuples(st.integers(0, 4), st.floats(0.0, 20.0)), min_size=1, max_size=40
    ),  # (key, pause before)
    restarts=st.integers(0, 2),
    batch=st.sampled_from([1, 1, 3]),
    coalesces=st.booleans(),
)
def test_nothing_is_lost_and_nothing_overtakes(
    *, lots, delays, commits, restarts: int, batch: int, coalesces: bool
):
    """Random answers, delays and kills: each event once taken or dead, tries in order per key.

    Where only the newest is wanted, the last of each key is what is taken or dead.
    """
    sink = Capricious(lots, delays)

    async def story() -> list[Envelope]:
        store, clock = MemoryStore(), MovableClock()
        made: list[Envelope] = []
        sequences: dict[int, int] = defaultdict(int)
        part = len(commits) // (restarts + 1) + 1
        for start in range(0, len(commits), part):
            relay = Relay(
                store=store,
                sinks={"hook": sink},
                clock=clock,
                telemetry=RecordingTelemetry(),
                random=Random(3),
                batches={"hook": batch},
                coalescing=["hook"] if coalesces else [],
            )
            worker = asyncio.get_running_loop().create_task(relay.workers()["hook"]())
            for key, pause in commits[start : start + part]:
                await asyncio.sleep(pause)
                sequences[key] += 1
                envelopes = envelopes_of([an_event(key, sequences[key], occurred_at=clock.now())])
                made += envelopes
                await store.commit([], of_envelopes(envelopes))
                relay.wake()
            if start + part >= len(commits):
                for _ in range(len(lots) + 1):  # an answer of 410 each, in the worst case
                    relay.enable("hook")
                    await asyncio.sleep(600)
                await asyncio.sleep(3 * 3600)
            worker.cancel()
            await asyncio.wait([worker])
        assert sum(one.depth for one in await store.backlog()) == 0
        return made

    made = virtual(story())
    ended = {one.event_id for one in [*sink.taken, *sink.rejected]}
    wanted = {one.key: one for one in made}.values() if coalesces else made
    assert ended >= {one.event_id for one in wanted}
    assert ended <= {one.event_id for one in made}
    seen: dict[str, list[int]] = defaultdict(list)
    for envelope in sink.tries:
        if envelope.sequence not in seen[envelope.key]:
            seen[envelope.key].append(envelope.sequence)
        assert envelope.sequence == seen[envelope.key][-1], "an older one after a newer one"
    assert all(sequences == sorted(sequences) for sequences in seen.values())
    ids: dict[tuple[str, int], set[str]] = defaultdict(set)
    for envelope in sink.tries:
        ids[envelope.key, envelope.sequence].add(envelope.event_id)
    assert all(len(found) == 1 for found in ids.values())
