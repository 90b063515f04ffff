"""Reads the configuration again when asked to; a bad one changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace

import structlog

from monitor.app.building import Daemon, router
from monitor.model.errors import ConfigError
from monitor.model.rule import Rule
from monitor.model.settings import Settings

log = structlog.get_logger(__name__)

SWAPPED = frozenset({"rules", "routes", "inhibitions", "calendars"})
"""Settings that a reload takes over; calendars are parts of the rules and routes."""


@dataclass(slots=True)
class Reloading:
    """Swaps rules, routes and inhibitions while everything goes on; `load` reads the whole configuration.

    Alerts keep their lives by the names of their rules. Orgs, sources, receivers and the rest are what they
    were at the start: a change there is said, and needs a restart. Until then a destination that was not
    there at the start is told nothing: a fire for such alone is kept back, and told after the restart.
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
        running = frozenset(one.name for one in daemon.settings.destinations)
        route = replace(router(settings), running=running).reach
        await daemon.manager.adopt(settings.rules, settings.inhibitions, route, daemon.manager.paces)
        daemon.telemetry.reloaded(successful=True)
        log.info("config.reloaded", **changes(before, {rule.name: rule for rule in settings.rules}))
        if untaken := rest(daemon.settings, settings):
            log.warning("reload.partial", changed=untaken, hint="a restart takes these over")
        return True


def changes(before: dict[str, Rule], after: dict[str, Rule]) -> dict[str, list[str]]:
    """Return which rules came, went and are not what they were, by name."""
    return {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "altered": sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
    }


def rest(before: Settings, after: Settings) -> list[str]:
    """Return what is not as it was and is not swapped by a reload, by the names of the settings."""
    return [
        one.name
        for one in fields(Settings)
        if one.name not in SWAPPED and getattr(before, one.name) != getattr(after, one.name)
    ]
