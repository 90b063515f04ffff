"""Every text that docs/troubleshooting.md quotes is one that the code says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.tables import table, text

PAGE = "troubleshooting.md"
CODE = Path(__file__).parents[2] / "monitor"

HOLE = "…"
"""What stands on the page, and in a template read off the code, for what differs from case to case."""
SAYING = 10
"""Letters that a quoted text has at least beside its holes: fewer would fit anything."""


def quoted() -> list[str]:
    """Return the texts that stand as headings."""
    return re.findall(r"^### `(.+)`$", text(PAGE), re.MULTILINE)


@cache
def said() -> frozenset[str]:
    """Return every text in the code: plain ones, and those with values in them, with holes in their place."""
    return frozenset(
        literal for path in CODE.rglob("*.py") for literal in literals(path.read_text(encoding="utf-8"))
    )


def literals(code: str) -> Iterator[str]:
    """Yield the texts of a module, one for each of a concatenation as a whole; not its docstrings."""
    tree = ast.parse(code)
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in notes:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)


def stands(quote: str, literal: str) -> bool:
    """Return whether a text of the code holds a quoted one, whose holes may be anything there.

    Marks of code (`) count for nothing: a heading cannot have them within.
    """
    pattern = ".*".join(re.escape(part.strip()) for part in quote.split(HOLE))
    return re.search(pattern, literal.replace("`", ""), re.DOTALL) is not None


@pytest.mark.parametrize("quote", quoted())
def test_the_code_says_what_the_page_quotes(quote: str) -> None:
    """The text stands in one place of the code, with its holes where the code has values."""
    assert len(quote.replace(HOLE, "").replace(" ", "")) >= SAYING, "too little to tell it from others"
    assert any(stands(quote, literal) for literal in said()), f"nothing in monitor/ says {quote!r}"


def test_the_reasons_of_a_failed_delivery_are_the_codes() -> None:
    """Every reason of the table is a word that the code gives as one."""
    reasons = {
        name.strip("`") for row in table(PAGE, "`reason`", "means").rows for name in row[0].split()[:1]
    }
    words = set(said())
    assert len(reasons) > 5
    assert reasons <= words


def test_no_text_is_explained_twice() -> None:
    """Each heading stands once: whoever searches for a text finds one answer."""
    assert len(quoted()) == len(set(quoted()))


def test_a_page_without_texts_would_be_noticed() -> None:
    """The page has entries at all, and the reader of the code finds texts with values in them."""
    assert len(quoted()) > 50
    assert stands("a … b", "say: a c b")
    assert not stands("a … b", "b a")
    assert "one … three" in set(literals('say(f"one {two} three")'))
    assert "only a note" not in set(literals('"""only a note"""'))
