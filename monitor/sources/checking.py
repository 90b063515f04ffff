"""Checks our service-level arithmetic against the platform's, and names the org option that differs. Pure.

The options (does the denominator hold abandons, short abandons, flow-outs?) are set by an administrator and
shown by no operation, so the platform's own denominator is the only witness of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import product

from monitor.model.observation import Figure, QueueService
from monitor.model.servicelevel import Formula

LASTING = 3
"""Checks in a row that must disagree: a figure that arrives between two of the platform's own counters does
not come three times."""

FORMULAS = tuple(
    Formula(abandons=abandons, short_abandons=short, flow_outs=flow)
    for abandons, short, flow in product((True, False), repeat=3)
)


@dataclass(slots=True)
class SelfCheck:
    """Watches one org; `formula` is what its configuration says."""

    formula: Formula
    _disagreed: int = 0
    _told: bool = False

    def check(self, services: Iterable[QueueService]) -> str | None:
        """Return a warning, once, when the platform's denominators lastingly are not ours; else None."""
        found = explanations(services)
        if found is None:
            return None
        if self.formula in found:
            self._disagreed, self._told = 0, False
            return None
        self._disagreed += 1
        if self._disagreed < LASTING or self._told:
            return None
        self._told = True
        return advice(self.formula, found)


def explanations(services: Iterable[QueueService]) -> frozenset[Formula] | None:
    """Return the formulas that yield every denominator of the platform; None where nothing can be told."""
    found: frozenset[Formula] | None = None
    for service in services:
        if None in _needed(service):
            continue
        fitting = frozenset(one for one in FORMULAS if one.denominator(service) == service.level_counted)
        found = fitting if found is None else found & fitting
    return found


def _needed(service: QueueService) -> tuple[Figure, ...]:
    """Return what every formula is made of: with any of it unknown, no formula can be ruled out."""
    return (
        service.level_counted,
        service.answered,
        service.abandoned,
        service.short_abandoned,
        service.flowed_out,
    )


def advice(ours: Formula, found: frozenset[Formula]) -> str:
    """Return what to write so that our service level is the org's."""
    if not found:
        return "no combination of the org's service-level options explains the platform's figures"
    nearest = min(found, key=lambda one: (len(_changes(ours, one)), FORMULAS.index(one)))
    return "the org counts differently: write formula: {" + ", ".join(_changes(ours, nearest)) + "}"


def _changes(ours: Formula, theirs: Formula) -> list[str]:
    return [
        f"{one.name}: {str(getattr(theirs, one.name)).lower()}"
        for one in fields(Formula)
        if getattr(theirs, one.name) != getattr(ours, one.name)
    ]
