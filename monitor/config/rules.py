"""Rules: names that differ, levels that make sense, labels that the metric has."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.config.report import Report, Trail, meant
from monitor.config.schema import LevelPart, RulePart
from monitor.model.catalogue import METRICS
from monitor.model.metric import Kind
from monitor.model.rule import Level, Matcher, Rule, Severity

_ORG = "org"


def rules(parts: Sequence[RulePart], numbers: Sequence[int], report: Report) -> dict[int, Rule]:
    """Return the rules by their places in the file, which are `numbers`. Wrong ones are left out."""
    firsts: dict[str, int] = {}
    built: dict[int, Rule] = {}
    for number, part in zip(numbers, parts, strict=True):
        trail: Trail = ("rules", number)
        if firsts.setdefault(part.name, number) != number:
            report.add(
                (*trail, "name"), f"{part.name} is the name of rules[{firsts[part.name]}] too", "rename one"
            )
        rule = _rule(trail, part, report)
        if rule is not None:
            built[number] = rule
    return built


def _rule(trail: Trail, part: RulePart, report: Report) -> Rule | None:
    matchers = _matchers((*trail, "for_each"), part, report)
    level = _level(trail, part, report)
    if level is None:
        return None
    return Rule(
        name=part.name,
        metric=part.metric,
        level=level,
        matchers=matchers,
        keep_firing_for=part.keep_firing_for,
        labels=dict(part.labels),
        annotations=dict(part.annotations),
    )


def _matchers(trail: Trail, part: RulePart, report: Report) -> tuple[Matcher, ...]:
    known = (_ORG, *METRICS[part.metric].labels)
    for label in part.for_each:
        if label not in known:
            hint = meant(label, known) or f"its labels are {', '.join(known)}"
            report.add((*trail, label), f"{part.metric} has no such label", hint)
    return tuple(
        Matcher(label=label, globs=tuple(pattern.globs), regex=pattern.regex)
        for label, pattern in part.for_each.items()
    )


def _level(trail: Trail, part: RulePart, report: Report) -> Level | None:
    """Return the one level of a rule."""
    given = {severity: level for severity in Severity if (level := getattr(part, severity)) is not None}
    if len(given) > 1:
        report.add(
            trail,
            "two levels in one rule are not supported yet",
            "write two rules, one warning and one critical",
        )
    elif not given:
        report.add(trail, "has no level", "write warning: or critical: with above or below")
    built = [
        _edges((*trail, severity), severity, level, part.metric, report) for severity, level in given.items()
    ]
    return built[0] if len(built) == 1 else None


def _edges(trail: Trail, severity: Severity, part: LevelPart, metric: str, report: Report) -> Level | None:
    """Return a level whose clear edge is on the good side of its enter edge."""
    if (part.above is None) == (part.below is None):
        report.add(trail, "should hold exactly one of above and below")
        return None
    upward = part.above is not None
    side, clear_side, wrong_side = (
        ("above", "clear_below", "clear_above") if upward else ("below", "clear_above", "clear_below")
    )
    enter = float(getattr(part, side))
    clear = getattr(part, clear_side)
    if getattr(part, wrong_side) is not None:
        report.add((*trail, wrong_side), f"does not go with {side}", f"write {clear_side}")
    if clear is not None and (clear > enter if upward else clear < enter):
        bound = "at most" if upward else "at least"
        report.add(
            (*trail, clear_side),
            f"should be {bound} {enter:g}, the level of {side}",
            "a level clears on its good side",
        )
    for key, value in ((side, enter), (clear_side, clear)):
        if METRICS[metric].kind is Kind.RATIO and value is not None and not 0 <= value <= 1:
            report.add((*trail, key), f"should be between 0 and 1: {metric} is a ratio", "80 % is 0.8")
    return Level(
        severity=severity,
        above=upward,
        enter=enter,
        clear=enter if clear is None else float(clear),
        dwell=part.dwell,
    )
