"""Reads how routing methods did: aggregate answers by routing method in, one row per method out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from monitor.clients.platform.decode import aggregates, wire
from monitor.clients.platform.decode.aggregates import Figures, Parts
from monitor.kit.text import clean
from monitor.model.interval import Interval
from monitor.model.measure import Mean
from monitor.model.observation import Strategies, StrategyUse

PARTS: Parts = {"tHandle": ("count",), "tAnswered": ("count", "sum"), "tAbandon": ("count",)}

_NOTHING: Figures = {(metric, part): 0.0 for metric, parts in PARTS.items() for part in parts}
_LOST: Figures = dict.fromkeys(_NOTHING)


def strategies(bodies: Sequence[bytes], interval: Interval, asked: Sequence[str]) -> Strategies:
    """Read all pages of one answer; `asked` empty means all that appear. Raises Unintelligible.

    What was routed by no method has no `usedRouting` and is left out.
    """
    oddities: wire.Odd = Counter()
    rows: dict[str, Figures] = dict.fromkeys(asked, _NOTHING)
    for body in bodies:
        for container in aggregates.page(body, PARTS, oddities).results:
            name = clean(container.group.get("usedRouting") or "")
            if not name or (asked and name not in rows):
                continue
            for bucket in container.data or ():
                found = aggregates.figures(bucket, PARTS, (), oddities)
                rows[name] = aggregates.added(rows.get(name), found)
            if not container.readable:
                rows[name] = _LOST
    return Strategies(
        interval=interval,
        strategies=tuple(_row(name, found) for name, found in rows.items()),
        oddities=dict(oddities),
    )


def _row(name: str, found: Figures) -> StrategyUse:
    answered = Mean(wire.seconds(found["tAnswered", "sum"]), found["tAnswered", "count"])
    return StrategyUse(
        strategy=name,
        handled=found["tHandle", "count"],
        answer_seconds=None if answered.value == math.inf else answered.value,
        abandoned=found["tAbandon", "count"],
    )
