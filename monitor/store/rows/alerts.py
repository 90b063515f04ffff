"""Alerts, silences and the newest event of each alert."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.model.alert import (
    EVERYBODY,
    Acknowledgement,
    Alert,
    AlertState,
    Entity,
    Evidence,
    Hearing,
    Strand,
)
from monitor.model.delivery import StateRecord
from monitor.model.route import Group
from monitor.model.rule import Matcher, Severity
from monitor.model.silence import Silence
from monitor.store.rows.values import (
    EPOCH,
    Row,
    Value,
    body,
    date,
    decoded,
    micros,
    optional_date,
    optional_micros,
    text,
    whole,
)


def from_alert(alert: Alert) -> tuple[Value, ...]:
    """Return the columns of `PUT_ALERT`. A value that is no finite number becomes NULL: unknown."""
    return (
        text(alert.org),
        text(alert.rule),
        text(alert.entity.key),
        alert.severity.value,
        json.dumps(dict(alert.entity.labels), allow_nan=False),
        alert.state.value,
        alert.episode,
        alert.sequence,
        alert.value if alert.value is not None and math.isfinite(alert.value) else None,
        max((strand.held for strand in alert.strands.values()), default=0.0),
        int(alert.known),
        optional_micros(alert.active_at),
        optional_micros(alert.fired_at),
        optional_micros(alert.resolved_at),
        json.dumps(_detail(alert), allow_nan=False),
    )


def to_alert(row: Row) -> Alert:
    """Return the alert in the columns of `LOAD_ALERTS`.

    Raises:
        ValueError: a column holds what no version of ours wrote.
    """
    org, rule, key, severity, labels, state, episode, sequence, value, held, known, *rest = row
    active, fired, resolved, detail = rest
    more = decoded(detail)
    standing = Strand(state=AlertState(str(state)), held=float(held or 0.0))
    # A row of schema 1 has no strands: its one level was what the alert was.
    strands = more.get("strands") or {str(severity): _from_strand(standing)}
    ack = more.get("acknowledged")
    return Alert(
        org=str(org),
        rule=str(rule),
        severity=Severity(str(severity)),
        entity=Entity(key=str(key), labels=_labels(decoded(labels))),
        state=AlertState(str(state)),
        episode=whole(episode),
        sequence=whole(sequence),
        evidence=Evidence(value=None if value is None else float(value)),
        known=bool(known),
        active_at=optional_date(active),
        fired_at=optional_date(fired),
        resolved_at=optional_date(resolved),
        strands={Severity(name): _to_strand(strand) for name, strand in strands.items()},
        reason=str(more.get("reason", "")),
        told=Severity(told) if (told := more.get("told", _standing_told(standing, str(severity)))) else None,
        told_at=optional_date(more.get("told_at", fired)),
        heard=_heard(more, optional_date(fired) or optional_date(active) or EPOCH),
        muted=str(more.get("muted", "")),
        acknowledged=_to_acknowledgement(ack) if ack else None,
        history=_history(more.get("history", (0, 0, False))),
    )


def _detail(alert: Alert) -> dict[str, object]:
    """Return what has no column of its own."""
    ack = alert.acknowledged
    return {
        "strands": {severity.value: _from_strand(strand) for severity, strand in alert.strands.items()},
        "reason": alert.reason,
        "told": alert.told.value if alert.told else None,
        "told_at": optional_micros(alert.told_at),
        "heard": {name: _from_hearing(hearing) for name, hearing in alert.heard.items()},
        "muted": alert.muted,
        "history": list(alert.history),
        "acknowledged": None
        if ack is None
        else {
            "owner": ack.owner,
            "note": ack.note,
            "at": micros(ack.at),
            "until": optional_micros(ack.until),
        },
    }


def _heard(more: Mapping[str, Any], at: datetime) -> dict[str, Hearing]:
    """Return who heard. Schema 2 wrote down only the names, schema 1 told everybody; `at` is when."""
    if "heard" in more:
        return {str(name): _to_hearing(raw) for name, raw in more["heard"].items()}
    return {str(name): Hearing(at=at) for name in more.get("told_to", [EVERYBODY])}


def _from_hearing(hearing: Hearing) -> dict[str, object]:
    group = hearing.group
    return {
        "at": micros(hearing.at),
        "group": None
        if group is None
        else {
            "key": group.key,
            "labels": dict(group.labels),
            "wait": group.wait,
            "interval": group.interval,
        },
    }


def _to_hearing(raw: Mapping[str, Any]) -> Hearing:
    group = raw["group"]
    return Hearing(
        at=date(raw["at"]),
        group=None
        if group is None
        else Group(
            key=str(group["key"]),
            labels=_labels(group["labels"]),
            wait=float(group["wait"]),
            interval=float(group["interval"]),
        ),
    )


def _labels(raw: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in raw.items()}


def _from_strand(strand: Strand) -> dict[str, object]:
    return {
        "state": strand.state.value,
        "held": strand.held,
        "clearing": strand.clearing,
        "forced": strand.forced,
    }


def _to_strand(raw: Mapping[str, Any]) -> Strand:
    return Strand(
        state=AlertState(raw["state"]),
        held=float(raw["held"]),
        clearing=bool(raw["clearing"]),
        forced=bool(raw["forced"]),
    )


def _to_acknowledgement(raw: Mapping[str, Any]) -> Acknowledgement:
    return Acknowledgement(
        owner=str(raw["owner"]), note=str(raw["note"]), at=date(raw["at"]), until=optional_date(raw["until"])
    )


def _history(raw: Sequence[Any]) -> tuple[int, int, bool]:
    bits, count, flapping = raw
    return int(bits), int(count), bool(flapping)


def _standing_told(strand: Strand, severity: str) -> str | None:
    """Return what was told of an alert of schema 1: its fire, if it fires."""
    return severity if strand.state is AlertState.FIRING else None


def from_silence(silence: Silence) -> tuple[Value, ...]:
    """Return the columns of `PUT_SILENCE`."""
    matchers = [
        {"label": one.label, "globs": list(one.globs), "regex": one.regex} for one in silence.matchers
    ]
    return (
        silence.id,
        micros(silence.starts_at),
        micros(silence.ends_at),
        text(silence.owner),
        text(silence.comment),
        json.dumps(matchers),
    )


def to_silence(row: Row) -> Silence:
    """Return the silence in the columns of `LOAD_SILENCES`. Raises ValueError for a foreign value."""
    name, starts, ends, owner, comment, matchers = row
    return Silence(
        id=str(name),
        starts_at=date(whole(starts)),
        ends_at=date(whole(ends)),
        owner=str(owner),
        comment=str(comment),
        matchers=tuple(
            Matcher(label=one["label"], globs=tuple(one["globs"]), regex=one["regex"])
            for one in json.loads(str(matchers))
        ),
    )


def from_state(state: StateRecord) -> tuple[Value, ...]:
    """Return the columns of `PUT_STATE`."""
    return (text(state.org), text(state.rule), text(state.entity), state.event_id, state.sequence, state.body)


def to_state(row: Row) -> StateRecord:
    """Return the state in the columns of `LOAD_STATES`. Raises ValueError for a foreign value."""
    org, rule, entity, event_id, sequence, content = row
    return StateRecord(
        org=str(org),
        rule=str(rule),
        entity=str(entity),
        event_id=str(event_id),
        sequence=whole(sequence),
        body=body(content),
    )
