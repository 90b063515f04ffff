"""The dashboard *Service level overview*: every queue, worst first; what was promised and what was kept."""

from __future__ import annotations

from deploy.grafana import tables, variables
from deploy.grafana.boards import Board
from deploy.grafana.names import OVERVIEW, QUEUE
from deploy.grafana.panels import (
    BAD,
    COUNT,
    GOOD,
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
    heatmap_of_rows,
    lines,
    states,
)
from deploy.grafana.promql import Scope, largest, share

ORG = 'org=~"$org"'
SCOPE = Scope(
    queues=ORG, media='media=~"$media"', within=f'genesys_queue_info{{{ORG}, division=~"$division"}}'
)
FIRING = f"max by (org, rule, severity, queue, media) (queuewatch_alert_state{{{ORG}}}) == 2"

GAP = Steps(first=GOOD, then=((0.000001, WARN), (0.1, BAD)))
"""How far below its target: not at all; less than ten points; ten points or more."""

IDLE = "the queue was idle in the window, or its source could not be read; Monitor health tells which."

DETAIL = (
    f"/d/{QUEUE}?${{__url_time_range}}&var-datasource=${{datasource:percentencode}}"
    "&var-org=${__data.fields.org:percentencode}&var-queue=${__data.fields.queue:percentencode}"
    "&var-queue_id=${__data.fields.queue_id:percentencode}&var-media=${__data.fields.media:percentencode}"
    "&var-window=${window:percentencode}&var-threshold=${threshold:percentencode}"
    "&var-target=${target:percentencode}&var-page=${page:percentencode}"
)
"""Queue detail, of the queue of a row."""


KEPT = Says(
    title="Answered as promised",
    what="Of everything that counts in the window, in all queues shown, the share that was answered"
    " within the time its own queue promises. The counts are added up, never the percentages.",
    absent="every queue was idle in the window, or no source could be read.",
    unit=SHARE,
    decimals=1,
)

BELOW = Says(
    title="Queues below target",
    what="Queues and media types whose service level is below their own target right now, however few"
    " interactions that is about.",
    absent="every queue was idle, or no service level could be read.",
    unit=COUNT,
    no_value="idle or unknown",
)

WAITING = Says(
    title="Waiting now",
    what="Interactions that wait in the queues shown, at this moment.",
    absent="no source could be read.",
    unit=COUNT,
)

LONGEST = Says(
    title="Longest wait",
    what="Age of the interaction that has waited longest in any queue shown; 0 when none waits.",
    absent="no source could be read, or the platform does not tell it (the guides' dialect).",
    unit=SECONDS,
)

NOW_FIRING = Says(
    title="Alerts firing",
    what="queuewatch's own alerts that fire, of all orgs. The live page tells which, and takes"
    " acknowledgements.",
    absent="queuewatch could not be scraped.",
    unit=COUNT,
)

OLDEST = Says(
    title="Oldest queue data",
    what="Age of the oldest answer about queues and service levels: how old what is shown here may be.",
    absent="queuewatch has had no answer yet, or could not be scraped.",
    unit=SECONDS,
)


def _now() -> tuple[Tile, ...]:
    counted = 'sum(max by (severity) (queuewatch_alerts{state="firing"}))'
    age = f'queuewatch_source_data_age_seconds{{{ORG}, source=~"queues|service_level"}}'
    return (
        figure(
            KEPT, Query(expr=share(SCOPE.judged("numerator"), SCOPE.judged("denominator"))), interval=STEP
        ),
        figure(
            BELOW,
            # A level of nothing is no breach: compared with `bool` each known queue counts, as 1 or as 0.
            Query(expr=f"sum(({SCOPE.gap()}) > bool 0)"),
            interval=STEP,
            steps=Steps(first=GOOD, then=((1, WARN), (3, BAD))),
        ),
        figure(WAITING, Query(expr=f"sum({SCOPE.rows('genesys_queue_waiting')})")),
        figure(
            LONGEST,
            Query(expr=f"max({SCOPE.rows('genesys_queue_longest_wait_seconds')})"),
            steps=Steps(then=((60, WARN), (180, BAD))),
        ),
        figure(
            NOW_FIRING,
            Query(expr=f"{counted} or max(queuewatch_build_info) * 0"),
            steps=Steps(then=((1, BAD),)),
        ),
        figure(OLDEST, Query(expr=f"max({age})"), steps=Steps(then=((90, WARN), (300, BAD)))),
    )


def _of_media(name: str) -> str:
    # A figure of the whole queue, said again for each of its media types: it gets the row's labels.
    agents = largest(("org", "queue_id"), f"{name}{{{ORG}}}")
    return f"{SCOPE.rows('genesys_queue_waiting')} * 0 + on (org, queue_id) group_left () {agents}"


SAYS = Says(
    title="Queues, worst first",
    what="One row for each queue and media type. The service level is taken at the queue's own promise"
    " (the column Within), or at the chosen answer time where no threshold measures that promise. Gap is"
    " the target less the service level: a positive gap is what is missing. Click a queue for its"
    " details.",
    absent=IDLE + " Agents and the longest wait are not told in the guides' dialect in full.",
    unit=COUNT,
)


