"""What Alertmanager tells its receivers (webhook version 4), and what it is told (API v2). Pure.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
https://github.com/prometheus/alertmanager/blob/v0.27.0/api/v2/openapi.yaml
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TypedDict

from monitor.kit.filters import cut
from monitor.model.alert import EventKind
from monitor.outbox import envelope
from monitor.outbox.envelope import CloudEvent
from monitor.outbox.forms import standing, wording
from monitor.outbox.forms.fitting import leading
from monitor.outbox.notice import Notice

CONTENT_TYPE = "application/json"

LIMIT = 20_000
"""Bytes of a body of several alerts, for receivers that verify signatures: Standard Webhooks' limit."""

LABELS = 40
"""Labels kept of an alert, and annotations; Prometheus' users have a dozen."""

_LABEL_LENGTH = 200
_ANNOTATION_LENGTH = 500

NEVER = "0001-01-01T00:00:00Z"
"""Go's zero date: how Alertmanager says that an alert has not ended."""

_NAME = re.compile(r"[^a-zA-Z0-9_]")

# https://pkg.go.dev/hash/fnv: the 64-bit offset and prime.
_OFFSET = 14695981039346656037
_PRIME = 1099511628211


class Alert(TypedDict):
    """One alert, in Alertmanager's own words."""

    status: str
    labels: dict[str, str]
    annotations: dict[str, str]
    startsAt: str
    endsAt: str
    generatorURL: str
    fingerprint: str


def webhook(notice: Notice) -> bytes:
    """Return what Alertmanager would post: version 4, the first events, as many as fit into `LIMIT`."""
    return envelope.pack(_message(notice, notice.events[: fit(notice)]))


def fit(notice: Notice) -> int:
    """Return how many of the first events the body holds: one at least, whose parts are bounded."""
    # What all have in common is in what the first has.
    alone = len(envelope.pack(_message(notice, notice.events[:1])))
    sizes = (len(envelope.pack(_alerts(event))) for event in notice.events[1:])
    return 1 + leading(sizes, LIMIT - alone)


def push(notice: Notice) -> bytes:
    """Return what `POST /api/v2/alerts` takes. What has no `endsAt` still fires, and is to be told again."""
    alerts = [alert for event in notice.events for alert in _alerts(event)]
    return envelope.pack([_pushed(alert) for alert in alerts])


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return Prometheus' fingerprint of a label set: FNV-1a over sorted names and values, 0xff after each."""
    found = _OFFSET
    for name in sorted(labels):
        for byte in b"".join(part.encode("utf-8", "replace") + b"\xff" for part in (name, labels[name])):
            found = ((found ^ byte) * _PRIME) & 0xFFFFFFFFFFFFFFFF
    return f"{found:016x}"


def _message(notice: Notice, events: Sequence[CloudEvent]) -> dict[str, object]:
    """Return the message of the first events; what is common is common to these."""
    alerts = [alert for event in events for alert in _alerts(event)]
    return {
        "receiver": notice.receiver,
        "status": "firing" if standing.firing(notice) else "resolved",
        "alerts": alerts,
        "groupLabels": _group_labels(notice),
        "commonLabels": _common([alert["labels"] for alert in alerts]),
        "commonAnnotations": _common([alert["annotations"] for alert in alerts]),
        "externalURL": notice.page,
        "version": "4",
        "groupKey": _group_key(notice),
        "truncatedAlerts": sum(1 + _changed(event) for event in notice.events[len(events) :]),
    }


def _alerts(event: CloudEvent) -> list[Alert]:
    """Return the alert of an event; and of one whose level changed, the end of it at its old level.

    A severity is a label, and labels are all that Alertmanager knows an alert by.
    """
    data = event.data
    found = [_alert(event, data.severity, over=standing.over(event))]
    if _changed(event):
        found.append(_alert(event, str(data.previous_severity), over=True))
    return found


def _changed(event: CloudEvent) -> bool:
    data = event.data
    return data.kind == EventKind.LEVEL_CHANGED and data.previous_severity not in {None, data.severity}


def _alert(event: CloudEvent, severity: str, *, over: bool) -> Alert:
    data, labels = event.data, _labels(event, severity)
    begun = data.fired_at or data.started_at or event.time
    # A level's end is now; an alert's own end is when it was over, if that is known.
    ended = event.time if severity != data.severity else data.resolved_at or event.time
    return {
        "status": "resolved" if over else "firing",
        "labels": labels,
        "annotations": _annotations(event),
        "startsAt": _date(begun),
        "endsAt": _date(ended) if over else NEVER,
        "generatorURL": data.links.get("page", ""),
        "fingerprint": fingerprint(labels),
    }


def _pushed(alert: Alert) -> dict[str, object]:
    left_out = {"status", "fingerprint"}
    if alert["endsAt"] == NEVER:
        left_out.add("endsAt")
    if not alert["generatorURL"]:
        left_out.add("generatorURL")
    return {name: value for name, value in alert.items() if name not in left_out}


def _labels(event: CloudEvent, severity: str) -> dict[str, str]:
    """Return the labels, without empty ones, which are none; ours win over those of the rule."""
    data = event.data
    entity = {name: value for name, value in data.entity.items() if name != "key"}
    labels = {
        **data.labels,
        **(entity or {"entity": data.entity.get("key", "")}),
        "org": data.org,
        "alertname": data.rule,
        "severity": "none" if data.kind == EventKind.HEARTBEAT else severity,
    }
    named = {
        _name(name): cut(value, _LABEL_LENGTH) for name, value in sorted(labels.items()) if name and value
    }
    return _few(named, {"alertname", "severity", *entity})


def _few(pairs: dict[str, str], first: Collection[str] = ()) -> dict[str, str]:
    """Return at most LABELS of them: `first` what tells alerts apart."""
    kept = sorted(pairs, key=lambda name: (name not in first, name))[:LABELS]
    return {name: pairs[name] for name in sorted(kept)}


def _name(name: str) -> str:
    """Return a label name as Prometheus has always taken them."""
    plain = _NAME.sub("_", name[:_LABEL_LENGTH])
    return f"_{plain}" if plain[0].isdigit() else plain


def _annotations(event: CloudEvent) -> dict[str, str]:
    given = event.data.annotations.items()
    found = _few({_name(name): cut(value, _ANNOTATION_LENGTH) for name, value in given if name and value})
    found.setdefault("summary", wording.headline(event))
    if event.data.drill:
        found["drill"] = "true"
    return found


def _common(mappings: Sequence[Mapping[str, str]]) -> dict[str, str]:
    first, *others = mappings
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _group_labels(notice: Notice) -> dict[str, str]:
    """Return what the members share by grouping; an alert by itself is a group of all but its level."""
    if notice.group is not None:
        labels = notice.group.labels
        return {("alertname" if name == "rule" else _name(name)): labels[name] for name in sorted(labels)}
    labels = _labels(notice.events[0], notice.events[0].data.severity)
    return {name: value for name, value in labels.items() if name != "severity"}


def _group_key(notice: Notice) -> str:
    if notice.group is not None:
        return notice.group.key
    pairs = (f'{name}="{_escaped(value)}"' for name, value in sorted(_group_labels(notice).items()))
    return "{}:{" + ", ".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _date(date: str) -> str:
    """Return a date as Go writes it: no zeros at the end of a fraction."""
    whole, _, fraction = date.removesuffix("Z").partition(".")
    kept = fraction.rstrip("0")
    return f"{whole}.{kept}Z" if kept else f"{whole}Z"
