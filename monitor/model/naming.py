"""The names a template may use, in bodies made of an event or a group and in the annotations of a rule."""

from __future__ import annotations

ANNOTATION_NAMES = (
    "rule",
    "severity",
    "previous_severity",
    "kind",
    "state",
    "reason",
    "org",
    "queue",
    "queue_id",
    "media",
    "entity",
    "value",
    "numerator",
    "denominator",
    "metric",
    "operator",
    "threshold",
    "started_at",
    "fired_at",
    "resolved_at",
    "occurred_at",
    "observed_at",
    "data_age_seconds",
    "episode",
    "sequence",
    "owner",
    "note",
    "labels",
    "drill",
    "id",
)
"""What an annotation may say: everything of its event but the annotations themselves and what they make."""

EVENT_NAMES = (
    *ANNOTATION_NAMES,
    "annotations",
    "links",
    "group",
    "alerts",
    "count",
    "firing",
    "resolved",
)
"""What a body, a subject or a summary may say. Of a group, an event's own name is that of its worst member;
`group` are the labels its members share, `alerts` the members, `firing` and `resolved` how many are which."""
