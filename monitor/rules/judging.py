"""Rule × batch → judgements, a column at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from monitor.model.catalogue import METRICS
from monitor.model.metric import Kind
from monitor.model.rule import Level, Rule, Verdict
from monitor.model.sample import SampleBatch, Table, Value
from monitor.rules.matching import Plan, plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a rule says of one entity now. `labels` is None where the entity has no row any more."""

    key: str
    labels: Mapping[str, str] | None
    verdict: Verdict
    value: Value


@dataclass(slots=True)
class Judge:
    """Judges one rule for one org; remembers only the plan of the rows it saw last."""

    rule: Rule
    org: str
    _plan: Plan | None = None

    def judge(
        self, batch: SampleBatch, active: Mapping[str, bool], queue_ids: Mapping[str, str]
    ) -> list[Judgement]:
        """Return a judgement for every entity that breaches or is active.

        Args:
            batch: a good poll of the metric's source.
            active: entity key → whether it is firing (else pending).
            queue_ids: entity key → queue id, for the active ones.
        """
        table = self._table(batch)
        if table is None:
            return []
        seen = self._plan_for(table)
        column = table.columns[self.rule.metric]
        idle = table.idle.get(self.rule.metric, frozenset())
        places = self._breached(seen, column)
        places.update(seen.places[key] for key in active if key in seen.places)
        found = [self._judgement(seen, column, idle, place, active) for place in sorted(places)]
        gone = [key for key in active if key not in seen.places]
        return found + [self._absent(key, queue_ids.get(key, ""), batch, firing=active[key]) for key in gone]

    def _table(self, batch: SampleBatch) -> Table | None:
        return next((table for table in batch.tables if self.rule.metric in table.columns), None)

    def _plan_for(self, table: Table) -> Plan:
        if self._plan is None or self._plan.rows is not table.rows:
            self._plan = plan(self.rule, self.org, table.rows)
        return self._plan

    def _breached(self, seen: Plan, column: Sequence[Value]) -> set[int]:
        """Return the places beyond the enter level; written out because it runs for every value."""
        enter = self.rule.level.enter
        values = [column[row] for row in seen.indexes]
        if self.rule.level.above:
            return {place for place, value in enumerate(values) if value is not None and value > enter}
        return {place for place, value in enumerate(values) if value is not None and value < enter}

    def _judgement(
        self,
        seen: Plan,
        column: Sequence[Value],
        idle: AbstractSet[int],
        place: int,
        active: Mapping[str, bool],
    ) -> Judgement:
        key, row = seen.keys[place], seen.indexes[place]
        if row in idle:
            return self._idle(key, seen.labels(place))
        value, firing = column[row], active.get(key, False)
        return Judgement(
            key=key,
            labels=seen.labels(place),
            verdict=verdict(self.rule.level, value, firing=firing),
            value=value,
        )

    def _idle(self, key: str, labels: Mapping[str, str] | None) -> Judgement:
        """Judge a ratio of nothing: events say 0, and its denominator of 0 beside it (DESIGN.md §9)."""
        return Judgement(key=key, labels=labels, verdict=Verdict.IDLE, value=0.0 if self._ratio() else None)

    def _ratio(self) -> bool:
        return METRICS[self.rule.metric].kind is Kind.RATIO

    def _absent(self, key: str, queue_id: str, batch: SampleBatch, *, firing: bool) -> Judgement:
        """Judge an active entity without a row.

        Nothing happened where its queue was asked and answered. What is no queue's (a person, a strategy)
        is idle in a whole answer, and never 0: 0 is what a level would be held against.
        """
        if not queue_id and batch.whole:
            return self._idle(key, None)
        answered = bool(queue_id) and queue_id in batch.queues
        if answered and self._ratio():
            return self._idle(key, None)
        value = 0.0 if answered else None
        return Judgement(
            key=key, labels=None, verdict=verdict(self.rule.level, value, firing=firing), value=value
        )


def verdict(level: Level, value: Value, *, firing: bool) -> Verdict:
    """Return the verdict on `value`: which edge of the level counts depends on whether it fires already."""
    if value is None:
        return Verdict.NO_DATA
    if firing:
        return Verdict.CLEAR if level.cleared(value) else Verdict.BREACHED
    return Verdict.BREACHED if level.breached(value) else Verdict.CLEAR
