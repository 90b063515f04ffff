"""Every generated file of this folder, as text."""

from __future__ import annotations

from collections.abc import Mapping

from deploy.grafana import agents, alerting, detail, health, overview, sources, strategies, workitems
from deploy.grafana.boards import Board


def boards() -> list[Board]:
    """Return the dashboards, in the order in which a reader meets them."""
    return [
        overview.board(),
        detail.board(),
        agents.board(),
        workitems.board(),
        strategies.board(),
        health.board(),
    ]


def files() -> Mapping[str, str]:
    """Return each file's path, relative to this folder, with its text."""
    every = boards()
    made = {f"dashboards/{board.uid}.json": board.json() for board in every}
    made["kustomization.yaml"] = sources.kustomization_file([board.uid for board in every])
    made["provisioning/datasources/prometheus.yaml"] = sources.datasource_file()
    made["provisioning/dashboards/queuewatch.yaml"] = sources.provider_file()
    made["provisioning/alerting/rules.yaml"] = alerting.rules_file(every)
    made["provisioning/alerting/contact-points.yaml"] = alerting.contacts_file()
    made["provisioning/alerting/policies.yaml"] = alerting.policies_file()
    return made
