"""A daemon of its own process, watching a simulated centre: what the page's tests look at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page

from monitor.simulator.centre import Centre
from monitor.simulator.scenario import SURGE_QUEUE
from monitor.simulator.server import Running
from tests.browser.visiting import SOON
from tests.stories.daemon import Daemon, Receiver, crowd, receiving, relief, simulating, until

SOURCES = {
    "directory": {"interval": "1m"},
    "queues": {"interval": "1s", "timeout": "2s"},
    "service_level": {"interval": "5s", "windows": ["5m", "15m"], "lag": "0s"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The simulated centre, the daemon that watches it, and the receiver that is told."""

    centre: Running
    daemon: Daemon
    hook: Receiver

    @property
    def url(self) -> str:
        """The page's address, as a browser spells it."""
        return self.daemon.url

    @property
    def queue(self) -> str:
        """The id of the queue that `rush` fills."""
        return self.centre.world.centre.named(SURGE_QUEUE).id

    async def rush(self) -> None:
        """Fill the queue, if it is not full, and wait until its alert fires."""
        if not await self.firing():
            crowd(self.centre.world)
            await until(self._loud, within=SOON, what="the alert fires")

    async def calm(self) -> None:
        """Empty the queue, if it is full."""
        if await self.firing():
            relief(self.centre.world)
            await until(self._quiet, within=SOON, what="the alert is over")

    async def firing(self) -> list[dict[str, Any]]:
        """What fires."""
        answer = await self.daemon.get("/api/v1/alerts?state=firing")
        found: list[dict[str, Any]] = answer.json()["alerts"]
        return found

    async def _loud(self) -> bool:
        return bool(await self.firing())

    async def _quiet(self) -> bool:
        return not await self.firing()


@asynccontextmanager
async def watching(folder: Path, centre: Centre | None = None, **changes: Any) -> AsyncIterator[Floor]:
    """A floor for the length of the block; `changes` are sections of the configuration."""
    async with simulating(centre=centre) as running, receiving() as hook:
        daemon = Daemon(
            folder,
            platform=running.url,
            hook=hook.url,
            changes={"sources": SOURCES, **changes},
            environment={"QUEUEWATCH_WEB__OPERATE": "true"},
        )
        async with daemon:
            yield Floor(centre=running, daemon=daemon, hook=hook)


def on_wall(page: Page, queue: str) -> Locator:
    """The queue's place on the wall."""
    return page.locator(f'#wall [data-queue="{queue}"]')
