"""Delivers to one MQTT broker: every event once more on a topic, the newest of each retained on its own."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

import aiomqtt
import structlog

from monitor.kit import tasks
from monitor.model.alert import EventKind
from monitor.model.delivery import Delivered, Envelope, Outcome, Rejected, Retry, StateRecord
from monitor.model.errors import StoreError
from monitor.model.settings import MqttSettings
from monitor.ports import Clock
from monitor.sinks import topics
from monitor.sinks.mqtt import discovery
from monitor.sinks.mqtt.client import StrictClient, context
from monitor.sinks.mqtt.commands import Command
from monitor.sinks.mqtt.greeting import Greeting
from monitor.sinks.mqtt.inbox import Inbox
from monitor.sinks.mqtt.losses import Losses, Patience
from monitor.sinks.mqtt.refusals import PublishRejected, judged
from monitor.sinks.mqtt.showcase import Showcase
from monitor.sinks.mqtt.states import States, beat

log = structlog.get_logger(__name__)


class MqttSink:
    """One MQTT broker. `run` keeps the connection; `send` uses it while it is there."""

    def __init__(
        self,
        settings: MqttSettings,
        *,
        instance: str,
        clock: Clock,
        states: Callable[[], Awaitable[list[StateRecord]]],
        connected: Callable[[], None],
        orgs: Sequence[str] = (),
        command: Callable[[Command], Awaitable[str]] | None = None,
        patience: Patience | None = None,
        client: type[StrictClient] = StrictClient,
    ) -> None:
        """Make the sink; nothing is connected before `run`.

        Args:
            settings: the broker and how to reach it.
            instance: this daemon's name, part of the client id and of the availability topic.
            clock: for what expires, and for the age of commands.
            states: returns what this destination was told last of everything, to be shown after each connect,
                with an empty body what is not to be shown any more; StoreError passes.
            connected: called when envelopes can be sent again.
            orgs: about which commands are taken, where the settings allow any and speak MQTT 5.
            command: does what was asked and returns why not, or nothing; StoreError passes.
            patience: how long to wait for what.
            client: makes connections.
        """
        self._settings = settings
        self._instance = instance
        self._clock = clock
        # Its own for each destination: a broker throws out whoever has the same.
        self._identifier = f"queuewatch-{instance}-{settings.name.replace('/', '-')}"
        self._availability = topics.availability(settings.prefix, instance)
        self._states = states
        self._connected = connected
        self._patience = patience or Patience()
        self._make = client
        self._closing = asyncio.Event()
        self._client: StrictClient | None = None
        self._topics = States(settings.prefix)
        self._log = log.bind(destination=settings.name, broker=f"{settings.host}:{settings.port}")
        self._losses = Losses(self._patience, client_id=self._identifier, log=self._log)
        self._inbox = self._make_inbox(orgs, command)
        self._showcase = self._make_showcase()
        followed = [
            *(self._inbox.topics if self._inbox is not None else ()),
            *([self._showcase.pattern] if self._showcase is not None else ()),
        ]
        self._greeting = Greeting(self._availability, followed, bound=self._patience.answer, log=self._log)

    async def run(self) -> None:
        """Connect, and connect again, until `close`."""
        if self._settings.version == "3.1.1":
            hint = (
                "this version has no word for a publish the broker denies, which is lost unseen, nor for how "
                "large a message may be: no commands are taken"
            )
            self._log.warning("mqtt.limited", version=self._settings.version, hint=hint)
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(work, name=name) for name, work in self._helpers()]
            await self._keep_connected()
            for helper in helpers:
                helper.cancel()

    async def send(self, envelope: Envelope) -> Outcome:
        """Try once, for at most ten seconds."""
        client = self._client
        if client is None:
            return Retry(reason="disconnected", detail=self._losses.trouble)
        try:
            async with asyncio.timeout(self._patience.answer):
                if envelope.kind is EventKind.HEARTBEAT:
                    return await self._beat(client, envelope)
                await self._topics.publish(client, envelope)
        except TimeoutError:
            waited = f"the broker did not answer within {self._patience.answer:.0f} s"
            return Retry(reason="timeout", detail=waited)
        except PublishRejected as error:
            return judged(error, self._settings.username or "this client")
        except aiomqtt.MqttError as error:
            return Retry(reason="disconnected", detail=str(error))
        except ValueError as error:  # paho's word for a topic no broker could take
            return Rejected(reason="invalid_topic", detail=str(error))
        return Delivered()

    async def show(self, desired: Mapping[str, bytes]) -> None:
        """Keep exactly these retained for Home Assistant (topic → payload, as `discovery` makes them).

        Returns at once: they are published while connected, the newest wins. The first call has to name
        everything there is, since what an earlier run has left and is not in it is cleared.
        """
        if self._showcase is not None:
            self._showcase.show(desired)

    async def close(self) -> None:
        """Say offline and disconnect, within two seconds; `run` ends."""
        self._closing.set()
        client, self._client = self._client, None
        if client is None:
            return
        half = self._patience.farewell / 2
        with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(half):
                await client.post(self._availability, b"offline", retain=True)
        await client.leave(half)

    def _helpers(self) -> list[tuple[str, Coroutine[None, None, None]]]:
        found: list[tuple[str, Coroutine[None, None, None]]] = []
        if self._inbox is not None:
            found.append(("mqtt.commands", self._inbox.run(self._answer)))
        if self._showcase is not None:
            found.append(("mqtt.showcase", self._showcase.run()))
        return found

    async def _keep_connected(self) -> None:
        while not self._closing.is_set():
            started = asyncio.get_running_loop().time()
            try:
                await self._session()
            except (aiomqtt.MqttError, StoreError, OSError, TimeoutError) as error:
                self._client = None
                if self._showcase is not None:
                    self._showcase.lost()
                lasted = asyncio.get_running_loop().time() - started
                pause = self._losses.note(error, lasted, closing=self._closing.is_set())
                await tasks.first_of(self._closing, pause)

    async def _session(self) -> None:
        """Keep one connection until it is lost, which raises, or closed."""
        files = self._settings.tls
        client = self._make(
            self._settings,
            identifier=self._identifier,
            will=aiomqtt.Will(self._availability, b"offline", qos=1, retain=True),
            tls_context=await asyncio.to_thread(context, files) if files is not None else None,
            timeout=self._patience.answer,
            received=self._receive,
        )
        await client.enter()
        try:
            if self._showcase is not None:
                self._showcase.connected(client)
            await self._greeting.greet(client, self._topics, self._states)
        except BaseException:
            client.drop()
            raise
        # Kept when `run` is cancelled: `close` still has to say offline.
        self._client = client
        if self._closing.is_set():  # during the greeting: `close` found nothing
            await self.close()
            return
        self._losses.recovered()
        self._connected()
        await client.lost()

    def _receive(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 - `Received` prescribes it
        if self._inbox is not None and topic in self._inbox.topics:
            self._inbox.take(topic, payload, retained)
        elif self._showcase is not None:
            self._showcase.take(topic, payload, retained)

    async def _answer(self, topic: str, body: bytes) -> None:
        client = self._client
        if client is not None:
            with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                async with asyncio.timeout(self._patience.answer):
                    await client.post(topic, body)

    async def _beat(self, client: StrictClient, envelope: Envelope) -> Outcome:
        life = None
        if envelope.expires_at is not None:
            life = math.ceil((envelope.expires_at - self._clock.now()).total_seconds())
            if life <= 0:
                return Retry(reason="expired", detail="it would come too late to be a sign of life")
        await beat(client, topics.heartbeat(self._settings.prefix, self._instance), envelope, life)
        return Delivered()

    def _make_inbox(
        self, orgs: Sequence[str], command: Callable[[Command], Awaitable[str]] | None
    ) -> Inbox | None:
        # Without a limit on packets one message could take all our memory; only MQTT 5 has one.
        if self._settings.commands is None or command is None or self._settings.version != "5":
            return None
        return Inbox(
            prefix=self._settings.prefix,
            orgs=orgs,
            secret=self._settings.commands.secret,
            act=command,
            clock=self._clock,
            log=self._log,
        )

    def _make_showcase(self) -> Showcase | None:
        settings = self._settings
        if settings.discovery is None:
            return None
        return Showcase(
            discovery.pattern(settings.discovery, self._instance),
            lambda payload: discovery.shown_on(payload, settings.prefix),
            bound=self._patience.answer,
            log=self._log,
        )
