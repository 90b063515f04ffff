"""The one loop that polls: cadence without drift, a deadline, no overlap, and one log line per change."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

import structlog

from monitor.kit.tasks import first_of
from monitor.model.errors import PlatformError, Throttled, Unavailable
from monitor.model.sample import PollResult, SourceFailure
from monitor.ports import Clock, Consumer, Source, Telemetry

log = structlog.get_logger(__name__)

GRACE = 5.0
"""Seconds past its deadline after which a poll is cancelled from outside: the transport's own deadline
should long have ended it, and cancelling costs the connection pool (DESIGN.md §4)."""
RETRY_INTERVAL = 30.0
"""Seconds: a slow source that failed is asked again at least this often, not only at its next tick."""


class _Bug(PlatformError):
    """Our own code failed at an answer."""

    reason = "bug"


@dataclass(slots=True)
class Poller:
    """Polls one source of one org every `interval` seconds and publishes each result to `consumers`."""

    org: str
    source: Source
    interval: float
    timeout: float
    consumers: Sequence[Consumer]
    clock: Clock
    telemetry: Telemetry
    random: Random
    _failures: int = field(default=0, init=False)
    _failing_since: float = field(default=0.0, init=False)
    _bug_told: bool = field(default=False, init=False)
    _paced: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _polled: Callable[[], None] | None = field(default=None, init=False)

    def pace(self, interval: float, timeout: float, polled: Callable[[], None]) -> None:
        """Poll every `interval` seconds from now on, each within `timeout`; not the poll that runs.

        `polled` is called after the next result: until then nobody can have heard of us as often as that.
        """
        self.interval, self.timeout, self._polled = interval, timeout, polled
        self._paced.set()

    async def run(self) -> None:
        """Poll for ever. The first tick comes at once but for a jitter, so that orgs do not march in step."""
        loop = asyncio.get_running_loop()
        began, due = -math.inf, loop.time() + self._jitter()
        while True:
            if await first_of(self._paced, due - loop.time()):
                self._paced.clear()
                pause = min(self.interval, RETRY_INTERVAL) if self._failures else self.interval
                due = max(began + pause, loop.time() + self._jitter())
                continue
            began = due
            await self.once()
            passed = int((loop.time() - due) / self.interval)
            if passed and not self._paced.is_set():
                self.telemetry.missed(self.org, self.source.name, passed)
            due += (passed + 1) * self.interval
            if self._failures and self.interval > RETRY_INTERVAL:
                due = loop.time() + RETRY_INTERVAL

    def _jitter(self) -> float:
        return self.random.uniform(0.0, min(self.interval / 10, 1.0))

    async def once(self) -> None:
        """Poll once and publish what came of it."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        result, outcome = await self._ask(started + self.timeout)
        self.telemetry.poll(self.org, self.source.name, outcome, loop.time() - started)
        for consumer in self.consumers:
            await consumer.accept(result)
        if self._polled is not None:
            self._polled()
            self._polled = None

    async def _ask(self, deadline: float) -> tuple[PollResult, str]:
        try:
            async with asyncio.timeout_at(deadline + GRACE):
                batch = await self.source.poll(deadline=deadline)
        except PlatformError as error:
            return self._failed(error), error.reason
        except TimeoutError:
            return self._failed(Unavailable("the poll passed its deadline and was ended")), "overdue"
        # The house forbids to catch everything. Here alone it is right: an answer that trips our own code
        # comes again with every poll, and must neither end the daemon nor stop the other sources.
        except Exception as error:  # noqa: BLE001 - logged with its traceback in `_bug`
            return self._failed(self._bug(error)), _Bug.reason
        self._recovered()
        return batch, "ok"

    def _bug(self, error: Exception) -> PlatformError:
        """Log the traceback, once per streak of failures, and return what is said of it elsewhere."""
        if not self._bug_told:
            log.error("poll.bug", org=self.org, source=self.source.name, exc_info=error)
        self._bug_told = True
        # Not the error's text: nobody knows what is in it.
        return _Bug(f"a bug of queuewatch: {type(error).__name__}; the log has its traceback")

    def _failed(self, error: PlatformError) -> SourceFailure:
        loop = asyncio.get_running_loop()
        if not self._failures:
            self._failing_since = loop.time()
            log.warning(
                "poll.failed", org=self.org, source=self.source.name, reason=error.reason, error=str(error),
                **({"retry_after": round(error.retry_after, 1)} if isinstance(error, Throttled) else {}),
            )  # fmt: skip
        self._failures += 1
        return SourceFailure(
            org=self.org,
            source=self.source.name,
            failed_at=self.clock.now(),
            reason=error.reason,
            message=str(error),
        )

    def _recovered(self) -> None:
        if self._failures:
            lasted = asyncio.get_running_loop().time() - self._failing_since
            log.info(
                "poll.recovered",
                org=self.org,
                source=self.source.name,
                failures=self._failures,
                seconds=round(lasted, 1),
            )
        self._failures = 0
        self._bug_told = False
