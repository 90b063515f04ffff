"""The dashboard *Agents and occupancy*: how the people's time was used."""

from __future__ import annotations

from deploy.grafana import tables, variables
from deploy.grafana.boards import Board
from deploy.grafana.names import AGENTS
from deploy.grafana.panels import (
    BAD,
    COUNT,
    GOOD,
    QUIET,
    SECONDS,
    SHARE,
    SKY,
    SLOW,
    STATUSES,
    WARN,
    Band,
    Query,
    Says,
    Steps,
    Tile,
    bars,
    figure,
    lines,
)

ORG = 'org=~"$org", interval="$interval"'
AGENT = "org, agent_id, interval"

OFF = "the source agents is off, could not be read, or nobody worked in the interval."
PLATFORM = (
    "the source agents is off or could not be read, or the platform does not tell it (the guides' dialect)."
)

OCCUPIED = 'status=~"INTERACTING|COMMUNICATING"'
STAFFED = 'status!="OFF_QUEUE"'
"""Routing statuses that are occupancy, and those that are on-queue time."""

BUSY = Steps(first=QUIET, then=((0.3, GOOD), (0.85, WARN), (0.95, BAD)))
"""Occupancy above 85 % for long is what planners avoid; below 30 % there is room."""


def each(name: str, *by: str) -> str:
    """Return a metric of each agent, once."""
    return f"max by ({', '.join((AGENT, *by))}) (genesys_{name}{{{ORG}}})"


def status(matcher: str) -> str:
    """Return agents' seconds in the routing statuses that fit."""
    return f"max by ({AGENT}, status) (genesys_agent_status_seconds{{{ORG}, {matcher}}})"


OCCUPANCY = Says(
    title="Occupancy of the team",
    what="Time spent interacting or communicating, of all on-queue time, in the newest complete"
    " interval. The agents' times are added up, never their percentages.",
    absent=PLATFORM,
    unit=SHARE,
    decimals=1,
)

TEAM_COUNT = Says(
    title="Agents with work",
    what="Agents that completed something, or were on queue, in the newest complete interval.",
    absent=OFF,
    unit=COUNT,
)

HIGH = Says(
    title="Agents above 85 %",
    what="Agents whose occupancy was above 85 % in the newest complete interval: nobody keeps that up"
    " for long.",
    absent=PLATFORM,
    unit=COUNT,
)

AFTERCALL = Says(
    title="After-call share",
    what="After-call work, of all active time in the newest complete interval; the agents' times are"
    " added up.",
    absent=OFF,
    unit=SHARE,
    decimals=1,
)


def _team() -> tuple[Tile, ...]:
    team = f"sum({status(OCCUPIED)}) / (sum({status(STAFFED)}) > 0)"
    acw = f"sum({each('agent_acw_seconds')}) / (sum({each('agent_active_seconds')}) > 0)"
    ratio = each("agent_occupancy_ratio")
    return (
        figure(OCCUPANCY, Query(expr=team), interval=SLOW, steps=BUSY, width=6),
        figure(TEAM_COUNT, Query(expr=f"count({each('agent_active_seconds')})"), interval=SLOW, width=6),
        figure(HIGH, Query(expr=f"sum({ratio} > bool 0.85)"), interval=SLOW, width=6),
        figure(AFTERCALL, Query(expr=acw), interval=SLOW, width=6),
    )


TEAM = Says(
    title="Occupancy of the team over time",
    what="Time spent interacting or communicating, of all on-queue time. A new figure comes with each"
    " interval.",
    absent=f"a gap: {PLATFORM}",
    unit=SHARE,
    least=0,
    most=1,
)

SPREAD = Says(
    title="How unevenly people are occupied",
    what="The agent in the middle, and those a tenth from either end: far apart means that work is badly"
    " spread.",
    absent=f"a gap: {PLATFORM}",
    unit=SHARE,
    least=0,
    most=1,
)

WORK = Says(
    title="What active time was made of",
    what="Active time of all agents in the interval: handling without hold, hold, after-call work.",
    absent=f"a gap: {OFF}",
    unit=SECONDS,
    least=0,
)

