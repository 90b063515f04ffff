"""Every metric once: name, kind, unit, help, labels, dialects.

Exposition, rules and the generated reference read this table; nothing else spells a metric's help.
Rules use the names as they stand here; on `/metrics` the platform's figures carry the prefix `genesys_`.
"""

from __future__ import annotations

from monitor.model.catalogue.agents import AGENTS
from monitor.model.catalogue.own import OWN
from monitor.model.catalogue.queues import DIRECTORY, QUEUES
from monitor.model.catalogue.servicelevel import AVERAGES, SERVICE_LEVEL
from monitor.model.catalogue.strategies import STRATEGIES
from monitor.model.catalogue.workitems import WORKITEMS
from monitor.model.metric import Kind, Metric

SAID = (*QUEUES, *DIRECTORY, *SERVICE_LEVEL, *AVERAGES, *AGENTS, *WORKITEMS, *STRATEGIES)
"""What the platform said, in the order in which the page shows it."""

METRICS: dict[str, Metric] = {metric.name: metric for metric in (*SAID, *OWN)}
"""Every metric by the name that rules use."""


def judgeable() -> list[str]:
    """Return the names a rule may use: what the platform said, not what we say of ourselves."""
    return [metric.name for metric in SAID if metric.kind is not Kind.INFO]
