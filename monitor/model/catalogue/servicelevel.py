"""The metrics of the source `service_level`: what was answered in time, window by window."""

from __future__ import annotations

from monitor.model.metric import BOTH, PLATFORM, QUEUE_MEDIA, Kind, table

WINDOW = (*QUEUE_MEDIA, "window")
LEVEL = (*WINDOW, "threshold", "definition")

SERVICE_LEVEL = table(
    (
        "service_level_ratio",
        Kind.RATIO,
        "ratio",
        LEVEL,
        BOTH,
        "Share answered within the threshold, by the named definition; absent while idle.",
    ),
    (
        "service_level_numerator",
        Kind.COUNT,
        "interactions",
        LEVEL,
        BOTH,
        "Interactions answered within the threshold.",
    ),
    (
        "service_level_denominator",
        Kind.COUNT,
        "interactions",
        LEVEL,
        BOTH,
        "Interactions the service level is taken of.",
    ),
    (
        "queue_offered",
        Kind.COUNT,
        "interactions",
        WINDOW,
        PLATFORM,
        "Interactions offered to the queue in the window.",
    ),
    ("queue_answered", Kind.COUNT, "interactions", WINDOW, BOTH, "Interactions answered in the window."),
    (
        "queue_abandoned",
        Kind.COUNT,
        "interactions",
        WINDOW,
        PLATFORM,
        "Interactions abandoned in the window, short ones included.",
    ),
    (
        "queue_short_abandoned",
        Kind.COUNT,
        "interactions",
        WINDOW,
        PLATFORM,
        "Interactions abandoned so soon that the org counts them as short.",
    ),
    (
        "queue_flowed_out",
        Kind.COUNT,
        "interactions",
        WINDOW,
        PLATFORM,
        "Interactions that left the queue for a flow in the window.",
    ),
    (
        "queue_over_sla",
        Kind.COUNT,
        "interactions",
        WINDOW,
        PLATFORM,
        "Interactions answered after the queue's own target time.",
    ),
    (
        "queue_abandon_ratio",
        Kind.RATIO,
        "ratio",
        WINDOW,
        PLATFORM,
        "Abandoned of answered, abandoned and flowed out in the window; absent while idle.",
    ),
    (
        "queue_speed_of_answer_seconds",
        Kind.DURATION,
        "seconds",
        WINDOW,
        PLATFORM,
        "Average speed of answer (ASA): mean wait of what was answered in the window; absent while idle.",
    ),
    sources=("service_level",),
)

AVERAGES = table(
    (
        "queue_average_handle_seconds",
        Kind.DURATION,
        "seconds",
        WINDOW,
        BOTH,
        "Average handle time (AHT) of what was completed in the window.",
    ),
    (
        "queue_average_wait_seconds",
        Kind.DURATION,
        "seconds",
        WINDOW,
        BOTH,
        "Average wait of what left the queue in the window.",
    ),
    sources=(
        "service_level",
        "queues",
    ),
    alike=False,
)
