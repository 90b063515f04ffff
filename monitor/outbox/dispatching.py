"""From an event, or a group whose time has come, to everything that is committed with it. Pure.

In: an alert event with its audience, a ripe group. Out: a Dispatch: bytes made once, in the form each
destination wants, and never touched again. What may not happen: an event lost because a form fails.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model.alert import (
    ENDINGS,
    EVERYBODY,
    OURSELVES,
    AlertEvent,
    AlertState,
    Entity,
    EventKind,
    Evidence,
)
from monitor.model.delivery import Dispatch, Entry, Envelope, Held, RipeGroup, StateRecord
from monitor.model.route import Group
from monitor.model.rule import Severity
from monitor.outbox import envelope
from monitor.outbox.envelope import CloudEvent
from monitor.outbox.forms import Form
from monitor.outbox.notice import Notice

PERIODS = 2
"""A heartbeat is worth nothing after so many of its periods: told later it would be false life."""
FOLD_RULE = "group"
"""What stands for the rule of a fold, which has many."""

_WORST_FIRST = {severity.value: rank for rank, severity in enumerate(reversed(Severity))}


def _nobody(_destination: str, _error: Exception) -> None:
    """Tell nobody that a form failed."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Addresses events. `forms` by destination are all there are; `page` is our own page's base URL.

    `failed` hears of a form that raised: its destination gets the event as plain CloudEvents instead.
    """

    forms: Mapping[str, Form]
    page: str = ""
    failed: Callable[[str, Exception], None] = _nobody

    def dispatch(self, event: AlertEvent) -> Dispatch:
        """Return what `event` commits: an envelope per destination, or its place in a group.

        A destination that is not configured any more is left out: there is no way to tell it.
        """
        body = envelope.encode(event, page=self.page)
        said = envelope.decode(body)
        envelopes: list[Envelope] = []
        held: list[Held] = []
        for name, group in self._audience(event):
            if group is not None and self.forms[name].folds:
                held.append(_hold(event, name, group, body))
            else:
                envelopes.append(self._address(event, name, body, said))
        alive = event.kind is EventKind.HEARTBEAT
        return Dispatch(
            state=None if alive else _state(event, body),
            envelopes=tuple(envelopes),
            held=tuple(held),
            entry=None if alive else _entry(event, body),
        )

    def fold(self, ripe: RipeGroup, *, now: datetime) -> tuple[Dispatch | None, tuple[Held, ...]]:
        """Return what tells of a group, and the members in it; None where nothing fresh is worth telling.

        An episode that came and went while its group waited is not told: it is over, and nobody heard of it.
        A member that cannot be read any more is left out and stays fresh.
        """
        worth = [one for one in _newest(ripe.members) if one.told or not one.ends]
        read = [(one, said) for one in worth if (said := self._read(one)) is not None]
        if ripe.destination not in self.forms or not any(one.fresh for one, _ in read):
            return None, ()
        read.sort(key=_rank)
        members = tuple(one for one, _ in read)
        event = _summary(ripe, read, now)
        body = envelope.encode(event, page=self.page)
        notice = Notice(
            id=event.id,
            receiver=ripe.destination,
            events=tuple(said for _, said in read),
            group=ripe.group,
            page=self.page,
            skipped=sum(one.skipped for one in members),
        )
        told = self._envelope(event, notice, body, key=f"group:{ripe.group.key}")
        return Dispatch(state=None, envelopes=(told,), entry=_entry(event, body)), members

    def _audience(self, event: AlertEvent) -> list[tuple[str, Group | None]]:
        """Return the destinations of this event, each once, with the group it hears through."""
        told = event.audience
        if told is None or EVERYBODY in told:
            return [(name, (told or {}).get(name)) for name in self.forms]
        return [(name, group) for name, group in told.items() if name in self.forms]

    def _address(self, event: AlertEvent, destination: str, body: bytes, said: CloudEvent) -> Envelope:
        notice = Notice(id=event.id, receiver=destination, events=(said,), page=self.page)
        return self._envelope(event, notice, body, key=f"{event.org}/{event.rule}/{event.entity.key}")

    def _envelope(self, event: AlertEvent, notice: Notice, canonical: bytes, *, key: str) -> Envelope:
        body, content_type = self._form(notice, canonical)
        return Envelope(
            event_id=event.id,
            destination=notice.receiver,
            key=key,
            kind=event.kind,
            org=event.org,
            rule=event.rule,
            entity=event.entity.key,
            sequence=event.sequence,
            body=body,
            created_at=event.occurred_at,
            content_type=content_type,
            expires_at=_expiry(event),
            gone=event.gone,
        )

    def _form(self, notice: Notice, canonical: bytes) -> tuple[bytes, str]:
        form = self.forms[notice.receiver]
        try:
            return form.encode(notice), form.content_type
        except Exception as error:  # noqa: BLE001 - a user's template may raise anything; `failed` says so
            self.failed(notice.receiver, error)
            return canonical, envelope.CONTENT_TYPE

    def _read(self, held: Held) -> CloudEvent | None:
        try:
            return envelope.decode(held.body)
        except ValueError as error:
            self.failed(held.destination, error)
            return None


def _state(event: AlertEvent, body: bytes) -> StateRecord:
    return StateRecord(
        org=event.org,
        rule=event.rule,
        entity=event.entity.key,
        event_id=event.id,
        sequence=event.sequence,
        body=b"" if event.gone else body,
    )


def _entry(event: AlertEvent, body: bytes) -> Entry:
    return Entry(
        event_id=event.id,
        at=event.occurred_at,
        kind=event.kind,
        org=event.org,
        rule=event.rule,
        entity=event.entity.key,
        queue=event.entity.labels.get("queue", ""),
        severity=event.severity.value,
        sequence=event.sequence,
        body=body,
    )


def _hold(event: AlertEvent, destination: str, group: Group, body: bytes) -> Held:
    return Held(
        destination=destination,
        group=group,
        org=event.org,
        rule=event.rule,
        entity=event.entity.key,
        sequence=event.sequence,
        event_id=event.id,
        ends=event.kind in ENDINGS,
        body=body,
        created_at=event.occurred_at,
    )


def _expiry(event: AlertEvent) -> datetime | None:
    """Return when a heartbeat is worth nothing any more; its evidence is its period in seconds."""
    period = event.evidence.value
    if event.kind is not EventKind.HEARTBEAT or period is None:
        return None
    return event.occurred_at + timedelta(seconds=PERIODS * period)


def _newest(members: tuple[Held, ...]) -> list[Held]:
    """Return the newest event of each alert."""
    newest: dict[tuple[str, str, str], Held] = {}
    for one in sorted(members, key=lambda one: one.sequence):
        newest[one.org, one.rule, one.entity] = one
    return list(newest.values())


def _rank(member: tuple[Held, CloudEvent]) -> tuple[bool, int, bool, str, str, str]:
    """Return what sorts members: what still fires, the worst, the fresh, and then always the same."""
    held, said = member
    severity = _WORST_FIRST.get(said.data.severity, len(_WORST_FIRST))
    return held.ends, severity, not held.fresh, held.org, held.rule, held.entity


def _summary(ripe: RipeGroup, read: list[tuple[Held, CloudEvent]], now: datetime) -> AlertEvent:
    """Return the group as an event: for the journal, and for a destination whose form fails."""
    members = [one for one, _ in read]
    orgs = {one.org for one in members}
    firing = sum(not one.ends for one in members)
    worst = read[0][1].data.severity
    lines = (f"{said.data.kind} {said.data.severity} {said.subject}" for _, said in read)
    return AlertEvent(
        id=_fold_id(ripe, members),
        kind=EventKind.GROUPED,
        org=members[0].org if len(orgs) == 1 else OURSELVES,
        rule=FOLD_RULE,
        severity=Severity(worst) if worst in _WORST_FIRST else Severity.WARNING,
        state=AlertState.FIRING if firing else AlertState.INACTIVE,
        entity=Entity(key=ripe.group.key, labels=ripe.group.labels),
        episode=0,
        # Milliseconds since 1970: a group is told again and again, each time with a higher number.
        sequence=int(now.timestamp() * 1000),
        reason=f"{firing} firing, {len(members) - firing} over",
        metric="",
        evidence=Evidence(value=float(firing)),
        operator="",
        threshold=None,
        occurred_at=now,
        observed_at=max(one.created_at for one in members),
        started_at=None,
        fired_at=None,
        resolved_at=None,
        note="; ".join(lines),
    )


def _fold_id(ripe: RipeGroup, members: list[Held]) -> str:
    """Return the id of a telling: the same for the same members told to the same destination."""
    told = [[one.event_id, one.sequence] for one in members]
    text = json.dumps([ripe.destination, ripe.group.key, told])
    digest = base64.b32encode(hashlib.sha256(text.encode("ascii")).digest())
    return "fld_" + digest[:26].decode("ascii").lower()
