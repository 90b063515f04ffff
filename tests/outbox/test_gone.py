"""A destination that says it is gone: left alone, complained of once, tried again when somebody asks."""

import asyncio
from collections import Counter

import structlog

from monitor.model.delivery import Delivered, Envelope, Gone, Outcome
from monitor.store.memory import MemoryStore
from tests.outbox.making import RecordingSink, an_event, envelopes_of, virtual
from tests.outbox.relaying import BUSY, BatchingSink, running, seconds

GONE = Gone(detail="hook.example answered 410")
HINT = "nothing more is sent to it: take it out of the configuration, or retry it once it is back"


class Fates:
    """Hears what the relay says of destinations."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def gone(self, destination: str, detail: str) -> None:
        self.said.append((destination, detail))

    def back(self, destination: str) -> None:
        self.said.append((destination, "back"))


def test_a_gone_destination_gets_nothing_more():
    """What waits for it stays, the others are not concerned, and somebody is told once."""
    fates = Fates()

    async def story() -> None:
        hook, lamp = RecordingSink(lambda *_: GONE), RecordingSink()
        async with running({"hook": hook, "lamp": lamp}, gone=fates.gone) as bench:
            assert bench.relay.disabled() == set()
            events = [an_event(number) for number in range(40)]
            await bench.commit(*envelopes_of(events, "hook"), *envelopes_of(events, "lamp"))
            await asyncio.sleep(1)
            tried = len(hook.tries)
            assert tried <= 10
            assert bench.relay.disabled() == {"hook"}
            await bench.commit(*envelopes_of([an_event(99)], "hook"))
            await asyncio.sleep(3600)
            assert len(hook.tries) == tried
            assert await bench.left() == {"hook": 41, "lamp": 0}
            assert Counter(bench.telemetry.deliveries)["hook", "gone", ""] == tried

    with structlog.testing.capture_logs() as logs:
        virtual(story())
    assert fates.said == [("hook", GONE.detail)]
    assert logs == [
        {
            "event": "destination.gone",
            "log_level": "error",
            "destination": "hook",
            "detail": GONE.detail,
            "hint": HINT,
        }
    ]


def test_a_gone_destination_is_probed_when_somebody_asks():
    """One try: still gone, and that is said again; or it is back and has everything at once."""
    fates = Fates()

    async def story() -> None:
        sink = RecordingSink(lambda *_: GONE if seconds() < 1000 else Delivered())
        async with running({"hook": sink}, gone=fates.gone, back=fates.back) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(200)]))
            await asyncio.sleep(500)
            tried = len(sink.tries)
            bench.relay.enable("hook")
            bench.relay.enable("nobody")
            await asyncio.sleep(1)
            assert len(sink.tries) == tried + 1
            assert bench.relay.disabled() == {"hook"}
            await asyncio.sleep(500)
            bench.relay.release(["hook", "nobody"])
            await asyncio.sleep(1)
            assert await bench.left() == {"hook": 0}
            assert bench.relay.disabled() == set()

    with structlog.testing.capture_logs() as logs:
        virtual(story())
    assert fates.said == [("hook", GONE.detail), ("hook", GONE.detail), ("hook", "back")]
    assert [line["event"] for line in logs] == ["destination.gone"] * 2 + ["delivery.recovered"]


def test_a_start_says_once_who_is_there():
    """What was said before a restart is not known: the first thing taken is news, the next is not."""
    fates = Fates()

    async def story() -> None:
        sink = RecordingSink(lambda *_: BUSY if 100 < seconds() < 200 else Delivered())
        async with running({"hook": sink}, back=fates.back) as bench:
            await asyncio.sleep(50)
            assert fates.said == []
            for number in range(10):
                await bench.commit(*envelopes_of([an_event(number)]))
                await asyncio.sleep(30)
            assert len(sink.taken) == 10

    virtual(story())
    assert fates.said == [("hook", "back")]


def test_the_wake_up_of_a_commit_does_not_disturb_the_gone():
    """Only an operator does: a busy daemon would try it, or look into the store, at every event."""

    class Counting(MemoryStore):
        looks = 0

        async def due(self, destination: str, **asked) -> list[Envelope]:
            Counting.looks += 1
            return await super().due(destination, **asked)

    async def story() -> None:
        sink = RecordingSink(lambda *_: GONE)
        async with running({"hook": sink}, Counting()) as bench:
            for number in range(100):
                await bench.commit(*envelopes_of([an_event(number)]))
                await asyncio.sleep(0.5)
            assert len(sink.tries) == 1
            assert Counting.looks < 10

    virtual(story())


def test_what_waits_for_the_gone_is_buried_in_the_end():
    """After 75 hours, like anybody's: an outbox does not grow for ever."""

    async def story() -> None:
        sink = RecordingSink(lambda *_: GONE)
        async with running({"hook": sink}) as bench:
            events = [an_event(number, sequence) for number in range(150) for sequence in (1, 2)]
            await bench.commit(*envelopes_of(events))
            await asyncio.sleep(75 * 3600 - 10)
            assert await bench.left() == {"hook": 300}
            await asyncio.sleep(200)
            assert await bench.left() == {"hook": 0}
            assert {letter.reason for letter in await bench.dead()} == {"expired"}
            assert bench.relay.disabled() == {"hook"}

    virtual(story())


def test_draining_leaves_the_gone_alone():
    """The end does not wait for it."""

    async def story() -> None:
        sink = RecordingSink(lambda *_: GONE)
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(0)]))
            await asyncio.sleep(1)
            started = seconds()
            await bench.relay.drain(10)
            assert seconds() == started
            assert len(sink.tries) == 1

    virtual(story())


def test_a_batch_that_is_gone_is_gone():
    """The others of the wave are not sent."""

    async def story() -> None:
        sink = BatchingSink(lambda *_: GONE, pause=0.1)
        async with running({"hook": sink}, batches={"hook": 10}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(500)]))
            await asyncio.sleep(10)
            assert sink.requests == [10] * 10
            assert await bench.left() == {"hook": 500}

    virtual(story())


def test_one_that_took_something_and_then_went_is_gone():
    """One lane's success does not hide another's 410."""

    def answer(envelope: Envelope, number: int) -> Outcome:
        return GONE if "0001" in envelope.key else Delivered()

    async def story() -> None:
        sink = RecordingSink(answer)
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(3)]))
            await asyncio.sleep(1)
            assert bench.relay.disabled() == {"hook"}
            assert await bench.left() == {"hook": 3 - len(sink.taken)}

    virtual(story())
