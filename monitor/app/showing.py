"""Shows queues and rules to Home Assistant, over every broker that is asked to.

In: poll results, and the alerts they made (so it comes after the manager). Out: the set of messages each
broker is to keep. What may not happen: a figure shown as 0, or a rule as off, as a source does not answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.model.alert import Alert, AlertState
from monitor.model.rule import Rule
from monitor.model.sample import PollResult, Rows, SampleBatch, Table, Value
from monitor.rules.matching import plan
from monitor.sinks.mqtt import MqttSink
from monitor.sinks.mqtt.discovery import Discovery, Gauge, Sensor

SHOWN = ("queues", "service_level")
"""The sources of which queues are shown."""
BREATH = 200
"""Things shown before others have their turn: about five milliseconds."""
WAITING, LEVEL = "queue_waiting", "service_level_ratio"

_Queue = tuple[str, str, str]
"""Queue id, name, media."""
_Source = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the newest good batch of a source showed: figures by queue, entities by rule and key."""

    at: float
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
    _made: dict[tuple[int, Sensor | Gauge], Mapping[str, bytes]] = field(default_factory=dict, init=False)

    async def accept(self, result: PollResult) -> None:
        """Show what is known, once every source has answered or failed: what is not named is taken away."""
        source = (result.org, result.source)
        if not self.brokers or source not in self._wanted():
            return
        self._settled.add(source)
        if isinstance(result, SampleBatch):
            self._seen[source] = self._read(result)
        if self._wanted() <= self._settled:
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

    def _wanted(self) -> set[_Source]:
        return {source for source in self.limits if source[1] in SHOWN}

    def _read(self, batch: SampleBatch) -> _Seen:
        figures: dict[_Queue, Value] = {}
        entities: dict[tuple[str, str], Mapping[str, str]] = {}
        for table in batch.tables:
            figures.update(_figures(table))
            for rule in self.rules():
                if rule.metric in table.columns and "queue_id" in table.rows.names:
                    found = plan(rule, batch.org, table.rows)
                    entities.update(
                        ((rule.name, key), found.labels(place)) for place, key in enumerate(found.keys)
                    )
        return _Seen(asyncio.get_running_loop().time(), figures, entities)

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


def _figures(table: Table) -> Iterator[tuple[_Queue, Value]]:
    """Yield how many wait, or the service level by the longest window there is."""
    for metric in (WAITING, LEVEL):
        if metric not in table.columns:
            continue
        places = _longest(table.rows) if metric == LEVEL else range(len(table.rows))
        for place in places:
            labels = dict(zip(table.rows.names, table.rows.values[place], strict=True))
            yield (labels["queue_id"], labels["queue"], labels["media"]), table.columns[metric][place]


def _longest(rows: Rows) -> list[int]:
    """Return the rows of the last window and first threshold: windows stand in the order of the settings."""
    window, threshold = rows.names.index("window"), rows.names.index("threshold")
    if not rows.values:
        return []
    last, first = rows.values[-1][window], rows.values[0][threshold]
    return [
        place
        for place, values in enumerate(rows.values)
        if values[window] == last and values[threshold] == first
    ]
