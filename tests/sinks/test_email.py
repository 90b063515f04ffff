"""E-mail, to a real SMTP server: what arrives, what each refusal means, and what never shows."""

from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from structlog.testing import capture_logs

from monitor.kit.secrets import Secret
from monitor.model.alert import EventKind
from monitor.model.delivery import Delivered, Rejected, Retry
from monitor.outbox import retry
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.forms import form
from monitor.sinks.email import EmailSink
from tests.builders import EPOCH, FixedClock
from tests.outbox.making import an_event
from tests.sinks.postbox import (
    Postbox,
    a_sink,
    an_envelope,
    authority,
    sent,
    server_side,
    serving,
    settings,
    text_of,
)

__all__ = ["authority"]  # a fixture, used by name

PASSWORD = "correct horse"


async def test_a_mail_arrives_with_what_mail_programs_need():
    """Sender, recipients, subject, text, date, ids, and the mark that stops out-of-office notes."""
    postbox = Postbox()
    recipients = ("ops@example.org", "Jürgen <team@example.org>")
    outcome = await sent(postbox, recipients=recipients)
    assert outcome == Delivered()
    (mail,) = postbox.mails
    assert postbox.taken == [["ops@example.org", "team@example.org"]]
    assert mail["From"] == "Queuewatch <queuewatch@example.org>"
    assert mail["To"] == "ops@example.org, Jürgen <team@example.org>"
    assert mail["Subject"] == "Support below 80 %"
    assert mail["Date"].datetime == EPOCH
    assert mail["Message-ID"] == "<evt_abcdefghijklmnopqrstuvwxyz@watch-1>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Queuewatch-Kind"] == "fired"
    assert mail.get_content_type() == "text/plain"
    assert text_of(mail) == "71 %\n"


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("Support\r\nBcc: spy@example.org\r\n\r\nhidden text", "Support Bcc: spy@example.org hidden text"),
        ("Hôtel 📞 unter 80 %", "Hôtel 📞 unter 80 %"),
        ("📞 unter 80 % " * 10 + "Ende", "📞 unter 80 % " * 10 + "Ende"),
        ("x" * 10_240, "x" * 249 + "…"),
        ("x" * 240, "x" * 240),
        ("x " * 120 + "x", "x " * 120 + "x"),
        ("\ud800 broken", "broken"),
    ],
)
async def test_a_subject_is_one_header_whatever_is_in_it(subject: str, shown: str):
    """Line ends, emoji, ten kilobytes, half a character: nothing else appears in the mail."""
    postbox = Postbox()
    assert await sent(postbox, an_envelope(subject)) == Delivered()
    (mail,) = postbox.mails
    assert mail["Subject"] == shown
    assert mail["Bcc"] is None
    assert text_of(mail) == "71 %\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (".\r\nQUIT\r\n..two\r\n", ".\nQUIT\n..two\n"),
        ("Hôtel 📞 " + "x" * 3000 + "\n", "Hôtel 📞 " + "x" * 3000 + "\n"),
        ("half \ud83d of it\n", "half ? of it\n"),
    ],
)
async def test_a_text_arrives_as_it_is(text: str, shown: str):
    """A lone dot, very long lines, emoji; half a character is replaced."""
    postbox = Postbox()
    assert await sent(postbox, an_envelope(text=text)) == Delivered()
    (mail,) = postbox.mails
    assert text_of(mail) == shown


async def test_an_episode_is_a_thread_and_a_duplicate_has_the_same_id():
    """Every mail of a thread refers to the same root; a second try is the same mail to a mail program."""
    postbox = Postbox()
    async with serving(postbox) as port:
        sink = a_sink(port)
        resolved = an_envelope(event_id="evt_resolved", kind=EventKind.RESOLVED)
        other = an_envelope(event_id="evt_other", thread="acme/2")
        for envelope in (an_envelope(), an_envelope(), resolved, other, an_envelope(thread="")):
            assert await sink.send(envelope) == Delivered()
    first, again, end, elsewhere, alone = postbox.mails
    assert first["Message-ID"] == again["Message-ID"] != end["Message-ID"]
    assert first["References"] == first["In-Reply-To"] == end["References"] == end["In-Reply-To"]
    assert first["References"] != elsewhere["References"]
    assert alone["References"] is None


async def test_references_are_never_encoded():
    """However long the daemon's name is: no mail program reads an encoded id."""
    postbox = Postbox()
    name = "Leitstelle Süd / " + "very.long.name." * 20
    async with serving(postbox) as port:
        sink = EmailSink(settings(port), clock=FixedClock(), identity=name)
        assert await sink.send(an_envelope()) == Delivered()
    (mail,) = postbox.mails
    for header in ("Message-ID", "References", "In-Reply-To"):
        (raw,) = (value for name, value in mail.raw_items() if name == header)
        assert str(raw).startswith("<")
        assert str(raw).isascii()
        assert "=?" not in str(raw)


