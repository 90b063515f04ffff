"""Figures as shapes: the last hour as a line, a service level as a bar. Pure; coordinates for SVG.

In: ratios, None where unknown. Out: attributes, never style: the page's policy allows none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.model.board import QueueLine
from monitor.web.page.wording import count, share

WIDTH, HEIGHT = 120, 32
"""The drawing's own units; the page scales it."""
MARGIN = 3.0
"""Room above and below for the width of the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """The last hour: `level` and `waits` are paths, `target` and `end` where a line and a dot go.

    `said` is the same in words.
    """

    level: str
    waits: str
    target: str
    end: tuple[str, str] | None
    said: str


def spark(line: QueueLine) -> Spark:
    """Return the last hour of a queue: its service level from 0 to 1, and how many waited, to their most."""
    level = line.level
    points = _points(line.trend, 1.0)
    most = max((one for one in line.waits if one is not None), default=0.0)
    return Spark(
        level=_stroke(points),
        waits=_area(_points(line.waits, max(most, 1.0))),
        target="" if level is None or level.target is None else _number(_high(level.target)),
        end=next(((_number(x), _number(y)) for x, y in filter(None, reversed(points))), None),
        said=_said(line, most),
    )


def across(ratio: float) -> str:
    """Return where on a bar of a hundred a ratio ends."""
    return _number(min(max(ratio, 0.0), 1.0) * 100)


def _said(line: QueueLine, most: float) -> str:
    known = [one for one in line.trend if one is not None]
    waits = f"at most {count(most)} waiting" if any(one is not None for one in line.waits) else ""
    levels = f"service level from {share(min(known))} to {share(max(known))}" if known else ""
    return f"Last hour: {', '.join(filter(None, (levels, waits))) or 'unknown'}."


def _points(values: Sequence[float | None], most: float) -> list[tuple[float, float] | None]:
    step = WIDTH / max(len(values) - 1, 1)
    return [
        None if value is None else (place * step, _high(min(max(value / most, 0.0), 1.0)))
        for place, value in enumerate(values)
    ]


def _high(ratio: float) -> float:
    return HEIGHT - MARGIN - ratio * (HEIGHT - 2 * MARGIN)


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Return the stretches without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is not None:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _stroke(points: Sequence[tuple[float, float] | None]) -> str:
    """Return the line; what stands alone is a dot (a line of no length with round ends)."""
    return "".join(_path(run) + ("h0" if len(run) == 1 else "") for run in _runs(points))


def _area(points: Sequence[tuple[float, float] | None]) -> str:
    """Return what is under the line."""
    return "".join(f"{_path(run)}V{HEIGHT}H{_number(run[0][0])}Z" for run in _runs(points) if len(run) > 1)


def _path(run: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in run)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
