"""The relay in virtual time: failing, recovering, hanging, crashing, a disk that refuses, an end."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
import structlog

from monitor.model.delivery import Attempt, Delivered, Envelope, Outcome, Rejected, Retry
from monitor.model.errors import StoreError
from monitor.outbox.relay import Relay
from monitor.store.memory import MemoryStore
from tests.builders import RecordingTelemetry
from tests.outbox.making import (
    MovableClock,
    RecordingSink,
    an_event,
    dispatches_of,
    envelopes_of,
    virtual,
)
from tests.outbox.relaying import BUSY, running, seconds


def test_events_leave_at_once():
    """A commit and a wake-up are enough; no timer is waited for."""

    async def story() -> None:
        sink = RecordingSink()
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(250)]))
            await asyncio.sleep(0.01)
            assert len(sink.taken) == 250
            assert await bench.left() == {"hook": 0}
            assert Counter(bench.telemetry.deliveries) == {("hook", "delivered", ""): 250}

    virtual(story())


def test_a_lost_wake_up_only_delays():
    """Nobody says that something was committed: it is found within a minute."""

    async def story() -> None:
        sink = RecordingSink()
        async with running({"hook": sink}) as bench:
            await bench.store.commit([], dispatches_of([an_event()]))
            await asyncio.sleep(61)
            assert len(sink.taken) == 1

    virtual(story())


def test_one_key_waits_in_line():
    """Its second event is not sent before the first was taken; other keys do not wait."""

    def answer(envelope: Envelope, number: int) -> Outcome:
        return BUSY if (envelope.sequence, number) == (1, 1) and "0000" in envelope.key else Delivered()

    async def story() -> None:
        sink = RecordingSink(answer)
        async with running({"hook": sink}) as bench:
            await bench.commit(
                *envelopes_of([an_event(0, 1), an_event(0, 2), an_event(1, 1), an_event(1, 2)])
            )
            await asyncio.sleep(1)
            assert [one.sequence for one in sink.taken] == [1, 2]
            await asyncio.sleep(10)
            assert all(seen == [1, 2] for seen in sink.sequences().values())

    virtual(story())


def test_a_dead_destination_is_probed_and_then_gets_everything():
    """One probe at a time, at most a minute apart; the first success releases the backlog at once."""
    tries: list[float] = []

    def answer(envelope: Envelope, number: int) -> Outcome:
        tries.append(seconds())
        return BUSY if seconds() < 600 else Delivered()

    async def story() -> None:
        sink = RecordingSink(answer)
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(300)]))
            await asyncio.sleep(599)
            assert len(tries) <= 10 + 6 + 600 // 30  # a wave, the first doublings, then one or two a minute
            gaps = [later - earlier for earlier, later in pairwise(tries)]
            assert max(gaps) <= 60
            await asyncio.sleep(61)
            assert len(sink.taken) == 300
            assert sink.taken[-1].event_id != sink.taken[0].event_id
            assert tries[-1] - min(moment for moment in tries if moment >= 600) < 1

    virtual(story())


def test_failure_and_recovery_are_logged_once(caplog):
    """Two lines for an outage of an hour, with what a person needs."""

    async def story() -> None:
        sink = RecordingSink(lambda *_: BUSY if seconds() < 3600 else Delivered())
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(20)]))
            await asyncio.sleep(3700)
            assert len(sink.taken) == 20

    with structlog.testing.capture_logs() as logs:
        virtual(story())
    assert [line["event"] for line in logs] == ["delivery.failed", "delivery.recovered"]
    assert logs[0] == {
        "event": "delivery.failed",
        "log_level": "warning",
        "destination": "hook",
        "reason": "unavailable",
        "detail": "answered 503",
    }


def test_a_stuck_destination_delays_only_itself():
    """One sink hangs for ever; the other has everything in no time, and the hung one is cut off."""

    class Hanging:
        async def send(self, envelope: Envelope) -> Outcome:
            await asyncio.Event().wait()
            raise AssertionError

    async def story() -> None:
        sink = RecordingSink()
        async with running({"hook": sink, "hung": Hanging()}) as bench:
            events = [an_event(number) for number in range(50)]
            await bench.commit(*envelopes_of(events, "hook"), *envelopes_of(events, "hung"))
            await asyncio.sleep(0.01)
            assert await bench.left() == {"hook": 0, "hung": 50}
            await asyncio.sleep(16)
            assert Counter(bench.telemetry.deliveries)["hung", "retried", "timeout"] == 10

    virtual(story())


def test_a_sink_that_crashes_is_a_bug_that_loses_nothing():
    """Logged once with its traceback, counted, retried."""

    class Crashing(RecordingSink):
        async def send(self, envelope: Envelope) -> Outcome:
            if seconds() < 20:
                raise KeyError("oops")
            return await super().send(envelope)

    async def story() -> None:
        sink = Crashing()
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(5)]))
            await asyncio.sleep(60)
            assert len(sink.taken) == 5
            assert ("hook", "retried", "bug") in bench.telemetry.deliveries

    with structlog.testing.capture_logs() as logs:
        virtual(story())
    assert [line["event"] for line in logs] == ["sink.crashed"]


def test_a_denied_envelope_does_not_stop_the_others():
    """It keeps being tried on its own schedule while every other key is delivered, and says so once."""

    def answer(envelope: Envelope, number: int) -> Outcome:
        return Retry(reason="denied", detail="ACL") if "0000" in envelope.key else Delivered()

    async def story() -> None:
        sink = RecordingSink(answer)
        async with running({"hook": sink}) as bench:
            for sequence in range(1, 200):
                await bench.commit(*envelopes_of([an_event(number, sequence) for number in range(3)]))
                await asyncio.sleep(1)
            assert await bench.left() == {"hook": 199}
            assert len(sink.taken) == 2 * 199
            assert Counter(bench.telemetry.deliveries)["hook", "retried", "denied"] < 10

    with structlog.testing.capture_logs() as logs:
        virtual(story())
    assert [line["event"] for line in logs] == ["envelope.refused"]


def test_an_envelope_nobody_takes_does_not_use_up_the_probes():
    """One key's events always time out; the rest is delivered all the same."""

    def answer(envelope: Envelope, number: int) -> Outcome:
        return BUSY if "0000" in envelope.key else Delivered()

    async def story() -> None:
        sink = RecordingSink(answer)
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(0)]))
            await asyncio.sleep(300)
            for number in range(1, 20):
                await bench.commit(*envelopes_of([an_event(number)]))
                await asyncio.sleep(90)
            assert len(sink.taken) == 19

    virtual(story())


