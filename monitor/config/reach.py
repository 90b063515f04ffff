"""Rules held against what the orgs ask: a rule that could never see a figure is a mistake, not silence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import translate

from monitor.config.report import Report, Trail, meant
from monitor.kit import durations
from monitor.model.catalogue import METRICS
from monitor.model.metric import Metric
from monitor.model.rule import Matcher, Rule
from monitor.model.settings import OrgSettings

RECENT = "recent"
"""The label `window` of the guides' own averages, whose window they do not tell (DESIGN.md §6)."""

_ORG = "org"
_WILD = re.compile(r"[*?\[]")


def reach(rules: Mapping[int, Rule], orgs: Sequence[OrgSettings], report: Report) -> None:
    """Note a mistake for each rule (by its place in the file) that no figure of `orgs` can ever meet."""
    for number, rule in rules.items():
        trail: Trail = ("rules", number)
        meant_for = _meant_for((*trail, "for_each", _ORG), rule, orgs, report)
        askers = _askers((*trail, "metric"), METRICS[rule.metric], meant_for, report) if meant_for else []
        for matcher in rule.matchers if askers else ():
            _shown((*trail, "for_each", matcher.label), matcher, METRICS[rule.metric], askers, report)


def _meant_for(trail: Trail, rule: Rule, orgs: Sequence[OrgSettings], report: Report) -> list[OrgSettings]:
    """Return the orgs that the rule selects."""
    chosen = [matcher for matcher in rule.matchers if matcher.label == _ORG]
    fit = [org for org in orgs if all(_fits(matcher, org.name) for matcher in chosen)]
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
        question = _question(able[0], metric)
        report.add(
            trail,
            f"{metric.name} comes from sources.{question}, which no org asks: enable it",
            f"sources.{question}.enabled: true",
        )
    return askers


def _question(org: OrgSettings, metric: Metric) -> str:
    """Return the question whose answer holds the metric.

    Averages are the one case of two: the platform's are of a window, the guides' of a time of their own.
    """
    return metric.sources[0] if metric.alike or org.dialect == "platform" else "queues"


def _asks(org: OrgSettings, metric: Metric) -> bool:
    return getattr(org, _question(org, metric)) is not None


def _shown(
    trail: Trail, matcher: Matcher, metric: Metric, askers: Sequence[OrgSettings], report: Report
) -> None:
    """Refuse a label's value, written out, that no org will ever show, and a name that any org hides."""
    label = matcher.label
    if label == "agent" and not all(org.agents and org.agents.include_names for org in askers):
        hint = "write agent_id, or sources.agents.include_names: true"
        report.add(trail, "agents' names are not asked for", hint)
    values = list(dict.fromkeys(value for org in askers for value in _values(label, org, metric)))
    if not values:
        return
    for glob in matcher.globs:
        if not _WILD.search(glob) and glob not in values:
            own = "; for the queues' own targets write a glob" if label == "threshold" else ""
            report.add(trail, f"no org asks for this {label}", f"there are {', '.join(values)}{own}")


def _values(label: str, org: OrgSettings, metric: Metric) -> list[str]:
    """Return what a label can be in an org, where the configuration decides it; nothing elsewhere."""
    levels = org.service_level
    if label == "window" and _question(org, metric) == "queues":
        return [RECENT]
    if label == "window" and levels is not None:
        return [window.label for window in levels.windows]
    if label == "threshold" and levels is not None:
        return [durations.show(threshold) for threshold in levels.thresholds]
    if label == "interval" and org.agents is not None:
        return [durations.show(org.agents.bucket)]
    return []


def _fits(matcher: Matcher, value: str) -> bool:
    pattern = matcher.regex if matcher.regex is not None else "|".join(map(translate, matcher.globs))
    return re.fullmatch(pattern, value) is not None
