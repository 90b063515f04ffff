"""The metrics of the source `strategies`."""

from __future__ import annotations

from monitor.model.metric import BOTH, Kind, table

STRATEGY = ("strategy",)

STRATEGIES = table(
    (
        "routing_strategy_score",
        Kind.RATIO,
        "ratio",
        STRATEGY,
        BOTH,
        "Weighted score within the evaluated strategies, 1 is best.",
    ),
    (
        "routing_strategy_percentile_rank",
        Kind.RATIO,
        "ratio",
        STRATEGY,
        BOTH,
        "Average rank of the score among the strategies, divided by their number; 1 is the best.",
    ),
    (
        "routing_strategy_handled",
        Kind.COUNT,
        "interactions",
        STRATEGY,
        BOTH,
        "Interactions handled over the evaluated span.",
    ),
    (
        "routing_strategy_answer_seconds",
        Kind.DURATION,
        "seconds",
        STRATEGY,
        BOTH,
        "Average speed of answer over the evaluated span.",
    ),
    (
        "routing_strategy_abandoned",
        Kind.COUNT,
        "interactions",
        STRATEGY,
        BOTH,
        "Interactions abandoned over the evaluated span.",
    ),
    sources=("strategies",),
)
