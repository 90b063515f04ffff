"""Builds every part of the daemon and plugs them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import structlog

from monitor import __version__
from monitor.alerts.manager import AlertManager
from monitor.app import asking, delivering
from monitor.app.connecting import USER_AGENT, Connection, connect
from monitor.app.daemon import Daemon
from monitor.app.delivering import Needs, Sinks
from monitor.app.journaling import Journaling
from monitor.app.obeying import obey
from monitor.app.ourselves import Ourselves
from monitor.app.records import Records
from monitor.app.showing import Showing
from monitor.board.wall import Wall
from monitor.clients.limiting import Limiter
from monitor.exposition.snapshot import Snapshot, stale_limit
from monitor.exposition.telemetry import Facts, PrometheusTelemetry
from monitor.kit.beat import Beat
from monitor.kit.http import Http
from monitor.model.org import Queue
from monitor.model.settings import MqttSettings, PingSettings, Settings
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.folding import Folder
from monitor.outbox.forms import form
from monitor.outbox.relay import Relay
from monitor.outbox.routing import Router
from monitor.ports import Clock, Consumer
from monitor.rules.rolling import Rollers
from monitor.sinks.mqtt import MqttSink
from monitor.sinks.mqtt.discovery import Discovery
from monitor.sources.directory import DirectorySource
from monitor.sources.onlooking import Onlooker
from monitor.sources.poller import Poller
from monitor.store.sqlite import SqliteStore
from monitor.web.page.live import Live

log = structlog.get_logger(__name__)


def build(settings: Settings, *, clock: Clock, random: Random) -> Daemon:
    """Build every part and plug them together; nothing runs and nothing is opened yet."""
    telemetry = PrometheusTelemetry(__version__)
    store = SqliteStore(settings.store_path)
    http = Http(USER_AGENT)
    beat = Beat()

    paces = {(org.name, source): pace for org in settings.orgs for source, pace in asking.paces(org).items()}
    limits = {source: stale_limit(pace.interval, pace.timeout) for source, pace in paces.items()}
    snapshot = _snapshot(settings, limits, telemetry)

    forms = {one.name: form(one) for one in settings.destinations}
    dispatcher = Dispatcher(forms, settings.web.external_url, _form_failed)

    live = Live()

    def committed() -> None:
        relay.wake()
        folder.wake()

    directories: dict[str, DirectorySource] = {}

    def watched(org: str) -> tuple[Queue, ...] | None:
        return directories[org].queues if org in directories else None

    rollers = Rollers(settings.virtual_queues, watched)
    manager = AlertManager(
        rules=settings.rules,
        store=store,
        prepare=dispatcher.dispatch,
        committed=committed,
        changed=live.changed,
        clock=clock,
        route=router(settings).reach,
        destinations=tuple(forms),
        dialects={org.name: org.dialect for org in settings.orgs},
        inhibitions=settings.inhibitions,
        roll=rollers.rolled,
        unions=rollers.holding,
        paces=paces,
    )

    needs = Needs(
        instance=settings.instance,
        orgs=tuple(org.name for org in settings.orgs),
        clock=clock,
        records=lambda name: Records(name, store, manager.alerts, forms[name], settings.web.external_url),
        reachable=lambda name: relay.wake(name),  # noqa: PLW0108 - the relay is made of the sinks
        command=lambda command: obey(manager, command, clock.now()),
    )
    sinks = delivering.make(settings.destinations, needs)
    relay = Relay(
        store=store, sinks=sinks.by_name, clock=clock, telemetry=telemetry, random=random,
        batches=delivering.batches(settings.destinations),
        coalescing=delivering.coalescing(settings.destinations),
        gone=lambda name, _detail: ourselves.fate(name, gone=True),
        back=lambda name: ourselves.fate(name, gone=False),
    )  # fmt: skip
    folder = Folder(store=store, dispatcher=dispatcher, clock=clock, committed=relay.wake)
    ourselves = Ourselves(
        settings.instance, store, dispatcher, manager, committed, clock, _receivers(settings)
    )

    wall = Wall(lambda: manager.rules, live.changed, clock)
    showing = Showing(_showcases(settings, sinks), lambda: manager.rules, manager.alerts, limits)
    tools = asking.Tools(http, clock, telemetry, random)
    connections = [connect(org, http, clock, telemetry, random) for org in settings.orgs]
    # Home Assistant is shown what the manager made of a result, so the order matters.
    painter = Onlooker("wall", wall, telemetry.crashed)
    consumers: tuple[Consumer, ...] = (
        Onlooker("metrics", snapshot, telemetry.crashed),
        manager,
        painter,
        Onlooker("homeassistant", showing, telemetry.crashed),
    )
    pollers = _pollers(connections, consumers, tools)
    directories.update(_directories(pollers))
    limiters = [Limiter(one.platform, one.budget, one.org.budget_share, one.org.limit) for one in connections]

    facts = Facts(
        snapshot, manager.alerts, beat.lag, clock.now, disabled=relay.disabled, heartbeat=ourselves.silence
    )
    telemetry.watch(facts)
    journaling = Journaling(store, clock, settings.retention, manager.forget_silences)
    return Daemon(
        settings=settings, clock=clock, store=store, http=http, manager=manager, relay=relay, folder=folder,
        sinks=sinks, ourselves=ourselves, journaling=journaling, pollers=pollers, limiters=limiters,
        facts=facts, wall=wall, painter=painter, live=live, showing=showing, beat=beat, telemetry=telemetry,
    )  # fmt: skip


def _snapshot(
    settings: Settings, limits: Mapping[tuple[str, str], float], telemetry: PrometheusTelemetry
) -> Snapshot:
    web = settings.web
    idle = 0.0 if web.idle_ratio == "zero" else None
    return Snapshot(limits, web.queue_name, web.series_cap, telemetry.dropped, idle=idle)


def _pollers(
    connections: Sequence[Connection], consumers: tuple[Consumer, ...], tools: asking.Tools
) -> dict[str, Poller]:
    """Return the pollers of every org by task name."""
    every = (asking.pollers(connection, consumers, tools) for connection in connections)
    return {name: poller for pollers in every for name, poller in pollers.items()}


def _directories(pollers: Mapping[str, Poller]) -> dict[str, DirectorySource]:
    """Return the directory of each org."""
    found = ((poller.org, poller.source) for poller in pollers.values())
    return {org: source for org, source in found if isinstance(source, DirectorySource)}


def router(settings: Settings) -> Router:
    """Return the tree of routes."""
    return Router(settings.routes, _alerted(settings))


def _alerted(settings: Settings) -> tuple[str, ...]:
    """Return the destinations that can be told of alerts; a ping is told of heartbeats alone."""
    return tuple(one.name for one in settings.destinations if not isinstance(one, PingSettings))


def _receivers(settings: Settings) -> Mapping[str, Sequence[str]]:
    """Return the destinations of each receiver, and each destination under its own name."""
    found: dict[str, list[str]] = {}
    for name in _alerted(settings):
        found.setdefault(name.partition("/")[0], []).append(name)
        found[name] = [name]
    return found


def _showcases(settings: Settings, sinks: Sinks) -> list[tuple[MqttSink, Discovery]]:
    """Return the brokers that show queues and rules to Home Assistant."""
    return [
        (sinks.brokers[one.name], _discovery(settings, one, one.discovery))
        for one in settings.destinations
        if isinstance(one, MqttSettings) and one.discovery is not None
    ]


def _discovery(settings: Settings, broker: MqttSettings, prefix: str) -> Discovery:
    return Discovery(discovery=prefix, prefix=broker.prefix, instance=settings.instance, version=__version__)


def _form_failed(destination: str, error: Exception) -> None:
    log.error("form.failed", destination=destination, error=f"{type(error).__name__}: {error}")
