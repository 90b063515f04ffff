"""Pure: an alert event as CloudEvents 1.0 structured JSON, the same bytes for the same event.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from monitor.kit import templates
from monitor.kit.filters import Named, cut
from monitor.model.alert import AlertEvent, EventKind, alert_id
from monitor.model.delivery import CLOUDEVENTS
from monitor.model.naming import ANNOTATION_NAMES

CONTENT_TYPE = CLOUDEVENTS

BODY_LIMIT = 16 * 1024
"""Bytes of a body: Standard Webhooks asks for less than 20 kB."""

LINK_LIMIT = 500
"""Characters of a link; browsers take more, and people copy fewer."""

_CAPS = ((64, 1000), (32, 200), (12, 48), (4, 16))
"""(labels kept of a mapping, characters kept of a text), tried in turn until the body is short enough.
The last always is: 3 mappings × 4 pairs × 32 characters of at most 6 bytes, nine texts and two links more."""

_SEQUENCE_DIGITS = 16
"""The extension `sequence` is a text that sorts as its numbers do; the largest are milliseconds since 1970.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/sequence.md
"""

_TYPES = {
    EventKind.HEARTBEAT: "io.queuewatch.heartbeat.v1",
    EventKind.GROUPED: "io.queuewatch.group.v1",
}


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What the event says; README and docs explain every field."""

    kind: str
    state: str
    reason: str
    org: str
    rule: str
    severity: str
    previous_severity: str | None
    entity: dict[str, str]
    metric: str
    value: float | None
    numerator: float | None
    denominator: float | None
    operator: str
    threshold: float | None
    episode: int
    sequence: int
    started_at: str | None
    fired_at: str | None
    resolved_at: str | None
    observed_at: str
    data_age_seconds: float
    owner: str
    note: str
    labels: dict[str, str]
    annotations: dict[str, str]
    links: dict[str, str]
    drill: bool = False


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes CloudEvents prescribes, `sequence` as its extension of that name, and the data."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    sequence: str
    data: Data


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(CloudEvent)


def decode(body: bytes) -> CloudEvent:
    """Return the event of a body that `encode` made.

    Raises:
        ValueError: it is none.
    """
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not an event of ours: {error}") from error


def encode(event: AlertEvent, *, page: str = "") -> bytes:
    """Return the body: at most `BODY_LIMIT` bytes, over-long texts and surplus labels cut off.

    Annotations are templates and are filled in here. `page` is the base URL of our own page, for its link.
    """
    body = b""
    for entries, length in _CAPS:
        body = _encoder.encode(_cloud_event(event, page, entries, length))
        if len(body) <= BODY_LIMIT:
            break
    return body


def pack(body: object) -> bytes:
    """Return a struct, or plain data, as JSON: the same bytes for the same content, however it came about.

    What `decode` made becomes the bytes it was made from.
    """
    return _encoder.encode(body)


def names(event: CloudEvent) -> dict[str, object]:
    """Return what a template may say of one event: ANNOTATION_NAMES, and its annotations and links."""
    data = event.data
    entity = data.entity
    return {
        "rule": data.rule,
        "severity": data.severity,
        "previous_severity": data.previous_severity,
        "kind": data.kind,
        "state": data.state,
        "reason": data.reason,
        "org": data.org,
        "queue": entity.get("queue"),
        "queue_id": entity.get("queue_id"),
        "media": entity.get("media"),
        "entity": _entity(entity),
        "value": data.value,
        "numerator": data.numerator,
        "denominator": data.denominator,
        "metric": data.metric,
        "operator": data.operator,
        "threshold": data.threshold,
        "started_at": data.started_at,
        "fired_at": data.fired_at,
        "resolved_at": data.resolved_at,
        "occurred_at": event.time,
        "observed_at": data.observed_at,
        "data_age_seconds": data.data_age_seconds,
        "episode": data.episode,
        "sequence": data.sequence,
        "owner": data.owner,
        "note": data.note,
        "labels": data.labels,
        "drill": data.drill,
        "id": event.id,
        "annotations": data.annotations,
        "links": data.links,
    }


def _entity(entity: Mapping[str, str]) -> Mapping[str, str]:
    """Return the labels; those of a source, a destination or a drill are shown as the one name they hold."""
    others = [value for name, value in entity.items() if name != "key"]
    return Named(entity, others[0]) if len(others) == 1 else entity


