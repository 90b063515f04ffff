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
    """Where the org is: the AWS region, or its domain such as `mypurecloud.ie`. Needed without `api_url`."""
    api_url: fields.BaseUrl | None = None
    """The base URL of the API, in the place of `region`: of a gateway, or the simulator. It is https, but
    towards this machine."""
    login_url: fields.BaseUrl | None = None
    """Where tokens come from; needed beside `api_url`. With the guides the same URL, unless this says
    otherwise."""
    dialect: Literal["platform", "guides"] = "platform"
    """Which API is spoken: the published Platform API, or the endpoints of the integration guides."""
    timezone: fields.TimeZone = "UTC"
    """The IANA zone in which the org's days begin, for workitems and reports."""
    client_id: fields.Hidden | None = None
    """The OAuth client's id."""
    client_id_file: fields.Line | None = None
    """A file with the OAuth client's id."""
    client_secret: fields.Hidden | None = None
    """The OAuth client's secret."""
    client_secret_file: fields.Line | None = None
    """A file with the OAuth client's secret."""
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """What Genesys lets one token ask in a minute. Without it 300, until the platform says its own."""
    budget_share: Annotated[fields.Number, Field(gt=0, le=1)] = 0.5
    """How much of that queuewatch allows itself, retries included."""
    trusted_hosts: Annotated[list[fields.Host], nothing_as(list)] = Field([])
    """With the guides: other hosts that downloads may lead to, and that get the token then."""
    sources: Annotated[SourcesPart, nothing_as(dict)] = SourcesPart()
    """What this org is asked otherwise than the others: the keys of `sources` at the top."""


class WebPart(Part):
    """The daemon's own listener, and what its metrics look like."""

    listen: fields.Listen = "127.0.0.1:9877"
    """Address and port of `/metrics`, the page and the API. Any address but the loopback needs
    `config_file` with TLS and users, or `insecure_listen`."""
    config_file: fields.Line | None = None
    """The web configuration file: TLS, users, tokens."""
    insecure_listen: bool = False
    """Listen to other machines without TLS and users: anybody there may read everything."""
    queue_name: bool = True
    """Whether series on `/metrics` have the label `queue`."""
    series_cap: Annotated[int, Field(ge=1, le=10_000_000)] = 200_000
    """The most series of the platform on `/metrics`."""
    idle_ratio: Literal["absent", "zero"] = "absent"
    """What a ratio of nothing is on `/metrics`: left out, or 0."""
    external_url: fields.Page | None = None
    """The URL under which people reach the page, for links in what is sent. Its host is one that we answer
    under."""
    operate: bool = False
    """Whether everybody on this machine may acknowledge, silence, retry and reload. Refused where others
    listen too, unless people have to say who they are."""


class StorePart(Part):
    """Where alerts and undelivered events are kept."""

    path: fields.Line = "queuewatch.db"
    """The database's file. A relative path begins at `STATE_DIRECTORY` where systemd sets it, else where
    queuewatch is started."""
    journal: Annotated[float, duration(3600, 3650 * DAY)] = 30 * DAY
    """How far back what was told, and to whom, is kept."""


class LogPart(Part):
    """The daemon's log."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged at least."""
    style: Literal["auto", "json", "console"] = "auto"
    """JSON lines, or lines for people; `auto` is for people on a terminal."""


class ConfigPart(Part):
    """The whole file."""

    instance: fields.Instance | None = None
    """This daemon's name, in MQTT topics and the heartbeat. The host's name where it is not said."""
    orgs: Annotated[dict[fields.Name, OrgPart], nothing_as(dict)] = Field({})
    """The organisations, by names of your own. At least one."""
    sources: Annotated[SourcesPart, nothing_as(dict)] = SourcesPart()
    """What every org is asked."""
    rules: Annotated[list[RulePart], nothing_as(list)] = Field([])
    """What is judged."""
    rule_files: Annotated[list[fields.Line], BeforeValidator(several)] = Field([])
    """Globs of files with more rules, from the folder of this file. Each has the one key `rules`."""
    calendars: Annotated[dict[str, CalendarPart], nothing_as(dict)] = Field({})
    """Hours and holidays, by names of your own."""
    inhibitions: Annotated[list[InhibitionPart], nothing_as(list)] = Field([])
    """What needs no word of its own while something else is told."""
    virtual_queues: Annotated[
        dict[fields.Name, Annotated[SelectPart, nothing_as(dict)]], nothing_as(dict)
    ] = Field({})
    """Several queues watched as one, by names of your own."""
    receivers: Annotated[dict[fields.Name, ReceiverPart], nothing_as(dict)] = Field({})
    """Who is told, by names of your own."""
    routes: Annotated[list[RoutePart], nothing_as(list)] = Field([])
    """Whom an alert goes to: the first branch that fits. Without routes everybody is told everything."""
    heartbeat: HeartbeatPart | None = None
    """A sign of life, sent while everything is judged in time."""
    web: Annotated[WebPart, nothing_as(dict)] = WebPart()
    """The daemon's own listener."""
    store: Annotated[StorePart, nothing_as(dict)] = StorePart()
    """Where state is kept."""
    log: Annotated[LogPart, nothing_as(dict)] = LogPart()
    """The daemon's log."""
