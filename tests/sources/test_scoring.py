"""How routing strategies are compared."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.observation import StrategyUse
from monitor.model.strategy import Weights
from monitor.sources.scoring import ranks, scale, score


def a_use(name: str, handled: float | None, answer: float | None, abandoned: float | None) -> StrategyUse:
    """Return one strategy's figures."""
    return StrategyUse(strategy=name, handled=handled, answer_seconds=answer, abandoned=abandoned)


def test_speed_of_answer_and_abandons_are_both_better_when_lower():
    """The strategy that is best in everything scores 1, the one that is worst in everything 0."""
    best, worst, between = score(
        [a_use("A", 100, 5, 1), a_use("B", 50, 25, 11), a_use("C", 75, 15, 6)], Weights()
    )
    assert [best.score, worst.score] == pytest.approx([1.0, 0.0])
    assert between.score == pytest.approx(0.5)
    assert [best.rank, between.rank, worst.rank] == pytest.approx([1.0, 2 / 3, 1 / 3])


def test_weights_decide():
    """With all the weight on handled calls, a slow strategy that handles most is best."""
    only = Weights(handled=1.0, answer=0.0, abandoned=0.0)
    slow, quick = score([a_use("A", 100, 90, 9), a_use("B", 10, 1, None)], only)
    assert (slow.score, quick.score) == (1.0, 0.0)


def test_equal_values_are_zero_before_the_inversion():
    """A cohort of one is 0 on every scale, so its inverted metrics count in full."""
    (alone,) = score([a_use("A", 5, 5, 5)], Weights())
    assert alone.score == pytest.approx(0.7)
    assert alone.rank == 1.0


def test_an_unknown_figure_leaves_score_and_rank_unknown():
    """A strategy that answered nothing has no speed of answer and is not ranked; the others are."""
    unknown, known = score([a_use("A", 0, None, 3), a_use("B", 5, 9, 1)], Weights())
    assert (unknown.score, unknown.rank) == (None, None)
    assert known.rank == 1.0


def test_ties_share_their_average_rank():
    """Two best of three share the ranks 2 and 3."""
    scores = [0.2, 0.9, 0.9]
    assert ranks(scores) == pytest.approx([1 / 3, 2.5 / 3, 2.5 / 3])


def test_many_strategies_are_ranked_by_one_sort():
    """Twenty thousand scores take well under a second: nothing compares each with each."""
    scores = [float(number % 5000) for number in range(20_000)]
    started = process_time()
    found = ranks(scores)
    assert process_time() - started < 1.0
    assert found[4999] == pytest.approx((19_996 + 2.5) / 20_000)


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_a_scale_reaches_from_zero_to_one(values):
    """Every value lands between 0 and 1, the lowest on 0."""
    scaled = [one for one in scale(values) if one is not None]
    assert min(scaled) == 0.0
    assert max(scaled) <= 1.0
