"""What the daemon says of queues, alerts, sources and destinations, as rows for people. Pure.

In: its answers, and the moment. Out: tables. Every word of a stranger's is cleaned here: what is drawn may go
to a terminal as it is. What is not known is a question mark, never a nought.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from operator import ge, gt, le, lt

from rich.table import Table
from rich.text import Text

from monitor.cli.daemon import Said, line, local
from monitor.cli.history import figure, unit_of
from monitor.cli.showing import drawn
from monitor.kit import figures

COLOURS = {
    "critical": "bold red",
    "warning": "yellow",
    "pending": "cyan",
    "unknown": "magenta",
    "below": "yellow",
    "ok": "green",
    "idle": "dim",
}
"""By state or severity; the word stands there too, so that nothing is said by colour alone."""

QUEUES = (
    "state", "org", "queue", "level", "of", "target", "waiting", "longest", "on queue", "free", "why",
)  # fmt: skip
ALERTS = ("severity", "state", "org", "alert", "value", "threshold", "for", "told", "note")
SOURCES = ("state", "source", "data age", "too old after", "error")
DESTINATIONS = ("destination", "state", "waiting", "oldest", "dead")

_QUEUE_FIGURES = frozenset({"level", "target", "waiting", "longest", "on queue", "free"})
_ALERT_FIGURES = frozenset({"value"})
_ROOM = ((130, ()), (100, ("of",)), (0, ("of", "target", "free")))
"""From so many columns on a screen has room for all but these."""
_ALERT_SMALL = ("threshold",)
_ALERT_ROOM = 100
"""The same for alerts."""
_LINES = 8
"""Columns that the lines around a table take."""
_TRUTHS = ("true", "false")
_BEYOND: Mapping[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}

Row = list[str | Text]
Cells = dict[str, str | Text]


def queues(found: Sequence[Said], now: datetime, width: int, *, cut: bool = False) -> Table:
    """Return a row per queue, for so many columns; durations are those up to `now`.

    A narrow screen has fewer of the columns. With `cut` every row is one line.
    """
    orgs = several(found)
    cells = [_queue(one, now) for one in found]
    names = [name for name in QUEUES if (orgs or name != "org") and name not in _left_out(width, cut=cut)]
    rows = [[row[name] for name in names] for row in cells]
    return drawn("queues", names, rows, _places(names, _QUEUE_FIGURES), width=width if cut else None)


def alerts(found: Sequence[Said], now: datetime, width: int | None = None) -> Table:
    """Return a row per alert."""
    orgs = several(found)
    left_out = _ALERT_SMALL if width is not None and width < _ALERT_ROOM else ()
    names = [name for name in ALERTS if (orgs or name != "org") and name not in left_out]
    rows = [[row[name] for name in names] for row in (_alert(one, now) for one in found)]
    return drawn("alerts", names, rows, _places(names, _ALERT_FIGURES), width=width)


def sources(found: Sequence[Said], width: int | None = None) -> Table:
    """Return a row per source."""
    return drawn("sources", SOURCES, map(_source, found), (2, 3), width=width)


def destinations(found: Sequence[Said], now: datetime, width: int | None = None) -> Table:
    """Return a row per destination."""
    rows = [_destination(one, now) for one in found]
    return drawn("deliveries", DESTINATIONS, rows, (2, 3, 4), width=width)


def ago(text: str | None, now: datetime) -> str:
    """Return how long ago a date of the daemon's is."""
    return "" if text is None else figures.duration(max(0.0, round((now - local(text)).total_seconds())))


def name(alert: Said) -> str:
    """Return what an alert is called, the queue by its name: what `ack` and `rules explain` understand."""
    entity = alert["entity"]
    queue_id, queue = entity["labels"].get("queue_id"), entity["labels"].get("queue")
    key = entity["key"].replace(queue_id, queue, 1) if queue_id and queue else entity["key"]
    return line(f"{alert['rule']}/{key}")


def note(alert: Said) -> str:
    """Return who has an alert, or why nobody is told of it."""
    ack = alert["acknowledged"]
    has = f"{line(ack['owner'])} has it{': ' if ack['note'] else ''}{line(ack['note'])}" if ack else ""
    flaps = "flapping" if alert["flapping"] and alert["muted"] != "flapping" else ""
    unknown = "" if alert["known"] else "not known now"
    return ", ".join(filter(None, (has, line(alert["muted"]), flaps, unknown)))


def told_to(destinations: Sequence[str]) -> str:
    """Return destinations by their receivers: `desk/slack, oncall (mail, webhook)`."""
    ways: dict[str, list[str]] = {}
    for one in destinations:
        receiver, _, way = line(one).partition("/")
        ways.setdefault(receiver, []).append(way)
    several = (
        f"{name} ({', '.join(of)})" if len(of) > 1 else "/".join(filter(None, (name, *of)))
        for name, of in ways.items()
    )
    return ", ".join(several)


def ratio(level: Said | None) -> str:
    """Return the service level: a percentage, `idle`, or a question mark."""
    if level is None or (level["ratio"] is None and not level["idle"]):
        return "?"
    return "idle" if level["idle"] else figures.percent(level["ratio"])


