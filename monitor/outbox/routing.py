"""Pure: which destinations get an event, and everything that has to be committed with it."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model.alert import EVERYBODY, AlertEvent
from monitor.model.delivery import Envelope, StateRecord
from monitor.outbox import envelope


def route(event: AlertEvent, destinations: Sequence[str]) -> tuple[str, ...]:
    """Return the destinations of this event, each once: its own audience, or else every one.

    Somebody of the audience who is not a destination any more is left out: there is no way to tell them.
    """
    if event.audience is not None and event.audience != EVERYBODY:
        return tuple(name for name in dict.fromkeys(event.audience) if name in destinations)
    return tuple(dict.fromkeys(destinations))


def prepare(event: AlertEvent, destinations: Sequence[str]) -> tuple[StateRecord, tuple[Envelope, ...]]:
    """Return what one transition commits: the newest state of its entity, and an envelope per destination."""
    body = envelope.encode(event)
    record = StateRecord(
        org=event.org,
        rule=event.rule,
        entity=event.entity.key,
        event_id=event.id,
        sequence=event.sequence,
        body=body,
    )
    return record, tuple(_address(event, name, body) for name in route(event, destinations))


def _address(event: AlertEvent, destination: str, body: bytes) -> Envelope:
    return Envelope(
        event_id=event.id,
        destination=destination,
        key=f"{event.org}/{event.rule}/{event.entity.key}",
        kind=event.kind,
        org=event.org,
        rule=event.rule,
        entity=event.entity.key,
        sequence=event.sequence,
        body=body,
        created_at=event.occurred_at,
    )
