"""What tells Grafana of its data source and its dashboards, and Kubernetes of the dashboards.

In: names. Out: provisioning/datasources, provisioning/dashboards, kustomization.yaml.
"""

from __future__ import annotations

from collections.abc import Sequence

from deploy.grafana.names import DATASOURCE, FOLDER

_MADE = "# Made by `python -m deploy.grafana`."


def datasource_file() -> str:
    """Return provisioning/datasources/prometheus.yaml."""
    return f"""\
{_MADE}
# PROMETHEUS_URL is Prometheus's address as Grafana reaches it, from Grafana's environment.
apiVersion: 1

datasources:
  - name: Prometheus
    uid: {DATASOURCE}
    type: prometheus
    access: proxy
    orgId: 1
    url: ${{PROMETHEUS_URL}}
    isDefault: true
    editable: false
    jsonData:
      httpMethod: POST           # long expressions do not fit into an address
      timeInterval: 10s          # how often deploy/prometheus/prometheus.yml scrapes
      prometheusType: Prometheus
"""


def provider_file() -> str:
    """Return provisioning/dashboards/queuewatch.yaml."""
    return f"""\
{_MADE}
apiVersion: 1

providers:
  - name: queuewatch
    orgId: 1
    folder: {FOLDER}
    type: file
    disableDeletion: true
    allowUiUpdates: false        # a change made in Grafana would be lost: copy the dashboard instead
    updateIntervalSeconds: 30
    options:
      path: /var/lib/grafana/dashboards
      foldersFromFilesStructure: false
"""


def kustomization_file(uids: Sequence[str]) -> str:
    """Return kustomization.yaml: a ConfigMap for each dashboard, as Grafana's sidecar finds them by label."""
    maps = "".join(f"  - name: {uid}\n    files:\n      - dashboards/{uid}.json\n" for uid in uids)
    return f"""\
{_MADE}
# One ConfigMap for each dashboard, with the label that the sidecar of Grafana's Helm chart looks for.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

generatorOptions:
  disableNameSuffixHash: true
  labels:
    grafana_dashboard: "1"

configMapGenerator:
{maps}"""
