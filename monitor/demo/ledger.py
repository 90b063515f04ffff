"""What arrived where, and what that adds up to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One event as one destination received it. `latency` is seconds since the platform's answer was in."""

    destination: str
    id: str
    kind: str
    org: str
    rule: str
    severity: str
    entity: str
    queue: str
    media: str
    value: float | None
    operator: str
    threshold: float | None
    episode: int
    at: datetime
    latency: float

    @property
    def breach(self) -> tuple[str, str, str, int]:
        """What a fired and its resolved event share."""
        return (self.org, self.rule, self.entity, self.episode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One destination's sum."""

    destination: str
    fired: int
    resolved: int
    repeats: int
    worst_latency: float


@dataclass(slots=True)
class Ledger:
    """Every arrival, first and repeated."""

    destinations: Sequence[str]
    arrivals: list[Arrival] = field(default_factory=list)
    _repeats: dict[str, int] = field(default_factory=dict, init=False)
    _seen: set[tuple[str, str]] = field(default_factory=set, init=False)

    def note(self, arrival: Arrival) -> bool:
        """Note an arrival; False where this destination had this event already."""
        key = (arrival.destination, arrival.id)
        if key in self._seen:
            self._repeats[arrival.destination] = self._repeats.get(arrival.destination, 0) + 1
            return False
        self._seen.add(key)
        self.arrivals.append(arrival)
        return True

    def tallies(self) -> list[Tally]:
        """Return one sum per destination."""
        return [
            Tally(
                destination=destination,
                fired=self._count(destination, "fired"),
                resolved=self._count(destination, "resolved"),
                repeats=self._repeats.get(destination, 0),
                worst_latency=max(
                    (one.latency for one in self.arrivals if one.destination == destination), default=0.0
                ),
            )
            for destination in self.destinations
        ]

    def breaches(self) -> int:
        """Return how many breaches any destination heard of."""
        return len({one.breach for one in self.arrivals if one.kind == "fired"})

    def told_everywhere(self) -> bool:
        """Return whether at least one breach arrived, fired and resolved, at every destination."""
        return bool(self.destinations) and bool(
            set.intersection(
                *(
                    self._breaches(destination, kind)
                    for destination in self.destinations
                    for kind in ("fired", "resolved")
                )
            )
        )

    def _breaches(self, destination: str, kind: str) -> set[tuple[str, str, str, int]]:
        return {one.breach for one in self.arrivals if one.destination == destination and one.kind == kind}

    def _count(self, destination: str, kind: str) -> int:
        return sum(one.destination == destination and one.kind == kind for one in self.arrivals)
