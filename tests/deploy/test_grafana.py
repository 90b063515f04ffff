"""The dashboards: what is on disk is what the code makes, and every panel says what it means."""

import json
import re
from typing import Any

import pytest

from deploy.grafana import files
from deploy.grafana.names import DATASOURCE
from monitor.model.catalogue import METRICS
from monitor.model.metric import Kind
from tests.deploy import expressions as shipped
from tests.deploy import rulefiles
from tests.deploy.expressions import VARIABLE, Expression, dashboards, expressions, panels, variables
from tests.deploy.promql import selectors
from tests.servers.prometheus import promtool

FOLDER = rulefiles.ROOT / "deploy/grafana"
BOARDS = dashboards()
EVERY = [
    pytest.param(uid, panel, id=f"{uid}: {panel['title']}")
    for uid, board in BOARDS.items()
    for panel in panels(board)
]
TABLES = [
    pytest.param(uid, panel, id=f"{uid}: {panel['title']}")
    for uid, board in BOARDS.items()
    for panel in panels(board)
    if panel["type"] == "table"
]
EXPRESSIONS = expressions()
OURS = [one for one in EXPRESSIONS if one.kind not in {"alert", "record"}]
"""Those of this folder; Prometheus's rules have tests of their own."""

BY_PLACE = {uid: [one for one in OURS if one.place.startswith(f"{uid}: ")] for uid in (*BOARDS, "rules.yaml")}
"""The expressions of each dashboard, and of Grafana's own alert rules."""

UNITS = {metric.exported: metric.unit for metric in METRICS.values()}
"""The unit of each metric by its name on /metrics."""


def shown_by(promql: str) -> set[str]:
    """The units of the figures an expression is about: without what only picks queues or spells promises."""
    aside = {"genesys_queue_info", "genesys_queue_target_seconds", "queuewatch_source_up"}
    bare = {re.sub(r"_(bucket|sum|count)$", "", one.metric) for one in selectors(promql)}
    return {UNITS[name] for name in bare - aside if name in UNITS}


def test_what_is_on_disk_is_what_the_code_makes():
    """Every generated file is there as the code makes it, and no dashboard is left over."""
    wanted = files()
    differing = [name for name, text in wanted.items() if (FOLDER / name).read_text() != text]
    left_over = {f"dashboards/{path.name}" for path in (FOLDER / "dashboards").iterdir()} - set(wanted)
    assert (differing, left_over) == ([], set()), "run make generate"


def test_the_dashboards_are_the_ones_that_are_linked():
    """Each file is named after its dashboard's uid, and all of them carry the tag that links them."""
    assert {uid: board["uid"] for uid, board in BOARDS.items()} == {uid: uid for uid in BOARDS}
    assert all(board["tags"] == ["queuewatch"] for board in BOARDS.values())
    assert {board["schemaVersion"] for board in BOARDS.values()} == {41}


@pytest.mark.parametrize(("uid", "panel"), EVERY)
def test_every_panel_says_what_it_means(uid: str, panel: dict[str, Any]):
    """A panel has a title, a unit, a word for no value, and a description that says what absent means."""
    assert panel["title"]
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"]
    assert defaults["noValue"]
    what, _, absent = panel["description"].partition("\n\nNo value: ")
    assert what.endswith(".")
    assert absent.endswith(".")
    assert panel["interval"], "without a least step a panel asks more often than anything new comes"
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize(("uid", "panel"), EVERY)
def test_a_gap_stays_a_gap(uid: str, panel: dict[str, Any]):
    """No line is drawn across a time that nothing is known of."""
    custom = panel["fieldConfig"]["defaults"].get("custom", {})
    assert not custom.get("spanNulls")
    assert (custom.get("spanNulls") is False) == (panel["type"] == "timeseries")


def test_the_plugins_are_those_grafana_brings():
    """Panels are of kinds that every Grafana has."""
    brought = {"timeseries", "stat", "table", "heatmap", "bargauge", "state-timeline"}
    assert {panel["type"] for board in BOARDS.values() for panel in panels(board)} == brought


