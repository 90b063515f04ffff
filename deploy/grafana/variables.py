"""The variables of the dashboards: what a reader picks at the top.

In: which ones a dashboard has. Out: variables of Grafana. One that takes several values, or all, is used with
`=~` alone, where Grafana escapes what it puts in; one that takes a single value with `=` alone, where nothing
needs escaping.
"""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from deploy.grafana.names import DATASOURCE, PAGE, SOURCE
from deploy.grafana.promql import PROMISE

ALL = ".*"
"""What "All" stands for: labels that are empty, or not there, as well."""

Variable = Builder[model.VariableModel]


def _values(name: str, label: str, query: str, help_: str) -> build.QueryVariable:
    made = build.QueryVariable(name).label(label).description(help_).datasource(SOURCE)
    # qryType 1 is "label values"; Grafana's own editor writes the query in this form.
    made = made.query({"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"})
    made = made.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
    return made.sort(model.VariableSort.NATURAL_ASC).allow_custom_value(False)


def several(name: str, label: str, query: str, help_: str, *, everything: str | None = ALL) -> Variable:
    """Return a variable that takes any number of values; `everything` None lists them all for "All"."""
    made = _values(name, label, query, help_).multi(True).include_all(True)
    made = made.current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
    return made.all_value(everything) if everything is not None else made


def one(name: str, label: str, query: str, help_: str, *, first: str = "") -> Variable:
    """Return a variable that takes one value, `first` where it is among them."""
    made = _values(name, label, query, help_).multi(False).include_all(False)
    return made.current(model.VariableOption(selected=True, text=first, value=first)) if first else made


def datasource() -> Variable:
    """Return the choice of Prometheus."""
    current = model.VariableOption(selected=True, text="Prometheus", value=DATASOURCE)
    made = build.DatasourceVariable("datasource").label("Prometheus").type("prometheus").current(current)
    return made.description("The Prometheus that scrapes queuewatch.").multi(False).include_all(False)


def page() -> Variable:
    """Return the address of queuewatch's own page, which links use; hidden, set it with `&var-page=`."""
    made = build.TextBoxVariable("page").label("queuewatch's page").default_value(PAGE)
    made = made.current(model.VariableOption(selected=True, text=PAGE, value=PAGE))
    made = made.hide(model.VariableHide.HIDE_VARIABLE)
    return made.description("Where queuewatch's own page is reached from a browser.")


def org() -> Variable:
    """Return the choice of orgs, any number."""
    return several("org", "Org", "label_values(queuewatch_source_up, org)", "A Genesys Cloud organisation.")


def one_org() -> Variable:
    """Return the choice of one org."""
    return one("org", "Org", "label_values(queuewatch_source_up, org)", "A Genesys Cloud organisation.")


def division(scope: str) -> Variable:
    """Return the choice of divisions; `scope` is the org's matcher."""
    query = f"label_values(genesys_queue_info{{{scope}}}, division)"
    return several("division", "Division", query, "A part of the org; each queue is in one.")


def media(scope: str) -> Variable:
    """Return the choice of media types; `scope` are the queues' matchers."""
    query = f"label_values(genesys_queue_waiting{{{scope}}}, media)"
    return several("media", "Media", query, 'A media type; "all" where the platform tells none apart.')


def window(scope: str) -> Variable:
    """Return the choice of the stretch of time that counts and service levels are about."""
    query = f"label_values(genesys_service_level_denominator{{{scope}}}, window)"
    return one("window", "Window", query, "The time that counts and service levels are about.", first="15m")


def threshold(scope: str) -> Variable:
    """Return the choice of the answer time, where a queue's own promise is not measured."""
    query = f"label_values(genesys_service_level_denominator{{{scope}}}, threshold)"
    return one(
        "threshold",
        "Answered within",
        query,
        "What counts as answered in time, where no threshold measures the queue's own promise.",
        first="20s",
    )


def goal() -> Variable:
    """Return the target of queues that have none of their own."""
    made = build.CustomVariable("target").label("Target if none")
    made = made.values("80% : 0.8, 70% : 0.7, 75% : 0.75, 85% : 0.85, 90% : 0.9, 95% : 0.95")
    made = made.current(model.VariableOption(selected=True, text="80%", value="0.8"))
    return made.description("The share to reach, for queues of which the platform tells no target.").multi(
        False
    )


def promise() -> Variable:
    """Return the expression that spells each queue's own answer time: a constant, hidden."""
    made = build.ConstantVariable("promise").label("Each queue's own answer time").value(PROMISE)
    return made.description(
        "1 for each org, queue_id, media and threshold: the answer time a queue promises."
    )
