"""How an event or a group of them stands: over or not, how many, how it is known again. Pure."""

from __future__ import annotations

import base64
import hashlib
import json

from monitor.model.alert import ENDINGS, AlertState, EventKind
from monitor.model.rule import Severity
from monitor.outbox.envelope import CloudEvent
from monitor.outbox.notice import Notice

_RANKS = {severity.value: severity.rank for severity in Severity}


def rank(event: CloudEvent) -> int:
    """Return how bad an event is, -1 for a severity that none of ours is."""
    return _RANKS.get(event.data.severity, -1)


def over(event: CloudEvent) -> bool:
    """Return whether nothing is the matter any more."""
    data = event.data
    return data.kind in ENDINGS or data.state != AlertState.FIRING


def firing(notice: Notice) -> tuple[CloudEvent, ...]:
    """Return the events that are not over, in their order."""
    return tuple(event for event in notice.events if not over(event))


def worst(notice: Notice) -> str:
    """Return the worst severity of what is not over, or of everything where it all is."""
    return lead(notice).data.severity


def lead(notice: Notice) -> CloudEvent:
    """Return the worst event of what is not over, or of everything where it all is; of several the first."""
    return max(firing(notice) or notice.events, key=rank)


def acknowledged(notice: Notice) -> bool:
    """Return whether somebody has all of what is not over."""
    found = firing(notice)
    return bool(found) and all(event.data.kind == EventKind.ACKNOWLEDGED for event in found)


def grouped(notice: Notice) -> bool:
    """Return whether it is to be told as several: a group with one member is told as that one."""
    return len(notice.events) > 1


def identity(notice: Notice) -> str:
    """Return what stays the same while one episode of an alert, or one group, is told again and again."""
    if notice.group is not None:
        return "group-" + _digest(notice.group.key)
    event = notice.events[0].data
    return "alert-" + _digest(event.org, event.rule, event.entity.get("key", ""), event.episode)


def _digest(*parts: str | int) -> str:
    digest = hashlib.sha256(json.dumps(parts).encode("ascii")).digest()
    return base64.b32encode(digest)[:26].decode("ascii").lower()
