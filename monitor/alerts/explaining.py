"""Why an alert is as it is, in figures and in sentences. Pure; ready for JSON, and without annotations.

In: an alert, its rule as it is configured now, and the moment. Out: what was judged, how far each level is,
what holds it, and who was told. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from monitor.alerts.flapping import HIGH, LOW, History
from monitor.alerts.telling import UNROUTED
from monitor.kit import durations
from monitor.model.alert import Alert, AlertState, Strand, event_id
from monitor.model.rule import Level, Rule
from monitor.rules.judging import Judge

_QUIET = {"silenced": "Silenced", "inhibited": "Held back by another alert"}
"""How `Alert.muted` begins, in words; the silence's id or the inhibition's name follows."""

LIMIT = 20
"""Alerts explained at once: enough to see which one was meant."""


def explained(
    text: str, alerts: Iterable[Alert], rules: Sequence[Rule], now: datetime
) -> list[dict[str, object]]:
    """Return the explanations of the alerts whose name holds `text`; of the one that has it whole, if any.

    An alert's name is `rule/entity key`; people may write the queue's name for its id, and stop there. What
    is not inactive comes first, and no more than `LIMIT`.
    """
    by_name = {rule.name: rule for rule in rules}
    found = [alert for alert in alerts if text.casefold() in _names(alert)]
    exact = [alert for alert in found if text in {name(alert), *_called(alert)}]
    ordered = sorted(exact or found, key=lambda one: (one.state is AlertState.INACTIVE, name(one), one.org))
    return [explain(one, by_name.get(one.rule, Rule(name=one.rule)), now) for one in ordered[:LIMIT]]


def explain(alert: Alert, rule: Rule, now: datetime) -> dict[str, object]:
    """Return why `alert` is as it is at `now`; durations in seconds, dates in UTC with milliseconds."""
    judge = Judge(rule, alert.org)
    levels = judge.levels(now)
    return {
        "alert": name(alert),
        "org": alert.org,
        "rule": alert.rule,
        "entity": {"key": alert.entity.key, "labels": dict(alert.entity.labels)},
        "state": alert.state.value,
        "severity": alert.severity.value,
        "reason": alert.reason,
        "episode": alert.episode,
        "active_at": _date(alert.active_at),
        "fired_at": _date(alert.fired_at),
        "resolved_at": _date(alert.resolved_at),
        "metric": rule.metric or rule.expr,
        "value": alert.evidence.value,
        "numerator": alert.evidence.numerator,
        "denominator": alert.evidence.denominator,
        "known": alert.known,
        "unknown_for": alert.unknown_for,
        "levels": [_level(alert, rule, level) for level in levels],
        "keep_firing_for": rule.keep_firing_for,
        "guard": _guard(rule),
        "asleep": judge.asleep(now),
        "calendars": list(_calendars(rule, levels, now)),
        "muted": alert.muted,
        "acknowledged": _acknowledged(alert),
        "told": alert.told.value if alert.told else None,
        "told_to": list(alert.heard),
        "flapping": _flapping(alert, rule),
        "last_event": _last_event(alert),
        "because": list(_because(alert, rule, levels, asleep=judge.asleep(now))),
    }


def name(alert: Alert) -> str:
    """Return what an alert is called: `rule/entity key`."""
    return f"{alert.rule}/{alert.entity.key}"


def _names(alert: Alert) -> str:
    """Return what a part is looked for in: the name, and the words people know the entity by."""
    return "\n".join((name(alert), *_called(alert), *alert.entity.labels.values())).casefold()


def _called(alert: Alert) -> tuple[str, ...]:
    """Return the names with the queue's name for its id: `rule/queue`, `rule/queue/media`."""
    queue_id, queue = (alert.entity.labels.get(label, "") for label in ("queue_id", "queue"))
    if not queue_id or not queue:
        return ()
    return f"{alert.rule}/{queue}", f"{alert.rule}/{alert.entity.key.replace(queue_id, queue, 1)}"


def _level(alert: Alert, rule: Rule, level: Level) -> dict[str, object]:
    strand = alert.strand(level.severity)
    breach = strand.held if strand.state is AlertState.PENDING else None
    burn = min((one.factor for one in rule.burns if one.severity is level.severity), default=None)
    return {
        "severity": level.severity.value,
        "state": strand.state.value,
        "enter": f">= {burn:g}" if burn is not None else _edges(level, cleared=False),
        "clear": f"< {burn:g}" if burn is not None else _edges(level, cleared=True),
        "held": breach,
        "needed": level.dwell,
        "clearing": strand.clearing,
        "clear_held": strand.held if strand.clearing else None,
        "clear_needed": rule.keep_firing_for,
    }


