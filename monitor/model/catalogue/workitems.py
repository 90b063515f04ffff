"""The metrics of the source `workitems`."""

from __future__ import annotations

from monitor.model.metric import BOTH, GUIDES, PLATFORM, QUEUE, Kind, table

WORKITEMS = table(
    (
        "workitem_sla_ratio",
        Kind.RATIO,
        "ratio",
        QUEUE,
        BOTH,
        "Work items that met their service level, of all that ended since local midnight; absent while idle.",
    ),
    (
        "workitem_sla_met",
        Kind.COUNT,
        "workitems",
        QUEUE,
        BOTH,
        "Work items that met their service level since local midnight.",
    ),
    (
        "workitem_sla_missed",
        Kind.COUNT,
        "workitems",
        QUEUE,
        BOTH,
        "Work items that missed their service level since local midnight.",
    ),
    ("workitem_backlog", Kind.SNAPSHOT, "workitems", QUEUE, BOTH, "Unfinished work items, assigned or not."),
    (
        "workitem_backlog_change",
        Kind.SNAPSHOT,
        "workitems",
        QUEUE,
        BOTH,
        "Change of the backlog against the end of the bucket before.",
    ),
    (
        "workitem_backlog_daily_peak",
        Kind.SNAPSHOT,
        "workitems",
        QUEUE,
        BOTH,
        "Largest backlog at the end of a bucket of today, in the org's time zone.",
    ),
    (
        "workitem_wait_seconds",
        Kind.DURATION,
        "seconds",
        QUEUE,
        GUIDES,
        "Average wait of work items in the newest bucket.",
    ),
    ("workitem_unassigned", Kind.SNAPSHOT, "workitems", QUEUE, PLATFORM, "Work items nobody has been given."),
    ("workitem_overdue", Kind.SNAPSHOT, "workitems", QUEUE, PLATFORM, "Work items past their due date."),
    (
        "workitem_oldest_unassigned_seconds",
        Kind.DURATION,
        "seconds",
        QUEUE,
        PLATFORM,
        "Age of the oldest work item nobody has been given; 0 when there is none.",
    ),
    sources=("workitems",),
)
