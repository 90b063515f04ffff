"""Pure mapping between the model and table rows: dates, labels and text that a table can hold."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model.alert import (
    EVERYBODY,
    Acknowledgement,
    Alert,
    AlertState,
    Entity,
    EventKind,
    Evidence,
    Strand,
)
from monitor.model.delivery import Envelope, StateRecord
from monitor.model.rule import Matcher, Severity
from monitor.model.silence import Silence

Value = str | int | float | bytes | None
Row = Sequence[Value]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(date: datetime) -> int:
    """Return `date` as whole microseconds since 1970: exact, where a float would round."""
    return (date - _EPOCH) // _MICROSECOND


def date(micros: int) -> datetime:
    """Return the date, in UTC, that `micros` stands for."""
    return _EPOCH + timedelta(microseconds=micros)


def text(raw: str) -> str:
    r"""Return `raw` as SQLite can bind it: a lone surrogate, which UTF-8 cannot hold, becomes `\ud800`."""
    return raw if raw.isascii() else raw.encode("utf-8", "backslashreplace").decode("utf-8")


def from_alert(alert: Alert) -> tuple[Value, ...]:
    """Return the columns of `PUT_ALERT`. A value that is no finite number becomes NULL: unknown."""
    return (
        text(alert.org),
        text(alert.rule),
        text(alert.entity.key),
        alert.severity.value,
        json.dumps(dict(alert.entity.labels), allow_nan=False),
        alert.state.value,
        alert.episode,
        alert.sequence,
        alert.value if alert.value is not None and math.isfinite(alert.value) else None,
        max((strand.held for strand in alert.strands.values()), default=0.0),
        int(alert.known),
        _optional_micros(alert.active_at),
        _optional_micros(alert.fired_at),
        _optional_micros(alert.resolved_at),
        json.dumps(_detail(alert), allow_nan=False),
    )


def to_alert(row: Row) -> Alert:
    """Return the alert in the columns of `LOAD_ALERTS`.

    Raises:
        ValueError: a column holds what no version of ours wrote.
    """
    org, rule, key, severity, labels, state, episode, sequence, value, held, known, *rest = row
    active, fired, resolved, detail = rest
    decoded, more = _object(labels), _object(detail)
    standing = Strand(state=AlertState(str(state)), held=float(held or 0.0))
    # A row of schema 1 has no strands: its one level was what the alert was.
    strands = more.get("strands") or {str(severity): _from_strand(standing)}
    ack = more.get("acknowledged")
    return Alert(
        org=str(org),
        rule=str(rule),
        severity=Severity(str(severity)),
        entity=Entity(key=str(key), labels={str(name): str(text) for name, text in decoded.items()}),
        state=AlertState(str(state)),
        episode=_whole(episode),
        sequence=_whole(sequence),
        evidence=Evidence(value=None if value is None else float(value)),
        known=bool(known),
        active_at=_optional_date(active),
        fired_at=_optional_date(fired),
        resolved_at=_optional_date(resolved),
        strands={Severity(name): _to_strand(strand) for name, strand in strands.items()},
        reason=str(more.get("reason", "")),
        told=Severity(told) if (told := more.get("told", _standing_told(standing, str(severity)))) else None,
        told_to=tuple(str(name) for name in more.get("told_to", EVERYBODY)),
        muted=str(more.get("muted", "")),
        acknowledged=_to_acknowledgement(ack) if ack else None,
        history=_history(more.get("history", (0, 0, False))),
    )


def _detail(alert: Alert) -> dict[str, object]:
    """Return what has no column of its own."""
    ack = alert.acknowledged
    return {
        "strands": {severity.value: _from_strand(strand) for severity, strand in alert.strands.items()},
        "reason": alert.reason,
        "told": alert.told.value if alert.told else None,
        "told_to": list(alert.told_to),
        "muted": alert.muted,
        "history": list(alert.history),
        "acknowledged": None
        if ack is None
        else {
            "owner": ack.owner,
            "note": ack.note,
            "at": micros(ack.at),
            "until": _optional_micros(ack.until),
        },
    }


def _from_strand(strand: Strand) -> dict[str, object]:
    return {
        "state": strand.state.value,
        "held": strand.held,
        "clearing": strand.clearing,
        "forced": strand.forced,
    }


def _to_strand(raw: Mapping[str, Any]) -> Strand:
    return Strand(
        state=AlertState(raw["state"]),
        held=float(raw["held"]),
        clearing=bool(raw["clearing"]),
        forced=bool(raw["forced"]),
    )


def _to_acknowledgement(raw: Mapping[str, Any]) -> Acknowledgement:
    return Acknowledgement(
        owner=str(raw["owner"]), note=str(raw["note"]), at=date(raw["at"]), until=_optional_date(raw["until"])
    )


def _history(raw: Sequence[Any]) -> tuple[int, int, bool]:
    bits, count, flapping = raw
    return int(bits), int(count), bool(flapping)


def _standing_told(strand: Strand, severity: str) -> str | None:
    """Return what was told of an alert of schema 1: its fire, if it fires."""
    return severity if strand.state is AlertState.FIRING else None


def _object(raw: Value) -> dict[str, Any]:
    decoded = json.loads(str(raw))
    if not isinstance(decoded, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - the table is at fault, not the caller
    return decoded


def from_silence(silence: Silence) -> tuple[Value, ...]:
    """Return the columns of `PUT_SILENCE`."""
    matchers = [
        {"label": one.label, "globs": list(one.globs), "regex": one.regex} for one in silence.matchers
    ]
    return (
        silence.id,
        micros(silence.starts_at),
        micros(silence.ends_at),
        text(silence.owner),
        text(silence.comment),
        json.dumps(matchers),
    )


def to_silence(row: Row) -> Silence:
    """Return the silence in the columns of `LOAD_SILENCES`. Raises ValueError for a foreign value."""
    name, starts, ends, owner, comment, matchers = row
    return Silence(
        id=str(name),
        starts_at=date(_whole(starts)),
        ends_at=date(_whole(ends)),
        owner=str(owner),
        comment=str(comment),
        matchers=tuple(
            Matcher(label=one["label"], globs=tuple(one["globs"]), regex=one["regex"])
            for one in json.loads(str(matchers))
        ),
    )


def from_state(state: StateRecord) -> tuple[Value, ...]:
    """Return the columns of `PUT_STATE`."""
    return (text(state.org), text(state.rule), text(state.entity), state.event_id, state.sequence, state.body)


def to_state(row: Row) -> StateRecord:
    """Return the state in the columns of `LOAD_STATES`. Raises ValueError for a foreign value."""
    org, rule, entity, event_id, sequence, body = row
    return StateRecord(
        org=str(org),
        rule=str(rule),
        entity=str(entity),
        event_id=str(event_id),
        sequence=_whole(sequence),
        body=_bytes(body),
    )


def from_envelope(envelope: Envelope) -> tuple[Value, ...]:
    """Return the columns of `PUT_ENVELOPE`."""
    return (
        text(envelope.destination),
        text(envelope.key),
        envelope.event_id,
        envelope.kind.value,
        text(envelope.org),
        text(envelope.rule),
        text(envelope.entity),
        envelope.sequence,
        micros(envelope.created_at),
        envelope.body,
    )


def to_envelope(row: Row) -> Envelope:
    """Return the envelope in the columns of `DUE`. Raises ValueError for a foreign value."""
    number, destination, key, event_id, kind, org, rule, entity, sequence, created, attempts, body = row
    return Envelope(
        event_id=str(event_id),
        destination=str(destination),
        key=str(key),
        kind=EventKind(str(kind)),
        org=str(org),
        rule=str(rule),
        entity=str(entity),
        sequence=_whole(sequence),
        body=_bytes(body),
        created_at=date(_whole(created)),
        row=_whole(number),
        attempts=_whole(attempts),
    )


def _optional_micros(date: datetime | None) -> int | None:
    return None if date is None else micros(date)


def _optional_date(value: Value) -> datetime | None:
    return None if value is None else date(_whole(value))


def _whole(value: Value) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is not a whole number")  # noqa: TRY004 - the table is at fault, not the caller
    return value


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError(f"{value!r} is not a body")  # noqa: TRY004 - the table is at fault, not the caller
    return value
