"""The running configuration: what `config` makes of the user's file, and `app` wires from.

Durations in seconds, sizes in bytes, secrets wrapped. Nothing here knows YAML or pydantic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from monitor.kit.secrets import Secret
from monitor.model.calendars import Calendar
from monitor.model.inhibition import Inhibition
from monitor.model.org import Selection
from monitor.model.route import Route
from monitor.model.rule import Rule
from monitor.model.servicelevel import Formula, Window
from monitor.model.strategy import Weights
from monitor.model.virtual import VirtualQueue

DEFAULT_LIMIT = 300
"""Requests a minute and token that Genesys allows unless told otherwise (GENESYS.md §3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySettings:
    """How often the directory is read, and which of its queues are watched by every question."""

    interval: float = 300.0
    select: Selection = field(default_factory=Selection)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuesSettings:
    """The source `queues`: asked every `interval`, with at most `timeout` for one poll."""

    interval: float = 10.0
    timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevelSettings:
    """The source `service_level`. Windows end `lag` seconds ago; `thresholds` in seconds."""

    interval: float = 30.0
    timeout: float = 30.0
    windows: tuple[Window, ...] = (Window(300.0), Window(900.0), Window(1800.0))
    thresholds: tuple[float, ...] = (20.0,)
    lag: float = 60.0
    formula: Formula = field(default_factory=Formula)
    self_check: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsSettings:
    """The source `agents`: the newest `bucket` over since `lag` seconds, of at most `agents_cap` people."""

    interval: float = 300.0
    timeout: float = 60.0
    bucket: float = 1800.0
    lag: float = 60.0
    ids: tuple[str, ...] = ()
    include_names: bool = False
    agents_cap: int = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkitemsSettings:
    """The source `workitems`: buckets of today in the org's zone. `select` narrows the watched queues."""

    interval: float = 60.0
    timeout: float = 30.0
    bucket: float = 3600.0
    select: Selection = field(default_factory=Selection)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategiesSettings:
    """The source `strategies`: an evaluation over the last `span` seconds; no `ids` means all there are."""

    interval: float = 3600.0
    timeout: float = 600.0
    span: float = 86400.0
    ids: tuple[str, ...] = ()
    weights: Weights = field(default_factory=Weights)
    webhook: Secret | None = None
    audit_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgSettings:
    """One Genesys Cloud organisation: where it is, who we are there, what it is asked, and how much.

    `limit` is the requests a minute the user says a token may make; None until the platform says it.
    `budget_share` of it is ours. `zone` is the IANA name of the zone in which its days begin. A question
    that is None is not asked.
    """

    name: str
    dialect: Literal["platform", "guides"] = "platform"
    api_url: str
    login_url: str
    client_id: Secret
    client_secret: Secret
    limit: int | None = None
    budget_share: float = 0.5
    zone: str = "UTC"
    trusted_hosts: tuple[str, ...] = ()
    directory: DirectorySettings = field(default_factory=DirectorySettings)
    queues: QueuesSettings | None = None
    service_level: ServiceLevelSettings | None = None
    agents: AgentsSettings | None = None
    workitems: WorkitemsSettings | None = None
    strategies: StrategiesSettings | None = None

    @property
    def budget(self) -> int:
        """The requests we let ourselves make in any minute, until the platform says more."""
        return share(self.limit or DEFAULT_LIMIT, self.budget_share)


def share(limit: int, part: float) -> int:
    """Return `part` of `limit` requests a minute, at least one."""
    return max(1, math.floor(limit * part))


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """TLS towards somebody: the system's trust store, or `ca_file`; a client certificate if given."""

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


FormName = Literal["cloudevents", "alertmanager-v4", "pagerduty-v2", "slack", "teams"]
"""What a body looks like."""

Body = str | Mapping[str, "Body"] | tuple["Body", ...] | float | bool | None
"""A body as the user writes it: templates, in a structure that becomes JSON, or one that becomes text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """One HTTP destination; `secrets` sign (Standard Webhooks), the first is the current one.

    `headers` hold the authorization, too. `body`, if given, replaces what `form` would make. At most `batch`
    events go in a request. With `coalesce` only the newest unsent event of an alert is sent. Without
    `private` an address of a private network is refused. `proxy` is a URL; None: as the environment says.
    """

    name: str
    url: Secret
    form: FormName = "cloudevents"
    body: Body = None
    secrets: tuple[Secret, ...] = ()
    headers: Mapping[str, Secret] = field(default_factory=dict)
    timeout: float = 10.0
    tls: TlsSettings | None = None
    proxy: Secret | None = None
    private: bool = True
    batch: int = 1
    coalesce: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutySettings:
    """PagerDuty's Events API v2. `summary` is a template."""

    name: str
    routing_key: Secret
    url: str = "https://events.pagerduty.com/v2/enqueue"
    summary: str | None = None
    timeout: float = 10.0
    coalesce: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerSettings:
    """One Alertmanager (API v2) that gets our alerts, again and again while they fire; `url` is its base."""

    name: str
    url: Secret
    headers: Mapping[str, Secret] = field(default_factory=dict)
    timeout: float = 10.0
    tls: TlsSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings:
    """A mail server. `encryption` starts TLS on a plain connection, or from the first byte, or never."""

    name: str
    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    username: str | None = None
    password: Secret | None = None
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str | None = None
    subject: str | None = None
    body: str | None = None
    timeout: float = 10.0
    coalesce: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PingSettings:
    """A dead man's switch such as Healthchecks: its URL is asked for at every heartbeat, only then."""

    name: str
    url: Secret
    timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSettings:
    """Commands over MQTT. Signed with `secret`, or, where it is None, whoever the broker lets publish."""

    secret: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """One MQTT broker, spoken to in MQTT 5 or 3.1.1; `discovery` is Home Assistant's prefix."""

    name: str
    host: str
    port: int
    version: Literal["5", "3.1.1"] = "5"
    prefix: str = "queuewatch"
    username: str | None = None
    password: Secret | None = None
    tls: TlsSettings | None = None
    keepalive: int = 15
    discovery: str | None = None
    commands: CommandSettings | None = None
    coalesce: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSinkSettings:
    """A destination that writes each event to the daemon's own log."""

    name: str


DestinationSettings = (
    WebhookSettings
    | PagerDutySettings
    | AlertmanagerSettings
    | EmailSettings
    | PingSettings
    | MqttSettings
    | LogSinkSettings
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatSettings:
    """A sign of life to `destinations` every `interval` seconds, while everything is judged in time."""

    destinations: tuple[str, ...]
    interval: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingTls:
    """TLS towards whoever asks us. `client` says whether they must show a certificate that `ca_file` knows.

    With `sans` one of these names must stand among the certificate's own. `oldest` is the TLS version asked
    for at least; `ciphers` are OpenSSL's words for those of TLS 1.2, its own choice where empty.
    """

    cert_file: str
    key_file: str
    ca_file: str | None = None
    client: Literal["none", "optional", "required"] = "none"
    sans: tuple[str, ...] = ()
    oldest: Literal["TLS12", "TLS13"] = "TLS12"
    newest: Literal["TLS12", "TLS13"] = "TLS13"
    ciphers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Somebody who may ask us: `hash` is bcrypt's of a password, or SHA-256 (hex) of a bearer token.

    `scopes` are of metrics, read and operate.
    """

    name: str
    hash: Secret
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAccess:
    """Who may ask us, and how: the web configuration file. All empty where there is none."""

    tls: ServingTls | None = None
    users: tuple[Credential, ...] = ()
    tokens: tuple[Credential, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def guarded(self) -> bool:
        """Whether nobody gets in who has not shown who they are."""
        return bool(self.users or self.tokens) or (self.tls is not None and self.tls.client == "required")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where the daemon's own HTTP listener is, and what its metrics look like."""

    host: str = "127.0.0.1"
    port: int = 9877
    queue_name: bool = True
    series_cap: int = 200_000
    idle_ratio: Literal["absent", "zero"] = "absent"
    external_url: str = ""
    """Where people reach us, for links; nothing where they do not."""
    operate: bool = False
    """Whether somebody who has not to say who they are may change anything."""
    access_file: str = ""
    access: WebAccess = field(default_factory=WebAccess)
    """The web configuration file, and what was in it at the start; it is read again when it changes."""


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
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    inhibitions: tuple[Inhibition, ...] = ()
    virtual_queues: tuple[VirtualQueue, ...] = ()
    routes: tuple[Route, ...] = ()
    """Empty where every destination is told everything."""
    heartbeat: HeartbeatSettings | None = None
    retention: float = 30 * 86400.0
    """Seconds the journal goes back."""
