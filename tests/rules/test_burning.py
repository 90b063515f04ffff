"""Burn rates: the Site Reliability Workbook's own figures, a contact centre's, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.rules.burning import burns, factor, rate

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@pytest.mark.parametrize(
    ("objective", "share", "window", "period", "expected"),
    [
        # The Site Reliability Workbook, chapter 5, table 5-8: 99.9 % over 30 days.
        (0.999, 0.02, HOUR, 30 * DAY, 14.4),
        (0.999, 0.05, 6 * HOUR, 30 * DAY, 6.0),
        (0.999, 0.10, 3 * DAY, 30 * DAY, 1.0),
        # A service level of 80 % over a day: the budget is a fifth of the day's interactions.
        (0.80, 0.10, HOUR, DAY, 2.4),
        (0.80, 0.20, HOUR, DAY, 4.8),
        (0.80, 0.10, 30 * MINUTE, DAY, 4.8),
        (0.80, 0.50, 4 * HOUR, DAY, 3.0),
    ],
)
def test_the_factor_spends_its_share_in_one_window(
    objective: float, share: float, window: float, period: float, expected: float
) -> None:
    """Budget share times period by window."""
    assert factor(objective, share, window, period) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("objective", "share", "window", "period"),
    [
        (0.80, 0.25, HOUR, DAY),  # 6 of at most 5
        (0.80, 5 / 24, HOUR, DAY),  # 5 itself: every interaction would have to miss
        (0.90, 0.05, 7.2 * MINUTE, DAY),  # 10 of at most 10, whatever floats make of 1 − 0.9
        (0.999, 0.50, 20 * MINUTE, 30 * DAY),  # 1080 of at most 1000
    ],
)
def test_what_nothing_can_burn_is_refused(
    objective: float, share: float, window: float, period: float
) -> None:
    """A rule that could never fire is a mistake, said at once."""
    with pytest.raises(ValueError, match="nothing burns faster than"):
        factor(objective, share, window, period)


def test_just_below_the_fastest_is_allowed() -> None:
    """At 80 % a factor of 4.99 can still be reached."""
    assert factor(0.80, 0.0499, 864.0, DAY) == pytest.approx(4.99)


@pytest.mark.parametrize(
    ("objective", "share", "window", "period", "words"),
    [
        (1.0, 0.1, HOUR, DAY, "an objective is between"),
        (0.0, 0.1, HOUR, DAY, "an objective is between"),
        (80.0, 0.1, HOUR, DAY, "an objective is between"),
        (0.8, 0.0, HOUR, DAY, "a budget share is above"),
        (0.8, 1.1, HOUR, DAY, "a budget share is above"),
        (0.8, 0.1, 0.0, DAY, "a window and a period last"),
        (0.8, 0.1, HOUR, 0.0, "a window and a period last"),
    ],
)
def test_arguments_out_of_bounds_are_refused(
    objective: float, share: float, window: float, period: float, words: str
) -> None:
    """Each says in a sentence what it should have been."""
    with pytest.raises(ValueError, match=words):
        factor(objective, share, window, period)


@pytest.mark.parametrize(
    ("part", "whole", "objective", "expected"),
    [
        (999.0, 1000.0, 0.999, 1.0),  # one of a thousand missed: just the budget
        (9856.0, 10000.0, 0.999, 14.4),
        (0.0, 1000.0, 0.999, 1000.0),  # everything missed: as fast as it gets
        (80.0, 100.0, 0.80, 1.0),
        (34.0, 48.0, 0.80, 14 / 48 / 0.2),
        (0.0, 3.0, 0.80, 5.0),
        (100.0, 100.0, 0.80, 0.0),
        (101.0, 100.0, 0.80, 0.0),  # a budget is never earned back
        (0.0, 0.0, 0.80, 0.0),  # idle
        (None, 0.0, 0.80, 0.0),  # idle for sure, whatever the part
        (None, 10.0, 0.80, None),
        (5.0, None, 0.80, None),
        (None, None, 0.80, None),
        (0.0, -1.0, 0.80, None),  # no count at all
    ],
)
def test_the_rate_is_what_missed_by_what_may(
    part: float | None, whole: float | None, objective: float, expected: float | None
) -> None:
    """An idle window burns nothing, an unknown one is unknown."""
    found = rate(part, whole, objective)
    assert found is None if expected is None else found == pytest.approx(expected)


def test_an_objective_without_a_budget_has_no_rate() -> None:
    """At 100 % there is nothing to burn, and no rate of it, idle or not."""
    with pytest.raises(ValueError, match="objective"):
        rate(0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("long", "short", "expected"),
    [
        (3.0, 3.0, True),
        (2.4, 2.4, True),  # at the factor
        (3.0, 2.0, False),  # it was bad, but it is over
        (2.0, 3.0, False),  # it is bad, but not for long
        (None, 3.0, None),
        (3.0, None, None),
        (None, None, None),
        (None, 2.0, False),  # whatever the other is
        (2.0, None, False),
    ],
)
def test_both_windows_must_burn(long: float | None, short: float | None, expected: bool | None) -> None:
    """It is Kleene's and: one calm window decides, an unknown one never does."""
    assert burns(long, short, 2.4) is expected


@given(
    st.integers(1, 999), st.integers(1, 100_000), st.sampled_from([0.02, 0.05, 0.1, 0.25]), st.integers(1, 24)
)
def test_burning_at_the_factor_spends_the_share(permille: int, hourly: int, share: float, hours: int) -> None:
    """A window that missed just its share of the day's budget burns; one that missed a hair less does not."""
    objective, whole = permille / 1000, float(hourly * hours)
    missed = share * (1 - objective) * hourly * 24
    assume(missed < 0.999 * whole)
    level = factor(objective, share, hours * HOUR, DAY)
    spent = rate(whole - missed, whole, objective)
    spared = rate(whole - missed * 0.999, whole, objective)
    assert burns(spent, spent, level) is True
    assert burns(spent, spared, level) is False
