"""The rules of Prometheus, for whatever is made of them: Kubernetes's PrometheusRule, Grafana's alert rules.

In: the files of deploy/prometheus/rules. Out: their groups, as they stand there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).parent / "prometheus/rules"


def groups() -> list[dict[str, Any]]:
    """Return the groups of all rule files, file by file in the order of their names."""
    return [
        group for path in sorted(RULES.glob("*.yml")) for group in yaml.safe_load(path.read_text())["groups"]
    ]
