"""Events, envelopes and stand-ins for the stories of store, outbox and sinks."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import looptime

from monitor.model.alert import (
    Alert,
    AlertEvent,
    AlertState,
    Entity,
    EventKind,
    Evidence,
    Hearing,
    Strand,
    event_id,
)
from monitor.model.delivery import CLOUDEVENTS, Delivered, Dispatch, Envelope, Outcome
from monitor.model.route import Group
from monitor.model.rule import Severity
from monitor.outbox import envelope as canonical
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.forms import Form
from monitor.outbox.notice import Notice
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
        told_at=NOW - timedelta(minutes=1),
        heard={"hook": Hearing(at=NOW), "mqtt": Hearing(at=NOW)},
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


def as_it_is(notice: Notice) -> bytes:
    """Return the events of a notice as they are kept: one as it is, several in an array."""
    bodies = [canonical.pack(event) for event in notice.events]
    return bodies[0] if notice.group is None else b"[" + b",".join(bodies) + b"]"


PLAIN = Form(content_type=CLOUDEVENTS, encode=as_it_is)


def a_dispatcher(*destinations: str, form: Form = PLAIN) -> Dispatcher:
    """Return a dispatcher to these, all of one form."""
    return Dispatcher(dict.fromkeys(destinations, form))


def a_group(key: str = "team=support", wait: float = 30.0, interval: float = 300.0) -> Group:
    """Return a group of this key, whose only label is in it."""
    name, _, value = key.partition("=")
    return Group(key=key, labels={name: value}, wait=wait, interval=interval)


def prepared(event: AlertEvent, *destinations: str) -> Dispatch:
    """Return what this event commits where these are the destinations there are."""
    return a_dispatcher(*destinations).dispatch(event)


def envelopes_of(events: Sequence[AlertEvent], destination: str = "hook") -> list[Envelope]:
    """Return an envelope of each."""
    return [envelope for event in events for envelope in prepared(event, destination).envelopes]


def dispatches_of(events: Sequence[AlertEvent], destination: str = "hook") -> list[Dispatch]:
    """Return what each commits."""
    return [prepared(event, destination) for event in events]


def of_envelopes(envelopes: Sequence[Envelope]) -> list[Dispatch]:
    """Return dispatches of envelopes alone: no state, no entry."""
    return [Dispatch(state=None, envelopes=(envelope,)) for envelope in envelopes]


class RecordingSink:
    """Remembers every try; answers what `answer(envelope, number of this try)` says, Delivered by default."""

    def __init__(self, answer: Callable[[Envelope, int], Outcome] | None = None) -> None:
        self.tries: list[Envelope] = []
        self.taken: list[Envelope] = []
        self._answer = answer
        self._count: Counter[str] = Counter()

    async def send(self, envelope: Envelope) -> Outcome:
        outcome = self.judge(envelope)
        if isinstance(outcome, Delivered):
            self.taken.append(envelope)
        return outcome

    def judge(self, envelope: Envelope) -> Outcome:
        """Count a try and return what it comes to."""
        self.tries.append(envelope)
        self._count[envelope.event_id] += 1
        return self._answer(envelope, self._count[envelope.event_id]) if self._answer else Delivered()

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
