"""Figures allow only the arithmetic that makes sense for their kind."""

from __future__ import annotations

import operator
import statistics
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.catalogue import METRICS
from monitor.model.interval import Interval
from monitor.model.measure import Count, Mean, Ratio, Snapshot, plus, total
from monitor.model.metric import Kind

START = datetime(2026, 11, 21, tzinfo=UTC)
numbers = st.integers(0, 10_000).map(float)
figures = st.none() | numbers
moments = st.integers(0, 10_000).map(lambda seconds: START + timedelta(seconds=seconds))
snapshots = st.builds(Snapshot, figures, moments)
ratios = st.builds(Ratio, figures, figures)

MADE_OF = {Kind.COUNT: Count, Kind.SNAPSHOT: Snapshot, Kind.RATIO: Ratio}
"""What a figure of each kind is kept as before it is a sample."""


@given(st.lists(snapshots, min_size=2))
def test_snapshots_cannot_be_summed_over_time(several):
    """Whatever snapshots there are, `sum` and `+` refuse them: there is no such operation."""
    with pytest.raises(TypeError):
        sum(several)
    with pytest.raises(TypeError):
        operator.add(several[0], several[1])


@given(st.lists(snapshots, min_size=1))
def test_snapshots_add_up_across_things_at_one_moment_only(several):
    """Backlogs of several queues add up if they are of the same moment, and are refused if not."""
    if len({one.at for one in several}) > 1:
        with pytest.raises(ValueError, match="different moments"):
            Snapshot.across(several)
    else:
        assert Snapshot.across(several).value == total(one.value for one in several)


@given(st.lists(snapshots, min_size=1))
def test_a_peak_is_one_of_the_snapshots(several):
    """The peak is the largest known value, the newest the latest one."""
    known = [one.value for one in several if one.value is not None]
    assert Snapshot.peak(several) == (max(known) if known else None)
    assert Snapshot.newest(several).at == max(one.at for one in several)


@given(st.lists(ratios, min_size=2))
def test_ratios_cannot_be_averaged(several):
    """No mean of ratios can be taken: they are no numbers, and division is not theirs."""
    with pytest.raises((TypeError, AttributeError, AssertionError)):  # by what the parts are
        statistics.mean(several)
    with pytest.raises(TypeError):
        statistics.fmean(several)
    with pytest.raises(TypeError):
        operator.truediv(several[0], 2)
    with pytest.raises(TypeError):
        float(several[0])


@given(st.lists(st.tuples(numbers, numbers), min_size=1))
def test_ratios_pool_their_parts(parts):
    """A sum of ratios is the ratio of the sums, so that a queue of one call weighs one call."""
    pooled = sum((Ratio(part, whole) for part, whole in parts[1:]), Ratio(*parts[0]))
    numerator, denominator = sum(part for part, _ in parts), sum(whole for _, whole in parts)
    assert (pooled.numerator, pooled.denominator) == (numerator, denominator)
    assert pooled.value == (numerator / denominator if denominator else None)


def test_a_ratio_of_nothing_is_idle_and_shown_as_zero():
    """Denominator 0 is idle: no value to compare, 0.0 to show; an unknown part is unknown, not idle."""
    idle, unknown = Ratio(0.0, 0.0), Ratio(None, 4.0)
    assert (idle.idle, idle.value, idle.shown) == (True, None, 0.0)
    assert (unknown.idle, unknown.value, unknown.shown) == (False, None, None)
    assert Ratio(0.0, 4.0).value == 0.0


def test_a_mean_is_pooled_by_its_seconds_and_count():
    """Two queues' handle times make one mean over all their interactions."""
    assert (Mean(100.0, 1.0) + Mean(20.0, 3.0)).value == 30.0
    assert Mean(0.0, 0.0).idle
    assert Mean(0.0, 0.0).value is None


@given(st.lists(figures))
def test_one_unknown_makes_the_sum_unknown(values):
    """A sum with a part that is not known is not known."""
    assert total(values) == (None if None in values else sum(values))
    assert (sum((Count(one) for one in values), Count(0.0))).value == total(values)
    assert plus(None, 1.0) is None


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if metric.sources])
def test_the_catalogue_gives_every_figure_a_kind_with_its_arithmetic(name):
    """A snapshot's figure has no `+`, a count's and a ratio's has; no figure of any kind can be divided."""
    made_of = MADE_OF.get(METRICS[name].kind)
    if made_of is None:
        assert METRICS[name].kind in (Kind.DURATION, Kind.INFO)
        return
    assert hasattr(made_of, "__add__") is (METRICS[name].kind is not Kind.SNAPSHOT)
    assert not hasattr(made_of, "__truediv__")


def test_an_interval_has_a_length_and_can_be_cut():
    """Pieces follow each other without gap, the last one as long as what is left."""
    whole = Interval(START, START + timedelta(minutes=50))
    pieces = list(whole.cut(1800))
    assert [piece.seconds for piece in pieces] == [1800.0, 1200.0]
    assert pieces[0].end == pieces[1].start
    with pytest.raises(ValueError, match="ends after"):
        Interval(START, START)
