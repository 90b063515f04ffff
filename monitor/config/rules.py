"""Rules: names that differ, levels that make sense, labels and calendars that exist."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from monitor.config.burns import burns, burnt
from monitor.config.conditions import ExceptionPart, PatternPart, RulePart
from monitor.config.figures import Subject, subject
from monitor.config.guards import guard
from monitor.config.levels import levels, milder
from monitor.config.report import Report, Trail, meant, show
from monitor.config.wording import text
from monitor.model.alert import DESTINATION_GONE, DRILL, SOURCE_DOWN, WATCHDOG
from monitor.model.calendars import Calendar
from monitor.model.naming import ANNOTATION_NAMES
from monitor.model.rule import Action, Level, Matcher, Override, Policy, Rule, Verdict

SUGAR = ("window", "threshold", "definition")
"""Labels that may be written as keys of the rule."""

OWN = (SOURCE_DOWN, DESTINATION_GONE, WATCHDOG, DRILL)
"""Names of what is told without a rule of the user's."""

_ORG = "org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A rule, what it judges, and how it was written."""

    rule: Rule
    part: RulePart
    subject: Subject

    def place(self, label: str) -> Trail:
        """Return where in the rule the condition of a label is written."""
        return (label,) if getattr(self.part, label, None) and label in SUGAR else ("for_each", label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """The calendars that rules may name; `named` has those as well that were written but are wrong."""

    built: Mapping[str, Calendar]
    named: Collection[str]

    def find(self, trail: Trail, names: Sequence[str], report: Report) -> tuple[Calendar, ...]:
        """Return the calendars called `names`; note a mistake for each that nobody wrote."""
        for name in names:
            if name not in self.named:
                known = meant(name, sorted(self.named)) or (
                    f"calendars are {', '.join(sorted(self.named))}"
                    if self.named
                    else "write it below calendars:"
                )
                report.add(trail, f"no calendar is named {name}", known)
        return tuple(self.built[name] for name in dict.fromkeys(names) if name in self.built)


def rules(
    parts: Sequence[RulePart], numbers: Sequence[int], calendars: Calendars, report: Report
) -> dict[int, Written]:
    """Return the rules by their places in the files, which are `numbers`. Wrong ones are left out."""
    firsts: dict[str, int] = {}
    built: dict[int, Written] = {}
    for number, part in zip(numbers, parts, strict=True):
        trail: Trail = ("rules", number)
        first = firsts.setdefault(part.name, number)
        if first != number:
            report.add(
                (*trail, "name"),
                f"{part.name} is the name of {_other(first, number, report)} too",
                "rename one",
            )
        if part.name in OWN:
            report.add((*trail, "name"), f"{part.name} is queuewatch's own rule", "choose another name")
        written = _written(trail, part, calendars, report)
        if written is not None:
            built[number] = written
    return built


def matchers(patterns: Mapping[str, PatternPart]) -> tuple[Matcher, ...]:
    """Return the conditions as the core has them."""
    return tuple(
        Matcher(label=label, globs=tuple(pattern.globs), regex=pattern.regex)
        for label, pattern in patterns.items()
    )


def _other(number: int, here: int, report: Report) -> str:
    """Return how a message at rule `here` calls the rule `number`."""
    file, trail = report.within(("rules", number))
    return show(trail) + ("" if file == report.within(("rules", here))[0] else f" of {file}")


def _written(trail: Trail, part: RulePart, calendars: Calendars, report: Report) -> Written | None:
    during, not_during = _hours(trail, part, calendars, report)
    for key, template in part.annotations.items():
        text((*trail, "annotations", key), template, ANNOTATION_NAMES, report)
    judged = subject(trail, part, report)
    if judged is None:
        return None
    conditions = _matchers(trail, part, judged, report)
    budgets = burns(trail, part, report)
    own = _levels(trail, part, judged, report) if part.burn is None else burnt(budgets)
    milder((*trail, *(("burn",) if part.burn else ()), "warning"), own, report)
    volume = None if part.burn else guard((*trail, "min_volume"), part, judged, report)
    overrides = () if part.burn else _overrides(trail, part, judged, own, calendars=calendars, report=report)
    if not own:
        return None
    rule = Rule(
        name=part.name,
        metric="" if part.expr else judged.widest.name,
        expr=part.expr or "",
        levels=own,
        burns=budgets,
        matchers=conditions,
        keep_firing_for=part.keep_firing_for,
        guard=volume,
        unknown=_unknown(part),
        during=during,
        not_during=not_during,
        overrides=overrides,
        flapping=part.flap_detection,
        inhibit_members=part.inhibit_members,
        labels=dict(part.labels),
        annotations=dict(part.annotations),
    )
    return Written(rule=rule, part=part, subject=judged)


def _matchers(trail: Trail, part: RulePart, judged: Subject, report: Report) -> tuple[Matcher, ...]:
    """Return the conditions of `for_each`, and of the labels that are keys of the rule."""
    known = (_ORG, *judged.labels)
    for label in part.for_each:
        if label not in known:
            hint = meant(label, known) or f"its labels are {', '.join(known)}"
            report.add((*trail, "for_each", label), f"{judged.words} has no such label", hint)
    short: list[Matcher] = []
    for label in SUGAR:
        values: list[str] = getattr(part, label)
        if not values or (part.burn and label not in known):
            continue
        if label not in known:
            hint = f"its labels are {', '.join(known)}"
            report.add((*trail, label), f"{judged.words} has no such label", hint)
        elif label in part.for_each:
            report.add((*trail, label), "is in for_each, too", "keep one")
        short.append(Matcher(label=label, globs=tuple(values)))
    return (*matchers(part.for_each), *short)


def _levels(trail: Trail, part: RulePart, judged: Subject, report: Report) -> tuple[Level, ...]:
    if part.warning is None and part.critical is None:
        with_what = "for" if judged.truth else "above or below"
        report.add(trail, "has no level", f"write warning: or critical: with {with_what}")
    return levels(trail, part, judged, report)


def _hours(
    trail: Trail, part: RulePart, calendars: Calendars, report: Report
) -> tuple[tuple[Calendar, ...], tuple[Calendar, ...]]:
    """Return the calendars in which a rule is awake, and those in which it sleeps."""
    both = [name for name in part.during if name in part.not_during]
    if both:
        report.add((*trail, "not_during"), f"{both[0]} is in during, too", "keep one")
    return (
        calendars.find((*trail, "during"), part.during, report),
        calendars.find((*trail, "not_during"), part.not_during, report),
    )


def _overrides(
    trail: Trail,
    part: RulePart,
    judged: Subject,
    own: tuple[Level, ...],
    *,
    calendars: Calendars,
    report: Report,
) -> tuple[Override, ...]:
    """Return other levels by calendar; a severity that an exception does not name keeps its own."""
    built: list[Override] = []
    seen: set[str] = set()
    for number, each in enumerate(part.exceptions):
        here: Trail = (*trail, "exceptions", number)
        if each.during in seen:
            report.add((*here, "during"), f"has an exception for {each.during} already", "keep one")
        seen.add(each.during)
        found = calendars.find((*here, "during"), (each.during,), report)
        changed = _changed(here, each, judged, own, report)
        built += [Override(during=calendar, levels=changed) for calendar in found]
    return tuple(built)


def _changed(
    trail: Trail, part: ExceptionPart, judged: Subject, own: tuple[Level, ...], report: Report
) -> tuple[Level, ...]:
    """Return the rule's levels with those of an exception in their place."""
    if part.warning is None and part.critical is None:
        report.add(trail, "has no level", "write warning: or critical: as it is while the calendar is open")
    others = {level.severity: level for level in levels(trail, part, judged, report)}
    for severity in others:
        if own and severity not in {level.severity for level in own}:
            report.add(
                (*trail, severity), f"the rule itself has no {severity}", "an exception changes levels"
            )
    changed = tuple(others.get(level.severity, level) for level in own)
    if others:
        milder((*trail, next(iter(others))), changed, report)
    return changed


def _unknown(part: RulePart) -> dict[Verdict, Policy]:
    """Return what the unknowns do of which something is said."""
    said = (
        (Verdict.NO_DATA, part.on_no_data),
        (Verdict.ERROR, part.on_error),
        (Verdict.STALE, part.on_stale),
    )
    return {
        verdict: Policy(action=Action(policy.action), dwell=policy.dwell)
        for verdict, policy in said
        if policy is not None
    }
