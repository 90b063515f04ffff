"""Moments as people write them after --at: a date-time, a date, a time of today."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from monitor.cli import once
from monitor.model.wall import moments

YEARS = range(1900, 2300)
"""Years that can be asked about: clocks of before went by the sun, by seconds off any hour."""


def moment(text: str, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime | None]:
    """Return the moment that `text` says, and the other one where the local time comes twice.

    Without an offset it is local in `zone`; without a date it is of the day that `now` is in there. Raises
    ClickException.
    """
    given = _given(text.strip(), zone, now)
    if given is None or given.year not in YEARS:
        hint = (
            f"write 03:00, 2026-12-24T09:00 or 2026-12-24T09:00+01:00; years from {YEARS[0]} to {YEARS[-1]}"
        )
        raise once.wrong("--at", f"{text!r} is no date that can be asked about", hint)
    if given.tzinfo is not None:
        return given.astimezone(UTC), None
    found = moments(given, zone)
    if not found:
        raise once.wrong("--at", f"{text} does not exist in {zone.key}", "the clock is put forward over it")
    return found[0], found[1] if len(found) > 1 else None


def _given(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        # ISO 8601 would take 2026 for 20:26; people who mean a time write its colon.
        clock = time.fromisoformat(text) if ":" in text else None
    except ValueError:
        clock = None
    if clock is None:
        return None
    return datetime.combine(now.astimezone(clock.tzinfo or zone).date(), clock)
