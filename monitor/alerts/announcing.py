"""The built-in rule on a source that gives no answers. Pure."""

from __future__ import annotations

from monitor.model.alert import SOURCE_DOWN
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


def judgement(source: str, reason: str, *, down: bool) -> Judgement:
    """Return what the rule says of `source` now."""
    return Judgement(
        key=source,
        labels={"source": source},
        verdicts={Severity.CRITICAL: Verdict.BREACHED if down else Verdict.CLEAR},
        reason=reason,
    )
