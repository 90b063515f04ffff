"""The interfaces neighbours meet at; `app` plugs one room's part into another's.

Deadlines are the event loop's time in seconds; dates are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from monitor.model.alert import Alert
from monitor.model.delivery import Attempt, Backlog, Envelope, Outcome, StateRecord
from monitor.model.interval import Interval
from monitor.model.observation import QueueObservations, ServiceLevels, Strategies, Utilization, Workitems
from monitor.model.org import Queue
from monitor.model.sample import PollResult, SampleBatch
from monitor.model.silence import Silence


class Clock(Protocol):
    """Dates. Durations are the event loop's business."""

    def now(self) -> datetime:
        """Return the current date and time in UTC."""


class Platform(Protocol):
    """One organisation's platform, in whichever dialect. Every method raises PlatformError.

    Answers are whole: every page, every chunk, or an error.
    """

    async def limit(self, *, deadline: float) -> int | None:
        """Return the requests a minute our token may make; None where the platform does not say."""

    async def directory(self, *, deadline: float) -> tuple[Queue, ...]:
        """Return every queue we may see: all pages, or an error."""

    async def queues(self, queue_ids: Sequence[str], *, deadline: float) -> QueueObservations:
        """Return how these queues are right now, one `Staffing` per id asked."""

    async def service_levels(
        self, queue_ids: Sequence[str], interval: Interval, thresholds: Sequence[float], *, deadline: float
    ) -> ServiceLevels:
        """Return what these queues answered in `interval`, and how much within each threshold (seconds)."""

    async def utilization(
        self,
        interval: Interval,
        bucket: float,
        *,
        agents: Sequence[str] = (),
        names: bool = False,
        status: bool = False,
        deadline: float,
    ) -> Utilization:
        """Return how long each agent worked in every `bucket` seconds of `interval`.

        `agents` empty means all. `names` asks for their names, `status` for their routing-status time.
        """

    async def workitems(
        self, queue_ids: Sequence[str], interval: Interval, bucket: float, zone: str, *, deadline: float
    ) -> Workitems:
        """Return these queues' work items in every `bucket` seconds of `interval`; `zone` is an IANA name."""

    async def strategies(
        self, strategies: Sequence[str], interval: Interval, *, deadline: float
    ) -> Strategies:
        """Return how these routing strategies did over `interval`; empty means all the platform knows."""


class Source(Protocol):
    """One question, asked again and again."""

    @property
    def name(self) -> str:
        """The source's name: a label and a config key."""

    async def poll(self, *, deadline: float) -> SampleBatch:
        """Ask once. Raises PlatformError."""


class Consumer(Protocol):
    """Takes what a poller publishes, in order."""

    async def accept(self, result: PollResult) -> None:
        """Take one result; raising means it was not taken."""


class Sink(Protocol):
    """Delivers envelopes to one destination."""

    async def send(self, envelope: Envelope) -> Outcome:
        """Try once, for at most ten seconds; failures are returned, not raised."""


class AlertStore(Protocol):
    """Alerts and the events they caused, kept together. Every method raises StoreError."""

    async def load(self) -> list[Alert]:
        """Return every alert ever kept."""

    async def commit(
        self, alerts: Sequence[Alert], states: Sequence[StateRecord], envelopes: Sequence[Envelope]
    ) -> None:
        """Write all of it in one durable transaction, or nothing."""

    async def silences(self) -> list[Silence]:
        """Return every silence ever kept, over or not."""

    async def put_silence(self, silence: Silence) -> None:
        """Keep a silence, in the place of one with the same id."""

    async def states(self) -> list[StateRecord]:
        """Return the newest event of every (org, rule, entity)."""


class OutboxStore(Protocol):
    """Envelopes until they are acknowledged. Every method raises StoreError."""

    async def due(
        self, destination: str, *, now: datetime, limit: int, probe: bool = False
    ) -> list[Envelope]:
        """Return envelopes to send now, oldest first, at most one per key and none behind an older one.

        With `probe`, the oldest is returned even if its time has not come.
        """

    async def settle(self, destination: str, attempts: Sequence[Attempt]) -> None:
        """Write what became of these tries: delivered rows go, rejected rows are buried, retries wait."""

    async def expedite(self, destination: str, *, now: datetime) -> None:
        """Make every waiting envelope of this destination due: it answers again."""

    async def next_due(self, destination: str) -> datetime | None:
        """Return when the next envelope is due, None when none waits."""

    async def backlog(self) -> list[Backlog]:
        """Return what waits for each destination that has, or had, anything."""


class Telemetry(Protocol):
    """What the rooms report about themselves; exposition turns it into metrics."""

    def request(self, org: str, endpoint: str, status: str) -> None:
        """Count one request to the platform."""

    def budget(self, org: str, used: float) -> None:
        """Note the share (0–1) of the request budget spent in the last minute."""

    def poll(self, org: str, source: str, outcome: str, seconds: float) -> None:
        """Count one poll."""

    def missed(self, org: str, source: str, ticks: int) -> None:
        """Count ticks that passed while a poll was running."""

    def refused(self, org: str, source: str, field: str, reason: str, count: int) -> None:
        """Count values of an answer that could not be used, by the field they stood in."""

    def dropped(self, org: str, source: str, series: int) -> None:
        """Count series that were left out because of a cap."""

    def job(self, org: str, job: str, state: str) -> None:
        """Count a state that an asynchronous job entered."""

    def delivery(self, destination: str, outcome: str, reason: str, seconds: float) -> None:
        """Count one delivery attempt."""
