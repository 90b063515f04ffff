"""Rows as CSV, into a file that is whole or not there."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

Cell = str | float | None
"""A text, a figure, or unknown: an empty cell."""

_FORMULA = ("=", "+", "-", "@")
"""How a text begins that a spreadsheet would execute; names come from strangers."""


def write(file: TextIO, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write headings and rows; return how many rows there were."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(headings)
    count = 0
    for row in rows:
        writer.writerow([_shown(cell) for cell in row])
        count += 1
    return count


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a file that takes the place of `path` when the block ends well, and vanishes when it does not.

    What is no regular file (a pipe, a device) is written straight. Raises OSError, at once where the folder
    takes no file: better before an hour of questions than after.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        with target.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _shown(cell: Cell) -> str:
    """Return a cell as text: figures with at most three decimals, unknown as nothing."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return f"{round(cell, 3) + 0.0:.15g}"
