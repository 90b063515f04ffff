"""The last hour in points of a minute. Pure.

Points are shared wherever they can be: an hour of 5,000 queues is 600,000 numbers, which would weigh 20 MB if
each were an object of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

MINUTES = 60
"""Points of a trend, one a minute: an hour (a supervisor's horizon within a shift)."""

Points = tuple[float | None, ...]
"""One figure a minute, oldest first; None where it was not known."""

EMPTY: Points = (None,) * MINUTES

_STEPS = 10_000
"""Ratios are kept to a ten-thousandth: finer than any line that is drawn of them."""
_RATIOS = tuple(step / _STEPS for step in range(_STEPS + 1))
_COUNTS = tuple(float(count) for count in range(1_000))


@dataclass(frozen=True, slots=True)
class Trend:
    """One queue's service level, and the most that waited, in each minute."""

    ratios: Points = EMPTY
    waits: Points = EMPTY

    def moved(self, minutes: int) -> Trend:
        """Return it `minutes` later: the oldest points have gone, nothing is known of the newest yet."""
        if not minutes:
            return self
        return Trend(_moved(self.ratios, minutes), _moved(self.waits, minutes))

    def attained(self, ratio: float | None) -> Trend:
        """Return it with the newest service level of this minute; an unknown one leaves what was known."""
        if ratio is None:
            return self
        kept = _ratio(ratio)
        return self if self.ratios[-1] == kept else Trend((*self.ratios[:-1], kept), self.waits)

    def waited(self, waiting: float | None) -> Trend:
        """Return it with how many wait, where that is the most of this minute."""
        most = self.waits[-1]
        if waiting is None or (most is not None and waiting <= most):
            return self
        return Trend(self.ratios, (*self.waits[:-1], _count(waiting)))


NOTHING = Trend()
"""An hour of which nothing is known."""


@dataclass(slots=True)
class Minutes:
    """Counts the minutes that pass on the clock."""

    _minute: int | None = None

    def passed(self, minute: int) -> int:
        """Return how many minutes passed since the call before; none where the clock was put back."""
        before, self._minute = self._minute, minute
        return 0 if before is None else max(0, minute - before)


def _moved(points: Points, minutes: int) -> Points:
    if points is EMPTY:
        return EMPTY
    return (*points[minutes:], *EMPTY[:minutes])


def _ratio(value: float) -> float:
    return _RATIOS[round(value * _STEPS)] if 0 <= value <= 1 else value


def _count(value: float) -> float:
    return _COUNTS[int(value)] if 0 <= value < len(_COUNTS) and value.is_integer() else value
