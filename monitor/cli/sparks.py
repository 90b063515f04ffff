"""A row of figures as a row of little bars. Pure."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
UNKNOWN = "·"


def sparks(values: Sequence[float | None], top: float | None = None) -> str:
    """Return a bar for each value, from nought to `top` or the highest; a dot where it is unknown."""
    known = [value for value in values if value is not None]
    highest = max([top or 0.0, *known])
    return "".join(UNKNOWN if value is None else _bar(value, highest) for value in values)


def _bar(value: float, highest: float) -> str:
    share = min(1.0, max(0.0, value / highest)) if highest > 0 else 0.0
    return BARS[round(share * (len(BARS) - 1))]