@pytest.mark.parametrize("uid", BOARDS)
def test_panels_have_ids_of_their_own_and_do_not_overlap(uid: str):
    """Each id is there once, and no two panels share a cell of the grid of 24 columns."""
    every = BOARDS[uid]["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    taken: set[tuple[int, int]] = set()
    for panel in every:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("uid", BOARDS)
def test_titles_are_there_once(uid: str):
    """A title names one panel of its dashboard: alert rules find theirs by it."""
    titles = [panel["title"] for panel in BOARDS[uid]["panels"]]
    assert sorted(set(titles)) == sorted(titles)


@pytest.mark.parametrize("uid", BOARDS)
def test_every_variable_is_there_and_used(uid: str):
    """What is used is defined, and what is defined is used."""
    board = BOARDS[uid]
    text = json.dumps(board)
    used = {found["braced"] or found["bare"] for found in VARIABLE.finditer(text)} - set(shipped.BUILT_IN)
    used -= {name for name in used if name.startswith("__")}
    assert used == set(variables(board))


@pytest.mark.parametrize("uid", BOARDS)
def test_what_a_reader_picks_cannot_break_an_expression(uid: str):
    """What takes several values is matched with =~, where Grafana escapes it; one value with = alone."""
    board = BOARDS[uid]
    texts = [target["expr"] for panel in panels(board) for target in panel["targets"]]
    texts += [one["query"]["query"] for one in variables(board).values() if one["type"] == "query"]
    texts += [one["expr"] for one in board["annotations"]["list"]]
    for name, variable in variables(board).items():
        if variable["type"] != "query":
            continue
        wanted = "=~" if variable.get("multi") else "="
        uses = {use for text in texts for use in re.findall(rf'(=~|!~|!=|=)"\${name}\b', text)}
        assert uses <= {wanted}, f"{uid}: ${name}"
        assert bool(variable.get("multi")) == bool(variable.get("includeAll"))


def test_a_name_may_have_an_apostrophe():
    """A queue's name is put between quotes by Grafana's form for that: its usual one breaks L'Orangerie."""
    queries = variables(BOARDS["queuewatch-queue"])
    assert "queue=${queue:doublequote}" in queries["queue_id"]["query"]["query"]
    assert '"$queue"' not in json.dumps(BOARDS["queuewatch-queue"]).replace("\\", "")


@pytest.mark.parametrize("place", BY_PLACE)
def test_expressions_name_what_there_is(place: str):
    """Metrics, and the labels that matchers and groupings name, are those of the catalogue."""
    found = {one.place: rulefiles.unknown(one.promql) for one in BY_PLACE[place]}
    assert {at: names for at, names in found.items() if names} == {}


def test_prometheus_can_read_every_expression(tmp_path):
    """Prometheus's own tool takes every expression, with its variables filled in."""
    rules = [{"record": f"shipped:{place}", "expr": one.promql} for place, one in enumerate(EXPRESSIONS)]
    written = tmp_path / "rules.yml"
    written.write_text(json.dumps({"groups": [{"name": "shipped", "rules": rules}]}))
    done = promtool("check", "rules", str(written))
    assert done.returncode == 0, done.stderr + done.stdout


def wrong_unit(one: Expression) -> bool:
    """Is a figure shown in a unit it does not have?"""
    units = shown_by(one.promql)
    compared = "bool" in one.promql or one.promql.startswith("count(")
    match one.unit:
        case "s":
            return units != {"seconds"}
        case "percentunit":
            return not ("/" in one.promql or units == {"ratio"} or "process_cpu" in one.promql)
        case "short" | "none":
            return bool(units & {"seconds", "ratio"}) and not compared
    return False


@pytest.mark.parametrize("uid", BOARDS)
def test_units_are_those_of_the_figures(uid: str):
    """Seconds are shown as seconds, ratios as percentages, counts as counts."""
    shown = [one for one in BY_PLACE[uid] if one.kind == "panel"]
    assert shown
    assert [one.place for one in shown if wrong_unit(one)] == []


@pytest.mark.parametrize("place", BY_PLACE)
def test_kinds_are_respected(place: str):
    """Ratios are never averaged or added up, snapshots not over time, and only running totals have rates."""
    found = {one.place: rulefiles.mistaken(one.promql) for one in BY_PLACE[place]}
    assert {at: calls for at, calls in found.items() if calls} == {}


@pytest.mark.parametrize("place", BY_PLACE)
def test_two_daemons_do_not_double_a_figure(place: str):
    """What is added up is brought down to one row for each thing first: a second scrape adds nothing."""
    doubled = [
        f"{one.place}: {call}({selector.metric})"
        for one in BY_PLACE[place]
        for selector in selectors(one.promql)
        for call in selector.around[:1]
        if call in {"sum", "count"} and rulefiles.exported()[selector.metric][0] is not Kind.TOTAL
    ]
    assert doubled == []


def test_links_lead_to_dashboards_with_variables_they_have():
    """A link within Grafana leads to a dashboard that is there, and sets variables that it has."""
    texts = {uid: json.dumps(board) for uid, board in BOARDS.items()}
    links = [link for text in texts.values() for link in re.findall(r"/d/([\w-]+)\?([^\"]*)", text)]
    assert links
    for uid, query in links:
        assert set(re.findall(r"var-(\w+)=", query)) <= set(variables(BOARDS[uid]))


@pytest.mark.parametrize(("uid", "panel"), TABLES)
def test_tables_name_the_columns_they_have(uid: str, panel: dict[str, Any]):
    """Every query's column is renamed and dressed, and what the rows are sorted by is one of the headings."""
    merge, organize = panel["transformations"]
    assert merge["id"] == "merge"
    renamed = organize["options"]["renameByName"]
    values = {f"Value #{target['refId']}" for target in panel["targets"]}
    assert values <= set(renamed)
    dressed = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    assert {renamed[value] for value in values} <= dressed
    assert {by["displayName"] for by in panel["options"]["sortBy"]} <= set(renamed.values())
    assert all(target["instant"] and target["format"] == "table" for target in panel["targets"])


def test_the_data_source_is_the_provisioned_one():
    """Dashboards begin with the data source that is provisioned beside them."""
    begin = {variables(board)["datasource"]["current"]["value"] for board in BOARDS.values()}
    assert begin == {DATASOURCE}
