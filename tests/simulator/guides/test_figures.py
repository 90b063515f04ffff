from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.simulator.guides.figures import buckets, floor
from tests.simulator.parts import START

HOUR = timedelta(hours=1)


def test_buckets_cover_a_span():
    """Buckets are aligned, and every one that overlaps the span is there, the last only if begun."""
    starts = [first for first, _ in buckets(START + HOUR / 4, START + 2 * HOUR, HOUR)]
    assert starts == [START, START + HOUR]


def test_repeated_hour_has_two_buckets():
    """When clocks go back both hours of the same name keep their own bucket."""
    # Europe leaves summer time on 2026-10-25 at 01:00 UTC.
    paris, night = ZoneInfo("Europe/Paris"), datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    assert [floor(night + n * HOUR, HOUR, paris) for n in range(4)] == [
        night - HOUR / 2 + n * HOUR for n in range(4)
    ]
