"""E-mail, to servers that hang, dawdle, babble or hang up: all within the deadline, nothing stays open."""

import asyncio
import gc
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from monitor.kit.secrets import Secret
from monitor.model.delivery import Delivered, Outcome, Retry
from tests.sinks.postbox import HOST, a_sink, an_envelope, authority, server_side

__all__ = ["authority"]  # a fixture, used by name

HELLO = b"220 mail.example\r\n"
EHLO = b"250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"
OK = b"250 OK\r\n"
LOGIN = b"235 2.7.0 welcome\r\n"
GO = b"354 go\r\n"
WHOLE = (HELLO, EHLO, LOGIN, OK, OK, GO, OK, b"221 bye\r\n")
"""Greeting, EHLO, AUTH, MAIL, RCPT, DATA, the mail, QUIT."""
LONG = ("x" * 70 + "\n") * 100_000
"""More than the sockets of a connection hold."""


@dataclass
class Script:
    """A server that says these lines in turn, each `pause` seconds late, then hangs or hangs up."""

    lines: Sequence[bytes]
    pause: float = 0.0
    hangs: bool = True
    tls: ssl.SSLContext | None = None
    """Used from the first byte."""
    heard: bytes = b""
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for number, line in enumerate(self.lines):
                if number:
                    await self._hear(reader, mail=self.lines[number - 1] is GO)
                await asyncio.sleep(self.pause)
                writer.write(line)
            while self.hangs and await reader.read(65536):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()
            self.closed.set()

    async def _hear(self, reader: asyncio.StreamReader, *, mail: bool) -> None:
        self.heard += await reader.readuntil(b"\r\n.\r\n" if mail else b"\r\n")


@asynccontextmanager
async def acting(script: Script) -> AsyncIterator[int]:
    """The server; yields its port, and sees at the end that its client has gone."""
    server = await asyncio.start_server(script.serve, HOST, 0, ssl=script.tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
        async with asyncio.timeout(1):
            await script.closed.wait()
    gc.collect()  # what was left open would say so now, and warnings are errors


async def tried(script: Script, **changes: Any) -> tuple[Outcome, float]:
    """What the sink makes of this server, and the seconds it took."""
    changes = {"username": "qw", "password": Secret("pw"), "timeout": 0.3, **changes}
    loop = asyncio.get_running_loop()
    async with acting(script) as port:
        started = loop.time()
        outcome = await a_sink(port, **changes).send(an_envelope())
        return outcome, loop.time() - started


@pytest.mark.parametrize("lines", range(len(WHOLE) - 1))
async def test_a_server_that_hangs_is_tried_again(lines: int):
    """Wherever it stops answering: within the timeout, and its connection is closed."""
    outcome, took = await tried(Script(WHOLE[:lines]))
    assert isinstance(outcome, Retry)
    assert outcome.reason == "timeout"
    assert took < 0.6


@pytest.mark.parametrize("hangs", [True, False])
async def test_a_mail_that_was_taken_is_delivered_whatever_follows(hangs: bool):
    """A server that never says goodbye has the mail all the same."""
    outcome, took = await tried(Script(WHOLE[:-1], hangs=hangs), timeout=1.0)
    assert outcome == Delivered()
    assert took < 1.2


@pytest.mark.parametrize("pause", [0.1, 0.15, 0.3])
async def test_a_server_that_dawdles_has_one_deadline_for_everything(pause: float):
    """Each answer is in time, their sum is not."""
    outcome, took = await tried(Script(WHOLE, pause=pause))
    assert isinstance(outcome, Retry)
    assert outcome.reason == "timeout"
    assert took < 0.6


@pytest.mark.parametrize("lines", range(len(WHOLE) - 1))
async def test_a_server_that_hangs_up_is_tried_again(lines: int):
    """Wherever it does."""
    outcome, took = await tried(Script(WHOLE[:lines], hangs=False), timeout=3.0)
    assert isinstance(outcome, Retry)
    assert outcome.reason in {"broken", "refused"}
    assert took < 2.0


@pytest.mark.parametrize(
    "lines",
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n",),
        (b"\xff\xfe\r\n",),
        (b"220-" + b"x" * 100_000,),
        (b"250 what\r\n",),
        (HELLO, b"999 what\r\n", b"999 what\r\n"),
        (HELLO, b"250-\xff\xfe\r\n250 AUTH \xff PLAIN\r\n", b"334 \xff\r\n", b"100 what\r\n"),
        (HELLO, b"250-x\r\n250 AUTH CRAM-MD5\r\n", b"334 no base64!\r\n"),
        (*WHOLE[:3], b"199 no\r\n"),
    ],
)
async def test_a_server_that_babbles_is_tried_again(lines: Sequence[bytes]):
    """Another protocol, no text, no end, codes that are none."""
    outcome, took = await tried(Script(lines))
    assert isinstance(outcome, Retry)
    assert took < 0.6


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
async def test_a_handshake_that_hangs_is_tried_again(encryption: str):
    """STARTTLS is agreed, or the connection made, and then nothing."""
    lines = (HELLO, EHLO, b"220 go ahead\r\n") if encryption == "starttls" else ()
    outcome, took = await tried(Script(lines), encryption=encryption)
    assert isinstance(outcome, Retry)
    assert outcome.reason == "timeout"
    assert took < 0.6


