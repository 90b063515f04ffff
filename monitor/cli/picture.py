"""The picture that `queuewatch status` shows: what is wrong at the top, what is well in a line. Pure.

In: what the daemon said, and the moment. Out: texts and tables, as many rows as there is room for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from rich.console import ConsoleDimensions, Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.cli import drawing
from monitor.cli.daemon import Said, line, local, stamp
from monitor.kit import figures

AROUND = 4
"""Lines of a table beside its rows: an empty one, the title, the headings, and the line below them."""
FEWEST = 3
"""Rows of alerts and of queues that are shown on however small a screen."""
ASKED = 200
"""Queues and alerts asked for: more than any screen has lines."""
DIRECTORY = "directory"
"""The source of which no figure comes: it is read every few minutes, and that says nothing of the others."""
_ALARM = "bold white on red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the daemon said: so many of the queues, which are `total`; `more` says there are more alerts."""

    health: Said
    queues: Sequence[Said]
    total: int
    alerts: Sequence[Said]
    more: bool
    sources: Sequence[Said]
    destinations: Sequence[Said]

    def json(self) -> Mapping[str, object]:
        """Return it for programs."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Picture:
    """What was `seen`, `old` seconds ago; `trouble` is why it could not be looked at again.

    How long things last is told by the daemon's own clock: ours may be another.
    """

    seen: Seen
    old: float = 0.0
    trouble: str = ""

    @property
    def now(self) -> datetime:
        """The moment by the daemon's clock."""
        return local(self.seen.health["now"]) + timedelta(seconds=self.old)

    def whole(self, width: int, limit: int) -> list[RenderableType]:
        """Return all of it, as wide as that, with at most `limit` alerts and queues."""
        return [
            *self._head(),
            *self._alerts(limit, width),
            *self._queues(limit, width),
            *self._sources(width),
            *self._destinations(width),
        ]

    def fitting(self, size: ConsoleDimensions, limit: int | None) -> Group:
        """Return what fits on a screen, with at most `limit` alerts and queues."""
        head = [*self._head()]
        tail = [*self._sources(size.width), *self._destinations(size.width)]
        # Two lines say how many more there are.
        taken = len(head) + 2 * AROUND + 2
        if size.height - taken - sum(map(_height, tail)) < 2 * FEWEST:
            tail = [*self._brief()]
        room = size.height - taken - sum(map(_height, tail))
        most = ASKED if limit is None else limit
        alerts = min(len(self.seen.alerts), most, max(FEWEST, room // 2))
        queues = min(most, max(FEWEST, room - alerts))
        return Group(*head, *self._alerts(alerts, size.width), *self._queues(queues, size.width), *tail)

    def _head(self) -> Iterator[Text]:
        """Yield who is watched, how it is, and what of it cannot be believed."""
        health = self.seen.health
        ready = Text("ready", "green") if health["ready"] else Text("not ready", _ALARM)
        firing, pending = int(health["alerts"]["firing"]), int(health["alerts"]["pending"])
        name, at = (line(health["instance"]), "bold"), f"  {stamp(health['now'])}  "
        alerts = (f"{firing} firing", "bold red" if firing else ""), f", {pending} pending"
        yield Text.assemble(name, at, ready, "  ", *alerts)
        if self.trouble:
            old = figures.duration(round(self.old))
            yield Text(
                f"everything below is {old} old: {self.trouble}", _ALARM, no_wrap=True, overflow="ellipsis"
            )
        if health["store"] != "writable":
            yield Text(f"the store is {line(health['store'])}: nothing is told", _ALARM)
        for one in filter(_bad_source, self.seen.sources):
            style = _ALARM if one["stale"] else "yellow"
            yield Text(_silence(one), style, no_wrap=True, overflow="ellipsis")

    def _alerts(self, limit: int, width: int) -> Iterator[RenderableType]:
        yield Text()
        if not self.seen.alerts:
            yield Text("alerts      nothing fires")
            return
        shown = self.seen.alerts[:limit]
        yield drawing.alerts(shown, self.now, width)
        if self.seen.more or len(shown) < len(self.seen.alerts):
            yield Text("… more: queuewatch alerts", "dim")

    def _queues(self, limit: int, width: int) -> Iterator[RenderableType]:
        yield Text()
        if not self.seen.queues:
            yield Text("queues      none is watched")
            return
        shown = self.seen.queues[:limit]
        yield drawing.queues(shown, self.now, width, cut=True)
        if self.seen.total > len(shown):
            yield Text(f"… {self.seen.total - len(shown)} more: queuewatch queues", "dim")

    def _brief(self) -> Iterator[Text]:
        """Yield a line on the sources, which the head says more of, and one on the destinations."""
        bad = sum(map(_bad_source, self.seen.sources))
        waiting, dead = (sum(int(one[word]) for one in self.seen.destinations) for word in ("depth", "dead"))
        yield Text(f"sources     {len(self.seen.sources) - bad} well, {bad} not")
        yield Text(f"deliveries  {waiting} waiting, {dead} dead: queuewatch outbox list")

    def _sources(self, width: int) -> Iterator[RenderableType]:
        """Yield how the sources are: those that are not well, the others in a line."""
        bad = [one for one in self.seen.sources if _bad_source(one)]
        up = [one for one in self.seen.sources if one["up"] and not _bad_source(one)]
        waiting = len(self.seen.sources) - len(bad) - len(up)
        ages = (one["age"] for one in up if one["age"] is not None and one["source"] != DIRECTORY)
        oldest = max(ages, default=None)
        age = "" if oldest is None else f", data at most {figures.duration(round(oldest))} old"
        words = (f"{len(up)} up{age}" if up else "", f"{waiting} not asked yet" if waiting else "")
        yield Text()
        if bad:
            yield drawing.sources(bad, width)
        if any(words) or not bad:
            yield Text(f"sources     {', '.join(filter(None, words)) or 'none'}")

    def _destinations(self, width: int) -> Iterator[RenderableType]:
        """Yield what of the destinations has something waiting or dead; the others in a line."""
        bad = [one for one in self.seen.destinations if _bad_destination(one)]
        if bad:
            yield Text()
            yield drawing.destinations(bad, self.now, width)
        good = len(self.seen.destinations) - len(bad)
        if good or not bad:
            others = f" for {good} destination{'' if good == 1 else 's'}" if good else ""
            yield Text(f"deliveries  nothing waits{others}")


def _height(one: RenderableType) -> int:
    """Return how many lines it takes."""
    return one.row_count + AROUND - 1 if isinstance(one, Table) else 1


def _bad_source(one: Said) -> bool:
    return bool(one["stale"]) or one["up"] is False


def _bad_destination(one: Said) -> bool:
    return bool(one["depth"] or one["dead"] or one["disabled"])


def _silence(one: Said) -> str:
    """Return what is not known any more, or may soon not be; since when, and why."""
    since = f"since {stamp(one['observed_at'])}" if one["observed_at"] else "at all"
    believed = "" if one["stale"] else ", which is still believed"
    what = f"nothing from {line(one['org'])}/{line(one['source'])} {since}{believed}"
    return f"{what}: {line(one['error'])}" if one["error"] else what
