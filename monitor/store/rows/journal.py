"""Entries of the journal, and the tries to send them."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.model.alert import EventKind
from monitor.model.delivery import Entry, Try, Wanted
from monitor.store.rows.values import Row, Value, body, date, micros, text, whole

_NEVER = 2**63 - 1
"""Later than any date."""

Position = tuple[int, int]
"""Where an entry stands: its date in microseconds, and its row."""


def from_entry(entry: Entry) -> tuple[Value, ...]:
    """Return the columns of `PUT_ENTRY`."""
    return (
        entry.event_id,
        micros(entry.at),
        entry.kind.value,
        text(entry.org),
        text(entry.rule),
        text(entry.entity),
        text(entry.queue),
        entry.severity,
        entry.sequence,
        entry.body,
    )


def to_entry(row: Row) -> Entry:
    """Return the entry in the columns of `HISTORY`. Raises ValueError for a foreign value."""
    event_id, at, kind, org, rule, entity, queue, severity, sequence, content = row
    return Entry(
        event_id=str(event_id),
        at=date(whole(at)),
        kind=EventKind(str(kind)),
        org=str(org),
        rule=str(rule),
        entity=str(entity),
        queue=str(queue),
        severity=str(severity),
        sequence=whole(sequence),
        body=body(content),
    )


def from_try(event_id: str, one: Try) -> tuple[Value, ...]:
    """Return the columns of `PUT_TRY`."""
    return (
        event_id,
        micros(one.at),
        text(one.destination),
        one.outcome,
        text(one.reason),
        text(one.detail),
    )


def to_try(row: Row) -> Try:
    """Return the try in the columns of `TRIES`. Raises ValueError for a foreign value."""
    at, destination, outcome, reason, detail = row
    return Try(
        at=date(whole(at)),
        destination=str(destination),
        outcome=str(outcome),
        reason=str(reason),
        detail=str(detail),
    )


def from_wanted(wanted: Wanted, behind: Position | None) -> Mapping[str, Value]:
    """Return what `HISTORY` and `HISTORY_OF` are asked with; `behind` is where that entry stands."""
    until = (_NEVER if wanted.until is None else micros(wanted.until), -_NEVER)
    at, row = until if behind is None else min(until, behind)
    return {
        "since": -_NEVER if wanted.since is None else micros(wanted.since),
        "at": at,
        "row": row,
        "queue": glob(wanted.queue),
        "rule": glob(wanted.rule),
        "org": None if wanted.org is None else text(wanted.org),
        "entity": None if wanted.entity is None else text(wanted.entity),
        "limit": max(0, wanted.limit),
    }


def to_position(row: Row) -> Position:
    """Return the position in the columns of `POSITION`. Raises ValueError for a foreign value."""
    at, number = row
    return whole(at), whole(number)


def glob(pattern: str) -> str:
    """Return a glob of ours as SQLite reads it: `[!a]` is its `[^a]`, an open bracket alone is itself."""
    if "]" not in pattern:
        return text(pattern.replace("[", "[[]"))
    return text(pattern.replace("[!", "[^"))
