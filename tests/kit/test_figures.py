"""Numbers, lengths of time and dates as people read them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.kit import figures


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (27.0, "27"),
        (0.7142857, "0.714"),
        (-0.0, "0"),
        (12345.6, "12345.6"),
        (0.00012, "0.00012"),
        (1e300, "1e+300"),
        (float("nan"), "–"),
        (float("-inf"), "–"),
    ],
)
def test_a_number_is_short(value: float, shown: str):
    """No needless zeros, no hundred digits, and a dash for what is none."""
    assert figures.number(value) == shown


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(0.714, "71.4 %"), (0.8, "80 %"), (1.0, "100 %"), (0.9999, "99.9 %"), (0.0, "0 %"), (float("nan"), "–")],
)
def test_a_ratio_is_shown_in_percent(ratio: float, shown: str):
    """Only all of it is 100 %."""
    assert figures.percent(ratio) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0 s"),
        (0.35, "350 ms"),
        (1.5, "1.5 s"),
        (20.4, "20 s"),
        (59.7, "1 m"),
        (90.0, "1 m 30 s"),
        (3599.9, "1 h"),
        (3725.0, "1 h 2 m"),
        (90061.0, "1 d 1 h"),
        (-5.0, "−5 s"),
        (float("inf"), "–"),
    ],
)
def test_a_length_of_time_is_two_units(seconds: float, shown: str):
    """The largest that say something, rounded to what is shown."""
    assert figures.duration(seconds) == shown


@given(st.floats())
def test_every_float_can_be_shown(value: float):
    """Whatever comes, it is short."""
    for show in (figures.number, figures.percent, figures.duration):
        assert 0 < len(show(value)) < 400


def test_a_date_is_shown_in_a_zone():
    """Summer, winter, naive ones and texts alike."""
    assert figures.local("2026-11-21T09:04:00.000Z", "Europe/Berlin") == "2026-11-21 10:04 CET"
    assert figures.local(datetime(2026, 7, 1, 9, 4, tzinfo=UTC), "Europe/Berlin") == "2026-07-01 11:04 CEST"
    assert figures.local("2026-11-21T09:04:00") == "2026-11-21 09:04 UTC"


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "Europe", "x" * 300, "\0"])
def test_a_zone_that_is_none_is_named(zone: str):
    """A wrong zone is an error that says what a right one looks like."""
    with pytest.raises(ValueError, match="Europe/Berlin"):
        figures.local("2026-11-21T09:04:00Z", zone)
