"""Series as promtool's unit tests write them: a name with labels, and values in compact notation. Pure.

values      stands for
1 2.5       these values, one a poll
0.9x5       0.9, and five times 0.9 more: six values, as in promtool
1+2x3       1 3 5 7
9-2x3       9 7 5 3
_           unknown: the answer came, this value did not
idle        nothing happened that a ratio or mean could be taken of
stale       no answer from the source: nothing is polled
error       the poll of the source fails
_x3         three times unknown, not four, as in promtool; so idlex3, stalex3, errorx3
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

LONGEST = 100_000
"""Values of one series: more than eleven days of polls ten seconds apart."""

_NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
_RUN = re.compile(rf"(?P<first>{_NUMBER})(?:(?P<step>[-+]{_NUMBER[2:]})?x(?P<times>\d{{1,6}}))?")
_MARK = re.compile(r"(?P<word>_|idle|stale|error)(?:x(?P<times>\d{1,6}))?")
_SERIES = re.compile(r"\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*(?:\{(?P<labels>.*)\}\s*)?", re.DOTALL)
_LABEL = re.compile(r'\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*"(?P<text>(?:[^"\\]|\\.)*)"\s*(?:,|$)')


class Mark(StrEnum):
    """What stands in the place of a value."""

    UNKNOWN = "_"
    IDLE = "idle"
    STALE = "stale"
    ERROR = "error"


Point = float | Mark


def points(text: str) -> tuple[Point, ...]:
    """Return one point per poll. Raises ValueError with the piece that is not understood."""
    found: list[Point] = []
    for piece in text.split():
        found += _points(piece)
        if len(found) > LONGEST:
            raise ValueError(f"holds more than {LONGEST} values")
    if not found:
        raise ValueError("holds no value")
    return tuple(found)


def series(text: str) -> tuple[str, Mapping[str, str]]:
    """Return name and labels of `name{label="value", …}`. Raises ValueError."""
    match = _SERIES.fullmatch(text)
    if match is None:
        raise ValueError('is not understood: write name{label="value", …}')
    rest, labels = match["labels"] or "", dict[str, str]()
    while rest.strip():
        label = _LABEL.match(rest)
        if label is None:
            raise ValueError(f'is not understood at {rest.strip()[:40]!r}: write label="value"')
        if label["name"] in labels:
            raise ValueError(f"holds the label {label['name']} twice")
        labels[label["name"]] = re.sub(r"\\(.)", r"\1", label["text"])
        rest = rest[label.end() :]
    return match["name"], labels


def _points(piece: str) -> list[Point]:
    mark = _MARK.fullmatch(piece)
    if mark is not None:
        return [Mark(mark["word"])] * int(mark["times"] or 1)
    run = _RUN.fullmatch(piece)
    if run is None:
        raise ValueError(
            f"{piece[:40]!r} is not understood: write 0.9, 0.9x5, 1+2x3, _, idle, stale or error"
        )
    first, step, times = float(run["first"]), float(run["step"] or 0), int(run["times"] or 0)
    return [first + step * number for number in range(min(times, LONGEST) + 1)]
