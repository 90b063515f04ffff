"""One connection: uvicorn's, with deadlines (FAULTS.md F47).

uvicorn waits for ever for the rest of a head or a body, and for a client that does not read. Here a head, a
body and a piece of the answer each have a time, and what comes after the answer is not read on for ever.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import h11
from starlette.types import Message, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from monitor.kit.serving.identity import Shown, Tls, alike, shown
from monitor.kit.serving.limits import Limits
from monitor.kit.serving.room import Claim, Room
from monitor.kit.statuses import phrase

CERTIFICATE = "queuewatch.certificate"
"""The key of the ASGI scope under which the name in the client's certificate stands, if it showed one."""


PIECE = 64 * 1024
"""Bytes of an answer that are handed on at once, and may wait for the client."""
_TELLING = 1.0
"""Seconds of reading from which a client's pace is known."""


class Connection(H11Protocol):
    """A connection in a room. `agreed` returns the TLS that holds now: once that is another, we part."""

    def __init__(
        self,
        config: Config,
        state: ServerState,
        room: Room,
        limits: Limits,
        agreed: Callable[[], Tls | None] = lambda: None,
    ) -> None:
        super().__init__(config, state, {})
        self._room = room
        self._limits = limits
        self._agreed = agreed
        self._agreement = agreed()
        self._names = self._agreement.names if self._agreement is not None else frozenset[str]()
        self._client = Shown()
        self._served = self.app
        self.app = self._answer
        self._raw: asyncio.Transport | None = None
        self._due: asyncio.TimerHandle | None = None
        self._awaited: object = None
        self._reading: asyncio.TimerHandle | None = None
        self._made = self.loop.time()
        self._given = 0
        self._lag: _Lag | None = None
        self._left = 0
        self._over = False

    @property
    def busy(self) -> bool:
        """Whether a whole request waits for its answer, or a part of that for the client."""
        waits = self._answering() and self.conn.their_state is not h11.SEND_BODY
        return waits or self.unread > 0

    @property
    def asked(self) -> bool:
        """Whether the head of a request came."""
        return self.cycle is not None

    @property
    def claim(self) -> Claim:
        """How much it may stay while we are not busy with it."""
        if self._over or self._answering() or self.conn.trailing_data[0]:
            return Claim.PIECE
        if self.asked:
            return Claim.SERVED
        return Claim.NEW if self.loop.time() - self._made < self._limits.new else Claim.SILENT

    @property
    def unread(self) -> int:
        """How many bytes of answers wait here for a client that does not read them."""
        if self._raw is None:
            return 0
        waiting = self._raw.get_write_buffer_size()
        return waiting if self._raw is self.transport else waiting + self.transport.get_write_buffer_size()

    @property
    def pace(self) -> float | None:
        """How fast the client reads what waits for it; None where nothing did for long enough to tell."""
        if self._lag is None or not self.unread:
            return None
        passed = self.loop.time() - self._lag.at
        return None if passed < _TELLING else (self._delivered() - self._lag.delivered) / passed

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Come in, if there is room and the client is who it has to be."""
        super().connection_made(transport)
        let_in = self._room.enter(self, transport)
        self._raw = self._room.transport(self) or transport
        # Whoever does not read keeps little of ours: under TLS it would be half a megabyte.
        transport.set_write_buffer_limits(high=PIECE)
        self._client = shown(transport.get_extra_info("ssl_object"))
        if not let_in:
            self._turn_away()
        elif not self._believed():
            self.part()
        elif not self._client.fits(self._names):
            self._refuse(403, "the certificate has none of the names that are let in")
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave; the answer that is being made learns of it."""
        self._room.leave(self)
        for timer in (self._due, self._reading):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def part(self) -> None:
        """Close after one answer more, which says that it is the last.

        Where others are believed now, only the answer that a client waits for already is given.
        """
        if self._answering():
            self.cycle.default_headers = [(b"connection", b"close")]
        elif not self._believed():
            self._over = True
            self.transport.close()

    def shutdown(self) -> None:
        """Close as soon as the answer that is being made is out, or at once."""
        if self._answering() and not self._over:
            self.cycle.keep_alive = False
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; of a head never more than it may have."""
        if self._over:
            self._throw_away(data)
        while data and self._open():
            space = self._space(len(data))
            if not space:
                self.transport.abort()
                return
            super().data_received(data[:space])
            data = data[space:]
        self._watch()

    def on_response_complete(self) -> None:
        """Go on with the next request, or do without the rest of this one."""
        unfinished = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        self._read_on()
        if unfinished:
            self._leave()
        else:
            self._watch()

    def pause_writing(self) -> None:
        """See to it that the client reads."""
        super().pause_writing()
        self._read_on()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        if not self._over:
            super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong with a request that is no HTTP; called while h11's error is handled."""
        error = sys.exc_info()[1]
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        self._refuse(hint, HTTPStatus(hint).description or msg)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered, by the app."""
        headers = {name for name, _ in scope["headers"]}
        if {b"content-length", b"transfer-encoding"} <= headers:
            # Where a proxy before us believes the one and we the other, a second request hides in the body.
            self._refuse(400, "give content-length or transfer-encoding, not both")
            return
        name = self._client.called(self._names)
        if name:
            scope[CERTIFICATE] = name
        if not self._believed():
            self.cycle.disconnected = True
            self.transport.close()
            return
        if self._agreed() is not self._agreement:
            self.part()
        await self._served(scope, receive, _Pieces(send, self).send)

    async def ready(self, size: int) -> None:
        """Wait until so many bytes may be written."""
        if self.flow.write_paused:
            await self.flow.drain()
        self._given += size

    def _believed(self) -> bool:
        """Whether the client would be let in now as it was."""
        return alike(self._agreed(), self._agreement)

    def _answering(self) -> bool:
        return self.asked and not self.cycle.response_complete

    def _open(self) -> bool:
        return not (self._over or self.transport.is_closing())

    def _space(self, size: int) -> int:
        """Return how many of so many bytes may be taken in now: of a head no more than the limit."""
        state, kept = self.conn.their_state, len(self.conn.trailing_data[0])
        if state is h11.IDLE:
            return self._limits.header + 1 - kept
        # What is sent ahead of its turn is kept: nobody needs to send much.
        return size if state is h11.SEND_BODY or kept + size <= self._limits.header else 0

    def _watch(self) -> None:
        """Have a deadline for what is to come: a head that began or never did, a body, or nothing."""
        state = self.conn.their_state
        begun = bool(self.conn.trailing_data[0]) or not self.asked
        if not self._open():
            return
        if state is h11.IDLE and begun:
            self._expect(h11.IDLE, self._limits.head, self._head_late)
        elif state is h11.SEND_BODY and self._answering():
            self._expect(self.cycle, self._limits.body, self._body_late)
        else:
            self._expect(None, 0.0, self._head_late)

    def _expect(self, what: object, seconds: float, late: Callable[[], None]) -> None:
        """Call `late` in so many seconds, once per thing that is awaited."""
        if what is self._awaited and self._due is not None:
            return
        if self._due is not None:
            self._due.cancel()
        self._awaited = what
        self._due = None if what is None else self.loop.call_later(seconds, late)

    def _head_late(self) -> None:
        if self.conn.trailing_data[0]:
            self._refuse(408, f"the head did not come within {self._limits.head:g} seconds")
        else:
            self.transport.abort()

    def _body_late(self) -> None:
        self._refuse(408, f"the body did not come within {self._limits.body:g} seconds")

    def _refuse(self, status: int, detail: str) -> None:
        """Answer in the app's place and close; where its answer has begun, only cut it off."""
        if self._answering():
            if self.cycle.response_started:
                self.transport.abort()
                return
            # What the app may still say goes nowhere.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self._open():
            self.transport.write(_refusal(status, detail))
            self._leave()

    def _turn_away(self) -> None:
        """Answer and close at once: whoever finds no room is given none to linger in either."""
        self._over = True
        self.transport.write(_refusal(503, "every connection is taken"))
        self.transport.close()

    def _leave(self) -> None:
        """Take nothing more, and end soon."""
        self._over = True
        self._unset_keepalive_if_required()
        if self._due is not None:
            self._due.cancel()
        if self.transport.is_closing():
            return
        self.transport.resume_reading()
        try:
            if self.transport.can_write_eof():
                self.transport.write_eof()
        except OSError:  # it has gone already, and nothing was told so yet
            self.transport.abort()
            return
        self._due = self.loop.call_later(self._limits.linger, self.transport.abort)

    def _throw_away(self, data: bytes) -> None:
        self._left += len(data)
        if self._left > self._limits.linger_bytes and self.transport.is_reading():
            self.transport.pause_reading()

    def _read_on(self) -> None:
        """Begin to look at whether the client reads, if it is not looked at yet."""
        if self._reading is None and self.unread:
            self._lag = _Lag(self.loop.time(), self._given, self._delivered())
            self._reading = self.loop.call_later(self._limits.stall, self._look, self._lag)

    def _look(self, before: _Lag) -> None:
        self._reading = self._lag = None
        delivered = self._delivered()
        if delivered < before.given and delivered - before.delivered < self._limits.stall_bytes:
            self.transport.abort()
        else:
            self._read_on()

    def _delivered(self) -> int:
        """Return how many bytes of answers went out: about, for heads and TLS are not counted."""
        return self._given - self.unread


@dataclass(frozen=True, slots=True)
class _Lag:
    """A client that reads more slowly than it is answered: what was given and delivered when it began."""

    at: float
    given: int
    delivered: int


class _Pieces:
    """Hands answers on in pieces, so that a long one waits for its client in the app's memory, not copied."""

    def __init__(self, send: Send, connection: Connection) -> None:
        self._send = send
        self._connection = connection
        self.transport = connection.transport

    async def send(self, message: Message) -> None:
        """Send one message of the app."""
        body = message.get("body", b"")
        last = max(0, len(body) - 1) // PIECE * PIECE
        for start in range(0, last, PIECE):
            await self._piece({**message, "body": body[start : start + PIECE], "more_body": True})
        await self._piece({**message, "body": body[last:]} if last else message)

    async def _piece(self, message: Message) -> None:
        await self._connection.ready(len(message.get("body", b"")))
        await self._send(message)


def _refusal(status: int, detail: str) -> bytes:
    """Return a whole answer that says why there is none (RFC 9457)."""
    title = phrase(status)
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body = json.dumps(problem, separators=(",", ":")).encode("ascii")
    head = (
        f"HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
