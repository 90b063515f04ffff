"""What is wrong with rules that are well-formed: levels nobody will ever see, and the same rule twice. Pure.

In: the rules of a configuration. Out: findings. Whether rules and queues fit each other is `covering`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.kit import durations
from monitor.model.catalogue import METRICS
from monitor.model.metric import Kind
from monitor.model.rule import Level, Rule

SIGNED = frozenset({"workitem_backlog_change"})
"""Metrics that may be negative; all others begin at 0."""


class Weight(StrEnum):
    """How bad it is: an error is a rule, or a level, that cannot do what it is for."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line about one rule, or about a queue (`rule` is empty)."""

    level: Weight
    check: str
    rule: str
    line: str


def lint(rules: Sequence[Rule]) -> Iterator[Finding]:
    """Yield what can be seen from the rules alone."""
    for rule in rules:
        for where, levels in _levels(rule):
            for level in levels:
                yield from _reach(rule, where, level)
            yield from _hidden(rule, where, levels)
    yield from _twice(rules)


def _levels(rule: Rule) -> Iterator[tuple[str, Sequence[Level]]]:
    """Yield the levels that hold together, and when."""
    if not rule.burns:
        yield "", rule.levels
        for override in rule.overrides:
            yield f" during {override.during.name}", override.levels


def _reach(rule: Rule, where: str, level: Level) -> Iterator[Finding]:
    """Find a level that no value enters, that every value enters, or that no value leaves again."""
    if level.truth:
        return
    least, most = _bounds(rule)
    name = f"{level.severity.value}{where}"
    if level.low is not None and level.low <= least:
        yield _error("unreachable", rule, f"{name} never fires: nothing is below {level.low:g}")
    if level.high is not None and level.high >= most:
        yield _error("unreachable", rule, f"{name} never fires: nothing is above {level.high:g}")
    if (level.low is not None and level.low > most) or (level.high is not None and level.high < least):
        yield _error("unreachable", rule, f"{name} always fires: every value is beyond its threshold")
    clear_low = level.low if level.clear_low is None else level.clear_low
    clear_high = level.high if level.clear_high is None else level.clear_high
    if level.low is not None and clear_low is not None and clear_low > most:
        yield _error("unreachable", rule, f"{name} never resolves: nothing is at or above {clear_low:g}")
    if level.high is not None and clear_high is not None and clear_high < least:
        yield _error("unreachable", rule, f"{name} never resolves: nothing is at or below {clear_high:g}")


def _bounds(rule: Rule) -> tuple[float, float]:
    """Return the least and the most a rule's metric can be; an expression can be anything."""
    metric = METRICS.get(rule.metric)
    if metric is None or metric.name in SIGNED:
        return -math.inf, math.inf
    return 0.0, 1.0 if metric.kind is Kind.RATIO else math.inf


def _hidden(rule: Rule, where: str, levels: Sequence[Level]) -> Iterator[Finding]:
    """Find a milder level that is never seen because a worse one is entered first."""
    for place, mild in enumerate(levels):
        for worse in levels[place + 1 :]:
            if mild.severity is not worse.severity and worse.dwell <= mild.dwell and _covers(worse, mild):
                yield _error(
                    "unreachable",
                    rule,
                    f"{mild.severity.value}{where} is never seen: {worse.severity.value} is entered no later "
                    f"({durations.show(worse.dwell)} against {durations.show(mild.dwell)})",
                )


def _covers(worse: Level, mild: Level) -> bool:
    """Return whether every value beyond `mild` is beyond `worse` too."""
    if worse.truth or mild.truth:
        return worse.truth and mild.truth
    low = mild.low is None or (worse.low is not None and worse.low >= mild.low)
    high = mild.high is None or (worse.high is not None and worse.high <= mild.high)
    return low and high


def _twice(rules: Iterable[Rule]) -> Iterator[Finding]:
    """Find rules that say the same under two names."""
    seen: dict[object, Rule] = {}
    for rule in rules:
        first = seen.setdefault(_meaning(rule), rule)
        if first is not rule:
            yield Finding(
                level=Weight.WARNING,
                check="duplicate",
                rule=rule.name,
                line=f"has metric, for_each, levels and hours of {first.name}: everybody is told twice",
            )


def _meaning(rule: Rule) -> object:
    """Return what two rules have in common that will always fire together."""
    return (
        rule.metric,
        rule.expr,
        rule.levels,
        rule.burns,
        frozenset(rule.matchers),
        frozenset(one.name for one in rule.during),
        frozenset(one.name for one in rule.not_during),
        frozenset((one.during.name, one.levels) for one in rule.overrides),
    )


def _error(check: str, rule: Rule, line: str) -> Finding:
    return Finding(level=Weight.ERROR, check=check, rule=rule.name, line=line)
