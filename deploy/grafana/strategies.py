"""The dashboard *Routing strategies*: the ways of finding an agent, compared."""

from __future__ import annotations

from deploy.grafana import tables, variables
from deploy.grafana.boards import Board
from deploy.grafana.names import STRATEGIES
from deploy.grafana.panels import COUNT, SECONDS, SHARE, Band, Query, Says, Tile, bars, lines

ORG = 'org=~"$org"'
RARE = "5m"
"""Least step of the lines: strategies are compared once an hour."""

OFF = "the source strategies is off or could not be read, or the strategy handled nothing in the span."


def of(name: str) -> str:
    """Return a metric of each strategy."""
    return f"max by (org, strategy) (genesys_routing_strategy_{name}{{{ORG}}})"


COMPARED = Says(
    title="Strategies, best first",
    what="Each strategy over the evaluated span. The score puts handled interactions, speed of answer"
    " and abandons between the worst and the best of these strategies and weighs them; 100 % is best in"
    " everything. Rank is the place among them, 100 % the first.",
    absent=OFF,
    unit=SHARE,
)

SCORE = Says(
    title="Score",
    what="Weighted score within the evaluated strategies. It compares these strategies with each other"
    " alone.",
    absent=OFF,
    unit=SHARE,
    least=0,
    most=1,
)


def _now() -> tuple[Tile, ...]:
    lost = f"{of('abandoned')} / ({of('abandoned')} + {of('handled')} > 0)"
    column = tables.Column
    return (
        tables.rows(
            COMPARED,
            {"org": "Org", "strategy": "Strategy"},
            column(title="Score", expr=of("score"), unit=SHARE, decimals=0),
            column(title="Rank", expr=of("percentile_rank"), unit=SHARE, decimals=0),
            column(title="Handled", expr=of("handled"), unit=COUNT),
            column(title="Speed of answer", expr=of("answer_seconds"), unit=SECONDS, decimals=1),
            column(title="Abandoned", expr=of("abandoned"), unit=COUNT),
            column(title="Abandoned share", expr=lost, unit=SHARE, decimals=1),
            sort="Score",
            interval=RARE,
            width=16,
            height=9,
        ),
        bars(
            SCORE,
            Query(expr=f"sort_desc({of('score')})", legend="{{org}} {{strategy}}"),
            interval=RARE,
            width=8,
            height=9,
        ),
    )


def _over_time() -> tuple[Tile, ...]:
    says = {
        "score": Says(
            title="Score over time",
            what="Each evaluation's weighted score. It falls when others rise: it compares, it does not"
            " measure.",
            absent=f"a gap: {OFF}",
            unit=SHARE,
            least=0,
            most=1,
        ),
        "answer_seconds": Says(
            title="Speed of answer over time",
            what="Average speed of answer of each strategy over the evaluated span.",
            absent=f"a gap: {OFF}",
            unit=SECONDS,
            least=0,
        ),
        "handled": Says(
            title="Handled over time",
            what="Interactions each strategy handled over the evaluated span, which moves along with each"
            " evaluation.",
            absent=f"a gap: {OFF}",
            unit=COUNT,
            least=0,
        ),
        "abandoned": Says(
            title="Abandoned over time",
            what="Interactions that were abandoned under each strategy over the evaluated span.",
            absent=f"a gap: {OFF}",
            unit=COUNT,
            least=0,
        ),
    }
    return tuple(
        lines(one, Query(expr=of(name), legend="{{org}} {{strategy}}"), interval=RARE)
        for name, one in says.items()
    )


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=STRATEGIES,
        title="Routing strategies",
        description="The ways of finding an agent, compared over the evaluated span. Needs the source"
        " strategies.",
        bands=[
            Band(title="The newest evaluation", tiles=_now()),
            Band(title="Over time", tiles=_over_time()),
        ],
        choices=[variables.org()],
        span="now-7d",
        refresh="5m",
    )
