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
    """Authorities that are believed, in the place of the system's."""
    cert_file: fields.Line | None = None
    """A certificate to show."""
    key_file: fields.Line | None = None
    """Its key, where it is in a file of its own."""


def _tls(value: object) -> object:
    """`tls: true` is TLS with the system's trust store, `false` is none."""
    if isinstance(value, bool):
        return {} if value else None
    return value


Tls = Annotated[TlsPart | None, BeforeValidator(_tls)]


class UrlPart(Part):
    """What is reached at a URL, which may be a secret."""

    url: fields.Hidden | None = None
    """Where it is."""
    url_file: fields.Line | None = None
    """A file with the URL."""
    timeout: Timeout = 10.0
    """How long one attempt may take."""


class PostPart(UrlPart):
    """An HTTP server of the user's own."""

    allow_http: bool = False
    """Whether the URL may be plain http: everybody on the way can read it."""
    bearer: fields.Hidden | None = None
    """A token for `Authorization: Bearer`."""
    bearer_file: fields.Line | None = None
    """A file with that token."""
    username: fields.Line | None = None
    """The user for basic authentication."""
    password: fields.Hidden | None = None
    """Their password."""
    password_file: fields.Line | None = None
    """A file with their password."""
    headers: Headers = Field({})
    """Headers of every request. One without a value comes from the environment; one that holds a secret
    may not stand here."""
    header_files: Annotated[dict[fields.HeaderName, fields.Line], nothing_as(dict)] = Field({})
    """Headers of every request, each from a file."""
    tls: Tls = None
    """TLS with files of your own; `true` is the system's trust."""


class WebhookPart(PostPart):
    """An HTTP receiver of events."""

    format: Literal["cloudevents", "alertmanager-v4", "slack", "teams"] = "cloudevents"
    """What a body looks like."""
    body: object = None
    """A body of your own in the place of `format`: a text, or a mapping that becomes JSON; every text is a
    template."""
    secret: fields.Hidden | None = None
    """What signs each request (Standard Webhooks): base64 of 24 to 64 bytes, with or without `whsec_`."""
    secret_file: fields.Line | None = None
    """A file with the signing secret."""
    previous_secret: fields.Hidden | None = None
    """The secret before it, which signs too while receivers change over."""
    previous_secret_file: fields.Line | None = None
    """A file with the secret before it."""
    proxy: fields.Hidden | None = None
    """The URL of an HTTP proxy. Without it, what the environment says."""
    proxy_file: fields.Line | None = None
    """A file with the proxy's URL."""
    allow_private: bool = True
    """Whether it may be on this machine or in a private network."""
    batch: Annotated[int, Field(ge=1, le=100)] = 1
    """How many events go in one request at most, as a CloudEvents batch."""
    coalesce: bool = False
    """Whether only the newest of what waits for an alert is sent."""


class ChatPart(UrlPart):
    """A channel's incoming webhook."""

    body: object = None
    """A text of your own in the place of ours: a template."""
    coalesce: bool = False
    """Whether only the newest of what waits for an alert is sent."""


class PagerDutyPart(Part):
    """A service of PagerDuty, by its Events API v2."""

    routing_key: fields.Hidden | None = None
    """The integration key of an Events API v2."""
    routing_key_file: fields.Line | None = None
    """A file with that key."""
    region: Literal["us", "eu"] | None = None
    """Where the account is; `us` where it is not said."""
    url: fields.BaseUrl | None = None
    """Where events are taken, in the place of `region`."""
    summary: fields.Template | None = None
    """The incident's title: a template."""
    timeout: Timeout = 10.0
    """How long one attempt may take."""
    coalesce: bool = True
    """Whether only the newest of what waits for an alert is sent."""


class AlertmanagerPart(PostPart):
    """Alertmanagers that get the same alerts: one, or every peer of a cluster."""

    urls: Annotated[list[fields.Hidden], BeforeValidator(several)] = Field([])
    """The base URL of every peer, in the place of `url`; at most 16."""


