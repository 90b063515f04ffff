"""What a template of a destination may say: EVENT_NAMES, filled in from a notice. Pure."""

from __future__ import annotations

from monitor.outbox import envelope
from monitor.outbox.forms import standing
from monitor.outbox.notice import Notice

ALERTS_LIMIT = 200
"""Members a template goes through, the worst: more than fit into what it may make."""


def context(notice: Notice) -> dict[str, object]:
    """Return the names and their values; of a group, an event's own are those of the worst member."""
    first = envelope.names(notice.events[0])
    firing = len(standing.firing(notice))
    return {
        **first,
        "id": notice.id,
        "group": dict(notice.group.labels) if notice.group is not None else {},
        "alerts": [first, *(envelope.names(event) for event in notice.events[1:ALERTS_LIMIT])],
        "count": len(notice.events),
        "firing": firing,
        "resolved": len(notice.events) - firing,
    }
