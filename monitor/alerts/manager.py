"""Steps every alert by what each batch says, decides what is told, and commits it before anyone hears of it.

    batch ─▶ roll up ─▶ judge ─▶ step ─▶ hush ─▶ tell ─▶ one commit ─▶ the relay is woken
                       (rules)  (machine)       (telling)

One turn at a time: what a batch changes is worked out, committed and only then true.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.alerts.book import Book
from monitor.alerts.committing import Committing, Prepare
from monitor.alerts.flapping import History
from monitor.alerts.hushing import Unions
from monitor.alerts.machine import ended, step
from monitor.alerts.retiring import gone, shown, speaks
from monitor.alerts.settling import Bench, reseated, seated
from monitor.alerts.silencing import Silencing
from monitor.alerts.taking import lapsed, taken
from monitor.alerts.telling import Said, flaps
from monitor.alerts.turn import Turn, place
from monitor.alerts.voice import BREATH, Route, Voice
from monitor.alerts.watching import ANSWERED, STALE, Source, Watch, fated, watched
from monitor.model.alert import (
    DESTINATION_GONE,
    EVERYBODY,
    SOURCE_DOWN,
    Acknowledgement,
    Alert,
    AlertState,
    Entity,
    EventKind,
)
from monitor.model.errors import StoreError
from monitor.model.inhibition import Inhibition
from monitor.model.pace import Pace
from monitor.model.rule import Rule, Verdict
from monitor.model.sample import PollResult, SampleBatch
from monitor.model.silence import Silence
from monitor.ports import AlertStore, Clock
from monitor.rules.judgement import Judgement
from monitor.rules.judging import Judge
from monitor.rules.ranking import Ranks

DIRECTORY = "directory"


@dataclass(slots=True)
class AlertManager:
    """Every alert of every org. A `Consumer` of poll results.

    `paces` says how often each (org, source) is asked, and how long one poll of it may take, in
    seconds, `dialects` what each org speaks; `route` to whom an alert goes; `destinations` are all there are;
    `roll` adds virtual queues to a batch, `unions` names those that hold a queue of an org. `committed` is
    called when there is something to send, `changed` whenever an alert or a silence is not as it was.
    """

    rules: tuple[Rule, ...]
    store: AlertStore
    prepare: Prepare
    committed: Callable[[], None]
    clock: Clock
    route: Route
    paces: Mapping[Source, Pace]
    dialects: Mapping[str, str] = field(default_factory=dict)
    destinations: tuple[str, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    roll: Callable[[SampleBatch], SampleBatch] = lambda batch: batch
    unions: Unions = lambda _org, _queue_id: ()
    changed: Callable[[], None] = lambda: None
    _book: Book = field(default_factory=Book, init=False)
    _judges: dict[tuple[str, str], Judge] = field(default_factory=dict, init=False)
    _home: dict[tuple[str, str], str] = field(default_factory=dict, init=False)
    _watch: Watch = field(default_factory=Watch, init=False)
    _silencing: Silencing = field(init=False)
    _committing: Committing = field(init=False)
    _voice: Voice = field(init=False)
    _unretired: bool = field(default=False, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __post_init__(self) -> None:
        self._silencing = Silencing(self.store)
        self._committing = Committing(self.store, self._book, self.prepare, self.committed, self.changed)
        self._settle_in(seated(self.rules, {org for org, _ in self.paces}, self.dialects))

    async def load(self) -> None:
        """Take up where the last run stopped; the time since then counts for nothing."""
        async with self._lock:
            await self._silencing.load()
            self._book.fill(replace(alert, known=False) for alert in await self.store.load())
            await self._committing.finish(self._without_the_gone())
            await self._retire()

    async def adopt(
        self,
        rules: tuple[Rule, ...],
        inhibitions: tuple[Inhibition, ...],
        route: Route,
        paces: Mapping[Source, Pace],
    ) -> None:
        """Judge and tell by others from now on; an alert keeps its life by the name of its rule.

        Rules that cannot be judged change nothing.
        """
        bench = await reseated(rules, {org for org, _ in paces}, self.dialects, self._judges)
        async with self._lock:
            self.rules, self.inhibitions, self.route, self.paces = rules, inhibitions, route, paces
            self._settle_in(bench)
            self._unretired = True
            await self._ready()

    def alerts(self) -> Iterable[Alert]:
        """Return every alert of the configured rules, inactive ones included."""
        names = {rule.name for rule in self.rules} | {SOURCE_DOWN, DESTINATION_GONE}
        return (alert for alert in self._book.everything() if alert.rule in names)

    @property
    def silences(self) -> Sequence[Silence]:
        """Every silence that is kept, over or not: another object after every change."""
        return self._silencing.kept

    async def accept(self, result: PollResult) -> None:
        """Judge a batch, or an absence of one, and commit what follows."""
        async with self._lock:
            if not await self._ready():
                self._watch.passed_over((result.org, result.source))
                return
            source, moment = (result.org, result.source), asyncio.get_running_loop().time()
            elapsed, turn, reason = self._watch.elapsed(source, moment), self._turn(), ANSWERED
            if isinstance(result, SampleBatch):
                turn.observed_at = result.observed_at
                self._watch.answers(source)
                await self._judge(self.roll(result), elapsed, turn)
            else:
                reason = Verdict.ERROR.value
                await self._unknown(source, Verdict.ERROR, elapsed, turn)
            watched(source, self.paces.get(source), reason, elapsed, turn)
            await self._finish(turn)
            self._watch.judged(source, moment)

    async def tick(self) -> None:
        """Notice what no batch tells: a source that is silent, a silence or acknowledgement that is over."""
        async with self._lock:
            if not await self._ready():
                return
            turn, moment = self._turn(), asyncio.get_running_loop().time()
            for source in self.paces:
                if silent := self._watch.silent(source, self.paces[source], moment):
                    await self._unknown(source, Verdict.STALE, silent, turn)
                    watched(source, self.paces.get(source), STALE, silent, turn)
                    self._watch.judged(source, moment)
            for alert in self._book.everything():
                if lapsed(alert, turn.now):
                    turn.put(replace(turn.get(place(alert)) or alert, acknowledged=None))
            await self._finish(turn, remind=True)

    def sound(self) -> bool:
        """Return whether every source was judged, or declared unknown, in time, and the store has it."""
        moment = asyncio.get_running_loop().time()
        return not self._committing.behind and self._watch.sound(self.paces, moment)

    async def destination(self, name: str, *, gone: bool) -> bool:
        """Announce that a destination said it is gone for good, or that it takes what it is sent again.

        Return False where that has to be said once more: the store is behind, and this was not taken.
        """
        async with self._lock:
            if not await self._ready():
                return False
            turn = self._turn()
            fated(name, "gone" if gone else ANSWERED, turn)
            await self._finish(turn)  # refused, it is kept and committed later
            return True

    async def acknowledge(
        self, org: str, rule: str, key: str, *, owner: str, note: str = "", until: datetime | None = None
    ) -> bool:
        """Note that somebody has a firing alert; False where there is none. Ends with the episode.

        It is told to those who heard of the alert.

        Raises:
            StoreError: the store took nothing; the message says whether it is done all the same, later.
        """
        async with self._lock:
            if not await self._ready():
                raise StoreError("not done: the store takes nothing at present, so ask again")
            turn, alert = self._turn(), self._book.get(org, rule, key)
            if alert is None or alert.state is not AlertState.FIRING:
                return False
            had, said = taken(alert, Acknowledgement(owner=owner, note=note, at=turn.now, until=until))
            self._voice.say(had, said, alert.told, turn)
            turn.put(had)
            if not await self._finish(turn):
                raise StoreError("not stored yet: it will be as soon as the store takes it")
            return True

    async def silence(self, silence: Silence) -> None:
        """Keep back the fires of what fits until it ends. Raises StoreError."""
        async with self._lock:
            await self._silencing.put(silence)
            self.changed()

    async def forget_silences(self, before: datetime) -> int:
        """Remove the silences that ended before; return how many the store had. Raises StoreError."""
        async with self._lock:
            return await self._silencing.forget(before)

    # Stepping.

    def _settle_in(self, bench: Bench) -> None:
        """Judge by this bench, and tell by all of it."""
        self._judges, self._home = bench.judges, bench.home
        rules = {rule.name: rule for rule in self.rules}
        self._voice = Voice(
            self._book,
            rules,
            self.inhibitions,
            self.route,
            self._judges,
            self._home,
            self._speakers,
            self._heard,
        )

    def _speakers(self, org: str, queue_id: str) -> Sequence[str]:
        """Return the virtual queues that hold a queue, by what `unions` is at that moment."""
        return self.unions(org, queue_id)

    def _without_the_gone(self) -> Turn:
        """Return a turn in which nobody has heard who is no destination any more: back, it hears anew."""
        turn, there = self._turn(), {EVERYBODY, *self.destinations}
        for alert in self._book.everything() if self.destinations else ():
            heard = {name: one for name, one in alert.heard.items() if name in there}
            if len(heard) < len(alert.heard):
                turn.put(replace(alert, heard=heard))
        return turn

    def _turn(self) -> Turn:
        now = self.clock.now()
        return Turn(self._book, now, now)

    def _of(self, source: Source) -> Iterable[tuple[Rule, Judge]]:
        """Return the rules that wait for this source, with their judges."""
        org, name = source
        for rule in self.rules:
            if self._home.get((org, rule.name)) == name:
                yield rule, self._judges[org, rule.name]

    async def _judge(self, batch: SampleBatch, elapsed: float, turn: Turn) -> None:
        """Step what every rule says; others have their turn in between, for many rules take a while."""
        ranks = Ranks()
        for rule, judge in list(self._of((batch.org, batch.source))):
            await asyncio.sleep(0)
            active = self._book.active(batch.org, rule.name)
            await self._step_all(rule, batch.org, judge.judge(batch, active, turn.now, ranks), elapsed, turn)
        if batch.source == DIRECTORY:
            self._forget_queues(batch, turn)

    async def _unknown(self, source: Source, verdict: Verdict, elapsed: float, turn: Turn) -> None:
        for rule, judge in self._of(source):
            active = self._book.active(source[0], rule.name)
            await self._step_all(rule, source[0], judge.unknown(verdict, active, turn.now), elapsed, turn)

    async def _step_all(
        self, rule: Rule, org: str, judgements: Sequence[Judgement], elapsed: float, turn: Turn
    ) -> None:
        levels = self._judges[org, rule.name].levels(turn.now)
        for number, one in enumerate(judgements, 1):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            before = turn.before(org, rule, one)
            after = step(
                before, rule, one.verdicts, one.evidence,
                levels=levels, reason=one.reason, elapsed=elapsed, now=turn.now,
            )  # fmt: skip
            if one.labels is not None and one.labels != after.entity.labels:
                after = replace(after, entity=Entity(key=one.key, labels=one.labels))
            turn.put(self._flapped(after, rule, turn))

    def _flapped(self, alert: Alert, rule: Rule, turn: Turn) -> Alert:
        """Return the alert with its flap window moved on, and say so where flapping begins or ends."""
        if not rule.flapping:
            return replace(alert, history=(0, 0, False))
        if not alert.known:
            return alert
        history = History(*alert.history).after(alert.state is AlertState.FIRING)
        alert, said = flaps(alert, flapping=history.flapping)
        self._voice.say(alert, said, alert.told, turn)
        return replace(alert, history=(history.bits, history.count, history.flapping))

    def _forget_queues(self, batch: SampleBatch, turn: Turn) -> None:
        """End what is about queues that are not watched any more."""
        for alert in self._book.everything():
            queue_id = alert.entity.labels.get("queue_id", "")
            lost = alert.org == batch.org and queue_id and queue_id not in batch.queues
            if lost and (speaks(alert) or shown(alert)):
                self._end(alert, "queue_removed", turn)

    def _end(self, alert: Alert, reason: str, turn: Turn) -> None:
        """End an alert that has nothing to be about any more, and its flapping with it.

        Where nobody has to hear the end, what is still shown of it is taken away.
        """
        now = turn.get(place(alert)) or alert
        calm, said = flaps(now, flapping=False)
        self._voice.say(calm, said, calm.told, turn)
        over = ended(calm, reason, turn.now)
        if over.told is None and shown(calm):
            over = replace(over, sequence=over.sequence + 1)
            self._voice.say(over, Said(EventKind.RESOLVED, {}), None, turn)
        turn.put(over)

    async def _retire(self) -> bool:
        """End what is about rules, sources and orgs that are not there any more; return as `_finish` does."""
        self._unretired = False
        turn, rules = self._turn(), {rule.name: rule for rule in self.rules}
        for number, alert in enumerate(list(self._book.everything())):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            reason = gone(alert, rules, self._home, self.paces, self.destinations)
            if reason and (speaks(alert) or shown(alert)):
                self._end(alert, reason, turn)
        return await self._finish(turn)

    # Telling and committing.

    async def _ready(self) -> bool:
        """Give the store what it refused, and end what a reload left; return whether a turn may begin."""
        if not await self._committing.caught_up():
            return False
        return not self._unretired or await self._retire()

    async def _finish(self, turn: Turn, *, remind: bool = False) -> bool:
        """Decide what is told and commit; only then is it true. Return whether the store took it."""
        await self._voice.tell(turn, self._silencing.kept, remind=remind)
        return await self._committing.finish(turn)

    def _heard(self, alert: Alert) -> bool:
        """Return whether an alert's source has answered in this run; before, nobody knows what mutes it."""
        if alert.rule == DESTINATION_GONE:
            return True
        if alert.rule == SOURCE_DOWN:
            return self._watch.heard(alert.org, alert.entity.key)
        return self._watch.answered(alert.org, self._home.get((alert.org, alert.rule), ""))
