"""One destination's loop: claim a wave, send it, settle it; the package docstring has its states."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random

import structlog

from monitor.kit import tasks
from monitor.kit.complaints import Complaints
from monitor.model.delivery import Attempt, Delivered, Envelope, Gone, Rejected, Retry
from monitor.model.errors import StoreError
from monitor.outbox import retry
from monitor.outbox.breaker import Breaker
from monitor.outbox.patience import Patience
from monitor.outbox.sending import Sender, Tried
from monitor.ports import Clock, OutboxStore, Sink, Telemetry

log = structlog.get_logger(__name__)

IDLE = 60.0
"""Seconds after which an idle worker looks anyway: a wake-up is a courtesy, the store is the truth."""
SWEEP = 100
"""Envelopes buried in one transaction when a destination has been dead past the horizon."""
AGAIN = 60.0
"""Seconds before a success of one that was refused before makes all the others due once more."""


class Worker:
    """Delivers to one destination. `run` is its loop; the other methods return at once.

    `gone` is told when the destination says it is no more, with its words; `back` when it takes something
    for the first time after that, or after a start: both may be told what they know already.
    """

    def __init__(
        self,
        name: str,
        *,
        sink: Sink,
        store: OutboxStore,
        clock: Clock,
        telemetry: Telemetry,
        random: Random,
        coalesce: bool = False,
        batch: int = 1,
        gone: Callable[[str, str], None] | None = None,
        back: Callable[[str], None] | None = None,
    ) -> None:
        self._name = name
        self._store = store
        self._clock = clock
        self._random = random
        self._coalesce = coalesce
        self._gone = gone
        self._back = back
        self._complaints = Complaints()
        self._patience = Patience(random.random, destination=name)
        self._breaker = Breaker(name, random.random)
        self._sender = Sender(
            name, sink, clock=clock, telemetry=telemetry, complaints=self._complaints, batch=batch
        )
        self._woken = asyncio.Event()
        self._released = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._draining = False
        self._stopped = False
        self._tried = False
        self._there = False
        self._hurried = False
        self._expedited_at = -AGAIN
        self._start: datetime | None = None

    @property
    def disabled(self) -> bool:
        """Whether nothing is sent because the destination said that it is gone."""
        return self._breaker.disabled

    def wake(self) -> None:
        """Look for work, unless the destination is failing: then its pause goes on."""
        self._woken.set()

    def release(self) -> None:
        """End the pause and every envelope's own wait: the destination can be reached again."""
        self._hurried = True
        self._look()

    def enable(self) -> None:
        """Try again a destination that was gone, and otherwise do as `release`."""
        self._breaker.enable()
        self.release()

    def drain(self) -> None:
        """Try what is due once, then end."""
        self._draining = True
        self._look()

    def stop(self) -> None:
        """End after the present tries."""
        self._stopped = True
        self._sender.stop()
        self.drain()

    async def ended(self) -> None:
        """Wait until `run` has returned; at once if it does not run."""
        await self._ended.wait()

    async def run(self) -> None:
        """Deliver until `drain` or `stop`."""
        self._ended.clear()
        try:
            while not self._stopped:
                self._woken.clear()
                self._released.clear()
                busy = await self._wave()
                if self._draining and not busy:
                    return
                if not busy:
                    await self._rest()
        finally:
            self._ended.set()

    def _look(self) -> None:
        self._breaker.release()
        self._released.set()
        self._woken.set()

    async def _wave(self) -> bool:
        """Claim, send and settle one wave; return whether to go on at once."""
        if self._breaker.disabled:
            await self._sweep()
            return False
        try:
            envelopes = await self._claim()
        except StoreError as error:
            await self._patience.failed(error)
            return not self._draining
        self._patience.answered()
        tried = await self._sender.send(envelopes) if envelopes else []
        if not tried:
            return False
        self._tried = True
        if self._learn(tried):
            # Before this wave is settled: what it put off keeps its wait.
            await self._expedite()
        attempts = self._attempts(tried)
        await self._settle(attempts)
        self._complain(attempts)
        if self._breaker.failing and any(_expired(attempt) for attempt in attempts):
            await self._sweep()
        return not (self._breaker.failing or self._breaker.pause())

    async def _claim(self) -> list[Envelope]:
        """Return what to send now; nothing is on its way, so that older states may be left out."""
        if self._hurried:
            self._hurried = False
            await self._expedite()
        now, failing = self._clock.now(), self._breaker.failing
        limit = 1 if failing else self._sender.wave
        envelopes = await self._due(now, limit, probe=failing)
        if not envelopes and not self._tried:
            # Before this start it may have failed for hours: what waits then may wait for hours more.
            envelopes = await self._due(now, 1, probe=True)
        return envelopes

    async def _due(self, now: datetime, limit: int, *, probe: bool) -> list[Envelope]:
        return await self._store.due(self._name, now=now, limit=limit, probe=probe, coalesce=self._coalesce)

    async def _settle(self, attempts: Sequence[Attempt]) -> None:
        """Write what became of a wave; nothing is claimed before that, or it would be sent twice."""
        while True:
            try:
                await self._store.settle(self._name, attempts)
            except StoreError as error:
                await self._patience.failed(error)
            else:
                self._patience.answered()
                return

    def _attempts(self, tried: Sequence[Tried]) -> list[Attempt]:
        works = any(isinstance(one.outcome, Delivered) for one in tried)
        early, chance = self._early(), self._random.random
        return [
            retry.settle(one.envelope, one.outcome, now=one.at, chance=chance(), works=works, early=early)
            for one in tried
        ]

    def _early(self) -> bool:
        """Return whether the destination fails, but not for so long that anything is given up."""
        return self._breaker.failing and self._breaker.failed_for() < retry.GRACE

    def _learn(self, tried: Sequence[Tried]) -> bool:
        """Take in what a wave says of the destination; return whether all that waits for it may go now."""
        failed_before = self._breaker.failing
        outcomes = [one.outcome for one in tried]
        self._breaker.judge(outcomes)
        if self._breaker.disabled:
            self._note_gone(next(outcome for outcome in outcomes if isinstance(outcome, Gone)))
        if self._breaker.failing:
            return False
        arrived = self._note_there(tried)
        return failed_before or arrived or self._taken_at_last(tried)

    def _note_gone(self, gone: Gone) -> None:
        self._there = False
        if self._gone is not None:
            self._gone(self._name, gone.detail)

    def _note_there(self, tried: Sequence[Tried]) -> bool:
        """Say that the destination is there, once, and return whether that is news.

        A start knows nothing of what was said before it.
        """
        answered = any(isinstance(one.outcome, Delivered | Rejected) for one in tried)
        if self._there or not answered:
            return False
        self._there = True
        if self._back is not None:
            self._back(self._name)
        return True

    def _taken_at_last(self, tried: Sequence[Tried]) -> bool:
        """Return whether one was taken that had been put off: then others may be, whose wait is hours."""
        taken = any(isinstance(one.outcome, Delivered) and one.envelope.attempts for one in tried)
        return taken and asyncio.get_running_loop().time() - self._expedited_at >= AGAIN

    async def _expedite(self) -> None:
        """Make all that wait due at once."""
        self._expedited_at = asyncio.get_running_loop().time()
        try:
            await self._store.expedite(self._name, now=self._clock.now())
        except StoreError as error:
            self._hurried = True
            await self._patience.failed(error)

    async def _sweep(self) -> None:
        """Bury what is past the horizon: one probe a minute would never get through it.

        Without this the outbox of a destination that is no more would grow for ever.
        """
        if self._early():
            return
        await self._expedite()
        buried = True
        while buried:
            now = self._clock.now()
            try:
                waiting = await self._store.due(self._name, now=now, limit=SWEEP)
            except StoreError as error:
                await self._patience.failed(error)
                return
            unsent = Retry(reason="expired", detail="the destination did not answer")
            old = [envelope for envelope in waiting if retry.expired(envelope, now=now)]
            buried = bool(old)
            if buried:
                await self._settle([retry.settle(one, unsent, now=now, chance=0.0) for one in old])

    def _complain(self, attempts: Sequence[Attempt]) -> None:
        """Log the trouble of single envelopes; a failing destination is the breaker's."""
        for outcome in (attempt.outcome for attempt in attempts):
            if isinstance(outcome, Rejected):
                event = "envelope.rejected"
            elif isinstance(outcome, Retry) and outcome.reason == "denied":
                event = "envelope.refused"
            else:
                continue
            if self._complaints.may(outcome.reason):
                log.warning(event, destination=self._name, reason=outcome.reason, detail=outcome.detail)

    async def _rest(self) -> None:
        """Wait for the end of the pause, or for the next due envelope or a wake-up."""
        if self._breaker.disabled:
            await tasks.first_of(self._released, IDLE)
            return
        if (left := self._breaker.pause()) > 0:
            await tasks.first_of(self._released, left)
            return
        try:
            next_due = await self._store.next_due(self._name)
        except StoreError as error:
            await self._patience.failed(error)
            return
        now = self._clock.now()
        wait = timedelta(seconds=IDLE) if next_due is None else next_due - now
        if self._set_back(now) or wait > timedelta(seconds=retry.LONGEST + IDLE):
            await self._expedite()
            return
        await tasks.first_of(self._woken, min(max(wait.total_seconds(), 0.0), IDLE))

    def _set_back(self, now: datetime) -> bool:
        """Return whether the clock was set back since the last look: dates of retries mean nothing then."""
        start = now - timedelta(seconds=asyncio.get_running_loop().time())
        before, self._start = self._start, start
        return before is not None and before - start > timedelta(seconds=IDLE)


def _expired(attempt: Attempt) -> bool:
    return isinstance(attempt.outcome, Rejected) and attempt.outcome.reason == "expired"
