"""The pauses of whoever meets a store that refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from monitor.model.errors import StoreError
from monitor.outbox import retry

log = structlog.get_logger(__name__)

FIRST_PAUSE = 1.0
"""Seconds before something that failed is tried again; doubled each time up to a minute."""


class Patience:
    """Waits out a store that refuses: said once, and its end. `who` is in both lines of the log."""

    def __init__(self, chance: Callable[[], float], **who: str) -> None:
        self._chance = chance
        self._log = log.bind(**who)
        self._failures = 0

    async def failed(self, error: StoreError) -> None:
        """Pause after `error`, longer each time in a row."""
        self._failures += 1
        if self._failures == 1:
            self._log.error("outbox.failed", error=str(error))
        await asyncio.sleep(retry.delay(self._failures, first=FIRST_PAUSE, chance=self._chance()))

    def answered(self) -> None:
        """Note that the store answers."""
        if self._failures:
            self._log.info("outbox.recovered", failures=self._failures)
            self._failures = 0