async def test_a_slow_answer_before_a_handshake_that_hangs_counts():
    """The library gives each of the two its whole timeout."""
    outcome, took = await tried(
        Script((HELLO, EHLO, b"220 go ahead\r\n"), pause=0.3), encryption="starttls", timeout=1.0
    )
    assert isinstance(outcome, Retry)
    assert outcome.reason == "timeout"
    assert took < 1.2


def descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("encrypted", [True, False])
async def test_a_server_that_has_gone_deaf_is_left_at_once(authority: Path, encrypted: bool):
    """TLS would wait for its farewell, and a connection until all is written: nobody waits for that."""
    deaf = asyncio.Event()

    async def fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in WHOLE[: 3 if encrypted else 6]:
            writer.write(line)
            if line is not GO:
                await reader.readuntil(b"\r\n")
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
        await deaf.wait()
        writer.transport.abort()

    server = await asyncio.start_server(
        fall_silent, HOST, 0, ssl=server_side(authority) if encrypted else None
    )
    port = server.sockets[0].getsockname()[1]
    how: dict[str, Any] = {"encryption": "tls", "ca_file": str(authority / "ca.pem")} if encrypted else {}
    sink = a_sink(port, username="qw", password=Secret("pw"), timeout=1.0, **how)
    before = descriptors()
    outcome = await sink.send(an_envelope() if encrypted else an_envelope(text=LONG))
    await asyncio.sleep(0.05)
    after = descriptors()
    deaf.set()
    server.close()
    await server.wait_closed()
    assert isinstance(outcome, Retry)
    assert after == before + 1  # theirs alone


@pytest.mark.parametrize("lines", [0, 1, 3, 6])
async def test_an_encrypted_server_that_hangs_is_tried_again(authority: Path, lines: int):
    """As one that is not."""
    script = Script(WHOLE[:lines], tls=server_side(authority))
    outcome, took = await tried(script, encryption="tls", ca_file=str(authority / "ca.pem"))
    assert isinstance(outcome, Retry)
    assert outcome.reason == "timeout"
    assert took < 0.6


@pytest.mark.parametrize(
    "answer", [b"535 5.7.8 no: AHF3AHMzY3IzdA== s3cr3t\r\n", b"500 AHF3AHMzY3IzdA==\r\n"]
)
async def test_a_password_never_shows(answer: bytes):
    """Not even where the server repeats what it was sent."""
    script = Script((*WHOLE[:2], answer), hangs=False)
    outcome, _ = await tried(script, password=Secret("s3cr3t"))
    assert b"AHF3AHMzY3IzdA==" in script.heard
    assert isinstance(outcome, Retry)
    assert "s3cr3t" not in repr(outcome)
    assert "AHF3" not in repr(outcome)


@pytest.mark.parametrize("lines", range(len(WHOLE)))
async def test_a_send_that_is_cancelled_leaves_nothing_open(lines: int):
    """At the end of the daemon, wherever the mail is."""
    script = Script(WHOLE[:lines])
    async with acting(script) as port, asyncio.TaskGroup() as group:
        sink = a_sink(port, username="qw", password=Secret("pw"))
        sending = group.create_task(sink.send(an_envelope()))
        await asyncio.sleep(0.1)
        sending.cancel()
    assert len(asyncio.all_tasks()) == 1


async def test_a_password_is_never_sent_in_the_clear():
    """Somebody in between has taken STARTTLS out of the greeting."""
    stripped = (HELLO, b"250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n", *WHOLE[2:])
    script = Script(stripped)
    outcome, _ = await tried(script, encryption="starttls")
    assert isinstance(outcome, Retry)
    assert outcome.reason == "refused"
    assert b"AUTH" not in script.heard


async def test_nobody_there_is_tried_again():
    """The connection is refused."""
    server = await asyncio.start_server(Script(()).serve, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    outcome = await a_sink(port).send(an_envelope())
    assert isinstance(outcome, Retry)
    assert outcome.reason == "refused"
    assert outcome.detail.startswith(f"{HOST}:{port}: ")
