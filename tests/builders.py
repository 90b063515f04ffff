"""Small fakes on the ports and builders of the nouns, shared by every room's tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

import httpx

from monitor.clients.budget import Budget
from monitor.clients.endpoint import Endpoint
from monitor.clients.tokens import Tokens
from monitor.clients.transport import Transport
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.alert import Alert, AlertState, Entity, Strand
from monitor.model.errors import PlatformError
from monitor.model.interval import Interval
from monitor.model.observation import (
    Interactions,
    QueueObservations,
    ServiceLevels,
    Staffing,
    Strategies,
    Utilization,
    Workitems,
)
from monitor.model.org import Queue
from monitor.model.rule import Level, Matcher, Rule, Severity, Verdict
from monitor.model.sample import PollResult, Rows, SampleBatch, Table, Value
from monitor.rules.judging import Judge

T = TypeVar("T")

EPOCH = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SALES = "f6a49350-0000-4000-8000-00000000a002"
SUPPORT = "f6a49350-0000-4000-8000-00000000a001"
ANY = Endpoint(name="any", method="GET", path="/any", permission="any:thing:view")


class LoopClock:
    """Dates that move with the event loop, so that virtual time moves them too."""

    def __init__(self) -> None:
        self._start = asyncio.get_running_loop().time()

    def now(self) -> datetime:
        """Return the epoch of the tests plus the loop's progress."""
        return EPOCH + timedelta(seconds=asyncio.get_running_loop().time() - self._start)


@dataclass
class FixedClock:
    """Always the same date, until a test sets another."""

    at: datetime = EPOCH

    def now(self) -> datetime:
        """Return it."""
        return self.at


@dataclass
class RecordingTelemetry:
    """Keeps what the rooms report, as tuples."""

    requests: list[tuple[str, str, str]] = field(default_factory=list)
    budgets: list[float] = field(default_factory=list)
    polls: list[tuple[str, str, str]] = field(default_factory=list)
    ticks_missed: int = 0
    refusals: list[tuple[str, str, int]] = field(default_factory=list)
    drops: list[tuple[str, int]] = field(default_factory=list)
    jobs: list[tuple[str, str, str]] = field(default_factory=list)
    deliveries: list[tuple[str, str, str]] = field(default_factory=list)

    def request(self, org: str, endpoint: str, status: str) -> None:
        self.requests.append((org, endpoint, status))

    def budget(self, org: str, used: float) -> None:
        self.budgets.append(used)

    def poll(self, org: str, source: str, outcome: str, seconds: float) -> None:
        self.polls.append((org, source, outcome))

    def missed(self, org: str, source: str, ticks: int) -> None:
        self.ticks_missed += ticks

    def refused(self, org: str, source: str, field: str, reason: str, count: int) -> None:
        self.refusals.append((field, reason, count))

    def dropped(self, org: str, source: str, series: int) -> None:
        self.drops.append((source, series))

    def job(self, org: str, job: str, state: str) -> None:
        self.jobs.append((org, job, state))

    def delivery(self, destination: str, outcome: str, reason: str, seconds: float) -> None:
        self.deliveries.append((destination, outcome, reason))


@dataclass
class RecordingConsumer:
    """Keeps every result a poller publishes."""

    results: list[PollResult] = field(default_factory=list)

    async def accept(self, result: PollResult) -> None:
        self.results.append(result)


@dataclass
class FakePlatform:
    """Answers from a list of queues and scripts of answers or errors; the last one of each repeats.

    `levels`, `uses`, `items` and `tactics` are the scripts of the other four questions; `intervals` keeps
    what was asked about.
    """

    queues_known: Sequence[Queue] = ()
    script: list[QueueObservations | PlatformError] = field(default_factory=list)
    directory_error: PlatformError | None = None
    asked: list[list[str]] = field(default_factory=list)
    levels: list[ServiceLevels | PlatformError] = field(default_factory=list)
    uses: list[Utilization | PlatformError] = field(default_factory=list)
    items: list[Workitems | PlatformError] = field(default_factory=list)
    tactics: list[Strategies | PlatformError] = field(default_factory=list)
    limits: list[int | PlatformError | None] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)

    async def directory(self, *, deadline: float) -> tuple[Queue, ...]:
        if self.directory_error is not None:
            raise self.directory_error
        return tuple(self.queues_known)

    async def queues(self, queue_ids: Sequence[str], *, deadline: float) -> QueueObservations:
        self.asked.append(list(queue_ids))
        return _next(self.script)

    async def limit(self, *, deadline: float) -> int | None:
        return _next(self.limits)

    async def service_levels(
        self, queue_ids: Sequence[str], interval: Interval, thresholds: Sequence[float], *, deadline: float
    ) -> ServiceLevels:
        self.intervals.append(interval)
        return _next(self.levels)

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
        self.intervals.append(interval)
        return _next(self.uses)

    async def workitems(
        self, queue_ids: Sequence[str], interval: Interval, bucket: float, zone: str, *, deadline: float
    ) -> Workitems:
        self.asked.append(list(queue_ids))
        self.intervals.append(interval)
        return _next(self.items)

    async def strategies(
        self, strategies: Sequence[str], interval: Interval, *, deadline: float
    ) -> Strategies:
        self.intervals.append(interval)
        return _next(self.tactics)


