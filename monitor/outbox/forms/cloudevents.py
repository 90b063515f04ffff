"""CloudEvents: an event as it is kept, a group as one event that holds its members. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.model.delivery import CLOUDEVENTS
from monitor.outbox import envelope
from monitor.outbox.envelope import BODY_LIMIT, CloudEvent, Data
from monitor.outbox.forms import standing
from monitor.outbox.forms.fitting import leading
from monitor.outbox.notice import Notice

CONTENT_TYPE = CLOUDEVENTS

TYPE = "io.queuewatch.group.v1"

_LABELS = 16
"""Labels shown of a group: more than anybody groups by."""

_LABEL_LENGTH = 128


class Member(Data, frozen=True, kw_only=True):
    """One alert of a group: the data of its own event, whose id and time these are."""

    id: str
    occurred_at: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What a group says: its members' common labels, how many they are, and the worst of them.

    `skipped` counts older events that members took the place of, `truncated` members there was no room for.
    """

    group: str
    labels: dict[str, str]
    count: int
    firing: int
    resolved: int
    skipped: int
    truncated: int
    alerts: list[Member]


class GroupEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes CloudEvents prescribes, and the group."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    data: Group


def encode(notice: Notice) -> bytes:
    """Return one event's canonical bytes, or a group's, at most `BODY_LIMIT` of them."""
    if notice.group is None:
        return envelope.pack(notice.events[0])
    members = [_member(event) for event in notice.events[: _kept(notice)]]
    return envelope.pack(_event(notice, members or [_slim(notice.events[0])]))


def fit(notice: Notice) -> int:
    """Return how many of the first events the body holds."""
    return max(1, _kept(notice)) if notice.group is not None else 1


def _kept(notice: Notice) -> int:
    """Return how many members fit as they are. Not even the first may, which is then told in short."""
    empty = envelope.pack(_event(notice, ()))
    sizes = (len(envelope.pack(_member(event))) for event in notice.events)
    return leading(sizes, BODY_LIMIT - len(empty))


def _event(notice: Notice, members: Sequence[Member]) -> GroupEvent:
    sources = {event.source for event in notice.events}
    data = _group(notice, members)
    return GroupEvent(
        specversion="1.0",
        id=notice.id,
        source=sources.pop() if len(sources) == 1 else "/orgs",
        type=TYPE,
        subject=data.group,
        time=max(event.time for event in notice.events),
        datacontenttype="application/json",
        data=data,
    )


def _group(notice: Notice, members: Sequence[Member]) -> Group:
    labels = dict(notice.group.labels) if notice.group is not None else {}
    firing = len(standing.firing(notice))
    return Group(
        group=envelope.text(notice.group.key if notice.group is not None else "", _LABEL_LENGTH * 2),
        labels={
            envelope.text(name, _LABEL_LENGTH): envelope.text(labels[name], _LABEL_LENGTH)
            for name in sorted(labels)[:_LABELS]
        },
        count=len(notice.events),
        firing=firing,
        resolved=len(notice.events) - firing,
        skipped=notice.skipped,
        truncated=len(notice.events) - len(members),
        alerts=list(members),
    )


def _member(event: CloudEvent) -> Member:
    return Member(id=event.id, occurred_at=event.time, **msgspec.structs.asdict(event.data))


def _slim(event: CloudEvent) -> Member:
    """Return a member that by itself is too long for a group: without what a rule's author adds."""
    entity = {
        envelope.text(name, _LABEL_LENGTH): envelope.text(value, _LABEL_LENGTH)
        for name, value in sorted(event.data.entity.items(), key=lambda pair: pair[0] != "key")[:_LABELS]
    }
    return msgspec.structs.replace(_member(event), entity=entity, labels={}, annotations={}, note="")
