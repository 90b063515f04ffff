"""Tables on standard output, and a bar on standard error for as long as somebody watches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.box import HEAVY_HEAD, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

WIDE = 240
"""Columns where nobody watches."""

SHORTEST = 10
"""Columns of a screen to which a text may be cut, not below."""
BETWEEN = 3
"""Columns between two of a table that has no lines around it."""


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
    unseen = not screen.is_terminal or screen.is_dumb_terminal
    with Progress(*columns, console=screen, transient=True, disable=unseen) as progress:
        yield Bar(progress)


def table(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[str | Text]], numbers: int = 0
) -> None:
    """Print a table; its last `numbers` columns are figures. Names are printed as they are, not as markup."""
    display(drawn(title, headings, rows, range(len(headings) - numbers, len(headings))))


def drawn(
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    figures: Collection[int] = (),
    *,
    width: int | None = None,
) -> Table:
    """Return a table whose columns `figures` are figures. Names are shown as they are, not as markup.

    For a screen of `width` columns it has no lines around it, and what is long is cut, not folded.
    """
    edge = width is None
    made = Table(
        title=Text(title),
        title_justify="left",
        box=HEAVY_HEAD if edge else SIMPLE_HEAD,
        show_edge=edge,
        pad_edge=edge,
    )
    for place, heading in enumerate(headings):
        made.add_column(
            heading,
            justify="right" if place in figures else "left",
            overflow="fold" if edge else "ellipsis",
            no_wrap=not edge,
        )
    cells = [[Text(cell) if isinstance(cell, str) else cell.copy() for cell in row] for row in rows]
    if width is not None:
        _cut(cells, _widths(headings, cells, figures, width))
    for row in cells:
        made.add_row(*row)
    return made


def _widths(
    headings: Sequence[str], rows: Iterable[Sequence[Text]], figures: Collection[int], width: int
) -> list[int]:
    """Return how wide the columns may be on so wide a screen: of texts, the widest give way."""
    columns = zip(*rows, strict=True)
    widths = [
        max(map(_length, (heading, *column))) for heading, column in zip(headings, columns, strict=True)
    ]
    texts = [place for place in range(len(widths)) if place not in figures]
    excess = sum(widths) + BETWEEN * (len(widths) - 1) - width
    while excess > 0:
        widest = max(texts, key=lambda place: widths[place])
        if widths[widest] <= SHORTEST:
            break
        widths[widest] -= 1
        excess -= 1
    return widths


def _length(cell: str | Text) -> int:
    return cell_len(cell) if isinstance(cell, str) else cell.cell_len


def _cut(rows: Iterable[Sequence[Text]], widths: Sequence[int]) -> None:
    for row in rows:
        for cell, width in zip(row, widths, strict=True):
            cell.truncate(width, overflow="ellipsis")


def display(*several: RenderableType) -> None:
    """Print tables and lines; where nobody watches, without colours and as wide as they are."""
    console = stage()
    for one in several:
        console.print(one)


def stage() -> Console:
    """Return what is printed on: wide where nobody watches, so that what is piped away is not folded."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)


def figure(value: float | None, decimals: int = 0) -> str:
    """Return a figure for a table; unknown is a question mark."""
    return "?" if value is None else f"{value:.{decimals}f}"
