"""Rolls queues up into virtual ones, as if they were queues. Pure.

In: which queues make up which virtual queue, and a batch. Out: the batch with a table more for each that can
be rolled up, under the same label names; the rows of a virtual queue have its id and name, all else as in its
members' rows.

figure                          over the members
counts, snapshots               added up
ratios whose parts are known    parts added up, then divided: weighted by volume, never averaged
longest waits, oldest ages      the longest
all else                        left out: a mean without its sums, a target, a peak (two need not coincide)

An unknown part makes the whole unknown. A member without a row had nothing there (as in `SampleBatch`), but
for thresholds: a service level at 15 s is left out where not every member has one at 15 s, because that would
pass the level of some off as that of all. Agents are counted in every queue they are a member of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from monitor.model.catalogue import METRICS
from monitor.model.measure import divided, total
from monitor.model.metric import Kind
from monitor.model.org import Queue
from monitor.model.sample import Rows, SampleBatch, Table, Value
from monitor.model.virtual import VirtualQueue

RATIOS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "service_level_ratio": (("service_level_numerator",), ("service_level_denominator",)),
    "queue_abandon_ratio": (
        ("queue_abandoned",),
        ("queue_answered", "queue_abandoned", "queue_flowed_out"),
    ),
    "workitem_sla_ratio": (("workitem_sla_met",), ("workitem_sla_met", "workitem_sla_missed")),
}
"""Ratio → what its numerator and its denominator add up from."""

LONGEST = frozenset(
    {
        "queue_longest_wait_seconds",
        "queue_longest_interaction_seconds",
        "workitem_oldest_unassigned_seconds",
    }
)
"""Ages of the oldest of something: the oldest of all is the oldest of the oldest."""

PEAKS = frozenset({"workitem_backlog_daily_peak"})
"""Snapshots of moments that differ from queue to queue, which must not be added."""

Group = tuple[int, ...]
"""The places of the rows that make up one row of a virtual queue."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the rows `source` roll up into; `groups` go with `rows`."""

    source: Rows
    rows: Rows
    groups: tuple[Group, ...]


@dataclass(slots=True)
class Roller:
    """Rolls up the batches of one org; remembers the rows it made, a plan per table of each source.

    `queues` are the directory's; only they can be members.
    """

    virtual: Sequence[VirtualQueue]
    queues: Sequence[Queue]
    _parents: dict[str, tuple[VirtualQueue, ...]] = field(init=False)
    _plans: dict[tuple[str, int], _Plan] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._parents = {
            queue.id: tuple(one for one in self.virtual if one.holds(queue)) for queue in self.queues
        }

    def rolled(self, batch: SampleBatch) -> SampleBatch:
        """Return `batch` with its virtual queues; one with a member that was not answered for is unknown."""
        missing = {
            one.id
            for queue_id, parents in self._parents.items()
            if queue_id not in batch.queues
            for one in parents
        }
        tables = [
            _known(_rolled(table, self._plan(batch.source, place, table.rows)), missing)
            for place, table in enumerate(batch.tables)
            if "queue_id" in table.rows.names
        ]
        answered = {one.id for queue_id in batch.queues for one in self._parents.get(queue_id, ())}
        return replace(
            batch,
            tables=(*batch.tables, *(table for table in tables if table.columns and len(table.rows))),
            queues=batch.queues | (answered - missing),
        )

    def parents(self, queue_id: str) -> tuple[str, ...]:
        """Return the ids of the virtual queues that hold a queue."""
        return tuple(one.id for one in self._parents.get(queue_id, ()))

    def _plan(self, source: str, place: int, rows: Rows) -> _Plan:
        """Return the plan for `rows`; equal rows of a virtual queue stay the same object."""
        before = self._plans.get((source, place))
        if before is not None and before.source is rows:
            return before
        plan = _planned(rows, self._parents)
        if before is not None and (before.rows.names, before.rows.values) == (rows.names, plan.rows.values):
            plan = replace(plan, rows=before.rows)
        self._plans[source, place] = plan
        return plan


