"""Which service levels and counts are shown, and their columns. Pure.

One `Plan` holds as long as the same queues, targets and media types are known, and so do its `Rows`. The
columns of 5,000 queues are a million values a poll: hence lists, not objects.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from monitor.kit import durations
from monitor.model.catalogue import METRICS
from monitor.model.measure import divided, total
from monitor.model.observation import QueueService, ServiceLevels
from monitor.model.org import ALL_MEDIA, Queue
from monitor.model.sample import Rows, Table, Value
from monitor.model.servicelevel import Definition, Formula, Window

COUNTS = {
    "queue_offered": "offered",
    "queue_answered": "answered",
    "queue_abandoned": "abandoned",
    "queue_short_abandoned": "short_abandoned",
    "queue_flowed_out": "flowed_out",
    "queue_over_sla": "over_sla",
}
"""Metric → the field of an observation that it shows."""

MEANS = {
    "queue_speed_of_answer_seconds": ("answer_seconds", "answered"),
    "queue_average_handle_seconds": ("handle_seconds", "handled"),
    "queue_average_wait_seconds": ("wait_seconds", "waited"),
}
"""Metric → the sum and the count whose quotient it is."""

Levels = tuple[tuple[float, bool], ...]
"""Thresholds in seconds, and whether each is the queue's own: there the platform's own figure is taken."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is shown: a row of counts per pair of queue and media, and service levels per pair and queue."""

    queues: tuple[Queue, ...]
    pairs: tuple[tuple[str, str], ...]
    levels: tuple[Levels, ...]
    thresholds: tuple[float, ...]
    apart: bool
    count_rows: Rows
    level_rows: Rows


def plan(
    queues: tuple[Queue, ...],
    media: Mapping[str, Sequence[str]],
    windows: Sequence[Window],
    thresholds: Sequence[float],
    *,
    apart: bool,
) -> Plan:
    """Return what to show of `queues`; `media` are the types each has shown, if they are told `apart` at all.

    Per window there come first the service levels of each pair by Genesys' definition, each at `thresholds`
    and at the queue's own, then those of each queue as a whole by the guides' (`answered`).
    """
    thresholds = tuple(threshold for threshold, _ in _levels(thresholds, None))
    names = {queue.id: queue.name for queue in queues}
    pairs = tuple((queue.id, kind) for queue in queues for kind in (media[queue.id] if apart else ()))
    targets = {(queue.id, one.media): one.seconds for queue in queues for one in queue.targets}
    levels = tuple(_levels(thresholds, targets.get(pair)) for pair in pairs)
    shown = [
        (*pair, threshold, Definition.GENESYS)
        for pair, several in zip(pairs, levels, strict=True)
        for threshold, _ in several
    ]
    shown += [
        (queue.id, ALL_MEDIA, threshold, Definition.ANSWERED) for queue in queues for threshold in thresholds
    ]
    counted = pairs if apart else tuple((queue.id, ALL_MEDIA) for queue in queues)
    labels = [window.label for window in windows]
    return Plan(
        queues,
        pairs,
        levels,
        thresholds,
        apart,
        Rows(
            METRICS["queue_answered"].labels,
            tuple((queue_id, names[queue_id], kind, label) for label in labels for queue_id, kind in counted),
        ),
        Rows(
            METRICS["service_level_ratio"].labels,
            tuple(
                (queue_id, names[queue_id], kind, label, durations.show(threshold), definition.value)
                for label in labels
                for queue_id, kind, threshold, definition in shown
            ),
        ),
    )


def _levels(thresholds: Sequence[float], promised: float | None) -> Levels:
    """Return one threshold per label: of two that are shown alike the first stays.

    Two rows under the same labels would be one series of two values, and an alert that comes and goes.
    """
    several: dict[str, float] = {}
    for threshold in (*thresholds, *(() if promised is None else (promised,))):
        several.setdefault(durations.show(threshold), threshold)
    own = None if promised is None else durations.show(promised)
    return tuple((threshold, label == own) for label, threshold in several.items())


