"""Inhibitions: labels and rules that exist, and something said on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from monitor.config.conditions import InhibitionPart, PatternPart, RulePart
from monitor.config.report import Report, Trail, meant
from monitor.config.rules import matchers
from monitor.model.alert import SOURCE_DOWN
from monitor.model.catalogue import METRICS, judgeable
from monitor.model.inhibition import Inhibition
from monitor.model.rule import Severity

WILD = re.compile(r"[*?\[]")
"""What makes a glob more than the text itself."""

_WHO = ("org", "rule", "severity", "source")
"""Labels of every alert; `source` is that of SourceDown."""


def inhibitions(
    parts: Sequence[InhibitionPart], rules: Iterable[RulePart], report: Report
) -> tuple[Inhibition, ...]:
    """Return the inhibitions; their labels and rule names are held against `rules`."""
    each = tuple(rules)
    words = {"severity": [severity.value for severity in Severity]}
    known = {label: None for name in judgeable() for label in METRICS[name].labels}
    known |= dict.fromkeys(_WHO)
    whole = not report.touches("rules")
    if whole:
        words["rule"] = [SOURCE_DOWN, *(rule.name for rule in each)]
        known |= {label: None for rule in each for label in rule.labels}
    seen: set[str] = set()
    for number, part in enumerate(parts):
        trail: Trail = ("inhibitions", number)
        if part.name in seen:
            report.add((*trail, "name"), f"{part.name} is the name of another one too", "rename one")
        seen.add(part.name)
        for side in ("source", "target"):
            _side((*trail, side), getattr(part, side), words, report)
            if whole:
                _labels((*trail, side), getattr(part, side), known, report)
        if whole:
            _labels((*trail, "equal"), part.equal, known, report)
    return tuple(
        Inhibition(
            name=part.name,
            source=matchers(part.source),
            target=matchers(part.target),
            equal=tuple(part.equal),
        )
        for part in parts
    )


def _labels(trail: Trail, labels: Iterable[str], known: Iterable[str], report: Report) -> None:
    for label in labels:
        if label not in known:
            report.add((*trail, label), "no alert has such a label", meant(label, known))


def _side(
    trail: Trail, patterns: Mapping[str, PatternPart], words: Mapping[str, Sequence[str]], report: Report
) -> None:
    """Note a mistake for a side that fits nothing."""
    if not patterns:
        report.add(trail, "says nothing, and so fits no alert", 'write rule: "*" for all')
    for label, pattern in patterns.items():
        there = words.get(label, ())
        for glob in pattern.globs:
            if there and glob not in there and not WILD.search(glob):
                report.add((*trail, label), f"there is no such {label}", meant(glob, there))
