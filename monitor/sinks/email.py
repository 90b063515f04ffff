"""Delivers by e-mail: one connection and one mail a call, whole within the deadline.

In: a body of ours, `{"subject", "text", "thread"}` as JSON. Out: a mail whose Message-ID is the same on every
try, so that a mail program shows a repeated one once, and whose References put an episode in one thread.
What a mail server says is never shown but for its codes: its words repeat addresses, which are personal data,
and may repeat what it was sent.

aiosmtplib's timeouts are per command, and ten slow answers make ten times that. So the deadline cancels it,
which it survives as long as its connection is closed and never used again: every mail has its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import socket
import ssl
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP

import aiosmtplib
import structlog

from monitor.kit import text, tls
from monitor.model.delivery import Delivered, Envelope, Outcome, Rejected, Retry
from monitor.model.settings import EmailSettings
from monitor.ports import Clock

log = structlog.get_logger(__name__)

SUBJECT_LIMIT = 250
"""Characters kept of a subject: mail programs show fewer, and servers refuse headers without end."""
FAREWELL = 1.0
"""Seconds for leaving once the mail is taken."""
_DOMAIN_LIMIT = 30
"""Characters: Python encodes a References line of more than 78, and then no mail program reads it."""

_TOO_LARGE = 552
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)", re.ASCII)
"""RFC 3463: what is wrong as three numbers, at the beginning of an answer's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What a body says. `thread` is the same text for every mail of an episode."""

    subject: str
    text: str
    thread: str


class EmailSink:
    """One mail server. `identity` names this daemon: it stands behind the @ of every Message-ID."""

    def __init__(self, settings: EmailSettings, *, clock: Clock, identity: str) -> None:
        self._settings = settings
        self._clock = clock
        self._domain = _domain(identity)
        self._tls: ssl.SSLContext | None = None
        self._place = f"{settings.host}:{settings.port}"
        self._log = log.bind(destination=settings.name)

    async def send(self, envelope: Envelope) -> Outcome:
        """Try once, for at most the configured timeout."""
        mail = _read(envelope.body)
        if mail is None:
            return Rejected(reason="invalid", detail="the body is no mail")
        deadline = asyncio.get_running_loop().time() + self._settings.timeout
        try:
            message = self._message(envelope, mail)
            session = _Session(self._settings, await self._context())
        except OSError as error:  # a file for TLS
            return Retry(reason="misconfigured", detail=str(error))
        except ValueError:
            return self._malformed()
        try:
            return await self._hand_over(session, message, deadline)
        finally:
            session.close()

    async def _hand_over(self, session: _Session, message: EmailMessage, deadline: float) -> Outcome:
        try:
            async with asyncio.timeout_at(deadline):
                await session.connect()
                refused, _ = await session.send_message(message)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return self._judge(error)
        if refused:
            codes = sorted({answer.code for answer in refused.values()})
            self._log.warning("recipients.refused", refused=len(refused), codes=codes)
        await _leave(session, deadline)
        return Delivered()

    async def _context(self) -> ssl.SSLContext | None:
        if self._settings.encryption == "none":
            return None
        if self._tls is None:
            self._tls = await asyncio.to_thread(tls.context, self._settings.ca_file, None, None)
        return self._tls

    def _message(self, envelope: Envelope, mail: Mail) -> EmailMessage:
        """Return the mail. Raises ValueError for an address that breaks the header."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self._settings.sender
        message["To"] = ", ".join(self._settings.recipients)
        subject = Header(text.clean(mail.subject, SUBJECT_LIMIT), header_name="Subject", maxlinelen=76)
        # As it is: what EmailMessage folds by itself loses spaces between words that are not ASCII.
        message.set_raw("Subject", subject.encode())
        message["Date"] = self._clock.now()
        message["Message-ID"] = f"<{envelope.event_id}@{self._domain}>"
        if mail.thread:
            root = hashlib.sha256(mail.thread.encode("utf-8", "backslashreplace")).hexdigest()[:30]
            message["In-Reply-To"] = message["References"] = f"<{root}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office note comes back
        message["X-Queuewatch-Kind"] = envelope.kind.value
        # Plain ASCII on the wire: lines of any length, whatever the server can do.
        content = mail.text.encode("utf-8", "replace").decode()
        message.set_content(content, cte="quoted-printable")
        return message

    def _judge(self, error: Exception) -> Outcome:
        """Return what a failure means."""
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            return self._judge_recipients(error)
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return self._judge_answer(error)
        return self._judge_silence(error)

    def _judge_answer(self, error: aiosmtplib.SMTPResponseException) -> Outcome:
        """Return what a refusal means: what can be configured away is tried again."""
        of_the_mail = isinstance(error, aiosmtplib.SMTPDataError)
        if not 400 <= error.code < 600:
            return Retry(reason="broken", detail=f"{self._place} does not speak SMTP")
        if error.code < 500:
            return Retry(reason="unavailable", detail=self._said(error, "not now"))
        if error.code == _TOO_LARGE and (of_the_mail or isinstance(error, aiosmtplib.SMTPSenderRefused)):
            return Rejected(reason="too_large", detail=self._said(error, "the mail is too large"))
        if of_the_mail:
            return Rejected(reason="invalid", detail=self._said(error, "it does not take this mail"))
        hint = "user name and password"
        if not isinstance(error, aiosmtplib.SMTPAuthenticationError):
            hint = f"sender, encryption, {hint}"
        return Retry(reason="refused", detail=self._said(error, f"we are refused, check {hint}"))

    def _judge_silence(self, error: Exception) -> Outcome:
        """Return what no answer means. The first case that fits counts: most are OSErrors, too."""
        match error:
            case TimeoutError():
                detail = f"{self._place}: not done within {self._settings.timeout:g} s"
                return Retry(reason="timeout", detail=detail)
            case aiosmtplib.SMTPServerDisconnected():
                return Retry(reason="broken", detail=f"{self._place} closed the connection")
            case OSError() | aiosmtplib.SMTPException():  # or it offers no STARTTLS, or no login that we know
                return Retry(reason="refused", detail=f"{self._place}: {' '.join(str(error).split())}")
            case _:
                return self._malformed()

    def _malformed(self) -> Outcome:
        # The library's words would show the address.
        return Retry(reason="misconfigured", detail=f"{self._place}: the host or an address is malformed")

    def _judge_recipients(self, error: aiosmtplib.SMTPRecipientsRefused) -> Outcome:
        """Return what it means that nobody may be told: later, if that may help for anybody."""
        for one in error.recipients:
            if one.code < 500:
                return Retry(reason="unavailable", detail=self._said(one, "no recipient is taken now"))
        detail = self._said(error.recipients[0], "no recipient is taken")
        return Rejected(reason="recipients_refused", detail=detail)

    def _said(self, error: aiosmtplib.SMTPResponseException, words: str) -> str:
        """Return a line with the server's codes and our words."""
        found = _ENHANCED.match(error.message)
        code = f"{error.code} {found[0]}" if found else str(error.code)
        return f"{self._place} answered {code}: {words}"


