"""The last hour in points of a minute. Pure.

Points are shared wherever they can be: an hour of 5,000 queues is 600,000 numbers, which would weigh 20 MB if
each were an object of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MINUTE = 60
"""Seconds."""
MINUTES = 60
"""Points of a trend, one a minute: an hour (a supervisor's horizon within a shift)."""

Points = tuple[float | None, ...]
"""One figure a minute, oldest first; None where it was not known."""

EMPTY: Points = (None,) * MINUTES

Kind = tuple[str, str, float]
"""Media type, window, threshold in seconds: what a service level is of."""

_STEPS = 10_000
"""Ratios are kept to a ten-thousandth: finer than any line that is drawn of them."""
_RATIOS = tuple(step / _STEPS for step in range(_STEPS + 1))
_COUNTS = tuple(float(count) for count in range(1_000))


@dataclass(frozen=True, slots=True)
class Trend:
    """One queue's service level, and the most that waited, in each minute.

    `ratios` are all of one `kind`: where a level of another comes, those before it are dropped, and the line
    begins anew. Points of two kinds in one line would show a fall where nothing fell.
    """

    ratios: Points = EMPTY
    waits: Points = EMPTY
    kind: Kind | None = None

    def moved(self, minutes: int) -> Trend:
        """Return it `minutes` later: the oldest points have gone, nothing is known of the newest yet."""
        if not minutes:
            return self
        ratios, waits = _moved(self.ratios, minutes), _moved(self.waits, minutes)
        return NOTHING if ratios is waits is EMPTY else Trend(ratios, waits, self.kind)

    def attained(self, kind: Kind, ratio: float | None) -> Trend:
        """Return it with the newest service level of this minute; an unknown one leaves what was known."""
        if ratio is None:
            return self
        kept = _ratio(ratio)
        if kind != self.kind:
            return Trend((*EMPTY[1:], kept), self.waits, kind)
        return self if self.ratios[-1] == kept else Trend((*self.ratios[:-1], kept), self.waits, kind)

    def waited(self, waiting: float | None) -> Trend:
        """Return it with how many wait, where that is the most of this minute."""
        most = self.waits[-1]
        if waiting is None or (most is not None and waiting <= most):
            return self
        return Trend(self.ratios, (*self.waits[:-1], _count(waiting)), self.kind)


NOTHING = Trend()
"""An hour of which nothing is known."""


@dataclass(slots=True)
class Minutes:
    """Counts minutes by a time that only goes forward; the first of them begins where the clock's does.

    A clock that is put back or forward is no reason to lose points, or to show a gap where nothing was
    missed. Points stand under the minutes of the clock as it was at first. A machine that sleeps counts none.
    """

    _ahead: float | None = None

    def at(self, date: datetime, seconds: float) -> int:
        """Return the number of the minute, counted from anywhere; `seconds` is the time, counted likewise."""
        if self._ahead is None:
            self._ahead = date.timestamp() - seconds
        return int((self._ahead + seconds) // MINUTE)


def _moved(points: Points, minutes: int) -> Points:
    if points is EMPTY:
        return EMPTY
    moved = (*points[minutes:], *EMPTY[:minutes])
    return EMPTY if moved == EMPTY else moved


def _ratio(value: float) -> float:
    return _RATIOS[round(value * _STEPS)] if 0 <= value <= 1 else value


def _count(value: float) -> float:
    return _COUNTS[int(value)] if 0 <= value < len(_COUNTS) and value.is_integer() else value
