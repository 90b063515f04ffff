"""Delivers to an MQTT 5 broker: every event once more on a topic, the newest of each retained on its own.

aiomqtt's `publish` returns normally when the broker refuses, and waits its whole timeout when the broker is
gone (LIBS M2, M3); `StrictClient` does neither. A client is never used again after its connection
is lost: what paho still queues would be sent late and out of order.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Sequence

import aiomqtt
import structlog
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import ConnectFlags
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from monitor.kit import tasks
from monitor.model.delivery import Delivered, Envelope, Outcome, Rejected, Retry, StateRecord
from monitor.model.errors import StoreError
from monitor.model.settings import MqttSettings, TlsSettings
from monitor.sinks import topics

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/cloudevents+json"
BOUND = 10.0
"""Seconds for one try, for the broker's answer to a connection, and for a part of the greeting."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
"""Seconds between tries to connect: doubled from the first to the longest."""
DISPLACED_PAUSE = 60.0
"""Seconds after another client took our id: coming back at once would only throw that one out."""
STABLE = 10.0
"""Seconds a connection has to last before the pauses start from the first again."""
DROPS, SHORT = 3, 2 * LONGEST_PAUSE
"""So many connections in a row, each lost within so many seconds and without a word, look like another client
with our id: Mosquitto before 2.0.15 does not say so, and two such clients come back after a pause each.
"""
FAREWELL = 2.0
"""Seconds for saying offline and leaving."""
WINDOW = 20
"""Publishes on the way at once: paho's default, and what mosquitto announces."""
OVERHEAD = 256
"""Bytes a PUBLISH packet has beside topic and payload, at most: header and properties."""

DENIED, NO_TOPIC, TOO_LARGE, BAD_PAYLOAD, DISPLACED, UNSAID = 0x87, 0x90, 0x95, 0x99, 0x8E, 0x80
"""Reason codes: https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901031
`UNSAID` (unspecified error) is also what paho makes of a connection that just ends.
"""
_NEVER = {NO_TOPIC: "invalid_topic", TOO_LARGE: "too_large", BAD_PAYLOAD: "invalid"}
_HINT = "another client uses this client id: give every queuewatch its own `instance` name"
_GUESS = f"the broker closes each connection without a reason; perhaps {_HINT}, or extend its ACL"


class PublishRejected(aiomqtt.MqttError):
    """The broker answered a publish with a refusal; `code` is its MQTT 5 reason code."""

    def __init__(self, code: int, topic: str) -> None:
        super().__init__(f"the broker refused a publish to {topic} (reason code {code:#04x})")
        self.code = code
        self.topic = topic


class ConnectionLost(aiomqtt.MqttError):
    """The connection ended; `code` is the broker's reason, if it gave one."""

    def __init__(self, error: BaseException | None) -> None:
        super().__init__(str(error) if error is not None else "the broker closed the connection")
        reason = getattr(error, "rc", None)
        self.code = reason.value if isinstance(reason, ReasonCode) else None


