"""Tables on standard output, and a bar on standard error for as long as somebody watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

WIDE = 240
"""Columns where nobody watches, so that what is piped away is not folded."""


@dataclass(slots=True)
class Bar:
    """How far a report has come; nothing is drawn before it begins."""

    _progress: Progress
    _task: TaskID | None = None

    def begin(self, pieces: int) -> None:
        """Draw an empty bar."""
        self._task = self._progress.add_task("asking", total=pieces)

    def advance(self) -> None:
        """Draw one piece more."""
        if self._task is not None:
            self._progress.advance(self._task)


@contextmanager
def bar(console: Console | None = None) -> Iterator[Bar]:
    """Show a bar for the length of the block, if standard error is a terminal."""
    screen = console or Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        yield Bar(progress)


def table(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[str | Text]], numbers: int = 0
) -> None:
    """Print a table; its last `numbers` columns are figures. Names are printed as they are, not as markup."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    drawn = Table(title=Text(title), title_justify="left")
    for place, heading in enumerate(headings):
        figures = place >= len(headings) - numbers
        drawn.add_column(heading, justify="right" if figures else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console.print(drawn)


def figure(value: float | None, decimals: int = 0) -> str:
    """Return a figure for a table; unknown is a question mark."""
    return "?" if value is None else f"{value:.{decimals}f}"
