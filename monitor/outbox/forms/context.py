"""What a template of a destination may say: EVENT_NAMES, filled in from a notice. Pure."""

from __future__ import annotations

from monitor.outbox import envelope
from monitor.outbox.forms import standing
from monitor.outbox.notice import Notice

ALERTS_LIMIT = 200
"""Members a template goes through, the first: more than fit into what it may make."""


def context(notice: Notice) -> dict[str, object]:
    """Return the names and their values; of a group, an event's own are those of the worst member."""
    alerts = [envelope.names(event) for event in notice.events[:ALERTS_LIMIT]]
    lead = envelope.names(standing.lead(notice)) if len(alerts) > 1 else alerts[0]
    firing = len(standing.firing(notice))
    return {
        **lead,
        "id": notice.id,
        "group": dict(notice.group.labels) if notice.group is not None else {},
        "alerts": alerts,
        "count": len(notice.events),
        "firing": firing,
        "resolved": len(notice.events) - firing,
    }
