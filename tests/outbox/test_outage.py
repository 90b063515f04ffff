"""Long outages, storms, slow and hanging receivers, what expires and what is replaced, in virtual time."""

import asyncio
import statistics
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from monitor.model.delivery import Delivered, Envelope, Gone, Outcome, Retry
from monitor.outbox.heartbeat import heartbeat
from monitor.store.memory import MemoryStore
from tests.outbox.making import RecordingSink, an_event, dispatches_of, envelopes_of, prepared, virtual
from tests.outbox.relaying import BUSY, running, seconds

HOUR = 3600.0


@pytest.mark.slow
def test_after_74_hours_everything_comes_within_two_minutes():
    """In order per key, with the ids it had; the receiver was probed every minute and no more."""
    end = 74 * HOUR
    tries: list[float] = []
    moments: list[float] = []

    def answer(envelope: Envelope, number: int) -> Outcome:
        tries.append(seconds())
        if seconds() < end:
            return BUSY
        moments.append(seconds())
        return Delivered()

    async def story() -> None:
        sink = RecordingSink(answer)
        async with running({"hook": sink}) as bench:
            for hour in range(74):
                dated = bench.clock.now()
                events = [an_event(number, hour + 1, occurred_at=dated) for number in range(20)]
                await bench.commit(*envelopes_of(events))
                await asyncio.sleep(HOUR)
            await asyncio.sleep(end - seconds() + 120)
            assert await bench.left() == {"hook": 0}
            assert await bench.dead() == []
            assert all(seen == list(range(1, 75)) for seen in sink.sequences().values())
            assert len(sink.taken) == 74 * 20

    virtual(story())
    waiting = [moment for moment in tries if moment < end]
    assert len(waiting) < 74 * 60 * 2.5
    assert max(later - earlier for earlier, later in pairwise(waiting)) <= 60.0
    assert max(moments) <= end + 120


def test_a_wait_of_hours_ends_when_the_destination_takes_something():
    """One that was refused by itself for a day goes out with the others, and not ten hours later."""
    healed = 30 * HOUR

    def answer(envelope: Envelope, number: int) -> Outcome:
        if seconds() < healed and "0009" not in envelope.key:
            return Retry(reason="denied", detail="ACL")
        return Delivered()

    async def story() -> None:
        sink = RecordingSink(answer)
        async with running({"andon": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(9)], "andon"))
            for number in range(5):
                await bench.commit(*envelopes_of([an_event(number)], "andon"))
                await asyncio.sleep(HOUR)
            await asyncio.sleep(healed - seconds())
            assert len(sink.taken) == 1
            assert max(Counter(one.event_id for one in sink.tries).values()) < 20
            while len(sink.taken) == 1:
                await asyncio.sleep(1)
            await asyncio.sleep(1)
            assert len(sink.taken) == 6

    virtual(story())


def test_an_operator_ends_every_wait():
    """A release sends what waits for hours, at once."""

    async def story() -> None:
        sink = RecordingSink(
            lambda *_: Retry(reason="denied", detail="ACL") if seconds() < 20 * HOUR else Delivered()
        )
        async with running({"andon": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(5)], "andon"))
            await asyncio.sleep(20 * HOUR + 60)
            assert sink.taken == []
            bench.relay.release(["andon"])
            await asyncio.sleep(1)
            assert len(sink.taken) == 5

    virtual(story())


def test_a_restart_in_an_outage_starts_the_probing_again():
    """Nobody remembers that it failed, but what waits for hours is probed, and goes when it is taken."""

    async def story() -> None:
        store = MemoryStore()
        down, up = RecordingSink(lambda *_: BUSY), RecordingSink(lambda *_: probed())
        async with running({"hook": down}, store) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(5)]))
            await asyncio.sleep(2 * HOUR)
        async with running({"hook": up}, store):
            await asyncio.sleep(HOUR)
            assert 60 <= len(up.tries) <= 150
            await asyncio.sleep(62)
            assert len(up.taken) == 5

    def probed() -> Outcome:
        return BUSY if seconds() < 3 * HOUR else Delivered()

    virtual(story())


def test_a_restart_after_an_outage_sends_what_waited_for_hours():
    """A new event that is taken says that the destination is there: the old ones follow at once."""

    async def story() -> None:
        store, up = MemoryStore(), RecordingSink()
        async with running({"hook": RecordingSink(lambda *_: BUSY)}, store) as bench:
            await bench.commit(*envelopes_of([an_event(number) for number in range(5)]))
            await asyncio.sleep(2 * HOUR)
            await store.commit([], dispatches_of([an_event(9)]))
        async with running({"hook": up}, store):
            await asyncio.sleep(1)
            assert len(up.taken) == 6

    virtual(story())