def _cloud_event(event: AlertEvent, page: str, entries: int, length: int) -> CloudEvent:
    org, rule, key = (text(raw, length) for raw in (event.org, event.rule, event.entity.key))
    said = CloudEvent(
        specversion="1.0",
        id=event.id,
        source=f"/orgs/{org}",
        type=_TYPES.get(event.kind) or f"io.queuewatch.alert.{event.kind.value}.v1",
        subject=f"{rule}/{key}",
        time=time(event.occurred_at),
        datacontenttype="application/json",
        sequence=f"{event.sequence:0{_SEQUENCE_DIGITS}d}",
        data=_data(event, page, entries, length),
    )
    if not any(map(_is_template, event.annotations.values())):
        return said
    known = names(said)
    annotations = {name: _filled(raw, known, length) for name, raw in event.annotations.items()}
    data = msgspec.structs.replace(
        said.data,
        annotations=_mapping(annotations, entries, length),
        links=_links(event, annotations, page),
    )
    return msgspec.structs.replace(said, data=data)


def _is_template(raw: str) -> bool:
    return "{{" in raw or "{%" in raw


def _filled(raw: str, known: Mapping[str, object], length: int) -> str:
    """Return an annotation filled in; one that is no template, though the configuration let it in, as is."""
    template = _compiled(raw) if _is_template(raw) else None
    return raw if template is None else template.render(known, length)


@lru_cache(maxsize=1024)
def _compiled(raw: str) -> templates.Template | None:
    try:
        return templates.compile(raw, ANNOTATION_NAMES)
    except templates.TemplateProblem:
        return None


def _data(event: AlertEvent, page: str, entries: int, length: int) -> Data:
    age = (event.occurred_at - event.observed_at).total_seconds()
    return Data(
        kind=event.kind.value,
        state=event.state.value,
        reason=text(event.reason, length),
        org=text(event.org, length),
        rule=text(event.rule, length),
        severity=event.severity.value,
        previous_severity=event.previous_severity.value if event.previous_severity else None,
        entity={**_mapping(event.entity.labels, entries, length), "key": text(event.entity.key, length)},
        metric=text(event.metric, length),
        value=_number(event.evidence.value),
        numerator=_number(event.evidence.numerator),
        denominator=_number(event.evidence.denominator),
        operator=event.operator,
        threshold=_number(event.threshold),
        episode=event.episode,
        sequence=event.sequence,
        started_at=_optional_time(event.started_at),
        fired_at=_optional_time(event.fired_at),
        resolved_at=_optional_time(event.resolved_at),
        observed_at=time(event.observed_at),
        # A platform whose clock runs ahead of ours is no data from the future.
        data_age_seconds=round(max(0.0, age), 3),
        owner=text(event.owner, length),
        note=text(event.note, length),
        labels=_mapping(event.labels, entries, length),
        annotations=_mapping(event.annotations, entries, length),
        drill=event.drill,
        links=_links(event, event.annotations, page),
    )


def _links(event: AlertEvent, annotations: Mapping[str, str], page: str) -> dict[str, str]:
    """Return links that are whole: one that is cut leads nowhere."""
    found: dict[str, str] = {}
    if page:
        found["page"] = _page(event, page.rstrip("/"))
    runbook = annotations.get("runbook")
    if runbook is not None:
        found["runbook"] = text(runbook, LINK_LIMIT + 1)
    return {name: link for name, link in found.items() if len(link) <= LINK_LIMIT}


def _page(event: AlertEvent, page: str) -> str:
    """Return the alert's own page; our first page for what is none of an alert's."""
    if event.drill or event.kind in _TYPES:
        return page
    return f"{page}/alerts/{alert_id(event.org, event.rule, event.entity.key)}"


def _mapping(pairs: Mapping[str, str], entries: int, length: int) -> dict[str, str]:
    return {text(name, length): text(pairs[name], length) for name in sorted(pairs)[:entries]}


def text(raw: str, length: int) -> str:
    """Return `raw` without lone surrogates, which no JSON encoder takes, cut to `length` characters."""
    if len(raw) <= length and raw.isascii():
        return raw
    return cut(raw[: length + 1].encode("utf-8", "replace").decode("utf-8"), length)


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def time(date: datetime) -> str:
    """Return a date as every event writes it: UTC, to the millisecond."""
    return date.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _optional_time(date: datetime | None) -> str | None:
    return None if date is None else time(date)
