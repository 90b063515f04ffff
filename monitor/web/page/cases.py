"""An alert as one entry of the list: what, where, how bad, since when, and who knows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from monitor.kit.text import clean
from monitor.model.alert import DESTINATION_GONE, SOURCE_DOWN, Alert, AlertState, alert_id
from monitor.model.rule import Level, Rule
from monitor.web.page import wording
from monitor.web.page.wording import STATES, When, when

SUMMARY = 300
"""Characters of a summary: three lines of the list."""

_MUTED = {"silenced": "silenced", "inhibited": "held back by", "flapping": "comes and goes: held back"}
"""How `Alert.muted` begins, in words; the name behind the colon follows where it says something."""


_BUILT_IN = {
    SOURCE_DOWN: "no answer: what it watches is not known",
    DESTINATION_GONE: "it says that it is gone for good: nothing is sent to it",
}
"""What the rules say that nobody configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One alert. `judged` is its value against the threshold, `parts` what the value is made of.

    `queue` is the pattern that means its queue, for a silence. `since` is when it fired, whatever its
    severity was then; when it went pending; or when it was over.
    """

    id: str
    org: str
    rule: str
    subject: str
    state: str
    word: str
    since: When | None
    judged: str
    parts: str
    summary: str
    told: str
    notes: tuple[str, ...]
    handled: bool
    firing: bool
    queue: str

    @property
    def said(self) -> str:
        """The whole of it, for those who listen."""
        return f"{self.word}: {self.rule}, {self.subject}. {self.judged}"


def active(alerts: Iterable[Alert]) -> list[Alert]:
    """Return the alerts that fire or are pending, what needs somebody first; of equals the newest."""
    found = [alert for alert in alerts if alert.state is not AlertState.INACTIVE]
    return sorted(found, key=_urgency)


@lru_cache(maxsize=16_384)
def named(org: str, rule: str, key: str) -> str:
    """Return an alert's id, remembered: every look at the page names them all."""
    return alert_id(org, rule, key)


def identity(alert: Alert) -> str:
    """Return the id of an alert."""
    return named(alert.org, alert.rule, alert.entity.key)


def case(alert: Alert, rules: Mapping[str, Rule], now: datetime) -> Case:
    """Return what is shown of an alert at `now`."""
    state = standing(alert)
    rule = rules.get(alert.rule)
    queue = clean(alert.entity.labels.get("queue", ""))
    return Case(
        id=identity(alert),
        org=clean(alert.org),
        rule=clean(alert.rule),
        subject=subject(alert),
        state=state,
        word=STATES[state],
        since=when(_since(alert), now),
        judged=judged(alert, rule),
        parts=_parts(alert),
        summary=_summary(rule),
        told=_told(alert),
        notes=tuple(_notes(alert)),
        handled=alert.acknowledged is not None or alert.muted.startswith("silenced"),
        firing=alert.state is AlertState.FIRING,
        queue=wording.glob(queue) if queue else "",
    )


def standing(alert: Alert) -> str:
    """Return the word of the alert's state: its severity while it fires."""
    if alert.state is AlertState.FIRING:
        return alert.severity.value
    return "pending" if alert.state is AlertState.PENDING else "ok"


def subject(alert: Alert) -> str:
    """Return what an alert is about, as people call it."""
    labels = alert.entity.labels
    if "source" in labels and "queue" not in labels:
        return clean(f"{alert.org} · {labels['source']}")
    name = labels.get("queue") or labels.get("destination") or alert.entity.key
    media = labels.get("media", "")
    return clean(name) + (f" · {clean(media)}" if media and media != "all" else "")


def judged(alert: Alert, rule: Rule | None) -> str:
    """Return the value and the threshold it is judged by; what is not known is said to be so."""
    if rule is None:
        return _BUILT_IN.get(alert.rule, "its rule is not configured any more")
    shown = "unknown" if alert.value is None else wording.value(rule.metric, alert.value)
    edge = next((one for one in rule.levels if one.severity is alert.severity), None)
    if edge is not None and edge.truth:
        return clean(rule.expr) or "its condition holds"
    if not rule.burns and edge is None:
        return clean(alert.reason) or shown
    known = "" if alert.known or alert.value is None else " (last known)"
    return f"{shown}{known}, {_against(alert, rule, edge)}"


def _against(alert: Alert, rule: Rule, edge: Level | None) -> str:
    """Return what the value is judged by: where it fires, or what ends it once it is not beyond that."""
    if edge is not None:
        return _ending(alert, rule, edge) or f"fires {wording.threshold(rule.metric, edge, alert.value)}"
    factor = min((one.factor for one in rule.burns if one.severity is alert.severity), default=None)
    return "fires by its rule" if factor is None else f"fires at least {factor:g} times"


def _ending(alert: Alert, rule: Rule, edge: Level) -> str:
    """Return what has to happen until an alert is over whose value is not beyond its threshold; "" if it is.

    Which of a rule's edges count during a calendar is not known here: nothing is said of them.
    """
    amount, strand = alert.value, alert.strand(alert.severity)
    if alert.state is not AlertState.FIRING or amount is None or rule.overrides or edge.breached(amount):
        return ""
    if strand.clearing and edge.cleared(amount):
        return f"clear, ends in {wording.length(max(0.0, rule.keep_firing_for - strand.held))}"
    return "clear" if edge.cleared(amount) else f"clears at {wording.clear(rule.metric, edge, amount)}"


def _since(alert: Alert) -> datetime | None:
    if alert.state is AlertState.INACTIVE:
        return alert.resolved_at
    return alert.fired_at if alert.state is AlertState.FIRING else alert.active_at


def _summary(rule: Rule | None) -> str:
    """Return what the rule's author says of it; the words of a template went with the event."""
    text = "" if rule is None else rule.annotations.get("summary", "")
    return "" if "{" in text else clean(text, SUMMARY)


def _parts(alert: Alert) -> str:
    known = alert.evidence
    if known.numerator is None or known.denominator is None:
        return ""
    return f"{wording.count(known.numerator)} of {wording.count(known.denominator)}"


def _told(alert: Alert) -> str:
    if alert.state is not AlertState.FIRING:
        return ""
    if alert.told is None or not alert.heard:
        return "Nobody has been told"
    return clean(f"Told {', '.join(sorted(alert.heard))}", 500)


def _notes(alert: Alert) -> Iterator[str]:
    if alert.acknowledged is not None:
        yield f"{clean(alert.acknowledged.owner)} has it"
    if alert.muted:
        word, _, name = alert.muted.partition(":")
        said = _MUTED.get(word, "no route gives it to anybody now")
        yield f"{said} {clean(name)}" if word == "inhibited" else said
    if not alert.known:
        yield "its value is not known now"


def _urgency(alert: Alert) -> tuple[bool, int, bool, float, str]:
    begun = alert.fired_at or alert.active_at
    return (
        alert.state is not AlertState.FIRING,
        -alert.severity.rank,
        alert.acknowledged is not None,
        -begun.timestamp() if begun is not None else 0.0,
        identity(alert),
    )
