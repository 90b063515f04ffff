"""Groups, and the events that wait in them."""

from __future__ import annotations

import json

from monitor.model.delivery import Held
from monitor.model.route import Group
from monitor.store.rows.values import Row, Value, body, date, decoded, micros, number, text, whole


def member(held: Held) -> tuple[str, str, str, str, str]:
    """Return what names the place of an event in its group."""
    return (
        text(held.destination),
        text(held.group.key),
        text(held.org),
        text(held.rule),
        text(held.entity),
    )


def from_held(held: Held) -> tuple[Value, ...]:
    """Return the columns of `PUT_HELD`."""
    return (
        *member(held),
        held.sequence,
        held.event_id,
        int(held.ends),
        micros(held.created_at),
        int(held.note),
        int(held.fresh),
        int(held.told),
        held.skipped,
        held.body,
    )


def to_held(destination: str, group: Group, row: Row) -> Held:
    """Return the event in the columns of `HOLDING`. Raises ValueError for a foreign value."""
    org, rule, entity, sequence, event_id, ends, created, note, fresh, told, skipped, content = row
    return Held(
        destination=destination,
        group=group,
        org=str(org),
        rule=str(rule),
        entity=str(entity),
        sequence=whole(sequence),
        event_id=str(event_id),
        ends=bool(ends),
        body=body(content),
        created_at=date(whole(created)),
        note=bool(note),
        fresh=bool(fresh),
        told=bool(told),
        skipped=whole(skipped),
    )


def to_straggler(destination: str, row: Row) -> Held:
    """Return the event in the columns of `ELSEWHERE`. Raises ValueError for a foreign value."""
    key, *rest = row
    return to_held(destination, Group(key=str(key), labels={}, wait=0.0, interval=0.0), rest)


def from_group(destination: str, group: Group) -> tuple[Value, ...]:
    """Return the first columns of `PUT_GATHERING`: all but the date it is due."""
    return (
        text(destination),
        text(group.key),
        json.dumps(dict(group.labels), allow_nan=False),
        group.wait,
        group.interval,
    )


def to_group(row: Row) -> tuple[str, Group]:
    """Return destination and group in the columns of `RIPE`, but for the first. Raises ValueError."""
    destination, key, labels, wait, interval = row
    return str(destination), Group(
        key=str(key),
        labels={str(name): str(value) for name, value in decoded(labels).items()},
        wait=number(wait),
        interval=number(interval),
    )
