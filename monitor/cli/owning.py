"""Who takes an alert or keeps it quiet, and until when: what `ack` and `silence` share."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from datetime import datetime, time, timedelta

import click

from monitor.cli import once
from monitor.cli.target import Target
from monitor.kit import durations
from monitor.kit.clock import SystemClock

OWNER = click.option(
    "--owner",
    metavar="NAME",
    help="Who it is. Else whom the daemon knows you as, or your name on this machine.",
)


def owner_of(owner: str | None, target: Target) -> Mapping[str, object]:
    """Return what says who it is. Who shows the daemon who they are need not say it."""
    if owner is not None:
        return {"owner": owner}
    if target.known:
        return {}
    try:
        return {"owner": getpass.getuser()}
    except (OSError, KeyError, ImportError):  # a container's user need not have a name
        raise once.wrong("--owner", "is missing", "say who you are") from None


def ending(length: float | None, until: str | None) -> Mapping[str, object]:
    """Return what says when it ends; nothing where neither is given. Raises ClickException."""
    if length is not None and until is not None:
        raise once.wrong("--for, --until", "say two different things about its end", "keep one")
    if length is not None:
        return {"duration": durations.show(length)}
    return {} if until is None else {"until": _moment(until).isoformat()}


def _moment(text: str) -> datetime:
    """Return a moment to come; without an offset this computer's, a time alone is the next one such."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        pass
    try:
        # ISO 8601 would take 2026 for 20:26; people who mean a time write its colon.
        clock = time.fromisoformat(text) if ":" in text else None
    except ValueError:
        clock = None
    if clock is None:
        hint = "write 09:00, 2026-11-21 or 2026-11-21T09:00"
        raise once.wrong("--until", f"{text!r} is no time", hint)
    now = SystemClock().now().astimezone()
    # The zone is looked up again for the day after: it may be another at the change of the clocks.
    found = (datetime.combine(now.date() + timedelta(days=days), clock).astimezone() for days in (0, 1))
    return next(at for at in found if at > now)
