"""What a person reads first: an event, or a group, in plain words of British English. Pure.

Names come from strangers: what is returned has no hidden characters and a bounded length, but is not escaped
for any notation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from monitor.kit import durations, figures
from monitor.kit.text import clean
from monitor.model.alert import DESTINATION_GONE, ENDINGS, EventKind
from monitor.model.catalogue import METRICS
from monitor.outbox.envelope import CloudEvent, Data
from monitor.outbox.forms import standing
from monitor.outbox.notice import Notice

DRILL = "[DRILL]"
"""Before everything that is only a trial."""

OPEN = "Open in queuewatch"
"""What a link to our own page is called."""

OLD = 60.0
"""Seconds from which on data is old enough to be mentioned."""

_NAME = 80
"""Characters of a name in a headline."""

_TEXT = 500
"""Characters of an annotation or a note."""

_EXPRESSION = 200
"""Characters of an expression."""

_SIDES = {"<": "below", "<=": "at or below", ">": "above", ">=": "at or above"}

_NOUNS = ("queue", "source", "destination", "strategy", "agent", "receiver", "instance")
"""Labels that say by themselves what an alert is about, the likeliest first."""

_SPOKEN = frozenset({"strategy", "agent"})
"""Those whose names say nothing without them."""

_IDENTIFIERS = frozenset({"key", "queue_id", "agent_id", "media"})
"""Labels that are shown elsewhere or help nobody in a sentence."""

_LEVEL = ("threshold", "window")
"""Labels of a service level that are told with its figures …"""

_USUAL = ("definition", "genesys")
"""… and the label that is not told: how everybody reckons one."""

_TRUTHS = frozenset({"true", "false"})

_JOINED = ("at ", "takes ", "says ")
"""How that begins which goes on from the name of what it is about."""

_REASONS = {
    "idle": "nothing to measure",
    "closed": "outside the rule's hours",
    "not_selected": "the rule is not about it any more",
    "gone": "it is not there any more",
    "alive": "everything is judged in time",
    "moved": "told by another way from now on",
}
_UNTOLD = frozenset({"", "threshold", "cleared", "repeated", "escalated", "drill", "answered"})
"""Reasons that say nothing the rest does not."""


def headline(event: CloudEvent) -> str:
    """Return one line: what is the matter, with what, and by how much.

    For example `Critical: AbandonsHigh – Support 0 (voice) at 65.9 %, above 20 % (27 of 41)`.
    """
    data = event.data
    if data.kind == EventKind.HEARTBEAT:
        return f"Heartbeat: queuewatch {_subject(data)} is alive"
    measured, reason = _measured(data), _reason(data)
    said = f"{_state(data)}: {clean(data.rule, _NAME)} – {_subject(data)}"
    if measured:
        said += f" {measured}" if measured.startswith(_JOINED) else f": {measured}"
    return _marked(f"{said} ({reason})" if reason else said, drill=data.drill)


def title(notice: Notice) -> str:
    """Return the headline of a notice: of its one event, or how many alerts of a group stand how."""
    if not standing.grouped(notice):
        return headline(notice.events[0])
    drill = all(event.data.drill for event in notice.events)
    labels = notice.group.labels if notice.group is not None else {}
    about = f" – {_pairs(labels)}" if labels else ""
    return _marked(_counted(notice) + about, drill=drill)


def summary(notice: Notice) -> str:
    """Return one line that says the most: for a group how many, and its worst."""
    if not standing.grouped(notice):
        return headline(notice.events[0])
    return f"{title(notice)}; worst: {headline(standing.lead(notice))}"


def facts(event: CloudEvent) -> list[tuple[str, str]]:
    """Return what is worth knowing besides, each with its name."""
    data = event.data
    noun = next((one for one in _NOUNS if one in data.entity), "entity")
    found = [
        (noun.capitalize(), _subject(data).removeprefix(f"{noun} ")),
        ("Condition" if _is_condition(data) else "Value", _measured(data).removeprefix("at ")),
        ("Since", _since(event)) if not standing.over(event) else ("Lasted", _lasted(event)),
        ("Data age", figures.duration(data.data_age_seconds) if data.data_age_seconds >= OLD else ""),
        ("Reason", _reason(data)),
        ("Acknowledged by", clean(data.owner, _NAME)),
        ("Note", clean(data.note, _TEXT)),
        ("Org", clean(data.org, _NAME)),
        ("Labels", _pairs(data.labels)),
    ]
    return [(name, text) for name, text in found if text]


def texts(event: CloudEvent) -> dict[str, str]:
    """Return what the rule's author wrote for people, each text with its name."""
    written = {name.capitalize(): event.data.annotations.get(name, "") for name in ("summary", "description")}
    return {name: text for name, raw in written.items() if (text := clean(raw, _TEXT))}


