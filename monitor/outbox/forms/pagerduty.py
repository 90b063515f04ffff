"""PagerDuty's Events API v2, without the routing key: that is a secret, and the sink adds it. Pure.

That an alert flaps, or is steady again, is nothing PagerDuty could do anything about: such an event has no
body, and such a member of a group neither opens an incident nor keeps it open. Fires are kept back while an
alert flaps, and so are their ends: nothing would end an incident.

https://developer.pagerduty.com/docs/send-alert-event
"""

from __future__ import annotations

from collections.abc import Callable

from monitor.kit import templates
from monitor.kit.filters import cut
from monitor.kit.text import clean
from monitor.model.alert import EventKind
from monitor.model.naming import EVENT_NAMES
from monitor.outbox import envelope
from monitor.outbox.envelope import CloudEvent
from monitor.outbox.forms import standing, wording
from monitor.outbox.forms.context import context
from monitor.outbox.forms.fitting import fitted
from monitor.outbox.notice import Notice

CONTENT_TYPE = "application/json"

SUMMARY_LIMIT = 1024
"""Characters of a summary, as PagerDuty documents."""

LIMIT = 64 * 1024
"""Bytes of a body: PagerDuty takes 512 KB, and nobody reads as much."""

_FIELD = 255
"""Characters of source, component, group and class: what its own alert table shows of them."""


def encoder(summary: str | None) -> Callable[[Notice], bytes]:
    """Return what makes the bodies, empty ones where there is nothing to do; `summary` is a template.

    Raises:
        TemplateProblem: it is none.
    """
    template = None if summary is None else templates.compile(summary, EVENT_NAMES)

    def encode(notice: Notice) -> bytes:
        if all(map(_idle, notice.events)):
            return b""
        raw = wording.summary(notice) if template is None else template.render(context(notice))
        # An empty summary is refused.
        said = clean(raw, SUMMARY_LIMIT) or wording.summary(notice)
        return fitted(
            lambda kept: envelope.pack(_event(notice, cut(said, SUMMARY_LIMIT), kept)),
            len(notice.events),
            LIMIT,
        )

    return encode


def _event(notice: Notice, summary: str, kept: int) -> dict[str, object]:
    first = standing.lead(notice)
    return {
        "event_action": _action(notice),
        "dedup_key": standing.identity(notice),
        "payload": {
            "summary": summary,
            "source": _source(first),
            "severity": _severity(notice),
            "timestamp": max(event.time for event in notice.events),
            "component": clean(
                first.data.entity.get("queue", "") or first.data.entity.get("key", ""), _FIELD
            ),
            "group": _group(notice),
            "class": clean(first.data.rule, _FIELD),
            "custom_details": _details(notice, kept),
        },
        "client": "queuewatch",
        **({"client_url": notice.page} if notice.page else {}),
        "links": [{"href": link, "text": title} for title, link in _links(notice)],
    }


def _action(notice: Notice) -> str:
    open_ones = [event for event in standing.firing(notice) if not _idle(event)]
    if not open_ones:
        return "resolve"
    taken = all(event.data.kind == EventKind.ACKNOWLEDGED for event in open_ones)
    return "acknowledge" if taken else "trigger"


def _idle(event: CloudEvent) -> bool:
    """Return whether there is nothing to do about it."""
    return event.data.kind in {EventKind.FLAPPING, EventKind.STEADY}


def _severity(notice: Notice) -> str:
    alive = all(event.data.kind == EventKind.HEARTBEAT for event in notice.events)
    return "info" if alive else standing.worst(notice)


def _links(notice: Notice) -> list[tuple[str, str]]:
    if not standing.grouped(notice):
        return wording.links(notice.events[0])
    return [(wording.OPEN, notice.page)] if notice.page else []


def _source(event: CloudEvent) -> str:
    return clean(f"queuewatch/{event.data.org}", _FIELD)


def _group(notice: Notice) -> str:
    return clean(notice.group.key if notice.group is not None else notice.events[0].data.org, _FIELD)


def _details(notice: Notice, kept: int) -> dict[str, object]:
    """Return the alert's facts and data, or how many alerts of a group stand how, and what they say."""
    if not standing.grouped(notice):
        event = notice.events[0]
        return {
            **dict(wording.facts(event)),
            **wording.texts(event),
            "event_id": event.id,
            **({"data": event.data} if kept else {}),
        }
    firing = len(standing.firing(notice))
    return {
        "firing": firing,
        "resolved": len(notice.events) - firing,
        "alerts": [wording.headline(event) for event in notice.events[:kept]],
        "truncated": len(notice.events) - kept,
    }
