"""The built-in rules: a source that gives no answers, a destination that is gone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from monitor.model.alert import DESTINATION_GONE, SOURCE_DOWN
from monitor.model.rule import Level, Rule, Severity, Verdict
from monitor.rules.judgement import Judgement

ANNOUNCED = 30.0
"""Seconds without answers after which a source is announced, or three of its intervals (DESIGN.md §9)."""


def patience(interval: float) -> float:
    """Return the seconds a source may be without answers before it is announced."""
    return max(3 * interval, ANNOUNCED)


def source_down(dwell: float = 0.0) -> Rule:
    """Return the rule: it fires once its source has had no answers for `dwell` seconds."""
    level = Level(severity=Severity.CRITICAL, high=0.5, dwell=dwell, truth=True)
    return Rule(name=SOURCE_DOWN, levels=(level,), flapping=False)


def destination_gone() -> Rule:
    """Return the rule: it fires as soon as a destination says that it is gone for good."""
    level = Level(severity=Severity.CRITICAL, high=0.5, truth=True)
    summary = (
        "{{entity.destination}} answers that it is gone for good: nothing is sent to it any more. "
        "`queuewatch outbox retry --destination {{entity.destination}}` tries again."
    )
    annotations = {"summary": summary}
    return Rule(name=DESTINATION_GONE, levels=(level,), flapping=False, annotations=annotations)


def built_in(name: str) -> Rule:
    """Return the rule of that name, or what is left of one that was removed."""
    return BUILT_IN[name]() if name in BUILT_IN else Rule(name=name)


BUILT_IN: Mapping[str, Callable[[], Rule]] = {SOURCE_DOWN: source_down, DESTINATION_GONE: destination_gone}
"""What makes each built-in rule."""


def judgement(name: str, reason: str, *, down: bool, label: str = "source") -> Judgement:
    """Return what the rule says of the source, or whatever `label` calls it, of that name now."""
    return Judgement(
        key=name,
        labels={label: name},
        verdicts={Severity.CRITICAL: Verdict.BREACHED if down else Verdict.CLEAR},
        reason=reason,
    )
