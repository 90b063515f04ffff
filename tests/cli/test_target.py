"""Which daemon a command asks, and as whom: options, environment, TLS."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.kit.serving import Tls, bind, serving, tls
from monitor.model.settings import WebAccess
from tests.cli.calling import call
from tests.cli.watching import Watched, a_queue
from tests.kit.authority import Authority
from tests.web.keys import a_token, a_user
from tests.web.making import served

TOKEN, KNOWN = a_token("desk", "read")
GUARDED = WebAccess(tokens=(KNOWN,), users=(a_user("joe", "hunter2", "read"),))
NOWHERE = "http://127.0.0.1:9"
WHO = "wants to know who asks: say it with --token-file or --user\n"
UNKNOWN = "does not know this user, password or token\n"


def site() -> Watched:
    """Return a daemon that lets in whoever holds the token, and joe."""
    return Watched(lines=[a_queue()], access=GUARDED)


def file(folder: Path, text: str = f"{TOKEN}\n", name: str = "token") -> str:
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("words", "environ"),
    [
        (["--token-file", "{file}"], {}),
        ([], {"QUEUEWATCH_TOKEN": TOKEN}),
        ([], {"QUEUEWATCH_TOKEN_FILE": "{file}"}),
        (["--user", "joe"], {"QUEUEWATCH_PASSWORD": "hunter2"}),
        ([], {"QUEUEWATCH_USER": "joe", "QUEUEWATCH_PASSWORD": "hunter2"}),
        # What is typed beats the environment.
        (["--token-file", "{file}"], {"QUEUEWATCH_TOKEN": "wrong"}),
        (["--user", "joe"], {"QUEUEWATCH_TOKEN": "wrong", "QUEUEWATCH_PASSWORD": "hunter2"}),
    ],
)
def test_who_asks_is_said(tmp_path: Path, words: list[str], environ: dict[str, str]) -> None:
    """By a token or a user, from an option, a file or the environment."""
    path = file(tmp_path)
    told = {name: text.format(file=path) for name, text in environ.items()}
    done = site().call("queues", *(word.format(file=path) for word in words), **told)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Support" in done.stdout


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, WHO),
        ({"QUEUEWATCH_TOKEN": "wrong"}, UNKNOWN),
        ({"QUEUEWATCH_USER": "joe", "QUEUEWATCH_PASSWORD": "wrong"}, UNKNOWN),
    ],
)
def test_who_is_not_let_in_is_told_so(environ: dict[str, str], said: str) -> None:
    """One line and exit code 1; what was shown is not repeated."""
    done = site().call("queues", **environ)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.endswith(said)
    assert done.stderr.count("\n") == 1
    assert "wrong" not in done.stderr


def test_who_may_not_do_it_is_told_so() -> None:
    """A token that may only read changes nothing."""
    done = site().call("silence", "add", "queue=*", "--for", "1h", "--comment", "x", QUEUEWATCH_TOKEN=TOKEN)
    assert (done.exit_code, done.stderr) == (1, "Error: this needs the scope operate\n")


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (["--user", "joe", "--token-file", "{file}"], {}, "--token-file, --user: say two different things"),
        ([], {"QUEUEWATCH_TOKEN": "x", "QUEUEWATCH_USER": "joe"}, "QUEUEWATCH_TOKEN, --user: say two"),
        (["--user", "joe"], {}, "--user: needs a password, and there is nobody to ask"),
        (["--user", "joe:hunter2"], {}, "--user: is no name of a user"),
        (["--user", "joe\n"], {}, "--user: is no name of a user"),
        (["--token-file", "/nowhere"], {}, "--token-file: /nowhere cannot be read: No such file"),
        (["--token-file", "{empty}"], {}, "--token-file: holds no token"),
        (["--token-file", "{binary}"], {}, "does not hold one line of text"),
        ([], {"QUEUEWATCH_TOKEN": "two words"}, "QUEUEWATCH_TOKEN: holds no token"),
        ([], {"QUEUEWATCH_TOKEN": "ü"}, "QUEUEWATCH_TOKEN: holds no token"),
        (["--key-file", "{file}"], {}, "--key-file: needs --cert-file"),
        (["--ca-file", "/nowhere"], {}, "cannot use /nowhere for TLS: "),
        (["--url", "http://joe:hunter2@localhost"], {"QUEUEWATCH_TOKEN": "x"}, "--url: names a user, too"),
    ],
)
def test_what_is_wrong_is_said_before_anybody_is_asked(
    tmp_path: Path, words: list[str], environ: dict[str, str], said: str
) -> None:
    """One line, exit code 2, and no secret in it."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    paths = {name: file(tmp_path, "", name) for name in ("empty",)}
    paths |= {"file": file(tmp_path), "binary": str(tmp_path / "binary")}
    typed = [word.format(**paths) for word in words]
    done = CliRunner().invoke(main, ["queues", *typed], env={"QUEUEWATCH_URL": NOWHERE, **environ})
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not any(secret in done.stderr for secret in ("hunter2", "two words", TOKEN))


