"""Shows queues and rules to Home Assistant, over every broker that is asked to.

In: poll results, and the alerts they made (so it comes after the manager). Out: the set of messages each
broker is to keep. What may not happen: a figure shown as 0, or a rule as off, as a source does not answer; a
service level that is another than the wall's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitor.board.choice import RATIO, Choice, Targets, level_table, targets_of
from monitor.model.alert import Alert, AlertState
from monitor.model.rule import Rule
from monitor.model.sample import PollResult, SampleBatch, Table, Value
from monitor.rules.matching import plan
from monitor.sinks.mqtt import MqttSink
from monitor.sinks.mqtt.discovery import Discovery, Gauge, Sensor

DIRECTORY, QUEUES, SERVICE_LEVEL = "directory", "queues", "service_level"
SHOWN = (QUEUES, SERVICE_LEVEL)
"""The sources of which queues are shown. The directory's promises say which service level of a queue is."""
BREATH = 200
"""Things shown before others have their turn: about five milliseconds."""
WAITING = "queue_waiting"

_Queue = tuple[str, str, str]
"""Queue id, name, media."""
_Source = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the newest good batch of a source showed: figures by queue, entities by rule and key."""

    at: float
    batch: SampleBatch
    figures: Mapping[_Queue, Value]
    entities: Mapping[tuple[str, str], Mapping[str, str]]


@dataclass(slots=True)
class Showing:
    """A consumer of poll results. `limits` are the seconds after which a silent source is not believed."""

    brokers: Sequence[tuple[MqttSink, Discovery]]
    rules: Callable[[], Iterable[Rule]]
    alerts: Callable[[], Iterable[Alert]]
    limits: dict[_Source, float]
    _seen: dict[_Source, _Seen] = field(default_factory=dict, init=False)
    _settled: set[_Source] = field(default_factory=set, init=False)
    _targets: dict[str, Targets] = field(default_factory=dict, init=False)
    _choices: dict[str, Choice] = field(default_factory=dict, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _made: dict[tuple[int, Sensor | Gauge], Mapping[str, bytes]] = field(default_factory=dict, init=False)

    async def accept(self, result: PollResult) -> None:
        """Show what is known, once every source has answered or failed: what is not named is taken away."""
        if not self.brokers or (result.org, result.source) not in self._heard():
            return
        # In turn: a set that took longer to make must not replace a newer one.
        async with self._turn:
            await self._take(result)
            if self._heard() <= self._settled:
                await self._show([*self._sensors(), *self._gauges()])

    def limit(self, source: _Source, seconds: float) -> None:
        """Believe a silent source for so long from now on."""
        self.limits[source] = seconds

    async def _show(self, things: Sequence[Sensor | Gauge]) -> None:
        """Show these on every broker; only what changed is made anew, and others have their turn."""
        made: dict[tuple[int, Sensor | Gauge], Mapping[str, bytes]] = {}
        for number, (broker, discovery) in enumerate(self.brokers):
            desired: dict[str, bytes] = {}
            for count, thing in enumerate(things):
                if count % BREATH == 0:
                    await asyncio.sleep(0)
                messages = self._made.get((number, thing)) or _messages(discovery, thing)
                made[number, thing] = messages
                desired.update(messages)
            await broker.show(desired)
        self._made = made

    def _heard(self) -> set[_Source]:
        return {source for source in self.limits if source[1] in (DIRECTORY, *SHOWN)}

    async def _take(self, result: PollResult) -> None:
        source = (result.org, result.source)
        self._settled.add(source)
        if not isinstance(result, SampleBatch):
            return
        if result.source == DIRECTORY:
            await self._promise(result)
        else:
            at = asyncio.get_running_loop().time()
            self._seen[source] = _Seen(at, result, await self._figures(result), self._entities(result))

    async def _promise(self, directory: SampleBatch) -> None:
        """Take what queues promise; the service levels that were seen last are chosen anew."""
        org, targets = directory.org, targets_of(directory)
        if targets == self._targets.get(org):
            return
        self._targets[org] = targets
        seen = self._seen.get((org, SERVICE_LEVEL))
        if seen is not None:
            self._seen[org, SERVICE_LEVEL] = replace(seen, figures=await self._figures(seen.batch))

    async def _figures(self, batch: SampleBatch) -> Mapping[_Queue, Value]:
        """Return how many wait, or the service level that the wall shows, of each queue and media type."""
        if batch.source == SERVICE_LEVEL:
            return await self._levels(batch.org, level_table(batch))
        return {
            queue: waiting
            for table in batch.tables
            if WAITING in table.columns
            for queue, waiting in _at(table, WAITING, range(len(table.rows)))
        }

    async def _levels(self, org: str, table: Table) -> Mapping[_Queue, Value]:
        choice = self._choices.setdefault(org, Choice())
        for _ in choice.turn(table.rows, self._targets.setdefault(org, {})):
            await asyncio.sleep(0)
        rows = [one.rows[place] for one in choice.chosen.values() for place in one.heads]
        return dict(_at(table, RATIO, rows))

    def _entities(self, batch: SampleBatch) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """Return what each rule is about in this batch, and its labels."""
        entities: dict[tuple[str, str], Mapping[str, str]] = {}
        for table in batch.tables:
            for rule in self.rules():
                if rule.metric in table.columns and "queue_id" in table.rows.names:
                    found = plan(rule, batch.org, table.rows)
                    entities.update(
                        ((rule.name, key), found.labels(place)) for place, key in enumerate(found.keys)
                    )
        return entities

    def _sensors(self) -> Iterator[Sensor]:
        firing = {
            (alert.org, alert.rule, alert.entity.key): alert
            for alert in self.alerts()
            if alert.state is AlertState.FIRING
        }
        for (org, source), seen in self._seen.items():
            known = self._believed((org, source))
            for (rule, key), labels in seen.entities.items():
                on = True if (org, rule, key) in firing else False if known else None
                queue, media = labels.get("queue", ""), labels.get("media", "")
                yield Sensor(org=org, rule=rule, entity_key=key, queue=queue, media=media, on=on)

    def _gauges(self) -> Iterator[Gauge]:
        for org in dict.fromkeys(org for org, _ in self._seen):
            waiting, levels = (self._now((org, source)) for source in SHOWN)
            # A service level of all media together has nobody waiting beside it, where media are told apart.
            for queue in waiting or levels:
                queue_id, name, media = queue
                yield Gauge(
                    org=org, queue_id=queue_id, queue=name, media=media,
                    waiting=waiting.get(queue), service_level=levels.get(queue),
                )  # fmt: skip

    def _now(self, source: _Source) -> Mapping[_Queue, Value]:
        """Return a source's figures: unknown once it has been silent for too long."""
        seen = self._seen.get(source)
        if seen is None:
            return {}
        return seen.figures if self._believed(source) else dict.fromkeys(seen.figures)

    def _believed(self, source: _Source) -> bool:
        return asyncio.get_running_loop().time() - self._seen[source].at <= self.limits[source]


def _messages(discovery: Discovery, thing: Sensor | Gauge) -> Mapping[str, bytes]:
    return discovery.messages([thing], []) if isinstance(thing, Sensor) else discovery.messages([], [thing])


def _at(table: Table, metric: str, rows: Iterable[int]) -> Iterator[tuple[_Queue, Value]]:
    """Yield what these rows say, by queue."""
    queue_id, name, media = (table.rows.names.index(label) for label in ("queue_id", "queue", "media"))
    column = table.columns[metric]
    for row in rows:
        labels = table.rows.values[row]
        yield (labels[queue_id], labels[name], labels[media]), column[row]