TIME = Says(
    title="Time by routing status",
    what="Time of all agents in the interval, by what routing saw them do.",
    absent=f"a gap: {PLATFORM}",
    unit=SECONDS,
    least=0,
)


def _over_time() -> tuple[Tile, ...]:
    parts = {
        "handling": "agent_handle_seconds",
        "hold": "agent_hold_seconds",
        "after-call": "agent_acw_seconds",
    }
    ratio = each("agent_occupancy_ratio")
    spans = {"a tenth above": 0.9, "in the middle": 0.5, "a tenth below": 0.1}
    return (
        lines(
            TEAM,
            Query(
                expr=f"sum by (org) ({status(OCCUPIED)}) / (sum by (org) ({status(STAFFED)}) > 0)",
                legend="{{org}}",
            ),
            interval=SLOW,
        ),
        lines(
            SPREAD,
            *(Query(expr=f"quantile({part}, {ratio})", legend=name) for name, part in spans.items()),
            interval=SLOW,
            colours={"a tenth above": BAD, "in the middle": GOOD, "a tenth below": SKY},
        ),
        lines(
            WORK,
            *(Query(expr=f"sum({each(one)})", legend=name) for name, one in parts.items()),
            interval=SLOW,
            stacked=True,
            colours={"handling": GOOD, "hold": WARN, "after-call": SKY},
        ),
        lines(
            TIME,
            Query(expr=f"sum by (status) ({status('')})", legend="{{status}}"),
            interval=SLOW,
            stacked=True,
            colours=STATUSES,
        ),
    )


TABLE = Says(
    title="Agents, most occupied first",
    what="Each agent in the newest complete interval. Names are shown where queuewatch is set to include"
    " them, else ids. Utilization is active time of the interval, capped at 100 %; occupancy is of"
    " on-queue time.",
    absent=f"{OFF} Occupancy is absent for who was not on queue, and in the guides' dialect.",
    unit=SHARE,
)

QUEUES = Says(
    title="Utilization by queue",
    what="Active time in each queue of its agents' last intervals; agents are those that completed work"
    " in it.",
    absent=PLATFORM,
    unit=SHARE,
    least=0,
    most=1,
)


def _each() -> tuple[Tile, ...]:
    column = tables.Column
    return (
        tables.rows(
            TABLE,
            {"org": "Org", "agent": "Agent", "agent_id": "Id"},
            column(title="Occupancy", expr=_row("agent_occupancy_ratio"), unit=SHARE, decimals=1, steps=BUSY),
            column(title="Utilization", expr=_row("agent_utilization_ratio"), unit=SHARE, decimals=1),
            column(title="Active", expr=_row("agent_active_seconds"), unit=SECONDS),
            column(title="Handling", expr=_row("agent_handle_seconds"), unit=SECONDS),
            column(title="Hold", expr=_row("agent_hold_seconds"), unit=SECONDS),
            column(title="After-call", expr=_row("agent_acw_seconds"), unit=SECONDS),
            sort="Occupancy",
            interval=SLOW,
            width=16,
        ),
        bars(
            QUEUES,
            Query(
                expr=f"sort_desc(max by (org, queue_id, queue) (genesys_queue_utilization_ratio{{{ORG}}}))",
                legend="{{org}} {{queue}}",
            ),
            steps=BUSY,
            width=8,
            height=12,
        ),
    )


def _row(name: str) -> str:
    return f"max by (org, agent_id, agent) (genesys_{name}{{{ORG}}})"


def board() -> Board:
    """Return the dashboard."""
    intervals = 'label_values(genesys_agent_active_seconds{org=~"$org"}, interval)'
    return Board(
        uid=AGENTS,
        title="Agents and occupancy",
        description="How the people's time was used, interval by interval. Needs the source agents.",
        bands=[
            Band(title="The newest interval", tiles=_team()),
            Band(title="Over time", tiles=_over_time()),
            Band(title="Each agent", tiles=_each()),
        ],
        choices=[
            variables.org(),
            variables.one("interval", "Interval", intervals, "How long an interval is.", first="30m"),
        ],
        span="now-12h",
        refresh="1m",
    )