def _planned(rows: Rows, parents: Mapping[str, Sequence[VirtualQueue]]) -> _Plan:
    """Return which rows make up which row of a virtual queue, in the order in which they first appear."""
    places = {name: place for place, name in enumerate(rows.names)}
    found: dict[tuple[str, ...], list[int]] = {}
    for index, values in enumerate(rows.values):
        for parent in parents.get(values[places["queue_id"]], ()):
            own = {places["queue_id"]: parent.id, places.get("queue"): parent.name}
            key = tuple(own.get(place, value) for place, value in enumerate(values))
            found.setdefault(key, []).append(index)
    if "threshold" in places:
        found = _complete(found, rows, places["threshold"], places["queue_id"])
    return _Plan(rows, Rows(rows.names, tuple(found)), tuple(map(tuple, found.values())))


def _complete(
    found: Mapping[tuple[str, ...], list[int]], rows: Rows, threshold: int, queue_id: int
) -> dict[tuple[str, ...], list[int]]:
    """Return what is left without the thresholds that only some members have under otherwise equal labels."""
    members: dict[tuple[str, ...], set[str]] = {}
    for key, group in found.items():
        others = (*key[:threshold], *key[threshold + 1 :])
        members.setdefault(others, set()).update(rows.values[row][queue_id] for row in group)
    return {
        key: group
        for key, group in found.items()
        if len(group) == len(members[*key[:threshold], *key[threshold + 1 :]])
    }


def _allows(name: str) -> bool:
    """Return whether a metric can be rolled up at all."""
    metric = METRICS.get(name)
    if metric is None or name in PEAKS:
        return False
    return metric.kind in (Kind.COUNT, Kind.SNAPSHOT) or name in LONGEST or name in RATIOS


def _rolled(table: Table, plan: _Plan) -> Table:
    columns: dict[str, Sequence[Value]] = {}
    idle: dict[str, set[int]] = {}
    for name, column in table.columns.items():
        if name in RATIOS:
            if table.columns.keys() >= {part for parts in RATIOS[name] for part in parts}:
                columns[name], idle[name] = _divided(RATIOS[name], table, plan.groups)
        elif _allows(name):
            merge = _longest if name in LONGEST else total
            columns[name] = [merge(column[row] for row in group) for group in plan.groups]
    return Table(plan.rows, columns, idle)


def _known(table: Table, missing: AbstractSet[str]) -> Table:
    """Return the table with what is not wholly known made unknown."""
    place = table.rows.names.index("queue_id")
    blank = {row for row, values in enumerate(table.rows.values) if values[place] in missing}
    if not blank:
        return table
    columns = {
        name: [None if row in blank else value for row, value in enumerate(column)]
        for name, column in table.columns.items()
    }
    return Table(table.rows, columns, {name: set(rows) - blank for name, rows in table.idle.items()})


def _divided(
    parts: tuple[tuple[str, ...], tuple[str, ...]], table: Table, groups: Sequence[Group]
) -> tuple[list[Value], set[int]]:
    """Return a ratio of sums per group, and where it is idle."""
    above, below = (
        [total(table.columns[name][row] for name in names for row in group) for group in groups]
        for names in parts
    )
    idle = {place for place, whole in enumerate(below) if whole == 0}
    return [divided(part, whole) for part, whole in zip(above, below, strict=True)], idle


def _longest(values: Iterable[Value]) -> Value:
    """Return the largest of at least one value; unknown if any is, for that one may be the longest."""
    several = tuple(values)
    known = [value for value in several if value is not None]
    return max(known) if len(known) == len(several) else None


@dataclass(slots=True)
class Rollers:
    """One `Roller` per org, made anew when its directory shows other queues.

    `queues` gives an org's watched queues, None while they are not known.
    """

    virtual: Sequence[VirtualQueue]
    queues: Callable[[str], tuple[Queue, ...] | None]
    _made: dict[str, tuple[tuple[Queue, ...], Roller]] = field(default_factory=dict, init=False)

    def rolled(self, batch: SampleBatch) -> SampleBatch:
        """Return `batch` with the virtual queues of its org."""
        queues = self.queues(batch.org)
        if not self.virtual or queues is None:
            return batch
        made = self._made.get(batch.org)
        if made is None or made[0] is not queues:
            made = self._made[batch.org] = (queues, Roller(self.virtual, queues))
        return made[1].rolled(batch)

    def holding(self, org: str, queue_id: str) -> tuple[str, ...]:
        """Return the ids of the virtual queues that hold a queue."""
        made = self._made.get(org)
        return () if made is None else made[1].parents(queue_id)