def _next(script: list[T | PlatformError]) -> T:
    answer = script.pop(0) if len(script) > 1 else script[0]
    if isinstance(answer, PlatformError):
        raise answer
    return answer


def a_queue(queue_id: str = SUPPORT, name: str = "Support Voice", division: str = "Home") -> Queue:
    """Return a queue."""
    return Queue(id=queue_id, name=name, division=division, division_id=f"id-of-{division}")


def interactions(
    queue_id: str = SUPPORT, media: str = "voice", *, waiting: Value = 0.0, longest_wait: Value = 0.0
) -> Interactions:
    """Return one media type's figures."""
    return Interactions(
        queue_id=queue_id,
        media=media,
        waiting=waiting,
        interacting=0.0,
        alerting=0.0,
        longest_wait=longest_wait,
        longest_interaction=0.0,
    )


def staffing(queue_id: str = SUPPORT, *, on_queue: Value = 1.0) -> Staffing:
    """Return one queue's agents."""
    return Staffing(
        queue_id=queue_id,
        available=1.0,
        busy=0.0,
        members=3.0,
        active=2.0,
        on_queue=on_queue,
        off_queue=1.0,
        by_status={"IDLE": 1.0, "INTERACTING": 0.0, "COMMUNICATING": 0.0},
        by_presence={"AVAILABLE": 1.0},
    )


def a_level(
    *,
    enter: float = 8.0,
    clear: float = 3.0,
    above: bool = True,
    dwell: float = 0.0,
    severity: Severity = Severity.CRITICAL,
) -> Level:
    """Return a threshold: more than 8 is bad, 3 or less is good again."""
    if above:
        return Level(severity=severity, high=enter, clear_high=clear, dwell=dwell)
    return Level(severity=severity, low=enter, clear_low=clear, dwell=dwell)


def a_rule(
    name: str = "QueueWaitingHigh",
    metric: str = "queue_waiting",
    *,
    level: Level | None = None,
    matchers: tuple[Matcher, ...] = (),
    keep_firing_for: float = 0.0,
    flapping: bool = False,
) -> Rule:
    """Return a rule on waiting interactions."""
    return Rule(
        name=name,
        metric=metric,
        levels=(level or a_level(),),
        matchers=matchers,
        keep_firing_for=keep_firing_for,
        flapping=flapping,
    )


def hears(rule: Rule, batch: SampleBatch, key: str, queue_id: str = "") -> Verdict:
    """Return what a firing alert on one entity hears from a batch: the verdict on its one level."""
    (level,) = rule.levels
    alert = Alert(
        org="acme",
        rule=rule.name,
        severity=level.severity,
        entity=Entity(key=key, labels={"queue_id": queue_id} if queue_id else {}),
        state=AlertState.FIRING,
        strands={level.severity: Strand(state=AlertState.FIRING)},
    )
    (found,) = Judge(rule, "acme").judge(batch, {key: alert}, EPOCH)
    return found.verdicts[level.severity]


def a_table(names: tuple[str, ...], columns: Mapping[str, Mapping[Any, Value]]) -> Table:
    """Return a table whose rows are the keys of the first column."""
    rows = tuple(next(iter(columns.values())))
    return Table(Rows(names, rows), {name: [column[row] for row in rows] for name, column in columns.items()})


def a_batch(
    waiting: Mapping[tuple[str, str, str], Value],
    *,
    org: str = "acme",
    at: datetime = EPOCH,
    queues: frozenset[str] | None = None,
) -> SampleBatch:
    """Return a batch of `queue_waiting`, keyed by (queue id, queue, media)."""
    return SampleBatch(
        org=org,
        source="queues",
        observed_at=at,
        tables=(a_table(("queue_id", "queue", "media"), {"queue_waiting": waiting}),),
        queues=frozenset(queue_id for queue_id, _, _ in waiting) if queues is None else queues,
    )


Handler = Callable[[httpx.Request], httpx.Response]


def streamed(handler: Handler) -> httpx.MockTransport:
    """Return a mock whose answers are still to be read, as a network's are."""

    def answer(request: httpx.Request) -> httpx.Response:
        ready = handler(request)
        return httpx.Response(
            ready.status_code, headers=ready.headers, stream=httpx.ByteStream(ready.content)
        )

    return httpx.MockTransport(answer)


def a_transport(
    handler: Handler, *, limit: int = 150, telemetry: RecordingTelemetry | None = None
) -> Transport:
    """Return a transport whose requests go to `handler`."""
    telemetry = telemetry or RecordingTelemetry()
    http = Http("tests", transport=streamed(handler))
    return Transport(
        org="acme",
        api_url="https://api.example.org",
        http=http,
        tokens=Tokens(
            org="acme",
            login_url="https://login.example.org",
            client_id=Secret("client"),
            client_secret=Secret("s3cr3t"),
            http=http,
            telemetry=telemetry,
            random=Random(1),
        ),
        budget=Budget("acme", limit, telemetry),
        clock=FixedClock(),
        telemetry=telemetry,
        random=Random(1),
    )


def loop_time() -> float:
    """Return the running loop's time."""
    return asyncio.get_running_loop().time()
