"""The shape of receivers: each way of telling somebody is one mapping.

What goes together with what is checked in `posting`, `webhooks`, `pagers`, `mail` and `brokers`. Keys that
`credentials` refuses in a file exist here for the environment only.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from monitor.config import fields
from monitor.config.conditions import several
from monitor.config.fields import duration, nothing_as
from monitor.config.part import Part

Timeout = Annotated[float, duration(1, 10)]
"""Seconds of one attempt (DESIGN.md §9)."""

Headers = Annotated[dict[fields.HeaderName, fields.Hidden | None], nothing_as(dict)]
"""Headers, each with its value; one without comes from the environment."""


class TlsPart(Part):
    """TLS towards somebody."""

    ca_file: fields.Line | None = None
    cert_file: fields.Line | None = None
    key_file: fields.Line | None = None


def _tls(value: object) -> object:
    """`tls: true` is TLS with the system's trust store, `false` is none."""
    if isinstance(value, bool):
        return {} if value else None
    return value


Tls = Annotated[TlsPart | None, BeforeValidator(_tls)]


class UrlPart(Part):
    """What is reached at a URL, which may be a secret."""

    url: fields.Hidden | None = None
    url_file: fields.Line | None = None
    timeout: Timeout = 10.0


class PostPart(UrlPart):
    """An HTTP server of the user's own."""

    allow_http: bool = False
    bearer: fields.Hidden | None = None
    bearer_file: fields.Line | None = None
    username: fields.Line | None = None
    password: fields.Hidden | None = None
    password_file: fields.Line | None = None
    headers: Headers = Field({})
    header_files: Annotated[dict[fields.HeaderName, fields.Line], nothing_as(dict)] = Field({})
    tls: Tls = None


class WebhookPart(PostPart):
    """An HTTP receiver of events."""

    format: Literal["cloudevents", "alertmanager-v4", "slack", "teams"] = "cloudevents"
    body: object = None
    secret: fields.Hidden | None = None
    secret_file: fields.Line | None = None
    previous_secret: fields.Hidden | None = None
    previous_secret_file: fields.Line | None = None
    proxy: fields.Hidden | None = None
    proxy_file: fields.Line | None = None
    allow_private: bool = True
    batch: Annotated[int, Field(ge=1, le=100)] = 1
    coalesce: bool = False


class ChatPart(UrlPart):
    """A channel's incoming webhook."""

    body: object = None
    coalesce: bool = False


class PagerDutyPart(Part):
    """A service of PagerDuty, by its Events API v2."""

    routing_key: fields.Hidden | None = None
    routing_key_file: fields.Line | None = None
    region: Literal["us", "eu"] | None = None
    url: fields.BaseUrl | None = None
    summary: fields.Template | None = None
    timeout: Timeout = 10.0
    coalesce: bool = True


class AlertmanagerPart(PostPart):
    """Alertmanagers that get the same alerts: one, or every peer of a cluster."""

    urls: Annotated[list[fields.Hidden], BeforeValidator(several)] = Field([])


class EmailPart(Part):
    """A mail server, and who is written to."""

    host: fields.Host
    port: fields.Port | None = None
    sender: fields.Address = Field(alias="from")
    to: Annotated[list[fields.Address], BeforeValidator(several)]
    username: fields.Line | None = None
    password: fields.Hidden | None = None
    password_file: fields.Line | None = None
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: fields.Line | None = None
    subject: fields.Template | None = None
    body: fields.Template | None = None
    timeout: Timeout = 10.0
    coalesce: bool = False


class PingPart(UrlPart):
    """A dead man's switch."""

    allow_http: bool = False


def _version(value: object) -> object:
    """Take the number 5 for the text."""
    return "5" if type(value) is int and value == 5 else value


class HomeAssistantPart(Part):
    """Home Assistant's discovery."""

    prefix: fields.Prefix = "homeassistant"


class CommandsPart(Part):
    """Commands over MQTT: who may give them."""

    secret: fields.Hidden | None = None
    secret_file: fields.Line | None = None
    trust_broker: bool = False


class MqttPart(Part):
    """An MQTT broker."""

    host: fields.Host
    port: fields.Port | None = None
    version: Annotated[Literal["5", "3.1.1"], BeforeValidator(_version)] = "5"
    prefix: fields.Prefix = "queuewatch"
    username: fields.Line | None = None
    password: fields.Hidden | None = None
    password_file: fields.Line | None = None
    tls: Tls = None
    keepalive: Annotated[float, duration(5, 3600)] = 15.0
    home_assistant: Annotated[HomeAssistantPart | None, BeforeValidator(_tls)] = None
    commands: CommandsPart | None = None
    coalesce: bool = False


class ReceiverPart(Part):
    """Somebody who is told, by one or several ways."""

    webhook: WebhookPart | None = None
    slack: ChatPart | None = None
    teams: ChatPart | None = None
    pagerduty: PagerDutyPart | None = None
    alertmanager: AlertmanagerPart | None = None
    email: EmailPart | None = None
    mqtt: MqttPart | None = None
    ping: PingPart | None = None
    log: bool = False
