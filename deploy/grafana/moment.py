"""What one queue is like from moment to moment: its flow, its crowd, its agents. Part of *Queue detail*.

In: the queue that the dashboard's variables name. Out: tiles.
"""

from __future__ import annotations

from deploy.grafana.panels import (
    BAD,
    COUNT,
    GOOD,
    MINT,
    QUIET,
    ROSE,
    SECONDS,
    SHARE,
    SKY,
    SLOW,
    STATUSES,
    STEP,
    WARN,
    Query,
    Says,
    Tile,
    lines,
)
from deploy.grafana.promql import QUEUE as WHOLE
from deploy.grafana.promql import Scope

ORG = 'org="$org"'
SCOPE = Scope(queues=f'{ORG}, queue_id=~"$queue_id"', media='media=~"$media"')

IDLE = "the queue was idle in the window, or its source could not be read; Monitor health tells which."
UNREAD = "the source could not be read, or the platform does not tell it (the guides' dialect)."

FATE = Says(
    title="What became of the interactions",
    what="Interactions of the window: answered, abandoned, left for a flow. Each point is a rolling"
    " count over the window, so neighbouring points count the same interactions again.",
    absent=f"a gap: {UNREAD}",
    unit=COUNT,
    least=0,
)

LATE = Says(
    title="Offered, and answered after the target time",
    what="Interactions offered to the queue in the window, and those answered after the queue's own"
    " target time.",
    absent=f"a gap: {UNREAD}",
    unit=COUNT,
    least=0,
)

LOST = Says(
    title="Abandonment",
    what="Abandoned interactions of all that were answered, abandoned or flowed out in the window; and"
    " how many of the abandoned ones were short. Counts of the media types are added up.",
    absent=f"a gap: {IDLE}",
    unit=SHARE,
    decimals=1,
    least=0,
)

ANSWER = Says(
    title="Speed of answer and wait",
    what="Average speed of answer (ASA) of what was answered in the window, and average wait of what"
    " left the queue.",
    absent=f"a gap: {IDLE}",
    unit=SECONDS,
    least=0,
)

HANDLE = Says(
    title="Average handle time",
    what="Average handle time (AHT) of what was completed in the window: talk, hold and after-call work.",
    absent=f"a gap: {IDLE}",
    unit=SECONDS,
    least=0,
)


def flow() -> tuple[Tile, ...]:
    """Return what came and what became of it."""
    fates = {
        "answered": "genesys_queue_answered",
        "abandoned": "genesys_queue_abandoned",
        "flowed out": "genesys_queue_flowed_out",
    }
    sums = {name: f"sum({SCOPE.windowed(one)})" for name, one in fates.items()}
    over = f"sum({SCOPE.windowed('genesys_queue_over_sla')})"
    short = f"sum({SCOPE.windowed('genesys_queue_short_abandoned')})"
    ended = f"({' + '.join(sums.values())} > 0)"
    return (
        lines(
            FATE,
            *(Query(expr=one, legend=name) for name, one in sums.items()),
            interval=STEP,
            stacked=True,
            colours={"answered": GOOD, "abandoned": BAD, "flowed out": WARN},
        ),
        lines(
            LATE,
            Query(expr=f"sum({SCOPE.windowed('genesys_queue_offered')})", legend="offered"),
            Query(expr=over, legend="answered late"),
            interval=STEP,
            colours={"offered": GOOD, "answered late": WARN},
        ),
        lines(
            LOST,
            Query(expr=f"{sums['abandoned']} / {ended}", legend="abandoned"),
            Query(expr=f"{short} / {ended}", legend="abandoned soon"),
            interval=STEP,
            colours={"abandoned": BAD, "abandoned soon": QUIET},
            width=8,
        ),
        lines(
            ANSWER,
            Query(expr=SCOPE.windowed("genesys_queue_speed_of_answer_seconds"), legend="{{media}}: answer"),
            Query(expr=SCOPE.windowed("genesys_queue_average_wait_seconds"), legend="{{media}}: wait"),
            interval=STEP,
            width=8,
        ),
        lines(
            HANDLE,
            Query(expr=SCOPE.windowed("genesys_queue_average_handle_seconds"), legend="{{media}}"),
            interval=STEP,
            width=8,
        ),
    )


