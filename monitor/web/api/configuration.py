"""`/api/v1/config`: what the daemon runs with, without anything secret.

In: the settings of the start. Out: the same under their own names. What may not be in it: a secret, the
userinfo or the query of a URL, and the bodies of webhooks, into which people write tokens.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum

from starlette.requests import Request
from starlette.responses import Response

from monitor.kit.secrets import Secret
from monitor.model.calendars import Calendar, Dated, Hours, Weekly
from monitor.model.settings import Settings, WebhookSettings
from monitor.web import reading
from monitor.web.access import Address, Scope
from monitor.web.api import tags

HIDDEN = "***"
"""Stands for what is not shown."""

_USERINFO = re.compile(r"(?<=://)[^/\s]*@")
_QUERY = re.compile(r"\?\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Answers what is configured; `settings` are those in force."""

    settings: Callable[[], Settings]

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [Address(path="/api/v1/config", endpoint=self.shown, scope=Scope.READ)]

    async def shown(self, request: Request) -> Response:
        """Return the settings."""
        reading.parameters(request)
        settings = self.settings()
        calendars = {name: _calendar(one) for name, one in settings.calendars.items()}
        return tags.tagged(request, {"config": {**_fields(settings), "calendars": calendars}})


def redacted(value: object) -> object:
    """Return what is ready for JSON of a setting; a calendar by its name. Raises TypeError for a stranger."""
    if isinstance(value, Secret):
        return HIDDEN
    if isinstance(value, Calendar):
        return value.name
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return _scrubbed(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, int) else _compound(value)


def _compound(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(redacted(key)): redacted(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(one) for one in value]
    if isinstance(value, AbstractSet):
        return sorted(str(redacted(one)) for one in value)
    return _fields(value)


def _fields(value: object) -> dict[str, object]:
    if not is_dataclass(value):
        raise TypeError(f"a setting is a {type(value).__name__}, of which nobody said how it is shown")
    found = {one.name: redacted(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, WebhookSettings) and value.body is not None:
        found["body"] = HIDDEN
    return found


def _calendar(one: Calendar) -> dict[str, object]:
    days: tuple[Weekly | Dated, ...] = (*one.weekly, *one.exceptions)
    return {"zone": one.zone.key, "hours": [f"{day} {_listed(day.hours)}" for day in days]}


def _listed(hours: tuple[Hours, ...]) -> str:
    return ", ".join(map(str, hours)) or "closed"


def _scrubbed(text: str) -> str:
    """Return a text without what may be secret of the URLs in it."""
    return _QUERY.sub("", _USERINFO.sub("", text)) if "://" in text else text
