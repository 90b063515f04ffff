"""Pure: an alert event as CloudEvents 1.0 structured JSON, the same bytes for the same event.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from monitor.model.alert import AlertEvent

CONTENT_TYPE = "application/cloudevents+json"

BODY_LIMIT = 16 * 1024
"""Bytes of a body: Standard Webhooks asks for less than 20 kB."""

_CAPS = ((64, 1000), (32, 200), (12, 48), (4, 16))
"""(labels kept of a mapping, characters kept of a text), tried in turn until the body is short enough.
The last always is: 3 mappings × 4 pairs × 32 characters of at most 6 bytes, and nine texts more."""


class _Data(msgspec.Struct, frozen=True, kw_only=True):
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


class _CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes CloudEvents prescribes, `sequence` as its extension of that name, and the data."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    sequence: str
    data: _Data


_encoder = msgspec.json.Encoder(order="deterministic")


def encode(event: AlertEvent) -> bytes:
    """Return the body: at most `BODY_LIMIT` bytes, over-long texts and surplus labels cut off."""
    body = b""
    for entries, length in _CAPS:
        body = _encoder.encode(_cloud_event(event, entries, length))
        if len(body) <= BODY_LIMIT:
            break
    return body


def _cloud_event(event: AlertEvent, entries: int, length: int) -> _CloudEvent:
    org, rule, key = (_text(text, length) for text in (event.org, event.rule, event.entity.key))
    return _CloudEvent(
        specversion="1.0",
        id=event.id,
        source=f"/orgs/{org}",
        type=f"io.queuewatch.alert.{event.kind.value}.v1",
        subject=f"{rule}/{key}",
        time=_time(event.occurred_at),
        datacontenttype="application/json",
        sequence=str(event.sequence),
        data=_data(event, entries, length),
    )


def _data(event: AlertEvent, entries: int, length: int) -> _Data:
    age = (event.occurred_at - event.observed_at).total_seconds()
    runbook = event.annotations.get("runbook")
    return _Data(
        kind=event.kind.value,
        state=event.state.value,
        reason=_text(event.reason, length),
        org=_text(event.org, length),
        rule=_text(event.rule, length),
        severity=event.severity.value,
        previous_severity=event.previous_severity.value if event.previous_severity else None,
        entity={**_mapping(event.entity.labels, entries, length), "key": _text(event.entity.key, length)},
        metric=_text(event.metric, length),
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
        observed_at=_time(event.observed_at),
        # A platform whose clock runs ahead of ours is no data from the future.
        data_age_seconds=round(max(0.0, age), 3),
        owner=_text(event.owner, length),
        note=_text(event.note, length),
        labels=_mapping(event.labels, entries, length),
        annotations=_mapping(event.annotations, entries, length),
        links={} if runbook is None else {"runbook": _text(runbook, length)},
    )


def _mapping(pairs: Mapping[str, str], entries: int, length: int) -> dict[str, str]:
    return {_text(name, length): _text(pairs[name], length) for name in sorted(pairs)[:entries]}


def _text(raw: str, length: int) -> str:
    """Return `raw` without lone surrogates, which no JSON encoder takes, cut to `length` characters."""
    sound = raw if raw.isascii() else raw.encode("utf-8", "replace").decode("utf-8")
    return sound if len(sound) <= length else sound[: length - 1] + "…"


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _time(date: datetime) -> str:
    return date.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _optional_time(date: datetime | None) -> str | None:
    return None if date is None else _time(date)
