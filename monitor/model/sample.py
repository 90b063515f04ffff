"""Samples, kept as columns: one table per label set, so that a poll of 100,000 values stays cheap.

`Rows` objects are compared by identity. A source hands out the same `Rows` as long as the same
queues show the same labels; exposition and rules key what they precompute on that object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

ALL_AGENTS = "all"
"""The label agent_id of a row about everybody: a gateway that does not tell people apart (GUIDES.md §3)."""

Value = float | None
"""A sample's value; None is unknown: not exported, never compared, never a reason to clear."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The labels of a table: names once, then one tuple of values per row."""

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Table:
    """Samples that share their labels: a column of values per catalogue metric, as long as `rows`.

    `idle` names, per metric, the rows in which a ratio or mean has nothing to be taken of (denominator 0).
    Their value is None, yet it is known that nothing happened: that is idle, not unknown.
    """

    rows: Rows
    columns: Mapping[str, Sequence[Value]]
    idle: Mapping[str, AbstractSet[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleBatch:
    """One good poll of one source, the unit of publishing.

    `observed_at` is when the answer was in. `queues` are the ids that were asked about and answered:
    for them, a media type without a row had nothing at all. `whole` says the same of what is no queue's:
    everything there is has a row, and who has none did nothing.
    """

    org: str
    source: str
    observed_at: datetime
    tables: tuple[Table, ...]
    queues: frozenset[str]
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFailure:
    """One poll without an answer: nothing is known, nothing may clear."""

    org: str
    source: str
    failed_at: datetime
    reason: str
    message: str


PollResult = SampleBatch | SourceFailure
