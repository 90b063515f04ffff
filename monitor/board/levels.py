"""The service levels of a queue, read out of a batch of the source `service_level`. Pure.

Of every media type and window there is one: at the queue's own target time where that is shown, else at the
first threshold of the settings. The headline is of the window that most people know (`WINDOW`, else the
longest), of the media type with most offered. Rows by Genesys' definition are taken where a queue has any.
Else it is those by the guides': all that their dialect knows; of a platform's queue without any media type
they say only that nothing ever came.
"""

from __future__ import annotations

import operator
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest
from operator import itemgetter

from monitor.kit import durations
from monitor.model.board import Attained
from monitor.model.org import Target
from monitor.model.sample import Rows, SampleBatch, Table, Value
from monitor.model.servicelevel import Definition

RATIO, MET, OFFERED = "service_level_ratio", "service_level_numerator", "service_level_denominator"
WINDOW = "15m"
"""The window of the headline, where it is asked for: long enough for a ratio, short enough to act on."""
BREATH = 2_000
"""Rows laid out between two breaths: about 2 ms."""

Targets = Mapping[tuple[str, str], Target]
"""(Queue id, media) → what the queue promises."""

_LABELS = ("queue_id", "media", "window", "threshold", "definition")


@dataclass(frozen=True, slots=True)
class Service:
    """One queue's service levels, and which of them is its headline."""

    level: Attained | None = None
    levels: tuple[Attained, ...] = ()


NOTHING = Service()


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows of one queue that are shown, and where among them the headline of each media type is."""

    definition: str
    rows: array[int]
    heads: tuple[int, ...]


_Chosen = dict[tuple[str, str], int]
"""(Media, window) → the row that is shown of one queue."""

_NO_ROWS = Rows(_LABELS, ())
_NO_TABLE = Table(_NO_ROWS, {RATIO: (), MET: (), OFFERED: ()})


@dataclass(slots=True)
class LevelReader:
    """Reads queue by queue; what a row said before stays the same object while it says the same."""

    _rows: Rows = field(default=_NO_ROWS, init=False)
    _columns: Sequence[Sequence[Value]] = field(default=((), (), ()), init=False)
    _answered: frozenset[str] = field(default=frozenset(), init=False)
    _targets: Targets = field(default_factory=dict, init=False)
    _found: dict[str, _Found] = field(default_factory=dict, init=False)
    _services: dict[str, Service] = field(default_factory=dict, init=False)
    _blank: dict[Attained, Attained] = field(default_factory=dict, init=False)

    def turn(self, batch: SampleBatch, targets: Targets) -> Iterator[None]:
        """Read out of `batch` from now on; yields where others may have their turn."""
        table = next((one for one in batch.tables if RATIO in one.columns), _NO_TABLE)
        if table.rows is not self._rows or targets is not self._targets:
            yield from self._lay(table.rows, targets)
        self._columns = tuple(table.columns[name] for name in (RATIO, MET, OFFERED))
        self._answered = batch.queues

    def read(self, queue_id: str) -> Service:
        """Return one queue's service levels."""
        found = self._found.get(queue_id)
        if found is None:
            return NOTHING
        # A platform's queue that was not answered for may have had media types that nobody has seen yet.
        sure = found.definition == Definition.GENESYS or queue_id in self._answered
        ratios, met, offered = self._columns
        before = self._services.get(queue_id, NOTHING)
        levels = tuple([
            self._level(row, was, ratios[row], met[row], offered[row], sure=sure)
            for row, was in zip_longest(found.rows, before.levels)
        ])  # fmt: skip
        if before.levels and all(map(operator.is_, levels, before.levels)):
            return before
        heads = [levels[place] for place in found.heads]
        service = self._services[queue_id] = Service(max(heads, key=_weight, default=None), levels)
        return service

    def _level(
        self, row: int, before: Attained | None, ratio: Value, met: Value, offered: Value, *, sure: bool
    ) -> Attained:
        idle = offered == 0 and sure
        if offered == 0 and not sure:
            ratio = met = offered = None
        if before is not None and _same(before, ratio, met, offered, idle=idle):
            return before
        queue_id, media, window, threshold, _ = _labels(self._rows)(self._rows.values[row])
        level = Attained(
            media=media, window=window, threshold=_seconds(threshold), ratio=ratio, met=met, offered=offered,
            target=_target(self._targets.get((queue_id, media)), threshold), idle=idle,
        )  # fmt: skip
        # Most queues of a big org have nothing to say most of the time, and all say it alike.
        return level if met or offered else self._blank.setdefault(level, level)

    def _lay(self, rows: Rows, targets: Targets) -> Iterator[None]:
        """Find the rows that are shown of each queue, and which of them are its headlines."""
        labels = _labels(rows)
        chosen: dict[tuple[str, str], _Chosen] = {}
        for row, values in enumerate(rows.values):
            if row % BREATH == 0:
                yield
            queue_id, media, window, threshold, definition = labels(values)
            shown = chosen.setdefault((definition, queue_id), {})
            if (media, window) not in shown or _own(targets.get((queue_id, media))) == threshold:
                shown[media, window] = row
        headline = _window({window for shown in chosen.values() for _, window in shown})
        found: dict[str, _Found] = {}
        for count, ((definition, queue_id), shown) in enumerate(chosen.items()):
            if count % BREATH == 0:
                yield
            if definition == Definition.GENESYS or queue_id not in found:
                heads = (place for place, (_, window) in enumerate(shown) if window == headline)
                found[queue_id] = _Found(definition, array("L", shown.values()), tuple(heads))
        self._rows, self._targets, self._found = rows, targets, found
        self._services, self._blank = {}, {}


Getter = Callable[[tuple[str, ...]], tuple[str, ...]]
"""Takes the labels out of a row, in the order of `_LABELS`."""


def _labels(rows: Rows) -> Getter:
    return _getter(rows.names)


@lru_cache(maxsize=8)
def _getter(names: tuple[str, ...]) -> Getter:
    places = [names.index(label) for label in _LABELS]
    return itemgetter(*places)


@lru_cache(maxsize=4096)
def _shown(seconds: float) -> str:
    return durations.show(seconds)


@lru_cache(maxsize=4096)
def _seconds(label: str) -> float:
    return durations.parse(label)


def _own(promised: Target | None) -> str:
    """Return the label of the threshold that a queue promises; nothing where it promises none."""
    return "" if promised is None or promised.seconds is None else _shown(promised.seconds)


def _target(promised: Target | None, threshold: str) -> float | None:
    """Return what is promised of a threshold: a promise of 20 s says nothing of 60 s."""
    return None if promised is None or _own(promised) != threshold else promised.ratio


def _window(labels: set[str]) -> str:
    return WINDOW if WINDOW in labels else max(labels, key=_seconds, default="")


def _same(cell: Attained, ratio: Value, met: Value, offered: Value, *, idle: bool) -> bool:
    return (cell.ratio, cell.met, cell.offered, cell.idle) == (ratio, met, offered, idle)


def _weight(level: Attained) -> tuple[int, float, bool]:
    """Return how much a media type speaks for its queue: much is offered, it is not known, nothing is."""
    offered = level.offered
    if offered is None:
        return 1, 0.0, level.media == "voice"
    return (2 if offered else 0), offered, level.media == "voice"