INSIDE = Says(
    title="In the queue",
    what="Interactions at each moment: waiting, ringing at an agent, connected to one.",
    absent=f"a gap: {UNREAD}",
    unit=COUNT,
    least=0,
)

AGES = Says(
    title="Longest wait and longest interaction",
    what="Age of the interaction that has waited longest, and of the one connected longest; 0 when there"
    " is none.",
    absent=f"a gap: {UNREAD}",
    unit=SECONDS,
    least=0,
)


def here() -> tuple[Tile, ...]:
    """Return who waits and talks now."""
    inside_of = {
        "waiting": "genesys_queue_waiting",
        "ringing": "genesys_queue_alerting",
        "connected": "genesys_queue_interacting",
    }
    return (
        lines(
            INSIDE,
            *(Query(expr=f"sum({SCOPE.rows(one)})", legend=name) for name, one in inside_of.items()),
            colours={"waiting": BAD, "ringing": WARN, "connected": GOOD},
        ),
        lines(
            AGES,
            Query(expr=SCOPE.rows("genesys_queue_longest_wait_seconds"), legend="{{media}}: wait"),
            Query(
                expr=SCOPE.rows("genesys_queue_longest_interaction_seconds"), legend="{{media}}: interaction"
            ),
        ),
    )


PEOPLE_STATUSES = Says(
    title="Agents by routing status",
    what="Members of the queue by what routing sees them do. An agent of several queues counts in each.",
    absent=f"a gap: {UNREAD}",
    unit=COUNT,
    least=0,
)

PRESENCES = Says(
    title="Agents by presence",
    what="Members of the queue by what they say of themselves, in the platform's own words.",
    absent=f"a gap: {UNREAD}",
    unit=COUNT,
    least=0,
)

STAFFING = Says(
    title="Staffing",
    what="Members of the queue; those that have it switched on; of those the ones on queue; and ready or"
    " busy ones.",
    absent=f"a gap: {UNREAD}",
    unit=COUNT,
    least=0,
)

USED = Says(
    title="Utilization of the queue's agents",
    what="Active time in this queue of its agents' last intervals: talk, hold and after-call work.",
    absent="a gap: the source agents is off, could not be read, or the platform does not tell it.",
    unit=SHARE,
    least=0,
    most=1,
)


def people() -> tuple[Tile, ...]:
    """Return who is there to answer."""
    crew = {
        "members": "genesys_queue_members",
        "switched on": "genesys_queue_active_members",
        "on queue": "genesys_queue_agents_on_queue",
        "off queue": "genesys_queue_agents_off_queue",
        "ready": "genesys_queue_agents_available",
        "busy": "genesys_queue_agents_busy",
    }
    colours = dict(zip(crew, (QUIET, ROSE, SKY, WARN, GOOD, MINT), strict=True))
    by_status = SCOPE.rows("genesys_queue_agents", by=(*WHOLE, "status"))
    by_presence = SCOPE.rows("genesys_queue_agents_presence", by=(*WHOLE, "presence"))
    utilization = SCOPE.rows("genesys_queue_utilization_ratio", by=(*WHOLE, "interval"))
    return (
        lines(PEOPLE_STATUSES, Query(expr=by_status, legend="{{status}}"), stacked=True, colours=STATUSES),
        lines(PRESENCES, Query(expr=by_presence, legend="{{presence}}"), stacked=True),
        lines(
            STAFFING,
            *(Query(expr=f"sum({SCOPE.rows(one, by=WHOLE)})", legend=name) for name, one in crew.items()),
            colours=colours,
        ),
        lines(USED, Query(expr=utilization, legend="last {{interval}}"), interval=SLOW),
    )