class EmailPart(Part):
    """A mail server, and who is written to."""

    host: fields.Host
    """The mail server."""
    port: fields.Port | None = None
    """Its port. Without it 587 with `starttls`, 465 with `tls`, 25 with `none`."""
    sender: fields.Address = Field(alias="from")
    """The address it is from."""
    to: Annotated[list[fields.Address], BeforeValidator(several)]
    """Who is written to; at most 100."""
    username: fields.Line | None = None
    """The user to log in as."""
    password: fields.Hidden | None = None
    """Their password."""
    password_file: fields.Line | None = None
    """A file with their password."""
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    """TLS begun on a plain connection, from the first byte, or never."""
    ca_file: fields.Line | None = None
    """Authorities that are believed, in the place of the system's."""
    subject: fields.Template | None = None
    """The subject: a template."""
    body: fields.Template | None = None
    """The text: a template."""
    timeout: Timeout = 10.0
    """How long one attempt may take."""
    coalesce: bool = False
    """Whether only the newest of what waits for an alert is sent."""


class PingPart(UrlPart):
    """A dead man's switch."""

    allow_http: bool = False
    """Whether the URL may be plain http."""


def _version(value: object) -> object:
    """Take the number 5 for the text."""
    return "5" if type(value) is int and value == 5 else value


class HomeAssistantPart(Part):
    """Home Assistant's discovery."""

    prefix: fields.Prefix = "homeassistant"
    """The prefix of Home Assistant's discovery topics."""


class CommandsPart(Part):
    """Commands over MQTT: who may give them."""

    secret: fields.Hidden | None = None
    """What signs commands, as webhooks are signed."""
    secret_file: fields.Line | None = None
    """A file with that secret."""
    trust_broker: bool = False
    """Take commands unsigned: the broker's ACL decides who may write there."""


class MqttPart(Part):
    """An MQTT broker."""

    host: fields.Host
    """The broker."""
    port: fields.Port | None = None
    """Its port. Without it 1883, with TLS 8883."""
    version: Annotated[Literal["5", "3.1.1"], BeforeValidator(_version)] = "5"
    """The version of MQTT. `3.1.1` cannot say that a publish was denied, and takes no commands."""
    prefix: fields.Prefix = "queuewatch"
    """What every topic begins with."""
    username: fields.Line | None = None
    """The user to log in as."""
    password: fields.Hidden | None = None
    """Their password."""
    password_file: fields.Line | None = None
    """A file with their password."""
    tls: Tls = None
    """TLS: `true` with the system's trust, or files of your own."""
    keepalive: Annotated[float, duration(5, 3600)] = 15.0
    """How often a sign of life goes to the broker, in whole seconds."""
    home_assistant: Annotated[HomeAssistantPart | None, BeforeValidator(_tls)] = None
    """Announce sensors to Home Assistant: `true`, or with another `prefix`."""
    commands: CommandsPart | None = None
    """Take acknowledgements and silences over MQTT."""
    coalesce: bool = False
    """Whether only the newest of what waits for an alert is sent."""


class ReceiverPart(Part):
    """Somebody who is told, by one or several ways."""

    webhook: WebhookPart | None = None
    """An HTTP receiver of events."""
    slack: ChatPart | None = None
    """A channel of Slack, by an incoming webhook."""
    teams: ChatPart | None = None
    """A channel of Teams, by a workflow's webhook."""
    pagerduty: PagerDutyPart | None = None
    """A service of PagerDuty."""
    alertmanager: AlertmanagerPart | None = None
    """Alertmanager, by its API v2."""
    email: EmailPart | None = None
    """Mail."""
    mqtt: MqttPart | None = None
    """An MQTT broker."""
    ping: PingPart | None = None
    """A dead man's switch such as Healthchecks, asked for at every heartbeat."""
    log: bool = False
    """One line in queuewatch's own log."""
