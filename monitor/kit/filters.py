"""What a template's filters do, and how it shows a value. Pure; knows nothing of the template engine.

Values are what JSON has: None, numbers, text, mappings and lists; dates are ISO 8601 text.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from monitor.kit import figures
from monitor.kit.figures import MISSING

MARK = "[?]"
"""Stands where a value could not be shown as the template asks."""

OUTPUT_LIMIT = 4000
"""Characters a template makes unless told otherwise: four bytes each are less than a body of 16 KB."""

PARTS = 10_000
"""Parts of a value as JSON: more than a body of 16 KB has room for."""

WORK = 2_000_000
"""Characters that loops and filters of a template may make, though nobody sees them: some 50 ms."""

STEP = 100
"""Characters that a turn of a loop, a comparison or a filter counts for at least."""

ARGUMENT_LIMIT = 64
"""Characters of what joins or replaces: bounds how much longer a text becomes."""

_WORD = 2**63
"""What encoders take of whole numbers: 64 bits."""

FAULTS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What showing odd data can raise."""


class Named(dict[str, str]):
    """A mapping that is shown as what it is called."""

    def __init__(self, entries: Mapping[str, str], name: str) -> None:
        super().__init__(entries)
        self.name = name


class Budget:
    """The work that one rendering may make."""

    def __init__(self) -> None:
        self._left = WORK

    def spend(self, characters: int) -> None:
        """Note work. Raises ValueError where there is not so much left."""
        self._left -= max(characters, STEP)
        if self._left < 0:
            raise ValueError("the template takes too much work")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter does to a value, given its arguments; `sample` is a value to try them out on."""

    make: Callable[..., object]
    sample: object


def shown(value: object, limit: int = OUTPUT_LIMIT) -> str:  # noqa: PLR0911 - one for each type
    """Return a value as text; of a mapping or a list only the parts that `limit` characters have room for."""
    match value:
        case None:
            return MISSING
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return figures.number(float(value))
        case datetime():
            return value.isoformat()
        case Named():
            return value.name
        case Mapping():
            pairs = (f"{shown(key, limit)}={shown(one, limit)}" for key, one in value.items())
            return _joined(pairs, ", ", limit)
        case list() | tuple():
            return _joined((shown(one, limit) for one in value), ", ", limit)
    return MARK


def _joined(parts: Iterable[str], separator: str, limit: int) -> str:
    found: list[str] = []
    room = limit
    for part in parts:
        found.append(part)
        room -= len(part) + len(separator)
        if room < 0:
            break
    return separator.join(found)


def plain(value: object, limit: int) -> object:
    """Return a value as JSON has it, its texts of at most `limit` characters, no more than `PARTS` parts."""
    return _plain(value, limit, [PARTS])


def _plain(value: object, limit: int, room: list[int]) -> object:
    room[0] -= 1
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) < _WORD else None
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            pairs = takewhile(lambda _: room[0] > 0, value.items())
            return {cut(shown(key), limit): _plain(one, limit, room) for key, one in pairs}
        case list() | tuple():
            return [_plain(one, limit, room) for one in takewhile(lambda _: room[0] > 0, value)]
    return cut(shown(value), limit)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of a text, an ellipsis at the end where there were more."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("that is no number")
    return value


def _whole(value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"it takes a whole number from {low} to {high}")
    return value


def _text(value: object, least: int = 0) -> str:
    if not isinstance(value, str) or not least <= len(value) <= ARGUMENT_LIMIT:
        raise ValueError(f"it takes texts of at most {ARGUMENT_LIMIT} characters")
    return value


def _percent(value: object, digits: object = 1) -> str:
    return figures.percent(_number(value), _whole(digits, 0, 9))


def _duration(value: object) -> str:
    return figures.duration(_number(value))


def _local(value: object, zone: object = "UTC") -> str:
    return figures.local(value if isinstance(value, datetime) else shown(value), _text(zone))


def _round(value: object, digits: object = 0) -> float:
    return round(_number(value), _whole(digits, 0, 9))


def _figure(value: object, digits: object = 3) -> str:
    return figures.number(_number(value), _whole(digits, 0, 9))


def _upper(value: object) -> str:
    return shown(value).upper()


def _lower(value: object) -> str:
    return shown(value).lower()


def _default(value: object, other: object = "") -> object:
    nothing = value is None or value == "" or (isinstance(value, float) and math.isnan(value))
    return other if nothing else value


def _join(value: object, separator: object = ", ") -> str:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return shown(value)
    return _joined(map(shown, value), _text(separator), OUTPUT_LIMIT)


def _truncate(value: object, length: object = 200) -> str:
    return cut(shown(value), _whole(length, 1, OUTPUT_LIMIT))


def _replace(value: object, old: object, new: object) -> str:
    return shown(value)[:OUTPUT_LIMIT].replace(_text(old, 1), _text(new))


FILTERS: Mapping[str, Filter] = {
    "percent": Filter(_percent, 0.5),
    "duration": Filter(_duration, 90.0),
    "local": Filter(_local, "2026-11-21T09:00:00Z"),
    "round": Filter(_round, 0.5),
    "number": Filter(_figure, 0.5),
    "upper": Filter(_upper, "text"),
    "lower": Filter(_lower, "text"),
    "default": Filter(_default, "text"),
    "join": Filter(_join, ["text"]),
    "truncate": Filter(_truncate, "text"),
    "replace": Filter(_replace, "text"),
}
"""Every filter there is, by name."""

COMPARISONS: Mapping[str, Callable[..., object]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}
"""By the template engine's own names."""