@dataclass(slots=True)
class Quotients:
    """A column of quotients with its numerators and denominators."""

    value: list[Value] = field(default_factory=list)
    part: list[Value] = field(default_factory=list)
    whole: list[Value] = field(default_factory=list)
    idle: set[int] = field(default_factory=set)

    def add(self, part: Value, whole: Value) -> None:
        """Add one row."""
        if whole == 0:
            self.idle.add(len(self.value))
        self.value.append(divided(part, whole))
        self.part.append(part)
        self.whole.append(whole)


@dataclass(slots=True)
class Sheet:
    """Fills the columns of a plan, a window at a time, in the order of the plan's rows."""

    plan: Plan
    formula: Formula
    _levels: Quotients = field(default_factory=Quotients, init=False)
    _counts: dict[str, list[Value]] = field(default_factory=dict, init=False)
    _quotients: dict[str, Quotients] = field(default_factory=dict, init=False)

    def add(self, answer: ServiceLevels) -> None:
        """Add one window's answer."""
        nothing = _nothing(self.plan.thresholds)
        if self.plan.apart:
            found = {(one.queue_id, one.media): one for one in answer.queues}
            rows = [found.get(pair) or _absent(pair[0], answer, nothing) for pair in self.plan.pairs]
            self._by_media(rows)
        else:
            whole = {one.queue_id: one for one in answer.queues}
            rows = [whole.get(one.id) or _absent(one.id, answer, nothing) for one in self.plan.queues]
            self._counts.setdefault("queue_answered", []).extend(row.answered for row in rows)
        self._by_queue(answer)

    def tables(self) -> tuple[Table, Table]:
        """Return service levels and counts."""
        levels, quotients = self._levels, self._quotients
        return (
            Table(
                self.plan.level_rows,
                {
                    "service_level_ratio": levels.value,
                    "service_level_numerator": levels.part,
                    "service_level_denominator": levels.whole,
                },
                {"service_level_ratio": levels.idle},
            ),
            Table(
                self.plan.count_rows,
                {**self._counts, **{name: one.value for name, one in quotients.items()}},
                {name: one.idle for name, one in quotients.items()},
            ),
        )

    def _by_media(self, rows: Sequence[QueueService]) -> None:
        for name, place in COUNTS.items():
            self._counts.setdefault(name, []).extend(map(attrgetter(place), rows))
        for name, places in MEANS.items():
            self._quotient(name, map(attrgetter(*places), rows))
        left = ((row.abandoned, total((row.answered, row.abandoned, row.flowed_out))) for row in rows)
        self._quotient("queue_abandon_ratio", left)
        for row, levels in zip(rows, self.plan.levels, strict=True):
            counted, within = self.formula.denominator(row), row.within
            for threshold, own in levels:
                if own and row.level_counted is not None:
                    self._levels.add(row.level_met, row.level_counted)
                else:
                    self._levels.add(within.get(threshold), counted)

    def _quotient(self, name: str, parts: Iterable[tuple[Value, Value]]) -> None:
        column = self._quotients.setdefault(name, Quotients())
        for part, whole in parts:
            column.add(part, whole)

    def _by_queue(self, answer: ServiceLevels) -> None:
        """Add each queue as a whole: its media types' counts are added up, never their ratios."""
        rows: dict[str, list[QueueService]] = {}
        for row in answer.queues:
            rows.setdefault(row.queue_id, []).append(row)
        for queue in self.plan.queues:
            several = rows.get(queue.id)
            if several is None:
                known = None if queue.id in answer.unknown else 0.0
                for _ in self.plan.thresholds:
                    self._levels.add(known, known)
                continue
            answered = total(row.answered for row in several)
            for threshold in self.plan.thresholds:
                self._levels.add(total(row.within.get(threshold) for row in several), answered)


def _absent(queue_id: str, answer: ServiceLevels, nothing: QueueService) -> QueueService:
    """Return what no row means: nothing happened, or nothing is known."""
    return _UNKNOWN if queue_id in answer.unknown else nothing


_UNKNOWN = QueueService(queue_id="", media="", answered=None, within={})


def _nothing(thresholds: Sequence[float]) -> QueueService:
    """Return the row of a queue and media type in which nothing happened."""
    figures = dict.fromkeys((*COUNTS.values(), *itertools.chain(*MEANS.values())), 0.0)
    figures.update(level_met=0.0, level_counted=0.0)
    return QueueService(queue_id="", media="", within=dict.fromkeys(thresholds, 0.0), **figures)
