"""Receivers as routes and the heartbeat name them: `oncall` for all its ways, `oncall/email` for one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from monitor.config.report import Report, Trail, meant
from monitor.model.settings import DestinationSettings

Able = Callable[[DestinationSettings], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    """The destinations by receiver; `named` has those receivers as well that were written but are wrong."""

    built: Mapping[str, tuple[DestinationSettings, ...]]
    named: Collection[str]

    def find(
        self, trail: Trail, names: Sequence[str], able: Able, unfit: str, report: Report
    ) -> tuple[str, ...]:
        """Return the destinations that `names` mean, and that are `able`; note a mistake for each other name.

        `unfit` says of a name what keeps its destinations from being able.
        """
        found: dict[str, None] = {}
        for number, name in enumerate(names):
            place = (*trail, number)
            meaning = self._meaning(place, name, report)
            fit = [one.name for one in meaning if able(one)]
            if meaning and not fit:
                report.add(place, f"{name} {unfit}")
            if fit and all(one in found for one in fit):
                report.add(place, f"{name} is named twice", "keep one")
            found.update(dict.fromkeys(fit))
        return tuple(found)

    def _meaning(self, place: Trail, name: str, report: Report) -> list[DestinationSettings]:
        """Return what a name means; nothing, with a mistake, if it means nothing."""
        receiver, slash, way = name.partition("/")
        if receiver not in self.named:
            hint = meant(receiver, self.named) or (
                f"receivers are {', '.join(self.named)}" if self.named else "write it below receivers:"
            )
            report.add(place, f"no receiver is named {receiver}", hint)
            return []
        ways = self.built.get(receiver, ())
        fit = [one for one in ways if not slash or name in {one.name, _family(one.name)}]
        if ways and not fit:
            known = [one.name for one in ways]
            report.add(
                place, f"{receiver} has no {way}", meant(name, known) or f"there is {', '.join(known)}"
            )
        return fit


def _family(name: str) -> str:
    """Return the way that a destination belongs to: peers of a cluster are numbered."""
    way, dash, number = name.rpartition("-")
    return way if dash and number.isdigit() and way.endswith("/alertmanager") else name
