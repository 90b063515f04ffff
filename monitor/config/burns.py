"""Burn rates of service-level budgets, as the user wrote them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.config.conditions import BurnPart, PairPart, RulePart
from monitor.config.report import Report, Trail
from monitor.kit import durations
from monitor.model.rule import Burn, Level, Severity
from monitor.rules.burning import factor

WORDS = {
    Severity.WARNING: ("warning", "ticket"),
    Severity.CRITICAL: ("critical", "page"),
}
"""The keys of a severity: ours, and that of The Site Reliability Workbook."""

_ELSEWHERE = {
    "warning": "write it within burn",
    "critical": "write it within burn",
    "window": "a burn rate has windows of its own: long and short",
    "min_volume": "write larger windows, or a larger budget_share",
    "exceptions": "write a second rule with not_during",
    "on_no_data": "a budget holds while nothing is known",
    "on_error": "a budget holds while nothing is known",
    "on_stale": "a budget holds while nothing is known",
}
"""Keys of a rule that do not go with a budget, and what to do instead."""


def burns(trail: Trail, part: RulePart, report: Report) -> tuple[Burn, ...]:
    """Return the burn rates of the rule at `trail`, mildest first; wrong ones are left out."""
    if part.burn is None:
        return ()
    for key, hint in _ELSEWHERE.items():
        if getattr(part, key):
            report.add((*trail, key), "does not go with burn", hint)
    for ours, other in WORDS.values():
        if getattr(part.burn, ours) and getattr(part.burn, other):
            report.add((*trail, "burn", other), f"is another word for {ours}", "keep one")
    found = list(pairs(part.burn))
    for path, severity, pair in found:
        if any(other.dwell < pair.dwell for _, whose, other in found if whose is severity):
            report.add(
                (*trail, *path, "for"), f"is longer than that of another {severity} pair", "keep one for"
            )
    built = [_burn((*trail, *path), severity, pair, part.burn, report) for path, severity, pair in found]
    if not built:
        report.add(
            (*trail, "burn"), "has no level", "write warning: or critical: with budget_share, long, short"
        )
    return tuple(burn for burn in built if burn is not None)


def pairs(part: BurnPart) -> Iterator[tuple[Trail, Severity, PairPart]]:
    """Yield every pair of windows with its place in the rule and its severity."""
    for severity, words in WORDS.items():
        for word in words:
            written: list[PairPart] = getattr(part, word)
            for number, pair in enumerate(written):
                yield ("burn", word, *((number,) if len(written) > 1 else ())), severity, pair


def burnt(found: Sequence[Burn]) -> tuple[Level, ...]:
    """Return a level per severity: entered at the smallest of its burn rates."""
    return tuple(
        Level(
            severity=severity,
            high=min(burn.factor for burn in own),
            clear_high=min(burn.factor for burn in own),
            dwell=own[0].dwell,
        )
        for severity in Severity
        if (own := [burn for burn in found if burn.severity is severity])
    )


def _burn(trail: Trail, severity: Severity, pair: PairPart, part: BurnPart, report: Report) -> Burn | None:
    long, short = durations.parse(pair.long), durations.parse(pair.short)
    if short >= long:
        report.add((*trail, "short"), f"should be shorter than long, {pair.long}", "a twelfth is usual")
        return None
    if long > part.period:
        report.add((*trail, "long"), f"should be at most the period, {durations.show(part.period)}")
        return None
    try:
        rate = factor(part.objective, pair.budget_share, long, part.period)
    except ValueError as error:
        problem, _, hint = str(error).partition("; ")
        report.add((*trail, "budget_share"), problem, hint)
        return None
    return Burn(
        severity=severity,
        objective=part.objective,
        long=pair.long,
        short=pair.short,
        factor=rate,
        dwell=pair.dwell,
    )
