"""Events, envelopes and stand-ins for the stories of store, outbox and sinks."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import looptime

from monitor.model.alert import Alert, AlertEvent, AlertState, Entity, EventKind, Evidence, Strand, event_id
from monitor.model.delivery import Delivered, Envelope, Outcome, StateRecord
from monitor.model.rule import Severity
from monitor.outbox import routing
from tests.builders import EPOCH, LoopClock

NOW = EPOCH


T = TypeVar("T")

QUEUE = "5f2c3f0e-7d1a-4a35-9a55-0d3f7c1b2a10"


def an_entity(number: int = 0) -> Entity:
    """Queue number so-and-so, voice."""
    queue = f"{QUEUE[:-4]}{number:04d}"
    labels = {"queue_id": queue, "queue": f"Support {number}", "media": "voice"}
    return Entity(key=f"{queue}/voice", labels=labels)


def an_alert(number: int = 0, **changes: Any) -> Alert:
    """A firing alert."""
    alert = Alert(
        org="acme",
        rule="ServiceLevelLow",
        severity=Severity.WARNING,
        entity=an_entity(number),
        state=AlertState.FIRING,
        episode=1,
        sequence=1,
        evidence=Evidence(value=0.71),
        known=True,
        strands={Severity.WARNING: Strand(state=AlertState.FIRING, held=12.5, clearing=True)},
        told=Severity.WARNING,
        told_to=("hook", "mqtt"),
        history=(1, 2, False),
        active_at=NOW - timedelta(minutes=3),
        fired_at=NOW - timedelta(minutes=1),
    )
    return replace(alert, **changes)


def an_event(number: int = 0, sequence: int = 1, **changes: Any) -> AlertEvent:
    """Odd sequences fire, even ones resolve."""
    entity = changes.pop("entity", an_entity(number))
    fired = sequence % 2 == 1
    episode = (sequence + 1) // 2
    value = changes.pop("value", 0.71)
    event = AlertEvent(
        id=event_id("acme", "ServiceLevelLow", entity.key, episode, sequence),
        kind=EventKind.FIRED if fired else EventKind.RESOLVED,
        org="acme",
        rule="ServiceLevelLow",
        severity=Severity.WARNING,
        entity=entity,
        episode=episode,
        sequence=sequence,
        reason="threshold",
        metric="service_level_ratio",
        state=AlertState.FIRING if fired else AlertState.INACTIVE,
        evidence=Evidence(value=value),
        operator="<" if fired else ">=",
        threshold=0.8,
        occurred_at=NOW,
        observed_at=NOW - timedelta(seconds=4, milliseconds=250),
        started_at=NOW - timedelta(minutes=2),
        fired_at=NOW,
        resolved_at=None if fired else NOW,
        labels={"team": "support"},
        annotations={"summary": "Support at 71 %", "runbook": "https://wiki.example/sla"},
    )
    return replace(event, **changes)


def prepared(event: AlertEvent, *destinations: str) -> tuple[list[StateRecord], list[Envelope]]:
    """What this event commits."""
    state, envelopes = routing.prepare(event, destinations)
    return [state], list(envelopes)


def envelopes_of(events: Sequence[AlertEvent], destination: str = "hook") -> list[Envelope]:
    """One envelope each."""
    return [envelope for event in events for envelope in prepared(event, destination)[1]]


class RecordingSink:
    """Remembers every try; answers what `answer(envelope, number of this try)` says, Delivered by default."""

    def __init__(self, answer: Callable[[Envelope, int], Outcome] | None = None) -> None:
        self.tries: list[Envelope] = []
        self.taken: list[Envelope] = []
        self._answer = answer
        self._count: Counter[str] = Counter()

    async def send(self, envelope: Envelope) -> Outcome:
        self.tries.append(envelope)
        self._count[envelope.event_id] += 1
        outcome = self._answer(envelope, self._count[envelope.event_id]) if self._answer else Delivered()
        if isinstance(outcome, Delivered):
            self.taken.append(envelope)
        return outcome

    def sequences(self) -> dict[str, list[int]]:
        """The sequences taken, by key."""
        found: dict[str, list[int]] = defaultdict(list)
        for envelope in self.taken:
            found[envelope.key].append(envelope.sequence)
        return dict(found)


class MovableClock(LoopClock):
    """A clock that somebody sets forward or back by `shift`."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = timedelta()

    def now(self) -> datetime:
        return super().now() + self.shift


def virtual(story: Coroutine[Any, Any, T]) -> T:
    """Run a story in virtual time: hours of pauses take milliseconds."""
    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        return runner.run(story)
