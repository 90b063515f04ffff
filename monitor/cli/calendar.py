"""`queuewatch calendar`: is it open then, and why?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from monitor.cli import configured, dating, once
from monitor.kit.clock import SystemClock
from monitor.model.calendars import DAYS, HORIZON, Calendar, Opening


@click.group("calendar")
def command() -> None:
    """Look at the calendars of a configuration.

    Example: queuewatch calendar explain business_hours --at 2026-12-24T09:00
    """


@command.command("explain")
@click.argument("name")
@click.option(
    "--at",
    "text",
    help="ISO 8601 date-time, a date for its first moment, or a time of today; without an offset, in the "
    "calendar's zone. Without --at, now.",
)
@once.JSON
@once.CONFIG
def explain(name: str, text: str | None, as_json: bool, path: Path) -> None:  # noqa: FBT001
    """Say whether the calendar NAME is open at a moment, why, and when that changes.

    Where an exception decides, it also says what would be without it. A local time that comes twice is taken
    as the first of both, and the other is shown.

    Example: queuewatch calendar explain business_hours --at 2026-12-24T09:00
    """
    calendar = _chosen(name, path)
    now = SystemClock().now()
    at, other = (now, None) if text is None else dating.moment(text, calendar.zone, now)
    if as_json:
        also = None if other is None else _json(calendar, other)
        click.echo(json.dumps({"calendar": name, **_json(calendar, at), "other": also}, indent=2))
        return
    if other is not None:
        click.echo(f"{text} comes twice in {calendar.zone.key}: the first is taken, the other is below")
    _tell(calendar, at)
    if other is not None:
        click.echo()
        _tell(calendar, other)


def _chosen(name: str, path: Path) -> Calendar:
    """Return the calendar called `name`. Raises ClickException, and names those there are."""
    calendars = configured.settings(path, secrets=False).calendars
    if name not in calendars:
        there_are = f"there is {', '.join(calendars)}" if calendars else "the configuration has none"
        raise once.wrong("NAME", f"there is no calendar {name!r}", there_are)
    return calendars[name]


def _tell(calendar: Calendar, at: datetime) -> None:
    """Print what is known about one moment."""
    click.echo(f"{calendar.name} at {_shown(calendar, at)}")
    click.echo(calendar.why(at))
    opening = calendar.opening(at)
    if opening is not None:
        click.echo(f"opening: {_shown(calendar, opening.start)} to {_shown(calendar, opening.end)}")
    change = calendar.change(at)
    verb = "opens" if opening is None else "closes"
    when = f"none within {HORIZON} days" if change is None else f"{verb} {_shown(calendar, change)}"
    click.echo(f"next change: {when}")
    without = _without(calendar, at, opening)
    if without is not None:
        click.echo(f"without the exception: {without}")


def _without(calendar: Calendar, at: datetime, opening: Opening | None) -> str | None:
    """Return what would be without the exception that decides at `at`; None if there is none."""
    dated = opening.dated if opening is not None else calendar.exception(calendar.day(at)) is not None
    return calendar.ordinary().why(at) if dated else None


def _shown(calendar: Calendar, at: datetime) -> str:
    local = at.astimezone(calendar.zone)
    return f"{DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M %Z} ({at.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"


def _json(calendar: Calendar, at: datetime) -> dict[str, object]:
    opening = calendar.opening(at)
    return {
        "at": _both(calendar, at),
        "open": opening is not None,
        "why": calendar.why(at),
        "opening": None
        if opening is None
        else {
            "start": _both(calendar, opening.start),
            "end": _both(calendar, opening.end),
            "dated": opening.dated,
        },
        "next_change": _both(calendar, calendar.change(at)),
        "without_exception": _without(calendar, at, opening),
    }


def _both(calendar: Calendar, at: datetime | None) -> dict[str, str] | None:
    """Return a moment in the calendar's zone and in UTC."""
    if at is None:
        return None
    return {"local": at.astimezone(calendar.zone).isoformat(), "utc": at.astimezone(UTC).isoformat()}
