"""Bodies as the user wrote them: a text, or a structure whose texts are templates. Pure.

JSON is built, never pasted together: whatever a queue is called, it is one text in the structure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from monitor.kit import templates
from monitor.kit.templates import Template
from monitor.model.naming import EVENT_NAMES
from monitor.model.settings import Body
from monitor.outbox import envelope
from monitor.outbox.envelope import BODY_LIMIT
from monitor.outbox.forms import wording
from monitor.outbox.forms.context import context
from monitor.outbox.notice import Notice

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"

CHAT_LIMIT = 3000
"""Characters of a text for a chat: escaped they are at most five bytes each, and a body has 16 KB."""

_CAPS = ((4000, 200), (1000, 50), (200, 20), (50, 5), (16, 1))
"""(characters kept of a text, entries of what a template gave), tried in turn until it is short enough."""

_HIDDEN = {"Cc", "Cs", "Cf", "Zl", "Zp", "Co"}
_BREAKS = {"\n", "\t"}

Tree = Template | dict[str, "Tree"] | list["Tree"] | float | bool | None
"""A body with its texts compiled."""


@dataclass(frozen=True, slots=True)
class Custom:
    """Makes bodies from a user's own."""

    content_type: str
    encode: Callable[[Notice], bytes]


def custom(body: Body, channel: Callable[[str], bytes] | None = None) -> Custom:
    """Return what makes the bodies: a text makes texts, anything else JSON.

    `channel` makes of a text what a chat takes.

    Raises:
        TemplateProblem: a text is no template.
    """
    tree = _compiled(body)
    if not isinstance(tree, Template):
        return Custom(JSON, lambda notice: _json(tree, notice))
    if channel is not None:
        return Custom(JSON, lambda notice: channel(readable(tree.render(context(notice), CHAT_LIMIT))))
    return Custom(TEXT, lambda notice: readable(tree.render(context(notice))).encode("utf-8"))


def readable(text: str) -> str:
    """Return a text of several lines without what terminals, encoders and reading order stumble over."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char for char in text if char in _BREAKS or unicodedata.category(char) not in _HIDDEN)


def _compiled(body: Body) -> Tree:
    match body:
        case str():
            return templates.compile(body, EVENT_NAMES)
        case Mapping():
            return {envelope.text(key, len(key)): _compiled(one) for key, one in body.items()}
        case tuple():
            return [_compiled(one) for one in body]
    return body


def _json(tree: Tree, notice: Notice) -> bytes:
    known = context(notice)
    for length, entries in _CAPS:
        body = envelope.pack(_filled(tree, known, length, entries))
        if len(body) <= BODY_LIMIT:
            return body
    # Only literal keys and numbers can be left: a structure that has no room for data says the least.
    return envelope.pack({"id": notice.id, "text": wording.title(notice)})


def _filled(tree: Tree, known: Mapping[str, object], length: int, entries: int) -> object:
    match tree:
        case Template():
            return _short(tree.value(known, length), entries)
        case dict():
            return {key: _filled(one, known, length, entries) for key, one in tree.items()}
        case list():
            return [_filled(one, known, length, entries) for one in tree]
    return tree


def _short(value: object, entries: int) -> object:
    match value:
        case str():
            return envelope.text(value, len(value))
        case dict():
            return {key: _short(one, entries) for key, one in list(value.items())[:entries]}
        case list():
            return [_short(one, entries) for one in value[:entries]]
    return value
