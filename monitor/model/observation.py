"""What a platform said, in no dialect: missing is None, never 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitor.model.interval import Interval

Figure = float | None
"""A number the platform gave; None is unknown."""

Oddities = Mapping[tuple[str, str], int]
"""Values that were refused: (field of the wire, reason) → how many."""


def together(several: Iterable[Oddities]) -> Oddities:
    """Return the sum of several answers' oddities."""
    result: Counter[tuple[str, str]] = Counter()
    for oddities in several:
        result.update(oddities)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactions:
    """One queue and media type at one moment. Counts in interactions, waits in seconds."""

    queue_id: str
    media: str
    waiting: Figure
    interacting: Figure = None
    alerting: Figure = None
    longest_wait: Figure = None
    longest_interaction: Figure = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """One queue's agents at one moment. Counts in agents.

    `by_status` is keyed by routing status (IDLE, INTERACTING, …), `by_presence` by system presence.
    """

    queue_id: str
    available: Figure
    busy: Figure
    members: Figure = None
    active: Figure = None
    on_queue: Figure = None
    off_queue: Figure = None
    by_status: Mapping[str, Figure] = field(default_factory=dict)
    by_presence: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Averages:
    """One queue's averages over what the platform calls recent, in seconds."""

    queue_id: str
    handle: Figure
    wait: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueObservations:
    """The answer to "how are these queues right now?".

    Every queue asked about has one `Staffing`; media types that showed nothing are left out.
    """

    interactions: tuple[Interactions, ...]
    staffing: tuple[Staffing, ...]
    averages: tuple[Averages, ...] = ()
    oddities: Oddities = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueService:
    """What one queue and media type did in one stretch of time.

    Counts in interactions; `…_seconds` are sums, not averages. `within` maps a threshold in seconds to the
    interactions answered within it, inclusive. `level_met` of `level_counted` is the platform's own
    service level at the queue's own threshold. A figure the dialect does not know stays None.
    """

    queue_id: str
    media: str
    answered: Figure
    within: Mapping[float, Figure]
    offered: Figure = None
    abandoned: Figure = None
    short_abandoned: Figure = None
    flowed_out: Figure = None
    over_sla: Figure = None
    answer_seconds: Figure = None
    waited: Figure = None
    wait_seconds: Figure = None
    handled: Figure = None
    handle_seconds: Figure = None
    level_met: Figure = None
    level_counted: Figure = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevels:
    """The answer to "what was answered in time in this interval?".

    In a complete answer, a queue and media type without a row had no events. `unknown` are the queues of
    which something could not be read at all: for them, no row means nothing.
    """

    interval: Interval
    queues: tuple[QueueService, ...]
    unknown: frozenset[str] = frozenset()
    oddities: Oddities = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUse:
    """One agent in one bucket, in seconds of work that was completed in it.

    `handle` is without `hold` and `acw` (after-call work); `active` is all of it, added up once, by the
    decoder that knows what its dialect's handle time contains.
    """

    agent_id: str
    start: datetime
    handle: Figure
    acw: Figure
    hold: Figure
    active: Figure
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueUse:
    """One queue in one bucket: seconds its agents were active in it, and how many agents that were."""

    queue_id: str
    start: datetime
    active: Figure
    agents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilization:
    """The answer to "how much of their time did agents work?", rows sorted by agent and time.

    `bucket` is the length of every row in seconds. `status` is agent → routing status → seconds over the
    whole interval; None where the dialect does not know it.
    """

    interval: Interval
    bucket: float
    agents: tuple[AgentUse, ...]
    queues: tuple[QueueUse, ...] = ()
    status: Mapping[str, Mapping[str, Figure]] | None = None
    oddities: Oddities = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkitemBucket:
    """One queue's work items in one bucket.

    `met` and `missed` count what reached its end of service level within the bucket; `backlog` is how many
    were unfinished at its end (a snapshot), `wait_seconds` how long they waited on average.
    """

    queue_id: str
    interval: Interval
    met: Figure
    missed: Figure
    backlog: Figure = None
    wait_seconds: Figure = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkitemState:
    """One queue's work items right now. `oldest_unassigned` in seconds."""

    queue_id: str
    backlog: Figure
    unassigned: Figure
    overdue: Figure
    oldest_unassigned: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Workitems:
    """The answer to "how is the work that is not an interaction?".

    `states` is what the queues asked about have right now; None where the dialect or the org does not say.
    """

    interval: Interval
    buckets: tuple[WorkitemBucket, ...]
    states: tuple[WorkitemState, ...] | None = None
    unknown: frozenset[str] = frozenset()
    oddities: Oddities = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyUse:
    """One routing strategy over one interval. `answer_seconds` is its mean speed of answer."""

    strategy: str
    handled: Figure
    answer_seconds: Figure
    abandoned: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategies:
    """The answer to "how did the routing strategies do?". A strategy nobody used is left out."""

    interval: Interval
    strategies: tuple[StrategyUse, ...]
    oddities: Oddities = field(default_factory=dict)