def links(event: CloudEvent) -> list[tuple[str, str]]:
    """Return links with their names; only such as a browser opens."""
    named = (("Runbook", "runbook"), (OPEN, "page"))
    found = ((title, "".join(event.data.links.get(name, "").split())) for title, name in named)
    return [(title, link) for title, link in found if link.lower().startswith(("https://", "http://"))]


def more(count: int) -> str:
    """Return what stands for `count` members that there was no room for."""
    return f"and {count} more"


def _marked(text: str, *, drill: bool) -> str:
    return f"{DRILL} {text}" if drill else text


def _state(data: Data) -> str:
    """Return the state in words."""
    severity = clean(data.severity, _NAME)
    who = f" by {owner}" if (owner := clean(data.owner, _NAME)) else ""
    before = f", was {clean(data.previous_severity, _NAME)}" if data.previous_severity else ""
    escalated = ", escalated" if data.reason == "escalated" else ""
    words: Mapping[str, str] = {
        EventKind.LEVEL_CHANGED: f"{severity.capitalize()}{before}",
        EventKind.RESOLVED: "Resolved",
        EventKind.ACKNOWLEDGED: f"Acknowledged{who} ({severity})",
        EventKind.UNKNOWN: "No data",
        EventKind.KNOWN: "Data again",
        EventKind.FLAPPING: f"Flapping ({severity})",
        EventKind.STEADY: "Steady again",
        EventKind.REMINDED: f"Still {severity}{escalated}",
    }
    return words.get(data.kind, severity.capitalize())


def _subject(data: Data) -> str:
    """Return what it is about: `Support 0 (voice)`, `queues of acme`."""
    entity = data.entity
    noun = next((one for one in _NOUNS if entity.get(one)), "key")
    name = clean(entity.get(noun, ""), _NAME) or "everything"
    named = f"{noun} {name}" if noun in _SPOKEN else name
    if noun == "source":
        named += f" of {clean(data.org, _NAME)}"
    media = entity.get("media", "all")
    details = [] if media == "all" else [clean(media, _NAME)]
    shown = {noun, *_IDENTIFIERS, *(_LEVEL if _is_level(data) else ())}
    details += [
        f"{clean(label, _NAME)} {clean(text, _NAME)}"
        for label, text in entity.items()
        if label not in shown and (label, text) != _USUAL
    ]
    return f"{named} ({', '.join(details[:4])})" if details else named


def _measured(data: Data) -> str:
    """Return the value against its threshold, `at 65.9 %, below 80 % (27 of 41)`, or what else there is."""
    if data.rule == DESTINATION_GONE and data.reason in {"gone", "answered"}:
        return "takes events again" if data.kind in ENDINGS else "says that it is gone for good"
    if _is_condition(data):
        holds = "holds" if data.operator == "true" else "holds no longer"
        return f"{clean(data.metric, _EXPRESSION)} {holds}"
    if data.value is None or data.operator in {"", *_TRUTHS}:
        return ""
    value, threshold = _figures(data)
    side = _SIDES.get(data.operator, "beside")
    if data.threshold is not None and not _true(data.value, data.operator, data.threshold):
        # While it is held, acknowledged or ended by something else, the value may be on the other side.
        side = "limit"
    elif data.kind == EventKind.RESOLVED:
        side = f"back {side}"
    against = f", {side} {threshold}" if threshold else ""
    if _is_level(data):
        within, over = (_length(data.entity[label]) for label in _LEVEL)
        return f"{value} answered within {within} over {over}{against}{_parts(data)}"
    return f"at {'burn rate ' if _burns(data) else ''}{value}{against}{_parts(data)}"


def _is_condition(data: Data) -> bool:
    return data.operator in _TRUTHS and bool(data.metric)


