"""Reads values out of a test file, by key and type; what is wrong goes to the report, with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from monitor.config.reading import Data
from monitor.config.report import Report, Trail, meant
from monitor.kit import durations

Word = TypeVar("Word", bound=StrEnum)
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Form:
    """One mapping of the file, at `trail`."""

    data: dict[str, Data]
    trail: Trail
    report: Report

    def known(self, keys: Iterable[str]) -> None:
        """Complain about every key that is none of `keys`."""
        several = tuple(keys)
        for key in self.data:
            if key not in several:
                hint = meant(key, several) or f"known are {', '.join(several)}"
                self.report.add((*self.trail, key), "unknown key", hint)

    def text(self, key: str, default: str | None = None) -> str | None:
        """Return a text; without `default`, it is missed where it is not given."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            if value is not None or default is None:
                self.complain(key, "is missing" if value is None else "should be a text")
            return default
        return str(value)

    def seconds(self, key: str, default: float | None = None) -> float | None:
        """Return a length of time in seconds; `0` needs no unit."""
        value = self.data.get(key)
        if value is None and default is not None:
            return default
        if value == 0 and not isinstance(value, bool):
            return 0.0
        return self.made(key, durations.parse, "should be a duration such as 10s")

    def word(self, key: str, kind: type[Word], default: Word | None = None) -> Word | None:
        """Return one word of `kind`."""
        value = self.data.get(key)
        if value is None:
            return default
        known = tuple(one.value for one in kind)
        if value not in known:
            self.complain(key, f"should be {', '.join(known)}", meant(str(value), known))
            return default
        return kind(value)

    def moment(self, key: str, default: datetime) -> datetime:
        """Return a date and time with its offset."""
        if self.data.get(key) is None:
            return default
        problem = "should be a date and time with an offset such as 2026-11-23T09:00+01:00"
        value = self.made(key, datetime.fromisoformat, problem)
        if value is not None and value.tzinfo is None:
            self.complain(key, problem)
            return default
        return value or default

    def made(self, key: str, make: Callable[[str], Made], problem: str = "") -> Made | None:
        """Return what `make` makes of a text; its ValueError is a mistake, as `problem` if that is given."""
        value = self.data.get(key)
        if not isinstance(value, str):
            self.complain(key, "is missing" if value is None else problem or "should be a text")
            return None
        try:
            return make(value)
        except ValueError as error:
            self.complain(key, problem or str(error))
            return None

    def forms(self, key: str) -> Iterator[Form]:
        """Yield the mappings of a list."""
        for place, value in self.items(key):
            trail = (*self.trail, key, place)
            if isinstance(value, dict):
                yield Form(value, trail, self.report)
            else:
                self.report.add(trail, "should be a mapping", "lines of the form key: value")

    def items(self, key: str) -> Iterator[tuple[int, Data]]:
        """Yield the items of a list with their places; nothing where it is not given."""
        value = self.data.get(key)
        if isinstance(value, list):
            yield from enumerate(value)
        elif value is not None:
            self.complain(key, "should be a list", "one line each, beginning with -")

    def complain(self, key: str, problem: str, hint: str = "") -> None:
        """Note what is wrong with a key."""
        self.report.add((*self.trail, key), problem, hint)
