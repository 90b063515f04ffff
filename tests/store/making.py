"""What a store is given: dispatches, made here and by hand, so that nothing but the store is tested."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model.alert import EventKind
from monitor.model.delivery import Attempt, Dispatch, Entry, Envelope, Held, Outcome, StateRecord
from monitor.model.route import Group
from monitor.store.memory import MemoryStore
from monitor.store.sqlite import SqliteStore

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

Store = MemoryStore | SqliteStore


def later(seconds: float) -> datetime:
    """Return the date so many seconds from now."""
    return NOW + timedelta(seconds=seconds)


def an_envelope(number: int = 0, sequence: int = 1, destination: str = "hook", **changes: Any) -> Envelope:
    """Return event `sequence` of queue `number`, addressed."""
    envelope = Envelope(
        event_id=f"evt_{number}_{sequence}",
        destination=destination,
        key=f"acme/Low/q{number}",
        kind=EventKind.FIRED,
        org="acme",
        rule="Low",
        entity=f"q{number}",
        sequence=sequence,
        body=b'{"sequence": %d}' % sequence,
        created_at=NOW,
    )
    return replace(envelope, **changes)


def a_state(number: int = 0, sequence: int = 1, **changes: Any) -> StateRecord:
    """Return what is shown of event `sequence` of queue `number`."""
    state = StateRecord(
        org="acme",
        rule="Low",
        entity=f"q{number}",
        event_id=f"evt_{number}_{sequence}",
        sequence=sequence,
        body=b"{}",
    )
    return replace(state, **changes)


def an_entry(number: int = 0, sequence: int = 1, **changes: Any) -> Entry:
    """Return the entry of event `sequence` of queue `number`."""
    entry = Entry(
        event_id=f"evt_{number}_{sequence}",
        at=NOW,
        kind=EventKind.FIRED,
        org="acme",
        rule="Low",
        entity=f"q{number}",
        queue=f"Support {number}",
        severity="warning",
        sequence=sequence,
        body=b'{"sequence": %d}' % sequence,
    )
    return replace(entry, **changes)


def a_group(key: str = "team=support", wait: float = 30.0, interval: float = 300.0) -> Group:
    """Return a group of this key."""
    name, _, value = key.partition("=")
    return Group(key=key, labels={name: value}, wait=wait, interval=interval)


def a_held(number: int = 0, sequence: int = 1, group: Group | None = None, **changes: Any) -> Held:
    """Return event `sequence` of queue `number`, waiting: odd ones fire, even ones end."""
    held = Held(
        destination="hook",
        group=group or a_group(),
        org="acme",
        rule="Low",
        entity=f"q{number}",
        sequence=sequence,
        event_id=f"evt_{number}_{sequence}",
        ends=sequence % 2 == 0,
        body=b'{"sequence": %d}' % sequence,
        created_at=NOW,
    )
    return replace(held, **changes)


def sending(*envelopes: Envelope) -> list[Dispatch]:
    """Return a dispatch of each, and of nothing else."""
    return [Dispatch(state=None, envelopes=(envelope,)) for envelope in envelopes]


def journalled(*envelopes: Envelope) -> list[Dispatch]:
    """Return a dispatch of each with its entry."""
    return [replace(one, entry=_entry_of(one.envelopes[0])) for one in sending(*envelopes)]


def holding(*held: Held) -> list[Dispatch]:
    """Return a dispatch of each with its entry."""
    return [Dispatch(state=None, envelopes=(), held=(one,), entry=_entry_of(one)) for one in held]


def a_telling(
    event_id: str = "fld_1", destination: str = "hook", group: str = "team=support", **changes: Any
) -> Dispatch:
    """Return what a fold commits."""
    telling = an_envelope(event_id=event_id, destination=destination, key=f"group:{group}", rule="group")
    return Dispatch(state=None, envelopes=(replace(telling, kind=EventKind.GROUPED, **changes),))


def tries(envelopes: Iterable[Envelope], outcome: Outcome, **more: Any) -> list[Attempt]:
    """Return a try of each that came to `outcome`."""
    return [Attempt(row=one.row, event_id=one.event_id, at=NOW, outcome=outcome, **more) for one in envelopes]


def _entry_of(one: Envelope | Held) -> Entry:
    number = int(one.entity.removeprefix("q"))
    return an_entry(number, one.sequence, event_id=one.event_id, at=one.created_at)
