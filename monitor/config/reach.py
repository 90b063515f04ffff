"""Rules held against what the orgs ask: a rule that could never see a figure is a mistake, not silence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import translate

from monitor.config.burns import pairs
from monitor.config.conditions import RECENT, BurnPart
from monitor.config.report import Report, Trail, meant
from monitor.config.rules import Written
from monitor.config.vocabulary import WILD
from monitor.kit import durations
from monitor.model.catalogue import METRICS
from monitor.model.metric import Metric
from monitor.model.rule import Matcher, Rule
from monitor.model.settings import OrgSettings
from monitor.model.virtual import PREFIX

_ORG = "org"


def reach(rules: Mapping[int, Written], orgs: Sequence[OrgSettings], report: Report) -> None:
    """Note a mistake for each rule (by its place in the files) that no figure of `orgs` can ever meet."""
    for number, written in rules.items():
        trail: Trail = ("rules", number)
        askers = _meant_for((*trail, "for_each", _ORG), written.rule, orgs, report)
        for key, metric in _read(written):
            askers = _askers((*trail, key), metric, askers, report) if askers else []
        if askers:
            askers = _answering((*trail, written.subject.key), written, askers, report)
        shown = [one for one in written.rule.matchers if askers and one.label in written.subject.labels]
        for matcher in shown:
            _shown((*trail, *written.place(matcher.label)), matcher, written.subject.widest, askers, report)
        if askers and written.part.burn is not None:
            _windows(trail, written.part.burn, askers, report)


def members(rules: Mapping[int, Written], names: Collection[str], report: Report) -> None:
    """Note a mistake for each rule that names a virtual queue that is not among `names`."""
    known = [PREFIX + name for name in names]
    for number, written in rules.items():
        for matcher in written.rule.matchers:
            for glob in matcher.globs:
                virtual = matcher.label == "queue_id" and glob.startswith(PREFIX) and not WILD.search(glob)
                if virtual and glob not in known:
                    trail: Trail = ("rules", number, "for_each", matcher.label)
                    report.add(trail, "there is no such virtual queue", meant(glob, known))


def _read(written: Written) -> Iterator[tuple[str, Metric]]:
    """Yield every metric that a rule reads, with the key that names it."""
    for metric in written.subject.metrics:
        yield written.subject.key, metric
    guard = written.rule.guard
    if guard is not None and guard.volume is not None:
        yield "min_volume", METRICS[guard.volume]


def _answering(
    trail: Trail, written: Written, orgs: Sequence[OrgSettings], report: Report
) -> list[OrgSettings]:
    """Return the orgs in which one answer holds all that a rule reads."""
    metrics = [metric for _, metric in _read(written)]
    fit = [org for org in orgs if len({source(org, metric) for metric in metrics}) == 1]
    if not fit:
        here = ", ".join(f"{metric.name} of sources.{source(orgs[0], metric)}" for metric in metrics)
        report.add(trail, f"reads {here}", "a rule judges figures of one source")
    return fit


def _windows(trail: Trail, part: BurnPart, orgs: Sequence[OrgSettings], report: Report) -> None:
    """Refuse windows of a burn rate that no org asks for, or no org both of."""
    asked = [[window.label for window in org.service_level.windows] for org in orgs if org.service_level]
    known = list(dict.fromkeys(label for labels in asked for label in labels))
    for path, _, pair in pairs(part):
        missing = [key for key in ("long", "short") if getattr(pair, key) not in known]
        for key in missing:
            problem = f"no org asks for the window {getattr(pair, key)}"
            report.add((*trail, *path, key), problem, f"there are {', '.join(known)}")
        if not missing and not any({pair.long, pair.short} <= set(labels) for labels in asked):
            report.add((*trail, *path), f"no org asks for both {pair.long} and {pair.short}")


def _meant_for(trail: Trail, rule: Rule, orgs: Sequence[OrgSettings], report: Report) -> list[OrgSettings]:
    """Return the orgs that the rule selects."""
    chosen = [matcher for matcher in rule.matchers if matcher.label == _ORG]
    fit = [org for org in orgs if all(selects(matcher, org.name) for matcher in chosen)]
    if orgs and not fit:
        names = [org.name for org in orgs]
        near = meant(next(iter(chosen[0].globs), ""), names) or f"orgs are {', '.join(names[:10])}"
        report.add(trail, "fits none of the orgs", near)
    return fit


def _askers(trail: Trail, metric: Metric, orgs: Sequence[OrgSettings], report: Report) -> list[OrgSettings]:
    """Return the orgs that ask what the metric comes from."""
    able = [org for org in orgs if org.dialect in metric.dialects]
    if not able:
        spoken = " and ".join(dict.fromkeys(org.dialect for org in orgs))
        known = " and ".join(metric.dialects)
        report.add(trail, f"{metric.name} is not known to the dialect {spoken}", f"only to {known}")
        return []
    askers = [org for org in able if _asks(org, metric)]
    if not askers:
        question = source(able[0], metric)
        report.add(
            trail,
            f"{metric.name} comes from sources.{question}, which no org asks: enable it",
            f"sources.{question}.enabled: true",
        )
    return askers


def source(org: OrgSettings, metric: Metric) -> str:
    """Return the question whose answer holds the metric.

    Averages are the one case of two: the platform's are of a window, the guides' of a time of their own.
    """
    return metric.sources[0] if metric.alike or org.dialect == "platform" else "queues"


def _asks(org: OrgSettings, metric: Metric) -> bool:
    return getattr(org, source(org, metric)) is not None


def _shown(
    trail: Trail, matcher: Matcher, metric: Metric, askers: Sequence[OrgSettings], report: Report
) -> None:
    """Refuse a label's value, written out, that no org will ever show, and a name that any org hides."""
    label = matcher.label
    if label == "agent" and not all(org.agents and org.agents.include_names for org in askers):
        hint = "write agent_id, or sources.agents.include_names: true"
        report.add(trail, "agents' names are not asked for", hint)
    values = list(dict.fromkeys(value for org in askers for value in offered(label, org, metric)))
    if not values:
        return
    for glob in matcher.globs:
        if not WILD.search(glob) and glob not in values:
            own = "; for the queues' own targets write a glob" if label == "threshold" else ""
            report.add(trail, f"no org asks for this {label}", f"there are {', '.join(values)}{own}")


def offered(label: str, org: OrgSettings, metric: Metric) -> list[str]:
    """Return what a label can be in an org, where the configuration decides it; nothing elsewhere."""
    levels = org.service_level
    if label == "window" and source(org, metric) == "queues":
        return [RECENT]
    if label == "window" and levels is not None:
        return [window.label for window in levels.windows]
    if label == "threshold" and levels is not None:
        return [durations.show(threshold) for threshold in levels.thresholds]
    if label == "interval" and org.agents is not None:
        return [durations.show(org.agents.bucket)]
    return []


def selects(matcher: Matcher, value: str) -> bool:
    """Return whether a label with this value meets the condition."""
    pattern = matcher.regex if matcher.regex is not None else "|".join(map(translate, matcher.globs))
    return re.fullmatch(pattern, value) is not None
