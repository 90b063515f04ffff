"""What has to be said to bring a page from one moment to the next."""

from __future__ import annotations

import json
from typing import Any

from monitor.web.page.frames import NOTHING, Frame, difference, drawn


def said(before: Frame, after: Frame) -> Any:
    """Return the message."""
    return json.loads(f"{{{difference(before, after)}}}")


def a_frame(order: tuple[str, ...] = ("a", "b"), **parts: str) -> Frame:
    """Return a frame with one container."""
    return Frame(parts={key: drawn(html) for key, html in parts.items()}, order={"list": order})


def test_who_has_seen_nothing_is_told_everything() -> None:
    """A page that has just come gets every part in the order of the document, and every order."""
    found = said(NOTHING, a_frame(b="<b>", a="<a>"))
    assert found == {"parts": {"b": "<b>", "a": "<a>"}, "order": {"list": ["a", "b"]}}
    assert list(found["parts"]) == ["b", "a"]


def test_only_what_changed_is_said() -> None:
    """A part that looks the same is not sent again, nor an order that is the same."""
    assert said(a_frame(a="1", b="2"), a_frame(a="1", b="3")) == {"parts": {"b": "3"}}


def test_where_nothing_changed_nothing_is_said() -> None:
    """Parts made anew that look the same change nothing."""
    assert difference(a_frame(a="1", b="2"), a_frame(a="1", b="2")) == ""


def test_what_is_gone_is_missing_in_the_order() -> None:
    """A part that is not there any more is not among those of its container."""
    assert said(a_frame(a="1", b="2"), a_frame(("a",), a="1")) == {"order": {"list": ["a"]}}


def test_a_name_cannot_end_the_message() -> None:
    """Line ends, lone surrogates and script tags in a part stay inside one line of ASCII."""
    text = 'x\n\ndata: {}\r\u2028\ud800</script>"'
    line = difference(NOTHING, a_frame(a=text))
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(f"{{{line}}}")["parts"]["a"] == text
