"""Judges service-level budgets: does a day's budget burn too fast, over a long and a short window? Pure.

In: the service levels of a batch, window by window. Out: judgements of entities without the label `window`,
for those that burn and those that are active.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from monitor.model.alert import Evidence
from monitor.model.rule import Burn, Rule, Severity, Verdict
from monitor.model.sample import Table, Value
from monitor.rules.burning import burns, rate
from monitor.rules.judgement import Judgement
from monitor.rules.matching import plan
from monitor.rules.reading import parts_of

WINDOW = "window"
METRIC = "service_level_ratio"

Parts = tuple[Value, Value]


def budgets(rule: Rule, org: str, tables: Sequence[Table], active: Collection[str]) -> Iterator[Judgement]:
    """Yield what `rule` says of every entity that burns or is active."""
    for table in tables:
        if METRIC not in table.columns:
            continue
        entities = _entities(rule, org, table)
        for key, (labels, windows) in entities.items():
            judgement = _judged(rule, key, labels, windows)
            if key in active or Verdict.BREACHED in judgement.verdicts.values():
                yield judgement


def _entities(rule: Rule, org: str, table: Table) -> dict[str, tuple[dict[str, str], dict[str, Parts]]]:
    """Return, by key without the window, the labels and the parts of each window."""
    seen = plan(rule, org, table.rows)
    parts = parts_of(METRIC, table, seen.indexes)
    found: dict[str, tuple[dict[str, str], dict[str, Parts]]] = {}
    if parts is None:
        return found
    for place in range(len(seen.keys)):
        labels = seen.labels(place)
        window = labels.pop(WINDOW)
        key = "/".join(value for name, value in labels.items() if name != "queue")
        found.setdefault(key, (labels, {}))[1][window] = (parts[0][place], parts[1][place])
    return found


def _judged(rule: Rule, key: str, labels: Mapping[str, str], windows: Mapping[str, Parts]) -> Judgement:
    rates = [(burn, _rate(burn, burn.long, windows), _rate(burn, burn.short, windows)) for burn in rule.burns]
    verdicts = {level.severity: _verdict(level.severity, rates) for level in rule.levels}
    fastest = max((one for _, one, _ in rates if one is not None), default=None)
    part, whole = windows.get(rule.burns[0].long, (None, None))
    return Judgement(
        key=key,
        labels=labels,
        verdicts=verdicts,
        evidence=Evidence(value=fastest, numerator=part, denominator=whole),
    )


def _rate(burn: Burn, window: str, windows: Mapping[str, Parts]) -> Value:
    part, whole = windows.get(window, (None, None))
    return rate(part, whole, burn.objective)


def _verdict(severity: Severity, rates: Sequence[tuple[Burn, Value, Value]]) -> Verdict:
    said = [burns(long, short, burn.factor) for burn, long, short in rates if burn.severity is severity]
    if any(said):
        return Verdict.BREACHED
    return Verdict.NO_DATA if None in said else Verdict.CLEAR
