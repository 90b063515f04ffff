"""The dashboard *Queue detail*: everything that is known of one queue."""

from __future__ import annotations

from deploy.grafana import moment, variables
from deploy.grafana.boards import Board
from deploy.grafana.moment import IDLE, ORG, SCOPE, UNREAD
from deploy.grafana.names import QUEUE
from deploy.grafana.overview import GAP
from deploy.grafana.panels import (
    BAD,
    COUNT,
    GOOD,
    QUIET,
    SECONDS,
    SHARE,
    STEP,
    WARN,
    Band,
    Query,
    Says,
    Steps,
    Tile,
    figure,
    lines,
    states,
    words,
)
from deploy.grafana.promql import QUEUE as WHOLE
from deploy.grafana.promql import ROW, metric, share

FIRING = (
    "max by (org, rule, severity, queue, media)"
    f' (queuewatch_alert_state{{{SCOPE.queues}, media=~"$media|all|"}}) == 2'
)

LEVEL = Says(
    title="Service level",
    what="Share answered within the queue's own promise, or within the chosen time where none measures"
    " it; every chosen media type together, their counts added up.",
    absent=IDLE,
    unit=SHARE,
    decimals=1,
)

NOW_GAP = Says(
    title="Gap to target",
    what="The target less the service level, of the media type that is furthest below: positive is missing.",
    absent=IDLE,
    unit=SHARE,
    decimals=1,
)

VOLUME = Says(
    title="Volume",
    what="Interactions the service level is taken of in the window. Below 10 or so a percentage says little.",
    absent="the source could not be read.",
    unit=COUNT,
)

WAITING = Says(
    title="Waiting now",
    what="Interactions that wait in the queue at this moment.",
    absent="the source could not be read.",
    unit=COUNT,
)

LONGEST = Says(
    title="Longest wait",
    what="Age of the interaction that has waited longest; 0 when none waits.",
    absent=UNREAD,
    unit=SECONDS,
)

READY = Says(
    title="Agents ready",
    what="Members of the queue that are on queue and idle: each takes the next interaction.",
    absent="the source could not be read.",
    unit=COUNT,
)


def _now() -> tuple[Tile, ...]:
    kept, counted = SCOPE.judged("numerator"), SCOPE.judged("denominator")
    longest_wait = SCOPE.rows("genesys_queue_longest_wait_seconds")
    return (
        figure(LEVEL, Query(expr=share(kept, counted)), interval=STEP),
        figure(NOW_GAP, Query(expr=f"max({SCOPE.gap()})"), interval=STEP, steps=GAP),
        figure(VOLUME, Query(expr=f"sum({counted})"), interval=STEP),
        figure(WAITING, Query(expr=f"sum({SCOPE.rows('genesys_queue_waiting')})")),
        figure(LONGEST, Query(expr=f"max({longest_wait})"), steps=Steps(then=((60, WARN), (180, BAD)))),
        figure(
            READY,
            Query(expr=f"sum({SCOPE.rows('genesys_queue_agents_available', by=WHOLE)})"),
            steps=Steps(first=BAD, then=((1, GOOD),)),
        ),
    )


AGAINST = Says(
    title="Service level against target",
    what="Share answered in time of each media type, at the queue's own promise, and the target it is"
    " meant to reach.",
    absent=f"a gap: {IDLE}",
    unit=SHARE,
    decimals=1,
    least=0,
    most=1,
)

EVERY = Says(
    title="Service level at every threshold",
    what="Share answered within each answer time that is measured, by each definition: genesys counts"
    " abandons as the org does, answered counts answers alone.",
    absent=f"a gap: {IDLE}",
    unit=SHARE,
    decimals=1,
    least=0,
    most=1,
)

BEFORE = Says(
    title="Service level now and a week ago",
    what="The last hour's share answered in time at each moment, beside the same hour seven days"
    " earlier: the hour's average of the numerator divided by that of the denominator. Both are counted at"
    " the answer time that the queue promises today.",
    absent=f"a gap: {IDLE} A week ago nothing may have been recorded yet.",
    unit=SHARE,
    decimals=1,
    least=0,
    most=1,
)


def _kept() -> tuple[Tile, ...]:
    labels = (*ROW, "threshold", "definition")
    parts = [
        f"max by ({', '.join(labels)})"
        f" ({metric(f'genesys_service_level_{part}', SCOPE.queues, SCOPE.media, SCOPE.window)})"
        for part in ("numerator", "denominator")
    ]
    hourly, ago = (
        share(SCOPE.judged("numerator", over), SCOPE.judged("denominator", over))
        for over in ("[1h]", "[1h] offset 1w")
    )
    goal = f"{SCOPE.judged('denominator')} * 0 + on (org, queue_id, media) group_left () {SCOPE.goal()}"
    return (
        lines(
            AGAINST,
            Query(expr=SCOPE.level(), legend="{{media}} within {{threshold}}"),
            Query(expr=goal, legend="{{media}}: target"),
            interval=STEP,
            dashed=["/target$/"],
        ),
        lines(
            EVERY,
            Query(
                expr=f"{parts[0]} / ({parts[1]} > 0)", legend="{{media}} within {{threshold}}, {{definition}}"
            ),
            interval=STEP,
        ),
        lines(
            BEFORE,
            Query(expr=hourly, legend="this week"),
            Query(expr=ago, legend="a week ago"),
            interval="5m",
            dashed=["a week ago"],
            colours={"this week": GOOD, "a week ago": QUIET},
        ),
    )


SAYS = Says(
    title="Alerts of this queue",
    what="queuewatch's own alerts about this queue: pending is breached but not for long enough, firing"
    " was told.",
    absent="no colour: no rule has breached since the start, or queuewatch could not be scraped.",
    unit=COUNT,
    no_value="nothing breached",
)


def _alerts() -> Tile:
    mapping = words({0: ("inactive", GOOD), 1: ("pending", WARN), 2: ("firing", BAD)})
    by = "org, rule, severity, queue_id, media"
    expr = f"max by ({by}) (queuewatch_alert_state{{{SCOPE.queues}}})"
    return states(
        SAYS,
        Query(expr=expr, legend="{{rule}} {{severity}} {{media}}"),
        interval="10s",
        steps=Steps(then=((1, WARN), (2, BAD))),
        mapping=mapping,
        height=6,
    )


def board() -> Board:
    """Return the dashboard."""
    names = f'{ORG}, division=~"$division"'
    return Board(
        uid=QUEUE,
        title="Queue detail",
        description="One queue: its service level against its own promise, its crowd, its agents, its"
        " alerts.",
        bands=[
            Band(title="Now", tiles=_now()),
            Band(title="Promise", tiles=(*_kept(), _alerts())),
            Band(title="Flow", tiles=moment.flow()),
            Band(title="At this moment", tiles=moment.here()),
            Band(title="Agents", tiles=moment.people()),
        ],
        choices=[
            variables.one_org(),
            variables.division(ORG),
            variables.one(
                "queue", "Queue", f"label_values(genesys_queue_info{{{names}}}, queue)", "A queue, by name."
            ),
            variables.several(
                "queue_id",
                "Queue id",
                f"label_values(genesys_queue_info{{{names}, queue=${{queue:doublequote}}}}, queue_id)",
                "The queue's id: two queues may have one name, and one queue two names in time.",
                everything=None,
            ),
            variables.media(f'{ORG}, queue_id=~"$queue_id"'),
            variables.window(f'{ORG}, queue_id=~"$queue_id"'),
            variables.threshold(f'{ORG}, queue_id=~"$queue_id"'),
            variables.goal(),
            variables.promise(),
        ],
        alerts=FIRING,
    )
