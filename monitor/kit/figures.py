"""Numbers, lengths of time and dates as people read them, in British English. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from monitor.kit import durations

MISSING = "–"
"""What stands where there is no value."""

_HUGE = 1e15
"""From here on a float does not hold every whole number, and its digits are no help to anybody."""


def number(value: float, digits: int = 3) -> str:
    """Return `value` with at most `digits` decimals, no needless zeros; a tiny one keeps three figures."""
    if not math.isfinite(value):
        return MISSING
    if abs(value) >= _HUGE or 0 < abs(value) < 10.0**-digits:
        return f"{value:.3g}"
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def percent(ratio: float, digits: int = 1) -> str:
    """Return a ratio as `71.4 %`; what is below but near a whole is never shown as the whole."""
    if not math.isfinite(ratio):
        return MISSING
    shown = number(ratio * 100, digits)
    if shown == "100" and ratio < 1:
        shown = number(100 - 10.0**-digits, digits)
    return f"{shown} %"


def duration(seconds: float) -> str:
    """Return `1 m 30 s`, `350 ms`, `1.5 s`: the two largest units that say something."""
    if not math.isfinite(seconds):
        return MISSING
    sign, length = ("−" if seconds < 0 else ""), abs(seconds)
    if length < 1:
        return f"{sign}{number(length * 1000, 0)} ms" if length else "0 s"
    if length < 10:
        return f"{sign}{number(length, 1)} s"
    return sign + " ".join(_parts(length)[:2])


def _parts(seconds: float) -> list[str]:
    # Rounded to what will be shown, so that 59 m 59.9 s is not cut to less than it is.
    shown = durations.show(round(seconds) if seconds < 3600 else round(seconds / 60) * 60)
    spaced = "".join(char if char.isdigit() else f" {char}|" for char in shown)
    return [part for part in spaced.split("|") if part]


def local(date: str | datetime, zone: str = "UTC") -> str:
    """Return a date, or its ISO 8601 text, as `2026-11-21 10:04 CET` in an IANA zone; naive ones are UTC.

    Raises:
        ValueError: the text is no date, or there is no such zone.
    """
    when = datetime.fromisoformat(date) if isinstance(date, str) else date
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return f"{aware.astimezone(_zone(zone)):%Y-%m-%d %H:%M %Z}"


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # An absent zone is a KeyError, a directory of them an OSError (CPython gh-85702).
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"there is no time zone {name!r}; write one such as Europe/Berlin") from error
