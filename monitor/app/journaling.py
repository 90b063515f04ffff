"""Keeps the journal as long as it is wanted, and no longer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from monitor.model.errors import StoreError
from monitor.ports import Clock, Journal

log = structlog.get_logger(__name__)

PERIOD = 3600.0
"""Seconds between looks at what is too old."""


@dataclass(frozen=True, slots=True)
class Journaling:
    """Removes entries older than `retention` seconds."""

    journal: Journal
    clock: Clock
    retention: float

    async def run(self) -> None:
        """Look for ever."""
        while True:
            before = self.clock.now() - timedelta(seconds=self.retention)
            try:
                count = await self.journal.forget(before=before)
            except StoreError as error:
                log.error("journal.failed", error=str(error))
            else:
                if count:
                    log.info("journal.forgotten", entries=count)
            await asyncio.sleep(PERIOD)
