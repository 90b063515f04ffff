"""Which stretch of time a question is about. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.model.interval import Interval
from monitor.model.servicelevel import Window

MINUTE = 60.0


def newest(window: Window, now: datetime, lag: float) -> Interval:
    """Return the newest stretch of `window` that is over since `lag` seconds.

    It ends on a whole minute, so that two daemons ask the same; an aligned one on a multiple of its length
    since midnight UTC.
    """
    grid = window.length if window.aligned else MINUTE
    end = floor(now - timedelta(seconds=lag), grid)
    return Interval(end - timedelta(seconds=window.length), end)


def today(now: datetime, zone: str) -> Interval:
    """Return the local day so far; it begins at local midnight, whatever the clocks did since."""
    return Interval(midnight(now, zone), now.astimezone(UTC))


def midnight(now: datetime, zone: str) -> datetime:
    """Return, in UTC, the last local midnight before `now`: at midnight itself, the day that ends."""
    place = ZoneInfo(zone)
    date = (now - timedelta(microseconds=1)).astimezone(place).date()
    return datetime.combine(date, time.min, place).astimezone(UTC)


def floor(moment: datetime, grid: float) -> datetime:
    """Return the last multiple of `grid` seconds at or before `moment`, in UTC."""
    seconds = moment.timestamp()
    return datetime.fromtimestamp(seconds - seconds % grid, UTC)
