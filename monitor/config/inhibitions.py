"""Inhibitions: labels and rules that exist, and something said on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.config.conditions import InhibitionPart, PatternPart
from monitor.config.report import Report, Trail
from monitor.config.rules import matchers
from monitor.config.vocabulary import Vocabulary
from monitor.model.inhibition import Inhibition


def inhibitions(
    parts: Sequence[InhibitionPart], vocabulary: Vocabulary, report: Report
) -> tuple[Inhibition, ...]:
    """Return the inhibitions; their labels and their words are held against `vocabulary`."""
    seen: set[str] = set()
    for number, part in enumerate(parts):
        trail: Trail = ("inhibitions", number)
        if part.name in seen:
            report.add((*trail, "name"), f"{part.name} is the name of another one too", "rename one")
        seen.add(part.name)
        for side, patterns in (("source", part.source), ("target", part.target)):
            _side((*trail, side), patterns, vocabulary, report)
        vocabulary.check((*trail, "equal"), part.equal, report)
    return tuple(
        Inhibition(
            name=part.name,
            source=matchers(part.source),
            target=matchers(part.target),
            equal=tuple(part.equal),
        )
        for part in parts
    )


def _side(trail: Trail, patterns: Mapping[str, PatternPart], vocabulary: Vocabulary, report: Report) -> None:
    """Note a mistake for a side that fits nothing."""
    if not patterns:
        report.add(trail, "says nothing, and so fits no alert", 'write rule: "*" for all')
    vocabulary.match(trail, patterns, report)