def _table() -> Tile:
    # Rows are made of what waits, which every queue tells at all times.
    goal = (
        f"{SCOPE.rows('genesys_queue_waiting')} * 0 + on (org, queue_id, media) group_left () {SCOPE.goal()}"
    )
    column = tables.Column
    return tables.rows(
        SAYS,
        {"org": "Org", "queue": "Queue", "media": "Media", "threshold": "Within", "queue_id": ""},
        column(title="Service level", expr=SCOPE.level(), unit=SHARE, decimals=1),
        column(title="Target", expr=goal, unit=SHARE, decimals=0),
        column(
            title="Gap",
            expr=f"max by (org, queue_id, queue, media) ({SCOPE.gap()})",
            unit=SHARE,
            decimals=1,
            steps=GAP,
        ),
        column(
            title="Volume",
            expr=f"max by (org, queue_id, queue, media) ({SCOPE.judged('denominator')})",
            unit=COUNT,
        ),
        column(title="Waiting", expr=SCOPE.rows("genesys_queue_waiting"), unit=COUNT),
        column(title="Longest wait", expr=SCOPE.rows("genesys_queue_longest_wait_seconds"), unit=SECONDS),
        column(title="Agents ready", expr=_of_media("genesys_queue_agents_available"), unit=COUNT),
        column(title="Agents on queue", expr=_of_media("genesys_queue_agents_on_queue"), unit=COUNT),
        sort="Gap",
        links=[tables.Link(title="Queue detail", url=DETAIL, on="Queue")],
        height=14,
    )


AGAINST = Says(
    title="Service level against target",
    what="Share answered within each queue's own promise, of all queues shown of an org, and the target"
    " of the same interactions: each queue's target weighs as much as its volume. The counts are added"
    " up, never the percentages.",
    absent=f"a gap: {IDLE}",
    unit=SHARE,
    decimals=1,
    least=0,
    most=1,
)

PARTS = Says(
    title="Interactions counted, and answered late or not at all",
    what="What the service level is taken of in the window, and how many of those were not answered in time.",
    absent=f"a gap: {IDLE}",
    unit=COUNT,
    least=0,
)

EACH = Says(
    title="Gap to target, queue by queue",
    what="Target less service level of each queue: blue where the promise is kept, orange less than ten"
    " points below it, vermilion further below.",
    absent=f"no colour: {IDLE}",
    unit=SHARE,
    decimals=0,
)


def _over_time() -> tuple[Tile, ...]:
    kept, volume = SCOPE.judged("numerator"), SCOPE.judged("denominator")
    asked = f"{volume} * on (org, queue_id, media) group_left () {SCOPE.goal()}"
    return (
        lines(
            AGAINST,
            Query(expr=share(kept, volume, "org"), legend="{{org}}: service level"),
            Query(expr=share(asked, volume, "org"), legend="{{org}}: target"),
            interval=STEP,
            dashed=["/target$/"],
        ),
        lines(
            PARTS,
            Query(expr=f"sum by (org) ({volume})", legend="{{org}}: counted"),
            Query(expr=f"sum by (org) ({volume}) - sum by (org) ({kept})", legend="{{org}}: late or lost"),
            interval=STEP,
        ),
        states(EACH, Query(expr=SCOPE.gap(), legend="{{org}} {{queue}} {{media}} {{threshold}}"), steps=GAP),
    )


HOURS_SAYS = Says(
    title="Service level by hour, last 7 days",
    what="Share answered as promised in each hour: the hour's average of the rolling numerator divided"
    " by that of the rolling denominator. Dark is low, bright is high; a column is the hour that ends"
    " there. Look for the same hour of the day going dark again and again.",
    absent="an empty cell: nothing counted in that hour, or it could not be read.",
    unit=SHARE,
    decimals=0,
)


def _hours() -> Tile:
    query = Query(expr=SCOPE.hourly(), legend="{{org}} {{queue}} {{media}}")
    return heatmap_of_rows(HOURS_SAYS, query, interval="1h", time_from="7d")


CROWD_WAITING = Says(
    title="Waiting, queue by queue",
    what="Interactions that wait in each queue and media type, one upon the other.",
    absent="a gap: the source could not be read.",
    unit=COUNT,
    least=0,
)

CROWD_LONGEST = Says(
    title="Longest wait, queue by queue",
    what="Age of the interaction that has waited longest in each queue and media type; 0 when none waits.",
    absent="a gap: the source could not be read, or the platform does not tell it (the guides' dialect).",
    unit=SECONDS,
    least=0,
)


def _crowd() -> tuple[Tile, ...]:
    name = "{{org}} {{queue}} {{media}}"
    return (
        lines(CROWD_WAITING, Query(expr=SCOPE.rows("genesys_queue_waiting"), legend=name), stacked=True),
        lines(CROWD_LONGEST, Query(expr=SCOPE.rows("genesys_queue_longest_wait_seconds"), legend=name)),
    )


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=OVERVIEW,
        title="Service level overview",
        description="Every queue that queuewatch watches, worst first, each judged by its own promise.",
        bands=[
            Band(title="Now", tiles=(*_now(), _table())),
            Band(title="Over time", tiles=_over_time()),
            Band(title="Hour by hour", tiles=(_hours(),)),
            Band(title="Crowds", tiles=_crowd()),
        ],
        choices=[
            variables.org(),
            variables.division(ORG),
            variables.media(ORG),
            variables.window(ORG),
            variables.threshold(ORG),
            variables.goal(),
            variables.promise(),
        ],
        alerts=FIRING,
    )
