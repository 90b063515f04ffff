"""One alert, told whole: how it is, why, what is asked of it, and everything that was said of it.

In: an alert, its explanation, the journal. Out: frames. A journal that does not answer takes only the
timeline away.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.kit import durations
from monitor.kit.figures import duration
from monitor.kit.text import clean
from monitor.model.alert import Alert, EventKind
from monitor.model.delivery import History, Try, Wanted
from monitor.model.errors import StoreError
from monitor.model.rule import Rule
from monitor.ports import Journal
from monitor.web.page import wording
from monitor.web.page.cases import Case, case
from monitor.web.page.frames import Frame
from monitor.web.page.rendering import Painter
from monitor.web.page.sights import Sight
from monitor.web.page.wording import When, when

ENTRIES = 50
"""Entries of the journal that are shown, newest first; `queuewatch history` prints the others."""
PATIENCE = 2.0
"""Seconds a timeline is shown before the journal is asked again: it shares a thread with what commits."""
KEPT = 64
"""Timelines remembered: as many as there can be pages, and some."""
LINE = 300
"""Characters of a detail in the timeline."""

_WORDS = {
    EventKind.FIRED: "Fired",
    EventKind.LEVEL_CHANGED: "Changed its level",
    EventKind.RESOLVED: "Resolved",
    EventKind.ACKNOWLEDGED: "Acknowledged",
    EventKind.UNKNOWN: "Not known any more",
    EventKind.KNOWN: "Known again",
    EventKind.FLAPPING: "Comes and goes: held back",
    EventKind.STEADY: "Steady again",
    EventKind.REMINDED: "Told again",
}
_STATES = {
    EventKind.RESOLVED: "ok",
    EventKind.KNOWN: "ok",
    EventKind.STEADY: "ok",
    EventKind.ACKNOWLEDGED: "pending",
    EventKind.FLAPPING: "pending",
    EventKind.UNKNOWN: "unknown",
}
_OVER = {"ok": "Not firing"}


@dataclass(frozen=True, slots=True)
class _Attempt:
    at: When | None
    destination: str
    outcome: str
    why: str


@dataclass(frozen=True, slots=True)
class _Moment:
    at: When | None
    state: str
    word: str
    said: str
    tries: tuple[_Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    severity: str
    state: str
    enter: str
    leave: str
    held: str


@dataclass(frozen=True, slots=True)
class _Shown:
    case: Case
    word: str


@dataclass(slots=True, kw_only=True)
class Story:
    """Draws the page of one alert. `explain` says why an alert is as it is."""

    painter: Painter
    journal: Journal
    explain: Callable[[Alert], Mapping[str, object]]
    _kept: dict[str, tuple[float, Sequence[History] | None]] = field(default_factory=dict, init=False)

    async def frame(self, sight: Sight, alert: Alert) -> Frame:
        """Return everything that is shown of `alert`."""
        shown = case(alert, sight.rules, sight.at)
        rule = sight.rules.get(alert.rule, Rule(name=alert.rule))
        said = self.explain(alert)
        past = await self._past(alert, shown.id)
        moments = [_moment(one, rule, sight.at) for one in past or ()]
        part = self.painter.part
        return Frame(
            parts={
                "story": part("story", _Shown(shown, _OVER.get(shown.state, shown.word))),
                "because": part("because", [_sentence(one) for one in _listed(said.get("because"))]),
                "facts": part("facts", list(_facts(alert, rule, said))),
                "levels": part("levels", [_level(one, rule) for one in _listed(said.get("levels"))]),
                "timeline": part("timeline", moments, past is None),
            }
        )

    async def _past(self, alert: Alert, mark: str) -> Sequence[History] | None:
        """Return what the journal has of an alert, newest first; None where it does not answer."""
        now = asyncio.get_running_loop().time()
        at, past = self._kept.get(mark, (-PATIENCE, None))
        if now - at < PATIENCE:
            return past
        wanted = Wanted(rule=wording.glob(alert.rule), org=alert.org, entity=alert.entity.key, limit=ENTRIES)
        try:
            past = await self.journal.history(wanted)
        except StoreError:
            past = None
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[mark] = (now, past)
        return past


def _sentence(found: object) -> str:
    text = clean(str(found), 500)
    return text[:1].upper() + text[1:]


def _listed(found: object) -> list[object]:
    return list(found) if isinstance(found, (list, tuple)) else []


def _level(found: object, rule: Rule) -> _Level:
    level: Mapping[str, object] = found if isinstance(found, dict) else {}
    held, needed = level.get("held"), level.get("needed")
    clearing = level.get("clear_held")
    lasted = ""
    if isinstance(held, float) and isinstance(needed, float):
        lasted = f"{durations.show(held)} of {durations.show(needed)}"
    elif isinstance(clearing, float):
        lasted = f"clear for {durations.show(clearing)} of {durations.show(rule.keep_firing_for)}"
    return _Level(
        severity=str(level.get("severity", "")),
        state=str(level.get("state", "")),
        enter=_edge(str(level.get("enter", "")), rule),
        leave=_edge(str(level.get("clear", "")), rule),
        held=lasted,
    )


def _edge(text: str, rule: Rule) -> str:
    """Return an edge in the unit of what is judged: `< 80 %` for `< 0.8`."""
    words = text.split()
    return " ".join(
        word if _bare(word) is None else wording.value(rule.metric, _bare(word)) for word in words
    )


def _bare(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _facts(alert: Alert, rule: Rule, said: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    watched = rule.metric or rule.expr or ("its burn rate" if rule.burns else "")
    if watched:
        yield "Watches", clean(watched, LINE)
    for label, text in sorted(alert.entity.labels.items()):
        yield label.replace("_", " ").capitalize(), clean(text)
    for label, text in sorted(rule.labels.items()):
        yield clean(label).capitalize(), clean(text, LINE)
    if rule.keep_firing_for:
        yield "Ends", f"{duration(rule.keep_firing_for)} after it is clear"
    if rule.guard is not None and rule.guard.volume:
        yield "Needs", f"{rule.guard.volume} of {rule.guard.at_least:g} or more"
    for calendar in _listed(said.get("calendars")):
        if isinstance(calendar, dict):
            yield "Calendar", clean(f"{calendar.get('name')}: {calendar.get('why')}", LINE)
    yield "Episode", str(alert.episode)
    for label, text in sorted(rule.annotations.items()):
        # The summary stands above; templates' words went with the event.
        if label != "summary" and "{" not in text:
            yield clean(label).capitalize(), clean(text, LINE)


def _moment(one: History, rule: Rule, now: datetime) -> _Moment:
    entry = one.entry
    return _Moment(
        at=when(entry.at, now),
        state=_STATES.get(entry.kind, entry.severity if entry.severity in wording.STATES else "pending"),
        word=_WORDS.get(entry.kind, entry.kind.value),
        said=_said(entry.body, rule, entry.severity),
        tries=tuple(_attempt(each, now) for each in one.tries),
    )


def _attempt(one: Try, now: datetime) -> _Attempt:
    why = (
        "" if one.outcome == "delivered" else clean(" – ".join(filter(None, (one.reason, one.detail))), LINE)
    )
    return _Attempt(when(one.at, now), clean(one.destination), clean(one.outcome), why)


def _said(body: bytes, rule: Rule, severity: str) -> str:
    """Return what an event said, of its data: bodies are read, never trusted."""
    data = _data(body)
    parts = [severity]
    value, edge = data.get("value"), data.get("threshold")
    if isinstance(value, (int, float)):
        beyond = wording.value(rule.metric, edge) if isinstance(edge, (int, float)) else ""
        against = f" {data.get('operator')} {beyond}" if beyond else ""
        parts.append(f"{wording.value(rule.metric, value)}{against}")
    told = data.get("annotations")
    if "{" in rule.annotations.get("summary", "") and isinstance(told, dict):
        parts.append(str(told.get("summary", "")))
    parts += [str(data[name]) for name in ("reason", "owner", "note") if data.get(name)]
    return clean(" · ".join(filter(None, parts)), LINE)


def _data(body: bytes) -> Mapping[str, object]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    data = event.get("data") if isinstance(event, dict) else None
    return data if isinstance(data, dict) else {}
