"""Pieces of Markdown that look the same in mkdocs and on a forge. Pure.

In: text from the code. Out: Markdown in which nothing of that text is taken for markup, unless it was meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

NOTICE = "<!-- Made from the code by `make generate`: edit that. -->"
"""Below the title of every generated page: above it, mkdocs would not see the title."""

BREAK = "<br>"
"""A line's end inside a cell."""

_CODE = re.compile(r"(`[^`]*`)")
_MARKUP = re.compile(r"([\\*_\[\]<>#|])")


def page(title: str, about: str, *parts: str) -> str:
    """Return a page: one heading, what it is about, and its parts."""
    return "\n\n".join([f"# {title}", NOTICE, about, *(part for part in parts if part)]).rstrip() + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already; nothing where there are no rows."""
    found = [[_cell(cell) for cell in row] for row in rows]
    if not found:
        return ""
    rule = "|" + "---|" * len(headings)
    return "\n".join([_row(headings), rule, *map(_row, found)])


def code(text: str) -> str:
    """Return `text` as code; with backticks in it, between more of them."""
    if not text:
        return ""
    if "`" not in text:
        return f"`{text}`"
    return f"`` {text} ``"


def codes(texts: Iterable[str], between: str = ", ") -> str:
    """Return several texts as code."""
    return between.join(code(text) for text in texts)


def prose(text: str) -> str:
    """Return a sentence of the code: what stands in backticks is code, the rest is no markup."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if part.startswith("`") else _MARKUP.sub(r"\\\1", part) for part in parts)


def sentence(text: str) -> str:
    """Return prose that ends with a full stop."""
    found = prose(text)
    return found if not found or found.endswith((".", "!", "?", ":")) else f"{found}."


def block(text: str, language: str = "text", above: str = "") -> str:
    """Return a fenced block; `above` is a comment about it."""
    return "\n".join([*([above] if above else []), f"```{language}", text.rstrip("\n"), "```"])


def pretty(data: object) -> str:
    """Return JSON for people, as a block."""
    return block(json.dumps(data, indent=2, ensure_ascii=False), "json")


def anchor(name: str) -> str:
    """Return a mark that links can lead to, whatever the heading above it is called."""
    return f'<a id="{name}"></a>'


def slug(heading: str) -> str:
    """Return the anchor that mkdocs and forges give a heading."""
    plain = re.sub(r"[^\w\s-]", "", heading).strip().lower()
    return re.sub(r"\s", "-", plain)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    """Return a cell in which no pipe ends it, in code neither, and no line."""
    whole = re.sub(r"(?<!\\)\|", r"\\|", text)
    return whole.replace("\n", BREAK) if whole else "–"
