"""Everything that runs, built but not started, and the loops that run it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from monitor.alerts.manager import AlertManager
from monitor.app.delivering import Sinks
from monitor.app.journaling import Journaling
from monitor.app.ourselves import Ourselves
from monitor.app.showing import Showing
from monitor.board.wall import Wall
from monitor.clients.limiting import Limiter
from monitor.exposition.telemetry import Facts, PrometheusTelemetry
from monitor.kit.beat import Beat
from monitor.kit.http import Http
from monitor.model.board import SourceState
from monitor.model.delivery import Backlog
from monitor.model.errors import StoreError
from monitor.model.settings import Settings
from monitor.outbox.folding import Folder
from monitor.outbox.relay import Relay
from monitor.ports import Clock
from monitor.sources.onlooking import Onlooker
from monitor.sources.poller import Poller
from monitor.store.sqlite import SqliteStore
from monitor.web.page.live import Live

BACKLOG_PERIOD = 1.0
"""Seconds between looks at the outbox for its gauges."""
ALERTS_PERIOD = 5.0
"""Seconds between looks at silent sources and at what expires."""
UNSEEN = "a bug of queuewatch: the newest answer cannot be shown; the log has its traceback"

Loop = Callable[[], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Daemon:
    """The parts of one daemon. `settings` are those in force: a reload puts others in their place.

    `painter` hands results to the wall.
    """

    settings: Settings
    clock: Clock
    store: SqliteStore
    http: Http
    manager: AlertManager
    relay: Relay
    folder: Folder
    sinks: Sinks
    ourselves: Ourselves
    journaling: Journaling
    pollers: dict[str, Poller]
    limiters: Sequence[Limiter]
    facts: Facts
    wall: Wall
    painter: Onlooker
    live: Live
    showing: Showing
    beat: Beat
    telemetry: PrometheusTelemetry

    def loops(self) -> Mapping[str, Loop]:
        """Return the permanent loops but for the pollers, by task name."""
        beating = self.settings.heartbeat
        return {
            "beat": self.beat.run,
            "backlog": self._watch_backlog,
            "alerts": self._watch_alerts,
            "fold": self.folder.run,
            "announce": self.ourselves.announce,
            "journal": self.journaling.run,
            **{f"relay.{name}": run for name, run in self.relay.workers().items()},
            **{f"limit.{limiter.budget.org}": limiter.run for limiter in self.limiters},
            **self.sinks.loops,
            **({"heartbeat": partial(self.ourselves.beat, beating)} if beating is not None else {}),
        }

    def sources(self) -> list[SourceState]:
        """Return how every source is; one whose newest answer is not on the wall is stale, however new."""
        return [
            replace(one, stale=True, error=one.error or UNSEEN)
            if (one.org, one.source) in self.painter.failing
            else one
            for one in self.facts.snapshot.sources()
        ]

    async def close(self) -> None:
        """Say goodbye to brokers and let go of connections."""
        await self.sinks.close()
        await self.http.aclose()

    async def _watch_alerts(self) -> None:
        """Let the manager notice what no batch tells."""
        while True:
            await asyncio.sleep(ALERTS_PERIOD)
            await self.manager.tick()

    async def _watch_backlog(self) -> None:
        """Keep the outbox's gauges fresh; a store in trouble is logged by those who write to it."""
        empty = {
            one.name: Backlog(destination=one.name, depth=0, oldest=None, dead=0)
            for one in self.settings.destinations
        }
        while True:
            try:
                waiting = {one.destination: one for one in await self.store.backlog()}
            except StoreError:
                waiting = {one.destination: one for one in self.facts.backlog}
            backlog = list({**empty, **waiting}.values())
            if backlog != self.facts.backlog:
                self.facts.backlog = backlog
                self.live.changed()
            await asyncio.sleep(BACKLOG_PERIOD)
