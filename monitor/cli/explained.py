"""What the daemon says of one alert, as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.cli.daemon import Said, stamp
from monitor.cli.drawing import name
from monitor.kit import durations


def lines(said: Said) -> Iterator[str]:
    """Yield why an alert is as it is; `said` is one of the daemon's explanations."""
    yield f"{name(said)} of {said['org']}: {said['state']}{_severity(said)}"
    for sentence in said["because"]:
        yield f"  {sentence}"
    yield ""
    for heading, text in _table(said):
        yield f"  {heading:<14}{text}"


def _table(said: Said) -> Iterator[tuple[str, str]]:
    labels = said["entity"]["labels"]
    yield "entity", ", ".join(f"{name}={text}" for name, text in labels.items()) or said["entity"]["key"]
    yield "value", _value(said)
    for level in said["levels"]:
        yield level["severity"], _level(level)
    guard = said["guard"]
    if guard is not None:
        yield "guard", _guard(guard)
    for calendar in said["calendars"]:
        chosen = ", its levels hold" if calendar.get("chosen") else ""
        yield calendar["as"], f"{calendar['name']} {calendar['why']}{chosen}"
    yield "muted", said["muted"] or "no"
    yield "acknowledged", _acknowledged(said["acknowledged"])
    yield "told", _told(said["told"], said["told_to"])
    flapping = said["flapping"]
    if flapping["watched"]:
        state = "flapping" if flapping["flapping"] else f"flapping begins above {flapping['begins_above']:g}%"
        yield "changes", f"{flapping['percent']:.0f}% of the recent judgements ({state})"
    for heading, key in (
        ("active since", "active_at"),
        ("fired at", "fired_at"),
        ("resolved at", "resolved_at"),
    ):
        if said[key]:
            yield heading, stamp(said[key])
    last = said["last_event"]
    yield (
        "last event",
        f"{last['id']} (episode {last['episode']}, number {last['sequence']})" if last else "none",
    )
    yield "id", said["id"]


def _severity(said: Said) -> str:
    reason = f", {said['reason']}" if said["reason"] else ""
    return f" ({said['severity']}{reason})" if said["state"] != "inactive" else ""


def _value(said: Said) -> str:
    value = "?" if said["value"] is None else f"{said['value']:g}"
    if said["denominator"] is not None:
        part = "?" if said["numerator"] is None else f"{said['numerator']:g}"
        value += f" ({part} of {said['denominator']:g})"
    unknown = "" if said["known"] else ", not known now"
    return f"{said['metric']} = {value}{unknown}" if said["metric"] else f"{value}{unknown}"


def _level(level: Said) -> str:
    text = f"{level['state']}; enters {level['enter']}, leaves {level['clear']}"
    if level["held"] is not None:
        text += f"; breached {durations.show(level['held'])} of {durations.show(level['needed'])}"
    else:
        text += f"; needs {durations.show(level['needed'])}" if level["needed"] else "; at once"
    if level["clear_held"] is not None:
        text += f"; clear {durations.show(level['clear_held'])} of {durations.show(level['clear_needed'])}"
    return text


def _guard(guard: Said) -> str:
    parts = [f"{guard['volume']} at least {guard['at_least']:g}"] if guard["volume"] else []
    if guard["confidence"] is not None:
        parts.append(f"confidence {guard['confidence']:g}")
    return ", ".join(parts)


def _acknowledged(ack: Said | None) -> str:
    if ack is None:
        return "no"
    note = f": {ack['note']}" if ack["note"] else ""
    until = f", until {stamp(ack['until'])}" if ack["until"] else ""
    return f"by {ack['owner']} at {stamp(ack['at'])}{until}{note}"


def _told(severity: str | None, names: Sequence[str]) -> str:
    if severity is None:
        return f"nobody now; the last episode: {', '.join(names)}" if names else "nobody"
    return f"as {severity} to {', '.join(names) or 'nobody'}"
