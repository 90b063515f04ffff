"""A small platform for reports: it answers every piece by a function, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from monitor.model.errors import PlatformError
from monitor.model.interval import Interval
from monitor.model.observation import ServiceLevels, Utilization
from monitor.ports import Platform


@dataclass
class PiecePlatform:
    """Answers service levels and utilization; the piece that starts at `fails_at` raises."""

    levels: Callable[[Interval], ServiceLevels] | None = None
    uses: Callable[[Interval], Utilization] | None = None
    failure: PlatformError | None = None
    fails_at: int = 0
    pieces: list[Interval] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)

    async def service_levels(
        self, queue_ids: Sequence[str], interval: Interval, thresholds: Sequence[float], *, deadline: float
    ) -> ServiceLevels:
        self._note(interval, tuple(queue_ids), tuple(thresholds))
        assert self.levels is not None
        return self.levels(interval)

    async def utilization(
        self,
        interval: Interval,
        bucket: float,
        *,
        agents: Sequence[str] = (),
        names: bool = False,
        status: bool = False,
        deadline: float,
    ) -> Utilization:
        self._note(interval, bucket, tuple(agents), names)
        assert self.uses is not None
        return self.uses(interval)

    def _note(self, interval: Interval, *asked: object) -> None:
        if self.failure is not None and len(self.pieces) == self.fails_at:
            raise self.failure
        self.pieces.append(interval)
        self.asked.append(asked)


def platform(fake: object) -> Platform:
    """Return a fake as the port; it has only the methods its test needs."""
    return cast("Platform", fake)


@dataclass
class Steps:
    """Keeps how far a report said it had come."""

    pieces: int = 0
    done: int = 0

    def begin(self, pieces: int) -> None:
        self.pieces = pieces

    def advance(self) -> None:
        self.done += 1
