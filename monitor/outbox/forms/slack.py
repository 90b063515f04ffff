"""Slack's incoming webhooks: a line of text, and an attachment with a bar of colour and blocks. Pure.

https://docs.slack.dev/reference/block-kit/blocks/section-block
https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from monitor.kit.filters import cut
from monitor.model.alert import EventKind
from monitor.outbox import envelope
from monitor.outbox.envelope import BODY_LIMIT, CloudEvent
from monitor.outbox.forms import standing, wording
from monitor.outbox.forms.fitting import fitted
from monitor.outbox.notice import Notice

CONTENT_TYPE = "application/json"

MEMBERS = 40
"""Members of a group that are shown: a message takes 50 blocks."""

FIELDS = 10
"""Fields of a section, as Slack documents."""

_TITLE = 600
"""Characters of a headline before they are escaped, which makes at most five of one; a text takes 3000."""

_FACT = 380
"""The same for a field, which takes 2000 with its name."""

_LINK = 1000
"""Characters of a link with its title; a longer one, escaped, is left out. An element takes 3000."""

_COLOURS = {"critical": "#c62828", "warning": "#f9a825"}
_OVER = "#2e7d32"
_QUIET = "#607d8b"

_URL = ":/?#[]@!$&'()*+,;=%~-._"
"""What a URL is made of besides letters and digits (RFC 3986)."""

Block = dict[str, object]


def encode(notice: Notice) -> bytes:
    """Return the message: what to see in a notification first, details in the attachment."""
    count = min(MEMBERS, len(notice.events))
    return fitted(lambda kept: envelope.pack(_message(notice, kept)), count, BODY_LIMIT)


def plain(text: str) -> bytes:
    """Return a message that is one text of the user's: what looks like a mention or a link in it is none."""
    return envelope.pack({"text": escaped(text) or "queuewatch"})


def escaped(text: str) -> str:
    """Return `text` so that nothing in it is a mention, a link or an entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def colour(notice: Notice) -> str:
    """Return the bar's colour: that of the worst that is not over."""
    if not standing.firing(notice):
        return _OVER
    if standing.acknowledged(notice) or all(one.data.kind == EventKind.HEARTBEAT for one in notice.events):
        return _QUIET
    return _COLOURS.get(standing.worst(notice), _QUIET)


def _message(notice: Notice, kept: int) -> dict[str, object]:
    blocks = _members(notice, kept) if standing.grouped(notice) else _details(notice.events[0])
    return {
        "text": escaped(cut(wording.title(notice), _TITLE)),
        "attachments": [{"color": colour(notice), "blocks": blocks}],
    }


def _details(event: CloudEvent) -> list[Block]:
    """Return what there is to know of one event: its parts are so short that all of them fit."""
    facts = ((escaped(name), escaped(cut(text, _FACT))) for name, text in wording.facts(event))
    fields = [_mrkdwn(f"*{name}*\n{text}") for name, text in facts]
    blocks = [_section(escaped(cut(text, _FACT))) for text in wording.texts(event).values()]
    blocks.append({"type": "section", "fields": fields[:FIELDS]})
    return [*blocks, *_links(event)]


def _members(notice: Notice, kept: int) -> list[Block]:
    blocks = []
    for event in notice.events[:kept]:
        line = escaped(cut(wording.headline(event), _TITLE - 100))
        blocks.append(_section(f"• {line}"))
    left = len(notice.events) - kept
    if left:
        blocks.append(_context([wording.more(left)]))
    if notice.page:
        blocks.append(_context([_link(wording.OPEN, notice.page)]))
    return blocks


def _links(event: CloudEvent) -> list[Block]:
    found = [shown for title, link in wording.links(event) if len(shown := _link(title, link)) <= _LINK]
    return [_context(found)] if found else []


def _link(title: str, link: str) -> str:
    # What a URL may not hold would end the link, or begin its title.
    return f"<{escaped(quote(link, safe=_URL))}|{escaped(title)}>"


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(texts: Iterable[str]) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text) for text in texts]}


def _mrkdwn(text: str) -> Block:
    # Verbatim: names that look like channels, people or addresses are not made into links.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
