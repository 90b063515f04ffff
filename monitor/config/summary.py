"""A rule in one line, for `queuewatch check`."""

from __future__ import annotations

from monitor.kit import durations
from monitor.kit.text import clean
from monitor.model.calendars import Calendar
from monitor.model.rule import Burn, Level, Matcher, Rule

_WIDTH = 60
"""Characters shown of an expression."""


def summary(rule: Rule) -> str:
    """Return what `rule` judges, of what, and its levels."""
    what = (
        clean(rule.expr, _WIDTH)
        if rule.expr
        else f"burn rate of {rule.metric}"
        if rule.burns
        else rule.metric
    )
    each = f" {{{', '.join(map(condition, rule.matchers))}}}" if rule.matchers else ""
    return (
        f"{rule.name}: {what}{each}, {', '.join(_level(level, rule) for level in rule.levels)}{_hours(rule)}"
    )


def condition(matcher: Matcher) -> str:
    """Return what a label has to be."""
    wanted = matcher.regex if matcher.regex is not None else ", ".join(matcher.globs)
    return f"{matcher.label}: {clean(wanted, _WIDTH)}"


def _level(level: Level, rule: Rule) -> str:
    own = [burn for burn in rule.burns if burn.severity is level.severity]
    dwell = f" for {durations.show(level.dwell)}" if level.dwell else ""
    return f"{level.severity} {' or '.join(map(_burn, own)) or _edges(level)}{dwell}"


def _edges(level: Level) -> str:
    if level.truth:
        return "while true"
    if level.low is not None and level.high is not None:
        return f"outside {level.low:g} to {level.high:g}"
    return f"below {level.low:g}" if level.high is None else f"above {level.high:g}"


def _burn(burn: Burn) -> str:
    return f"at {burn.factor:g} × over {burn.long} and {burn.short}"


def hours(during: tuple[Calendar, ...], not_during: tuple[Calendar, ...]) -> list[str]:
    """Return when something holds, in one or two phrases; none if always."""
    return [
        f"{word} {' or '.join(calendar.name for calendar in calendars)}"
        for word, calendars in (("during", during), ("not during", not_during))
        if calendars
    ]


def _hours(rule: Rule) -> str:
    words = hours(rule.during, rule.not_during)
    if rule.overrides:
        words.append(f"otherwise during {', '.join(one.during.name for one in rule.overrides)}")
    return "".join(f"; {each}" for each in words)
