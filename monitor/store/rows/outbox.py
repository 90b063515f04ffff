"""Envelopes, and letters: the same as people see them."""

from __future__ import annotations

from monitor.model.alert import EventKind
from monitor.model.delivery import Envelope, Letter
from monitor.store.coalescing import Waiting
from monitor.store.rows.values import (
    Row,
    Value,
    body,
    date,
    micros,
    optional_date,
    optional_micros,
    text,
    whole,
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
        text(envelope.content_type),
        optional_micros(envelope.expires_at),
        int(envelope.gone),
        envelope.skipped,
        envelope.body,
    )


def to_waiting(row: Row) -> Waiting:
    """Return the row in the columns of `QUEUED`. Raises ValueError for a foreign value."""
    number, event_id, rule, kind, attempts, skipped = row
    return Waiting(
        row=whole(number),
        event_id=str(event_id),
        rule=str(rule),
        kind=EventKind(str(kind)),
        attempts=whole(attempts),
        skipped=whole(skipped),
    )


def to_envelope(row: Row) -> Envelope:
    """Return the envelope in the columns of `DUE`. Raises ValueError for a foreign value."""
    number, destination, key, event_id, kind, org, rule, entity, sequence, *rest = row
    created, content_type, expires, gone, skipped, attempts, content = rest
    return Envelope(
        event_id=str(event_id),
        destination=str(destination),
        key=str(key),
        kind=EventKind(str(kind)),
        org=str(org),
        rule=str(rule),
        entity=str(entity),
        sequence=whole(sequence),
        body=body(content),
        created_at=date(whole(created)),
        content_type=str(content_type),
        expires_at=optional_date(expires),
        gone=bool(gone),
        skipped=whole(skipped),
        row=whole(number),
        attempts=whole(attempts),
    )


def to_letter(row: Row) -> Letter:
    """Return the letter in the columns of `LETTERS`. Raises ValueError for a foreign value."""
    number, destination, key, event_id, kind, created, due, attempts, skipped, *rest = row
    reason, detail, content_type, content, last = rest
    waiting = reason is None
    return Letter(
        row=whole(number),
        destination=str(destination),
        key=str(key),
        event_id=str(event_id),
        kind=EventKind(str(kind)),
        created_at=date(whole(created)),
        due_at=date(whole(due)) if waiting and due else None,
        attempts=whole(attempts),
        skipped=whole(skipped),
        reason="" if waiting else str(reason),
        detail=str(detail or ""),
        content_type=str(content_type),
        body=body(content),
        last=str(last or ""),
    )
