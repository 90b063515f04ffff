"""What stands beside the wall: counts, organisations, sources, destinations, silences. Pure.

In: a sight, what is asked for. Out: lines for the templates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.board.standing import Place
from monitor.kit.text import clean
from monitor.model.alert import Alert, AlertState
from monitor.model.board import SourceState
from monitor.model.delivery import Backlog
from monitor.model.silence import Silence
from monitor.web.page.asking import FILTERS, Asked
from monitor.web.page.wording import COUNTED, SHORT, STATES, When, when

STALE = "unknown"
"""The mark of a source whose figures are too old to be believed."""
_TROUBLE = (STALE, "warning", "idle", "ok")
"""The marks of sources, worst first."""
ERROR_LIMIT = 300
"""Characters of a source's error: three lines beside the wall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many queues are in a state, and where they are shown alone. `short` is `word` for little room."""

    state: str
    word: str
    short: str
    many: int
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgLine:
    """One organisation: its queues, its alerts that fire, how its worst queue is."""

    name: str
    queues: int
    firing: int
    state: str
    word: str
    stale: bool
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source and how it is: `at` is when its newest answer was in."""

    org: str
    source: str
    state: str
    word: str
    at: When | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """What waits for one destination."""

    name: str
    state: str
    waiting: int
    oldest: When | None
    dead: int
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceLine:
    """One silence in force: what it is about, who asked for it, why and until when."""

    id: str
    about: str
    until: When | None
    owner: str
    comment: str


def tallies(counts: Mapping[str, int], asked: Asked) -> list[Tally]:
    """Return how many queues are in each state; the address of the chosen one chooses none.

    On the page all are counted, and an address leads to all that were: it asks for nothing else that filters.
    """
    others = {} if asked.board else dict.fromkeys(FILTERS, "")
    return [
        Tally(
            state=state,
            word=word,
            short=SHORT.get(state, word),
            many=counts.get(state, 0),
            address=asked.address(**{**others, "state": "" if asked.view.state == state else state}),
            chosen=asked.view.state == state,
        )
        for state, word in COUNTED.items()
    ]


def orgs(several: Mapping[str, tuple[Place, int]], alerts: Iterable[Alert], asked: Asked) -> list[OrgLine]:
    """Return every organisation, given its worst queue and how many it has."""
    firing = Counter(one.org for one in alerts if one.state is AlertState.FIRING)
    return [
        OrgLine(
            name=clean(org),
            queues=queues,
            firing=firing[org],
            state=worst.state,
            word=STATES[worst.state],
            stale=worst.stale,
            address=asked.address(org="" if asked.view.org == org else org),
            chosen=asked.view.org == org,
        )
        for org, (worst, queues) in several.items()
    ]


def sources(several: Iterable[SourceState], now: datetime) -> list[SourceLine]:
    """Return every source, those in trouble first."""
    lines = [_source(one, now) for one in several]
    return sorted(lines, key=lambda one: (_TROUBLE.index(one.state), one.org, one.source))


def late(several: Iterable[SourceLine]) -> list[SourceLine]:
    """Return the sources the banner names: those whose figures are old, or else those that fail."""
    lines = list(several)
    stale = [one for one in lines if one.state == STALE]
    return stale or [one for one in lines if one.state == "warning"]


def deliveries(backlog: Sequence[Backlog], disabled: Iterable[str], now: datetime) -> list[DeliveryLine]:
    """Return every destination by name."""
    out = frozenset(disabled)
    return [
        DeliveryLine(
            name=clean(one.destination),
            state="warning" if one.dead or one.destination in out else "pending" if one.depth else "ok",
            waiting=one.depth,
            oldest=when(one.oldest, now),
            dead=one.dead,
            disabled=one.destination in out,
        )
        for one in sorted(backlog, key=lambda one: one.destination)
    ]


def silences(several: Iterable[Silence], now: datetime) -> list[SilenceLine]:
    """Return the silences in force, what ends first at the top."""
    return [
        SilenceLine(
            id=one.id,
            about=clean(", ".join(_matched(one)), 300),
            until=when(one.ends_at, now),
            owner=clean(one.owner),
            comment=clean(one.comment, 300),
        )
        for one in sorted(several, key=lambda one: (one.ends_at, one.id))
    ]


def options(places: Iterable[Place]) -> Mapping[str, list[str]]:
    """Return what can be chosen in the filters: organisations, divisions, the names of labels."""
    lines = [place.line for place in places]
    return {
        "orgs": sorted({clean(line.org) for line in lines}),
        "divisions": sorted({clean(line.division) for line in lines} - {""}),
        "labels": sorted({clean(name) for labels in {line.labels for line in lines} for name, _ in labels}),
    }


def _source(one: SourceState, now: datetime) -> SourceLine:
    state, word = _standing(one)
    return SourceLine(
        org=clean(one.org),
        source=clean(one.source),
        state=state,
        word=word,
        at=when(one.observed_at, now),
        error=clean(one.error, ERROR_LIMIT),
    )


def _standing(one: SourceState) -> tuple[str, str]:
    """Return the mark and the word of a source; one that fails is believed until its answer is too old."""
    if one.stale:
        return STALE, "Stale" if one.observed_at is not None else "No answer yet"
    if one.up is None:
        return "idle", "Waiting"
    return ("ok", "Answers") if one.up else ("warning", "Failing")


def _matched(silence: Silence) -> Iterator[str]:
    for matcher in silence.matchers:
        text = f"~{matcher.regex}" if matcher.regex is not None else " or ".join(matcher.globs)
        yield f"{matcher.label} {text}"