async def test_starttls_with_a_private_authority(authority: Path):
    """The mail goes only after the connection is encrypted and the server's certificate checked."""
    postbox = Postbox()
    async with serving(postbox, tls_context=server_side(authority), require_starttls=True) as port:
        sink = a_sink(port, **trusting(authority))
        assert await sink.send(an_envelope()) == Delivered()
    assert postbox.encrypted == [True]


async def test_implicit_tls_with_a_private_authority(authority: Path):
    """Encrypted from the first byte."""
    postbox = Postbox()
    async with serving(postbox, implicit=server_side(authority)) as port:
        sink = a_sink(port, encryption="tls", ca_file=str(authority / "ca.pem"))
        assert await sink.send(an_envelope()) == Delivered()
    assert len(postbox.mails) == 1


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
async def test_an_unknown_authority_is_refused(authority: Path, encryption: str):
    """Nothing is sent to a server whose certificate nobody vouches for."""
    postbox = Postbox()
    context = server_side(authority)
    parameters: dict[str, Any] = {"implicit": context} if encryption == "tls" else {"tls_context": context}
    async with serving(postbox, **parameters) as port:
        outcome = await a_sink(port, encryption=encryption).send(an_envelope())
    assert isinstance(outcome, Retry)
    assert outcome.reason == "refused"
    assert "certificate verify failed" in outcome.detail
    assert not postbox.mails


async def test_a_server_without_starttls_gets_nothing():
    """No mail in the clear where encryption was asked for."""
    postbox = Postbox()
    outcome = await sent(postbox, encryption="starttls")
    assert isinstance(outcome, Retry)
    assert outcome.reason == "refused"
    assert "STARTTLS" in outcome.detail
    assert not postbox.mails


async def test_a_ca_file_that_is_not_there_is_named():
    """A person reads which file."""
    outcome = await a_sink(9, encryption="tls", ca_file="/no/such/ca.pem").send(an_envelope())
    assert isinstance(outcome, Retry)
    assert outcome.reason == "misconfigured"
    assert "/no/such/ca.pem" in outcome.detail


def authenticator(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
) -> AuthResult:
    """Take the one password."""
    return AuthResult(success=login.login == b"qw" and login.password == PASSWORD.encode(), handled=False)


def locked(authority: Path) -> dict[str, Any]:
    """A server that offers STARTTLS, and wants the password behind it."""
    return {"tls_context": server_side(authority), "authenticator": authenticator, "auth_required": True}


def trusting(authority: Path) -> dict[str, Any]:
    """Settings for such a server."""
    return {"encryption": "starttls", "ca_file": str(authority / "ca.pem")}


@pytest.mark.parametrize("password", [PASSWORD, "battery staple"])
async def test_a_login(authority: Path, password: str):
    """The right password is let in; a wrong one is tried again later, because a person can mend it."""
    postbox = Postbox()
    async with serving(postbox, **locked(authority)) as port:
        sink = a_sink(port, username="qw", password=Secret(password), **trusting(authority))
        outcome = await sink.send(an_envelope())
    if password == PASSWORD:
        assert outcome == Delivered()
        assert len(postbox.mails) == 1
    else:
        assert isinstance(outcome, Retry)
        assert outcome.reason == "refused"
        assert "535 5.7.8" in outcome.detail
        assert password not in outcome.detail
        assert not postbox.mails


async def test_a_server_that_wants_a_login_and_one_that_offers_none(authority: Path):
    """Both are for a person to mend."""
    async with serving(Postbox(), **locked(authority)) as port:
        wanted = await a_sink(port, **trusting(authority)).send(an_envelope())
    offered = await sent(Postbox(), username="qw", password=Secret(PASSWORD))
    assert isinstance(wanted, Retry)
    assert isinstance(offered, Retry)
    assert wanted.reason == offered.reason == "refused"
    assert "530 5.7.0" in wanted.detail


A, B, C = "a@example.org", "b@example.org", "c@example.org"


