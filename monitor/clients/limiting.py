"""Keeps an org's request budget at its share of what the platform says our token may ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from monitor.clients.budget import Budget
from monitor.model.errors import PlatformError
from monitor.model.settings import share
from monitor.ports import Platform

log = structlog.get_logger(__name__)

PERIOD = 3600.0
"""Seconds between looks: support raises a limit now and then, nobody lowers it hourly."""
SOONER = 60.0
"""Seconds until the next try when the platform gave no answer."""
LIMIT_TIMEOUT = 30.0


@dataclass(slots=True)
class Limiter:
    """Reads the limit at the start and every hour; `part` of it is ours, and `ceiling` is never exceeded."""

    platform: Platform
    budget: Budget
    part: float
    ceiling: int | None

    async def run(self) -> None:
        """Adopt the platform's limit for ever."""
        while True:
            pause = await self.adopt()
            await asyncio.sleep(pause)

    async def adopt(self) -> float:
        """Read the limit once and size the budget by it; return the seconds until the next look."""
        try:
            said = await self.platform.limit(deadline=asyncio.get_running_loop().time() + LIMIT_TIMEOUT)
        except PlatformError as error:
            log.debug("limit.unknown", org=self.budget.org, error=str(error))
            return SOONER
        if said is not None:
            limit = min(said, self.ceiling or said)
            budget = share(limit, self.part)
            if budget != self.budget.limit:
                log.info("limit.adopted", org=self.budget.org, platform=said, budget=budget)
                self.budget.resize(budget)
        return PERIOD
