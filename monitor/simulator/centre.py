"""The static description of a contact centre: divisions, queues, traffic, people. Pure data, no dynamics."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Self

MEDIA = ("voice", "callback", "chat", "email", "message")
"""The media types a queue may carry, in the spelling of the analytics endpoints."""

_NAMESPACE = uuid.UUID("7d4b9a52-6c1e-4f0b-9b59-2f8a3f6f1c11")


def identity(kind: str, name: str) -> str:
    """A stable invented UUID: the same kind and name give the same id in every run and release."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{name}"))


PRESENCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ON_QUEUE": (identity("presence", "On Queue"),),
        "AVAILABLE": (identity("presence", "Available"),),
        "BREAK": (identity("presence", "Break"),),
        "MEAL": (identity("presence", "Meal"),),
        # Two organization presences under one system presence: customers do define their own.
        "MEETING": (identity("presence", "Meeting"), identity("presence", "Coaching")),
    }
)
"""System presence to the organization presence ids filed under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """The traffic of one media type in one queue.

    Rates are interactions per hour; every duration is in seconds. `patience` is the mean of an exponential
    distribution, None for media nobody hangs up on. `target` is a share (0 to 1) within `within` seconds.
    """

    media: str
    hourly: float
    handle: float
    wrap: float
    patience: float | None
    target: float
    within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """An organizational unit that queues belong to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue as configured: where it belongs and what arrives in it; `workitems` are created per hour."""

    id: str
    name: str
    division: Division
    streams: tuple[Stream, ...]
    workitems: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person: member of `queues`, of which those in `joined` are active (may be given work)."""

    id: str
    name: str
    queues: tuple[str, ...]
    joined: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Centre:
    """A whole contact centre; ids are unique within it."""

    # Not slotted: cached_property needs an instance dict.
    queues: tuple[Queue, ...]
    agents: tuple[Agent, ...]
    divisions: tuple[Division, ...] = field(default=())

    @cached_property
    def by_id(self) -> Mapping[str, Queue]:
        """Queues by id."""
        return {queue.id: queue for queue in self.queues}

    @cached_property
    def members(self) -> Mapping[str, tuple[Agent, ...]]:
        """All members of each queue, joined or not, by queue id."""
        found: dict[str, list[Agent]] = {queue.id: [] for queue in self.queues}
        for agent in self.agents:
            for queue_id in agent.queues:
                found[queue_id].append(agent)
        return {queue_id: tuple(agents) for queue_id, agents in found.items()}

    def named(self, name: str) -> Queue:
        """The queue of that exact name; raises KeyError when there is none."""
        for queue in self.queues:
            if queue.name == name:
                return queue
        raise KeyError(name)

    @classmethod
    def standard(cls) -> Self:
        """The demonstration centre: ten queues in three divisions, about sixty agents, calm by design."""
        divisions = {name: a_division(name) for name in ("Home", "Europe", "Back Office")}
        queues = tuple(
            a_queue(
                name,
                divisions[where],
                [stream(media, hourly) for media, hourly in traffic],
                workitems=_WORKITEMS.get(name, 0.0),
            )
            for name, where, _, traffic in _STANDARD
        )
        staff = [size for _, _, size, _ in _STANDARD]
        return cls(queues=queues, agents=_staffed(queues, staff), divisions=tuple(divisions.values()))

    @classmethod
    def sized(cls, *, queues: int, agents_per_queue: int = 2, hourly: float = 8.0) -> Self:
        """A plain centre of `queues` small voice-and-chat queues, for load tests.

        `hourly` is the arrival rate of each of the two media; the default keeps two agents about half busy.
        """
        divisions = tuple(a_division(f"Division {number}") for number in range(1, 4))
        made = tuple(
            a_queue(f"Queue {n:05}", divisions[n % 3], [stream("voice", hourly), stream("chat", hourly)])
            for n in range(1, queues + 1)
        )
        return cls(queues=made, agents=_staffed(made, [agents_per_queue] * queues), divisions=divisions)


