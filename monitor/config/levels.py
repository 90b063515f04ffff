"""Levels: enter and clear edges on the right sides, and a warning that comes before its critical."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.config.conditions import LevelPart, LevelsPart
from monitor.config.figures import Subject
from monitor.config.report import Report, Trail
from monitor.model.rule import Level, Severity

TRUE = 0.5
"""The edge of a level that is about true (1) and false (0)."""

_CLEARS = {"above": "clear_below", "below": "clear_above", "outside": "clear_inside"}
"""How a level is entered → how it is left."""

Edges = tuple[float | None, float | None]
"""Low and high."""


def levels(trail: Trail, part: LevelsPart, subject: Subject, report: Report) -> tuple[Level, ...]:
    """Return the levels written at `trail`, mildest first; wrong ones are left out."""
    given = {severity: level for severity in Severity if (level := getattr(part, severity)) is not None}
    built = [
        _level((*trail, severity), severity, level, subject, report) for severity, level in given.items()
    ]
    return tuple(level for level in built if level is not None)


def milder(trail: Trail, found: Sequence[Level], report: Report) -> None:
    """Note a mistake at `trail` if the warning of two levels says nothing before the critical one does."""
    if len(found) != len(Severity):
        return
    warning, critical = found
    low, high = _ahead(warning.low, critical.low), _ahead(warning.high, critical.high)
    if low is None or high is None:
        report.add(trail, "is not entered on every side on which critical is", "or write two rules")
    elif low < 0 or high > 0:
        report.add(trail, "is not milder than critical: it is entered later", "swap their thresholds")
    elif low == high == 0 and warning.dwell >= critical.dwell:
        report.add(
            trail, "is not milder than critical: it is entered no earlier", "let critical have a longer for"
        )


def _ahead(warning: float | None, critical: float | None) -> float | None:
    """Return by how much `warning` lies above `critical`; 0 without the latter, None without the former."""
    if critical is None:
        return 0.0
    return None if warning is None else warning - critical


def _level(
    trail: Trail, severity: Severity, part: LevelPart, subject: Subject, report: Report
) -> Level | None:
    """Return a level whose clear edge is on the good side of its enter edge."""
    enters = [key for key in _CLEARS if getattr(part, key) is not None]
    leaves = [key for key in _CLEARS.values() if getattr(part, key) is not None]
    if subject.truth:
        for key in (*enters, *leaves):
            report.add(
                (*trail, key), "does not go with an expression that is true or false", "write only for"
            )
        return Level(severity=severity, high=TRUE, dwell=part.dwell, truth=True)
    if len(enters) != 1:
        report.add(trail, "should hold exactly one of above, below and outside")
        return None
    (side,) = enters
    for key in leaves:
        if key != _CLEARS[side]:
            report.add((*trail, key), f"does not go with {side}", f"write {_CLEARS[side]}")
    low, high = _edges(side, getattr(part, side))
    clear = getattr(part, _CLEARS[side])
    clear_low, clear_high = (low, high) if clear is None else _edges(side, clear)
    _within(trail, side, (low, high), (clear_low, clear_high), report)
    written = [(side, (low, high)), (_CLEARS[side], (clear_low, clear_high))]
    for key, edges in written if clear is not None else written[:1]:
        if subject.ratio and any(edge is not None and not 0 <= edge <= 1 for edge in edges):
            problem = f"should be between 0 and 1: {subject.words} is a ratio"
            report.add((*trail, key), problem, "80 % is 0.8")
    return Level(
        severity=severity,
        low=low,
        high=high,
        clear_low=clear_low,
        clear_high=clear_high,
        dwell=part.dwell,
    )


def _edges(side: str, written: float | list[float]) -> Edges:
    """Return the edges of what is written at a key."""
    if isinstance(written, list):
        return float(written[0]), float(written[1])
    return (None, float(written)) if side == "above" else (float(written), None)


def _within(trail: Trail, side: str, enter: Edges, clear: Edges, report: Report) -> None:
    """Note a mistake if a level would be left before it is entered."""
    bounds = [
        f"at {word} {edge:g}"
        for word, edge, cleared in (("least", enter[0], clear[0]), ("most", enter[1], clear[1]))
        if edge is not None
        and cleared is not None
        and (cleared < edge if word == "least" else cleared > edge)
    ]
    if bounds:
        problem = f"should be {' and '.join(bounds)}, the level of {side}"
        report.add((*trail, _CLEARS[side]), problem, "a level clears on its good side")
