"""Grafana's files of alert rules, contact points and notification policies (provisioning/alerting).

In: the alerts of `rules`. Out: YAML in the form of Grafana's file provisioning, apiVersion 1. What may not
happen: a secret in a file, they come from Grafana's environment; a `$` in words, which Grafana would take for
a variable of the environment; a rule that leaves open what no data or an error means.
"""

from __future__ import annotations

from typing import Any

import yaml

from deploy.grafana import rules
from deploy.grafana.boards import panel_id
from deploy.grafana.names import DATASOURCE, FOLDER, RUNBOOKS

EXPRESSION = "__expr__"
"""What Grafana calls its own arithmetic where a data source's uid is asked for."""

ONCALL = "queuewatch-oncall"
DESK = "queuewatch-desk"

_RULES = """\
Alert rules that Grafana evaluates itself, for whoever has no Prometheus rules: deploy/prometheus/rules says
the same, and more (burn rates, promises that nobody measures). Use one of the two, or people are told twice.
Words avoid the dollar sign: Grafana would put variables of its environment there.
"""
_CONTACTS = """\
Who is told. Addresses and tokens come from Grafana's environment. It does not start without the first two:
  ALERTS_ONCALL_URL, ALERTS_DESK_URL       where to POST alerts of severity critical, and all others
  ALERTS_ONCALL_TOKEN, ALERTS_DESK_TOKEN   sent as "Authorization: Bearer …"; may be empty
PagerDuty: type pagerduty, settings.integrationKey. Slack: type slack, settings.url. Mail: type email,
settings.addresses.
"""
_POLICIES = """\
Which alert goes to whom. This replaces the organisation's whole notification policy tree: where there is one
already, leave this file out and add the routes below to it.
"""


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _yaml(comment: str, body: dict[str, Any]) -> str:
    said = "".join(f"# {line}\n" for line in comment.splitlines())
    written = yaml.dump(body, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return f"# Made by `python -m deploy.grafana`.\n{said}{written}"


def _asks(ref: str, expression: str) -> dict[str, Any]:
    model = {"editorMode": "code", "expr": expression, "instant": True, "range": False}
    return _node(ref, DATASOURCE, model)


def _math(ref: str, expression: str) -> dict[str, Any]:
    return _node(ref, EXPRESSION, {"type": "math", "expression": expression})


def _last(ref: str, of: str) -> dict[str, Any]:
    return _node(ref, EXPRESSION, {"type": "reduce", "reducer": "last", "expression": of})


def _compared(ref: str, of: str, alert: rules.Alert) -> dict[str, Any]:
    kind, number = ("gt", alert.above) if alert.above is not None else ("lt", alert.below)
    condition = {"evaluator": {"type": kind, "params": [number]}, "type": "query"}
    return _node(ref, EXPRESSION, {"type": "threshold", "expression": of, "conditions": [condition]})


def _node(ref: str, uid: str, model: dict[str, Any]) -> dict[str, Any]:
    kind = EXPRESSION if uid == EXPRESSION else "prometheus"
    return {
        "refId": ref,
        "relativeTimeRange": {"from": 600, "to": 0},
        "datasourceUid": uid,
        "model": {"refId": ref, "datasource": {"type": kind, "uid": uid}, **model},
    }


def _rule(alert: rules.Alert) -> dict[str, Any]:
    # Instant queries are numbers, or series of one point in older releases: `last` makes numbers of both.
    data = [_asks(ref, expr) for ref, expr in {"A": alert.expr, **alert.others}.items()]
    if alert.math:
        data += [_math("M", alert.math), _math("T", alert.told), _last("L", "T")]
    data += [_last("R", "M" if alert.math else "A"), _compared("C", "R", alert)]
    board = alert.board()
    rule = {
        "uid": alert.name.lower(),
        "title": alert.name,
        "condition": "C",
        "for": alert.lasts,
        "noDataState": alert.silent,
        "execErrState": alert.broken,
        "dashboardUid": board.uid,
        "panelId": panel_id(board, alert.shown),
        "labels": {"severity": alert.severity, "team": alert.team},
        "annotations": {
            "summary": alert.summary,
            "description": alert.description,
            "runbook_url": f"{RUNBOOKS}/{alert.runbook or alert.name}/",
        },
        "isPaused": False,
        "data": data,
    }
    # Grafana older than 12 knows neither key and passes over them.
    if alert.keep:
        rule |= {"keepFiringFor": alert.keep, "missing_series_evals_to_resolve": 30}
    return rule


def rules_file() -> str:
    """Return provisioning/alerting/rules.yaml."""
    groups = [
        {
            "orgId": 1,
            "name": name,
            "folder": FOLDER,
            "interval": "30s",
            "rules": [_rule(one) for one in alerts],
        }
        for name, alerts in rules.alerts().items()
    ]
    return _yaml(_RULES, {"apiVersion": 1, "groups": groups})


def contacts_file() -> str:
    """Return provisioning/alerting/contact-points.yaml."""
    points = [
        {
            "orgId": 1,
            "name": name,
            "receivers": [
                {
                    "uid": name,
                    "type": "webhook",
                    "disableResolveMessage": False,
                    "settings": {
                        "url": f"${{ALERTS_{variable}_URL}}",
                        "httpMethod": "POST",
                        "authorization_scheme": "Bearer",
                        "authorization_credentials": f"${{ALERTS_{variable}_TOKEN}}",
                    },
                }
            ],
        }
        for name, variable in ((ONCALL, "ONCALL"), (DESK, "DESK"))
    ]
    return _yaml(_CONTACTS, {"apiVersion": 1, "contactPoints": points})


def policies_file() -> str:
    """Return provisioning/alerting/policies.yaml."""
    critical = {
        "receiver": ONCALL,
        "object_matchers": [["severity", "=", "critical"]],
        "group_wait": "10s",
        "group_interval": "1m",
        "repeat_interval": "1h",
        "continue": True,
    }
    policy = {
        "orgId": 1,
        "receiver": DESK,
        # One message for each org and alert, however many of its queues are concerned.
        "group_by": ["grafana_folder", "alertname", "org"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "4h",
        "routes": [critical, {"receiver": DESK, "object_matchers": [["severity", "=~", "critical|warning"]]}],
    }
    return _yaml(_POLICIES, {"apiVersion": 1, "policies": [policy]})
