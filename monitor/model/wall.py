"""The clock on the wall: which moments it shows as a local time. Pure.

A clock that is put forward skips times, one that is put back shows them twice; both happen in all zones at
some time of day, midnight included, and by other steps than an hour (Lord Howe: 30 minutes).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From `start` to `end`, UTC, the clock on the wall is ahead of UTC by `offset`."""

    start: datetime
    end: datetime
    offset: timedelta


def moments(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return in order every moment, in UTC, at which the clock of `zone` shows the naive `local`.

    None where the clock is put forward over it, two where it is put back.
    """
    wall = local.replace(tzinfo=UTC)
    return tuple(
        wall - stretch.offset
        for stretch in stretches(zone, local.date())
        if stretch.start <= wall - stretch.offset < stretch.end
    )


@lru_cache(maxsize=4096)
def stretches(zone: ZoneInfo, day: date) -> tuple[Stretch, ...]:
    """Return the stretches of one offset each in which the clock can show a time of `day`.

    An offset is less than a day either way, so they are of three days. The time zone database has no two
    changes within an hour.
    """
    first = shown(day) - _DAY
    turns = [
        _turn(before, after, zone)
        for before, after in pairwise(first + hour * _HOUR for hour in range(73))
        if _offset(before, zone) != _offset(after, zone)
    ]
    return tuple(
        Stretch(start=start, end=end, offset=_offset(start, zone))
        for start, end in pairwise((first, *turns, first + 3 * _DAY))
    )


def _turn(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first whole second after `before` that has the offset of `after`."""
    low, high = 0, int((after - before) / _SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(before + middle * _SECOND, zone) == _offset(before, zone):
            low = middle
        else:
            high = middle
    return before + high * _SECOND


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def shown(day: date) -> datetime:
    """Return a midnight on the wall as if it were UTC: the moment is an offset earlier."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