def _edges(level: Level, *, cleared: bool) -> str:
    """Return where a level is entered, or left: both sides where it has two."""
    if level.truth:
        return "false" if cleared else "true"
    low = level.clear_low if cleared and level.clear_low is not None else level.low
    high = level.clear_high if cleared and level.clear_high is not None else level.high
    parts = [
        *([] if low is None else [f"{'>=' if cleared else '<'} {low:g}"]),
        *([] if high is None else [f"{'<=' if cleared else '>'} {high:g}"]),
    ]
    return (" and " if cleared else " or ").join(parts)


def _guard(rule: Rule) -> dict[str, object] | None:
    guard = rule.guard
    if guard is None:
        return None
    return {"volume": guard.volume, "at_least": guard.at_least, "confidence": guard.confidence}


def _calendars(rule: Rule, levels: Sequence[Level], now: datetime) -> Iterator[dict[str, object]]:
    several = [
        *((one, "during", None) for one in rule.during),
        *((one, "not_during", None) for one in rule.not_during),
        *((one.during, "override", one.levels is levels) for one in rule.overrides),
    ]
    for calendar, role, chosen in several:
        line = {"name": calendar.name, "as": role, "open": calendar.is_open(now), "why": calendar.why(now)}
        yield line if chosen is None else {**line, "chosen": chosen}


def _acknowledged(alert: Alert) -> dict[str, object] | None:
    ack = alert.acknowledged
    if ack is None:
        return None
    return {"owner": ack.owner, "note": ack.note, "at": _date(ack.at), "until": _date(ack.until)}


def _flapping(alert: Alert, rule: Rule) -> dict[str, object]:
    history = History(*alert.history)
    return {
        "watched": rule.flapping,
        "flapping": history.flapping,
        "percent": history.percent,
        "begins_above": HIGH,
        "ends_below": LOW,
    }


def _last_event(alert: Alert) -> dict[str, object] | None:
    """Return the id of the newest event of this alert; None where there was none."""
    if not alert.sequence:
        return None
    known = event_id(alert.org, alert.rule, alert.entity.key, alert.episode, alert.sequence)
    return {"id": known, "episode": alert.episode, "sequence": alert.sequence}


def _because(alert: Alert, rule: Rule, levels: Sequence[Level], *, asleep: bool) -> Iterator[str]:
    """Yield why, in sentences."""
    if asleep:
        yield "The rule's hours are over: nothing is judged."
    if not alert.known:
        lasted = f" for {durations.show(alert.unknown_for)}" if alert.unknown_for else ""
        yield f"The value is not known{lasted}: everything is held, and no time counts."
    for level in levels:
        yield _sentence(alert.strand(level.severity), level, rule)
    if alert.muted:
        yield _quiet(alert.muted)
    if alert.acknowledged is not None:
        yield f"{alert.acknowledged.owner} has it."
    if alert.heard and alert.told is not None:
        yield f"Told as {alert.told.value} to {', '.join(alert.heard)}."
    elif alert.state is AlertState.FIRING:
        yield "Nobody has been told."


def _quiet(muted: str) -> str:
    """Return why nobody is told, of the manager's word for it: `silenced:id`, `inhibited:name`, others."""
    if muted == UNROUTED:
        return "Its fire is kept back: no route gives it to anybody now."
    word, colon, by = muted.partition(":")
    if colon and word in _QUIET:
        return f"{_QUIET[word]} ({by}): nobody is told again while that holds."
    return f"Its fire is kept back: {muted}."


def _sentence(strand: Strand, level: Level, rule: Rule) -> str:
    what = level.severity.value
    if strand.state is AlertState.PENDING:
        held, needed = durations.show(strand.held), durations.show(level.dwell)
        return f"{what} is pending: breached for {held} of {needed}."
    if strand.state is AlertState.INACTIVE:
        return f"{what} is not breached."
    if not strand.clearing:
        after = f"{durations.show(rule.keep_firing_for)} after" if rule.keep_firing_for else "as soon as"
        return f"{what} fires: it ends {after} it is clear."
    held, needed = durations.show(strand.held), durations.show(rule.keep_firing_for)
    return f"{what} fires still: clear for {held} of {needed}."


def _date(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
