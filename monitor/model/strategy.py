"""How routing strategies are compared: weights, and what an evaluation says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

HANDLED = "handledCalls"
ANSWER = "avgSpeedOfAnswer"
ABANDONED = "abandonedCalls"
"""The metrics of an evaluation, by the guides' names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each metric counts; they sum to 1. The defaults are the guides'."""

    handled: float = 0.3
    answer: float = 0.4
    abandoned: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One strategy's figures and where they put it: `score` and `rank` from 0 to 1, None where unknown."""

    strategy: str
    metrics: Mapping[str, float | None]
    score: float | None
    rank: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One evaluation of an org's strategies. `requested` are the ids asked for, or those that came back.

    `accuracy` is the share of them that came back with every metric; `seconds` is how long asking took.
    """

    org: str
    started_at: datetime
    seconds: float
    requested: tuple[str, ...]
    rows: tuple[Scored, ...]
    accuracy: float
