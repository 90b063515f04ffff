"""Tables: several instant queries merged into one row for each queue, agent or strategy.

In: the labels that make a row, and columns, each a query with its unit. Out: a table panel. Grafana merges
frames on the fields they all have, so every query must yield exactly the labels of the row; a column whose
query has no value for a row is left empty there and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as model

from deploy.grafana.names import SOURCE
from deploy.grafana.panels import FAST, IDLE, PLAIN_STEPS, Query, Says, Steps, Tile, described, target


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: a query, its heading and unit; `steps` colours its cells."""

    title: str
    expr: str
    unit: str
    decimals: int | None = None
    steps: Steps | None = None
    width: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a click on the column `on` leads; `url` may use `${__data.fields.…}` with labels' own names."""

    title: str
    url: str
    on: str


def _property(name: str, value: object) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val=name, value=value)


def _dress(column: Column) -> list[model.DynamicConfigValue]:
    properties = [_property("unit", column.unit)]
    if column.decimals is not None:
        properties.append(_property("decimals", column.decimals))
    if column.width is not None:
        properties.append(_property("custom.width", column.width))
    if column.steps is not None:
        properties.append(_property("thresholds", column.steps.build().build()))
        properties.append(_property("color", {"mode": "thresholds"}))
        cell = shapes.TableColoredBackgroundCellOptions(mode=shapes.TableCellBackgroundDisplayMode.BASIC)
        properties.append(_property("custom.cellOptions", cell))
    return properties


def _transformations(
    labels: Mapping[str, str], columns: Sequence[Column]
) -> list[model.DataTransformerConfig]:
    # With one query alone Prometheus's value column is called "Value", with several "Value #A" and so on.
    letters = "ABCDEFGHIJKLMNOP"
    values = [f"Value #{letters[place]}" if len(columns) > 1 else "Value" for place in range(len(columns))]
    renamed = dict(zip(values, (column.title for column in columns), strict=True))
    names = {label: title for label, title in labels.items() if title}
    order = [
        *(label for label in labels if labels[label]),
        *values,
        *(one for one in labels if not labels[one]),
    ]
    organize = {
        "excludeByName": {"Time": True},
        "includeByName": {},
        "indexByName": {name: place for place, name in enumerate(order)},
        "renameByName": {**names, **renamed},
    }
    return [
        model.DataTransformerConfig(id_val="merge", options={}),
        model.DataTransformerConfig(id_val="organize", options=organize),
    ]


def rows(
    says: Says,
    labels: Mapping[str, str],
    *columns: Column,
    sort: str,
    falling: bool = True,
    links: Sequence[Link] = (),
    interval: str = FAST,
    width: int = 24,
    height: int = 12,
) -> Tile:
    """Return a table with a row for each set of `labels`.

    `labels` gives each label its heading; "" hides it, but links may use it. `sort` is the heading the rows
    are sorted by. Sorted `falling`, rows without a value come last.
    """
    panel = table.Panel().title(says.title).description(described(says)).datasource(SOURCE).unit(says.unit)
    panel = panel.no_value(says.no_value or IDLE).interval(interval).thresholds(PLAIN_STEPS.build())
    for place, column in enumerate(columns):
        panel = panel.with_target(target(Query(expr=column.expr), place, instant=True, table=True))
        panel = panel.override_by_name(column.title, _dress(column))
    for label, heading in labels.items():
        if not heading:
            panel = panel.override_by_name(label, [_property("custom.hidden", True)])
    for link in links:
        anchor = model.DashboardLink(title=link.title, url=link.url).to_json()
        kept = {key: anchor[key] for key in ("title", "url")} | {"targetBlank": False}
        panel = panel.override_by_name(link.on, [_property("links", [kept])])
    panel = panel.transformations(_transformations(labels, columns)).filterable(True)
    by = common.TableSortByFieldState().display_name(sort).desc(falling)
    panel = panel.sort_by([by]).cell_height(shapes.TableCellHeight.SM).align(shapes.FieldTextAlignment.AUTO)
    panel = panel.color_scheme(build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    return Tile(panel=panel.build(), width=width, height=height)
