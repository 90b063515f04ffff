"""The names and addresses that the generated files share: after a change run `make generate`."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

DATASOURCE = "prometheus"
"""The uid of the provisioned data source; dashboards begin with it, alert rules ask it."""

SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
"""What panels ask: whatever the variable `datasource` says."""

PAGE = "http://localhost:9877"
"""Where people's browsers reach queuewatch's own page: the default of the variable `page`."""

FOLDER = "queuewatch"
"""Grafana's folder of dashboards and alert rules."""

TAG = "queuewatch"
"""What the dashboards link each other by."""

OVERVIEW = "queuewatch-service-level"
QUEUE = "queuewatch-queue"
AGENTS = "queuewatch-agents"
WORKITEMS = "queuewatch-workitems"
STRATEGIES = "queuewatch-strategies"
HEALTH = "queuewatch-health"
