"""What letters and entries of the journal look like in JSON. Pure; bodies are read, never trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.model.delivery import Entry, History, Letter, Try

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
        "created_at": _date(one.created_at),
        "due_at": _date(one.due_at),
        "dead": bool(one.reason),
        "attempts": one.attempts,
        "skipped": one.skipped,
        "reason": one.reason,
        "detail": one.detail,
        "last": one.last,
        "disabled": disabled,
        "content_type": one.content_type,
    }


def opened(one: Letter, *, disabled: bool) -> dict[str, object]:
    """Return a letter with its body: parsed where it is JSON, else as text."""
    parsed = _parsed(one.body) if "json" in one.content_type.lower() else None
    body = one.body.decode("utf-8", "replace") if parsed is None else parsed
    return {**letter(one, disabled=disabled), "bytes": len(one.body), "body": body}


def history(one: History) -> dict[str, object]:
    """Return an entry of the journal with its tries."""
    return {**_entry(one.entry), "tries": [_try(each) for each in one.tries]}


def _entry(entry: Entry) -> dict[str, object]:
    event = _parsed(entry.body)
    data = event.get("data") if isinstance(event, dict) else None
    said: Mapping[str, object] = data if isinstance(data, dict) else {}
    return {
        "event_id": entry.event_id,
        "at": _date(entry.at),
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
        "at": _date(one.at),
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


def _date(date: datetime | None) -> str | None:
    if date is None:
        return None
    return date.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
