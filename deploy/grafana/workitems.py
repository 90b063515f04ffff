"""The dashboard *Work items*: what is to be done, what was done in time."""

from __future__ import annotations

from deploy.grafana import tables, variables
from deploy.grafana.boards import Board
from deploy.grafana.names import WORKITEMS
from deploy.grafana.panels import (
    BAD,
    COUNT,
    GOOD,
    SECONDS,
    SHARE,
    SLOW,
    WARN,
    Band,
    Query,
    Says,
    Steps,
    Tile,
    figure,
    lines,
)
from deploy.grafana.promql import QUEUE, Scope

ORG = 'org=~"$org"'
SCOPE = Scope(queues=ORG, within=f'genesys_queue_info{{{ORG}, division=~"$division"}}')

OFF = "the source workitems is off or could not be read."
PLATFORM = "the source workitems is off or could not be read, or the dialect does not tell it."


def of(name: str) -> str:
    """Return a metric of work items for each queue."""
    return SCOPE.rows(f"genesys_workitem_{name}", by=QUEUE)


KEPT = Says(
    title="Done in time today",
    what="Work items that met their service level, of all that ended since the org's midnight. The"
    " counts of the queues are added up, never their percentages.",
    absent=f"no work item has ended today, or {OFF}",
    unit=SHARE,
    decimals=1,
)

BACKLOG = Says(
    title="Backlog",
    what="Unfinished work items, assigned or not.",
    absent=OFF,
    unit=COUNT,
)

UNASSIGNED = Says(
    title="Unassigned",
    what="Work items nobody has been given.",
    absent=PLATFORM,
    unit=COUNT,
)

OVERDUE = Says(
    title="Overdue",
    what="Work items past their due date.",
    absent=PLATFORM,
    unit=COUNT,
)

OLDEST = Says(
    title="Oldest unassigned",
    what="Age of the oldest work item nobody has been given; 0 when there is none.",
    absent=PLATFORM,
    unit=SECONDS,
)

MISSED = Says(
    title="Missed today",
    what="Work items that missed their service level since the org's midnight.",
    absent=OFF,
    unit=COUNT,
)


def _now() -> tuple[Tile, ...]:
    ended = f"(sum({of('sla_met')}) + sum({of('sla_missed')}) > 0)"
    some = Steps(then=((1, WARN),))
    return (
        figure(KEPT, Query(expr=f"sum({of('sla_met')}) / {ended}"), interval=SLOW),
        figure(MISSED, Query(expr=f"sum({of('sla_missed')})"), interval=SLOW, steps=some),
        figure(BACKLOG, Query(expr=f"sum({of('backlog')})"), interval=SLOW),
        figure(UNASSIGNED, Query(expr=f"sum({of('unassigned')})"), interval=SLOW),
        figure(OVERDUE, Query(expr=f"sum({of('overdue')})"), interval=SLOW, steps=Steps(then=((1, BAD),))),
        figure(OLDEST, Query(expr=f"max({of('oldest_unassigned_seconds')})"), interval=SLOW),
    )


SAYS = Says(
    title="Queues, largest backlog first",
    what="Each queue with work items. Change is against the end of the bucket before; peak is the"
    " largest backlog at the end of a bucket of today, in the org's time zone.",
    absent=PLATFORM,
    unit=COUNT,
)


def _table() -> Tile:
    column = tables.Column
    level = Steps(first=BAD, then=((0.7, WARN), (0.8, GOOD)))
    return tables.rows(
        SAYS,
        {"org": "Org", "queue": "Queue", "queue_id": ""},
        column(title="In time today", expr=of("sla_ratio"), unit=SHARE, decimals=1, steps=level),
        column(title="Met", expr=of("sla_met"), unit=COUNT),
        column(title="Missed", expr=of("sla_missed"), unit=COUNT),
        column(title="Backlog", expr=of("backlog"), unit=COUNT),
        column(title="Change", expr=of("backlog_change"), unit=COUNT),
        column(title="Peak today", expr=of("backlog_daily_peak"), unit=COUNT),
        column(title="Unassigned", expr=of("unassigned"), unit=COUNT),
        column(title="Overdue", expr=of("overdue"), unit=COUNT),
        column(title="Oldest unassigned", expr=of("oldest_unassigned_seconds"), unit=SECONDS),
        sort="Backlog",
        interval=SLOW,
    )


OVER_TIME_BACKLOG = Says(
    title="Backlog over time",
    what="Unfinished work items of each queue, at each moment.",
    absent=f"a gap: {OFF}",
    unit=COUNT,
    least=0,
)

OVER_TIME_KEPT = Says(
    title="Done in time, day so far",
    what="Work items that met their service level, of all that ended since the org's midnight, where it"
    " begins anew.",
    absent=f"a gap: no work item has ended yet today, or {OFF}",
    unit=SHARE,
    least=0,
    most=1,
)

AGES = Says(
    title="Oldest unassigned, and average wait",
    what="Age of the oldest work item nobody has been given (platform), and average wait in the newest"
    " bucket (guides).",
    absent=f"a gap: {OFF} Each dialect tells one of the two.",
    unit=SECONDS,
    least=0,
)

OPEN = Says(
    title="Unassigned and overdue",
    what="Work items nobody has been given, and those past their due date, in all queues shown.",
    absent=f"a gap: {PLATFORM}",
    unit=COUNT,
    least=0,
)


def _over_time() -> tuple[Tile, ...]:
    name = "{{org}} {{queue}}"
    return (
        lines(OVER_TIME_BACKLOG, Query(expr=of("backlog"), legend=name), interval=SLOW, stacked=True),
        lines(OVER_TIME_KEPT, Query(expr=of("sla_ratio"), legend=name), interval=SLOW),
        lines(
            AGES,
            Query(expr=of("oldest_unassigned_seconds"), legend=f"{name}: oldest"),
            Query(expr=of("wait_seconds"), legend=f"{name}: average wait"),
            interval=SLOW,
        ),
        lines(
            OPEN,
            Query(expr=f"sum({of('unassigned')})", legend="unassigned"),
            Query(expr=f"sum({of('overdue')})", legend="overdue"),
            interval=SLOW,
            colours={"unassigned": WARN, "overdue": BAD},
        ),
    )


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=WORKITEMS,
        title="Work items",
        description="Tasks without a caller: backlog, service level of the day, what nobody has taken.",
        bands=[
            Band(title="Now", tiles=(*_now(), _table())),
            Band(title="Over time", tiles=_over_time()),
        ],
        choices=[variables.org(), variables.division(ORG)],
        span="now-24h",
        refresh="1m",
    )
