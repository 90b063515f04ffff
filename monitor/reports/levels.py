"""The report `sla`: how much each queue answered within each threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.kit import durations
from monitor.model.interval import Interval
from monitor.model.measure import Ratio
from monitor.model.observation import QueueService, ServiceLevels, together
from monitor.model.org import Queue
from monitor.model.servicelevel import Definition, Formula, answered_level
from monitor.ports import Platform
from monitor.reports.pieces import DAY, Progress, answers

PIECE = 7 * DAY
"""Seconds of one question: well below what either dialect lets a query span (GUIDES.md: 30 days)."""
TOTAL = "total"
"""What stands for the queue in a row over all of them; its queue_id is empty."""
HEADINGS = ("queue_id", "queue", "threshold", "definition", "answered_within", "of", "percentage")

Key = tuple[str, float, Definition]
"""Queue id, threshold in seconds, definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One row: `ratio` is what was answered within `threshold` seconds, of what `definition` counts."""

    queue_id: str
    queue: str
    threshold: float
    definition: Definition
    ratio: Ratio

    @property
    def percentage(self) -> float | None:
        """0 to 100, with two decimals: 0.0 where nothing was counted, None where unknown."""
        share = self.ratio.shown
        return None if share is None else round(share * 100, 2)

    def cells(self) -> tuple[str | float | None, ...]:
        """Return the row under `HEADINGS`."""
        percentage = None if self.percentage is None else f"{self.percentage:.2f}"
        return (
            self.queue_id, self.queue, durations.show(self.threshold), self.definition.value,
            self.ratio.numerator, self.ratio.denominator, percentage,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelReport:
    """Every queue's rows in order of queue name, and the rows over all queues.

    `unknown` are ids of queues that could not be read in full; `refused` counts values that were refused.
    """

    interval: Interval
    levels: tuple[Level, ...]
    totals: tuple[Level, ...]
    unknown: tuple[str, ...]
    refused: int


async def service_levels(
    platform: Platform,
    queues: Sequence[Queue],
    interval: Interval,
    thresholds: Sequence[float],
    *,
    formula: Formula | None,
    progress: Progress,
) -> LevelReport:
    """Ask about every piece of `interval` and add up. With a `formula`, by Genesys' definition as well.

    Raises:
        PlatformError: a piece was not answered; there is no report of the rest.
    """
    ids = [queue.id for queue in queues]
    definitions = (Definition.ANSWERED,) if formula is None else (Definition.ANSWERED, Definition.GENESYS)
    keys = [(one, seconds, kind) for one in ids for seconds in thresholds for kind in definitions]
    sums = dict.fromkeys(keys, Ratio(0.0, 0.0))
    oddities = []

    async def ask(piece: Interval, deadline: float) -> ServiceLevels:
        return await platform.service_levels(ids, piece, thresholds, deadline=deadline)

    async for answer in answers(interval, PIECE, ask, progress):
        _add(sums, answer, formula or Formula())
        oddities.append(answer.oddities)
    unknown = {key[0] for key, ratio in sums.items() if None in (ratio.numerator, ratio.denominator)}
    return LevelReport(
        interval=interval,
        levels=tuple(_rows(sums, queues)),
        totals=tuple(_totals(sums, thresholds, definitions)),
        unknown=tuple(sorted(unknown)),
        refused=sum(together(oddities).values()),
    )


def _add(sums: dict[Key, Ratio], answer: ServiceLevels, formula: Formula) -> None:
    """Add one answer's parts; a queue that could not be read stays unknown, whatever else comes."""
    rows: dict[str, list[QueueService]] = {}
    for service in answer.queues:
        rows.setdefault(service.queue_id, []).append(service)
    for key in sums:
        queue_id, threshold, definition = key
        if queue_id in answer.unknown:
            sums[key] = Ratio(None, None)
            continue
        for service in rows.get(queue_id, ()):
            answered = definition is Definition.ANSWERED
            level = answered_level(service, threshold) if answered else formula.level(service, threshold)
            sums[key] += level


def _rows(sums: dict[Key, Ratio], queues: Sequence[Queue]) -> Iterator[Level]:
    names = {queue.id: queue.name for queue in queues}
    for (queue_id, threshold, definition), ratio in sorted(
        sums.items(), key=lambda item: (names[item[0][0]].casefold(), item[0])
    ):
        yield Level(
            queue_id=queue_id,
            queue=names[queue_id],
            threshold=threshold,
            definition=definition,
            ratio=ratio,
        )


def _totals(
    sums: dict[Key, Ratio], thresholds: Sequence[float], definitions: Sequence[Definition]
) -> Iterator[Level]:
    for threshold in sorted(set(thresholds)):
        for definition in definitions:
            ratios = (ratio for key, ratio in sums.items() if key[1:] == (threshold, definition))
            ratio = sum(ratios, Ratio(0.0, 0.0))
            yield Level(queue_id="", queue=TOTAL, threshold=threshold, definition=definition, ratio=ratio)
