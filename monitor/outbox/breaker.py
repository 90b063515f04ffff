"""Whether one destination works, and until when nothing is sent to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from monitor.model.delivery import Gone, Outcome, Retry
from monitor.outbox import retry
from monitor.outbox.patience import FIRST_PAUSE

log = structlog.get_logger(__name__)


class Breaker:
    """What the answers of one destination add up to: it works, or it fails, or it is gone.

    One that fails is probed after a pause, doubled up to a minute; one that is gone is left alone until
    somebody calls `enable`. Each change is logged once.
    """

    def __init__(self, name: str, chance: Callable[[], float]) -> None:
        self._name = name
        self._chance = chance
        self._failures = 0
        self._since = 0.0
        self._paused_until = 0.0
        self._disabled = False

    @property
    def failing(self) -> bool:
        """Whether only probes are sent."""
        return self._failures > 0

    @property
    def disabled(self) -> bool:
        """Whether nothing is sent at all."""
        return self._disabled

    def failed_for(self) -> float:
        """Return the seconds since it began to fail, in this run; 0 while it works."""
        return asyncio.get_running_loop().time() - self._since if self._failures else 0.0

    def pause(self) -> float:
        """Return the seconds for which nothing is to be sent."""
        return max(0.0, self._paused_until - asyncio.get_running_loop().time())

    def release(self) -> None:
        """End the pause: the destination can be reached again."""
        self._paused_until = 0.0

    def enable(self) -> None:
        """Probe a destination that is gone: somebody says that it is back."""
        self._disabled = False
        self.release()

    def judge(self, outcomes: Sequence[Outcome]) -> None:
        """Take in what became of one wave."""
        pause = retry.asked(outcomes)
        gone = next((outcome for outcome in outcomes if isinstance(outcome, Gone)), None)
        if gone is not None:
            self._disable(gone)
        elif retry.failed(outcomes):
            pause = max(pause, self._fail(outcomes))
        elif self._failures:
            self._recover()
        self._paused_until = asyncio.get_running_loop().time() + pause

    def _disable(self, gone: Gone) -> None:
        self._begin()
        self._disabled = True
        log.error(
            "destination.gone",
            destination=self._name,
            detail=gone.detail,
            hint="nothing more is sent to it: take it out of the configuration, or retry it once it is back",
        )

    def _fail(self, outcomes: Sequence[Outcome]) -> float:
        """Count a failed wave, log the first; return the pause in seconds."""
        if self._begin():
            first = next(outcome for outcome in outcomes if isinstance(outcome, Retry))
            log.warning("delivery.failed", destination=self._name, reason=first.reason, detail=first.detail)
        return retry.delay(self._failures, first=FIRST_PAUSE, chance=self._chance())

    def _begin(self) -> bool:
        """Count a failure; return whether it is the first."""
        self._failures += 1
        if self._failures == 1:
            self._since = asyncio.get_running_loop().time()
        return self._failures == 1

    def _recover(self) -> None:
        seconds = asyncio.get_running_loop().time() - self._since
        log.info("delivery.recovered", destination=self._name, seconds=round(seconds, 1))
        self._failures = 0
