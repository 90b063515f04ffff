"""Which service levels of a batch are shown of each queue, and which of those are headlines. Pure.

Of every media type and window there is one: at the queue's own target time where that is shown, else at the
first threshold of the settings. A headline of each media type is the one of the window that most people know
(`WINDOW`, else the longest). Rows by Genesys' definition are taken where a queue has any. Else it is those by
the guides': all that their dialect knows; of a platform's queue without any media type they say only that
nothing ever came. Whoever shows a service level chooses here, so that all show the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter

from monitor.kit import durations
from monitor.model.org import Target
from monitor.model.sample import Rows, SampleBatch, Table
from monitor.model.servicelevel import Definition

RATIO, MET, OFFERED = "service_level_ratio", "service_level_numerator", "service_level_denominator"
LABELS = ("queue_id", "media", "window", "threshold", "definition")
"""What is read of a row, in this order."""
WINDOW = "15m"
"""The window of the headline, where it is asked for: long enough for a ratio, short enough to act on."""
BREATH = 2_000
"""Rows looked at between two breaths: about 2 ms."""

Targets = Mapping[tuple[str, str], Target]
"""(Queue id, media) → what the queue promises."""

_NO_ROWS = Rows(LABELS, ())
_NO_TABLE = Table(_NO_ROWS, {RATIO: (), MET: (), OFFERED: ()})


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of one queue that are shown; `heads` are the places among them of its headlines."""

    definition: str
    rows: array[int]
    heads: tuple[int, ...]


_Shown = dict[tuple[str, str], int]
"""(Media, window) → the row that is shown of one queue."""


@dataclass(slots=True)
class Choice:
    """Chooses anew where the rows or the targets are others. `chosen` is by queue id, exchanged whole."""

    rows: Rows = field(default=_NO_ROWS, init=False)
    chosen: Mapping[str, Chosen] = field(default_factory=dict, init=False)
    _targets: Targets = field(default_factory=dict, init=False)

    def turn(self, rows: Rows, targets: Targets) -> Iterator[None]:
        """Choose among `rows`; yields where others may have their turn."""
        if rows is self.rows and targets is self._targets:
            return
        labels = itemgetter(*(rows.names.index(label) for label in LABELS))
        found: dict[tuple[str, str], _Shown] = {}
        for row, values in enumerate(rows.values):
            if row % BREATH == 0:
                yield
            queue_id, media, window, threshold, definition = labels(values)
            shown = found.setdefault((definition, queue_id), {})
            if (media, window) not in shown or _own(targets.get((queue_id, media))) == threshold:
                shown[media, window] = row
        chosen: dict[str, Chosen] = {}
        yield from _choose(found, chosen)
        self.rows, self.chosen, self._targets = rows, chosen, targets


def level_table(batch: SampleBatch) -> Table:
    """Return the service levels of a batch; a table without rows where it has none."""
    return next((one for one in batch.tables if RATIO in one.columns), _NO_TABLE)


def targets_of(batch: SampleBatch) -> Targets:
    """Return what each queue promises per media type, out of a batch of the directory."""
    found: dict[tuple[str, str], Target] = {}
    for table in batch.tables:
        if "queue_target_ratio" not in table.columns:
            continue
        queue, media = table.rows.names.index("queue_id"), table.rows.names.index("media")
        ratios, seconds = table.columns["queue_target_ratio"], table.columns["queue_target_seconds"]
        for values, ratio, time in zip(table.rows.values, ratios, seconds, strict=True):
            found[values[queue], values[media]] = Target(media=values[media], ratio=ratio, seconds=time)
    return found


def promised(target: Target | None, threshold: str) -> float | None:
    """Return what is promised of a threshold's label: a promise of 20 s says nothing of 60 s."""
    return None if target is None or _own(target) != threshold else target.ratio


@lru_cache(maxsize=4096)
def length(label: str) -> float:
    """Return the seconds of a label, such as 900 of 15m."""
    return durations.parse(label)


def _choose(found: Mapping[tuple[str, str], _Shown], chosen: dict[str, Chosen]) -> Iterator[None]:
    """Fill in what is chosen of each queue; yields where others may have their turn."""
    headline = _window({window for shown in found.values() for _, window in shown})
    for count, ((definition, queue_id), shown) in enumerate(found.items()):
        if count % BREATH == 0:
            yield
        if definition == Definition.GENESYS or queue_id not in chosen:
            heads = (place for place, (_, window) in enumerate(shown) if window == headline)
            chosen[queue_id] = Chosen(definition, array("L", shown.values()), tuple(heads))


def _window(labels: set[str]) -> str:
    return WINDOW if WINDOW in labels else max(labels, key=length, default="")


def _own(target: Target | None) -> str:
    """Return the label of the threshold that a queue promises; nothing where it promises none."""
    return "" if target is None or target.seconds is None else _shown(target.seconds)


@lru_cache(maxsize=4096)
def _shown(seconds: float) -> str:
    return durations.show(seconds)
