"""Lengths of time as people write them: `10s`, `2m`, `1h30m`, `250ms`."""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
"""Milliseconds of each unit, the longest first."""

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")


def parse(text: str) -> float:
    """Return the seconds that `text` says, exactly: 1.001s and 1s1ms are the same number.

    Raises:
        ValueError: `text` is not a sequence of numbers with units (ms, s, m, h, d), or too long to count.
    """
    stripped = text.strip()
    if not _WHOLE.fullmatch(stripped):
        raise ValueError(f"{text!r} is not a duration; write 10s, 2m, 1h30m")
    try:
        return float(sum(Fraction(number) * _UNITS[unit] for number, unit in _PART.findall(stripped)) / 1000)
    except OverflowError:
        raise ValueError(f"{text!r} is longer than can be counted") from None


def show(seconds: float) -> str:
    """Return `seconds` to the millisecond: `45s`, `2m`, `1h30m`, `350ms`, `20s400ms`.

    No two lengths that differ by a millisecond are shown alike: what is shown is a label.
    """
    rest = round(seconds * 1000)
    parts: list[str] = []
    for unit, length in _UNITS.items():
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0ms"
