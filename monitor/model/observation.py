"""What a platform said, in no dialect: missing is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactions:
    """One queue and media type at one moment. Counts in interactions, waits in seconds; None is unknown."""

    queue_id: str
    media: str
    waiting: float | None
    interacting: float | None
    alerting: float | None
    longest_wait: float | None
    longest_interaction: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """One queue's agents at one moment. Counts in agents; None is unknown.

    `by_status` is keyed by routing status (IDLE, INTERACTING, …), `by_presence` by system presence.
    """

    queue_id: str
    members: float | None
    active: float | None
    on_queue: float | None
    off_queue: float | None
    by_status: Mapping[str, float | None]
    by_presence: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueObservations:
    """The answer to "how are these queues right now?".

    Every queue asked about has one `Staffing`; media types that showed nothing are left out.
    `oddities` counts values that were refused, by reason.
    """

    interactions: tuple[Interactions, ...]
    staffing: tuple[Staffing, ...]
    oddities: Mapping[str, int] = field(default_factory=dict)
