"""Why a fire is kept back: who or what asked for quiet. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.alerts.muting import Inhibitor, labelled, silenced
from monitor.alerts.turn import Place
from monitor.model.alert import SOURCE_DOWN, Alert, AlertState
from monitor.model.inhibition import Inhibition
from monitor.model.rule import Rule
from monitor.model.silence import Silence

Unions = Callable[[str, str], Sequence[str]]
"""Org and queue id → the ids of the virtual queues that hold the queue."""


@dataclass(slots=True)
class Hush:
    """Says, for one turn, what mutes a firing alert. `home` is the source that (org, rule) waits for."""

    rules: Mapping[str, Rule]
    home: Mapping[tuple[str, str], str]
    silences: Sequence[Silence]
    inhibitions: tuple[Inhibition, ...]
    unions: Unions
    firing: Mapping[Place, Alert]
    _inhibitor: Inhibitor = field(init=False)

    def __post_init__(self) -> None:
        self._inhibitor = Inhibitor(
            self.inhibitions, [labels(one, self.rules) for one in self.firing.values() if _fires(one)]
        )

    def why(self, alert: Alert, now: datetime) -> str:
        """Return a word and a name (`silenced:s1`); nothing where the fire may be told."""
        if not _fires(alert):
            return ""
        if alert.history[2]:
            return "flapping"
        mine = labels(alert, self.rules)
        silence = silenced(mine, self.silences, now)
        if silence is not None:
            return f"silenced:{silence.id}"
        cause = self._source(alert) or self._union(alert, now) or self._inhibitor.by(mine)
        return f"inhibited:{cause}" if cause else ""

    def _source(self, alert: Alert) -> str:
        """Return the announcement that speaks for everything a silent source would tell."""
        source = self.home.get((alert.org, alert.rule), "")
        down = self.firing.get((alert.org, SOURCE_DOWN, source))
        return SOURCE_DOWN if down is not None and _fires(down) else ""

    def _union(self, alert: Alert, now: datetime) -> str:
        """Return the virtual queue that speaks for this alert's queue, where its rule asks for that."""
        rule, queue_id = self.rules.get(alert.rule), alert.entity.labels.get("queue_id", "")
        if rule is None or not rule.inhibit_members or not queue_id:
            return ""
        for union in self.unions(alert.org, queue_id):
            key = "/".join((union, *alert.entity.key.split("/")[1:]))
            whole = self.firing.get((alert.org, alert.rule, key))
            if whole is not None and _fires(whole) and (whole.told is not None or not self.why(whole, now)):
                return union
        return ""


def labels(alert: Alert, rules: Mapping[str, Rule]) -> dict[str, str]:
    """Return what an alert is matched by."""
    rule = rules.get(alert.rule)
    return labelled(
        alert.entity.labels,
        rule.labels if rule else {},
        org=alert.org,
        rule=alert.rule,
        severity=alert.severity.value,
    )


def _fires(alert: Alert) -> bool:
    return alert.state is AlertState.FIRING
