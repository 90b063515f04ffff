"""Shows a set of retained messages: the difference while connected, everything after a connection was lost.

In: which topics are to show what, and what the broker has kept of ours. Out: publishes, and empty ones that
clear what is not to be shown any more, also from an earlier run. What may not happen: anything cleared
before it was said for the first time what is to be shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import aiomqtt
import structlog

from monitor.sinks.mqtt.client import StrictClient
from monitor.sinks.mqtt.refusals import PublishRejected

PART = 10
"""Publishes on the way at once: half of what may be, the other half is for events."""

_SOMETHING = b"?"
"""Stands for what the broker shows where we have not looked: no payload of ours."""


class Showcase:
    """The topics that fit `pattern` are ours alone, and so is what `related` finds in their payloads."""

    def __init__(
        self,
        pattern: str,
        related: Callable[[bytes], str],
        *,
        bound: float,
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        """Make it; nothing is shown before somebody is `connected`.

        Args:
            pattern: what to subscribe to, in order to be told what the broker has kept.
            related: returns the topic that goes when a kept payload does; nothing where there is none.
            bound: seconds to wait for the broker's answers.
            log: where a refusal is said, once.
        """
        self.pattern = pattern
        self._related = related
        self._bound = bound
        self._log = log
        self._desired: Mapping[str, bytes] | None = None
        self._shown: dict[str, bytes] = {}
        self._client: StrictClient | None = None
        self._changed = asyncio.Event()
        self._refused = False

    def show(self, desired: Mapping[str, bytes]) -> None:
        """Say what is to be shown from now on, all of it."""
        self._desired = dict(desired)
        self._changed.set()

    def connected(self, client: StrictClient) -> None:
        """Show everything again: the broker may have forgotten it. Call it before subscribing."""
        self._client, self._shown = client, {}
        self._changed.set()

    def lost(self) -> None:
        """Wait for the next connection."""
        self._client = None

    def take(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 - `Received` prescribes it
        """Take a message that the broker had kept; one that is just being published is our own."""
        if retained and payload:
            self._shown.setdefault(topic, payload)
            if related := self._related(payload):
                self._shown.setdefault(related, _SOMETHING)
            self._changed.set()

    async def run(self) -> None:
        """Publish what is missing and clear what is too much, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            client, desired = self._client, self._desired
            if client is not None and desired is not None:
                await self._bring(client, desired)

    async def _bring(self, client: StrictClient, desired: Mapping[str, bytes]) -> None:
        """Publish the difference, in parts, until something newer is desired."""
        shown = self._shown
        missing = [(topic, body) for topic, body in desired.items() if shown.get(topic) != body]
        surplus = [(topic, b"") for topic in shown if topic not in desired]
        difference = [*surplus, *missing]
        for start in range(0, len(difference), PART):
            if self._desired is not desired or self._client is not client:
                return
            try:
                async with asyncio.timeout(self._bound):
                    await self._publish(client, difference[start : start + PART])
            except TimeoutError:
                self._changed.set()
                return
            except aiomqtt.MqttError:
                return  # the next connection shows everything

    async def _publish(self, client: StrictClient, part: Sequence[tuple[str, bytes]]) -> None:
        answers = [(topic, body, client.post(topic, body, retain=True)) for topic, body in part]
        for topic, body, answer in answers:
            try:
                await answer
            except PublishRejected as error:
                if not self._refused:
                    self._log.warning("showcase.refused", error=str(error))
                self._refused = True
            # What is refused is not tried again before something changes or the connection does.
            if body:
                self._shown[topic] = body
            else:
                self._shown.pop(topic, None)
