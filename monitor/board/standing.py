"""How bad every queue is: lines joined with their alerts and with how fresh they are, worst first. Pure.

In: lines, alerts, the states of the sources. Out: one `Place` per line. What may not happen: a queue of which
something is not known, or not known any more, standing among those that are well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.model.alert import Alert, AlertState
from monitor.model.board import Attained, QueueLine, SourceState

FIGURES = frozenset({"queues", "service_level"})
"""The sources whose figures a line shows."""

STATES = ("critical", "warning", "pending", "unknown", "below", "ok", "idle")
"""What a queue can be, worst first. `below` is a media type below its own target, though no rule says so;
`unknown` is anything that is asked for and not known, be it of one media type."""

SILENCED = "silenced:"
"""How `Alert.muted` begins where somebody asked for quiet."""

Rank = tuple[int, int, float, float, str, str, str]
"""Where a queue stands among all: the least is the worst, and no two are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One queue on the wall. `alerts` are those that fire or are pending, worst first.

    `stale` says that a source of its figures is too old to be believed, `as_of` when that one last answered.
    `asked` names the sources its figures come from: a figure nobody asks for is missed by nobody. `heads` are
    the service levels of the headline's window, one a media type, the headline first; `gap` is how far the
    worst of them is below its target, as a share of the target, 0 where none is.
    """

    line: QueueLine
    alerts: tuple[Alert, ...] = ()
    stale: bool = False
    as_of: datetime | None = None
    asked: frozenset[str] = FIGURES
    heads: tuple[Attained, ...] = field(init=False, repr=False, compare=False)
    gap: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        heads = _heads(self.line)
        object.__setattr__(self, "heads", heads)
        object.__setattr__(self, "gap", max(map(_gap, heads)) if heads else 0.0)

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
    def worst(self) -> Attained | None:
        """The service level that is furthest below its own target; None where none is.

        It is of the headline's window and may be of another media type: a headline well above its target
        says nothing of the chat.
        """
        return max(self.heads, key=_gap) if self.gap > 0 else None

    @property
    def unclear(self) -> tuple[str, ...]:
        """The media types of which the level is not known, though they are not idle."""
        return tuple(one.media for one in self.heads if not _known(one))

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
        if "queues" in self.asked and self.line.waiting is None:
            return True
        return "service_level" in self.asked and not (self.heads and all(map(_known, self.heads)))

    @property
    def _idle(self) -> bool:
        """Whether it is known that nothing happens: nobody came, nobody waits, nobody is served."""
        if not self.asked:
            return False
        quiet = "queues" not in self.asked or self.line.waiting == self.line.interacting == 0
        return quiet and all(one.idle for one in self.heads)


def _heads(line: QueueLine) -> tuple[Attained, ...]:
    level = line.level
    if level is None:
        return ()
    window, media = level.window, level.media
    return (level, *[one for one in line.levels if one.window == window and one.media != media])


def _known(level: Attained) -> bool:
    return level.ratio is not None or level.idle


def _gap(level: Attained) -> float:
    """Return how far a level is below its target, as a share of the target; 0 where it is not."""
    if level.ratio is None or not level.target:
        return 0.0
    return max(0.0, (level.target - level.ratio) / level.target)


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
        figures = by_org[source.org]
        if source.source in FIGURES:
            figures.append(source)
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
