"""What there is to see at one moment, looked at once for every page that is open.

In: the callables of other rooms. Out: a `Sight`. What may not happen: thousands of queues sorted once per
page, or in the loop's own time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from monitor.board.standing import Place, worst_first
from monitor.board.view import Group, View, arrange, chosen
from monitor.model.alert import Alert
from monitor.model.board import QueueLine, SourceState
from monitor.model.delivery import Backlog
from monitor.model.rule import Rule
from monitor.model.silence import Silence
from monitor.ports import Clock
from monitor.web.page.asking import Asked
from monitor.web.page.cases import active
from monitor.web.page.frames import Frame

T = TypeVar("T")

FRESH = 1.0
"""Seconds a look is good for where nothing says that something changed: sources grow old by themselves."""
BULK = 500
"""Queues from which on they are sorted in a thread: so many take about ten milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What of the wall somebody wants: how many of them are in each state, and the groups of those shown."""

    counts: Mapping[str, int]
    groups: Sequence[Group]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Every queue, worst first; the worst and how many there are of each organisation, by its name.

    `counts` is how many of all are in each state.
    """

    places: Sequence[Place]
    orgs: Mapping[str, tuple[Place, int]]
    counts: Mapping[str, int]
    _arranged: dict[View, Seen] = field(default_factory=dict)

    async def seen(self, view: View) -> Seen:
        """Return what `view` asks for; worked out once for everybody who asks the same."""
        found = self._arranged.get(view)
        if found is None:
            found = await _aside(len(self.places), lambda: _arranged(self.places, view))
            self._arranged[view] = found
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Everything a page shows, at `at`. `active` are the alerts that fire or are pending, worst first.

    `frames` are those that were made of it.
    """

    at: datetime
    ranked: Ranked
    active: Sequence[Alert]
    rules: Mapping[str, Rule]
    sources: Sequence[SourceState]
    silences: Sequence[Silence]
    backlog: Sequence[Backlog]
    disabled: Collection[str]
    frames: dict[tuple[Asked, bool], Frame] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Eyes:
    """Looks, when something changed since the last time or that was a while ago. `version` counts changes."""

    clock: Clock
    version: Callable[[], int]
    lines: Callable[[], Sequence[QueueLine]]
    alerts: Callable[[], Iterable[Alert]]
    rules: Callable[[], Sequence[Rule]]
    sources: Callable[[], Sequence[SourceState]]
    silences: Callable[[], Sequence[Silence]]
    backlog: Callable[[], Sequence[Backlog]]
    disabled: Callable[[], Collection[str]]
    _last: tuple[int, float, Sight] | None = field(default=None, init=False)
    _ranked: tuple[object, Ranked] | None = field(default=None, init=False)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def look(self) -> Sight:
        """Return what there is to see."""
        async with self._looking:
            version, now = self.version(), asyncio.get_running_loop().time()
            if self._last is None or self._last[0] != version or now - self._last[1] > FRESH:
                self._last = (version, now, await self._looked(version))
            return self._last[2]

    async def _looked(self, version: int) -> Sight:
        alerts, sources, at = active(self.alerts()), tuple(self.sources()), self.clock.now()
        return Sight(
            at=at,
            ranked=await self._sorted(version, alerts, sources),
            active=alerts,
            rules={rule.name: rule for rule in self.rules()},
            sources=sources,
            silences=[one for one in self.silences() if one.active(at)],
            backlog=list(self.backlog()),
            disabled=frozenset(self.disabled()),
        )

    async def _sorted(self, version: int, alerts: Sequence[Alert], sources: Sequence[SourceState]) -> Ranked:
        """Return the queues in order: as they were, unless something changed or a source grew old."""
        key = (version, tuple((one.org, one.source, one.stale) for one in sources))
        if self._ranked is None or self._ranked[0] != key:
            lines = self.lines()
            self._ranked = (key, await _aside(len(lines), lambda: _sorted(lines, alerts, sources)))
        return self._ranked[1]


def _sorted(lines: Sequence[QueueLine], alerts: Sequence[Alert], sources: Sequence[SourceState]) -> Ranked:
    places = worst_first(lines, alerts, sources)
    queues = Counter(place.line.org for place in places)
    worst: dict[str, Place] = {}
    for place in places:
        worst.setdefault(place.line.org, place)
    return Ranked(
        places=places,
        orgs={org: (worst[org], queues[org]) for org in sorted(worst)},
        counts=Counter(place.state for place in places),
    )


def _arranged(places: Sequence[Place], view: View) -> Seen:
    anyhow = View(org=view.org, text=view.text, division=view.division, label=view.label)
    fitting = chosen(places, anyhow)
    return Seen(counts=Counter(place.state for place in fitting), groups=arrange(fitting, view))


async def _aside(many: int, work: Callable[[], T]) -> T:
    """Return what `work` makes of so many things; many are worked on where others are not kept waiting.

    Everything it reads is frozen, so that a thread may.
    """
    return work() if many < BULK else await asyncio.to_thread(work)
