"""Lengths of time as people write them: `10s`, `2m`, `1h30m`, `250ms`."""

from __future__ import annotations

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")


def parse(text: str) -> float:
    """Return the seconds that `text` says.

    Raises:
        ValueError: `text` is not a sequence of numbers with units (ms, s, m, h, d).
    """
    stripped = text.strip()
    if not _WHOLE.fullmatch(stripped):
        raise ValueError(f"{text!r} is not a duration; write 10s, 2m, 1h30m")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(stripped))


def show(seconds: float) -> str:
    """Return `seconds` as a short duration: `45s`, `2m`, `1h30m`, `350ms`."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    rest = round(seconds)
    parts: list[str] = []
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2])