def parts(level: Said | None) -> str:
    """Return what a service level is made of: `34 of 48 in 20 s, 15m`."""
    if level is None:
        return ""
    counts = "" if level["idle"] else f"{number(level['met'])} of {number(level['offered'])} "
    return f"{counts}in {figures.duration(level['threshold'])}, {line(level['window'])}"


def number(value: float | None) -> str:
    """Return a figure; unknown is a question mark."""
    return "?" if value is None else figures.number(value)


def seconds(value: float | None) -> str:
    """Return a length of time; unknown is a question mark."""
    return "?" if value is None else figures.duration(value)


def free(queue: Said) -> str:
    """Return how many agents are available; nothing where that counts people who are not on the queue."""
    on_queue, available = queue["agents_on_queue"], queue["agents_available"]
    if on_queue is not None and available is not None and available > on_queue:
        return ""
    return number(available)


def target(level: Said | None) -> str:
    """Return the ratio that is promised, if any is."""
    return "" if level is None or level["target"] is None else figures.percent(level["target"])


def coloured(word: object, shown: str = "") -> Text:
    """Return a state or severity in its colour."""
    text = line(word)
    return Text(shown or text, COLOURS.get(text, ""))


def several(found: Sequence[Said]) -> bool:
    """Return whether these are of several orgs, which then has to be said of each."""
    return len({one["org"] for one in found}) > 1


def _left_out(width: int, *, cut: bool) -> Collection[str]:
    """Return the columns that a screen has no room for; what is not cut has lines around it, too."""
    room = width if cut else width - _LINES
    return next((names for least, names in _ROOM if room >= least), ())


def _places(names: Sequence[str], figures: Collection[str]) -> list[int]:
    return [place for place, name in enumerate(names) if name in figures]


def _queue(one: Said, now: datetime) -> Cells:
    level = one["level"]
    state = line(one["state"])
    return {
        "state": coloured(state, f"{state}, stale" if one["stale"] and state != "unknown" else ""),
        "org": line(one["org"]),
        "queue": line(one["queue"]),
        "level": ratio(level),
        "of": parts(level),
        "target": target(level),
        "waiting": number(one["waiting"]),
        "longest": seconds(one["longest_wait"]) if one["waiting"] != 0 else "",
        "on queue": number(one["agents_on_queue"]),
        "free": free(one),
        "why": _why(one, now),
    }


def _why(one: Said, now: datetime) -> str:
    """Return what a queue's state comes from: its alerts, or how old its figures are."""
    rules = ", ".join(dict.fromkeys(line(alert["rule"]) for alert in one["alerts"]))
    since = ago(one["since"], now)
    has = "acknowledged" if one["acknowledged"] else "silenced" if one["silenced"] else ""
    old = f"as of {ago(one['as_of'], now)} ago" if one["stale"] and one["as_of"] else ""
    return ", ".join(filter(None, (f"{rules} {since}".strip(), has, old)))


def _alert(one: Said, now: datetime) -> Cells:
    since = one["fired_at"] if one["state"] == "firing" else one["active_at"]
    return {
        "severity": coloured(one["severity"]),
        "state": line(one["state"]),
        "org": line(one["org"]),
        "alert": Text(name(one), "bold"),
        "value": _value(one),
        "threshold": _threshold(one),
        "for": ago(since, now),
        "told": told_to(one["told_to"]) if one["told"] and one["told_to"] else "nobody",
        "note": note(one),
    }


def _value(one: Said) -> str:
    """Return what was judged last: it may be on either side of the threshold while an alert fires."""
    value = one["value"]
    if value is None:
        return "?"
    if one["operator"] in _TRUTHS:
        return str(bool(value)).lower()
    return figure(value, unit_of(one))


def _threshold(one: Said) -> str:
    """Return where it fires; that it was so where the value is not beyond it any more, and it fires still."""
    operator, threshold = line(one["operator"]), one["threshold"]
    edge = operator if threshold is None else f"{operator} {figure(threshold, unit_of(one))}"
    return f"was {edge}" if one["state"] == "firing" and _back(one) else edge


def _back(one: Said) -> bool:
    """Return whether the value is known and not beyond the threshold."""
    value, operator, threshold = one["value"], line(one["operator"]), one["threshold"]
    if value is None or not one["known"]:
        return False
    if operator in _TRUTHS:
        return bool(value) != (operator == "true")
    beyond = _BEYOND.get(operator)
    return threshold is not None and beyond is not None and not beyond(value, threshold)


def _source(one: Said) -> Row:
    word = "waiting" if one["up"] is None else "up" if one["up"] else "down"
    colour = "bold red" if one["up"] is False else "magenta" if one["stale"] else "green" if one["up"] else ""
    return [
        Text(f"{word}, stale" if one["stale"] else word, colour),
        line(f"{one['org']}/{one['source']}"),
        "never" if one["age"] is None else figures.duration(round(one["age"])),
        figures.duration(one["limit"]),
        line(one["error"]),
    ]


def _destination(one: Said, now: datetime) -> Row:
    gone, dead, depth = one["disabled"], int(one["dead"]), int(one["depth"])
    word = "gone" if gone else "has dead letters" if dead else "waiting" if depth else "ok"
    colour = "bold red" if gone or dead else "yellow" if depth else "green"
    return [line(one["destination"]), Text(word, colour), str(depth), ago(one["oldest"], now), str(dead)]
