"""How bad every queue is: lines joined with their alerts and with how fresh they are, worst first. Pure.

In: lines, alerts, the states of the sources. Out: one `Place` per line. What may not happen: a queue of which
something is not known, or not known any more, standing among those that are well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.model.alert import Alert, AlertState
from monitor.model.board import QueueLine, SourceState

FIGURES = frozenset({"queues", "service_level"})
"""The sources whose figures a line shows."""

STATES = ("critical", "warning", "pending", "unknown", "below", "ok", "idle")
"""What a queue can be, worst first. `below` is below its own target, though no rule says so."""

SILENCED = "silenced:"
"""How `Alert.muted` begins where somebody asked for quiet."""

Rank = tuple[int, int, float, float, str, str, str]
"""Where a queue stands among all: the least is the worst, and no two are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One queue on the wall. `alerts` are those that fire or are pending, worst first.

    `stale` says that a source of its figures is too old to be believed, `as_of` when that one last answered.
    `asked` names the sources its figures come from: a figure nobody asks for is missed by nobody.
    """

    line: QueueLine
    alerts: tuple[Alert, ...] = ()
    stale: bool = False
    as_of: datetime | None = None
    asked: frozenset[str] = FIGURES

    @property
    def state(self) -> str:
        """One of `STATES`."""
        if self.alerts:
            worst = self.alerts[0]
            return worst.severity.value if worst.state is AlertState.FIRING else AlertState.PENDING.value
        if self.stale or self._unknown:
            return "unknown"
        if self.gap > 0:
            return "below"
        return "idle" if self._idle else "ok"

    @property
    def since(self) -> datetime | None:
        """When the oldest of the alerts that make the state fired, or went pending; None without alerts."""
        dates = [
            alert.fired_at if alert.state is AlertState.FIRING else alert.active_at
            for alert in self.alerts
            if _weight(alert) == _weight(self.alerts[0])
        ]
        return min((date for date in dates if date is not None), default=None)

    @property
    def acknowledged(self) -> bool:
        """Whether somebody has every alert that fires, and one does."""
        return self._every(_acknowledged)

    @property
    def silenced(self) -> bool:
        """Whether somebody asked for quiet about every alert that fires, and one does."""
        return self._every(_silenced)

    @property
    def muted(self) -> bool:
        """Whether nobody is told of any alert that fires, for whatever reason, and one does."""
        return self._every(lambda alert: bool(alert.muted))

    @property
    def handled(self) -> bool:
        """Whether somebody has, or silenced, each alert that fires, and one does."""
        return self._every(lambda alert: _acknowledged(alert) or _silenced(alert))

    @property
    def gap(self) -> float:
        """How far below its target the service level is, as a share of the target; 0 where it is not."""
        level = self.line.level
        if level is None or level.ratio is None or not level.target:
            return 0.0
        return max(0.0, (level.target - level.ratio) / level.target)

    @property
    def rank(self) -> Rank:
        """Where it stands among all, the least first."""
        waiting = self.line.waiting or 0.0
        return STATES.index(self.state), int(self.handled), -self.gap, -waiting, *named(self.line)

    def _every(self, holds: Callable[[Alert], bool]) -> bool:
        """Return whether an alert fires and `holds` is true of every one that does."""
        firing = [alert for alert in self.alerts if alert.state is AlertState.FIRING]
        return bool(firing) and all(map(holds, firing))

    @property
    def _unknown(self) -> bool:
        """Whether something that is asked for is not known."""
        level = self.line.level
        unclear = level is None or (level.ratio is None and not level.idle)
        return ("queues" in self.asked and self.line.waiting is None) or (
            "service_level" in self.asked and unclear
        )

    @property
    def _idle(self) -> bool:
        """Whether nothing happens: nobody came, nobody waits, nobody is served."""
        level = self.line.level
        return (level is None or level.idle) and not self.line.waiting and not self.line.interacting


def named(line: QueueLine) -> tuple[str, str, str]:
    """Return what a queue is sorted by among equals: its name, and what tells it from others of that name."""
    return line.queue.casefold(), line.org, line.queue_id


def worst_first(
    lines: Iterable[QueueLine], alerts: Iterable[Alert], sources: Iterable[SourceState] = ()
) -> list[Place]:
    """Return every line with its alerts, the worst first.

    Alerts about anything but a queue of `lines` (virtual queues, sources) are left out.
    """
    belonging = _by_queue(alerts)
    fresh = _freshness(sources)
    places = [_placed(line, belonging.get((line.org, line.queue_id), ()), fresh) for line in lines]
    return sorted(places, key=lambda place: place.rank)


@dataclass(frozen=True, slots=True)
class _Freshness:
    """How the sources of one org's figures are."""

    asked: frozenset[str]
    stale: bool
    as_of: datetime | None


_BELIEVED = _Freshness(FIGURES, stale=False, as_of=None)


def _placed(line: QueueLine, alerts: Sequence[Alert], fresh: Mapping[str, _Freshness]) -> Place:
    how = fresh.get(line.org, _BELIEVED)
    return Place(
        line=line,
        alerts=tuple(sorted(alerts, key=_first)) if alerts else (),
        stale=how.stale,
        as_of=how.as_of,
        asked=how.asked,
    )


def _freshness(sources: Iterable[SourceState]) -> dict[str, _Freshness]:
    by_org: dict[str, list[SourceState]] = defaultdict(list)
    for source in sources:
        if source.source in FIGURES:
            by_org[source.org].append(source)
    return {org: _fresh(several) for org, several in by_org.items()}


def _fresh(several: list[SourceState]) -> _Freshness:
    late = [source for source in several if source.stale]
    dates = [source.observed_at for source in late if source.observed_at is not None]
    return _Freshness(
        asked=frozenset(source.source for source in several),
        stale=bool(late),
        as_of=min(dates, default=None),
    )


def _by_queue(alerts: Iterable[Alert]) -> dict[tuple[str, str], list[Alert]]:
    found: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in alerts:
        queue_id = alert.entity.labels.get("queue_id")
        if queue_id and alert.state is not AlertState.INACTIVE:
            found[alert.org, queue_id].append(alert)
    return found


def _acknowledged(alert: Alert) -> bool:
    return alert.acknowledged is not None


def _silenced(alert: Alert) -> bool:
    return alert.muted.startswith(SILENCED)


def _first(alert: Alert) -> tuple[tuple[int, int], str, str]:
    """Return where an alert stands among a queue's, the least first."""
    return _weight(alert), alert.rule, alert.entity.key


def _weight(alert: Alert) -> tuple[int, int]:
    """Return how bad an alert is, the least for the worst."""
    return int(alert.state is not AlertState.FIRING), -alert.severity.rank