class StrictClient(aiomqtt.Client):
    """An aiomqtt client for one connection that says at once what became of a publish."""

    def __init__(
        self, settings: MqttSettings, *, identifier: str, will: aiomqtt.Will, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(
            settings.host,
            settings.port,
            username=settings.username,
            password=settings.password.reveal() if settings.password is not None else None,
            identifier=identifier,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            will=will,
            timeout=BOUND,
            keepalive=settings.keepalive,
            max_inflight_messages=WINDOW,
            tls_context=tls,
        )
        self._answers: dict[int, tuple[str, asyncio.Future[None]]] = {}
        self._largest: int | None = None

    async def enter(self) -> None:
        """Connect. Raises MqttError."""
        disconnected = self._disconnected
        try:
            await self.__aenter__()
        except BaseException:
            self.drop()
            raise
        if disconnected.done():
            # Lost between the broker's answer and here: aiomqtt has forgotten that and would wait for ever.
            raise ConnectionLost(disconnected.exception())
        disconnected.add_done_callback(self._connection_lost)

    async def lost(self) -> None:
        """Wait until the connection is gone, then raise ConnectionLost."""
        await asyncio.wait([self._disconnected])
        error = None if self._disconnected.cancelled() else self._disconnected.exception()
        raise ConnectionLost(error) from error

    async def leave(self) -> None:
        """Disconnect as agreed, so that the broker does not publish the will."""
        try:
            async with asyncio.timeout(FAREWELL / 2):
                await self.__aexit__(None, None, None)
        except (aiomqtt.MqttError, TimeoutError):
            self.drop()

    def drop(self) -> None:
        """Close the socket, if there is one: aiomqtt leaves it open when a connection fails half-way."""
        self._client._reset_sockets()  # noqa: SLF001 - paho has no public way that does not wait for the broker

    def post(
        self, topic: str, payload: bytes, *, retain: bool, properties: Properties | None = None
    ) -> asyncio.Future[None]:
        """Send a publish at QoS 1; the future has the answer: None, PublishRejected or ConnectionLost."""
        answer: asyncio.Future[None] = self._loop.create_future()
        answer.add_done_callback(_retrieve)
        if self._largest is not None and len(payload) + len(topic) + OVERHEAD > self._largest:
            # The broker would close the connection, and again after every reconnect.
            answer.set_exception(PublishRejected(TOO_LARGE, topic))
            return answer
        info = self._client.publish(topic, payload, 1, retain, properties)
        self._answers[info.mid] = (topic, answer)
        if self._disconnected.done() or not self._client.is_connected():
            self._connection_lost(self._disconnected)
        return answer

    def _on_connect(
        self,
        client: PahoClient,
        userdata: object,
        flags: ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        largest = getattr(properties, "MaximumPacketSize", None)
        self._largest = largest if isinstance(largest, int) else None
        window = getattr(properties, "ReceiveMaximum", WINDOW)
        # Paho ignores what the broker announces; more at once is a protocol error, and HiveMQ takes ten.
        client._max_inflight_messages = min(WINDOW, window)  # noqa: SLF001 - its setter refuses when connected
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_publish(
        self, client: PahoClient, userdata: object, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        super()._on_publish(client, userdata, mid, reason_code, properties)
        topic, answer = self._answers.pop(mid, ("", None))
        if answer is None or answer.done():
            return
        if reason_code.is_failure:
            answer.set_exception(PublishRejected(reason_code.value, topic))
        else:
            answer.set_result(None)

    def _connection_lost(self, disconnected: asyncio.Future[None]) -> None:
        error = disconnected.exception() if disconnected.done() and not disconnected.cancelled() else None
        while self._answers:
            _, (_, answer) = self._answers.popitem()
            if not answer.done():
                answer.set_exception(ConnectionLost(error))


class MqttSink:
    """One MQTT broker. `run` keeps the connection; `send` uses it while it is there."""

    def __init__(
        self,
        settings: MqttSettings,
        *,
        instance: str,
        states: Callable[[], Awaitable[list[StateRecord]]],
        connected: Callable[[], None],
    ) -> None:
        """Make the sink; nothing is connected before `run`.

        Args:
            settings: the broker and how to reach it.
            instance: this daemon's name, part of the client id and of the availability topic.
            states: returns the newest event of everything, to be shown after each connect; StoreError passes.
            connected: called when envelopes can be sent again.
        """
        self._settings = settings
        self._identifier = f"queuewatch-{instance}"
        self._availability = topics.availability(settings.prefix, instance)
        self._states = states
        self._connected = connected
        self._closing = asyncio.Event()
        self._client: StrictClient | None = None
        self._failures = 0
        self._drops = 0
        self._displaced = False
        self._refused = False
        self._trouble = "not connected yet"
        self._shown: dict[str, int] = {}
        self._told: dict[str, str] = {}
        self._log = log.bind(destination=settings.name, broker=f"{settings.host}:{settings.port}")

    async def run(self) -> None:
        """Connect, and connect again, until `close`."""
        while not self._closing.is_set():
            started = asyncio.get_running_loop().time()
            try:
                await self._session()
            except (aiomqtt.MqttError, StoreError, OSError, TimeoutError) as error:
                lasted = asyncio.get_running_loop().time() - started
                await tasks.first_of(self._closing, self._note_loss(error, lasted))

    async def send(self, envelope: Envelope) -> Outcome:
        """Try once, for at most ten seconds."""
        client = self._client
        if client is None:
            return Retry(reason="disconnected", detail=self._trouble)
        try:
            async with asyncio.timeout(BOUND):
                await self._publish(client, envelope)
        except TimeoutError:
            return Retry(reason="timeout", detail=f"the broker did not answer within {BOUND:.0f} s")
        except PublishRejected as error:
            return self._judge(error)
        except aiomqtt.MqttError as error:
            return Retry(reason="disconnected", detail=str(error))
        except ValueError as error:  # paho's word for a topic no broker could take
            return Rejected(reason="invalid_topic", detail=str(error))
        return Delivered()

    async def close(self) -> None:
        """Say offline and disconnect, within two seconds; `run` ends."""
        self._closing.set()
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(FAREWELL / 2):
                await client.post(self._availability, b"offline", retain=True)
        await client.leave()

    async def _session(self) -> None:
        """Keep one connection until it is lost, which raises, or closed."""
        tls = await asyncio.to_thread(_tls, self._settings.tls) if self._settings.tls is not None else None
        will = aiomqtt.Will(self._availability, b"offline", qos=1, retain=True)
        client = StrictClient(self._settings, identifier=self._identifier, will=will, tls=tls)
        await client.enter()
        try:
            await self._greet(client)
        except BaseException:
            client.drop()
            raise
        # Kept when `run` is cancelled: `close` still has to say offline.
        self._client = client
        if self._closing.is_set():  # during the greeting: `close` found nothing
            await self.close()
            return
        if self._failures and not self._displaced:
            self._log.info("mqtt.recovered", failures=self._failures)
        self._connected()
        await client.lost()

    async def _greet(self, client: StrictClient) -> None:
        """Say online, then show the newest event of everything: the broker may have forgotten all of it."""
        self._shown, self._told = {}, {}
        async with asyncio.timeout(BOUND):
            taken = await self._tolerate(client.post(self._availability, b"online", retain=True))
        states = await self._states()
        for start in range(0, len(states), WINDOW):
            async with asyncio.timeout(BOUND):
                taken &= await self._show(client, states[start : start + WINDOW])
        self._refused = not taken

    async def _show(self, client: StrictClient, states: Sequence[StateRecord]) -> bool:
        """Publish these retained; return whether the broker took them all."""
        answers = []
        for state in states:
            topic = topics.state(self._settings.prefix, state.org, state.rule, state.entity)
            self._shown[topic] = state.sequence
            properties = _properties(state.event_id, state.sequence)
            answers.append(client.post(topic, state.body, retain=True, properties=properties))
        return all([await self._tolerate(answer) for answer in answers])

    async def _tolerate(self, answer: Awaitable[None]) -> bool:
        """Return whether the broker took it: one topic it refuses does not keep the others from being shown.

        The first refusal is logged, and again only after a greeting without any.
        """
        try:
            await answer
        except PublishRejected as error:
            if not self._refused:
                self._log.warning("greeting.refused", error=str(error))
            self._refused = True
            return False
        return True

    async def _publish(self, client: StrictClient, envelope: Envelope) -> None:
        """Publish on both topics, but never an older event over a newer retained one."""
        topic = topics.state(self._settings.prefix, envelope.org, envelope.rule, envelope.entity)
        properties = _properties(envelope.event_id, envelope.sequence)
        answers = []
        if self._told.get(topic) != envelope.event_id:
            passing = topics.event(self._settings.prefix, envelope.org)
            answers.append(client.post(passing, envelope.body, retain=False, properties=properties))
        if envelope.sequence >= self._shown.get(topic, 0):
            self._shown[topic] = envelope.sequence
            answers.append(client.post(topic, envelope.body, retain=True, properties=properties))
        for answer in answers:
            await answer
            # The first is the event's: it is not told twice only because its state topic is denied.
            self._told[topic] = envelope.event_id

    def _note_loss(self, error: Exception, lasted: float) -> float:
        """Log the first failure; return the seconds to wait before connecting again."""
        self._client = None
        code = error.code if isinstance(error, ConnectionLost) else None
        self._drops = self._drops + 1 if code == UNSAID and lasted < SHORT else 0
        displaced = code == DISPLACED or self._drops >= DROPS
        if lasted > STABLE and not displaced:
            self._failures, self._displaced = 0, False
        self._failures += 1
        self._trouble = " ".join(str(error).split()) or "the broker did not answer in time"
        if displaced:
            if not self._displaced:
                hint = _HINT if code == DISPLACED else _GUESS
                self._log.error("mqtt.displaced", client_id=self._identifier, hint=hint)
            self._displaced = True
            return DISPLACED_PAUSE
        if self._failures == 1 and not self._closing.is_set():
            self._log.warning("mqtt.failed", error=self._trouble)
        return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 16))

    def _judge(self, error: PublishRejected) -> Outcome:
        if error.code == DENIED:
            who = self._settings.username or "this client"
            return Retry(
                reason="denied",
                detail=f"the broker does not let {who} publish to {error.topic}: extend its ACL",
            )
        if error.code in _NEVER:
            return Rejected(reason=_NEVER[error.code], detail=str(error))
        return Retry(reason="refused", detail=str(error))


def _properties(event_id: str, sequence: int) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho's own gap
    properties.ContentType = CONTENT_TYPE
    properties.UserProperty = [("id", event_id), ("sequence", str(sequence))]
    return properties


def _retrieve(answer: asyncio.Future[None]) -> None:
    """Look at the answer, so that one nobody waits for any more is not reported as an oversight."""
    if not answer.cancelled():
        answer.exception()


class _TlsSocket(ssl.SSLSocket):
    """Closed when its handshake fails: paho would leave that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _tls(settings: TlsSettings) -> ssl.SSLContext:
    """Return a context that verifies. Raises OSError when a file cannot be read or is no certificate."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except OSError as error:  # OpenSSL does not say which file it means
        files = [name for name in (settings.ca_file, settings.cert_file, settings.key_file) if name]
        raise OSError(f"cannot use {', '.join(files)} for TLS: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _TlsSocket
    return context
