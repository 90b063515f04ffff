"""Stretches of time: half-open, in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` up to but not including `end`, both aware datetimes. Raises ValueError for no length."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"an interval ends after it starts, not {self.start} to {self.end}")

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds()

    def cut(self, seconds: float) -> Iterator[Interval]:
        """Yield it in pieces of `seconds`, the last one shorter where it does not divide evenly."""
        step = timedelta(seconds=seconds)
        start = self.start
        while start < self.end:
            end = min(start + step, self.end)
            yield Interval(start, end)
            start = end