def test_what_a_working_destination_puts_off_comes_soon():
    """Every other try is answered 503: nothing waits for its tenth failure's ten hours."""

    def answer(envelope: Envelope, number: int) -> Outcome:
        return BUSY if "0000" in envelope.key and number <= 12 else Delivered()

    async def story() -> None:
        sink = RecordingSink(answer)
        async with running({"hook": sink}) as bench:
            await bench.commit(*envelopes_of([an_event(0)]))
            for number in range(1, 900):
                await bench.commit(*envelopes_of([an_event(number)]))
                await asyncio.sleep(1)
            assert await bench.left() == {"hook": 0}

    virtual(story())


async def latencies(other: RecordingSink | None) -> list[float]:
    """Return the seconds from each commit to its delivery at a healthy receiver, `other` beside it."""
    started: dict[str, float] = {}
    took: list[float] = []

    class Healthy(RecordingSink):
        async def send(self, envelope: Envelope) -> Outcome:
            await asyncio.sleep(0.02 + envelope.sequence % 7 / 100)
            took.append(seconds() - started[envelope.event_id])
            return await super().send(envelope)

    sinks = {"healthy": Healthy()} | ({} if other is None else {"sick": other})
    async with running(sinks) as bench:
        for sequence in range(1, 200):
            events = [an_event(number, sequence) for number in range(20)]
            started.update((event.id, seconds()) for event in events)
            sick = envelopes_of(events, "sick") if other is not None else []
            await bench.commit(*sick, *envelopes_of(events, "healthy"))
            await asyncio.sleep(0.5)
        await asyncio.sleep(60)
    return took


def test_a_hanging_destination_changes_nothing_for_another():
    """The healthy one's times are the same to the last with and without a sick one beside it."""

    class Hanging(RecordingSink):
        async def send(self, envelope: Envelope) -> Outcome:
            await asyncio.Event().wait()
            raise AssertionError

    alone = virtual(latencies(None))
    beside = virtual(latencies(Hanging()))
    assert len(alone) == len(beside) == 199 * 20
    for share in (50, 99):
        first, second = (statistics.quantiles(took, n=100)[share - 1] for took in (alone, beside))
        assert second <= first * 1.001


@pytest.mark.slow
def test_10000_at_once_to_a_receiver_of_one_a_second():
    """The oldest first, one of a key at a time, never more than ten on the way, nothing lost."""
    running_now = 0
    most = 0
    keys: dict[str, int] = defaultdict(int)

    class Slow(RecordingSink):
        gate = asyncio.Semaphore(1)

        async def send(self, envelope: Envelope) -> Outcome:
            nonlocal running_now, most
            running_now += 1
            keys[envelope.key] += 1
            most = max(most, running_now)
            assert keys[envelope.key] == 1
            async with self.gate:
                await asyncio.sleep(1.0)
            running_now -= 1
            keys[envelope.key] -= 1
            return await super().send(envelope)

    async def story() -> None:
        sink = Slow()
        async with running({"hook": sink}) as bench:
            events = [an_event(number, sequence) for sequence in (1, 2) for number in range(5000)]
            await bench.commit(*envelopes_of(events))
            for _ in range(5):
                await asyncio.sleep(500)
                left = (await bench.left())["hook"]
                assert 10_000 - seconds() <= left <= 10_000 - seconds() + 25
            await asyncio.sleep(7600)
            assert await bench.left() == {"hook": 0}
            assert all(seen == [1, 2] for seen in sink.sequences().values())
            assert [one.sequence for one in sink.taken] == [1] * 5000 + [2] * 5000

    virtual(story())
    assert most <= 10


def test_a_heartbeat_is_never_false_life():
    """An hour of outage: afterwards comes what was true a moment ago, and the alerts; no old heartbeat."""

    async def story() -> None:
        sink = RecordingSink(lambda *_: BUSY if 100 < seconds() < HOUR else Delivered())
        dates: dict[str, float] = {}
        late: list[float] = []

        class Watching(RecordingSink):
            async def send(self, envelope: Envelope) -> Outcome:
                outcome = await sink.send(envelope)
                if isinstance(outcome, Delivered) and envelope.event_id in dates:
                    late.append(seconds() - dates[envelope.event_id])
                return outcome

        async with running({"hook": Watching()}) as bench:
            await bench.commit(*envelopes_of([an_event(0)]))
            while seconds() < 2 * HOUR:
                beat = heartbeat("here", bench.clock.now(), 60.0, ["hook"])
                dates[beat.id] = seconds()
                await bench.commit(*prepared(beat, "hook").envelopes)
                if seconds() > 200:
                    await bench.commit(*envelopes_of([an_event(1)]))
                await asyncio.sleep(60)
            assert await bench.left() == {"hook": 0}
            assert await bench.dead() == []
        assert max(late) <= 120
        assert 60 < len(late) < 70
        assert len(sink.sequences()) == 3

    virtual(story())


