"""`min_volume`: how much has to have happened for a breach to be believed."""

from __future__ import annotations

from monitor.config.conditions import RulePart
from monitor.config.figures import Subject, identifying
from monitor.config.report import Report, Trail, meant
from monitor.model.catalogue import METRICS, judgeable
from monitor.model.metric import PLATFORM_PREFIX, Kind, Metric
from monitor.model.rule import Guard
from monitor.rules.reading import PARTS

CONFIDENCE = "confidence"
LOWEST = 0.5
"""Confidence that is none: the bound is the ratio itself."""

_QUEUE = "queue_"
_COUNTED = frozenset({Kind.COUNT, Kind.SNAPSHOT})


def guard(trail: Trail, part: RulePart, subject: Subject, report: Report) -> Guard | None:
    """Return the guard written at `trail`; None if there is none, or, with a mistake, no valid one."""
    given = dict(part.min_volume)
    confidence = given.pop(CONFIDENCE, None)
    if confidence is not None:
        _confident((*trail, CONFIDENCE), confidence, subject, report)
    if len(given) > 1:
        report.add(trail, f"names {len(given)} metrics", "keep one")
        return None
    if not given:
        return None if confidence is None else Guard(confidence=confidence)
    ((word, least),) = given.items()
    if least < 0:
        report.add((*trail, word), "should be at least 0")
    metric = _volume((*trail, word), word, subject, report)
    return None if metric is None else Guard(volume=metric.name, at_least=least, confidence=confidence)


def _confident(trail: Trail, confidence: float, subject: Subject, report: Report) -> None:
    if not LOWEST <= confidence < 1:
        report.add(trail, f"should be at least {LOWEST:g} and less than 1", "such as 0.95")
    if subject.key != "metric" or subject.widest.name not in PARTS:
        report.add(
            trail, f"{subject.words} is no ratio whose parts are known", f"those are {', '.join(PARTS)}"
        )


def _volume(trail: Trail, word: str, subject: Subject, report: Report) -> Metric | None:
    """Return the metric that `word` names, if it stands beside what is judged."""
    names = judgeable()
    plain = word.removeprefix(PLATFORM_PREFIX)
    name = next((one for one in (plain, _QUEUE + plain) if one in names), None)
    if name is None:
        report.add(trail, "is not a known metric", meant(word, names) or meant(_QUEUE + plain, names))
        return None
    metric = METRICS[name]
    if metric.kind not in _COUNTED:
        report.add(trail, f"{name} is a {metric.kind}, no number of anything", "such as offered: 10")
        return None
    if not any(set(metric.sources) <= set(one.sources) for one in subject.metrics):
        report.add(
            trail,
            f"{name} comes from sources.{metric.sources[0]}, {subject.words} does not",
            "a volume comes with the figure that it guards",
        )
        return None
    extra = sorted(identifying(metric) - set(subject.labels))
    if extra:
        problem = f"{name} is told by {' and '.join(extra)}, {subject.words} is not"
        report.add(trail, problem, "its labels have to be among those of what is judged")
        return None
    return metric
