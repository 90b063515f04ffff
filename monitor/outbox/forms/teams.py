"""Microsoft Teams, through a Workflow that posts an Adaptive Card. Pure.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
https://adaptivecards.io/explorer/ (version 1.4)
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.kit.filters import cut
from monitor.model.alert import EventKind
from monitor.outbox import envelope
from monitor.outbox.envelope import CloudEvent
from monitor.outbox.forms import standing, wording
from monitor.outbox.forms.fitting import fitted
from monitor.outbox.notice import Notice

CONTENT_TYPE = "application/json"

LIMIT = 24 * 1024
"""Bytes of a body: Teams takes messages of 28 KB, with what it adds."""

MEMBERS = 50
"""Members of a group that are shown: a card that nobody scrolls through."""

_LINE = 600

_COLOURS = {"critical": "Attention", "warning": "Warning"}

Part = dict[str, object]


def encode(notice: Notice) -> bytes:
    """Return the message with its one card."""
    count = min(MEMBERS, len(notice.events))
    return fitted(lambda kept: envelope.pack(_message(notice, kept)), count, LIMIT)


def plain(text: str) -> bytes:
    """Return a message whose card is one text of the user's, a block for each of its lines."""
    lines = [line for line in text.splitlines() if line.strip()] or ["queuewatch"]
    return envelope.pack(_posted([{**_text(""), "text": _plain(line)} for line in lines[:MEMBERS]], lines[0]))


def _message(notice: Notice, kept: int) -> Part:
    body = [_title(notice), *_body(notice, kept)]
    return _posted(body, wording.title(notice), actions=_actions(notice))


def _posted(body: list[Part], fallback: str, actions: Sequence[Part] = ()) -> Part:
    card: Part = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": cut(fallback, _LINE),
        "msteams": {"width": "Full"},
        "body": body,
        "actions": list(actions),
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def _title(notice: Notice) -> Part:
    return {
        **_text(wording.title(notice)),
        "size": "Medium",
        "weight": "Bolder",
        "color": _colour(notice),
    }


def _colour(notice: Notice) -> str:
    if not standing.firing(notice):
        return "Good"
    if standing.acknowledged(notice) or all(one.data.kind == EventKind.HEARTBEAT for one in notice.events):
        return "Accent"
    return _COLOURS.get(standing.worst(notice), "Default")


def _body(notice: Notice, kept: int) -> list[Part]:
    if standing.grouped(notice):
        left = len(notice.events) - kept
        lines = [_text(wording.headline(event)) for event in notice.events[:kept]]
        return [*lines, *([{**_text(wording.more(left)), "isSubtle": True}] if left else [])]
    return _details(notice.events[0])


def _details(event: CloudEvent) -> list[Part]:
    facts = [{"title": name, "value": _plain(text)} for name, text in wording.facts(event)]
    return [*(_text(text) for text in wording.texts(event).values()), {"type": "FactSet", "facts": facts}]


def _actions(notice: Notice) -> list[Part]:
    if standing.grouped(notice):
        found = [(wording.OPEN, notice.page)] if notice.page else []
    else:
        found = wording.links(notice.events[0])
    return [{"type": "Action.OpenUrl", "title": title, "url": link} for title, link in found]


def _text(text: str) -> Part:
    return {"type": "TextBlock", "text": _plain(cut(text, _LINE)), "wrap": True}


def _plain(text: str) -> str:
    """Return `text` so that no link and no function of the card's Markdown can come from a name."""
    return text.replace("](", "] (").replace("{{", "{ {")
