"""Receivers: each of their ways becomes a destination named `<receiver>/<way>`."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.config.brokers import mqtt
from monitor.config.credentials import Vault
from monitor.config.mail import email
from monitor.config.pagers import alertmanagers, pagerduty, ping
from monitor.config.report import Trail
from monitor.config.ways import ReceiverPart
from monitor.config.webhooks import chat, webhook
from monitor.model.settings import DestinationSettings, LogSinkSettings


def destinations(name: str, part: ReceiverPart, vault: Vault) -> Iterator[DestinationSettings]:
    """Yield the destinations of one receiver."""
    trail: Trail = ("receivers", name)
    ways = tuple(_ways(name, trail, part, vault))
    if not ways:
        known = ", ".join(ReceiverPart.model_fields)
        vault.report.add(trail, "tells nobody", f"write one of {known}, or remove it")
    yield from ways


def _ways(name: str, trail: Trail, part: ReceiverPart, vault: Vault) -> Iterator[DestinationSettings]:
    if part.webhook is not None:
        yield webhook(f"{name}/webhook", (*trail, "webhook"), part.webhook, vault)
    if part.slack is not None:
        yield chat(f"{name}/slack", (*trail, "slack"), "slack", part.slack, vault)
    if part.teams is not None:
        yield chat(f"{name}/teams", (*trail, "teams"), "teams", part.teams, vault)
    if part.pagerduty is not None:
        yield pagerduty(f"{name}/pagerduty", (*trail, "pagerduty"), part.pagerduty, vault)
    if part.alertmanager is not None:
        yield from alertmanagers(f"{name}/alertmanager", (*trail, "alertmanager"), part.alertmanager, vault)
    if part.email is not None:
        yield email(f"{name}/email", (*trail, "email"), part.email, vault)
    if part.mqtt is not None:
        yield mqtt(f"{name}/mqtt", (*trail, "mqtt"), part.mqtt, vault)
    if part.ping is not None:
        yield ping(f"{name}/ping", (*trail, "ping"), part.ping, vault)
    if part.log:
        yield LogSinkSettings(name=f"{name}/log")