def test_what_expires_on_the_way_is_not_sent():
    """Claimed in time, but its turn came too late."""

    class Slow(RecordingSink):
        async def send(self, envelope: Envelope) -> Outcome:
            await asyncio.sleep(0.9)
            return await super().send(envelope)

    async def story() -> None:
        sink = Slow()
        async with running({"hook": sink}) as bench:
            soon = bench.clock.now() + timedelta(seconds=0.5)
            envelopes = envelopes_of([an_event(number) for number in range(20)])
            await bench.commit(*envelopes[:10], *(replace(one, expires_at=soon) for one in envelopes[10:]))
            await asyncio.sleep(10)
            assert len(sink.tries) == 10
            assert await bench.left() == {"hook": 0}

    virtual(story())


def test_only_the_newest_is_sent_where_somebody_wants_that():
    """After an outage each key's last event comes, and says how many it stands for.

    Before it comes the end of the fire that was tried: it may have arrived, and nothing else would end it.
    """

    async def story() -> None:
        answer = lambda *_: BUSY if seconds() < 600 else Delivered()  # noqa: E731
        pager, hook = RecordingSink(answer), RecordingSink(answer)
        async with running({"pager": pager, "hook": hook}, coalescing=["pager"]) as bench:
            for sequence in range(1, 8):
                events = [an_event(number, sequence) for number in range(3)]
                await bench.commit(*envelopes_of(events, "pager"), *envelopes_of(events, "hook"))
                await asyncio.sleep(60)
            await asyncio.sleep(400)
            assert all(seen == [2, 7] for seen in pager.sequences().values())
            assert {(one.sequence, one.skipped) for one in pager.taken} == {(2, 1), (7, 4)}
            assert all(seen == list(range(1, 8)) for seen in hook.sequences().values())
            assert await bench.left() == {"pager": 0, "hook": 0}

    virtual(story())


def test_nothing_on_its_way_is_replaced():
    """What comes in while a fire is being sent follows it: its end, and the newest of all."""

    class Slow(RecordingSink):
        async def send(self, envelope: Envelope) -> Outcome:
            await asyncio.sleep(5)
            return await super().send(envelope)

    async def story() -> None:
        sink = Slow()
        async with running({"pager": sink}, coalescing=["pager"]) as bench:
            for sequence in range(1, 5):
                await bench.store.commit([], dispatches_of([an_event(0, sequence)], "pager"))
                bench.relay.wake()
                await asyncio.sleep(1)
            await asyncio.sleep(60)
            assert [(one.sequence, one.skipped) for one in sink.taken] == [(1, 0), (2, 0), (4, 1)]

    virtual(story())


def test_a_weekend_switched_off_buries_nothing():
    """Four days old, and no network for the first minutes: all of it arrives."""

    async def story() -> None:
        sink = RecordingSink(lambda *_: BUSY if seconds() < 600 else Delivered())
        async with running({"hook": sink}) as bench:
            dated = bench.clock.now() - timedelta(days=4)
            events = [an_event(number, occurred_at=dated) for number in range(200)]
            await bench.commit(*envelopes_of(events))
            await asyncio.sleep(700)
            assert await bench.dead() == []
            assert len(sink.taken) == 200

    virtual(story())


def test_what_is_too_old_is_buried_once_its_destination_failed_for_an_hour():
    """Whether it does not answer or says that it is gone: nobody waits for what is as old as that."""

    async def story(answer: Outcome) -> None:
        sink = RecordingSink(lambda *_: answer)
        async with running({"hook": sink}) as bench:
            dated = bench.clock.now() - timedelta(days=4)
            await bench.commit(*envelopes_of([an_event(number, occurred_at=dated) for number in range(200)]))
            await asyncio.sleep(HOUR - 10)
            assert await bench.left() == {"hook": 200}
            await asyncio.sleep(130)
            assert await bench.left() == {"hook": 0}
            assert {letter.reason for letter in await bench.dead()} == {"expired"}

    virtual(story(BUSY))
    virtual(story(Gone(detail="answered 410")))
