"""Which rows of a table a rule is about, worked out once per `Rows`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from monitor.model.rule import Matcher, Rule
from monitor.model.sample import Rows

REMEMBERED = 4096
"""Compiled matchers kept: more than a sane configuration has, and a bound for silences that come and go."""

DESCRIPTIVE = frozenset({"queue", "division", "agent"})
"""Labels that name but do not identify: a renamed queue keeps its alerts."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The rows of `rows` that a rule matches, their entity keys, and where each key stands."""

    rows: Rows
    indexes: tuple[int, ...]
    keys: tuple[str, ...]
    places: dict[str, int]
    whole: bool
    by_row: dict[int, int]
    unmatched: frozenset[str]

    def labels(self, place: int) -> dict[str, str]:
        """Return the labels of matched row number `place`."""
        return dict(zip(self.rows.names, self.rows.values[self.indexes[place]], strict=True))


def plan(rule: Rule, org: str, rows: Rows) -> Plan:
    """Return the matched rows of `rows` for `rule`, of rows with the same key the first.

    Rows without a label that the rule names match nothing: a selector that cannot be held against them must
    not widen the rule to all of them.
    """
    if any(matcher.label not in {"org", *rows.names} for matcher in rule.matchers):
        return Plan(rows=rows, indexes=(), keys=(), places={}, whole=False, by_row={}, unmatched=_keys(rows))
    tests = [
        (None if matcher.label == "org" else rows.names.index(matcher.label), compiled(matcher))
        for matcher in rule.matchers
    ]
    identifying = [place for place, name in enumerate(rows.names) if name not in DESCRIPTIVE]
    found: dict[str, int] = {}
    for index, values in enumerate(rows.values):
        if all(test(org if place is None else values[place]) for place, test in tests):
            found.setdefault("/".join(values[place] for place in identifying), index)
    keys = tuple(found)
    return Plan(
        rows=rows,
        indexes=tuple(found.values()),
        keys=keys,
        places={key: place for place, key in enumerate(keys)},
        whole=tuple(found.values()) == tuple(range(len(rows))),
        by_row={row: place for place, row in enumerate(found.values())},
        unmatched=_keys(rows) - found.keys() if len(found) < len(rows) else frozenset(),
    )


def _keys(rows: Rows) -> frozenset[str]:
    """Return the keys of all entities, matched or not."""
    identifying = [place for place, name in enumerate(rows.names) if name not in DESCRIPTIVE]
    return frozenset("/".join(values[place] for place in identifying) for values in rows.values)


@lru_cache(maxsize=REMEMBERED)
def compiled(matcher: Matcher) -> Callable[[str], bool]:
    """Return the test for one label's value: whole match of the regex, or of any glob."""
    pattern = (
        matcher.regex if matcher.regex is not None else "|".join(translate(glob) for glob in matcher.globs)
    )
    match = re.compile(pattern).fullmatch
    return lambda value: match(value) is not None
