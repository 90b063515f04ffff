"""Reads the configuration again when asked to; a bad one changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from monitor.app.building import Daemon, router
from monitor.model.errors import ConfigError
from monitor.model.rule import Rule
from monitor.model.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Reloading:
    """Swaps rules, routes and inhibitions while everything goes on; `load` reads the whole configuration.

    Alerts keep their lives by the names of their rules. Orgs, sources, receivers and the rest are what they
    were at the start: a change there is said, and needs a restart.
    """

    load: Callable[[], Settings]
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, daemon: Daemon) -> None:
        """Reload for ever, once per asking."""
        while True:
            await self.asked.wait()
            self.asked.clear()
            await self.once(daemon)

    async def once(self, daemon: Daemon) -> bool:
        """Read, check, then swap; return whether the configuration was taken."""
        try:
            settings = await asyncio.to_thread(self.load)
        except ConfigError as error:
            for mistake in error.details:
                log.error("reload.refused", mistake=str(mistake))
            daemon.telemetry.reloaded(successful=False)
            return False
        before = {rule.name: rule for rule in daemon.manager.rules}
        await daemon.manager.adopt(settings.rules, settings.inhibitions, router(settings).reach)
        daemon.telemetry.reloaded(successful=True)
        log.info("config.reloaded", **changes(before, {rule.name: rule for rule in settings.rules}))
        if _rest(settings) != _rest(daemon.settings):
            log.warning("reload.partial", hint="orgs, sources, receivers or web changed: restart")
        return True


def changes(before: dict[str, Rule], after: dict[str, Rule]) -> dict[str, list[str]]:
    """Return which rules came, went and are not what they were, by name."""
    return {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "altered": sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
    }


def _rest(settings: Settings) -> tuple[object, ...]:
    """Return what a reload does not swap."""
    return (settings.orgs, settings.destinations, settings.web, settings.store_path, settings.virtual_queues)
