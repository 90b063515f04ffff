"""Whatever a destination answers: nothing is lost, nothing overtakes, and an id never changes."""

import asyncio
from collections import defaultdict
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.delivery import Delivered, Envelope, Outcome, Rejected, Retry
from monitor.outbox.relay import Relay
from monitor.store.memory import MemoryStore
from tests.builders import RecordingTelemetry
from tests.outbox.making import MovableClock, RecordingSink, an_event, envelopes_of, virtual

REJECTED = Rejected(reason="invalid", detail="answered 422")
OUTCOMES = st.sampled_from(
    [
        Delivered(),
        Delivered(),
        Retry(reason="unavailable", detail="answered 503"),
        Retry(reason="denied", detail="ACL"),
        Retry(reason="throttled", detail="answered 429", after=30.0),
        REJECTED,
        None,  # the sink crashes
    ]
)


class Capricious(RecordingSink):
    """Answers by lot for a while, then takes everything; each try takes its time."""

    def __init__(self, lots: list[Outcome | None], delays: list[float]) -> None:
        super().__init__(self._draw)
        self.rejected: list[Envelope] = []
        self._lots = lots
        self._delays = delays
        self._number = 0
        self.running: dict[str, int] = defaultdict(int)

    async def send(self, envelope: Envelope) -> Outcome:
        self.running[envelope.key] += 1
        assert self.running[envelope.key] == 1, "two of one key at once"
        try:
            self._number += 1
            await asyncio.sleep(self._delays[self._number % len(self._delays)])
            return await super().send(envelope)
        finally:
            self.running[envelope.key] -= 1

    def _draw(self, envelope: Envelope, number: int) -> Outcome:
        outcome = self._lots.pop() if self._lots else Delivered()
        if outcome is None:
            raise RuntimeError("by lot")
        if outcome == REJECTED:
            self.rejected.append(envelope)
        return outcome


@settings(max_examples=150, deadline=None)
@given(
    lots=st.lists(OUTCOMES, max_size=60),
    delays=st.lists(st.floats(0.0, 3.0), min_size=1, max_size=5),
    commits=st.lists(
        st.tuples(st.integers(0, 4), st.floats(0.0, 20.0)), min_size=1, max_size=40
    ),  # (key, pause before)
    restarts=st.integers(0, 2),
)
def test_nothing_is_lost_and_nothing_overtakes(lots, delays, commits, restarts: int):
    """Random answers, delays and kills: each event once taken or dead, first tries in order per key."""
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
            )
            worker = asyncio.get_running_loop().create_task(relay.workers()["hook"]())
            for key, pause in commits[start : start + part]:
                await asyncio.sleep(pause)
                sequences[key] += 1
                envelopes = envelopes_of([an_event(key, sequences[key], occurred_at=clock.now())])
                made += envelopes
                await store.commit([], [], envelopes)
                relay.wake()
            if start + part >= len(commits):
                await asyncio.sleep(3 * 3600)
            worker.cancel()
            await asyncio.wait([worker])
        assert sum(one.depth for one in await store.backlog()) == 0
        return made

    made = virtual(story())
    ended = {one.event_id for one in [*sink.taken, *sink.rejected]}
    assert ended == {one.event_id for one in made}
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
