"""Pure mapping between the model and table rows: dates, labels and text that a table can hold."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from monitor.model.alert import Alert, AlertState, Entity, EventKind
from monitor.model.delivery import Envelope, StateRecord
from monitor.model.rule import Severity

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
        alert.held,
        int(alert.known),
        _optional_micros(alert.active_at),
        _optional_micros(alert.fired_at),
        _optional_micros(alert.clear_since),
        _optional_micros(alert.resolved_at),
    )


def to_alert(row: Row) -> Alert:
    """Return the alert in the columns of `LOAD_ALERTS`.

    Raises:
        ValueError: a column holds what no version of ours wrote.
    """
    org, rule, key, severity, labels, state, episode, sequence, value, held, known, *dates = row
    active, fired, clear, resolved = dates
    decoded = json.loads(str(labels))
    if not isinstance(decoded, dict):
        raise ValueError("labels are not a JSON object")  # noqa: TRY004 - the table is at fault, not the caller
    return Alert(
        org=str(org),
        rule=str(rule),
        severity=Severity(str(severity)),
        entity=Entity(key=str(key), labels={str(name): str(text) for name, text in decoded.items()}),
        state=AlertState(str(state)),
        episode=_whole(episode),
        sequence=_whole(sequence),
        value=None if value is None else float(value),
        held=float(held or 0.0),
        known=bool(known),
        active_at=_optional_date(active),
        fired_at=_optional_date(fired),
        clear_since=_optional_date(clear),
        resolved_at=_optional_date(resolved),
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