def test_a_secret_that_goes_in_the_open_is_said() -> None:
    """Over http to another machine everybody on the way could read it; to this machine nobody can."""
    environ = {"QUEUEWATCH_TOKEN": TOKEN}
    done = CliRunner().invoke(main, ["queues", "--url", "http://queuewatch.invalid"], env=environ)
    assert "everybody on the way can read who you are\n" in done.stderr
    assert "everybody" not in CliRunner().invoke(main, ["queues", "--url", NOWHERE], env=environ).stderr


def test_the_password_is_asked_for() -> None:
    """On a terminal, without showing it, and not on standard output."""
    with served(site().app()) as url:
        out, err = asked_at_a_terminal(["queues", "--json", "--user", "joe", "--url", url], b"hunter2\n")
    assert b'"queue": "Support"' in out
    assert err == b"Password of joe: \n"


def asked_at_a_terminal(words: list[str], typed: bytes) -> tuple[bytes, bytes]:
    """Run `queuewatch` with a terminal to read from, type something when asked; return what it printed."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "monitor", *words],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            assert process.stderr is not None
            # What is typed before the question is thrown away.
            prompt = os.read(process.stderr.fileno(), 1000)
            os.write(ours, typed)
            out, err = process.communicate(timeout=30)
        return out, prompt + err
    finally:
        os.close(ours)
        os.close(theirs)


@asynccontextmanager
async def over(identity: Tls) -> AsyncIterator[str]:
    """Serve a daemon over TLS; yield the URL."""
    bound = bind("127.0.0.1", 0)
    try:
        async with serving(Watched(lines=[a_queue()]).app(), bound, tls=identity):
            yield f"https://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        bound.close()


async def test_the_authority_may_be_said(tmp_path: Path) -> None:
    """With --ca-file the daemon is believed; without it one line says what to do."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    async with over(tls(ours.certificate, ours.key)) as url:
        done = await call("queues", "--url", url, "--ca-file", authority.file)
        strange = await call("queues", "--url", url)
        plain = await call("queues", "--url", url.replace("https", "http"))
    assert (done.code, done.err) == (0, "")
    assert "Support" in done.out
    assert (strange.code, strange.err.count("\n")) == (1, 1)
    assert strange.err.endswith("; say with --ca-file whose certificates it has\n")
    assert (plain.code, plain.err.count("\n")) == (1, 1)
    assert plain.err.endswith("; if it speaks TLS, begin --url with https\n")


async def test_a_certificate_may_be_shown(tmp_path: Path) -> None:
    """A daemon that wants one lets in who shows it."""
    authority = Authority(tmp_path)
    ours, theirs = authority.issue("us"), authority.issue("them", usage="clientAuth")
    wanted = tls(ours.certificate, ours.key, ca_file=authority.file, client="required")
    async with over(wanted) as url:
        known = ("--cert-file", theirs.certificate, "--key-file", theirs.key)
        done = await call("queues", "--url", url, "--ca-file", authority.file, *known)
        nobody = await call("queues", "--url", url, "--ca-file", authority.file)
    assert (done.code, done.err) == (0, "")
    assert (nobody.code, nobody.out) == (1, "")


@pytest.mark.parametrize(
    "words",
    [
        "status", "queues", "alerts", "ack", "silence add", "silence list", "silence end", "history",
        "outbox list", "outbox show", "outbox retry", "outbox drop", "notify test", "rules explain",
    ],
)  # fmt: skip
def test_every_command_that_asks_a_daemon_has_the_same_options(words: str) -> None:
    """The options that say which one, and as whom."""
    text = CliRunner().invoke(main, [*words.split(), "--help"]).output
    for option in ("--url", "--token-file", "--user", "--ca-file", "--cert-file", "--key-file", "--json"):
        assert option in text
