"""Dashboards, alert rules and provisioning for Grafana, as code.

In: the metrics of `monitor.model.catalogue`, by name. Out: `files()`, every generated file of this folder:
the dashboards, the provisioning, the kustomization. What may not happen: a ratio that is averaged, a snapshot
summed over time, an expression that fails where two daemons watch one org, a line drawn across a gap. Made
for Grafana 11.6 and newer; its alert rules for 12 and newer.
"""

from __future__ import annotations

from deploy.grafana.output import files

__all__ = ["files"]
