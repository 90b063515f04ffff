"""The interfaces neighbours meet at; `app` plugs one room's part into another's.

Deadlines are the event loop's time in seconds; dates are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from monitor.model.alert import Alert
from monitor.model.delivery import (
    Attempt,
    Backlog,
    Dispatch,
    Envelope,
    Held,
    History,
    Letter,
    Outcome,
    Revived,
    RipeGroup,
    Rows,
    StateRecord,
    Wanted,
)
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


class BatchSink(Sink, Protocol):
    """A sink that takes several envelopes at once."""

    async def send_all(self, envelopes: Sequence[Envelope]) -> Outcome:
        """Try all in one, for at most ten seconds: one outcome holds for every one of them."""


class AlertStore(Protocol):
    """Alerts and the events they caused, kept together. Every method raises StoreError."""

    async def load(self) -> list[Alert]:
        """Return every alert ever kept."""

    async def commit(self, alerts: Sequence[Alert], dispatches: Sequence[Dispatch]) -> None:
        """Write all of it in one durable transaction, or nothing. What is there already changes nothing."""

    async def silences(self) -> list[Silence]:
        """Return every silence ever kept, over or not."""

    async def put_silence(self, silence: Silence) -> None:
        """Keep a silence, in the place of one with the same id."""

    async def forget_silences(self, *, before: datetime) -> int:
        """Remove the silences that ended before; return how many went."""

    async def states(self) -> list[StateRecord]:
        """Return the newest event of every (org, rule, entity)."""


class OutboxStore(Protocol):
    """Envelopes until they are acknowledged. Every method raises StoreError."""

    async def commit(self, alerts: Sequence[Alert], dispatches: Sequence[Dispatch]) -> None:
        """As in AlertStore: for what no alert has caused."""

    async def due(
        self, destination: str, *, now: datetime, limit: int, probe: bool = False, coalesce: bool = False
    ) -> list[Envelope]:
        """Return envelopes to send now, oldest first, at most one per key and none behind an older one.

        What has expired is dropped first, and journalled as `expired`. With `probe`, the oldest is returned
        even if its time has not come. With `coalesce`, of each alert only what still counts is left before
        that: the newest event that says whether it fires, the newest note after it, and the end of what was
        sent, or may have been, before. Their `skipped` is raised by the number they took the place of, and
        these are journalled as `skipped`: nobody may call this while anything of the destination is on its
        way. Tellings of groups, and drills, are left as they are.
        """

    async def settle(self, destination: str, attempts: Sequence[Attempt]) -> None:
        """Write what became of these tries, in the journal too.

        Delivered rows go, rejected rows are buried, retries wait, and so does what a gone destination left.
        A rejected heartbeat goes: nobody could do anything about it.
        """

    async def expedite(self, destination: str, *, now: datetime) -> None:
        """Make every waiting envelope of this destination due: it answers again."""

    async def next_due(self, destination: str) -> datetime | None:
        """Return when the next envelope is due, None when none waits."""

    async def backlog(self) -> list[Backlog]:
        """Return what waits for each destination that has, or had, anything."""

    async def keep_only(self, destinations: Collection[str], *, now: datetime) -> int:
        """Give up what waits for others than `destinations`, all that are configured; return how much.

        Envelopes are buried, events that wait for a group go; the journal says `removed` of both.
        """


class FoldStore(Protocol):
    """Events that wait for their group. Every method raises StoreError."""

    async def ripe(self, *, now: datetime) -> list[RipeGroup]:
        """Return the groups whose time has come, the longest waiting first."""

    async def fold(
        self, ripe: RipeGroup, told: Sequence[Held], dispatch: Dispatch | None, *, now: datetime
    ) -> None:
        """Write in one transaction that a group was told.

        `told` are the members in the telling; those that ended go, as do the others of `ripe` that ended and
        that the group never heard of. What was left out, and what came in since `ripe` was read, stays fresh.
        `dispatch` is the telling, None where there was nothing to tell. Whatever is fresh later is due
        `interval` after `now`, or `wait` after it where some of that was left out of a telling.
        """

    async def next_fold(self) -> datetime | None:
        """Return when the next group's time comes, None when nothing fresh waits."""


class Letters(Protocol):
    """The outbox as an operator sees it. Every method raises StoreError."""

    async def letters(
        self, *, destination: str | None = None, dead: bool | None = None, after: int = 0, limit: int = 100
    ) -> list[Letter]:
        """Return what waits or is dead, by row: those behind row `after`."""

    async def letter(self, row: int) -> Letter | None:
        """Return one; None where there is none."""

    async def revive(self, rows: Rows, *, now: datetime) -> Revived:
        """Try these again from the start, dead or waiting, but for dead ones that would be stale."""

    async def drop(self, rows: Rows, *, now: datetime) -> int:
        """Throw these away, dead or waiting, which the journal keeps; return how many there were."""


class Journal(Protocol):
    """What was told, to whom, and what came of it. Every method raises StoreError."""

    async def history(self, wanted: Wanted) -> list[History]:
        """Return entries, newest first."""

    async def forget(self, *, before: datetime) -> int:
        """Remove what is older; return how many entries went.

        So do letters given up before that, and the states without a body whose event has no entry any more.
        """


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
