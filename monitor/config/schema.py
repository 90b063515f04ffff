"""The shape of the file: which keys there are, of which type. Meaning across keys is checked elsewhere.

Every class is one mapping of the file; the defaults written here are the documented ones (those of
`sources` in `questions`, of rules in `conditions`). Four fields
(`client_secret`, `secret`, `bearer`, `password`) exist for the environment only: `credentials` refuses
them in a file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from monitor.config import fields
from monitor.config.calendars import CalendarPart
from monitor.config.conditions import InhibitionPart, RulePart, several
from monitor.config.fields import duration, nothing_as
from monitor.config.part import Part
from monitor.config.questions import SelectPart, SourcesPart


class OrgPart(Part):
    """One organisation."""

    region: fields.Region | None = None
    api_url: fields.BaseUrl | None = None
    login_url: fields.BaseUrl | None = None
    dialect: Literal["platform", "guides"] = "platform"
    timezone: fields.TimeZone = "UTC"
    client_id: fields.Hidden | None = None
    client_id_file: fields.Line | None = None
    client_secret: fields.Hidden | None = None
    client_secret_file: fields.Line | None = None
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = None
    budget_share: Annotated[fields.Number, Field(gt=0, le=1)] = 0.5
    trusted_hosts: Annotated[list[fields.Host], nothing_as(list)] = Field([])
    sources: Annotated[SourcesPart, nothing_as(dict)] = SourcesPart()


class WebhookPart(Part):
    """An HTTP receiver."""

    url: fields.Hidden | None = None
    url_file: fields.Line | None = None
    allow_http: bool = False
    secret: fields.Hidden | None = None
    secret_file: fields.Line | None = None
    bearer: fields.Hidden | None = None
    bearer_file: fields.Line | None = None
    timeout: Annotated[float, duration(1, 10)] = 10.0


class TlsPart(Part):
    """TLS towards a broker."""

    ca_file: fields.Line | None = None
    cert_file: fields.Line | None = None
    key_file: fields.Line | None = None


def _tls(value: object) -> object:
    """`tls: true` is TLS with the system's trust store, `false` is none."""
    if isinstance(value, bool):
        return {} if value else None
    return value


class MqttPart(Part):
    """An MQTT 5 broker."""

    host: fields.Host
    port: fields.Port | None = None
    prefix: fields.Prefix = "queuewatch"
    username: fields.Line | None = None
    password: fields.Hidden | None = None
    password_file: fields.Line | None = None
    tls: Annotated[TlsPart | None, BeforeValidator(_tls)] = None
    keepalive: Annotated[float, duration(5, 3600)] = 15.0


class ReceiverPart(Part):
    """Somebody who is told, by one or several ways."""

    webhook: WebhookPart | None = None
    mqtt: MqttPart | None = None
    log: bool = False


class WebPart(Part):
    """The daemon's own listener, and what its metrics look like."""

    listen: fields.Listen = "127.0.0.1:9877"
    insecure_listen: bool = False
    queue_name: bool = True
    series_cap: Annotated[int, Field(ge=1, le=10_000_000)] = 200_000
    idle_ratio: Literal["absent", "zero"] = "absent"


class StorePart(Part):
    """Where alerts and undelivered events are kept."""

    path: fields.Line = "queuewatch.db"


class LogPart(Part):
    """The daemon's log."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    style: Literal["auto", "json", "console"] = "auto"


class ConfigPart(Part):
    """The whole file."""

    instance: fields.Instance | None = None
    orgs: Annotated[dict[fields.Name, OrgPart], nothing_as(dict)] = Field({})
    sources: Annotated[SourcesPart, nothing_as(dict)] = SourcesPart()
    rules: Annotated[list[RulePart], nothing_as(list)] = Field([])
    rule_files: Annotated[list[fields.Line], BeforeValidator(several)] = Field([])
    calendars: Annotated[dict[str, CalendarPart], nothing_as(dict)] = Field({})
    inhibitions: Annotated[list[InhibitionPart], nothing_as(list)] = Field([])
    virtual_queues: Annotated[
        dict[fields.Name, Annotated[SelectPart, nothing_as(dict)]], nothing_as(dict)
    ] = Field({})
    receivers: Annotated[dict[fields.Name, ReceiverPart], nothing_as(dict)] = Field({})
    web: Annotated[WebPart, nothing_as(dict)] = WebPart()
    store: Annotated[StorePart, nothing_as(dict)] = StorePart()
    log: Annotated[LogPart, nothing_as(dict)] = LogPart()
