"""Several envelopes in one request: a storm drains fast, and one bad event buries no other."""

import asyncio
from collections import Counter
from random import Random

import pytest
import structlog

from monitor.model.delivery import Delivered, Envelope, Outcome, Rejected, Retry
from monitor.outbox.relay import Relay
from monitor.store.memory import MemoryStore
from tests.builders import RecordingTelemetry
from tests.outbox.making import MovableClock, RecordingSink, an_event, envelopes_of, virtual
from tests.outbox.relaying import BUSY, BatchingSink, running, seconds

POISONED = {"0013", "0077", "0078"}
INVALID = Rejected(reason="invalid", detail="answered 400")


def poison(verdict: Outcome):
    """Return an answer that refuses the poisoned ones."""

    def answer(envelope: Envelope, number: int) -> Outcome:
        return verdict if any(name in envelope.key for name in POISONED) else Delivered()

    return answer


def test_a_storm_leaves_in_full_requests():
    """1,000 events to a sink of 100 at once: ten requests, all lanes busy."""

    async def story() -> None:
        sink = BatchingSink(pause=0.2)
        async with running({"hook": sink}, batches={"hook": 100}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(1000)]))
            await asyncio.sleep(0.25)
            assert sink.requests == [100] * 10
            assert sink.most == 10
            assert await bench.left() == {"hook": 0}
            assert Counter(bench.telemetry.deliveries) == {("hook", "delivered", ""): 1000}

    virtual(story())


def test_a_request_holds_one_event_of_a_key():
    """The next of a key goes in a later request: order is kept."""

    async def story() -> None:
        sink = BatchingSink(pause=0.01)
        async with running({"hook": sink}, batches={"hook": 100}) as bench:
            events = [an_event(number, sequence) for sequence in (1, 2, 3) for number in range(50)]
            await bench.commit(*envelopes_of(events))
            await asyncio.sleep(1)
            assert sink.requests == [50, 50, 50]
            assert all(seen == [1, 2, 3] for seen in sink.sequences().values())

    virtual(story())


def test_one_poisoned_event_does_not_bury_the_others():
    """A refused request is halved until the bad ones stand alone; only they are dead."""

    async def story() -> None:
        sink = BatchingSink(poison(INVALID))
        async with running({"hook": sink}, batches={"hook": 100}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(300)]))
            await asyncio.sleep(1)
            assert len(sink.taken) == 297
            dead = await bench.dead()
            assert {letter.key[-10:-6] for letter in dead} == POISONED
            assert len(sink.requests) < 3 + 2 * 2 * 7 * len(POISONED)
            counts = Counter(bench.telemetry.deliveries)
            assert counts == {("hook", "delivered", ""): 297, ("hook", "rejected", "invalid"): 3}

    virtual(story())


def test_a_slow_refusal_ends():
    """Each refusal takes longer than a wave: the bad one is found all the same."""

    async def story() -> None:
        sink = BatchingSink(poison(INVALID), pause=5.0)
        async with running({"hook": sink}, batches={"hook": 100}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(100)]))
            await asyncio.sleep(300)
            assert (len(sink.taken), len(await bench.dead())) == (97, 3)

    virtual(story())


def test_an_event_that_crashes_the_sink_does_not_hold_the_others():
    """They are taken; it is tried again by itself."""

    class Crashing(BatchingSink):
        async def send_all(self, envelopes) -> Outcome:
            if any("0013" in envelope.key for envelope in envelopes):
                raise KeyError("oops")
            return await super().send_all(envelopes)

    async def story() -> None:
        sink = Crashing()
        async with running({"hook": sink}, batches={"hook": 100}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(100)]))
            await asyncio.sleep(2)
            assert len(sink.taken) == 99
            assert await bench.left() == {"hook": 1}
            assert Counter(bench.telemetry.deliveries)["hook", "retried", "bug"] == 1

    with structlog.testing.capture_logs() as logs:
        virtual(story())
    assert [line["event"] for line in logs] == ["sink.crashed"]


def test_a_failing_destination_is_probed_with_one():
    """A full request only once it works again; then the whole backlog in no time."""

    async def story() -> None:
        sink = BatchingSink(lambda *_: BUSY if seconds() < 3600 else Delivered())
        async with running({"hook": sink}, batches={"hook": 100}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(5000)]))
            await asyncio.sleep(3599)
            assert set(sink.requests[10:]) == {1}
            await asyncio.sleep(62)
            assert len(sink.taken) == 5000

    virtual(story())


def test_who_does_not_cope_gets_less_at_once():
    """A receiver that times out on more than 20 gets requests that it can answer, after a while."""

    class Weak(BatchingSink):
        async def send_all(self, envelopes) -> Outcome:
            if len(envelopes) > 20:
                await asyncio.sleep(10)
                return Retry(reason="timeout", detail="no answer")
            return await super().send_all(envelopes)

    async def story() -> None:
        sink = Weak(pause=0.05)
        async with running({"hook": sink}, batches={"hook": 100}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(3000)]))
            await asyncio.sleep(900)
            assert len(sink.taken) == 3000
            assert max(sink.requests) <= 20

    virtual(story())


def test_only_a_sink_that_takes_several_gets_several():
    """Anything else is a mistake of the wiring, said at the start."""

    async def story() -> None:
        with pytest.raises(TypeError, match="hook takes one envelope at a time"):
            Relay(
                store=MemoryStore(),
                sinks={"hook": RecordingSink()},
                clock=MovableClock(),
                telemetry=RecordingTelemetry(),
                random=Random(1),
                batches={"hook": 100},
            )

    virtual(story())
