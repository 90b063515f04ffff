"""From an event, or a group whose time has come, to everything that is committed with it. Pure.

In: an alert event with its audience, a ripe group. Out: a Dispatch: bytes made once, in the form each
destination wants, and never touched again. What may not happen: an event lost because a form fails.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from monitor.model.delivery import GROUP_KEY, NOTES, Dispatch, Entry, Envelope, Held, RipeGroup, StateRecord
from monitor.model.route import Group
from monitor.model.rule import Severity
from monitor.outbox import envelope
from monitor.outbox.envelope import CloudEvent
from monitor.outbox.forms import Form, standing
from monitor.outbox.notice import Notice

PERIODS = 2
"""A heartbeat is worth nothing after so many of its periods: told later it would be false life."""
FOLD_RULE = "group"
"""What stands for the rule of a fold, which has many."""
MOVED = "moved"
"""Why an alert is over in a group although it fires: it is told by another way from now on."""
LINES = 50
"""Members named in the summary of a group: more than there is room for."""

_STATELESS = frozenset({EventKind.HEARTBEAT, EventKind.REMINDED})
"""What nobody is shown as an alert's state: a sign of life, and what is said to some of those who heard."""
_UNTOLD = "fld_" + 26 * "0"
"""As long as the id that a telling will have."""


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
            elif (addressed := self._address(event, name, body, said)) is not None:
                envelopes.append(addressed)
        return Dispatch(
            state=None if event.kind in _STATELESS else _state(event, body),
            envelopes=tuple(envelopes),
            held=tuple(held),
            entry=None if event.kind is EventKind.HEARTBEAT else _entry(event, body),
        )

    def fold(self, ripe: RipeGroup, *, now: datetime) -> tuple[Dispatch | None, tuple[Held, ...]]:
        """Return what tells of a group, and the members in it; None where nothing fresh is worth telling.

        An episode that came and went while its group waited is not told: it is over, and nobody heard of it.
        What the form has no room for, and a member that cannot be read any more, is not among those told.
        """
        worth = [one for one in _newest(ripe.members) if one.told or not one.ends]
        read = [(one, said) for one in worth if (said := self._read(one)) is not None]
        if ripe.destination not in self.forms or not any(one.fresh for one, _ in read):
            return None, ()
        read.sort(key=_rank)
        notice = Notice(
            id=_UNTOLD,
            receiver=ripe.destination,
            events=tuple(said for _, said in read),
            group=ripe.group,
            page=self.page,
            skipped=sum(one.skipped for one, _ in read),
        )
        members = tuple(one for one, _ in read[: self._fit(notice)])
        event = _summary(ripe, read, members, now)
        notice = replace(notice, id=event.id, skipped=sum(one.skipped for one in members))
        body = envelope.encode(event, page=self.page)
        told = self._envelope(event, notice, body, key=GROUP_KEY + ripe.group.key)
        if told is None:
            return None, members
        return Dispatch(state=None, envelopes=(told,), entry=_entry(event, body)), members

    def _audience(self, event: AlertEvent) -> list[tuple[str, Group | None]]:
        """Return the destinations of this event, each once, with the group it hears through."""
        told = event.audience
        if told is None or EVERYBODY in told:
            return [(name, (told or {}).get(name)) for name in self.forms]
        return [(name, group) for name, group in told.items() if name in self.forms]

    def _fit(self, notice: Notice) -> int:
        """Return how many of the events, at the front, the form names in one body: at least one."""
        try:
            return max(1, self.forms[notice.receiver].fit(notice))
        except Exception as error:  # noqa: BLE001 - as in _form, where all of them are counted
            self.failed(notice.receiver, error)
            return len(notice.events)

    def _address(self, event: AlertEvent, destination: str, body: bytes, said: CloudEvent) -> Envelope | None:
        notice = Notice(id=event.id, receiver=destination, events=(said,), page=self.page)
        return self._envelope(event, notice, body, key=f"{event.org}/{event.rule}/{event.entity.key}")

    def _envelope(self, event: AlertEvent, notice: Notice, canonical: bytes, *, key: str) -> Envelope | None:
        """Return the envelope; None where the form has nothing to say. Only a sign of life has no words."""
        body, content_type = self._form(notice, canonical)
        if not body and event.kind is not EventKind.HEARTBEAT:
            return None
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
            return _standing(held, envelope.decode(held.body))
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
        ends=event.kind in ENDINGS or event.state is not AlertState.FIRING,
        note=event.kind in NOTES,
        body=body,
        created_at=event.occurred_at,
    )


def _standing(held: Held, said: CloudEvent) -> CloudEvent:
    """Return the event, as an ending where its alert is told by another way from now on.

    Its id and sequence stay: whoever follows the alert the other way is to take it for old.
    """
    if not held.ends or standing.over(said):
        return said
    raw = json.loads(held.body)
    at = envelope.time(held.created_at)
    over = {"kind": EventKind.RESOLVED, "state": AlertState.INACTIVE, "reason": MOVED, "resolved_at": at}
    return envelope.decode(json.dumps({**raw, "data": {**raw["data"], **over}}).encode("ascii"))


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


def _rank(
    member: tuple[Held, CloudEvent],
) -> tuple[bool, float, bool, int, datetime, str, str, str]:
    """Return what sorts members: news, the older interval, what fires, the worst, the oldest, then names.

    News come first because what there is no room for at the end has to wait, and has been told if it is old.
    What has waited an interval longer comes before what is worse: a reminder is always new, an end is not.
    """
    held, said = member
    age = held.created_at.timestamp() // max(held.group.interval, 1.0) if held.fresh else 0.0
    mildness = -standing.rank(said)
    return not held.fresh, age, held.ends, mildness, held.created_at, held.org, held.rule, held.entity


def _worst(read: list[tuple[Held, CloudEvent]]) -> Severity:
    """Return the worst severity of what fires, or of everything where nothing does."""
    firing = [said for one, said in read if not one.ends] or [said for _, said in read]
    worst = max(firing, key=standing.rank)
    return Severity(worst.data.severity) if standing.rank(worst) >= 0 else Severity.WARNING


def _summary(
    ripe: RipeGroup, read: list[tuple[Held, CloudEvent]], told: tuple[Held, ...], now: datetime
) -> AlertEvent:
    """Return the group as an event: for the journal, and for a destination whose form fails."""
    members = [one for one, _ in read]
    orgs = {one.org for one in members}
    firing = sum(not one.ends for one in members)
    lines = (f"{said.data.kind} {said.data.severity} {said.subject}" for _, said in read[:LINES])
    return AlertEvent(
        id=_fold_id(ripe, told),
        kind=EventKind.GROUPED,
        org=members[0].org if len(orgs) == 1 else OURSELVES,
        rule=FOLD_RULE,
        severity=_worst(read),
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


def _fold_id(ripe: RipeGroup, members: Sequence[Held]) -> str:
    """Return the id of a telling: the same for the same members told to the same destination."""
    told = sorted([one.event_id, one.sequence, one.ends] for one in members)
    text = json.dumps([ripe.destination, ripe.group.key, told])
    digest = base64.b32encode(hashlib.sha256(text.encode("ascii")).digest())
    return "fld_" + digest[:26].decode("ascii").lower()
