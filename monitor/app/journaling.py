"""Keeps the journal, and silences that are over, as long as they are wanted, and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor.model.errors import StoreError
from monitor.ports import Clock, Journal

log = structlog.get_logger(__name__)

PERIOD = 3600.0
"""Seconds between looks at what is too old."""


@dataclass(frozen=True, slots=True)
class Journaling:
    """Removes entries older than `retention` seconds, and with `quiet` the silences that ended before."""

    journal: Journal
    clock: Clock
    retention: float
    quiet: Callable[[datetime], Awaitable[int]] | None = None

    async def run(self) -> None:
        """Look for ever."""
        while True:
            before = self.clock.now() - timedelta(seconds=self.retention)
            try:
                count = await self.journal.forget(before=before)
                silences = await self.quiet(before) if self.quiet is not None else 0
            except StoreError as error:
                log.error("journal.failed", error=str(error))
            else:
                if count or silences:
                    log.info("journal.forgotten", entries=count, silences=silences)
            await asyncio.sleep(PERIOD)
