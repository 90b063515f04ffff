"""Builds every part of the daemon and plugs them together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random

from monitor import __version__
from monitor.alerts.explaining import explained
from monitor.alerts.manager import AlertManager
from monitor.app import asking
from monitor.app.connecting import USER_AGENT, connect
from monitor.clients.limiting import Limiter
from monitor.exposition.snapshot import Snapshot, stale_limit
from monitor.exposition.telemetry import Facts, PrometheusTelemetry
from monitor.kit.beat import Beat
from monitor.kit.http import Http
from monitor.model.delivery import Backlog
from monitor.model.errors import StoreError
from monitor.model.org import Queue
from monitor.model.settings import MqttSettings, Settings, WebhookSettings
from monitor.outbox.relay import Relay
from monitor.outbox.routing import prepare
from monitor.ports import Clock, Sink
from monitor.rules.rolling import Rollers
from monitor.sinks.log import LogSink
from monitor.sinks.mqtt import MqttSink
from monitor.sinks.webhook import WebhookSink
from monitor.sources.directory import DirectorySource
from monitor.sources.poller import Poller
from monitor.store.sqlite import SqliteStore
from monitor.web.routes import Routes

BACKLOG_PERIOD = 1.0
"""Seconds between looks at the outbox for its gauges."""
ALERTS_PERIOD = 5.0
"""Seconds between looks at silent sources and at what expires."""

Loop = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Daemon:
    """Everything that runs, built but not started."""

    settings: Settings
    store: SqliteStore
    http: Http
    manager: AlertManager
    relay: Relay
    brokers: list[MqttSink]
    pollers: dict[str, Poller]
    limiters: list[Limiter]
    facts: Facts
    routes: Routes
    beat: Beat
    telemetry: PrometheusTelemetry

    def loops(self) -> Mapping[str, Loop]:
        """Return the permanent loops but for the pollers, by task name."""
        return {
            "beat": self.beat.run,
            "backlog": self._watch_backlog,
            "alerts": self._watch_alerts,
            **{f"relay.{name}": run for name, run in self.relay.workers().items()},
            **{f"limit.{limiter.budget.org}": limiter.run for limiter in self.limiters},
            **{f"mqtt.{number}": broker.run for number, broker in enumerate(self.brokers)},
        }

    async def close(self) -> None:
        """Say goodbye to brokers and let go of connections."""
        for broker in self.brokers:
            await broker.close()
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
            self.facts.backlog = list({**empty, **waiting}.values())
            await asyncio.sleep(BACKLOG_PERIOD)


def build(settings: Settings, *, clock: Clock, random: Random) -> Daemon:
    """Build every part and plug them together; nothing runs and nothing is opened yet."""
    telemetry = PrometheusTelemetry(__version__)
    store = SqliteStore(settings.store_path)
    http = Http(USER_AGENT)
    beat = Beat()

    paces = {(org.name, source): pace for org in settings.orgs for source, pace in asking.paces(org).items()}
    limits = {source: stale_limit(pace.interval, pace.timeout) for source, pace in paces.items()}
    snapshot = Snapshot(
        limits, settings.web.queue_name, settings.web.series_cap, telemetry.dropped,
        idle=0.0 if settings.web.idle_ratio == "zero" else None,
    )  # fmt: skip

    def reachable(name: str) -> None:
        relay.wake(name)

    sinks = _sinks(settings, http=http, clock=clock, store=store, reachable=reachable)
    brokers = [sink for sink in sinks.values() if isinstance(sink, MqttSink)]
    relay = Relay(store=store, sinks=sinks, clock=clock, telemetry=telemetry, random=random)

    directories: dict[str, DirectorySource] = {}

    def watched(org: str) -> tuple[Queue, ...] | None:
        return directories[org].queues if org in directories else None

    rollers = Rollers(settings.virtual_queues, watched)
    manager = AlertManager(
        rules=settings.rules,
        store=store,
        prepare=partial(prepare, destinations=tuple(sinks)),
        committed=relay.wake,
        clock=clock,
        audience=lambda _alert: tuple(sinks),
        dialects={org.name: org.dialect for org in settings.orgs},
        inhibitions=settings.inhibitions,
        roll=rollers.rolled,
        unions=rollers.holding,
        intervals={source: pace.interval for source, pace in paces.items()},
        timeouts={source: pace.timeout for source, pace in paces.items()},
    )

    tools = asking.Tools(http, clock, telemetry, random)
    connections = [connect(org, http, clock, telemetry, random) for org in settings.orgs]
    pollers: dict[str, Poller] = {}
    for connection in connections:
        pollers.update(asking.pollers(connection, (snapshot, manager), tools))
    for poller in pollers.values():
        if isinstance(poller.source, DirectorySource):
            directories[poller.org] = poller.source
    limiters = [Limiter(one.platform, one.budget, one.org.budget_share, one.org.limit) for one in connections]

    facts = Facts(snapshot, manager.alerts, beat.lag, clock.now)
    telemetry.watch(facts)
    routes = Routes(
        snapshot,
        telemetry,
        partial(_writable, store),
        lambda text: explained(text, manager.alerts(), manager.rules, clock.now()),
    )
    return Daemon(
        settings, store, http, manager, relay, brokers, pollers, limiters, facts, routes, beat, telemetry
    )


def _sinks(
    settings: Settings, *, http: Http, clock: Clock, store: SqliteStore, reachable: Callable[[str], None]
) -> dict[str, Sink]:
    """Return a sink per destination; `reachable` is called when a broker is connected."""
    sinks: dict[str, Sink] = {}
    for one in settings.destinations:
        match one:
            case WebhookSettings():
                sinks[one.name] = WebhookSink(one, http=http, clock=clock)
            case MqttSettings():
                connected = partial(reachable, one.name)
                sinks[one.name] = MqttSink(
                    one, instance=settings.instance, states=store.states, connected=connected
                )
            case _:
                sinks[one.name] = LogSink()
    return sinks


async def _writable(store: SqliteStore) -> bool:
    try:
        await store.writable()
    except StoreError:
        return False
    return True
