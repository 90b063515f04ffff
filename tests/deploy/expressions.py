"""Every PromQL expression that is shipped: where it stands, and as Prometheus gets it.

Dashboards (panels, variables, annotations), Grafana's own alert rules, and Prometheus's rules. Variables are
replaced by what a dashboard begins with; what has no beginning is that of the demo.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.deploy.rulefiles import ROOT, rules

DASHBOARDS = ROOT / "deploy/grafana/dashboards"
PROVISIONING = ROOT / "deploy/grafana/provisioning"

BUILT_IN = {"__rate_interval": "1m", "__interval": "15s", "__range": "1h"}
"""What Grafana puts in by itself."""

DEMO = {"org": "demo", "queue": "Support Voice"}
"""What a reader picks where there is no "All"."""

VARIABLE = re.compile(r"\$\{(?P<braced>[A-Za-z_]\w*)(?::(?P<form>\w+))?\}|\$(?P<bare>[A-Za-z_]\w*)")
LABEL_VALUES = re.compile(r"label_values\((?P<selector>.+), (?P<label>\w+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """One expression: `kind` is panel, variable, annotation, grafana-alert, alert or record.

    `legend` names its series ("" in tables), `unit` is Grafana's, `ranged` says that it is asked over time.
    """

    place: str
    kind: str
    promql: str
    legend: str = ""
    unit: str = ""
    ranged: bool = False


def dashboards() -> dict[str, dict[str, Any]]:
    """Every dashboard, by its uid, as it is on disk."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))}


def panels(dashboard: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The panels of a dashboard, without its rows."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def variables(dashboard: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The variables of a dashboard, by name."""
    return {one["name"]: one for one in dashboard["templating"]["list"]}


def begins(variable: Mapping[str, Any]) -> str:
    """What a variable is until a reader picks something else."""
    if variable["type"] == "constant":
        return str(variable["query"])
    if variable.get("includeAll"):
        return str(variable.get("allValue") or ".+")
    current = variable.get("current") or {}
    return str(current.get("value") or DEMO[variable["name"]])


def filled(text: str, dashboard: Mapping[str, Any]) -> str:
    """The text with its variables replaced; what is put in is not looked at again."""
    values = {name: begins(one) for name, one in variables(dashboard).items()} | BUILT_IN

    def value(found: re.Match[str]) -> str:
        plain = values[found["braced"] or found["bare"]]
        return json.dumps(plain, ensure_ascii=False) if found["form"] == "doublequote" else plain

    return VARIABLE.sub(value, text)


def _units(panel: Mapping[str, Any]) -> dict[str, str]:
    """The unit of each target; in a table each column has its own."""
    usual = panel["fieldConfig"]["defaults"]["unit"]
    headings: dict[str, str] = {}
    for transformation in panel.get("transformations", []):
        headings |= transformation["options"].get("renameByName", {})
    own = {
        override["matcher"]["options"]: one["value"]
        for override in panel["fieldConfig"].get("overrides", [])
        for one in override["properties"]
        if one["id"] == "unit"
    }
    refs = [target["refId"] for target in panel["targets"]]
    return {ref: own.get(headings.get(f"Value #{ref}", ""), usual) for ref in refs}


def _shown(uid: str, dashboard: Mapping[str, Any]) -> Iterator[Expression]:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            legend = target["legendFormat"] if target["format"] == "time_series" else ""
            yield Expression(
                place=f"{uid}: {panel['title']} [{target['refId']}]",
                kind="panel",
                promql=filled(target["expr"], dashboard),
                legend="" if legend == "__auto" else legend,
                unit=_units(panel)[target["refId"]],
                ranged=bool(target.get("range")),
            )
    for name, variable in variables(dashboard).items():
        if variable["type"] != "query":
            continue
        found = LABEL_VALUES.fullmatch(variable["query"]["query"])
        assert found, f"{uid}: ${name} is no label_values"
        yield Expression(
            place=f"{uid}: ${name}",
            kind="variable",
            promql=filled(found["selector"], dashboard),
            legend=f"{{{{{found['label']}}}}}",
        )
    for annotation in dashboard["annotations"]["list"]:
        promql = filled(annotation["expr"], dashboard)
        yield Expression(place=f"{uid}: {annotation['name']}", kind="annotation", promql=promql, ranged=True)


def grafana_rules() -> list[dict[str, Any]]:
    """Every alert rule that Grafana evaluates itself."""
    body = yaml.safe_load((PROVISIONING / "alerting/rules.yaml").read_text())
    return [rule for group in body["groups"] for rule in group["rules"]]


def expressions() -> list[Expression]:
    """Every expression that is shipped."""
    made = [one for uid, dashboard in dashboards().items() for one in _shown(uid, dashboard)]
    made += [
        Expression(place=f"rules.yaml: {rule['title']} [{node['refId']}]", kind="grafana-alert", promql=expr)
        for rule in grafana_rules()
        for node in rule["data"]
        if (expr := node["model"].get("expr"))
    ]
    made += [
        Expression(
            place=f"{rule.file}: {rule.alert or rule.record}",
            kind="alert" if rule.alert else "record",
            promql=rule.expr.strip(),
        )
        for rule in rules()
    ]
    return made