def test_what_the_destination_asks_for_is_waited():
    """429 with Retry-After 120: not one request for two minutes, though new events come in."""
    tries: list[float] = []

    def answer(envelope: Envelope, number: int) -> Outcome:
        tries.append(seconds())
        return Retry(reason="throttled", detail="429", after=120.0) if len(tries) == 1 else Delivered()

    async def story() -> None:
        sink = RecordingSink(answer)
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(0)]))
            for number in range(1, 100):
                await asyncio.sleep(1)
                await bench.commit(*envelopes_of([an_event(number)]))
            assert len(tries) == 1
            await asyncio.sleep(60)
            assert len(sink.taken) == 100

    virtual(story())


def test_a_sink_that_is_back_ends_the_pause():
    """`wake(name)` is followed at once by a probe, even if it comes while a probe is on its way."""
    there = False

    async def story() -> None:
        nonlocal there

        class Away(RecordingSink):
            async def send(self, envelope: Envelope) -> Outcome:
                was_there = there
                await asyncio.sleep(0.2)
                return Delivered() if was_there else Retry(reason="disconnected", detail="no connection")

        sink = Away()
        async with running({"andon": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(0)], "andon"))
            await asyncio.sleep(200)
            there = True
            bench.relay.wake("andon")
            bench.relay.wake("nobody")
            await asyncio.sleep(0.3)
            assert await bench.left() == {"andon": 0}

            there = False
            await bench.commit(*envelopes_of([an_event(1)], "andon"))
            await asyncio.sleep(0.1)
            there = True
            bench.relay.wake("andon")
            await asyncio.sleep(0.4)
            assert await bench.left() == {"andon": 0}

    virtual(story())


def test_a_dead_letter_is_counted_and_the_next_goes():
    """Rejected: buried at once, the one behind it is delivered."""

    def answer(envelope: Envelope, number: int) -> Outcome:
        return Rejected(reason="invalid", detail="answered 422") if envelope.sequence == 1 else Delivered()

    async def story() -> None:
        sink = RecordingSink(answer)
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(0, 1), an_event(0, 2)]))
            await asyncio.sleep(0.1)
            assert [one.sequence for one in sink.taken] == [2]
            (backlog,) = await bench.store.backlog()
            assert (backlog.depth, backlog.dead) == (0, 1)

    virtual(story())


def test_after_75_hours_the_whole_backlog_is_buried():
    """Not one a minute: an outbox for a destination that is gone does not grow for ever."""

    async def story() -> None:
        sink = RecordingSink(lambda *_: BUSY)
        async with running({"hook": sink}) as bench:
            events = [an_event(number, sequence) for number in range(150) for sequence in (1, 2, 3)]
            await bench.commit(*envelopes_of(events))
            await asyncio.sleep(75 * 3600 - 10)
            assert await bench.left() == {"hook": 450}
            await asyncio.sleep(200)
            (backlog,) = await bench.store.backlog()
            assert (backlog.depth, backlog.dead) == (0, 450)
            assert {letter.reason for letter in await bench.dead()} == {"expired"}

    virtual(story())


