"""A queue's place as one row of the wall, every figure in words. Pure.

In: a place, the moment. Out: what the templates put where. A stale row says as of when it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain

from monitor.board.standing import Place
from monitor.kit.text import clean
from monitor.model.alert import Alert, alert_id
from monitor.model.board import QueueLine
from monitor.model.rule import Rule
from monitor.web.page import wording
from monitor.web.page.drawing import Spark, across, spark
from monitor.web.page.wording import STATES, When, when

LABELS = 3
"""Labels shown of a queue; the rest is in its rules."""

_JUDGED = {
    "service_level": "level",
    "queue_waiting": "waiting",
    "queue_longest_wait": "longest_wait",
}
"""What the names of metrics hold, and the figures that show them."""

_AVAILABLE = "queue_agents_available"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One queue. `link` is the id of its worst alert, `ratio` and `target` are places on a bar of a hundred.

    `tight` says that the level shown is the furthest below its target. `faults` are the figures that its
    alerts are about. For a card: `reason` is the rule of its worst alert, `more` how many others there are,
    `aside` the first of the notes that is not that, and `free` how many agents are available.
    """

    id: str
    org: str
    queue_id: str
    name: str
    division: str
    labels: tuple[str, ...]
    state: str
    word: str
    notes: tuple[str, ...]
    handled: bool
    since: When | None
    link: str
    reason: str
    more: str
    aside: str
    level: str
    of: str
    ratio: str
    target: str
    tight: bool
    waiting: str
    media: str
    longest: str
    agents: str
    available: str
    free: str
    spark: Spark
    stale: bool
    as_of: When | None
    faults: frozenset[str]


def faults(place: Place, rules: Mapping[str, Rule]) -> frozenset[str]:
    """Return which of the figures the rules of its alerts judge: those to look at first."""
    if not place.alerts:
        return frozenset()
    judged = [rules[one.rule] for one in place.alerts if one.rule in rules]
    words = " ".join(f"{rule.metric} {rule.expr} {'service_level' if rule.burns else ''}" for rule in judged)
    found = {figure for part, figure in _JUDGED.items() if part in words}
    if "queue_agents" in words.replace(_AVAILABLE, ""):
        found.add("agents")
    if _AVAILABLE in words:
        found.add("agents" if place.line.agents_on_queue is None else "available")
    return frozenset(found)


def row(place: Place, now: datetime, blamed: frozenset[str] = frozenset()) -> Row:
    """Return what is shown of a place at `now`; `blamed` are the figures that its alerts are about."""
    line, state, level, worst = place.line, place.state, place.line.level, place.worst
    return Row(
        id=queue_mark(line.org, line.queue_id),
        org=clean(line.org),
        queue_id=clean(line.queue_id),
        name=clean(line.queue) or clean(line.queue_id),
        division=clean(line.division),
        labels=tuple(f"{clean(name)} {clean(text)}" for name, text in line.labels[:LABELS]),
        state=state,
        word=STATES[state],
        notes=tuple(_notes(place)),
        handled=place.handled,
        since=when(place.since, now),
        link=_id(place.alerts[0]) if place.alerts else "",
        reason=clean(place.alerts[0].rule) if place.alerts else "",
        more=f"+{len(place.alerts) - 1}" if len(place.alerts) > 1 else "",
        aside=next(chain(_handling(place), _others(place)), ""),
        level=_level(line),
        of=wording.attained(level),
        ratio="" if level is None or level.ratio is None else across(level.ratio),
        target="" if level is None or level.target is None else across(level.target),
        tight=worst is not None and worst.media == place.heads[0].media,
        waiting=wording.count(line.waiting),
        media=_media(line),
        longest=wording.length(line.longest_wait),
        agents=wording.count(_agents(line)),
        available=_available(line, "available"),
        free=_available(line, "free"),
        spark=spark(line),
        stale=place.stale,
        as_of=when(place.as_of, now),
        faults=blamed,
    )


@lru_cache(maxsize=16_384)
def queue_mark(org: str, queue_id: str) -> str:
    """Return a queue's id on the page: short, and safe whatever the names hold."""
    return "q" + digest(org, queue_id)


def digest(*names: str) -> str:
    """Return a short word for these names, the same every time."""
    joined = "\0".join(names).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=8).hexdigest()


def _id(alert: Alert) -> str:
    return alert_id(alert.org, alert.rule, alert.entity.key)


def _notes(place: Place) -> Iterator[str]:
    yield from _handling(place)
    if len(place.alerts) > 1:
        yield f"{len(place.alerts)} alerts"
    yield from _others(place)


def _handling(place: Place) -> Iterator[str]:
    """Yield who has it, and whether anybody is told."""
    if place.acknowledged:
        owners = dict.fromkeys(one.acknowledged.owner for one in place.alerts if one.acknowledged)
        yield f"{clean(', '.join(owners))} has it"
    if place.silenced:
        yield "silenced"
    elif place.muted:
        yield "nobody is told"


def _others(place: Place) -> Iterator[str]:
    """Yield what must not hide behind the media type that is shown."""
    shown, worst = place.line.level, place.worst
    if shown is not None and worst is not None and worst.media != shown.media:
        yield f"{clean(worst.media)} {wording.share(worst.ratio, worst.target)}"
    if place.unclear and not place.stale:
        yield f"{clean(', '.join(place.unclear))} unknown"


def _level(line: QueueLine) -> str:
    level = line.level
    if level is None:
        return wording.UNKNOWN
    return "idle" if level.idle else wording.share(level.ratio, level.target)


def _agents(line: QueueLine) -> float | None:
    """Return the agents on queue; where a platform does not say, those that are available."""
    return line.agents_available if line.agents_on_queue is None else line.agents_on_queue


def _available(line: QueueLine, word: str) -> str:
    """Return how many are available; nothing where more are than are on queue: not all of them serve it."""
    on_queue, available = line.agents_on_queue, line.agents_available
    if on_queue is None:
        return "" if available is None else word
    if available is None or available > on_queue:
        return ""
    return f"{wording.count(available)} {word}"


def _media(line: QueueLine) -> str:
    """Return who waits for what, where there is more than one kind of them."""
    waiting = [one for one in line.media if one.waiting]
    if len(waiting) < 2:
        return ""
    return " · ".join(f"{clean(one.media)} {wording.count(one.waiting)}" for one in waiting)
