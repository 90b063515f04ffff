"""The wiring: every part is built here, started here, and stopped here in the reverse order.

One task group, every loop supervised and named. At the end: pollers stop, the relay drains, sinks say
goodbye, the listener closes, the store closes last.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from random import Random

import structlog

from monitor import __version__
from monitor.alerts.manager import AlertManager
from monitor.clients.budget import Budget
from monitor.clients.platform.asking import PlatformDialect
from monitor.clients.tokens import Tokens
from monitor.clients.transport import Transport
from monitor.exposition.snapshot import Snapshot, stale_limit
from monitor.exposition.telemetry import Facts, PrometheusTelemetry
from monitor.kit.beat import Beat
from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.kit.serving import bind, serving
from monitor.kit.tasks import stop, supervise
from monitor.model.delivery import Backlog
from monitor.model.errors import ConfigError, Mistake, StoreError
from monitor.model.settings import MqttSettings, OrgSettings, Settings, WebhookSettings
from monitor.outbox.relay import Relay
from monitor.outbox.routing import prepare
from monitor.ports import Clock, Consumer, Sink
from monitor.sinks.log import LogSink
from monitor.sinks.mqtt import MqttSink
from monitor.sinks.webhook import WebhookSink
from monitor.sources.directory import DirectorySource
from monitor.sources.poller import Poller
from monitor.sources.queues import QueuesSource
from monitor.store.sqlite import SqliteStore
from monitor.web.routes import Routes

log = structlog.get_logger(__name__)

USER_AGENT = f"queuewatch/{__version__}"
DRAIN = 8.0
"""Seconds the relay may still deliver at the end; with the rest it keeps SIGTERM under 15 s."""
DIRECTORY_TIMEOUT = 60.0
"""Seconds to read a whole directory: 50 pages at 5,000 queues."""
BACKLOG_PERIOD = 1.0
"""Seconds between looks at the outbox for its gauges."""

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
    facts: Facts
    routes: Routes
    beat: Beat
    telemetry: PrometheusTelemetry

    def loops(self) -> Mapping[str, Loop]:
        """Return the permanent loops but for the pollers, by task name."""
        return {
            "beat": self.beat.run,
            "backlog": self._watch_backlog,
            **{f"relay.{name}": run for name, run in self.relay.workers().items()},
            **{f"mqtt.{number}": broker.run for number, broker in enumerate(self.brokers)},
        }

    async def close(self) -> None:
        """Say goodbye to brokers and let go of connections."""
        for broker in self.brokers:
            await broker.close()
        await self.http.aclose()

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

    watched = {org.name: org.queues for org in settings.orgs if org.queues is not None}
    limits = {
        (name, source): stale_limit(interval)
        for name, queues in watched.items()
        for source, interval in (("directory", queues.directory_interval), ("queues", queues.interval))
    }
    snapshot = Snapshot(limits, settings.web.queue_name, settings.web.series_cap, telemetry.dropped)

    sinks: dict[str, Sink] = {}
    brokers: list[MqttSink] = []

    def reachable(name: str) -> None:
        relay.wake(name)

    for destination in settings.destinations:
        match destination:
            case WebhookSettings():
                sinks[destination.name] = WebhookSink(destination, http=http, clock=clock)
            case MqttSettings():
                broker = MqttSink(
                    destination,
                    instance=settings.instance,
                    states=store.states,
                    connected=partial(reachable, destination.name),
                )
                brokers.append(broker)
                sinks[destination.name] = broker
            case _:
                sinks[destination.name] = LogSink()
    relay = Relay(store=store, sinks=sinks, clock=clock, telemetry=telemetry, random=random)

    manager = AlertManager(
        rules=settings.rules,
        store=store,
        prepare=partial(prepare, destinations=tuple(sinks)),
        committed=relay.wake,
        clock=clock,
    )

    pollers: dict[str, Poller] = {}
    for org in settings.orgs:
        if org.queues is None:
            continue
        platform = PlatformDialect(_transport(org, http, clock, telemetry, random), clock)
        consumers: tuple[Consumer, ...] = (snapshot, manager)
        poller = partial(
            Poller, org=org.name, consumers=consumers, clock=clock, telemetry=telemetry, random=random
        )
        directory = DirectorySource(org.name, platform, org.queues.select, clock)
        queues = QueuesSource(org.name, platform, directory, clock, telemetry)
        pollers[f"poll.{org.name}.directory"] = poller(
            source=directory, interval=org.queues.directory_interval, timeout=DIRECTORY_TIMEOUT
        )
        pollers[f"poll.{org.name}.queues"] = poller(
            source=queues, interval=org.queues.interval, timeout=org.queues.timeout
        )

    facts = Facts(snapshot, manager.alerts, beat.lag, clock.now)
    telemetry.watch(facts)
    routes = Routes(snapshot, telemetry, partial(_writable, store))
    return Daemon(settings, store, http, manager, relay, brokers, pollers, facts, routes, beat, telemetry)


async def run(settings: Settings, stopping: asyncio.Event) -> None:
    """Run the daemon until `stopping` is set.

    Raises:
        ConfigError: the listen address cannot be bound.
        StoreError: the store cannot be opened.
    """
    daemon = build(settings, clock=SystemClock(), random=Random())
    bound = _bound(settings)
    async with AsyncExitStack() as stack:
        stack.callback(bound.close)
        await stack.enter_async_context(daemon.store)
        await daemon.manager.load()
        await stack.enter_async_context(serving(daemon.routes.app(), bound))
        group = await stack.enter_async_context(asyncio.TaskGroup())

        def start(loops: Mapping[str, Loop]) -> list[asyncio.Task[None]]:
            return [
                group.create_task(supervise(name, loop, crashed=daemon.telemetry.crashed), name=name)
                for name, loop in loops.items()
            ]

        loops = start(daemon.loops())
        pollers = start({name: poller.run for name, poller in daemon.pollers.items()})
        _greet(settings)
        await stopping.wait()
        log.info("daemon.stopping")
        await stop(pollers)
        await daemon.relay.drain(DRAIN)
        await daemon.close()
        await stop(loops)
    log.info("daemon.stopped")


def _transport(
    org: OrgSettings, http: Http, clock: Clock, telemetry: PrometheusTelemetry, random: Random
) -> Transport:
    tokens = Tokens(org.name, org.login_url, org.client_id, org.client_secret, http, telemetry, random)
    budget = Budget(org.name, org.budget, telemetry)
    return Transport(org.name, org.api_url, http, tokens, budget, clock, telemetry, random)


def _bound(settings: Settings) -> socket.socket:
    host, port = settings.web.host, settings.web.port
    try:
        return bind(host, port)
    except OSError as error:
        problem = f"cannot listen on {host}:{port}: {error.strerror or error}"
        mistake = Mistake(file="web", path="web.listen", problem=problem, hint="choose a free port")
        raise ConfigError((mistake,)) from error


async def _writable(store: SqliteStore) -> bool:
    try:
        await store.writable()
    except StoreError:
        return False
    return True


def _greet(settings: Settings) -> None:
    log.info(
        "daemon.started", version=__version__, instance=settings.instance,
        listen=f"http://{settings.web.host}:{settings.web.port}",
        orgs=[org.name for org in settings.orgs], rules=len(settings.rules),
        destinations=[one.name for one in settings.destinations], store=settings.store_path,
    )  # fmt: skip
