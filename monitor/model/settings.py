"""The running configuration: what `config` makes of the user's file, and `app` wires from.

Durations in seconds, sizes in bytes, secrets wrapped. Nothing here knows YAML or pydantic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from monitor.kit.secrets import Secret
from monitor.model.org import Selection
from monitor.model.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuesSettings:
    """How the source `queues` asks: every `interval`, with at most `timeout` for one poll."""

    interval: float = 10.0
    timeout: float = 10.0
    directory_interval: float = 300.0
    select: Selection = field(default_factory=Selection)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgSettings:
    """One Genesys Cloud organisation: where it is, who we are there, how much we may ask.

    `budget` is in requests per sliding minute and per token.
    """

    name: str
    api_url: str
    login_url: str
    client_id: Secret
    client_secret: Secret
    budget: int
    queues: QueuesSettings | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """One HTTP destination; `secrets` sign (Standard Webhooks), the first is the current one."""

    name: str
    url: Secret
    secrets: tuple[Secret, ...] = ()
    headers: Mapping[str, Secret] = field(default_factory=dict)
    timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """TLS towards a broker: the system's trust store, or `ca_file`; a client certificate if given."""

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """One MQTT 5 broker."""

    name: str
    host: str
    port: int
    prefix: str = "queuewatch"
    username: str | None = None
    password: Secret | None = None
    tls: TlsSettings | None = None
    keepalive: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSinkSettings:
    """A destination that writes each event to the daemon's own log."""

    name: str


DestinationSettings = WebhookSettings | MqttSettings | LogSinkSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where the daemon's own HTTP listener is, and what its metrics look like."""

    host: str = "127.0.0.1"
    port: int = 9877
    queue_name: bool = True
    series_cap: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How the daemon logs."""

    level: str = "info"
    style: Literal["auto", "json", "console"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole running configuration."""

    instance: str
    orgs: tuple[OrgSettings, ...]
    rules: tuple[Rule, ...]
    destinations: tuple[DestinationSettings, ...]
    store_path: str
    web: WebSettings = field(default_factory=WebSettings)
    log: LogSettings = field(default_factory=LogSettings)
