"""Series in compact notation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.proving.notation import LONGEST, Mark, points, series

UNKNOWN, IDLE, STALE, ERROR = Mark.UNKNOWN, Mark.IDLE, Mark.STALE, Mark.ERROR


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1", (1.0,)),
        ("1 2.5 -3", (1.0, 2.5, -3.0)),
        ("0.9x2", (0.9, 0.9, 0.9)),
        ("1+2x3", (1.0, 3.0, 5.0, 7.0)),
        ("9-2x3", (9.0, 7.0, 5.0, 3.0)),
        ("-2+4x1", (-2.0, 2.0)),
        ("1e2x1", (100.0, 100.0)),
        ("5x0", (5.0,)),
        ("_", (UNKNOWN,)),
        ("1 _x3", (1.0, UNKNOWN, UNKNOWN, UNKNOWN)),
        ("idlex2 stale error errorx2", (IDLE, IDLE, STALE, ERROR, ERROR, ERROR)),
    ],
)
def test_the_notation_is_promtools(text: str, meant: tuple[object, ...]) -> None:
    """A run has one value more than its number says, a mark has as many."""
    assert points(text) == meant


@pytest.mark.parametrize(
    "text", ["", "foo", "1x", "x3", "1+x3", "nan", "inf", "1x1000000", "idle+1x2", "1,2"]
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError):
        points(text)


def test_a_series_cannot_be_endless() -> None:
    """Two runs that together pass the cap are refused before they are kept."""
    with pytest.raises(ValueError, match="more than"):
        points(f"1x{LONGEST - 1} 1x5")


@given(st.text(max_size=30))
def test_any_text_is_points_or_a_mistake(text: str) -> None:
    """No text does anything else than give points or ValueError."""
    try:
        found = points(text)
    except ValueError:
        return
    assert found


def test_a_series_has_a_name_and_labels() -> None:
    """Quotes and backslashes may be escaped, and commas stand in values."""
    assert series(r'queue_waiting{queue="A, \"B\" \\", media="voice",}') == (
        "queue_waiting",
        {"queue": 'A, "B" \\', "media": "voice"},
    )
    assert series("queue_waiting") == ("queue_waiting", {})


@pytest.mark.parametrize("text", ["", "a b", "m{queue}", 'm{queue="a', 'm{q="a" r="b"}', 'm{q="a", q="b"}'])
def test_a_broken_series_is_refused(text: str) -> None:
    """A label is a word, and its value stands in quotes."""
    with pytest.raises(ValueError):
        series(text)
