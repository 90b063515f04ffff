"""The tables of a page of the documents: Markdown in, rows of cells out.

In: the name of a page. Out: its tables, each with the words of its head, in the order of the page. What may
not happen: a table that is not there taken for an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the cells of its head, and those of every row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def text(page: str) -> str:
    """Return what stands on a page of `docs`, such as `arithmetic.md`."""
    return (DOCS / page).read_text(encoding="utf-8")


def table(page: str, *head: str) -> Table:
    """Return the one table of a page whose head begins with these words."""
    (found,) = [one for one in tables(text(page)) if one.head[: len(head)] == head]
    return found


def tables(markdown: str) -> Iterator[Table]:
    """Yield the tables of a page."""
    lines = markdown.splitlines()
    for number, line in enumerate(lines[1:], start=1):
        if _RULE.fullmatch(line.strip()) and lines[number - 1].startswith("|"):
            rows = list[tuple[str, ...]]()
            for row in lines[number + 1 :]:
                if not row.startswith("|"):
                    break
                rows.append(_cells(row))
            yield Table(_cells(lines[number - 1]), tuple(rows))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
