"""One destination's loop: claim a wave, send it, settle it; the package docstring has its states."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import structlog

from monitor.kit import tasks
from monitor.model.delivery import Attempt, Delivered, Envelope, Outcome, Rejected, Retry
from monitor.model.errors import StoreError
from monitor.outbox import retry
from monitor.ports import Clock, OutboxStore, Sink, Telemetry

log = structlog.get_logger(__name__)

WAVE = 100
"""Envelopes claimed and settled together: one transaction for all of them."""
LANES = 10
"""Envelopes on the way at once: more makes httpx slower, not faster (PERF.md)."""
WAVE_TIME = 1.0
"""Seconds after which a wave sends nothing more, so that what was taken is soon settled: a crash before that
sends it again.
"""
SAFETY = 15.0
"""Seconds for one try if the sink does not keep its own bound of ten."""
FIRST_PAUSE = 1.0
"""Seconds before a failing destination is probed; doubled per failed probe up to a minute."""
IDLE = 60.0
"""Seconds after which an idle worker looks anyway: a wake-up is a courtesy, the store is the truth."""
QUIET = 300.0
"""Seconds before the same kind of complaint about single envelopes is logged again."""
SWEEP = 100
"""Envelopes buried in one transaction when a destination has been dead past the horizon."""


class Worker:
    """Delivers to one destination. `run` is its loop; the other methods return at once."""

    def __init__(
        self, name: str, *, sink: Sink, store: OutboxStore, clock: Clock, telemetry: Telemetry, random: Random
    ) -> None:
        self._name = name
        self._sink = sink
        self._store = store
        self._clock = clock
        self._telemetry = telemetry
        self._random = random
        self._woken = asyncio.Event()
        self._released = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._draining = False
        self._stopped = False
        self._failures = 0
        self._failing_since = 0.0
        self._store_failures = 0
        self._paused_until = 0.0
        self._complaints: dict[str, float] = {}

    def wake(self) -> None:
        """Look for work, unless the destination is failing: then its pause goes on."""
        self._woken.set()

    def release(self) -> None:
        """End the pause: the destination can be reached again."""
        self._paused_until = 0.0
        self._released.set()
        self._woken.set()

    def drain(self) -> None:
        """Try what is due once, then end."""
        self._draining = True
        self.release()

    def stop(self) -> None:
        """End after the present wave."""
        self._stopped = True
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

    async def _wave(self) -> bool:
        """Claim, send and settle one wave; return whether to go on at once."""
        failing = self._failures > 0
        try:
            envelopes = await self._store.due(
                self._name, now=self._clock.now(), limit=1 if failing else WAVE, probe=failing
            )
        except StoreError as error:
            await self._store_failed(error)
            return not self._draining
        self._store_answered()
        if not envelopes:
            return False
        tried = await self._send(envelopes)
        if not tried:
            return False
        now = self._clock.now()
        attempts = [
            retry.settle(envelope, outcome, now=now, chance=self._random.random())
            for envelope, outcome in tried
        ]
        await self._settle(attempts)
        self._complain(attempts)
        return await self._judge([outcome for _, outcome in tried], attempts)

    async def _send(self, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Outcome]]:
        """Try these in order, `LANES` at once; return the tried ones, the rest stays due."""
        waiting, tried = deque(envelopes), list[tuple[Envelope, Outcome]]()
        async with asyncio.TaskGroup() as group:
            for number in range(min(LANES, len(envelopes))):
                group.create_task(self._lane(waiting, tried), name=f"deliver.{self._name}.{number}")
        return tried

    async def _lane(self, waiting: deque[Envelope], tried: list[tuple[Envelope, Outcome]]) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + WAVE_TIME
        while waiting and not self._stopped:
            envelope = waiting.popleft()
            outcome = await self._try(envelope)
            tried.append((envelope, outcome))
            # A destination that fails, or asks for a pause, is not sent the rest of the wave.
            if isinstance(outcome, Retry) or loop.time() >= end:
                return

    async def _try(self, envelope: Envelope) -> Outcome:
        loop = asyncio.get_running_loop()
        started = loop.time()
        outcome: Outcome
        try:
            async with asyncio.timeout(SAFETY):
                outcome = await self._sink.send(envelope)
        except TimeoutError:
            outcome = Retry(reason="timeout", detail=f"no answer within {SAFETY:.0f} s")
        except Exception as error:
            if self._may_complain("bug"):
                log.exception("sink.crashed", destination=self._name, event_id=envelope.event_id)
            outcome = Retry(reason="bug", detail=f"the sink crashed: {type(error).__name__}")
        self._count(outcome, loop.time() - started)
        return outcome

    def _count(self, outcome: Outcome, seconds: float) -> None:
        match outcome:
            case Delivered():
                self._telemetry.delivery(self._name, "delivered", "", seconds)
            case Retry(reason=reason):
                self._telemetry.delivery(self._name, "retried", reason, seconds)
            case Rejected(reason=reason):
                self._telemetry.delivery(self._name, "rejected", reason, seconds)

    async def _settle(self, attempts: Sequence[Attempt]) -> None:
        """Write what became of a wave; nothing is claimed before that, or it would be sent twice."""
        while True:
            try:
                await self._store.settle(self._name, attempts)
            except StoreError as error:
                await self._store_failed(error)
            else:
                self._store_answered()
                return

    async def _store_failed(self, error: StoreError) -> None:
        self._store_failures += 1
        if self._store_failures == 1:
            log.error("outbox.failed", destination=self._name, error=str(error))
        await asyncio.sleep(
            retry.delay(self._store_failures, first=FIRST_PAUSE, chance=self._random.random())
        )

    def _store_answered(self) -> None:
        if self._store_failures:
            log.info("outbox.recovered", destination=self._name, failures=self._store_failures)
            self._store_failures = 0

    async def _judge(self, outcomes: Sequence[Outcome], attempts: Sequence[Attempt]) -> bool:
        """Decide from a wave whether the destination works; return whether to go on at once."""
        pause = retry.asked(outcomes)
        failed = retry.failed(outcomes)
        if failed:
            pause = max(pause, self._note_failure(outcomes))
            await self._sweep(attempts)
        elif self._failures:
            await self._note_recovery()
        self._paused_until = asyncio.get_running_loop().time() + pause
        return not failed and not pause

    def _note_failure(self, outcomes: Sequence[Outcome]) -> float:
        """Count a failed wave, log the first; return the pause in seconds."""
        self._failures += 1
        if self._failures == 1:
            self._failing_since = asyncio.get_running_loop().time()
            first = next(outcome for outcome in outcomes if isinstance(outcome, Retry))
            log.warning("delivery.failed", destination=self._name, reason=first.reason, detail=first.detail)
        return retry.delay(self._failures, first=FIRST_PAUSE, chance=self._random.random())

    async def _note_recovery(self) -> None:
        """The destination takes envelopes again: make all that wait due at once."""
        seconds = asyncio.get_running_loop().time() - self._failing_since
        log.info("delivery.recovered", destination=self._name, seconds=round(seconds, 1))
        self._failures = 0
        await self._expedite()

    async def _expedite(self) -> None:
        try:
            await self._store.expedite(self._name, now=self._clock.now())
        except StoreError as error:
            await self._store_failed(error)

    async def _sweep(self, attempts: Sequence[Attempt]) -> None:
        """After a probe was given up for its age, bury the others of that age.

        One probe a minute would never get through them, and the outbox would grow for ever.
        """
        while any(isinstance(one.outcome, Rejected) and one.outcome.reason == "expired" for one in attempts):
            now = self._clock.now()
            try:
                waiting = await self._store.due(self._name, now=now, limit=SWEEP)
            except StoreError as error:
                await self._store_failed(error)
                return
            unsent = Retry(reason="expired", detail="the destination did not answer")
            old = [envelope for envelope in waiting if retry.expired(envelope, now=now)]
            attempts = [retry.settle(envelope, unsent, now=now, chance=0.0) for envelope in old]
            await self._settle(attempts)

    def _complain(self, attempts: Sequence[Attempt]) -> None:
        """Log the trouble of single envelopes; a failing destination is `_note_failure`'s."""
        for outcome in (attempt.outcome for attempt in attempts):
            if isinstance(outcome, Rejected):
                event = "envelope.rejected"
            elif isinstance(outcome, Retry) and outcome.reason == "denied":
                event = "envelope.refused"
            else:
                continue
            if self._may_complain(outcome.reason):
                log.warning(event, destination=self._name, reason=outcome.reason, detail=outcome.detail)

    def _may_complain(self, reason: str) -> bool:
        """Return whether this kind of trouble was not logged in the last `QUIET` seconds."""
        now = asyncio.get_running_loop().time()
        if now - self._complaints.get(reason, -QUIET) < QUIET:
            return False
        self._complaints[reason] = now
        return True

    async def _rest(self) -> None:
        """Wait for the end of the pause, or for the next due envelope or a wake-up."""
        left = self._paused_until - asyncio.get_running_loop().time()
        if left > 0:
            await tasks.first_of(self._released, left)
            return
        try:
            next_due = await self._store.next_due(self._name)
        except StoreError as error:
            await self._store_failed(error)
            return
        wait = timedelta(seconds=IDLE) if next_due is None else next_due - self._clock.now()
        if wait > timedelta(seconds=2 * retry.LONGEST_ASKED):
            # Nothing is ever put off that far: the clock was set back, and the date means nothing any more.
            await self._expedite()
            return
        await tasks.first_of(self._woken, min(max(wait.total_seconds(), 0.0), IDLE))
