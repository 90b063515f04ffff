"""Which stretch of time a question is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.model.servicelevel import Window
from monitor.sources.windows import midnight, newest, today

NOW = datetime(2026, 11, 21, 9, 17, 42, tzinfo=UTC)
PARIS = "Europe/Paris"


def test_a_sliding_window_ends_on_the_whole_minute_before_the_lag():
    """At 09:17:42 with a lag of a minute, the last 15 minutes are 09:01 to 09:16."""
    interval = newest(Window(900.0), NOW, 60.0)
    assert interval.start == datetime(2026, 11, 21, 9, 1, tzinfo=UTC)
    assert interval.end == datetime(2026, 11, 21, 9, 16, tzinfo=UTC)


def test_an_aligned_window_is_the_last_whole_one():
    """The aligned half-hour at 09:17 is 08:30 to 09:00, and stays so until 09:31 with a lag of a minute."""
    interval = newest(Window(1800.0, aligned=True), NOW, 60.0)
    assert interval.end == datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    assert newest(Window(1800.0, aligned=True), NOW.replace(minute=30), 60.0) == interval
    assert newest(Window(1800.0, aligned=True), NOW.replace(minute=31), 60.0) != interval


@pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-21", 24)])
def test_a_local_day_has_the_hours_the_clocks_gave_it(date, hours):
    """The day the clocks go forward has 23 hours, the day they go back 25."""
    start = datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(PARIS)).astimezone(UTC)
    end = start + timedelta(hours=hours)
    assert midnight(end, PARIS) == start
    assert midnight(end + timedelta(seconds=1), PARIS) == end
    assert today(end, PARIS).seconds == hours * 3600


def test_midnight_itself_still_belongs_to_the_day_that_ends():
    """A snapshot taken at local midnight closes the last bucket of the day before."""
    at = datetime(2026, 11, 21, 0, 0, tzinfo=ZoneInfo(PARIS))
    assert midnight(at, PARIS) == datetime(2026, 11, 20, 0, 0, tzinfo=ZoneInfo(PARIS))
