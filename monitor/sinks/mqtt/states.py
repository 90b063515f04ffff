"""What every retained topic of one connection shows: the newest event of its alert, or nothing any more."""

from __future__ import annotations

import asyncio

from monitor.model.delivery import CLOUDEVENTS, Envelope, StateRecord
from monitor.sinks import topics
from monitor.sinks.mqtt.client import About, StrictClient

Answers = list[asyncio.Future[None]]


class States:
    """Publishes events and states below `prefix`; what it remembers is true of one connection."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._shown: dict[str, int] = {}
        self._told: dict[str, str] = {}

    def forget(self) -> None:
        """Start anew: the broker may have forgotten everything."""
        self._shown, self._told = {}, {}

    def show(self, client: StrictClient, state: StateRecord) -> asyncio.Future[None]:
        """Publish one retained, or clear its topic where nothing is to be shown."""
        topic = topics.state(self._prefix, state.org, state.rule, state.entity)
        self._shown[topic] = state.sequence
        if not state.body:
            return client.post(topic, b"", retain=True)
        about = About(CLOUDEVENTS, _user(state.event_id, state.sequence))
        return client.post(topic, state.body, retain=True, about=about)

    async def publish(self, client: StrictClient, envelope: Envelope) -> None:
        """Publish on the event topic and then on the state topic, and return when the broker has both.

        Never an older event over a newer retained one, nor over a topic that was cleared after it.
        """
        topic = topics.state(self._prefix, envelope.org, envelope.rule, envelope.entity)
        about, answers = _about(envelope), Answers()
        if self._told.get(topic) != envelope.event_id:
            passing = topics.event(self._prefix, envelope.org)
            answers.append(client.post(passing, envelope.body, about=about))
        if envelope.sequence >= self._shown.get(topic, 0):
            self._shown[topic] = envelope.sequence
            answers.append(
                client.post(topic, b"", retain=True)
                if envelope.gone
                else client.post(topic, envelope.body, retain=True, about=about)
            )
        for answer in answers:
            await answer
            # The first is the event's: it is not told twice only because its state topic is denied.
            self._told[topic] = envelope.event_id


async def beat(client: StrictClient, topic: str, envelope: Envelope, life: int | None) -> None:
    """Publish a sign of life that the broker forgets after `life` seconds, and return when it has it."""
    await client.post(topic, envelope.body, about=_about(envelope, expiry=life))


def _about(envelope: Envelope, *, expiry: int | None = None) -> About:
    user = _user(envelope.event_id, envelope.sequence)
    if envelope.skipped:
        user.append(("skipped", str(envelope.skipped)))
    return About(envelope.content_type, user, expiry=expiry)


def _user(event_id: str, sequence: int) -> list[tuple[str, str]]:
    return [("id", event_id), ("sequence", str(sequence))]
