"""Figures that only allow the arithmetic that makes sense for them.

kind        over time            over queues, agents, media
Count       add                  add
Snapshot    newest, or peak      across (same moment)
Ratio       add both parts       add both parts
Mean        add both parts       add both parts

What is not listed has no method: two snapshots cannot be added, and a ratio cannot be averaged, because a
`Snapshot` has no `+` and a `Ratio` no arithmetic but `+`. Unknown (None) in any part makes the sum unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Count:
    """How many events there were in a stretch of time."""

    value: float | None

    def __add__(self, other: Count) -> Count:
        return Count(plus(self.value, other.value))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How many there were at the moment `at`."""

    value: float | None
    at: datetime

    @staticmethod
    def newest(snapshots: Iterable[Snapshot]) -> Snapshot:
        """Return the latest. Raises ValueError for none."""
        return max(snapshots, key=lambda one: one.at)

    @staticmethod
    def peak(snapshots: Iterable[Snapshot]) -> float | None:
        """Return the largest known value; None for none."""
        return max((one.value for one in snapshots if one.value is not None), default=None)

    @staticmethod
    def across(snapshots: Iterable[Snapshot]) -> Snapshot:
        """Return the sum over different things at one moment. Raises ValueError where the moments differ."""
        several = tuple(snapshots)
        if len({one.at for one in several}) != 1:
            raise ValueError("snapshots of different moments cannot be added")
        return Snapshot(total(one.value for one in several), several[0].at)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A part of a whole, kept as both."""

    numerator: float | None
    denominator: float | None

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(plus(self.numerator, other.numerator), plus(self.denominator, other.denominator))

    @property
    def idle(self) -> bool:
        """Whether there was nothing to be a part of."""
        return self.denominator == 0

    @property
    def value(self) -> float | None:
        """The ratio; None where it is idle or unknown."""
        return divided(self.numerator, self.denominator)

    @property
    def shown(self) -> float | None:
        """The ratio for reports and events: 0.0 where idle (never NaN), None where unknown."""
        return 0.0 if self.idle else self.value


@dataclass(frozen=True, slots=True)
class Mean:
    """Seconds over a number of events, kept as both."""

    seconds: float | None
    count: float | None

    def __add__(self, other: Mean) -> Mean:
        return Mean(plus(self.seconds, other.seconds), plus(self.count, other.count))

    @property
    def idle(self) -> bool:
        """Whether there was nothing to take the mean of."""
        return self.count == 0

    @property
    def value(self) -> float | None:
        """Seconds per event; None where idle or unknown."""
        return divided(self.seconds, self.count)


def plus(one: float | None, other: float | None) -> float | None:
    """Add two figures of which either may be unknown."""
    return None if one is None or other is None else one + other


def divided(part: float | None, whole: float | None) -> float | None:
    """Return the quotient; None where there is nothing to divide by, or a part is unknown."""
    return None if part is None or not whole else part / whole


def total(values: Iterable[float | None]) -> float | None:
    """Add figures of which any may be unknown; nothing adds up to 0."""
    result = 0.0
    for value in values:
        if value is None:
            return None
        result += value
    return result
