"""What people say with an acknowledgement or a silence: who they are, until when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from starlette.requests import Request

from monitor.kit import durations
from monitor.web import reading
from monitor.web.access import principal
from monitor.web.answers import Problem

LONGEST = timedelta(days=30)
"""How far ahead anything may be asked for: what is quiet for longer should not be a rule."""
OWNER_LIMIT = 100
"""Characters of who somebody says they are."""
NOTE_LIMIT = 1000
"""Characters of a note or comment: as many as a command over MQTT may have."""

Body = Mapping[str, object]


def owner(request: Request, asked: Body) -> str:
    """Return who it is: whoever has shown that, else whoever is said. Raises Problem.

    One name may speak for another (a wall display that several share), but never without being named.
    """
    said = reading.text("owner", asked.get("owner"), most=OWNER_LIMIT)
    shown = principal(request).name
    if not shown:
        if not said:
            raise Problem(400, "owner: should say who you are")
        return said
    return shown if said in ("", shown) else f"{said} (by {shown})"


def note(asked: Body, name: str) -> str:
    """Return what is said besides. Raises Problem."""
    return reading.text(name, asked.get(name), most=NOTE_LIMIT)


def end(asked: Body, now: datetime) -> datetime | None:
    """Return the moment that `until` or `duration` says, None where neither is said. Raises Problem."""
    until, length = asked.get("until"), asked.get("duration")
    if until is not None and length is not None:
        raise Problem(400, "the body should have either until or duration")
    if length is not None:
        return _ahead("duration", now + _length(length), now)
    moment = reading.moment("until", _string("until", until))
    return None if moment is None else _ahead("until", moment, now)


def _length(said: object) -> timedelta:
    try:
        return timedelta(seconds=durations.parse(_string("duration", said) or ""))
    except (ValueError, OverflowError):
        raise Problem(400, "duration: should be a length of time, such as 30m or 2h") from None


def _string(name: str, said: object) -> str | None:
    if said is None or isinstance(said, str):
        return said
    raise Problem(400, f"{name}: should be a text")


def _ahead(name: str, moment: datetime, now: datetime) -> datetime:
    if not now < moment <= now + LONGEST:
        raise Problem(400, f"{name}: should be after now, and at most {LONGEST.days} days ahead")
    return moment
