"""Our vocabulary of panels: what every panel of queuewatch has, and the kinds there are.

In: a title a supervisor understands, what the figure is and what its absence means, a unit, queries. Out:
panels of Grafana. What may not happen: a panel without description, unit or a word for "no value"; a line
drawn across a gap; a colour that one in twelve men cannot tell from its neighbour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap as heat
from grafana_foundation_sdk.models import prometheus as wire

from deploy.grafana.names import SOURCE

SHARE = "percentunit"
SECONDS = "s"
COUNT = "short"
RATE = "reqps"
BYTES = "bytes"
PLAIN = "none"

IDLE = "idle or unknown"
"""What stands where there is no value: nothing happened, or nobody could say."""

UNKNOWN = "unknown"
"""What stands in the place of a large figure that is no share: it is there while it can be asked for."""

GOOD = "#0072B2"
WARN = "#E69F00"
BAD = "#D55E00"
QUIET = "#999999"
SKY = "#56B4E9"
MINT = "#009E73"
ROSE = "#CC79A7"
"""The colours of Okabe and Ito (2008), which people with any of the usual colour deficiencies tell apart."""

STATUSES = {
    "IDLE": GOOD,
    "INTERACTING": MINT,
    "COMMUNICATING": SKY,
    "NOT_RESPONDING": BAD,
    "OFF_QUEUE": QUIET,
}
"""The routing statuses of Genesys Cloud, each in a colour of its own."""

FAST = "10s"
"""Least step of panels about `queues`, which is asked every 10 s; nothing newer is there to be drawn."""

STEP = "30s"
"""The same for `service_level`, which is asked every 30 s."""

SLOW = "1m"
"""The same for what is asked every minute or less often."""

P = TypeVar("P", timeseries.Panel, stat.Panel, statetimeline.Panel, heatmap.Panel, bargauge.Panel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """What a panel says of itself: `absent` is what it means that a value is missing, `no_value` its word."""

    title: str
    what: str
    absent: str
    unit: str
    decimals: int | None = None
    least: float | None = None
    most: float | None = None
    no_value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One PromQL expression of a panel; `legend` names its series."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The colours of values: `first` from the least value on, then each colour from its value on."""

    first: str = GOOD
    then: tuple[tuple[float, str], ...] = ()

    def build(self) -> build.ThresholdsConfig:
        """Return it as Grafana's thresholds; the first step has no value."""
        steps = [model.Threshold(value=None, color=self.first)]
        steps += [model.Threshold(value=value, color=color) for value, color in self.then]
        return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)


PLAIN_STEPS = Steps()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A panel and its size: `width` of 24 columns, `height` in rows of 30 px."""

    panel: model.Panel
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A row of a dashboard: its title and what stands in it, from left to right."""

    title: str
    tiles: Sequence[Tile] = field(default_factory=tuple)


def described(says: Says) -> str:
    """Return the description of a panel."""
    return f"{says.what}\n\nNo value: {says.absent}"


def target(query: Query, place: int, *, instant: bool, table: bool = False) -> prometheus.Dataquery:
    """Return a query as Grafana has it; its name is the letter of its place."""
    made = prometheus.Dataquery().datasource(SOURCE).ref_id("ABCDEFGHIJKLMNOP"[place]).expr(query.expr)
    made = made.editor_mode(wire.QueryEditorMode.CODE).legend_format(query.legend or "__auto")
    made = made.format(wire.PromQueryFormat.TABLE if table else wire.PromQueryFormat.TIME_SERIES)
    return made.instant() if instant else made.range()


def _dressed(panel: P, says: Says, queries: Sequence[Query], interval: str, *, instant: bool = False) -> P:
    # Each builder repeats these methods without a common base: hence the constrained type variable.
    panel.title(says.title).description(described(says)).datasource(SOURCE)
    panel.unit(says.unit).no_value(says.no_value or IDLE).interval(interval)
    for place, query in enumerate(queries):
        panel.with_target(target(query, place, instant=instant))
    if says.decimals is not None:
        panel.decimals(says.decimals)
    if says.least is not None:
        panel.min(says.least)
    if says.most is not None:
        panel.max(says.most)
    return panel


def words(mapping: Mapping[float, tuple[str, str]]) -> list[model.ValueMapping]:
    """Return values as words with colours: `{1: ("answers", GOOD)}`."""
    results = {
        f"{value:g}": model.ValueMappingResult(text=text, color=color, index=place)
        for place, (value, (text, color)) in enumerate(mapping.items())
    }
    return [model.ValueMap(options=results)]


