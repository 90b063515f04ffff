"""A dashboard: bands of tiles laid out on the grid, with variables, links and the marks of alerts.

In: what one of the modules beside this says. Out: the dashboard as JSON text. Panels get their ids from their
order, so that the same dashboard is the same text every time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from deploy.grafana import variables
from deploy.grafana.names import SOURCE, TAG
from deploy.grafana.panels import BAD, Band

WIDTH = 24
"""Columns of Grafana's grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One dashboard. `alerts` is what its annotations ask for firing alerts; "" for none."""

    uid: str
    title: str
    description: str
    bands: Sequence[Band]
    choices: Sequence[variables.Variable]
    alerts: str = ""
    span: str = "now-6h"
    refresh: str = "30s"

    def json(self) -> str:
        """Return the dashboard as the text of its file."""
        made = build.Dashboard(self.title).uid(self.uid).description(self.description).tags([TAG])
        made = made.time(self.span, "now").refresh(self.refresh).timezone("browser").editable()
        made = made.tooltip(model.DashboardCursorSync.CROSSHAIR).version(1)
        for choice in (variables.datasource(), *self.choices, variables.page()):
            made = made.with_variable(choice)
        for link in _links():
            made = made.link(link)
        body: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
        for variable in body["templating"]["list"]:
            # A constant is no choice: links shall not carry it.
            variable["skipUrlSync"] = variable["type"] == "constant"
        body["panels"] = json.loads(json.dumps(_laid_out(self.bands), cls=JSONEncoder))
        body["annotations"] = {"list": [_alerts(self.alerts)] if self.alerts else []}
        return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def panel_id(board: Board, title: str) -> int:
    """Return the id of the panel with this title.

    Raises:
        LookupError: the dashboard has no such panel.
    """
    for one in _laid_out(board.bands):
        if one.title == title and isinstance(one, model.Panel) and one.id_val is not None:
            return one.id_val
    raise LookupError(f"{board.uid} has no panel {title!r}")


def _links() -> list[build.DashboardLink]:
    others = build.DashboardLink("queuewatch").type(model.DashboardLinkType.DASHBOARDS).tags([TAG])
    page = (
        build.DashboardLink("Live page")
        .type(model.DashboardLinkType.LINK)
        .url("${page}")
        .icon("external link")
    )
    return [
        others.as_dropdown(True).include_vars(True).keep_time(True).icon("external link"),
        page.tooltip("queuewatch's own page: alerts, acknowledging, silencing").target_blank(True),
    ]


def _alerts(expression: str) -> dict[str, Any]:
    # The SDK's model lacks what Prometheus's annotations need: the texts, and which labels become tags.
    return {
        "datasource": SOURCE.to_json(),
        "enable": True,
        "expr": expression,
        "hide": False,
        "iconColor": BAD,
        "name": "Alerts of queuewatch",
        "step": "30s",
        "tagKeys": "org,severity",
        "textFormat": "{{queue}} {{media}}",
        "titleFormat": "{{rule}}",
        "useValueForTime": False,
    }


def _laid_out(bands: Sequence[Band]) -> list[model.Panel | model.RowPanel]:
    laid: list[model.Panel | model.RowPanel] = []
    top = 0
    for band in bands:
        row = (
            build.Row(band.title).id(len(laid) + 1).grid_pos(model.GridPos(h=1, w=WIDTH, x=0, y=top)).build()
        )
        laid.append(row)
        top, left, height = top + 1, 0, 0
        for tile in band.tiles:
            if left + tile.width > WIDTH:
                top, left, height = top + height, 0, 0
            panel = tile.panel
            panel.id_val = len(laid) + 1
            panel.grid_pos = model.GridPos(h=tile.height, w=tile.width, x=left, y=top)
            laid.append(panel)
            left, height = left + tile.width, max(height, tile.height)
        top += height
    return laid
