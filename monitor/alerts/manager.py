"""Loads alerts, steps them by what each batch says, and commits the result before anyone hears of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from monitor.alerts.machine import step
from monitor.model.alert import Alert, AlertEvent, AlertState, Entity, EventKind, event_id
from monitor.model.catalogue import METRICS
from monitor.model.delivery import Envelope, StateRecord
from monitor.model.errors import StoreError
from monitor.model.rule import Rule, Verdict
from monitor.model.sample import PollResult, SampleBatch
from monitor.ports import AlertStore, Clock
from monitor.rules.judging import Judge, Judgement

log = structlog.get_logger(__name__)

Prepare = Callable[[AlertEvent], tuple[StateRecord, Sequence[Envelope]]]
"""Makes an event into what is stored and sent; `app` hands in the outbox's."""


@dataclass(slots=True)
class AlertManager:
    """Every alert of every org. A `Consumer` of poll results."""

    rules: tuple[Rule, ...]
    store: AlertStore
    prepare: Prepare
    committed: Callable[[], None]
    clock: Clock
    _alerts: dict[tuple[str, str], dict[str, Alert]] = field(
        default_factory=lambda: defaultdict(dict), init=False
    )
    _judges: dict[tuple[str, str], Judge] = field(default_factory=dict, init=False)
    _judged_at: dict[tuple[str, str], float] = field(default_factory=dict, init=False)
    _refused: bool = field(default=False, init=False)

    async def load(self) -> None:
        """Take up where the last run stopped; the time since then counts for nothing."""
        for alert in await self.store.load():
            self._alerts[alert.org, alert.rule][alert.entity.key] = replace(alert, known=False)

    def alerts(self) -> Iterable[Alert]:
        """Return every alert of the configured rules, inactive ones included."""
        names = {rule.name for rule in self.rules}
        return (
            alert for (_, rule), by_key in self._alerts.items() if rule in names for alert in by_key.values()
        )

    async def accept(self, result: PollResult) -> None:
        """Judge a batch and commit what follows; a failure only stops the clocks."""
        source = (result.org, result.source)
        if not isinstance(result, SampleBatch):
            self._judged_at.pop(source, None)
            return
        moment = asyncio.get_running_loop().time()
        elapsed = moment - self._judged_at.get(source, moment)
        changed, events = self._step(result, elapsed, self.clock.now())
        lasting = [alert for alert in changed if self._lasting(alert)]
        if lasting and not await self._commit(lasting, events):
            self._judged_at.pop(source, None)
            return
        self._judged_at[source] = moment
        for alert in changed:
            self._alerts[alert.org, alert.rule][alert.entity.key] = alert
        for event in events:
            _tell(event)
        if events:
            self.committed()

    def _step(
        self, batch: SampleBatch, elapsed: float, now: datetime
    ) -> tuple[list[Alert], list[AlertEvent]]:
        changed: list[Alert] = []
        events: list[AlertEvent] = []
        for rule in self.rules:
            if batch.source not in METRICS[rule.metric].sources:
                continue
            kept = self._alerts[batch.org, rule.name]
            for judgement in self._judge(rule, batch, kept):
                before = kept.get(judgement.key) or _new(rule, batch.org, judgement)
                alert, kind = step(before, rule, judgement.verdict, judgement.value, elapsed=elapsed, now=now)
                if judgement.labels is not None and judgement.labels != alert.entity.labels:
                    alert = replace(alert, entity=Entity(key=judgement.key, labels=judgement.labels))
                if alert != before:
                    changed.append(alert)
                if kind is not None:
                    reason = _reason(kind, judgement.verdict)
                    events.append(_event(alert, rule, kind, reason, now=now, observed_at=batch.observed_at))
        return changed, events

    def _judge(self, rule: Rule, batch: SampleBatch, kept: dict[str, Alert]) -> list[Judgement]:
        judge = self._judges.setdefault((batch.org, rule.name), Judge(rule, batch.org))
        active = {key: alert for key, alert in kept.items() if alert.state is not AlertState.INACTIVE}
        return judge.judge(
            batch,
            {key: alert.state is AlertState.FIRING for key, alert in active.items()},
            {key: alert.entity.labels.get("queue_id", "") for key, alert in active.items()},
        )

    def _lasting(self, alert: Alert) -> bool:
        """Return whether a restart must know of this change; the value of a firing alert alone is not it."""
        before = self._alerts[alert.org, alert.rule].get(alert.entity.key)
        return before is None or replace(before, value=None, known=False) != replace(
            alert, value=None, known=False
        )

    async def _commit(self, alerts: Sequence[Alert], events: Sequence[AlertEvent]) -> bool:
        """Return whether the store took it. What it refused is derived again from the next batch."""
        prepared = [self.prepare(event) for event in events]
        try:
            await self.store.commit(
                alerts,
                [state for state, _ in prepared],
                [envelope for _, envelopes in prepared for envelope in envelopes],
            )
        except StoreError as error:
            if not self._refused:
                log.error("commit.failed", error=str(error), alerts=len(alerts), events=len(events))
            self._refused = True
            return False
        if self._refused:
            log.info("commit.recovered")
        self._refused = False
        return True


def _new(rule: Rule, org: str, judgement: Judgement) -> Alert:
    return Alert(
        org=org,
        rule=rule.name,
        severity=rule.level.severity,
        entity=Entity(key=judgement.key, labels=judgement.labels or {}),
    )


def _reason(kind: EventKind, verdict: Verdict) -> str:
    """Return why an event is sent, in one word."""
    if kind is EventKind.FIRED:
        return "threshold"
    return "idle" if verdict is Verdict.IDLE else "cleared"


def _event(
    alert: Alert, rule: Rule, kind: EventKind, reason: str, *, now: datetime, observed_at: datetime
) -> AlertEvent:
    fired = kind is EventKind.FIRED
    return AlertEvent(
        id=event_id(alert.org, alert.rule, alert.entity.key, alert.episode, alert.sequence),
        kind=kind,
        org=alert.org,
        rule=alert.rule,
        severity=alert.severity,
        entity=alert.entity,
        episode=alert.episode,
        sequence=alert.sequence,
        reason=reason,
        metric=rule.metric,
        value=alert.value,
        threshold=rule.level.enter if fired else rule.level.clear,
        above=rule.level.above,
        occurred_at=now,
        observed_at=observed_at,
        started_at=alert.active_at,
        fired_at=alert.fired_at,
        resolved_at=alert.resolved_at,
        labels=rule.labels,
        annotations=rule.annotations,
    )


def _tell(event: AlertEvent) -> None:
    log.info(
        "alert.published",
        kind=event.kind.value, org=event.org, rule=event.rule, severity=event.severity.value,
        queue=event.entity.labels.get("queue", ""), media=event.entity.labels.get("media", ""),
        value=event.value, threshold=event.threshold, id=event.id,
    )  # fmt: skip