class _Session(aiosmtplib.SMTP):
    """One connection, encrypted and logged in as configured, that never outlives its `close`."""

    def __init__(self, settings: EmailSettings, context: ssl.SSLContext | None) -> None:
        name = socket.gethostname()
        super().__init__(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password.reveal() if settings.password is not None else None,
            # Given, because the library would ask the DNS; a literal is what RFC 5321 has for the nameless.
            local_hostname=name if "." in name else "[127.0.0.1]",
            timeout=settings.timeout,
            use_tls=settings.encryption == "tls",
            start_tls=settings.encryption == "starttls",  # None would do without, too
            tls_context=context,
        )

    def close(self) -> None:
        """Close at once: a TLS connection would wait half a minute for a hanging peer's farewell."""
        transport = self.transport
        super().close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


async def _leave(session: _Session, deadline: float) -> None:
    """Say goodbye: the mail is taken, and nothing that happens now changes that."""
    left = deadline - asyncio.get_running_loop().time()
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await session.quit(timeout=max(0.0, min(FAREWELL, left)))


def _read(body: bytes) -> Mail | None:
    try:
        fields: object = json.loads(body)
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    subject, content, thread = (fields.get(name, "") for name in ("subject", "text", "thread"))
    if not (isinstance(subject, str) and isinstance(content, str) and isinstance(thread, str)):
        return None
    return Mail(subject=subject, text=content, thread=thread)


def _domain(identity: str) -> str:
    """Return `identity` as what may stand behind an @."""
    labels = re.sub(r"[^A-Za-z0-9.-]+", "-", identity)[:_DOMAIN_LIMIT].split(".")
    return ".".join(label for label in labels if label) or "queuewatch"