class Refusing(MemoryStore):
    """A store whose writes fail while `broken`."""

    broken = False

    async def settle(self, destination: str, attempts: Sequence[Attempt]) -> None:
        if self.broken:
            raise StoreError("state.db: the disk is full")
        await super().settle(destination, attempts)

    async def due(
        self, destination: str, *, now, limit: int, probe: bool = False, coalesce: bool = False
    ) -> list[Envelope]:
        if self.broken:
            raise StoreError("state.db: the disk is full")
        return await super().due(destination, now=now, limit=limit, probe=probe, coalesce=coalesce)


def test_a_full_disk_does_not_send_twice():
    """What was delivered but not settled is settled later, not sent again; said once, and its end."""

    async def story() -> None:
        store = Refusing()

        def answer(*_) -> Outcome:
            store.broken = True
            return Delivered()

        sink = RecordingSink(answer)
        async with running({"hook": sink}, store) as bench:
            await bench.commit(*envelopes_of([an_event(0, 1), an_event(0, 2)]))
            await asyncio.sleep(600)
            assert [one.sequence for one in sink.tries] == [1]
            store.broken = False
            sink._answer = None  # noqa: SLF001
            await asyncio.sleep(61)
            assert [one.sequence for one in sink.tries] == [1, 2]
            store.broken = True
            bench.relay.wake()
            await asyncio.sleep(1)
            store.broken = False
            await asyncio.sleep(70)

    with structlog.testing.capture_logs() as logs:
        virtual(story())
    assert [line["event"] for line in logs] == ["outbox.failed", "outbox.recovered"] * 2


def test_a_disk_that_refuses_a_release_delays_it():
    """The destination is back, the disk is not: when it is, everything goes."""

    class Stubborn(MemoryStore):
        async def expedite(self, destination: str, *, now) -> None:
            if seconds() < 2 * 3600 + 300:
                raise StoreError("state.db: the disk is full")
            await super().expedite(destination, now=now)

    async def story() -> None:
        sink = RecordingSink(lambda *_: BUSY if seconds() < 2 * 3600 else Delivered())
        async with running({"hook": sink}, Stubborn()) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(10)]))
            await asyncio.sleep(2 * 3600 + 400)
            assert len(sink.taken) == 10

    virtual(story())


@pytest.mark.parametrize("shift", [timedelta(days=-3), timedelta(hours=-2), timedelta(days=1)])
def test_a_clock_set_back_or_forward_holds_nothing(shift: timedelta):
    """A retry's date that the clock made meaningless is not waited for."""

    async def story() -> None:
        sink = RecordingSink(
            lambda envelope, number: BUSY if "0000" in envelope.key and number == 1 else Delivered()
        )
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(0), an_event(1)]))
            await asyncio.sleep(0.1)
            bench.clock.shift = shift
            await asyncio.sleep(61)
            assert len(sink.taken) == 2

    virtual(story())


def test_draining_tries_everything_due_once_and_ends():
    """Working destinations get what is due, a failing one gets one probe, a slow one the time there is."""

    class Slow(RecordingSink):
        async def send(self, envelope: Envelope) -> Outcome:
            await asyncio.sleep(4)
            return await super().send(envelope)

    async def story() -> None:
        good, bad, slow = RecordingSink(), RecordingSink(lambda *_: BUSY), Slow()
        sinks = {"good": good, "bad": bad, "slow": slow}
        store = MemoryStore()
        clock = MovableClock()
        relay = Relay(store=store, sinks=sinks, clock=clock, telemetry=RecordingTelemetry(), random=Random(1))
        events = [an_event(number) for number in range(30)]
        async with asyncio.TaskGroup() as group:
            loops = [group.create_task(run()) for run in relay.workers().values()]
            await store.commit([], dispatches_of(events[:1], "bad"))
            relay.wake()
            await asyncio.sleep(100)
            tried = len(bad.tries)
            for name in sinks:
                await store.commit([], dispatches_of(events, name))
            started = seconds()
            await relay.drain(10)
            assert seconds() - started == pytest.approx(10, abs=0.1)
            assert len(good.taken) == 30
            assert len(bad.tries) == tried + 1
            assert 20 <= len(slow.taken) < 30
            await asyncio.sleep(5)
            assert all(loop.done() for loop in loops)

    virtual(story())


def test_draining_an_idle_relay_is_immediate():
    """With nothing to do, or with loops that never ran, nobody waits."""

    async def story() -> None:
        async with running({"hook": RecordingSink()}) as bench:
            await asyncio.sleep(5)
            started = seconds()
            await bench.relay.drain(10)
            assert seconds() == started
        idle = Relay(
            store=MemoryStore(),
            sinks={"hook": RecordingSink()},
            clock=MovableClock(),
            telemetry=RecordingTelemetry(),
            random=Random(1),
        )
        await idle.drain(10)
        assert seconds() == started

    virtual(story())
