"""Rule × batch → judgements, a column at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.model.alert import Alert, AlertState, Evidence, Strand
from monitor.model.calendars import narrowest
from monitor.model.catalogue import METRICS
from monitor.model.metric import Kind
from monitor.model.rule import Action, Level, Rule, Verdict
from monitor.model.sample import SampleBatch, Table, Value
from monitor.rules.budgets import budgets
from monitor.rules.expression import Expression, compiled
from monitor.rules.guarding import really_above, really_below
from monitor.rules.judgement import Judgement
from monitor.rules.matching import Plan, plan
from monitor.rules.ranking import Ranked, Ranks, ranked
from monitor.rules.reading import Joins, Reading, parts_of, widest

CLOSED = "closed"
"""The reason of an alert that ends because its rule's hours do."""
UNSELECTED = "not_selected"
"""The reason of an alert that ends because its rule is not about its entity any more."""


@dataclass(slots=True)
class Judge:
    """Judges one rule for one org; remembers only what follows from the rows it saw last."""

    rule: Rule
    org: str
    _expression: Expression | None = field(default=None, init=False)
    _plans: dict[int, Plan] = field(default_factory=dict, init=False)
    _joins: Joins = field(default_factory=Joins, init=False)

    def __post_init__(self) -> None:
        if self.rule.expr:
            self._expression = compiled(self.rule.expr, {name: one.unit for name, one in METRICS.items()})

    @property
    def metrics(self) -> tuple[str, ...]:
        """The catalogue metrics this rule reads; the first says which source it waits for."""
        if self._expression is not None:
            return self._expression.metrics
        return (self.rule.metric,)

    def judge(
        self, batch: SampleBatch, active: Mapping[str, Alert], now: datetime, ranks: Ranks | None = None
    ) -> list[Judgement]:
        """Return a judgement for every entity that breaches, or that is among the `active` alerts.

        `batch` is a good poll of the rule's source; `now` decides which calendars are open.
        `ranks` is what the rules on one batch share.
        """
        if self.asleep(now):
            return [self._said(key, None, Verdict.CLEAR, reason=CLOSED) for key in active]
        levels = self.levels(now)
        found: list[Judgement] = []
        seen: set[str] = set()
        if self.rule.burns:
            found = list(budgets(self.rule, self.org, batch.tables, active))
            seen.update(one.key for one in found)
        unmatched: set[str] = set()
        for reading in () if self.rule.burns else self._readings(batch, ranks or Ranks()):
            unmatched |= reading.plan.unmatched
            places = self._interesting(reading, levels)
            places.update(reading.plan.places[key] for key in active if key in reading.plan.places)
            found += [self._judged(reading, place, levels, active) for place in sorted(places)]
            seen.update(key for key in active if key in reading.plan.places)
        for key in active.keys() - seen:
            if key in unmatched:
                found.append(self._said(key, None, Verdict.CLEAR, reason=UNSELECTED))
            else:
                found.append(self._absent(key, active[key], batch, levels))
        return found

    def unknown(self, verdict: Verdict, active: Mapping[str, Alert], now: datetime) -> list[Judgement]:
        """Return the same unknown for every active alert, and for all entities where it may alert."""
        if self.asleep(now):
            return [self._said(key, None, Verdict.CLEAR, reason=CLOSED) for key in active]
        policy = self.rule.unknown.get(verdict)
        found = [self._said(key, None, verdict) for key in active]
        if policy is None or policy.action is not Action.ALERT:
            return found
        return found + [
            self._said(key, seen.labels(place), verdict)
            for seen in self._plans.values()
            for key, place in seen.places.items()
            if key not in active
        ]

    def _is_ratio(self) -> bool:
        return bool(self.rule.metric) and METRICS[self.rule.metric].kind is Kind.RATIO

    def asleep(self, now: datetime) -> bool:
        """Return whether the rule's hours are over."""
        rule = self.rule
        if rule.during and not any(calendar.is_open(now) for calendar in rule.during):
            return True
        return any(calendar.is_open(now) for calendar in rule.not_during)

    def levels(self, now: datetime) -> tuple[Level, ...]:
        """Return the levels that hold now: those of the narrowest open exception, or the rule's own."""
        if not self.rule.overrides:
            return self.rule.levels
        chosen = narrowest([one.during for one in self.rule.overrides], now)
        return next((one.levels for one in self.rule.overrides if one.during is chosen), self.rule.levels)

    # What there is to judge.

    def _readings(self, batch: SampleBatch, ranks: Ranks) -> Iterator[Reading]:
        for slot, table in enumerate(widest(batch.tables, self.metrics)):
            seen = self._planned(slot, table)
            values, idle = self._values(batch.tables, slot, table, seen)
            yield Reading(
                seen, values, idle, parts_of(self.rule.metric, table, seen.indexes),
                self._volume(batch.tables, slot, table, seen), 0.0 if self._is_ratio() else None,
                self._ranked(ranks, table, values),
            )  # fmt: skip

    def _planned(self, slot: int, table: Table) -> Plan:
        known = self._plans.get(slot)
        if known is None or known.rows is not table.rows:
            known = self._plans[slot] = plan(self.rule, self.org, table.rows)
        return known

    def _values(
        self, tables: Sequence[Table], slot: int, table: Table, seen: Plan
    ) -> tuple[Sequence[Value], set[int]]:
        if self._expression is None:
            column, idle = table.columns[self.rule.metric], table.idle.get(self.rule.metric, frozenset())
            values = column if seen.whole else [column[row] for row in seen.indexes]
            places = {place for place, row in enumerate(seen.indexes) if row in idle} if idle else set[int]()
            return values, places
        columns = [self._joins.column(tables, slot, table.rows, name) for name in self._expression.metrics]
        if any(one is None for one in columns):
            return [None] * len(seen.keys), set()
        known = [one for one in columns if one is not None]
        results = self._expression.column([values for values, _ in known], seen.indexes)
        quiet = {
            place
            for place, row in enumerate(seen.indexes)
            if results[place] is None and any(row in idle for _, idle in known)
        }
        return [None if one is None else float(one) for one in results], quiet

    def _volume(self, tables: Sequence[Table], slot: int, table: Table, seen: Plan) -> Sequence[Value] | None:
        guard = self.rule.guard
        if guard is None or guard.volume is None:
            return None
        found = self._joins.column(tables, slot, table.rows, guard.volume)
        return [None if found is None else found[0][row] for row in seen.indexes]

    # What is said of it.

    def _interesting(self, reading: Reading, levels: Sequence[Level]) -> set[int]:
        """Return the places that breach a level, or are unknown where that may alert."""
        places: set[int] = set()
        for level in levels:
            places.update(self._beyond(level, reading))
        policy = self.rule.unknown.get(Verdict.NO_DATA)
        if policy is not None and policy.action is Action.ALERT:
            idle = reading.idle
            places.update(
                place for place, one in enumerate(reading.values) if one is None and place not in idle
            )
        return places

    def _ranked(self, ranks: Ranks, table: Table, values: Sequence[Value]) -> Ranked:
        """Return what is judged in order: by row of the table, or by place where it is not a column of it."""
        return ranks.of(table, self.rule.metric) if self._expression is None else ranked(values)

    def _beyond(self, level: Level, reading: Reading) -> Iterable[int]:
        rows = reading.ranked.beyond(level)
        if reading.plan.whole or self._expression is not None:
            return rows
        places = reading.plan.by_row
        return [places[row] for row in rows if row in places]

    def _judged(
        self, reading: Reading, place: int, levels: Sequence[Level], active: Mapping[str, Alert]
    ) -> Judgement:
        key, value = reading.plan.keys[place], reading.values[place]
        labels, evidence = reading.plan.labels(place), reading.evidence(place)
        if value is None:
            verdict = Verdict.IDLE if place in reading.idle else Verdict.NO_DATA
            return self._said(key, labels, verdict, evidence)
        alert = active.get(key)
        verdicts = {level.severity: self._verdict(level, value, alert, reading, place) for level in levels}
        return Judgement(key=key, labels=labels, verdicts=verdicts, evidence=evidence)

    def _verdict(
        self, level: Level, value: float, alert: Alert | None, reading: Reading | None, place: int
    ) -> Verdict:
        """Return one level's verdict: the clear edge counts for what fires, the guards for what does not."""
        strand = alert.strand(level.severity) if alert is not None else Strand()
        if strand.state is AlertState.FIRING and not strand.forced:
            return Verdict.CLEAR if level.cleared(value) else Verdict.BREACHED
        breached = level.breached(value) and (reading is None or self._guarded(level, value, reading, place))
        return Verdict.BREACHED if breached else Verdict.CLEAR

    def _guarded(self, level: Level, value: float, reading: Reading, place: int) -> bool:
        """Return whether there is enough to believe a breach."""
        guard = self.rule.guard
        if guard is None:
            return True
        if reading.volume is not None:
            volume = reading.volume[place]
            if volume is None or volume < guard.at_least:
                return False
        if guard.confidence is None or reading.parts is None:
            return True
        part, whole = reading.parts[0][place], reading.parts[1][place]
        if part is None or whole is None:
            return False
        if level.low is not None and value < level.low:
            return really_below(part, whole, level.low, guard.confidence)
        return level.high is None or really_above(part, whole, level.high, guard.confidence)

    def _absent(self, key: str, alert: Alert, batch: SampleBatch, levels: Sequence[Level]) -> Judgement:
        """Judge an active entity without a row: nothing happened where its queue was asked and answered."""
        queue_id = alert.entity.labels.get("queue_id", "")
        if not any(name in table.columns for table in batch.tables for name in self.metrics):
            return self._said(key, None, Verdict.NO_DATA)
        answered = queue_id in batch.queues if queue_id else batch.whole
        if not answered:
            return self._said(key, None, Verdict.NO_DATA)
        if self._expression is not None or self._is_ratio() or not queue_id:
            return self._said(key, None, Verdict.IDLE, Evidence(value=0.0, numerator=0.0, denominator=0.0))
        verdicts = {level.severity: self._verdict(level, 0.0, alert, None, 0) for level in levels}
        return Judgement(key=key, labels=None, verdicts=verdicts, evidence=Evidence(value=0.0))

    def _said(
        self,
        key: str,
        labels: Mapping[str, str] | None,
        verdict: Verdict,
        evidence: Evidence | None = None,
        *,
        reason: str = "",
    ) -> Judgement:
        """Return the same verdict for every level."""
        return Judgement(
            key=key,
            labels=labels,
            verdicts={level.severity: verdict for level in self.rule.levels},
            evidence=evidence or Evidence(),
            reason=reason,
        )
