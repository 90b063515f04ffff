"""Grafana's files of alert rules, contact points and notification policies (provisioning/alerting).

In: the alerts of `rules`. Out: YAML in the form of Grafana's file provisioning, apiVersion 1. What may not
happen: a secret in a file, they come from Grafana's environment; a `$` in words, which Grafana would take for
a variable of the environment; a rule that leaves open what no data or an error means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.grafana import rules
from deploy.grafana.boards import Board, panel_id
from deploy.grafana.names import DATASOURCE, FOLDER
from deploy.writing import dumped

EXPRESSION = "__expr__"
"""What Grafana calls its own arithmetic where a data source's uid is asked for."""

ONCALL = "queuewatch-oncall"
DESK = "queuewatch-desk"

UNKNOWN = "Nobody knows: Prometheus does not answer, or has nothing to say."
"""What is told in the place of an alert's own words, while there are no figures."""

_RULES = """\
The alerts of deploy/prometheus/rules, evaluated by Grafana, for whoever has Grafana tell and no Alertmanager.
Prometheus needs the same rule files, for these ask its recording rules, but no `alerting:` of its own, or
people are told twice. Grafana 12 or newer: older ones pass over keepFiringFor and
missing_series_evals_to_resolve. Words avoid the dollar sign: Grafana puts variables of its environment there.
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


def _yaml(comment: str, body: dict[str, Any]) -> str:
    said = "".join(f"# {line}\n" for line in comment.splitlines())
    return f"# Made by `python -m deploy.grafana`.\n{said}{dumped(body, width=110)}"


def _node(ref: str, uid: str, model: dict[str, Any]) -> dict[str, Any]:
    kind = EXPRESSION if uid == EXPRESSION else "prometheus"
    return {
        "refId": ref,
        "relativeTimeRange": {"from": 600, "to": 0},
        "datasourceUid": uid,
        "model": {"refId": ref, "datasource": {"type": kind, "uid": uid}, **model},
    }


def _steps(expr: str) -> list[dict[str, Any]]:
    # An instant query is numbers, or series of one point in older releases: `last` makes numbers of both.
    asked = {"editorMode": "code", "expr": expr, "instant": True, "range": False}
    condition = {"evaluator": {"type": "gt", "params": [rules.NONE]}, "type": "query"}
    return [
        _node("A", DATASOURCE, asked),
        _node("R", EXPRESSION, {"type": "reduce", "reducer": "last", "expression": "A"}),
        _node("C", EXPRESSION, {"type": "threshold", "expression": "R", "conditions": [condition]}),
    ]


def _told(words: rules.Words) -> dict[str, str]:
    # Without values Grafana tells of the rule itself: DatasourceNoData, DatasourceError.
    return {
        "summary": f"{{{{ if .Values }}}}{words.summary}{{{{ else }}}}{UNKNOWN}{{{{ end }}}}",
        "description": f"{{{{ if .Values }}}}{words.description}{{{{ end }}}}",
    }


def _rule(alert: rules.Alert, boards: Mapping[str, Board]) -> dict[str, Any]:
    return {
        "uid": re.sub(r"\W+", "-", alert.title.lower()).strip("-"),
        "title": alert.title,
        "condition": "C",
        "for": alert.lasts,
        "keepFiringFor": alert.keep or "0s",
        "missing_series_evals_to_resolve": alert.missing,
        "noDataState": alert.silent,
        "execErrState": alert.broken,
        "dashboardUid": alert.words.board,
        "panelId": panel_id(boards[alert.words.board], alert.words.shown),
        "labels": dict(alert.labels),
        "annotations": {**_told(alert.words), "runbook_url": alert.runbook},
        "isPaused": False,
        "data": _steps(alert.expr),
    }


def rules_file(boards: Sequence[Board]) -> str:
    """Return provisioning/alerting/rules.yaml; the alerts lead to these dashboards."""
    by_uid = {board.uid: board for board in boards}
    groups = [
        {
            "orgId": 1,
            "name": name,
            "folder": FOLDER,
            "interval": rules.EVERY,
            "rules": [_rule(one, by_uid) for one in alerts],
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
