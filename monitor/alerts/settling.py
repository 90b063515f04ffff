"""Seats the judges: one per org and rule, and the source that each waits for.

In: rules, orgs and their dialects. Out: a `Bench`. What may not happen: half of one, or many rules keeping
others from their turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from monitor.model.catalogue import METRICS
from monitor.model.rule import Rule
from monitor.rules.judging import Judge

BREATH = 20
"""Judges seated before others have their turn: a few milliseconds."""

Place = tuple[str, str]
"""Org and rule."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Who judges, and by what is answered to which question (`home`)."""

    judges: dict[Place, Judge]
    home: dict[Place, str]


def seated(rules: Collection[Rule], orgs: Collection[str], dialects: Mapping[str, str]) -> Bench:
    """Return who judges these rules in these orgs."""
    bench = Bench({}, {})
    for _ in _seating(bench, rules, orgs, dialects, {}):
        pass
    return bench


async def reseated(
    rules: Collection[Rule],
    orgs: Collection[str],
    dialects: Mapping[str, str],
    before: Mapping[Place, Judge],
) -> Bench:
    """Return the same, while everything goes on; who judges a rule that is as it was keeps his seat."""
    bench = Bench({}, {})
    for number in _seating(bench, rules, orgs, dialects, before):
        if number % BREATH == 0:
            await asyncio.sleep(0)
    return bench


def _seating(
    bench: Bench,
    rules: Collection[Rule],
    orgs: Collection[str],
    dialects: Mapping[str, str],
    before: Mapping[Place, Judge],
) -> Iterator[int]:
    """Seat one judge after the other; yield how many there are."""
    for number, (org, rule) in enumerate(product(orgs, rules), 1):
        place = (org, rule.name)
        old = before.get(place)
        judge = bench.judges[place] = old if old is not None and old.rule == rule else Judge(rule, org)
        bench.home[place] = METRICS[judge.metrics[0]].source(dialects.get(org, "platform"))
        yield number
