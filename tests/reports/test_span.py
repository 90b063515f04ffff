"""Dates as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.model.interval import Interval
from monitor.reports.span import check_whole, moment, span

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-11-01", "UTC", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01", "Europe/Paris", datetime(2026, 10, 31, 23, tzinfo=UTC)),
        ("2026-07-01", "Europe/Paris", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("2026-11-01T08:30", "America/New_York", datetime(2026, 11, 1, 13, 30, tzinfo=UTC)),
        ("2026-11-01T08:30+02:00", "America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        (" 2026-11-01T08:30Z ", "Asia/Tokyo", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
    ],
)
def test_dates_are_local_unless_they_have_an_offset(text: str, zone: str, expected: datetime) -> None:
    """A date is local midnight, a date-time local time; an offset of its own beats the zone."""
    assert moment(text, zone) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "01.11.2026", "0001-01-01T00:00+23:00"])
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    """The message shows what to write."""
    with pytest.raises(ValueError, match=r"is not a date; write 2026-11-01"):
        moment(text, "UTC")


def test_the_end_is_exclusive() -> None:
    """November is from its first day to December's, over a change of the clocks as well."""
    found = span("2026-10-01", "2026-11-01", "Europe/Paris", NOW)
    assert found.seconds == 31 * 86400 + 3600


def test_no_time_is_refused() -> None:
    """The same date twice is nothing, because the end is exclusive."""
    with pytest.raises(ValueError, match="exclusive"):
        span("2026-11-01", "2026-11-01", "UTC", NOW)


def test_a_time_still_to_come_is_refused() -> None:
    """Nothing has happened then: a report would be full of zeros."""
    with pytest.raises(ValueError, match="still to come"):
        span("2026-11-22", "2026-11-23", "UTC", NOW)


def test_a_part_of_a_bucket_is_refused() -> None:
    """100 minutes are no whole number of half hours; 90 are."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    check_whole(Interval(start, start.replace(hour=1, minute=30)), 1800.0)
    with pytest.raises(ValueError, match="whole number"):
        check_whole(Interval(start, start.replace(hour=1, minute=40)), 1800.0)
