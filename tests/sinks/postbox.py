"""A real SMTP server with a postbox, a private authority for it, and the mail sink that is tried on them."""

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.model import delivery
from monitor.model.alert import EventKind
from monitor.model.delivery import Outcome
from monitor.model.settings import EmailSettings
from monitor.sinks.email import EmailSink
from tests.builders import EPOCH, FixedClock
from tests.servers.programs import require_program

HOST = "127.0.0.1"


class Postbox:
    """A server's inside: keeps mails; `refusals` answer RCPT by address, `data` answers DATA."""

    def __init__(self, *, refusals: dict[str, str] | None = None, data: str = "250 OK", mail: str = ""):
        self.mails: list[EmailMessage] = []
        self.taken: list[list[str]] = []
        self.encrypted: list[bool] = []
        self._refusals = refusals or {}
        self._data = data
        self._mail = mail

    async def handle_MAIL(  # noqa: N802 - the library's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._mail:
            return self._mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._refusals:
            return self._refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self._data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(message_from_bytes(envelope.content, EmailMessage, policy=default))
            self.taken.append(envelope.rcpt_tos)
            self.encrypted.append(session.ssl is not None)
        return self._data


@asynccontextmanager
async def serving(
    postbox: Postbox, *, implicit: ssl.SSLContext | None = None, **parameters: Any
) -> AsyncIterator[int]:
    """An SMTP server around a postbox; yields its port, and sees at the end that nobody is connected."""
    loop = asyncio.get_running_loop()
    gone: list[asyncio.Event] = []

    class Watched(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            if not hasattr(self, "watched"):
                self.watched = asyncio.Event()
                gone.append(self.watched)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            self.watched.set()
            super().connection_lost(error)

    def accept() -> SMTP:
        return Watched(postbox, hostname="mail.example", loop=loop, **parameters)

    server = await loop.create_server(accept, HOST, 0, ssl=implicit)
    async with server:
        yield server.sockets[0].getsockname()[1]
        async with asyncio.timeout(2):
            for one in gone:
                await one.wait()


def settings(port: int, **changes: Any) -> EmailSettings:
    """A mail server without encryption, unless said."""
    values: dict[str, Any] = {
        "name": "mail",
        "host": HOST,
        "port": port,
        "sender": "Queuewatch <queuewatch@example.org>",
        "recipients": ("ops@example.org",),
        "encryption": "none",
    }
    return EmailSettings(**{**values, **changes})


def an_envelope(
    subject: str = "Support below 80 %", text: str = "71 %\n", thread: str = "acme/1", **changes: Any
) -> delivery.Envelope:
    """An envelope with the body of a mail."""
    values: dict[str, Any] = {
        "event_id": "evt_abcdefghijklmnopqrstuvwxyz",
        "destination": "mail",
        "key": "k",
        "kind": EventKind.FIRED,
        "org": "acme",
        "rule": "ServiceLevelLow",
        "entity": "q/voice",
        "sequence": 1,
        "body": json.dumps({"subject": subject, "text": text, "thread": thread}).encode(),
        "created_at": EPOCH,
        "content_type": "application/json",
    }
    return delivery.Envelope(**{**values, **changes})


def a_sink(port: int, **changes: Any) -> EmailSink:
    """A sink of the daemon `watch-1`."""
    return EmailSink(settings(port, **changes), clock=FixedClock(), identity="watch-1")


async def sent(postbox: Postbox, envelope: delivery.Envelope | None = None, **changes: Any) -> Outcome:
    """What the sink makes of this server."""
    async with serving(postbox) as port:
        return await a_sink(port, **changes).send(envelope or an_envelope())


def text_of(mail: EmailMessage) -> str:
    """Its text, with the line ends of this side."""
    content = mail.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a private authority `ca.pem`, and `server.pem` it signed for 127.0.0.1."""
    program = require_program("openssl", package="openssl")
    folder = tmp_path_factory.mktemp("authority")

    def openssl(*arguments: str) -> None:
        subprocess.run([program, *arguments], cwd=folder, check=True, capture_output=True)

    fresh = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(*fresh, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Authority")
    openssl(*fresh, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=mail.example")
    (folder / "names").write_text(f"subjectAltName=IP:{HOST}\n")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
    openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", *signed)
    return folder


def server_side(authority: Path) -> ssl.SSLContext:
    """The TLS of a server with that authority's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem", authority / "server.key")
    return context
