"""Steps every alert by what each batch says, decides what is told, and commits it before anyone hears of it.

batch ─▶ roll up ─▶ judge ─▶ step ─▶ mute ─▶ tell ─▶ one commit ─▶ the relay is woken
                   (rules)  (machine) (muting) (telling)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from monitor.alerts.book import Book
from monitor.alerts.events import event as made
from monitor.alerts.flapping import History
from monitor.alerts.hushing import Hush, Unions
from monitor.alerts.machine import ended, step
from monitor.alerts.telling import flaps, told
from monitor.model.alert import (
    SOURCE_DOWN,
    Acknowledgement,
    Alert,
    AlertEvent,
    AlertState,
    Entity,
    EventKind,
    Evidence,
)
from monitor.model.catalogue import METRICS
from monitor.model.delivery import Envelope, StateRecord
from monitor.model.errors import StoreError
from monitor.model.inhibition import Inhibition
from monitor.model.rule import Level, Rule, Severity, Verdict
from monitor.model.sample import PollResult, SampleBatch
from monitor.model.silence import Silence
from monitor.ports import AlertStore, Clock
from monitor.rules.judgement import Judgement
from monitor.rules.judging import Judge
from monitor.rules.ranking import Ranks

log = structlog.get_logger(__name__)

Prepare = Callable[[AlertEvent], tuple[StateRecord, Sequence[Envelope]]]
"""Makes an event into what is stored and sent; `app` hands in the outbox's."""

ANNOUNCED = 30.0
"""Seconds without answers after which a source is announced, or three of its intervals (DESIGN.md §9)."""
DIRECTORY = "directory"

Source = tuple[str, str]
"""Org and source."""


