"""What is on the floor at one moment: lanes, seats, interactions. Mutable, driven by `world`.

Instants in here are seconds since the world's start (negative during warm-up). The frozen records at the
end are what `world` hands out; those carry datetimes.
"""

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from monitor.simulator.centre import Agent, Stream


class Routing(StrEnum):
    """An agent's routing status, in the platform's spelling."""

    IDLE = "IDLE"
    INTERACTING = "INTERACTING"
    COMMUNICATING = "COMMUNICATING"
    NOT_RESPONDING = "NOT_RESPONDING"
    OFF_QUEUE = "OFF_QUEUE"


class Stage(StrEnum):
    """How far an interaction has come."""

    WAITING = "waiting"
    ALERTING = "alerting"
    TALKING = "talking"
    OVER = "over"


@dataclass(slots=True, eq=False, kw_only=True)
class Interaction:
    """One call, chat, mail and so on; `handle` and `wrap` are the seconds it will take once answered.

    `held` is the share of `handle` that the customer will be on hold.
    """

    number: int
    lane: "Lane"
    offered: float
    handle: float
    wrap: float
    held: float = 0.0
    stage: Stage = Stage.WAITING
    seat: "Seat | None" = None
    rings: int = 0
    answered: float | None = None
    disconnected: float | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Lane:
    """One media type of one queue. `epoch` changes with the rate and voids the arrival planned before."""

    queue_id: str
    stream: Stream
    hourly: float
    epoch: int = 0
    seats: "list[Seat]" = field(default_factory=list)
    waiting: list[Interaction] = field(default_factory=list)
    talking: dict[int, Interaction] = field(default_factory=dict)
    alerting: int = 0
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    flowed: int = 0

    @property
    def deferred(self) -> bool:
        """Whether its work yields to real-time media, as mail does; else day-old mail would starve calls."""
        return self.stream.media == "email"

    def enqueue(self, item: Interaction) -> None:
        """Put an interaction where its arrival time belongs: one that nobody picked up goes back in front."""
        insort(self.waiting, item, key=attrgetter("offered"))

    def free(self) -> "Seat | None":
        """The active agent who has been idle longest, or None."""
        return min((seat for seat in self.seats if seat.free), key=attrgetter("idle_since"), default=None)


@dataclass(slots=True, eq=False, kw_only=True)
class Seat:
    """An agent at work. `leaving` is the presence to take once free; `epoch` voids plans made before."""

    agent: Agent
    lanes: tuple[Lane, ...]
    status: Routing = Routing.IDLE
    presence: str
    work: Interaction | None = None
    idle_since: float = 0.0
    leaving: str | None = None
    epoch: int = 0

    @property
    def free(self) -> bool:
        """Whether work may be given: on queue, idle and nothing ringing."""
        return self.status is Routing.IDLE and self.work is None

    def longest(self) -> Interaction | None:
        """The interaction waiting longest in any lane of this agent, real-time media first; or None."""
        heads = (lane.waiting[0] for lane in self.lanes if lane.waiting)
        return min(heads, key=lambda item: (item.lane.deferred, item.offered), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A finished interaction. It waited from offered to answered (or abandoned), then took until ended.

    Those that flowed out of the queue, to be treated elsewhere, are not among them.
    """

    queue_id: str
    media: str
    offered_at: datetime
    answered_at: datetime | None
    abandoned_at: datetime | None
    disconnected_at: datetime
    ended_at: datetime
    agent_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneState:
    """One media type of one queue at one moment; the last four count since the world began."""

    waiting: int
    alerting: int
    interacting: int
    oldest_wait: datetime | None
    oldest_interaction: datetime | None
    offered: int
    answered: int
    abandoned: int
    flowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """One queue at one moment.

    `statuses` and `presences` count all members, `on_queue` and `off_queue` only active (joined) ones, as
    the platform's example does; presences are keyed by organization presence id.
    """

    queue_id: str
    lanes: Mapping[str, LaneState]
    members: int
    active: int
    statuses: Mapping[Routing, int]
    presences: Mapping[str, int]
    on_queue: Mapping[Routing, int]
    off_queue: Mapping[str, int]


def queue_state(queue_id: str, seats: Iterable[Seat], lanes: Mapping[str, LaneState]) -> QueueState:
    """Count the agents of a queue; `seats` are all its members."""
    everyone = tuple(seats)
    active = [seat for seat in everyone if queue_id in seat.agent.joined]
    off = Routing.OFF_QUEUE
    return QueueState(
        queue_id=queue_id,
        lanes=lanes,
        members=len(everyone),
        active=len(active),
        statuses=Counter(seat.status for seat in everyone),
        presences=Counter(seat.presence for seat in everyone),
        on_queue=Counter(seat.status for seat in active if seat.status is not off),
        off_queue=Counter(seat.presence for seat in active if seat.status is off),
    )
