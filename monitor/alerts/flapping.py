"""Does an alert come and go so often that every coming and going is noise? Pure.

In: one state (firing or not) per known judgement. Out: the percentage of recent judgements that changed the
state, the newest weighing most, and whether that is flapping. The formula is that of Icinga 2
(`Checkable::UpdateFlappingStatus` in lib/icinga/checkable-flapping.cpp): of the last 20 judgements, oldest
first, number i weighs 0.8 + 0.02·i where it changed the state, 0 where it did not; the sum is divided by 20.
The newest so weighs 1.18, and a state that changes every time reaches 99 %.

Unlike Icinga, which takes what was before the first state for calm, the first state is no change here: a
queue that was breaching when the daemon first looked has not flapped yet.
"""

from __future__ import annotations

from dataclasses import dataclass

CHANGES = 20
"""Judgements looked back on: the size of Icinga 2's flapping buffer."""

OLDEST = 80
"""Weight of the oldest judgement, in hundredths so that sums are exact: 0.8 in Icinga 2."""

STEP = 2
"""What each newer one weighs more, in hundredths: 0.02 in Icinga 2."""

HIGH = 30.0
LOW = 25.0
"""Percent above which flapping begins and below which it ends: the defaults of Icinga 2."""

_STATES = CHANGES + 1
"""It takes one state more to see the first change."""


@dataclass(frozen=True, slots=True)
class History:
    """The last 21 states of one alert. Its three fields are all there is to keep over a restart.

    `bits` are the states, the newest lowest, 1 for firing; `count` is how many of them have been seen.
    """

    bits: int = 0
    count: int = 0
    flapping: bool = False

    def after(self, firing: bool, *, high: float = HIGH, low: float = LOW) -> History:  # noqa: FBT001 - a state
        """Return the history after one more known judgement; unknown ones are not told.

        Flapping begins above `high` percent and ends below `low`; in between it stays what it was.
        """
        bits = (self.bits << 1 | firing) & ((1 << _STATES) - 1)
        count = min(self.count + 1, _STATES)
        percent = _percent(bits, count)
        return History(bits, count, percent >= low if self.flapping else percent > high)

    @property
    def percent(self) -> float:
        """How much of the recent past was change, 0 to 99."""
        return _percent(self.bits, self.count)


def _percent(bits: int, count: int) -> float:
    changes = bits ^ (bits >> 1)
    newest = OLDEST + STEP * (CHANGES - 1)
    weights = sum(newest - STEP * age for age in range(count - 1) if changes >> age & 1)
    return weights / CHANGES
