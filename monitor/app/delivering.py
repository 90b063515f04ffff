"""Makes the sinks: one for each destination, each with connections of its own."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from monitor.app.connecting import USER_AGENT
from monitor.app.records import Records
from monitor.kit import tls
from monitor.kit.http import Http
from monitor.model.errors import ConfigError, Mistake
from monitor.model.settings import (
    AlertmanagerSettings,
    DestinationSettings,
    EmailSettings,
    LogSinkSettings,
    MqttSettings,
    PagerDutySettings,
    PingSettings,
    TlsSettings,
    WebhookSettings,
)
from monitor.ports import Clock, Sink
from monitor.sinks.alertmanager import AlertmanagerSink
from monitor.sinks.email import EmailSink
from monitor.sinks.log import LogSink
from monitor.sinks.mqtt import MqttSink
from monitor.sinks.mqtt.commands import Command
from monitor.sinks.pagerduty import PagerDutySink
from monitor.sinks.ping import PingSink
from monitor.sinks.webhook import WebhookSink, http_for

Loop = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Needs:
    """What sinks are made with: who we are, whom we watch, and whom they call back."""

    instance: str
    orgs: Sequence[str]
    clock: Clock
    records: Callable[[str], Records]
    reachable: Callable[[str], None]
    command: Callable[[Command], Awaitable[str]]


@dataclass(slots=True)
class Sinks:
    """Every destination's sink, the loops that keep connections, and what has to be closed."""

    by_name: dict[str, Sink] = field(default_factory=dict)
    loops: dict[str, Loop] = field(default_factory=dict)
    brokers: dict[str, MqttSink] = field(default_factory=dict)
    _closing: list[Loop] = field(default_factory=list)

    async def close(self) -> None:
        """Say goodbye, and let go of every connection."""
        for close in self._closing:
            await close()

    def keep(self, name: str, sink: Sink, *closing: Loop, loop: Loop | None = None) -> None:
        """Take a sink in, with what closes it and the loop it needs."""
        self.by_name[name] = sink
        self._closing.extend(closing)
        if loop is not None:
            self.loops[f"connect.{name}"] = loop


def make(destinations: Sequence[DestinationSettings], needs: Needs) -> Sinks:
    """Return a sink for each destination; nothing is connected yet.

    Raises:
        ConfigError: a certificate or key cannot be used.
    """
    sinks = Sinks()
    for one in destinations:
        try:
            _make(one, needs, sinks)
        except OSError as error:
            mistake = Mistake(file="receivers", path=one.name, problem=str(error), hint="check the files")
            raise ConfigError((mistake,)) from error
    return sinks


def _make(one: DestinationSettings, needs: Needs, sinks: Sinks) -> None:
    clock = needs.clock
    match one:
        case WebhookSettings():
            http = http_for(one, USER_AGENT)
            sinks.keep(one.name, WebhookSink(one, http=http, clock=clock), http.aclose)
        case PagerDutySettings():
            http = Http(USER_AGENT)
            sinks.keep(one.name, PagerDutySink(one, http=http, clock=clock), http.aclose)
        case PingSettings():
            http = Http(USER_AGENT)
            sinks.keep(one.name, PingSink(one, http=http, clock=clock), http.aclose)
        case AlertmanagerSettings():
            http = Http(USER_AGENT, tls=_tls(one.tls))
            pushed = AlertmanagerSink(one, http=http, clock=clock, firing=needs.records(one.name).firing)
            sinks.keep(one.name, pushed, pushed.close, http.aclose, loop=pushed.run)
        case EmailSettings():
            sinks.keep(one.name, EmailSink(one, clock=clock, identity=needs.instance))
        case MqttSettings():
            broker = MqttSink(
                one,
                instance=needs.instance,
                orgs=needs.orgs,
                states=needs.records(one.name).states,
                connected=partial(needs.reachable, one.name),
                command=needs.command,
                clock=clock,
            )
            sinks.brokers[one.name] = broker
            sinks.keep(one.name, broker, broker.close, loop=broker.run)
        case LogSinkSettings():
            sinks.keep(one.name, LogSink())


def _tls(settings: TlsSettings | None) -> ssl.SSLContext | None:
    return None if settings is None else tls.context(settings.ca_file, settings.cert_file, settings.key_file)


def batches(destinations: Sequence[DestinationSettings]) -> Mapping[str, int]:
    """Return how many events each destination takes in one request, where it is more than one."""
    return {one.name: one.batch for one in destinations if isinstance(one, WebhookSettings) and one.batch > 1}


def coalescing(destinations: Sequence[DestinationSettings]) -> frozenset[str]:
    """Return the destinations that only want the newest of what waits."""
    able = WebhookSettings | PagerDutySettings | EmailSettings | MqttSettings
    return frozenset(one.name for one in destinations if isinstance(one, able) and one.coalesce)
