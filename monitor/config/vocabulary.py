"""Labels that alerts have, and words that some of these labels are limited to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.config.conditions import PatternPart, RulePart
from monitor.config.report import Report, Trail, meant
from monitor.model.alert import DESTINATION_GONE, OURSELVES, SOURCE_DOWN
from monitor.model.catalogue import METRICS, judgeable
from monitor.model.rule import Severity

WILD = re.compile(r"[*?\[]")
"""What makes a glob more than the text itself."""

_WHO = ("org", "rule", "severity", "source", "destination", "drill")
"""Labels of every alert, and those of the built-in rules: of SourceDown, of DestinationGone, of a drill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The `labels` there are, and the `words` of those whose values are known.

    Where `whole` is false, rules were left out because of mistakes, and any label may be one of theirs.
    """

    labels: Collection[str]
    words: Mapping[str, Sequence[str]]
    whole: bool

    def check(self, trail: Trail, labels: Iterable[str], report: Report) -> None:
        """Note a mistake for each of `labels` that no alert has."""
        for label in labels:
            if self.whole and label not in self.labels:
                report.add((*trail, label), "no alert has such a label", meant(label, self.labels))

    def match(self, trail: Trail, patterns: Mapping[str, PatternPart], report: Report) -> None:
        """Note a mistake for each condition that fits nothing."""
        self.check(trail, patterns, report)
        for label, pattern in patterns.items():
            there = self.words.get(label, ())
            for glob in pattern.globs:
                if there and glob not in there and not WILD.search(glob):
                    hint = meant(glob, there) or f"there is {', '.join(there[:_SHOWN])}"
                    report.add((*trail, label), f"there is no such {label}", hint)


_SHOWN = 10
"""Values named in a hint where none is near."""


class Labelled(Protocol):
    """A rule, as it is written or as it is judged."""

    @property
    def labels(self) -> Mapping[str, str]:
        """What the rule says of each of its alerts."""


def labels(rules: Iterable[Labelled]) -> tuple[str, ...]:
    """Return every label that an alert of `rules`, or of our own, may have."""
    return tuple(dict.fromkeys((*_given(), *(label for rule in rules for label in rule.labels))))


def _given() -> tuple[str, ...]:
    """Return the labels that alerts have whatever their rules say: only figures decide their values."""
    return (*(label for name in judgeable() for label in METRICS[name].labels), *_WHO)


def _said(rules: Iterable[Labelled]) -> dict[str, list[str]]:
    """Return every label that only rules give, with all the values they give it."""
    given = set(_given())
    found: dict[str, dict[str, None]] = {}
    for rule in rules:
        for label, value in rule.labels.items():
            if label not in given:
                found.setdefault(label, {})[value] = None
    return {label: list(values) for label, values in found.items()}


def vocabulary(rules: Iterable[RulePart], orgs: Iterable[str], report: Report) -> Vocabulary:
    """Return what alerts of `rules` in `orgs` are told by."""
    each = tuple(rules)
    words = {"severity": [severity.value for severity in Severity]}
    whole = not report.touches("rules")
    if whole:
        words.update(_said(each))
        words["rule"] = [SOURCE_DOWN, DESTINATION_GONE, *(rule.name for rule in each)]
    if not report.touches("orgs"):
        words["org"] = [OURSELVES, *orgs]
    return Vocabulary(labels=labels(each), words=words, whole=whole)
