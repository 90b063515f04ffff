"""Figures as shapes: nothing is drawn where nothing was known."""

from __future__ import annotations

from monitor.web.page.drawing import across, spark
from tests.web.page.making import a_line


def test_a_gap_in_the_hour_is_a_gap_in_the_line() -> None:
    """Minutes that were not known are not bridged, and one that stands alone is a dot."""
    line = a_line(trend=(0.5, 0.5, None, 1.0, None, None), waits=())
    assert spark(line).level == "M0 50 2 50M6 8h0"


def test_the_line_ends_with_the_last_known_minute() -> None:
    """The dot stands at the newest minute that was known, not at the edge."""
    assert spark(a_line(trend=(0.5, 1.0, None))).end == "2 8"
    assert spark(a_line(trend=(None, None))).end == ""


def test_who_waited_fills_the_lower_half() -> None:
    """The most that waited reaches half of the height; one or two make no mountain; nobody, nothing."""
    assert spark(a_line(waits=(0.0, 20.0))).waits == "M0 92 2 50V100H0Z"
    assert spark(a_line(waits=(0.0, 1.0))).waits == "M0 92 2 88V100H0Z"
    assert spark(a_line(waits=(0.0, None, 0.0))).waits == ""


def test_the_hour_is_said_in_words() -> None:
    """Those who listen hear the range of the level and the most that waited, or that it is not known."""
    known = spark(a_line(trend=(0.45, None, 0.92), waits=(3.0, None, 7.0)))
    assert known.said == "Last hour: service level from 45 % to 92 %, at most 7 waiting."
    assert spark(a_line(trend=(None,), waits=(None,))).said == "Last hour: unknown."


def test_a_bar_stays_in_its_rail() -> None:
    """A ratio above one, as wrong as it is, does not draw over the next figure."""
    assert [across(ratio) for ratio in (-0.1, 0.0, 0.7083, 1.0, 1.7)] == ["0", "0", "70.8", "100", "100"]
