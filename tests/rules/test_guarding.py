"""Wilson's bounds: against printed tables, against the equation they solve, and at the edges."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.rules.guarding import lower, really_above, really_below, upper

WHOLES = st.integers(1, 100_000)
CONFIDENCES = st.floats(0.5, 0.9999)


@st.composite
def counts(draw) -> tuple[int, int]:
    """Draw a part and its whole."""
    whole = draw(WHOLES)
    return draw(st.integers(0, whole)), whole


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_bounds_are_the_published_ones(part: int, whole: int, low: float, high: float) -> None:
    """Newcombe's examples (1998, table I, method 3): two sides of 95 % are one of 97.5 % each."""
    assert round(lower(part, whole, 0.975), 4) == low
    assert round(upper(part, whole, 0.975), 4) == high


def solved(part: int, whole: int, confidence: float) -> float:
    """Return, by bisection, the largest ratio the score test does not reject."""
    z, ratio = NormalDist().inv_cdf(confidence), part / whole
    left, right = ratio, 1.0
    for _ in range(200):
        middle = (left + right) / 2
        error = math.sqrt(middle * (1 - middle) / whole)
        left, right = (middle, right) if middle - ratio <= z * error else (left, middle)
    return left


@given(counts(), CONFIDENCES)
def test_the_upper_bound_is_where_the_score_test_begins_to_reject(
    case: tuple[int, int], confidence: float
) -> None:
    """The bound solves (bound − ratio) ÷ standard error at the bound = z, found here without the formula."""
    assert upper(*case, confidence) == pytest.approx(solved(*case, confidence), abs=1e-7)


@given(counts(), CONFIDENCES)
def test_the_lower_bound_mirrors_the_upper(case: tuple[int, int], confidence: float) -> None:
    """What met at least so often missed at most so often."""
    part, whole = case
    assert lower(part, whole, confidence) == pytest.approx(1 - upper(whole - part, whole, confidence))


@given(counts(), CONFIDENCES)
def test_the_ratio_is_between_its_bounds(case: tuple[int, int], confidence: float) -> None:
    """What was seen is always plausible, and no bound leaves 0 to 1."""
    part, whole = case
    low, high = lower(part, whole, confidence), upper(part, whole, confidence)
    assert 0 <= low <= part / whole <= high <= 1


@given(counts(), CONFIDENCES)
def test_the_bounds_grow_with_the_part(case: tuple[int, int], confidence: float) -> None:
    """One more that met never makes a ratio less plausible to be high."""
    part, whole = case
    more = min(part + 1, whole)
    assert lower(more, whole, confidence) >= lower(part, whole, confidence)
    assert upper(more, whole, confidence) >= upper(part, whole, confidence)


@given(counts(), CONFIDENCES, CONFIDENCES)
def test_more_confidence_is_more_caution(case: tuple[int, int], one: float, other: float) -> None:
    """The bounds move apart as the confidence grows."""
    less, more = sorted((one, other))
    assert upper(*case, less) <= upper(*case, more) + 1e-12
    assert lower(*case, less) >= lower(*case, more) - 1e-12


@given(counts(), CONFIDENCES, st.integers(2, 50))
def test_more_events_are_more_certainty(case: tuple[int, int], confidence: float, times: int) -> None:
    """The same ratio of more events has bounds at most as far apart."""
    part, whole = case
    assert upper(part * times, whole * times, confidence) <= upper(part, whole, confidence) + 1e-12
    assert lower(part * times, whole * times, confidence) >= lower(part, whole, confidence) - 1e-12


@pytest.mark.parametrize("ratio", [0.0, 0.3, 0.8, 1.0])
def test_the_bounds_tend_to_the_ratio(ratio: float) -> None:
    """With a billion events nothing is left to doubt."""
    whole = 1e9
    assert upper(ratio * whole, whole, 0.95) == pytest.approx(ratio, abs=1e-4)
    assert lower(ratio * whole, whole, 0.95) == pytest.approx(ratio, abs=1e-4)


def test_nothing_of_nothing_says_nothing() -> None:
    """Without events every ratio is plausible, and none is really beyond anything."""
    assert (lower(0, 0, 0.95), upper(0, 0, 0.95)) == (0.0, 1.0)
    assert not really_below(0, 0, 2.0, 0.95)
    assert not really_above(0, 0, -1.0, 0.95)


@pytest.mark.parametrize(
    ("part", "whole", "below"),
    [
        (1, 2, False),  # 50 %, but of two
        (5, 10, True),  # at most 73 %
        (34, 48, False),  # 71 %, but up to 80.2 % is plausible
        (340, 480, True),  # at most 74 %
        (80, 100, False),  # the threshold itself is not below it
        (0, 1, True),  # at most 73 %: a minimum volume of its own is for that
    ],
)
def test_few_events_do_not_make_a_breach(part: int, whole: int, below: bool) -> None:
    """A ratio is really below 80 % only where its upper bound is."""
    assert really_below(part, whole, 0.80, 0.95) is below


@given(counts(), st.floats(0.01, 0.99), CONFIDENCES)
def test_really_beyond_is_beyond(case: tuple[int, int], threshold: float, confidence: float) -> None:
    """What is really below is below, what is really above is above, and nothing is both."""
    part, whole = case
    below = really_below(part, whole, threshold, confidence)
    above = really_above(part, whole, threshold, confidence)
    assert not (below and above)
    assert not below or part / whole < threshold
    assert not above or part / whole > threshold


@given(counts(), st.floats(0.01, 0.99))
def test_half_confidence_is_the_plain_comparison(case: tuple[int, int], threshold: float) -> None:
    """At 0.5 the bounds are the ratio itself."""
    part, whole = case
    assert really_below(part, whole, threshold, 0.5) == (part / whole < threshold)
    assert really_above(part, whole, threshold, 0.5) == (part / whole > threshold)


def test_a_part_beyond_its_whole_is_the_whole() -> None:
    """An answer that contradicts itself is no reason to crash."""
    assert upper(7, 5, 0.95) == 1.0
    assert lower(-1, 5, 0.95) == 0.0


@pytest.mark.parametrize("confidence", [0.0, 0.49, 1.0, 95.0, math.nan])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    """Percentages and certainty are mistakes, named as such, whatever the counts."""
    with pytest.raises(ValueError, match="confidence is at least"):
        upper(0, 10, confidence)
