"""Which stretch of time a report is about, from the dates people write. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitor.model.interval import Interval


def moment(text: str, zone: str) -> datetime:
    """Return, in UTC, the moment that an ISO 8601 date or date-time names.

    A date is its first moment. Without an offset the text is local time in `zone` (an IANA name).

    Raises:
        ValueError: `text` names no moment.
    """
    try:
        parsed = datetime.fromisoformat(text.strip())
        local = parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=ZoneInfo(zone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a date; write 2026-11-01 or 2026-11-01T08:30+01:00") from None


def span(start: str, end: str, zone: str, now: datetime) -> Interval:
    """Return the time from `start` up to but not including `end`.

    Raises:
        ValueError: either is not a date, there is no time between them, or all of it is still to come.
    """
    begin, stop = moment(start, zone), moment(end, zone)
    if stop <= begin:
        raise ValueError(f"{end} is not after {start}: the end is exclusive")
    if begin >= now:
        raise ValueError(f"{start} is still to come")
    return Interval(begin, stop)


def check_whole(interval: Interval, bucket: float) -> None:
    """Refuse a span that is not a whole number of buckets: the last one would be shown too low.

    Raises:
        ValueError: something is left over.
    """
    if interval.seconds % bucket:
        raise ValueError("the time from start to end is not a whole number of buckets")
