"""What a rule says of one entity now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.model.alert import Evidence
from monitor.model.rule import Severity, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict per level of the rule. `labels` is None where the entity has no row any more."""

    key: str
    labels: Mapping[str, str] | None
    verdicts: Mapping[Severity, Verdict]
    evidence: Evidence = field(default_factory=Evidence)
    reason: str = ""
