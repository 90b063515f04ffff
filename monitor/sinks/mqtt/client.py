"""One connection to a broker: what becomes of a publish is said at once, and never wrongly.

aiomqtt's `publish` returns normally when the broker refuses, and waits its whole timeout when the broker is
gone (LIBS M2, M3); `StrictClient` does neither. A client is never used again after its connection
is lost: what paho still queues would be sent late and out of order.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence

import aiomqtt
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import ConnectFlags, DisconnectFlags
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers
from paho.mqtt.reasoncodes import ReasonCode

from monitor.kit import tls
from monitor.model.settings import MqttSettings, TlsSettings
from monitor.sinks.mqtt.refusals import TOO_LARGE, ConnectionLost, PublishRejected

WINDOW = 20
"""Publishes on the way at once: paho's default, and what mosquitto announces."""
LARGEST = 64 * 1024
"""Bytes of the largest packet the broker may send us: four times the largest command.

Only MQTT 5 can say so; paho reads whatever comes, so 3.1.1 has no commands.
"""
OVERHEAD = 256
"""Bytes a PUBLISH packet has beside topic and payload, at most: header and properties."""

Received = Callable[[str, bytes, bool], None]
"""Takes a message: its topic, its payload, and whether the broker had kept it. Never raises."""


class About(Properties):
    """The properties of an event: made once for all of its publishes, and packed once.

    Paho looks every property up by name, in what it is built from and when it is packed, which takes longer
    than all else about a publish. These are written as MQTT 5 has them (§3.3.2.3).
    """

    def __init__(
        self, content_type: str, user: Sequence[tuple[str, str]], *, expiry: int | None = None
    ) -> None:
        """Make them; `user` are pairs, `expiry` is in seconds."""
        super().__init__(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho's own gap
        life = b"" if expiry is None else b"\x02" + expiry.to_bytes(4, "big")
        pairs = b"".join(b"\x26" + _string(name) + _string(value) for name, value in user)
        found = life + b"\x03" + _string(content_type) + pairs
        # In the place of attributes, which paho takes for properties.
        vars(self)["packed"] = VariableByteIntegers.encode(len(found)) + found  # type: ignore[no-untyped-call] # paho's own gap

    def pack(self) -> bytes:
        """Return them as they are in a packet."""
        packed: bytes = vars(self)["packed"]
        return packed


def _string(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


class StrictClient(aiomqtt.Client):
    """An aiomqtt client for one connection that says at once what became of a publish."""

    def __init__(
        self,
        settings: MqttSettings,
        *,
        identifier: str,
        will: aiomqtt.Will,
        tls_context: ssl.SSLContext | None,
        timeout: float,
        received: Received,
    ) -> None:
        self._modern = settings.version == "5"
        super().__init__(
            settings.host,
            settings.port,
            username=settings.username,
            password=settings.password.reveal() if settings.password is not None else None,
            identifier=identifier,
            protocol=aiomqtt.ProtocolVersion.V5 if self._modern else aiomqtt.ProtocolVersion.V311,
            clean_session=None if self._modern else True,
            properties=_connecting() if self._modern else None,
            will=will,
            timeout=timeout,
            keepalive=settings.keepalive,
            max_inflight_messages=WINDOW,
            tls_context=tls_context,
        )
        # In the place of aiomqtt's own, which keep what nobody reads.
        self._client.on_message = lambda _, __, message: received(
            message.topic, bytes(message.payload), message.retain
        )
        self._client.on_subscribe = lambda _, __, mid, codes, ___: self._answered(mid, codes)
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

    async def leave(self, within: float) -> None:
        """Disconnect as agreed, within so many seconds, so that the broker does not publish the will."""
        try:
            async with asyncio.timeout(within):
                await self.__aexit__(None, None, None)
        except (aiomqtt.MqttError, TimeoutError):
            self.drop()

    def drop(self) -> None:
        """Close the socket, if there is one: aiomqtt leaves it open when a connection fails half-way."""
        self._client._reset_sockets()  # noqa: SLF001 - paho has no public way that does not wait for the broker

    def post(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        about: About | None = None,
    ) -> asyncio.Future[None]:
        """Send a publish at QoS 1; the future has the answer: None, PublishRejected or ConnectionLost.

        What is said `about` it are properties, which 3.1.1 leaves out.
        """
        if self._largest is not None and len(payload) + len(topic) + OVERHEAD > self._largest:
            # The broker would close the connection, and again after every reconnect.
            answer = self._future()
            answer.set_exception(PublishRejected(TOO_LARGE, topic))
            return answer
        info = self._client.publish(topic, payload, 1, retain, about if self._modern else None)
        return self._expect(info.mid, topic)

    def follow(self, pattern: str) -> asyncio.Future[None]:
        """Subscribe at QoS 1; the future has the answer, as of `post`."""
        _, mid = self._client.subscribe(pattern, 1)
        return self._expect(mid, pattern)

    def _future(self) -> asyncio.Future[None]:
        answer: asyncio.Future[None] = self._loop.create_future()
        answer.add_done_callback(_retrieve)
        return answer

    def _expect(self, mid: int | None, topic: str) -> asyncio.Future[None]:
        answer = self._future()
        self._answers[mid or 0] = (topic, answer)  # no packet has the number 0
        if mid is None or self._disconnected.done() or not self._client.is_connected():
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

    def _on_disconnect(
        self,
        client: PahoClient,
        userdata: object,
        flags: DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        super()._on_disconnect(client, userdata, flags, reason_code, properties)
        if not self._connected.done():
            # aiomqtt would wait its whole timeout for a broker that does not like our certificate.
            self._connected.set_exception(ConnectionLost(None))
            _retrieve(self._connected)

    def _on_publish(
        self, client: PahoClient, userdata: object, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        super()._on_publish(client, userdata, mid, reason_code, properties)
        self._answered(mid, [reason_code])

    def _answered(self, mid: int, codes: Sequence[ReasonCode]) -> None:
        topic, answer = self._answers.pop(mid, ("", None))
        if answer is None or answer.done():
            return
        refusals = [code.value for code in codes if code.is_failure]
        if refusals:
            answer.set_exception(PublishRejected(refusals[0], topic))
        else:
            answer.set_result(None)

    def _connection_lost(self, disconnected: asyncio.Future[None]) -> None:
        error = disconnected.exception() if disconnected.done() and not disconnected.cancelled() else None
        while self._answers:
            _, (_, answer) = self._answers.popitem()
            if not answer.done():
                answer.set_exception(ConnectionLost(error))


def context(settings: TlsSettings) -> ssl.SSLContext:
    """Return a context that verifies. Raises OSError when a file cannot be read or is no certificate."""
    made = tls.context(settings.ca_file, settings.cert_file, settings.key_file)
    made.sslsocket_class = _TlsSocket
    return made


class _TlsSocket(ssl.SSLSocket):
    """Closed when its handshake fails: paho would leave that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _connecting() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own gap
    properties.MaximumPacketSize = LARGEST
    return properties


def _retrieve(answer: asyncio.Future[None]) -> None:
    """Look at the answer, so that one nobody waits for any more is not reported as an oversight."""
    if not answer.cancelled():
        answer.exception()
