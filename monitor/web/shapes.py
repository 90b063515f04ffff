"""What letters, entries of the journal, alerts and silences look like in JSON. Pure.

Bodies are read, never trusted. Dates are UTC with milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.model.alert import Acknowledgement, Alert, Entity
from monitor.model.delivery import Backlog, Entry, History, Letter, Try
from monitor.model.silence import Silence

_SAID = (
    "state",
    "reason",
    "previous_severity",
    "metric",
    "value",
    "numerator",
    "denominator",
    "operator",
    "threshold",
    "episode",
    "started_at",
    "fired_at",
    "resolved_at",
    "observed_at",
    "owner",
    "note",
    "drill",
)
"""What an entry repeats of its event's data."""


def letter(one: Letter, *, disabled: bool) -> dict[str, object]:
    """Return a letter without its body; `disabled` says that its destination gets nothing."""
    return {
        "row": one.row,
        "destination": one.destination,
        "key": one.key,
        "event_id": one.event_id,
        "kind": one.kind.value,
        "created_at": date(one.created_at),
        "due_at": date(one.due_at),
        "dead": bool(one.reason),
        "attempts": one.attempts,
        "skipped": one.skipped,
        "reason": one.reason,
        "detail": one.detail,
        "last": one.last,
        "disabled": disabled,
        "content_type": one.content_type,
    }


def opened(one: Letter, *, disabled: bool, whole: bool) -> dict[str, object]:
    """Return a letter with its body, or None in its place: a template may have put a token into it."""
    body = _readable(one) if whole else None
    return {**letter(one, disabled=disabled), "bytes": len(one.body), "body": body}


def history(one: History) -> dict[str, object]:
    """Return an entry of the journal with its tries."""
    return {**_entry(one.entry), "tries": [_try(each) for each in one.tries]}


def place(one: History) -> tuple[str]:
    """Return what names an entry in the pages of the journal."""
    return (one.entry.event_id,)


def backlog(one: Backlog, *, disabled: bool) -> dict[str, object]:
    """Return what waits for a destination; `disabled` says that it gets nothing."""
    return {
        "destination": one.destination,
        "depth": one.depth,
        "oldest": date(one.oldest),
        "dead": one.dead,
        "disabled": disabled,
    }


def alert(one: Alert, id: str, *, metric: str, operator: str, threshold: float | None) -> dict[str, object]:
    """Return an alert: its value stands to the threshold as `operator` says while it breaches."""
    return {
        "id": id,
        "org": one.org,
        "rule": one.rule,
        "entity": entity(one.entity),
        "queue": queue(one.entity),
        "severity": one.severity.value,
        "state": one.state.value,
        "reason": one.reason,
        "metric": metric,
        "value": one.evidence.value,
        "numerator": one.evidence.numerator,
        "denominator": one.evidence.denominator,
        "operator": operator,
        "threshold": threshold,
        "known": one.known,
        "unknown_for": one.unknown_for,
        "flapping": one.history[2],
        "muted": one.muted,
        "episode": one.episode,
        "active_at": date(one.active_at),
        "fired_at": date(one.fired_at),
        "resolved_at": date(one.resolved_at),
        "told": one.told.value if one.told is not None else None,
        "told_at": date(one.told_at),
        "told_to": list(one.heard),
        "acknowledged": acknowledged(one.acknowledged) if one.acknowledged is not None else None,
    }


def entity(one: Entity) -> dict[str, object]:
    """Return what an alert is about."""
    return {"key": one.key, "labels": dict(one.labels)}


def queue(one: Entity) -> str:
    """Return the name of the queue that an alert is about, nothing where it is about none."""
    return one.labels.get("queue", "")


def acknowledged(one: Acknowledgement) -> dict[str, object]:
    """Return who has an alert."""
    return {"owner": one.owner, "note": one.note, "at": date(one.at), "until": date(one.until)}


def silence(one: Silence, state: str) -> dict[str, object]:
    """Return a silence."""
    return {
        "id": one.id,
        "state": state,
        "matchers": [
            {"label": each.label, "globs": list(each.globs), "regex": each.regex} for each in one.matchers
        ],
        "starts_at": date(one.starts_at),
        "ends_at": date(one.ends_at),
        "owner": one.owner,
        "comment": one.comment,
    }


def _readable(one: Letter) -> object:
    """Return the body: parsed where it is JSON, else as text."""
    parsed = _parsed(one.body) if "json" in one.content_type.lower() else None
    return one.body.decode("utf-8", "replace") if parsed is None else parsed


def _entry(entry: Entry) -> dict[str, object]:
    event = _parsed(entry.body)
    data = event.get("data") if isinstance(event, dict) else None
    said: Mapping[str, object] = data if isinstance(data, dict) else {}
    return {
        "event_id": entry.event_id,
        "at": date(entry.at),
        "kind": entry.kind.value,
        "org": entry.org,
        "rule": entry.rule,
        "entity": entry.entity,
        "queue": entry.queue,
        "severity": entry.severity,
        "sequence": entry.sequence,
        **{name: said.get(name) for name in _SAID},
    }


def _try(one: Try) -> dict[str, object]:
    return {
        "at": date(one.at),
        "destination": one.destination,
        "outcome": one.outcome,
        "reason": one.reason,
        "detail": one.detail,
    }


def _parsed(body: bytes) -> Any:
    """Return what the JSON says; None where it is none, or says what no JSON can repeat (NaN, 1e999)."""
    try:
        found = json.loads(body)
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return found


def date(moment: datetime | None) -> str | None:
    """Return a date as text, None for none."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
