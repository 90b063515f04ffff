"""The metrics of the sources `queues` and `directory`: how the queues are right now."""

from __future__ import annotations

from monitor.model.metric import BOTH, PLATFORM, QUEUE, QUEUE_MEDIA, Kind, table

QUEUES = table(
    ("queue_waiting", Kind.SNAPSHOT, "interactions", QUEUE_MEDIA, BOTH, "Interactions waiting in the queue."),
    (
        "queue_interacting",
        Kind.SNAPSHOT,
        "interactions",
        QUEUE_MEDIA,
        PLATFORM,
        "Interactions connected to an agent.",
    ),
    (
        "queue_alerting",
        Kind.SNAPSHOT,
        "interactions",
        QUEUE_MEDIA,
        PLATFORM,
        "Interactions ringing at an agent.",
    ),
    (
        "queue_longest_wait_seconds",
        Kind.DURATION,
        "seconds",
        QUEUE_MEDIA,
        PLATFORM,
        "Age of the longest-waiting interaction; 0 when none waits.",
    ),
    (
        "queue_longest_interaction_seconds",
        Kind.DURATION,
        "seconds",
        QUEUE_MEDIA,
        PLATFORM,
        "Age of the longest connected interaction; 0 when none is connected.",
    ),
    (
        "queue_agents",
        Kind.SNAPSHOT,
        "agents",
        (*QUEUE, "status"),
        PLATFORM,
        "Members of the queue by routing status.",
    ),
    (
        "queue_agents_presence",
        Kind.SNAPSHOT,
        "agents",
        (*QUEUE, "presence"),
        PLATFORM,
        "Members of the queue by system presence.",
    ),
    (
        "queue_agents_available",
        Kind.SNAPSHOT,
        "agents",
        QUEUE,
        BOTH,
        "Members ready for the next interaction (IDLE).",
    ),
    (
        "queue_agents_busy",
        Kind.SNAPSHOT,
        "agents",
        QUEUE,
        BOTH,
        "Members handling something (INTERACTING or COMMUNICATING).",
    ),
    ("queue_agents_on_queue", Kind.SNAPSHOT, "agents", QUEUE, PLATFORM, "Active members that are on queue."),
    (
        "queue_agents_off_queue",
        Kind.SNAPSHOT,
        "agents",
        QUEUE,
        PLATFORM,
        "Active members that are off queue.",
    ),
    ("queue_members", Kind.SNAPSHOT, "agents", QUEUE, PLATFORM, "Members of the queue, active or not."),
    (
        "queue_active_members",
        Kind.SNAPSHOT,
        "agents",
        QUEUE,
        PLATFORM,
        "Members that have joined (activated) the queue.",
    ),
    sources=("queues",),
)

DIRECTORY = table(
    (
        "queue_info",
        Kind.INFO,
        "",
        (*QUEUE, "division", "division_id"),
        BOTH,
        "1; carries the queue's division.",
    ),
    (
        "queue_target_ratio",
        Kind.RATIO,
        "ratio",
        QUEUE_MEDIA,
        BOTH,
        "The queue's own service-level target, 0 to 1.",
    ),
    (
        "queue_target_seconds",
        Kind.DURATION,
        "seconds",
        QUEUE_MEDIA,
        BOTH,
        "The answer time of the queue's own service-level target.",
    ),
    sources=("directory",),
)
