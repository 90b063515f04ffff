"""Reads the configuration again when asked to; a bad one changes nothing.

Asked by a signal, by whoever has a request to answer, or by what changes in the files. One at a time: who
asks meanwhile waits, and gets an answer of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Literal

import structlog

from monitor.app.building import router
from monitor.app.daemon import Daemon
from monitor.app.pacing import Source, every, patient, repaced, told
from monitor.exposition.snapshot import stale_limit
from monitor.kit.notify import Notifier
from monitor.kit.tasks import first_of
from monitor.model.errors import ConfigError
from monitor.model.pace import Pace
from monitor.model.reload import Reloaded
from monitor.model.rule import Rule
from monitor.model.settings import Settings

log = structlog.get_logger(__name__)

SECTIONS = ("routes", "inhibitions", "calendars")
"""Settings that a reload takes over as a whole; calendars are parts of the rules and routes."""
LOOK = 2.0
"""Seconds between looks at the files."""
SETTLE = 0.5
"""Seconds for which files have to stand still before they are read: whoever writes them may not be done."""

Cause = Literal["signal", "files", "request"]


@dataclass(slots=True)
class Reloading:
    """Swaps rules, routes, inhibitions and cadences while everything goes on; `load` reads all of it anew.

    Alerts keep their lives by the names of their rules. Orgs, sources, receivers and the rest are what they
    were at the start: a change there is said, and needs a restart. Until then a destination that was not
    there at the start is told nothing: a fire for such alone is kept back, and told after the restart.

    `look` returns a digest of the files, `seen` is what it was before they were read first; without it
    nobody looks. `asked` is for signals.
    """

    load: Callable[[], Settings]
    look: Callable[[], str] | None = None
    seen: str = ""
    notifier: Notifier = field(default_factory=Notifier)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def run(self, daemon: Daemon) -> None:
        """Reload for ever, once per signal or change of the files."""
        while True:
            if (cause := await self._cause()) is not None:
                await self.once(daemon, cause)

    async def once(self, daemon: Daemon, cause: Cause = "request") -> Reloaded:
        """Read, check, then swap; return what came of it."""
        async with self._lock:
            self.notifier.reloading()
            said = status(daemon.settings)
            try:
                reloaded = await self._read(daemon, cause)
                said = status(daemon.settings)
                if not reloaded.taken:
                    said = f"{said}; the configuration was read again and is wrong, so the old one stays"
                return reloaded
            finally:
                self.notifier.ready(said)

    async def _cause(self) -> Cause | None:
        """Return why to reload, or None where a look at the files gave no reason."""
        if self.look is None or await first_of(self.asked, LOOK):
            await self.asked.wait()
            self.asked.clear()
            return "signal"
        found = await asyncio.to_thread(self.look)
        if found == self.seen:
            return None
        await asyncio.sleep(SETTLE)
        return "files" if await asyncio.to_thread(self.look) == found else None

    async def _read(self, daemon: Daemon, cause: Cause) -> Reloaded:
        if self.look is not None:
            self.seen = await asyncio.to_thread(self.look)
        try:
            settings = await asyncio.to_thread(self.load)
        except ConfigError as error:
            mistakes = tuple(map(str, error.details))
            for mistake in mistakes:
                log.error("reload.refused", mistake=mistake, cause=cause)
            daemon.telemetry.reloaded(successful=False)
            return Reloaded(taken=False, mistakes=mistakes)
        changes = await _swap(daemon, settings)
        daemon.telemetry.reloaded(successful=True)
        log.info("config.reloaded", cause=cause, **changes)
        if untaken := rest(daemon.settings, settings):
            log.warning("reload.partial", changed=untaken, hint="a restart takes these over")
        return Reloaded(taken=True, changes=changes, untaken=tuple(untaken))


async def _swap(daemon: Daemon, settings: Settings) -> dict[str, list[str]]:
    """Have the daemon go on with what of `settings` needs no restart; return what is not as it was."""
    before = daemon.settings
    after = replace(
        before, rules=settings.rules, routes=settings.routes, inhibitions=settings.inhibitions,
        calendars=settings.calendars, orgs=repaced(before.orgs, settings.orgs),
    )  # fmt: skip
    # What is configured and does not run yet is no way to anybody.
    running = frozenset(one.name for one in before.destinations)
    route = replace(router(settings), running=running).reach
    paces = every(after.orgs)
    await daemon.manager.adopt(after.rules, after.inhibitions, route, patient(daemon.manager.paces, paces))
    _pace(daemon, paces)
    daemon.settings = after
    return changed(before, after)


def _pace(daemon: Daemon, paces: Mapping[Source, Pace]) -> None:
    """Ask the sources at their paces from now on, and believe what they said as long as that allows."""
    for source, patience in daemon.manager.paces.items():
        _believe(daemon, source, patience)
    for poller in daemon.pollers.values():
        source = (poller.org, poller.source.name)
        if paces[source] != (poller.interval, poller.timeout):
            poller.pace(*paces[source], partial(_believe, daemon, source, paces[source]))


def _believe(daemon: Daemon, source: Source, pace: Pace) -> None:
    """Have everybody hold a source to its pace before they call it silent."""
    limit = stale_limit(*pace)
    daemon.manager.paces = {**daemon.manager.paces, source: pace}
    daemon.facts.snapshot.adopt({source: limit})
    daemon.showing.limit(source, limit)


def changed(before: Settings, after: Settings) -> dict[str, list[str]]:
    """Return what a reload swapped, by kind; a kind of which there is nothing is left out."""
    found = {
        **_rules({rule.name: rule for rule in before.rules}, {rule.name: rule for rule in after.rules}),
        "sections": [name for name in SECTIONS if getattr(before, name) != getattr(after, name)],
        "intervals": list(told(before.orgs, after.orgs)),
    }
    return {kind: names for kind, names in found.items() if names}


def _rules(before: dict[str, Rule], after: dict[str, Rule]) -> dict[str, list[str]]:
    """Return which rules came, went and are not what they were, by name."""
    return {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "altered": sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
    }


def rest(running: Settings, wanted: Settings) -> list[str]:
    """Return what is not as it is wanted, by the names of the settings; an org by its own.

    Who may ask us is taken over by whoever watches that file.
    """
    web = replace(wanted.web, access=running.web.access)
    return list(_differing(running, replace(wanted, web=web)))


def _differing(running: Settings, wanted: Settings) -> Iterator[str]:
    for one in fields(Settings):
        if one.name != "orgs" and getattr(running, one.name) != getattr(wanted, one.name):
            yield one.name
    here, there = ({org.name: org for org in settings.orgs} for settings in (running, wanted))
    yield from (f"orgs.{name}" for name in {**here, **there} if here.get(name) != there.get(name))


def status(settings: Settings) -> str:
    """Return in one line what is watched, for a service manager."""
    sources = len(every(settings.orgs))
    orgs = ", ".join(org.name for org in settings.orgs)
    return f"Watching {orgs or 'nothing'}: {sources} sources, {len(settings.rules)} rules"