@dataclass(slots=True)
class AlertManager:
    """Every alert of every org. A `Consumer` of poll results.

    `intervals` says how often each (org, source) is asked; `audience` to whom an alert's fire goes now;
    `roll` adds virtual queues to a batch, `unions` names those that hold a queue of an org.
    """

    rules: tuple[Rule, ...]
    store: AlertStore
    prepare: Prepare
    committed: Callable[[], None]
    clock: Clock
    audience: Callable[[Alert], tuple[str, ...]]
    intervals: Mapping[Source, float] = field(default_factory=dict)
    inhibitions: tuple[Inhibition, ...] = ()
    roll: Callable[[SampleBatch], SampleBatch] = lambda batch: batch
    unions: Unions = lambda _org, _queue_id: ()
    silences: list[Silence] = field(default_factory=list, init=False)
    _book: Book = field(default_factory=Book, init=False)
    _judges: dict[tuple[str, str], Judge] = field(default_factory=dict, init=False)
    _heard_at: dict[Source, float] = field(default_factory=dict, init=False)
    _refused: bool = field(default=False, init=False)

    async def load(self) -> None:
        """Take up where the last run stopped; the time since then counts for nothing."""
        self.silences = await self.store.silences()
        self._book.fill(replace(alert, known=False) for alert in await self.store.load())
        await self._retire()

    async def adopt(self, rules: tuple[Rule, ...], inhibitions: tuple[Inhibition, ...]) -> None:
        """Judge by other rules from now on; an alert keeps its life by the name of its rule."""
        self.rules, self.inhibitions = rules, inhibitions
        self._judges.clear()
        await self._retire()

    def alerts(self) -> Iterable[Alert]:
        """Return every alert of the configured rules, inactive ones included."""
        names = {rule.name for rule in self.rules} | {SOURCE_DOWN}
        return (alert for alert in self._book.everything() if alert.rule in names)

    async def accept(self, result: PollResult) -> None:
        """Judge a batch, or an absence of one, and commit what follows."""
        source, moment = (result.org, result.source), asyncio.get_running_loop().time()
        elapsed = moment - self._heard_at.get(source, moment)
        now = self.clock.now()
        turn = Turn(now, now)
        if isinstance(result, SampleBatch):
            batch = self.roll(result)
            turn.observed_at, ranks = batch.observed_at, Ranks()
            if batch.source == DIRECTORY:
                self._forget_queues(batch, turn)
            for rule, judge in self._of(source):
                active = self._book.active(result.org, rule.name)
                judgements = judge.judge(batch, active, now, ranks)
                self._step_all(rule, result.org, judgements, elapsed, turn)
        else:
            self._unknown(source, Verdict.ERROR, elapsed, turn)
        reason = "answered" if isinstance(result, SampleBatch) else "error"
        self._watch(source, elapsed, turn, reason, down=not isinstance(result, SampleBatch))
        if await self._finish(turn):
            self._heard_at[source] = moment
        else:
            self._heard_at.pop(source, None)

    async def tick(self) -> None:
        """Notice what no batch tells: a source that is silent, a silence or acknowledgement that is over."""
        now, moment = self.clock.now(), asyncio.get_running_loop().time()
        turn = Turn(now, now)
        for source, interval in self.intervals.items():
            heard = self._heard_at.setdefault(source, moment)
            if moment - heard > _patience(interval):
                self._unknown(source, Verdict.STALE, moment - heard, turn)
                self._watch(source, moment - heard, turn, "stale", down=True)
                self._heard_at[source] = moment
        for alert in self._book.everything():
            if alert.acknowledged and alert.acknowledged.until and alert.acknowledged.until <= now:
                turn.changed[_place(alert)] = replace(alert, acknowledged=None)
        await self._finish(turn)

    async def acknowledge(
        self, org: str, rule: str, key: str, *, owner: str, note: str = "", until: datetime | None = None
    ) -> bool:
        """Note that somebody has a firing alert; False where there is none. Ends with the episode."""
        alert = self._book.get(org, rule, key)
        now = self.clock.now()
        if alert is None or alert.state is not AlertState.FIRING:
            return False
        ack = Acknowledgement(owner=owner, note=note, at=now, until=until)
        taken = replace(alert, acknowledged=ack, sequence=alert.sequence + 1)
        turn = Turn(now, now)
        turn.changed[_place(alert)] = taken
        turn.events.append(self._event(taken, EventKind.ACKNOWLEDGED, alert.told, turn))
        return await self._finish(turn)

    async def silence(self, silence: Silence) -> None:
        """Keep back the fires of what fits until it ends. Raises StoreError."""
        await self.store.put_silence(silence)
        self.silences = [one for one in self.silences if one.id != silence.id] + [silence]

    # Stepping.

    def _of(self, source: Source) -> Iterable[tuple[Rule, Judge]]:
        """Return the rules that wait for this source, with their judges."""
        org, name = source
        for rule in self.rules:
            judge = self._judges.get((org, rule.name))
            if judge is None:
                judge = self._judges[org, rule.name] = Judge(rule, org)
            if name in METRICS[judge.metrics[0]].sources:
                yield rule, judge

    def _step_all(
        self, rule: Rule, org: str, judgements: Sequence[Judgement], elapsed: float, turn: Turn
    ) -> None:
        for judgement in judgements:
            before = self._book.get(org, rule.name, judgement.key) or _new(rule, org, judgement)
            turn.changed[_place(before)] = self._stepped(before, rule, judgement, elapsed, turn)

    def _stepped(self, before: Alert, rule: Rule, judgement: Judgement, elapsed: float, turn: Turn) -> Alert:
        levels = self._judges[before.org, rule.name].levels(turn.now)
        alert = step(
            before, rule, judgement.verdicts, judgement.evidence,
            levels=levels, reason=judgement.reason, elapsed=elapsed, now=turn.now,
        )  # fmt: skip
        if judgement.labels is not None and judgement.labels != alert.entity.labels:
            alert = replace(alert, entity=Entity(key=judgement.key, labels=judgement.labels))
        if not rule.flapping or not alert.known:
            return alert
        history = History(*alert.history).after(alert.state is AlertState.FIRING)
        alert, kind = flaps(alert, flapping=history.flapping)
        if kind is not None:
            turn.events.append(self._event(alert, kind, alert.told, turn))
        return replace(alert, history=(history.bits, history.count, history.flapping))

    def _unknown(self, source: Source, verdict: Verdict, elapsed: float, turn: Turn) -> None:
        for rule, judge in self._of(source):
            active = self._book.active(source[0], rule.name)
            self._step_all(rule, source[0], judge.unknown(verdict, active), elapsed, turn)

    def _watch(self, source: Source, elapsed: float, turn: Turn, reason: str, *, down: bool) -> None:
        """Step the alert on the source itself: one announcement when it fails, one when it is known again.

        A source that is `stale` has been silent for as long as the announcement waits.
        """
        org, name = source
        known = self._book.get(org, SOURCE_DOWN, name)
        if known is None and not down:
            return
        patience = _patience(self.intervals.get(source, 0.0))
        rule = _source_down(0.0 if reason == "stale" else patience)
        labels = {"source": name}
        judgement = Judgement(
            key=name,
            labels=labels,
            verdicts={Severity.CRITICAL: Verdict.BREACHED if down else Verdict.CLEAR},
            reason=reason,
        )
        before = known or _new(rule, org, judgement)
        turn.changed[_place(before)] = step(
            before, rule, judgement.verdicts, judgement.evidence,
            reason=judgement.reason, elapsed=elapsed, now=turn.now,
        )  # fmt: skip

    def _forget_queues(self, batch: SampleBatch, turn: Turn) -> None:
        """End what is about queues that are not watched any more."""
        for alert in self._book.everything():
            queue_id = alert.entity.labels.get("queue_id", "")
            gone = alert.org == batch.org and queue_id and queue_id not in batch.queues
            if gone and alert.state is not AlertState.INACTIVE:
                turn.changed[_place(alert)] = ended(alert, "queue_removed", turn.now)

    async def _retire(self) -> None:
        """End what is about rules that are not configured any more."""
        names = {rule.name for rule in self.rules} | {SOURCE_DOWN}
        now = self.clock.now()
        turn = Turn(now, now)
        for alert in self._book.everything():
            if alert.rule not in names and (alert.state is not AlertState.INACTIVE or alert.told):
                turn.changed[_place(alert)] = ended(alert, "rule_removed", now)
        await self._finish(turn)

    # Telling and committing.

    async def _finish(self, turn: Turn) -> bool:
        """Decide what is told, commit, and only then let it be true; return whether the store took it."""
        self._tell(turn)
        changed = [alert for alert in turn.changed.values() if self._lasting(alert)]
        if (changed or turn.events) and not await self._commit(changed, turn.events):
            return False
        self._book.fill(turn.changed.values())
        for event in turn.events:
            _log(event)
        if turn.events:
            self.committed()
        return True

    def _tell(self, turn: Turn) -> None:
        """Mute or tell every alert that changed, and every one whose fire was kept back."""
        firing = {_place(alert): alert for alert in self._book.firing()} | turn.changed
        hush = Hush(
            rules={rule.name: rule for rule in self.rules},
            sources={rule: METRICS[judge.metrics[0]].sources for (_, rule), judge in self._judges.items()},
            silences=self.silences,
            inhibitions=self.inhibitions,
            unions=self.unions,
            firing=firing,
        )
        for place, alert in firing.items():
            if place not in turn.changed and alert.told is alert.severity:
                continue
            spoken, kind = told(replace(alert, muted=hush.why(alert, turn.now)), self.audience(alert))
            if spoken != self._book.get(*place):
                turn.changed[place] = spoken
            if kind is not None:
                turn.events.append(self._event(spoken, kind, alert.told, turn))

    def _rule(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.name == name), None)

    def _event(self, alert: Alert, kind: EventKind, before: Severity | None, turn: Turn) -> AlertEvent:
        rule = self._rule(alert.rule)
        if rule is None:
            rule = _source_down() if alert.rule == SOURCE_DOWN else Rule(name=alert.rule)
        judge = self._judges.get((alert.org, alert.rule))
        levels = judge.levels(turn.now) if judge is not None else rule.levels
        return made(
            alert, rule, kind, before=before, levels=levels, now=turn.now, observed_at=turn.observed_at
        )

    def _lasting(self, alert: Alert) -> bool:
        """Return whether a restart must know of this change; fresh evidence alone is not it."""
        before = self._book.get(*_place(alert))
        return before is None or _enduring(before) != _enduring(alert)

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


