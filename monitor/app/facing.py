"""Puts together what the daemon shows and lets people do: metrics, the live page, the API.

In: a built daemon. Out: its addresses, each with the scope that it needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from monitor.alerts.explaining import explain
from monitor.app.daemon import Daemon
from monitor.app.reloading import Ended
from monitor.model.alert import Alert
from monitor.model.errors import StoreError
from monitor.model.reload import Reloaded
from monitor.model.rule import Rule
from monitor.model.settings import Settings
from monitor.web import hosts
from monitor.web.access import Address
from monitor.web.answers import Problem
from monitor.web.api.acks import Acks
from monitor.web.api.alerts import Alerts
from monitor.web.api.configuration import Configuration
from monitor.web.api.deliveries import Deliveries
from monitor.web.api.health import Health
from monitor.web.api.queues import Queues
from monitor.web.api.reloading import Reload
from monitor.web.api.rules import Rules
from monitor.web.api.samples import Samples
from monitor.web.api.silences import Silences
from monitor.web.api.sources import Sources
from monitor.web.authenticating import Doorkeeper
from monitor.web.document import Described
from monitor.web.page.pages import Pages
from monitor.web.routes import Routes

Reloader = Callable[[], Awaitable[Reloaded]]


class Part(Protocol):
    """What answers at some addresses."""

    def addresses(self) -> Sequence[Address]:
        """Return them."""


def face(daemon: Daemon, door: Doorkeeper, reload: Reloader | None = None) -> Routes:
    """Return what `daemon` answers; `door` says who may ask, and without `reload` nobody can have it done."""
    web = daemon.settings.web
    turn = asyncio.Lock()
    parts: list[Part] = [
        *_reading(daemon, door, turn),
        *_operating(daemon, turn),
        *([] if reload is None else [Reload(partial(_asked, reload))]),
    ]
    return Routes(
        snapshot=daemon.facts.snapshot,
        telemetry=daemon.telemetry,
        writable=partial(_writable, daemon),
        door=door,
        hosts=hosts.names(web.host, web.external_url),
        others=[address for part in parts for address in part.addresses()],
    )


async def _asked(reload: Reloader) -> Reloaded:
    try:
        return await reload()
    except Ended as ended:
        raise Problem(503, str(ended)) from None


def _reading(daemon: Daemon, door: Doorkeeper, turn: asyncio.Lock) -> Sequence[Part]:
    """Return what only shows something; long lists are made in a thread, one at a time."""
    facts, alerts, wall = daemon.facts, daemon.manager.alerts, daemon.wall
    rules, sources = partial(_rules, daemon), daemon.sources
    return (
        _pages(daemon),
        Queues(lines=wall.lines, queue=wall.queue, alerts=alerts, sources=sources, turn=turn),
        Samples(batches=lambda: wall.batches, sources=sources, turn=turn),
        Alerts(alerts=alerts, rules=rules, journal=daemon.store, clock=daemon.clock, turn=turn),
        Rules(rules=rules, alerts=alerts),
        Sources(sources=sources),
        Health(
            instance=daemon.settings.instance, clock=daemon.clock, writable=partial(_writable, daemon),
            settled=facts.snapshot.settled, lag=daemon.beat.lag, queues=lambda: len(wall.lines()),
            sources=sources, alerts=alerts, backlog=lambda: facts.backlog, disabled=daemon.relay.disabled,
        ),
        Configuration(settings=partial(_settings, daemon, door)),
        Described(),
    )  # fmt: skip


def _operating(daemon: Daemon, turn: asyncio.Lock) -> Sequence[Part]:
    """Return what somebody can change, and what there is to be changed."""
    manager, clock, rules = daemon.manager, daemon.clock, partial(_rules, daemon)
    return (
        Acks(alerts=manager.alerts, rules=rules, acknowledge=manager.acknowledge, clock=clock, turn=turn),
        Silences(
            silences=lambda: manager.silences, silence=manager.silence, alerts=manager.alerts,
            rules=rules, clock=clock, turn=turn,
        ),
        Deliveries(
            letters=daemon.store, journal=daemon.store, clock=clock, released=daemon.relay.release,
            drill=daemon.ourselves.drill, receivers=daemon.ourselves.receivers,
            disabled=daemon.relay.disabled, backlog=lambda: daemon.facts.backlog,
            destinations=tuple(one.name for one in daemon.settings.destinations),
        ),
    )  # fmt: skip


def _pages(daemon: Daemon) -> Pages:
    manager, clock = daemon.manager, daemon.clock

    def why(alert: Alert) -> Mapping[str, object]:
        rules = {rule.name: rule for rule in _rules(daemon)}
        return explain(alert, rules.get(alert.rule, Rule(name=alert.rule)), clock.now())

    return Pages(
        instance=daemon.settings.instance, live=daemon.live, clock=clock, journal=daemon.store,
        lines=daemon.wall.lines, alerts=manager.alerts, rules=partial(_rules, daemon), explain=why,
        sources=daemon.sources, silences=lambda: manager.silences,
        backlog=lambda: daemon.facts.backlog, disabled=daemon.relay.disabled,
    )  # fmt: skip


def _rules(daemon: Daemon) -> Sequence[Rule]:
    return daemon.manager.rules


def _settings(daemon: Daemon, door: Doorkeeper) -> Settings:
    """Return the settings in force; who may ask is up to the door."""
    settings = daemon.settings
    return replace(settings, web=replace(settings.web, access=door.access))


async def _writable(daemon: Daemon) -> bool:
    try:
        await daemon.store.writable()
    except StoreError:
        return False
    return True
