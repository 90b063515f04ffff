"""Figures as shapes: the last hour as a line, a service level as a bar. Pure; coordinates for SVG.

In: ratios, None where unknown. Out: attributes, never style: the page's policy allows none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.model.board import QueueLine
from monitor.web.page.wording import count, share

STEP, HEIGHT = 2, 100
"""The drawing's own units, so fine that whole numbers do: across from minute to minute, and in height."""
MARGIN = 8
"""Room above and below for the width of the line."""
CALM = 10.0
"""People waiting that fill the drawing's lower half at least: one or two make no mountain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """The last hour: `level` and `waits` are paths, `target` and `end` say where a line and a dot go.

    `said` is the same in words.
    """

    level: str
    waits: str
    target: str
    end: str
    said: str


def spark(line: QueueLine) -> Spark:
    """Return the last hour of a queue: its service level from 0 to 1, and below it how many waited."""
    level = line.level
    most = max((one for one in line.waits if one is not None), default=0.0)
    points = _points(line.trend, 1.0)
    return Spark(
        level=_stroke(points),
        waits=_area(_points(line.waits, 2 * max(most, CALM))),
        target="" if level is None or level.target is None else str(_high(level.target)),
        end=next((f"{x} {y}" for x, y in filter(None, reversed(points))), ""),
        said=_said(line, most),
    )


def across(ratio: float) -> str:
    """Return where on a bar of a hundred a ratio ends."""
    return f"{min(max(ratio, 0.0), 1.0) * 100:.1f}".removesuffix(".0")


def _said(line: QueueLine, most: float) -> str:
    known = [one for one in line.trend if one is not None]
    waits = f"at most {count(most)} waiting" if any(one is not None for one in line.waits) else ""
    levels = f"service level from {share(min(known))} to {share(max(known))}" if known else ""
    return f"Last hour: {', '.join(filter(None, (levels, waits))) or 'unknown'}."


def _points(values: Sequence[float | None], most: float) -> list[tuple[int, int] | None]:
    return [
        None if value is None else (place * STEP, _high(value / most)) for place, value in enumerate(values)
    ]


def _high(ratio: float) -> int:
    return round(HEIGHT - MARGIN - min(max(ratio, 0.0), 1.0) * (HEIGHT - 2 * MARGIN))


def _runs(points: Sequence[tuple[int, int] | None]) -> list[list[tuple[int, int]]]:
    """Return the stretches without a gap."""
    runs: list[list[tuple[int, int]]] = [[]]
    for point in points:
        if point is not None:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _stroke(points: Sequence[tuple[int, int] | None]) -> str:
    """Return the line; what stands alone is a dot (a line of no length with round ends)."""
    return "".join(_path(run) + ("h0" if len(run) == 1 else "") for run in _runs(points))


def _area(points: Sequence[tuple[int, int] | None]) -> str:
    """Return what is under the line; nothing where nobody ever waited."""
    if all(point is None or point[1] == HEIGHT - MARGIN for point in points):
        return ""
    return "".join(f"{_path(run)}V{HEIGHT}H{run[0][0]}Z" for run in _runs(points) if len(run) > 1)


def _path(run: Sequence[tuple[int, int]]) -> str:
    """Return a path; what follows the first point is a line to the next without saying so."""
    return "M" + " ".join(f"{x} {y}" for x, y in run)