@dataclass(slots=True)
class Turn:
    """What one batch, or one tick, changes: kept apart until it is committed."""

    now: datetime
    observed_at: datetime
    changed: dict[tuple[str, str, str], Alert] = field(default_factory=dict)
    events: list[AlertEvent] = field(default_factory=list)


def _place(alert: Alert) -> tuple[str, str, str]:
    return alert.org, alert.rule, alert.entity.key


def _enduring(alert: Alert) -> Alert:
    return replace(alert, evidence=Evidence(), known=False, unknown_for=0.0)


def _new(rule: Rule, org: str, judgement: Judgement) -> Alert:
    return Alert(
        org=org,
        rule=rule.name,
        severity=rule.levels[0].severity,
        entity=Entity(key=judgement.key, labels=judgement.labels or {}),
    )


def _patience(interval: float) -> float:
    return max(3 * interval, ANNOUNCED)


def _source_down(dwell: float = 0.0) -> Rule:
    """Return the built-in rule on one source: it fires once that has had no answers for `dwell`."""
    level = Level(severity=Severity.CRITICAL, high=0.5, dwell=dwell, truth=True)
    return Rule(name=SOURCE_DOWN, levels=(level,), flapping=False)


def _log(event: AlertEvent) -> None:
    log.info(
        "alert.published",
        kind=event.kind.value, org=event.org, rule=event.rule, severity=event.severity.value,
        queue=event.entity.labels.get("queue", ""), media=event.entity.labels.get("media", ""),
        value=event.evidence.value, threshold=event.threshold, reason=event.reason, id=event.id,
    )  # fmt: skip
