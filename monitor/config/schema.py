"""The shape of the file: which keys there are, of which type. Meaning across keys is checked elsewhere.

Every class is one mapping of the file; the defaults written here are the documented ones (those of
`sources` in `questions`, of rules in `conditions`, of receivers in `ways`, of routes in `branches`). A few
fields, such as `client_secret`, exist for the environment only: `credentials` refuses them in a file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from monitor.config import fields
from monitor.config.branches import HeartbeatPart, RoutePart
from monitor.config.calendars import CalendarPart
from monitor.config.conditions import InhibitionPart, RulePart, several
from monitor.config.fields import duration, nothing_as
from monitor.config.part import Part
from monitor.config.questions import SelectPart, SourcesPart
from monitor.config.ways import ReceiverPart

DAY = 86400.0


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


class WebPart(Part):
    """The daemon's own listener, and what its metrics look like."""

    listen: fields.Listen = "127.0.0.1:9877"
    config_file: fields.Line | None = None
    insecure_listen: bool = False
    queue_name: bool = True
    series_cap: Annotated[int, Field(ge=1, le=10_000_000)] = 200_000
    idle_ratio: Literal["absent", "zero"] = "absent"
    external_url: fields.Page | None = None
    operate: bool = False


class StorePart(Part):
    """Where alerts and undelivered events are kept."""

    path: fields.Line = "queuewatch.db"
    journal: Annotated[float, duration(3600, 3650 * DAY)] = 30 * DAY


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
    routes: Annotated[list[RoutePart], nothing_as(list)] = Field([])
    heartbeat: HeartbeatPart | None = None
    web: Annotated[WebPart, nothing_as(dict)] = WebPart()
    store: Annotated[StorePart, nothing_as(dict)] = StorePart()
    log: Annotated[LogPart, nothing_as(dict)] = LogPart()
