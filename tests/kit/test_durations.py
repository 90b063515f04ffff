"""Lengths of time, read and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.kit.durations import parse, show

YEARS = 10 * 366 * 86_400_000
"""Milliseconds of ten years: longer than anything that is shown."""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0ms"),
        (0.35, "350ms"),
        (20.0, "20s"),
        (20.4, "20s400ms"),
        (20.5, "20s500ms"),
        (5400.0, "1h30m"),
        (93_784.005, "1d2h3m4s5ms"),
    ],
)
def test_every_unit_is_shown(seconds: float, text: str) -> None:
    """Nothing is rounded away: two thresholds that differ have two labels."""
    assert show(seconds) == text


@given(st.integers(0, YEARS))
def test_what_is_shown_reads_back(milliseconds: int) -> None:
    """Any whole number of milliseconds survives being written and read, to the last bit."""
    assert parse(show(milliseconds / 1000)) == milliseconds / 1000


@pytest.mark.parametrize(
    ("text", "seconds"), [("20.4s", 20.4), ("1.001s", 1.001), ("1s1ms", 1.001), (" 1.5h30m ", 7200.0)]
)
def test_people_may_write_it_otherwise(text: str, seconds: float) -> None:
    """Decimals, and units in any order that says the same."""
    assert parse(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "s", "1h 30m", "-1s", "1e3s", "9" * 400 + "s", "9" * 5000 + "s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """No unit, no number, a sign, an exponent, or more than a number can hold."""
    with pytest.raises(ValueError, match=r"."):
        parse(text)
