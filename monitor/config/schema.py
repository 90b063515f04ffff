"""The shape of the file: which keys there are, of which type. Meaning across keys is checked elsewhere.

Every class is one mapping of the file; the defaults written here are the documented ones (those of
`sources` in `questions`). Four fields
(`client_secret`, `secret`, `bearer`, `password`) exist for the environment only: `credentials` refuses
them in a file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from monitor.config import fields
from monitor.config.calendars import CalendarPart
from monitor.config.fields import duration, nothing_as
from monitor.config.part import Part
from monitor.config.questions import SourcesPart

_DAY = 86400.0


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


class LevelPart(Part):
    """One threshold: where it is entered, where it is left, and how long it has to last."""

    above: fields.Number | None = None
    below: fields.Number | None = None
    clear_below: fields.Number | None = None
    clear_above: fields.Number | None = None
    dwell: Annotated[float, duration(0, _DAY)] = Field(0.0, alias="for")


class PatternPart(Part):
    """A label's condition; a glob or a list of globs may be written in its place."""

    globs: list[fields.Glob] = Field([])
    regex: fields.Regex | None = None


def _pattern(value: object) -> object:
    """Take a glob or globs for a PatternPart; `globs` is no key of the file."""
    if isinstance(value, dict):
        if set(value) == {"regex"} and value["regex"] is not None:
            return value
        raise fields.fault("should hold the one key regex", "or be a glob, or a list of globs")
    globs = value if isinstance(value, list) else [value]
    if not globs or not all(isinstance(glob, str) for glob in globs):
        raise fields.fault("should be a glob, a list of globs, or {regex: …}", "put numbers in quotes")
    return {"globs": globs}


class RulePart(Part):
    """One rule."""

    name: fields.RuleName
    metric: fields.MetricName
    for_each: Annotated[dict[str, Annotated[PatternPart, BeforeValidator(_pattern)]], nothing_as(dict)] = (
        Field({})
    )
    warning: LevelPart | None = None
    critical: LevelPart | None = None
    keep_firing_for: Annotated[float, duration(0, _DAY)] = 0.0
    labels: Annotated[dict[fields.Label, fields.Text], nothing_as(dict)] = Field({})
    annotations: Annotated[dict[fields.Label, fields.Text], nothing_as(dict)] = Field({})


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
    calendars: Annotated[dict[str, CalendarPart], nothing_as(dict)] = Field({})
    receivers: Annotated[dict[fields.Name, ReceiverPart], nothing_as(dict)] = Field({})
    web: Annotated[WebPart, nothing_as(dict)] = WebPart()
    store: Annotated[StorePart, nothing_as(dict)] = StorePart()
    log: Annotated[LogPart, nothing_as(dict)] = LogPart()
