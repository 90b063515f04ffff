"""Delivers by e-mail: one connection and one mail a call, whole within the deadline.

In: a body of ours, `{"subject", "text", "thread"}` as JSON. Out: a mail whose Message-ID is the same on every
try, so that a mail program shows a repeated one once, and whose References put an episode in one thread.
What a mail server says is never shown but for its codes: its words repeat addresses, which are personal data,
and may repeat what it was sent.

A mail that some recipients got and others may get later is tried again, for those others only. Who got it is
known to this process alone: after a restart all of them get it again, under the same Message-ID.

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
from collections.abc import Mapping
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

MENDING = 1800.0
"""Seconds for which recipients that are refused for now are tried again, once the others have a mail.

Greylisting is over by then (RFC 6647: minutes); a full mailbox is not, and what is said next waits behind it.
"""
PARTLY = "denied"
"""The reason of a retry that concerns one mail: others are sent meanwhile."""
_REMEMBERED = 1000
"""Mails remembered that only some recipients got."""

_TOO_LARGE = 552
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)", re.ASCII)
"""RFC 3463: what is wrong as three numbers, at the beginning of an answer's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What a body says. `thread` is the same text for every mail of an episode."""

    subject: str
    text: str
    thread: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The recipients that a mail still has to reach, and since when (the loop's seconds) others have it."""

    missing: tuple[str, ...]
    since: float


class EmailSink:
    """One mail server. `identity` names this daemon: it stands behind the @ of every Message-ID.

    `mending` is how long (seconds) those are tried again whom the server does not take now.
    """

    def __init__(
        self, settings: EmailSettings, *, clock: Clock, identity: str, mending: float = MENDING
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._domain = _domain(identity)
        self._tls: ssl.SSLContext | None = None
        self._mending = mending
        self._parts: dict[str, _Part] = {}
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
            return await self._hand_over(session, message, envelope.event_id, deadline)
        finally:
            session.close()

    async def _hand_over(
        self, session: _Session, message: EmailMessage, event_id: str, deadline: float
    ) -> Outcome:
        part = self._parts.get(event_id)
        try:
            async with asyncio.timeout_at(deadline):
                await session.connect()
                refused, _ = await session.send_message(
                    message, recipients=None if part is None else list(part.missing)
                )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            if part is None or not isinstance(error, aiosmtplib.SMTPRecipientsRefused):
                return self._judge(error)
            refused = {
                one.recipient: aiosmtplib.SMTPResponse(one.code, one.message) for one in error.recipients
            }
        outcome = self._judge_some(event_id, refused)
        await _leave(session, deadline)
        return outcome

    def _judge_some(self, event_id: str, refused: Mapping[str, aiosmtplib.SMTPResponse]) -> Outcome:
        """Return what it means that these are refused, while others have the mail: later, for a while."""
        now, part = asyncio.get_running_loop().time(), self._parts.pop(event_id, None)
        since = now if part is None else part.since
        later = () if now - since >= self._mending else _not_now(refused)
        codes = sorted({answer.code for answer in refused.values()})
        if lost := len(refused) - len(later):
            self._log.warning("recipients.refused", refused=lost, codes=codes)
        if not later:
            return Delivered()
        while len(self._parts) >= _REMEMBERED:
            del self._parts[next(iter(self._parts))]
        self._parts[event_id] = _Part(missing=later, since=since)
        detail = f"{self._place} answered {codes[0]}: {len(later)} of its recipients are not taken now"
        return Retry(reason=PARTLY, detail=detail)

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


def _not_now(refused: Mapping[str, aiosmtplib.SMTPResponse]) -> tuple[str, ...]:
    """Return the addresses that may be taken later."""
    return tuple(address for address, answer in refused.items() if answer.code < 500)


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
