"""The metrics of the source `agents`: how much of an interval people worked."""

from __future__ import annotations

from monitor.model.metric import BOTH, PLATFORM, QUEUE, Kind, table

AGENT = ("agent_id", "agent", "interval")
"""`agent`, the name, is there only where `include_names` is set."""

AGENTS = table(
    (
        "agent_utilization_ratio",
        Kind.RATIO,
        "ratio",
        AGENT,
        BOTH,
        "Completed handle time of the interval, capped at 1.",
    ),
    (
        "agent_active_seconds",
        Kind.DURATION,
        "seconds",
        AGENT,
        BOTH,
        "Completed handle time of the interval, hold and after-call work included; not capped.",
    ),
    (
        "agent_handle_seconds",
        Kind.DURATION,
        "seconds",
        AGENT,
        BOTH,
        "Of the active time, what is neither hold nor after-call work.",
    ),
    ("agent_acw_seconds", Kind.DURATION, "seconds", AGENT, BOTH, "Of the active time, after-call work."),
    (
        "agent_hold_seconds",
        Kind.DURATION,
        "seconds",
        AGENT,
        BOTH,
        "Of the active time, what the customer spent on hold.",
    ),
    (
        "agent_occupancy_ratio",
        Kind.RATIO,
        "ratio",
        AGENT,
        PLATFORM,
        "Interacting and communicating of on-queue time; absent for who was not on queue.",
    ),
    (
        "agent_status_seconds",
        Kind.DURATION,
        "seconds",
        (*AGENT, "status"),
        PLATFORM,
        "Time in each routing status.",
    ),
    (
        "queue_utilization_ratio",
        Kind.RATIO,
        "ratio",
        (*QUEUE, "interval"),
        PLATFORM,
        "Active time in the queue of its agents' intervals; agents are those that completed work in it.",
    ),
    sources=("agents",),
)
