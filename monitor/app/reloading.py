"""Reads the configuration again when asked to; a bad one changes nothing.

Asked by a signal, by whoever has a request to answer, or by what changes in the files. One at a time: who
asks meanwhile waits, and gets an answer of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import structlog

from monitor.app.building import router
from monitor.app.daemon import Daemon
from monitor.app.noticing import PERIOD, Noticing
from monitor.app.pacing import Source, every, patient
from monitor.app.taking import changed, takeover
from monitor.exposition.snapshot import stale_limit
from monitor.kit.notify import Notifier
from monitor.kit.tasks import first_of
from monitor.model.errors import ConfigError, MonitorError
from monitor.model.pace import Pace
from monitor.model.reload import Reloaded
from monitor.model.settings import Settings

log = structlog.get_logger(__name__)

Cause = Literal["signal", "files", "request"]


class Ended(MonitorError):
    """Nothing is read again any more: the daemon is about to end."""


@dataclass(slots=True)
class Reloading:
    """Swaps rules, routes, inhibitions and cadences while everything goes on; `load` reads all of it anew.

    Alerts keep their lives by the names of their rules. Orgs, sources, receivers and the rest are what they
    were at the start: a change there is said, and needs a restart. Until then a destination that was not
    there at the start is told nothing: a fire for such alone is kept back, and told after the restart; and a
    rule that would judge what is not asked yet stays what it is.

    Without `files` nobody looks at them; they were looked at before they were read first. `asked` is for
    signals.
    """

    load: Callable[[], Settings]
    files: Noticing | None = None
    notifier: Notifier = field(default_factory=Notifier)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _ended: bool = field(default=False, init=False)

    async def run(self, daemon: Daemon) -> None:
        """Reload for ever, once per signal or change of the files."""
        while True:
            if (cause := await self._cause()) is not None:
                await self.once(daemon, cause)

    async def once(self, daemon: Daemon, cause: Cause = "request") -> Reloaded:
        """Read, check, then swap; return what came of it. Raises Ended."""
        async with self._lock:
            if self._ended:
                raise Ended("not done: queuewatch is about to end")
            self.notifier.reloading()
            said = status(daemon.settings)
            try:
                reloaded = await self._read(daemon, cause)
                said = status(daemon.settings)
                if not reloaded.taken:
                    said = f"{said}; the configuration was read again and is wrong, so the old one stays"
                return reloaded
            except Exception:
                daemon.telemetry.reloaded(successful=False)
                raise
            finally:
                self.notifier.ready(said)

    def end(self) -> None:
        """Read nothing any more: neither for who asks from now on, nor for who waits."""
        self._ended = True

    async def _cause(self) -> Cause | None:
        """Return why to reload, or None where a look at the files gave no reason."""
        if self.files is None or await first_of(self.asked, PERIOD):
            await self.asked.wait()
            self.asked.clear()
            return "signal"
        return "files" if await self.files.changed() else None

    async def _read(self, daemon: Daemon, cause: Cause) -> Reloaded:
        if self.files is not None:
            await self.files.begin()
        try:
            settings = await asyncio.to_thread(self.load)
        except ConfigError as error:
            return _refused(daemon, cause, tuple(map(str, error.details)))
        except OSError as error:
            return _refused(daemon, cause, (f"the configuration cannot be read: {error.strerror or error}",))
        taken = takeover(daemon.settings, settings)
        changes = await _swap(daemon, settings, taken.settings)
        daemon.telemetry.reloaded(successful=True)
        log.info("config.reloaded", cause=cause, **changes)
        if taken.untaken:
            log.warning("reload.partial", changed=list(taken.untaken), hint="a restart takes these over")
        return Reloaded(taken=True, changes=changes, untaken=taken.untaken)


def _refused(daemon: Daemon, cause: Cause, mistakes: tuple[str, ...]) -> Reloaded:
    for mistake in mistakes:
        log.error("reload.refused", mistake=mistake, cause=cause)
    daemon.telemetry.reloaded(successful=False)
    return Reloaded(taken=False, mistakes=mistakes)


async def _swap(daemon: Daemon, wanted: Settings, after: Settings) -> dict[str, list[str]]:
    """Have the daemon go on with `after`, which is what it can have of `wanted`; return what is new."""
    before = daemon.settings
    # What is configured and does not run yet is no way to anybody.
    running = frozenset(one.name for one in before.destinations)
    route = replace(router(wanted), running=running).reach
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


def status(settings: Settings) -> str:
    """Return in one line what is watched, for a service manager."""
    sources = len(every(settings.orgs))
    orgs = ", ".join(org.name for org in settings.orgs)
    return f"Watching {orgs or 'nothing'}: {sources} sources, {len(settings.rules)} rules"
