"""The service levels of a queue, read out of a batch of the source `service_level`. Pure.

Which ones is chosen in `choice`. The headline of a queue is of the media type that leads: the one with most
offered, and it goes on leading until another has clearly more, for a queue whose media types are about as
busy would else show the one and the other in turns. A media type of which the level is not known comes before
any that is known: nobody knows what it hides.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest
from operator import itemgetter

from monitor.board.choice import LABELS, MET, OFFERED, RATIO, Choice, Targets, length, level_table, promised
from monitor.model.board import Attained
from monitor.model.sample import Rows, SampleBatch, Value
from monitor.model.servicelevel import Definition

LEAD = 1.2
"""How many times as much another media type is to be offered before it leads: a fifth more, which the next
poll does not take back where tens are offered."""
FEW = 5.0
"""How many more that are at least: where hardly anything is offered, a fifth is less than one interaction."""


@dataclass(frozen=True, slots=True)
class Service:
    """One queue's service levels, and which of them is its headline."""

    level: Attained | None = None
    levels: tuple[Attained, ...] = ()


NOTHING = Service()


@dataclass(slots=True)
class LevelReader:
    """Reads queue by queue; what a row said before stays the same object while it says the same."""

    _choice: Choice = field(default_factory=Choice, init=False)
    _targets: Targets = field(default_factory=dict, init=False)
    _columns: Sequence[Sequence[Value]] = field(default=((), (), ()), init=False)
    _answered: frozenset[str] = field(default=frozenset(), init=False)
    _leads: dict[str, str] = field(default_factory=dict, init=False)
    _services: dict[str, Service] = field(default_factory=dict, init=False)
    _blank: dict[Attained, Attained] = field(default_factory=dict, init=False)

    def turn(self, batch: SampleBatch, targets: Targets) -> Iterator[None]:
        """Read out of `batch` from now on; yields where others may have their turn."""
        table, before = level_table(batch), self._choice.chosen
        yield from self._choice.turn(table.rows, targets)
        chosen = self._choice.chosen
        if chosen is not before:
            self._leads = {one: media for one, media in self._leads.items() if one in chosen}
            self._services, self._blank = {}, {}
        self._targets = targets
        self._columns = tuple(table.columns[name] for name in (RATIO, MET, OFFERED))
        self._answered = batch.queues

    def read(self, queue_id: str) -> Service:
        """Return one queue's service levels."""
        found = self._choice.chosen.get(queue_id)
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
        headline = self._headline(queue_id, [levels[place] for place in found.heads])
        service = self._services[queue_id] = Service(headline, levels)
        return service

    def _headline(self, queue_id: str, heads: Sequence[Attained]) -> Attained | None:
        """Return the level that stands for the queue, and remember which media type leads."""
        lead = _leading(heads, self._leads.get(queue_id, ""))
        if lead is not None:
            self._leads[queue_id] = lead.media
        unclear = [one for one in heads if one.ratio is None and not one.idle]
        return max(unclear, key=lambda one: (one is lead, _voice(one)), default=lead)

    def _level(
        self, row: int, before: Attained | None, ratio: Value, met: Value, offered: Value, *, sure: bool
    ) -> Attained:
        idle = offered == 0 and sure
        if offered == 0 and not sure:
            ratio = met = offered = None
        if before is not None and _same(before, ratio, met, offered, idle=idle):
            return before
        rows = self._choice.rows
        queue_id, media, window, threshold, _ = _labels(rows)(rows.values[row])
        level = Attained(
            media=media, window=window, threshold=length(threshold), ratio=ratio, met=met, offered=offered,
            target=promised(self._targets.get((queue_id, media)), threshold), idle=idle,
        )  # fmt: skip
        # Most queues of a big org have nothing to say most of the time, and all say it alike.
        return level if met or offered else self._blank.setdefault(level, level)


Getter = Callable[[tuple[str, ...]], tuple[str, ...]]
"""Takes the labels out of a row, in the order of `LABELS`."""


def _labels(rows: Rows) -> Getter:
    return _getter(rows.names)


@lru_cache(maxsize=8)
def _getter(names: tuple[str, ...]) -> Getter:
    return itemgetter(*(names.index(label) for label in LABELS))


def _same(cell: Attained, ratio: Value, met: Value, offered: Value, *, idle: bool) -> bool:
    return (cell.ratio, cell.met, cell.offered, cell.idle) == (ratio, met, offered, idle)


def _leading(heads: Sequence[Attained], before: str) -> Attained | None:
    """Return the media type that leads; it is `before` as long as no other is known to have clearly more."""
    known = [one for one in heads if one.offered is not None]
    most = max(known, key=lambda one: (one.offered, _voice(one)), default=None)
    led = next((one for one in heads if one.media == before), most)
    if led is None or most is None or led.offered is None or most.offered is None:
        return led
    enough = max(led.offered * LEAD, led.offered + FEW) if led.offered else 0.0
    return most if most.offered > 0 and most.offered >= enough else led


def _voice(level: Attained) -> bool:
    return level.media == "voice"
