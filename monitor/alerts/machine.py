"""The life cycle of one alert: state × verdicts × known time → state. Pure; what is said is `telling`'s.

Every level of the rule is a strand:

strand     verdict    what happens
inactive   breached   pending, or firing at once where the dwell is 0
pending    breached   the dwell grows by the known time; at the full dwell it fires
pending    clear      inactive
firing     breached   stays; a clearing that had begun starts over
firing     clear      clearing; after keep_firing_for of known clear time it is inactive
any        idle       as clear: a ratio of nothing neither fires nor keeps firing
any        unknown    nothing moves, and the time until the next known verdict does not count

A rule may say that an unknown which lasts is an alert (its mildest level fires) or is fine (as clear).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.model.alert import Alert, AlertState, Evidence, Strand
from monitor.model.rule import KNOWN, Action, Level, Policy, Rule, Severity, Verdict


def step(
    alert: Alert,
    rule: Rule,
    verdicts: Mapping[Severity, Verdict],
    evidence: Evidence,
    *,
    levels: Sequence[Level] | None = None,
    reason: str = "",
    elapsed: float,
    now: datetime,
) -> Alert:
    """Return the alert after one judgement.

    Args:
        alert: as it was.
        rule: as it is configured now; a level it no longer has ends as if clear.
        verdicts: what the rule says now, per level; a level of which nothing is known holds.
        evidence: what was judged.
        levels: those that hold now, where they are not the rule's own; any other ends as if clear.
        reason: why it is as it is, in a word, where the verdicts do not say it.
        elapsed: seconds since the judgement before, whatever that said (0 after a restart).
        now: the moment of this judgement.
    """
    if verdicts and not KNOWN.intersection(verdicts.values()):
        return _unknown(alert, rule, next(iter(verdicts.values())), elapsed=elapsed, now=now)
    counted = elapsed if alert.known else 0.0
    strands = {
        level.severity: _moved(alert, level, verdicts.get(level.severity, Verdict.CLEAR), rule, counted)
        for level in (rule.levels if levels is None else levels)
    }
    judged = replace(alert, known=True, unknown_for=0.0, evidence=evidence)
    breached = Verdict.BREACHED in verdicts.values()
    idle = "idle" if Verdict.IDLE in verdicts.values() else ""
    return _settled(judged, strands, reason or idle or ("threshold" if breached else "cleared"), now)


def _unknown(alert: Alert, rule: Rule, said: Verdict, *, elapsed: float, now: datetime) -> Alert:
    """Hold, unless it has lasted as long as the rule's policy for this unknown says."""
    lasted = alert.unknown_for + (elapsed if not alert.known else 0.0)
    policy = rule.unknown.get(said, Policy())
    waiting = replace(alert, known=False, unknown_for=lasted)
    if policy.action is Action.HOLD or lasted < policy.dwell:
        return waiting
    if policy.action is Action.ALERT:
        mildest = rule.levels[0].severity
        fired = Strand(state=AlertState.FIRING, forced=True)
        return _settled(waiting, {**alert.strands, mildest: fired}, said.value, now)
    counted = elapsed if alert.unknown_for >= policy.dwell else 0.0
    strands = {level.severity: _moved(alert, level, Verdict.CLEAR, rule, counted) for level in rule.levels}
    return _settled(waiting, strands, said.value, now)


def _moved(alert: Alert, level: Level, verdict: Verdict, rule: Rule, counted: float) -> Strand:
    """Return one level's strand after a verdict; an unknown one leaves it as it is."""
    strand = alert.strand(level.severity)
    if verdict not in KNOWN:
        return strand
    return _strand(strand, verdict, level.dwell, rule.keep_firing_for, counted)


def ended(alert: Alert, reason: str, now: datetime) -> Alert:
    """Return the alert without any level: its rule or queue is gone, or it was told to end."""
    return replace(_settled(alert, {}, reason, now), reason=reason, history=(0, 0, False), unknown_for=0.0)


def _strand(strand: Strand, verdict: Verdict, dwell: float, keep: float, counted: float) -> Strand:
    breached = verdict is Verdict.BREACHED
    match strand.state, breached:
        case AlertState.INACTIVE, True:
            return _ripe(Strand(state=AlertState.PENDING), dwell)
        case AlertState.PENDING, True:
            return _ripe(replace(strand, held=strand.held + counted), dwell)
        case AlertState.FIRING, True:
            return Strand(state=AlertState.FIRING)
        case AlertState.FIRING, False:
            held = strand.held + counted if strand.clearing else 0.0
            return Strand() if held >= keep else replace(strand, held=held, clearing=True)
        case _:
            return Strand()


def _ripe(strand: Strand, dwell: float) -> Strand:
    """Fire once the breach has lasted for the dwell."""
    return strand if strand.held < dwell else Strand(state=AlertState.FIRING)


def _settled(alert: Alert, strands: Mapping[Severity, Strand], reason: str, now: datetime) -> Alert:
    """Return the alert as its worst strand has it, with the dates of what just changed."""
    state, severity = _worst(strands, alert.severity)
    changed = replace(alert, strands=strands, state=state, severity=severity)
    before = alert.state
    if state is before:
        return replace(changed, reason=alert.reason if state is AlertState.FIRING else "")
    if state is AlertState.FIRING:
        return replace(
            changed,
            episode=alert.episode + 1,
            active_at=alert.active_at if before is AlertState.PENDING else now,
            fired_at=now,
            resolved_at=None,
            reason=reason,
        )
    if before is AlertState.FIRING:
        return replace(
            changed,
            active_at=now if state is AlertState.PENDING else alert.active_at,
            resolved_at=now,
            acknowledged=None,
            reason="cleared" if reason == "threshold" else reason,
        )
    return replace(changed, active_at=now if state is AlertState.PENDING else None, reason="")


def _worst(strands: Mapping[Severity, Strand], before: Severity) -> tuple[AlertState, Severity]:
    """Return the state of the furthest strand, and the worst severity that is in it."""
    for state in (AlertState.FIRING, AlertState.PENDING):
        found = [severity for severity in Severity if strands.get(severity, Strand()).state is state]
        if found:
            return state, found[-1]
    return AlertState.INACTIVE, before