def lines(
    says: Says,
    *queries: Query,
    interval: str = FAST,
    stacked: bool = False,
    as_bars: bool = False,
    colours: Mapping[str, str] | None = None,
    dashed: Sequence[str] = (),
    width: int = 12,
    height: int = 8,
) -> Tile:
    """Return lines over time; `colours` fixes those of series by name, `dashed` are patterns of names."""
    legend = common.VizLegendOptions().display_mode(shapes.LegendDisplayMode.TABLE).show_legend(True)
    legend = legend.placement(shapes.LegendPlacement.BOTTOM).calcs(["lastNotNull", "max"])
    tooltip = (
        common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI).sort(shapes.SortOrder.DESCENDING)
    )
    panel = _dressed(timeseries.Panel(), says, queries, interval).legend(legend).tooltip(tooltip)
    panel = panel.span_nulls(False).line_width(2).show_points(shapes.VisibilityMode.AUTO)
    panel = panel.draw_style(shapes.GraphDrawStyle.BARS if as_bars else shapes.GraphDrawStyle.LINE)
    panel = panel.fill_opacity(40 if stacked or as_bars else 0)
    by_name = build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME)
    panel = panel.color_scheme(by_name).thresholds(PLAIN_STEPS.build())
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(shapes.StackingMode.NORMAL).group("A"))
    for name, colour in (colours or {}).items():
        fixed = {"mode": "fixed", "fixedColor": colour}
        panel = panel.override_by_name(name, [model.DynamicConfigValue(id_val="color", value=fixed)])
    for name in dashed:
        style = {"fill": "dash", "dash": [10, 10]}
        panel = panel.override_by_regexp(
            name,
            [
                model.DynamicConfigValue(id_val="custom.lineStyle", value=style),
                model.DynamicConfigValue(id_val="custom.stacking", value={"mode": "none", "group": "A"}),
                model.DynamicConfigValue(id_val="custom.fillOpacity", value=0),
            ],
        )
    return Tile(panel=panel.build(), width=width, height=height)


def counted(says: Says, expr: str, legend: str, *, width: int = 12) -> Tile:
    """Return bars of what was counted in each step."""
    return lines(says, Query(expr=expr, legend=legend), interval=STEP, as_bars=True, width=width)


def figure(
    says: Says,
    *queries: Query,
    interval: str = FAST,
    steps: Steps = PLAIN_STEPS,
    mapping: list[model.ValueMapping] | None = None,
    names: bool = False,
    width: int = 4,
    height: int = 4,
) -> Tile:
    """Return one large figure, or several: what holds now; with `names` the series' names instead."""
    panel = _dressed(stat.Panel(), says, queries, interval, instant=True).thresholds(steps.build())
    panel = panel.no_value(says.no_value or (IDLE if says.unit == SHARE else UNKNOWN))
    panel = panel.color_mode(shapes.BigValueColorMode.VALUE).graph_mode(shapes.BigValueGraphMode.NONE)
    panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    panel = panel.color_scheme(build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    panel = panel.text_mode(shapes.BigValueTextMode.NAME if names else shapes.BigValueTextMode.AUTO)
    if mapping:
        panel = panel.mappings(mapping)
    return Tile(panel=panel.build(), width=width, height=height)


def states(
    says: Says,
    *queries: Query,
    interval: str = STEP,
    steps: Steps = PLAIN_STEPS,
    mapping: list[model.ValueMapping] | None = None,
    width: int = 24,
    height: int = 10,
) -> Tile:
    """Return one bar per series whose colour says its state at each time; a gap stays a gap."""
    panel = _dressed(statetimeline.Panel(), says, queries, interval).thresholds(steps.build())
    panel = panel.color_scheme(build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    panel = panel.merge_values(True).show_value(shapes.VisibilityMode.AUTO).row_height(0.85).per_page(20)
    legend = common.VizLegendOptions().display_mode(shapes.LegendDisplayMode.LIST).show_legend(False)
    panel = panel.legend(legend.placement(shapes.LegendPlacement.BOTTOM))
    if mapping:
        panel = panel.mappings(mapping)
    return Tile(panel=panel.build(), width=width, height=height)


def heatmap_of_rows(
    says: Says, query: Query, *, interval: str, time_from: str, width: int = 24, height: int = 12
) -> Tile:
    """Return a heat map: a row for each series, a column for each step, in a scale for all eyes."""
    panel = _dressed(heatmap.Panel(), says, [query], interval).calculate(False).time_from(time_from)
    scale = heatmap.HeatmapColorOptions().mode(heat.HeatmapColorMode.SCHEME).scheme("Cividis").steps(64)
    panel = panel.color(scale.fill("dark-orange").exponent(0.5).reverse(False).min(0).max(1))
    # Grafana leaves out what is at most 1e-9 unless told otherwise: a level of 0 is what one has to see.
    panel = panel.filter_values(heatmap.FilterValueRange().le(-1)).cell_gap(1)
    panel = panel.cell_values(heatmap.CellValues().unit(says.unit).decimals(0))
    panel = panel.rows_frame(
        heatmap.RowsHeatmapOptions().layout(shapes.HeatmapCellLayout.AUTO).value(says.title)
    )
    panel = panel.y_axis(heatmap.YAxisConfig().axis_placement(shapes.AxisPlacement.LEFT).unit("short"))
    panel = panel.show_value(shapes.VisibilityMode.AUTO).show_legend().mode(shapes.TooltipDisplayMode.SINGLE)
    return Tile(panel=panel.build(), width=width, height=height)


def bars(
    says: Says,
    *queries: Query,
    interval: str = SLOW,
    steps: Steps = PLAIN_STEPS,
    width: int = 12,
    height: int = 8,
) -> Tile:
    """Return one horizontal bar per series: what holds now, side by side."""
    panel = _dressed(bargauge.Panel(), says, queries, interval, instant=True).thresholds(steps.build())
    panel = panel.display_mode(shapes.BarGaugeDisplayMode.BASIC).orientation(shapes.VizOrientation.HORIZONTAL)
    panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    panel = panel.color_scheme(build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    return Tile(panel=panel.build(), width=width, height=height)
