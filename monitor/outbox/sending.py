"""One wave of envelopes through one sink: several at once, and several in one where the sink takes that."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

import structlog

from monitor.kit.complaints import Complaints
from monitor.model.delivery import Delivered, Envelope, Gone, Outcome, Rejected, Retry
from monitor.outbox import retry
from monitor.ports import BatchSink, Clock, Sink, Telemetry

log = structlog.get_logger(__name__)

WAVE = 500
"""Envelopes claimed and settled together, in one transaction. Where a wave ends, the last answers wait for a
peer's delayed acknowledgement (40 ms on Linux): with a hundred, that was half of the time.
"""
LANES = 10
"""Requests on the way at once: more makes httpx slower, not faster (PERF.md)."""
WAVE_TIME = 0.5
"""Seconds after which a wave sends nothing more, so that what was taken is soon settled: a crash before that
sends it again.
"""
SAFETY = 15.0
"""Seconds for one try if the sink does not keep its own bound of ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An envelope, what became of it, and when."""

    envelope: Envelope
    outcome: Outcome
    at: datetime


class Sender:
    """Sends to one destination, at most `batch` envelopes in one request. More than one needs a BatchSink."""

    def __init__(
        self,
        name: str,
        sink: Sink,
        *,
        clock: Clock,
        telemetry: Telemetry,
        complaints: Complaints,
        batch: int = 1,
    ) -> None:
        self._name = name
        self._sink = sink
        self._batch_sink = sink if batch > 1 and _takes_several(sink) else None
        if batch > 1 and self._batch_sink is None:
            raise TypeError(f"destination {name} takes one envelope at a time, not {batch}")
        self._clock = clock
        self._telemetry = telemetry
        self._complaints = complaints
        self._batch = self._size = batch
        self._stopped = False

    @property
    def wave(self) -> int:
        """How many envelopes keep every lane busy."""
        return max(WAVE, LANES * self._batch) if self._batch > 1 else WAVE

    def stop(self) -> None:
        """Begin nothing more, now or later."""
        self._stopped = True

    async def send(self, envelopes: Sequence[Envelope]) -> list[Tried]:
        """Try these in order, no two of one key among them; return the tried ones, the rest stays due."""
        waiting, tried = deque(envelopes), list[Tried]()
        async with asyncio.TaskGroup() as group:
            for number in range(min(LANES, -(-len(envelopes) // self._size))):
                group.create_task(self._lane(waiting, tried), name=f"deliver.{self._name}.{number}")
        return tried

    async def _lane(self, waiting: deque[Envelope], tried: list[Tried]) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + WAVE_TIME
        while not self._stopped and (chunk := self._take(waiting)):
            last = await self._deliver(chunk, tried)
            if isinstance(last, Gone):
                waiting.clear()
            # A destination that fails, or asks for a pause, is not sent the rest of the wave.
            if isinstance(last, Retry) or loop.time() >= end:
                return

    def _take(self, waiting: deque[Envelope]) -> list[Envelope]:
        """Return what goes in the next request; what expired since it was claimed is passed over."""
        now = self._clock.now()
        chunk: list[Envelope] = []
        while waiting and len(chunk) < self._size:
            envelope = waiting.popleft()
            if envelope.expires_at is None or envelope.expires_at > now:
                chunk.append(envelope)
        return chunk

    async def _deliver(self, chunk: list[Envelope], tried: list[Tried]) -> Outcome | None:
        """Try a chunk to its end and return the last outcome.

        One that is refused is halved until the poisoned event stands alone: it must not bury the others.
        The wave's time does not end that, or a slow refusal would be met again and again.
        """
        parts, outcome = deque([chunk]), None
        while parts and not self._stopped:
            part = parts.popleft()
            outcome = await self._try(part)
            if len(part) > 1 and retry.of_one_envelope(outcome):
                middle = len(part) // 2
                parts.extendleft((part[middle:], part[:middle]))
                continue
            self._fit(outcome, len(part))
            now = self._clock.now()
            tried += [Tried(envelope=envelope, outcome=outcome, at=now) for envelope in part]
            if isinstance(outcome, Gone | Retry) and not retry.of_one_envelope(outcome):
                break
        return outcome

    def _fit(self, outcome: Outcome, sent: int) -> None:
        """Send half as much at once to who does not cope, and twice as much to who does."""
        if isinstance(outcome, Retry) and sent > 1:
            self._size = max(1, self._size // 2)
        elif isinstance(outcome, Delivered) and sent == self._size:
            self._size = min(self._batch, self._size * 2)

    async def _try(self, part: list[Envelope]) -> Outcome:
        loop = asyncio.get_running_loop()
        started = loop.time()
        outcome: Outcome
        try:
            async with asyncio.timeout(SAFETY):
                if self._batch_sink is not None:
                    outcome = await self._batch_sink.send_all(part)
                else:
                    outcome = await self._sink.send(part[0])
        except TimeoutError:
            outcome = Retry(reason="timeout", detail=f"no answer within {SAFETY:.0f} s")
        except Exception as error:
            if self._complaints.may("bug"):
                log.exception("sink.crashed", destination=self._name, event_id=part[0].event_id)
            outcome = Retry(reason="bug", detail=f"the sink crashed: {type(error).__name__}")
        if len(part) == 1 or not retry.of_one_envelope(outcome):
            for _ in part:
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
            case Gone():
                self._telemetry.delivery(self._name, "gone", "", seconds)


def _takes_several(sink: Sink) -> TypeGuard[BatchSink]:
    return hasattr(sink, "send_all")