def _is_level(data: Data) -> bool:
    """Return whether it is a service level, of which the labels say within what time and over what window."""
    known = data.value is not None and data.operator not in {"", *_TRUTHS} and not _burns(data)
    return known and data.metric == "service_level_ratio" and all(map(data.entity.get, _LEVEL))


def _length(label: str) -> str:
    """Return a label that is a length of time as people read it: `20 s`, `5 min`."""
    try:
        seconds = durations.parse(label)
    except ValueError:
        return clean(label, _NAME)
    minutes, rest = divmod(seconds, 60.0)
    return f"{minutes:.0f} min" if 1 <= minutes < 60 and not rest else figures.duration(seconds)


def _true(value: float, operator: str, threshold: float) -> bool:
    beyond = {"<": value < threshold, "<=": value <= threshold}
    beyond |= {">": value > threshold, ">=": value >= threshold}
    return beyond.get(operator, False)


def _parts(data: Data) -> str:
    if data.numerator is None or data.denominator is None:
        return ""
    return f" ({figures.number(data.numerator)} of {figures.number(data.denominator)})"


def _figures(data: Data) -> tuple[str, str]:
    """Return value and threshold in the metric's unit, with as many digits as tell them apart."""
    value, threshold = data.value or 0.0, data.threshold
    show = _unit(data)
    if threshold is None:
        return show(value, 1), ""
    digits = next((one for one in range(1, 6) if show(value, one) != show(threshold, one)), 1)
    if value == threshold:
        digits = 1
    bare = figures.number(threshold, 1) if _counts(data) else show(threshold, 1)
    return show(value, digits), bare


def _unit(data: Data) -> Callable[[float, int], str]:
    """Return how a value of the event's metric is written."""
    metric = METRICS.get(data.metric)
    if metric is None or _burns(data):
        return figures.number
    if metric.unit == "ratio":
        return figures.percent
    if metric.unit == "seconds":
        return _seconds
    noun = f" {metric.unit}" if metric.unit else ""

    def counted(value: float, digits: int) -> str:
        return f"{figures.number(value, digits)}{noun.removesuffix('s') if value == 1 else noun}"

    return counted


def _seconds(value: float, digits: int) -> str:
    """Return a length of time; with more digits, in seconds only."""
    return figures.duration(value) if digits == 1 else f"{figures.number(value, digits - 1)} s"


def _counts(data: Data) -> bool:
    """Return whether the unit is a noun, which is enough to say once."""
    metric = METRICS.get(data.metric)
    return metric is not None and metric.unit not in {"ratio", "seconds"}


def _burns(data: Data) -> bool:
    """Return whether the value is a burn rate: only these fire at their threshold, not beyond it."""
    over = data.kind == EventKind.RESOLVED
    return data.operator == ("<" if over else ">=")


def _since(event: CloudEvent) -> str:
    data = event.data
    begun = data.started_at or data.fired_at
    if begun is None:
        return ""
    length = _between(begun, event.time)
    return figures.local(begun) + (f" ({figures.duration(length)})" if length >= 1 else "")


def _lasted(event: CloudEvent) -> str:
    data = event.data
    begun, ended = data.started_at or data.fired_at, data.resolved_at or event.time
    if begun is None:
        return ""
    return f"{figures.duration(_between(begun, ended))}, until {figures.local(ended)}"


def _between(begun: str, ended: str) -> float:
    return max(0.0, (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds())


def _reason(data: Data) -> str:
    if data.reason in _UNTOLD or (data.rule == DESTINATION_GONE and data.reason == "gone"):
        return ""
    return _REASONS.get(data.reason) or clean(data.reason, _NAME).replace("_", " ")


def _counted(notice: Notice) -> str:
    firing = standing.firing(notice)
    count, over = len(notice.events), len(notice.events) - len(firing)
    if not firing:
        return f"All {count} alerts resolved"
    critical = sum(event.data.severity == "critical" for event in firing)
    words = f"{len(firing)} of {count} alerts firing" if over else f"{count} alerts firing"
    return f"{words}, {critical} critical" if critical else words


def _pairs(labels: Mapping[str, str]) -> str:
    shown = (f"{clean(name, _NAME)}={clean(value, _NAME)}" for name, value in labels.items() if value)
    return clean(", ".join(shown), _TEXT)
