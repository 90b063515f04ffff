"""Talks to a running daemon: its API, never its database.

What it answers is text from strangers twice over: names that a platform gave, from whatever listens there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import click

from monitor.app.connecting import USER_AGENT
from monitor.cli import once
from monitor.cli.running import failure
from monitor.config.places import loopback
from monitor.kit.http import Http, HttpError
from monitor.kit.text import clean
from monitor.model.errors import MonitorError

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds the daemon may take: it answers from memory, or from its own disk."""
LIMIT = 1000
"""Letters, entries or rows in one request; the daemon takes no more."""
LINE = 1000
"""Characters printed of one text."""

_NOWHERE = "the address that was given, which is none"

Said = Mapping[str, Any]

URL = click.option(
    "--url",
    envvar="QUEUEWATCH_URL",
    default="http://127.0.0.1:9877",
    show_default=True,
    show_envvar=True,
    help="Where the daemon listens.",
)


@dataclass(frozen=True, slots=True)
class Daemon:
    """One daemon at `url`. Every method raises MonitorError, one line that says what to do."""

    url: str
    http: Http

    async def get(self, path: str, **query: object) -> Said:
        """Ask for what is at `path`; what of `query` is None is not said."""
        given = {name: text for name, text in query.items() if text is not None}
        return await self._asked("GET", f"{path}?{urlencode(given)}" if given else path, None)

    async def post(self, path: str, body: Said) -> Said:
        """Have something done."""
        return await self._asked("POST", path, json.dumps(body).encode())

    async def _asked(self, method: str, path: str, content: bytes | None) -> Said:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        address = self.url.rstrip("/") + path
        headers = {} if content is None else {"content-type": "application/json"}
        try:
            answer = await self.http.send(
                method, address, headers=headers, content=content, deadline=deadline
            )
        except HttpError as error:
            hint = "start one with `queuewatch run`, or say with --url where it listens"
            raise MonitorError(
                f"no daemon answers at {shown(self.url)}: {clean(str(error))}; {hint}"
            ) from error
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise stranger(self.url)
        if answer.status != 200:
            said = body.get("detail")
            line = (
                clean(said, LINE) if isinstance(said, str) else f"{shown(self.url)} answers {answer.status}"
            )
            raise MonitorError(line)
        return body


def shown(url: str) -> str:
    """Return what of a URL may be printed: its scheme, host and port. A password may stand in the rest."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return _NOWHERE
    name = f"[{host}]" if ":" in host else host
    return clean(f"{parts.scheme}://{name}{port}") if host else _NOWHERE


def stranger(url: str) -> MonitorError:
    """Return the error that what answers speaks another language."""
    return MonitorError(f"what answers at {shown(url)} is no queuewatch of this version")


def _here(url: str) -> bool:
    """Say whether a URL leads to this machine: a proxy has a loopback of its own."""
    try:
        return loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


@asynccontextmanager
async def calling(url: str) -> AsyncIterator[Daemon]:
    """Talk to the daemon at `url` for the length of the block."""
    http = Http(USER_AGENT, environment=not _here(url))
    try:
        yield Daemon(url, http)
    finally:
        await http.aclose()


def asked(url: str, body: Callable[[Daemon], Awaitable[T]]) -> T:
    """Run `body` with the daemon at `url`. Raises ClickException."""

    async def whole() -> T:
        async with calling(url) as daemon:
            with understood(url):
                return await body(daemon)

    return once.once(whole)


@contextmanager
def understood(url: str) -> Iterator[None]:
    """Turn what cannot be read of an answer into one line. Raises MonitorError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise stranger(url) from error


@contextmanager
def reading(url: str) -> Iterator[None]:
    """The same where an answer is printed. Raises ClickException."""
    try:
        with understood(url):
            yield
    except MonitorError as error:
        raise failure(error) from error


def local(text: str) -> datetime:
    """Return a date of the daemon's in this computer's zone."""
    return datetime.fromisoformat(text).astimezone()


def stamp(text: str | None) -> str:
    """Return a date of the daemon's, shown in this computer's zone, which is named."""
    return "" if text is None else f"{local(text):%Y-%m-%d %H:%M:%S %Z}"


def line(text: object) -> str:
    """Return a text that no terminal takes for anything else."""
    return clean("" if text is None else str(text), LINE)


def plain(text: str) -> str:
    """Return a line of a body, its blanks kept, without what a terminal could obey."""
    return "".join(one if one.isprintable() else " " for one in text)


def dumped(content: object) -> str:
    """Return JSON for people and programs: letters as they are, what a terminal could obey escaped."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text)