def a_division(name: str) -> Division:
    """A division whose id follows from its name."""
    return Division(id=identity("division", name), name=name)


def a_queue(name: str, division: Division, streams: Sequence[Stream], *, workitems: float = 0.0) -> Queue:
    """A queue whose id follows from its name; `workitems` are created per hour."""
    return Queue(
        id=identity("queue", name),
        name=name,
        division=division,
        streams=tuple(streams),
        workitems=workitems,
    )


def stream(media: str, hourly: float) -> Stream:
    """The usual traffic of a media type at `hourly` arrivals per hour; raises KeyError for unknown media."""
    handle, wrap, patience, target, within = _HABITS[media]
    return Stream(
        media=media, hourly=hourly, handle=handle, wrap=wrap, patience=patience, target=target, within=within
    )


# Invented but plausible: mean handle and after-call seconds, mean patience, target share, target seconds.
# Targets are the platform's own defaults: 80 % in 20 s, for email in 24 h.
_HABITS: Mapping[str, tuple[float, float, float | None, float, float]] = {
    "voice": (180.0, 20.0, 150.0, 0.8, 20.0),
    "callback": (200.0, 20.0, None, 0.8, 20.0),
    "chat": (240.0, 15.0, 180.0, 0.8, 20.0),
    "email": (300.0, 10.0, None, 0.8, 86_400.0),
    "message": (220.0, 10.0, 600.0, 0.8, 20.0),
}

# Name, division, agents at home there, arrivals per hour and media. Support Voice has people to spare: its
# calm is what the surge disturbs, and its crew what ends it.
_STANDARD: Sequence[tuple[str, str, int, Sequence[tuple[str, float]]]] = (
    ("Support Voice", "Home", 18, (("voice", 80), ("callback", 6))),
    ("Billing", "Home", 7, (("voice", 44), ("chat", 16))),
    ("Sales Inbound", "Home", 6, (("voice", 44), ("chat", 8))),
    ("Technical Support", "Home", 5, (("voice", 28), ("email", 8))),
    ("Kundenservice Zürich", "Europe", 6, (("voice", 40), ("email", 10))),
    ("Service clients Genève", "Europe", 5, (("voice", 36), ("chat", 6))),
    ("Atención al cliente Málaga", "Europe", 5, (("voice", 30), ("message", 8))),
    ("Claims", "Back Office", 4, (("voice", 16), ("email", 14))),
    ("Social Messaging", "Back Office", 5, (("message", 40),)),
    ("Collections Callback", "Back Office", 4, (("voice", 10), ("callback", 20))),
)

# Work items created per hour; the other queues have none.
_WORKITEMS: Mapping[str, float] = {"Claims": 24.0, "Collections Callback": 12.0}

_FIRST = ("Ana", "Björn", "Chloé", "Dmitri", "Elif", "Farid", "Grace", "Hana", "Igor", "Jade", "Kofi", "Lía")
_LAST = ("Abel", "Brunner", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanov", "Jones")


def _staffed(queues: Sequence[Queue], staff: Sequence[int]) -> tuple[Agent, ...]:
    """Agents with a home queue each; every third helps out in the next queue, every sixth not at present."""
    agents: list[Agent] = []
    for place, (queue, size) in enumerate(zip(queues, staff, strict=True)):
        neighbour = queues[(place + 1) % len(queues)]
        for _ in range(size):
            agents.append(_agent(len(agents), queue.id, neighbour.id))
    return tuple(agents)


def _agent(number: int, home: str, neighbour: str) -> Agent:
    name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number // len(_FIRST) % len(_LAST)]}"
    helps = number % 3 == 2 and neighbour != home
    joined = {home, neighbour} if helps and number % 6 != 5 else {home}
    return Agent(
        id=identity("agent", str(number)),
        name=name,
        queues=(home, neighbour) if helps else (home,),
        joined=frozenset(joined),
    )
