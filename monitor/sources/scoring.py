"""Compares routing strategies: normalised, weighted, ranked. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from monitor.model.observation import Figure, StrategyUse
from monitor.model.strategy import ABANDONED, ANSWER, HANDLED, Scored, Weights


def score(uses: Sequence[StrategyUse], weights: Weights) -> tuple[Scored, ...]:
    """Return every strategy scored within this cohort, in the order given.

    Each metric is put on a scale from the cohort's lowest (0) to its highest (1). Speed of answer and
    abandons are better when lower and are turned round. A strategy with an unknown figure has no score
    and no rank.
    """
    scales = [
        (weights.handled, scale([use.handled for use in uses])),
        (weights.answer, turned(scale([use.answer_seconds for use in uses]))),
        (weights.abandoned, turned(scale([use.abandoned for use in uses]))),
    ]
    scores = [weighted([(weight, column[place]) for weight, column in scales]) for place in range(len(uses))]
    return tuple(
        Scored(
            strategy=use.strategy,
            metrics={HANDLED: use.handled, ANSWER: use.answer_seconds, ABANDONED: use.abandoned},
            score=own,
            rank=place,
        )
        for use, own, place in zip(uses, scores, ranks(scores), strict=True)
    )


def scale(values: Sequence[Figure]) -> list[Figure]:
    """Return the values between the lowest known (0) and the highest (1); all 0 where they are equal."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    width = high - low
    return [None if value is None else (value - low) / width if width else 0.0 for value in values]


def turned(values: Sequence[Figure]) -> list[Figure]:
    """Return a scale on which less is more."""
    return [None if value is None else 1.0 - value for value in values]


def weighted(parts: Sequence[tuple[float, Figure]]) -> Figure:
    """Return the weighted sum; a part of no weight need not be known."""
    result = 0.0
    for weight, value in parts:
        if weight and value is None:
            return None
        result += weight * (value or 0.0)
    return result


def ranks(scores: Sequence[Figure]) -> list[Figure]:
    """Return each one's average rank among equals, from 1 for the lowest, divided by how many are ranked."""
    known = sorted(one for one in scores if one is not None)
    return [
        None if one is None else (bisect_left(known, one) + bisect_right(known, one) + 1) / 2 / len(known)
        for one in scores
    ]
