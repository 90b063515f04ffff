"""`queuewatch history`: what was told, to whom, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import click

from monitor.cli import once
from monitor.cli.daemon import Said, asked, dumped, line, local, reading, stamp
from monitor.cli.target import Target, targeted
from monitor.kit import durations, figures
from monitor.kit.clock import SystemClock
from monitor.model.alert import ENDINGS, EventKind
from monitor.model.catalogue import METRICS

DELIVERED = "delivered"
RETRIED = "retried"
"""Outcomes of a try after which the destination has it, and after which it is tried again."""

DROPPED = "dropped"
"""Reason of what somebody threw away: no try, and nobody refused it."""
GROUPED = EventKind.GROUPED.value
REMINDED = EventKind.REMINDED.value

_TRIES = (DELIVERED, RETRIED, "rejected", "gone")
_TRUTHS = {"true": "holds", "false": "holds no more"}
_DIGITS = 6
"""Decimals of figures that are alike with fewer."""
_COLOURS = {"critical": "red", "warning": "yellow"}
_ENDINGS = frozenset(kind.value for kind in ENDINGS)


class Moment(click.ParamType[datetime]):
    """A date, or a length of time before now."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the date in UTC; without an offset it is this computer's time."""
        if isinstance(value, datetime):
            return value
        try:
            return SystemClock().now() - timedelta(seconds=durations.parse(value))
        except (ValueError, OverflowError):
            pass
        try:
            return datetime.fromisoformat(value.strip()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time; write 24h, 2026-11-21 or 2026-11-21T09:00", param, ctx)


@click.command("history")
@click.option("--queue", metavar="GLOB", help="Only of queues with such a name: 'Support*'.")
@click.option("--rule", metavar="GLOB", help="Only of rules with such a name.")
@click.option("--since", type=Moment(), help="Not before: 24h (ago), 2026-11-21, 2026-11-21T09:00.")
@click.option("--until", type=Moment(), help="Not after.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The most events shown."
)
@once.JSON
@targeted
def command(
    *,
    queue: str | None,
    rule: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
    target: Target,
) -> None:
    """Tell what was told: each event, and below it where it went and what came of that.

    The newest events are shown, the last of them at the bottom; with --json the newest comes first. ✓ has
    it, ✗ does not get it, … is still being tried.

    Example: queuewatch history --queue 'Support*' --since 24h
    """
    given = {"queue": queue, "rule": rule, "since": _iso(since), "until": _iso(until)}
    found = asked(target, lambda daemon: daemon.pages("/api/v1/history", "entries", limit, **given))
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        entries = found["entries"]
        for entry in reversed(entries):
            for each in told(entry):
                click.echo(each)
        if not entries:
            click.echo("nothing was told")
        if found["next"] is not None:
            once.note(f"older events are left out: --limit {limit * 10}, or --until")


def told(entry: Said) -> Iterator[str]:
    """Yield an event of the journal, and below it where it went and what came of that."""
    yield _headline(entry)
    for each in went(entry["at"], entry["tries"]):
        yield f"    {each}"


def _iso(date: datetime | None) -> str | None:
    return None if date is None else date.isoformat()


def _headline(entry: Said) -> str:
    severity = line(entry["severity"])
    grouped, reminded = entry["kind"] == GROUPED, entry["kind"] == REMINDED
    what = (
        click.style(f"{severity:<8}", _COLOURS.get(severity)),
        f"{line(entry['kind']):<13}",
        "" if grouped else click.style(line(entry["rule"]), bold=True),
        _group(entry) if grouped else line(entry["queue"] or entry["entity"]),
        line(entry["reason"]) if grouped else standing(entry),
        f"({line(entry['reason'])})" if reminded and entry["reason"] else "",
        "(drill)" if entry["drill"] else "",
    )
    return "  ".join((stamp(entry["at"]), *filter(None, what)))


def _group(entry: Said) -> str:
    """Return the route of a group, and what its alerts share: its key is both as JSON."""
    try:
        route, shared = json.loads(entry["entity"])
        labels = ", ".join(f"{label}={value}" for label, value in shared.items())
    except (ValueError, TypeError, AttributeError, RecursionError):
        return line(entry["entity"])
    return line(f"{route}: {labels or 'everything'}")


def standing(entry: Said) -> str:
    """Return how the value stands to the threshold, in the unit of the metric."""
    value, operator, threshold = entry["value"], line(entry["operator"]), entry["threshold"]
    if value is None:
        return ""
    if operator in _TRUTHS:
        return _TRUTHS[operator]
    unit = unit_of(entry, ends=entry["kind"] in _ENDINGS)
    if threshold is None:
        return f"{figure(value, unit)} {operator}".rstrip()
    # Rounded alike, two figures would deny what is said of them: 40 s > 40 s.
    fine = value != threshold and figure(value, unit) == figure(threshold, unit)
    show = _fine if fine else figure
    return f"{show(value, unit)} {operator} {show(threshold, unit)}"


def unit_of(said: Said, *, ends: bool = False) -> str:
    """Return the unit of a value and its threshold: the metric's, or `times`; `ends` where it is over."""
    # Only a budget that burns is reached (>=) and left (<); its figures are multiples of what is allowed.
    if said["operator"] == ("<" if ends else ">="):
        return "times"
    return METRICS[said["metric"]].unit if said["metric"] in METRICS else ""


def figure(value: float, unit: str) -> str:
    """Return a figure in its unit."""
    match unit:
        case "ratio":
            return figures.percent(value)
        case "seconds":
            return figures.duration(value)
        case "times":
            return f"{figures.number(value, 1)}×"
        case _:
            return figures.number(value)


def _fine(value: float, unit: str) -> str:
    match unit:
        case "ratio":
            return figures.percent(value, _DIGITS)
        case "seconds":
            return f"{figures.number(value, _DIGITS)} s"
        case "times":
            return f"{figures.number(value, _DIGITS)}×"
        case _:
            return figures.number(value, _DIGITS)


def went(at: str, tries: Sequence[Said]) -> Iterator[str]:
    """Yield a line per destination: whether it has the event of `at`, when, how long after, and why not."""
    destinations = dict.fromkeys(one["destination"] for one in tries)
    for name in destinations:
        own = [one for one in tries if one["destination"] == name]
        having = (number for number, one in enumerate(own) if one["outcome"] == DELIVERED)
        last = next(having, len(own) - 1)
        yield _went(at, own[last], sum(map(_tried, own[: last + 1])))


def _tried(one: Said) -> bool:
    """Return whether anything was sent at all."""
    return one["outcome"] in _TRIES


def _went(at: str, one: Said, count: int) -> str:
    outcome, dropped = line(one["outcome"]), one["reason"] == DROPPED
    after = figures.duration(max(0.0, (local(one["at"]) - local(at)).total_seconds()))
    tried = f", try {count}" if count > 1 and not dropped else ""
    where = f"{line(one['destination'])}  {stamp(one['at'])}, after {after}{tried}"
    if outcome == DELIVERED:
        return f"{click.style('✓', 'green')} {where}"
    if outcome == RETRIED:
        return f"{click.style('…', 'yellow')} {where}: {why(one)}; will be tried again"
    return f"{click.style('✗', 'red')} {where}: {line(one['detail']) if dropped else failed(one)}"


def failed(one: Said) -> str:
    """Return the outcome of a try with its reason and detail, each word once."""
    return ", ".join(filter(None, dict.fromkeys(line(one[key]) for key in ("outcome", "reason", "detail"))))


def why(one: Said) -> str:
    """Return the reason and the detail of a try."""
    return ", ".join(filter(None, (line(one["reason"]), line(one["detail"]))))