@pytest.mark.parametrize(
    ("postbox", "kind", "reason"),
    [
        (Postbox(refusals={A: "550 5.1.1 <a@example.org> unknown"}), Rejected, "recipients_refused"),
        (Postbox(refusals={A: "451 4.7.1 <a@example.org> greylisted"}), Retry, "unavailable"),
        (Postbox(mail="450 4.3.2 busy, queuewatch@example.org"), Retry, "unavailable"),
        (Postbox(mail="553 5.1.8 queuewatch@example.org may not send"), Retry, "refused"),
        (Postbox(mail="552 5.3.4 too large"), Rejected, "too_large"),
        (Postbox(data="451 4.3.0 later, a@example.org"), Retry, "unavailable"),
        (Postbox(data="554 5.7.1 spam for a@example.org"), Rejected, "invalid"),
        (Postbox(data="552 5.3.4 too large"), Rejected, "too_large"),
        (Postbox(data="421 4.3.2 shutting down"), Retry, "unavailable"),
    ],
)
async def test_what_a_refusal_means(postbox: Postbox, kind: type, reason: str):
    """Temporary: again. For good and about the mail: never. What can be configured away: again."""
    outcome = await sent(postbox, recipients=(A,))
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Retry | Rejected)
    assert outcome.reason == reason
    assert "example.org" not in outcome.detail


async def test_who_is_refused_for_good_is_not_tried_again():
    """Sending again would tell the others twice; the log says how many were refused, and not who."""
    postbox = Postbox(refusals={A: "550 5.1.1 no", C: "553 5.1.3 no"})
    with capture_logs() as logs:
        outcome = await sent(postbox, recipients=(A, B, C))
    assert outcome == Delivered()
    assert postbox.taken == [[B]]
    (line,) = logs
    assert line["event"] == "recipients.refused"
    assert line["refused"] == 2
    assert line["codes"] == [550, 553]
    assert "example.org" not in str(line)


async def test_who_is_refused_for_now_gets_the_mail_later():
    """The mail is the same, the others do not get it twice, and the destination is not taken for down."""
    refusals = {A: "550 5.1.1 no", C: "451 4.7.1 greylisted"}
    postbox = Postbox(refusals=refusals)
    async with serving(postbox) as port:
        sink = a_sink(port, recipients=(A, B, C))
        for _ in range(2):
            outcome = await sink.send(an_envelope())
            assert isinstance(outcome, Retry)
            assert retry.of_one_envelope(outcome)
            assert "451" in outcome.detail
            assert "example.org" not in outcome.detail
        del refusals[C]
        assert await sink.send(an_envelope()) == Delivered()
        assert await sink.send(an_envelope(event_id="evt_other")) == Delivered()
    assert postbox.taken == [[B], [C], [B, C]]
    first, second, _ = postbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["To"] == second["To"]


async def test_a_full_mailbox_is_not_waited_for_without_end():
    """What is said next about the alert waits behind the mail: after a while it counts as told."""
    postbox = Postbox(refusals={A: "452 4.2.2 mailbox full"})
    async with serving(postbox) as port:
        sink = EmailSink(settings(port, recipients=(A, B)), clock=FixedClock(), identity="x", mending=0.0)
        with capture_logs() as logs:
            assert await sink.send(an_envelope()) == Delivered()
    assert postbox.taken == [[B]]
    assert [line["event"] for line in logs] == ["recipients.refused"]


async def test_nobody_now_but_somebody_later_is_tried_again():
    """One recipient unknown, one greylisted: the mail is not dead."""
    postbox = Postbox(refusals={A: "550 5.1.1 no", B: "451 4.7.1 later"})
    outcome = await sent(postbox, recipients=(A, B))
    assert isinstance(outcome, Retry)
    assert "451" in outcome.detail


async def test_our_own_mails_from_the_first_to_the_last():
    """What the outbox makes of two events of an episode arrives readable, in one thread."""
    postbox = Postbox()
    dispatcher = Dispatcher({"mail": form(settings(25))})
    async with serving(postbox) as port:
        for event in (an_event(), an_event(sequence=2, episode=1)):
            (envelope,) = dispatcher.dispatch(event).envelopes
            assert await a_sink(port).send(envelope) == Delivered()
    fired, resolved = postbox.mails
    assert "Support 0" in fired["Subject"]
    assert "Support 0" in text_of(fired)
    assert fired["References"] == resolved["References"]
    assert fired["Subject"] != resolved["Subject"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"subject": 1}', b"\xff"])
async def test_a_body_that_is_no_mail_is_rejected(body: bytes):
    """Without asking anybody."""
    outcome = await a_sink(9).send(an_envelope(body=body))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "invalid"


@pytest.mark.parametrize(
    "broken",
    [
        {"recipients": ("<>",)},
        {"recipients": (A + "\nBcc: y@example.org",)},
        {"sender": "x@example.org\r\nBcc: y@example.org"},
        {"sender": ""},
    ],
)
async def test_a_broken_address_is_for_a_person(broken: dict[str, Any]):
    """It is not shown, and does not end the daemon."""
    outcome = await sent(Postbox(), **broken)
    assert isinstance(outcome, Retry | Rejected)
    assert "example.org" not in outcome.detail
