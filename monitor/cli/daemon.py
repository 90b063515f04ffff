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
from urllib.parse import urlencode

from monitor import __version__
from monitor.cli import once
from monitor.cli.running import failure
from monitor.cli.target import Target, headers
from monitor.kit.http import Answer, Broken, Http, HttpError
from monitor.kit.text import clean
from monitor.model.errors import MonitorError

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds the daemon may take: it answers from memory, or from its own disk."""
PROBE_PATIENCE = 4.0
"""The same for a probe: by our Dockerfile the container's engine gives up after five."""
LIMIT = 1000
"""Letters, entries or rows in one request; the daemon takes no more."""
LINE = 1000
"""Characters printed of one text."""
USER_AGENT = f"queuewatch/{__version__}"

Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Daemon:
    """One daemon. Every method raises MonitorError, one line that says what to do."""

    target: Target
    http: Http

    async def get(self, path: str, **query: object) -> Said:
        """Ask for what is at `path`; what of `query` is None is not said."""
        given = {name: text for name, text in query.items() if text is not None}
        return await self._asked("GET", f"{path}?{urlencode(given)}" if given else path, None)

    async def post(self, path: str, body: Said) -> Said:
        """Have something done."""
        return await self._asked("POST", path, json.dumps(body).encode())

    async def delete(self, path: str) -> Said:
        """Have something ended."""
        return await self._asked("DELETE", path, None)

    async def pages(self, path: str, noun: str, limit: int, **query: object) -> dict[str, Any]:
        """Return as many of the `noun` at `path` as wanted, page by page, and where the next page begins."""
        found: list[Said] = []
        after: object = None
        while True:
            page = await self.get(path, **query, after=after, limit=min(LIMIT, limit - len(found)))
            found += page[noun]
            after = page["next"]
            # A page that brings nothing new would be asked for without end.
            if after is None or len(found) >= limit or not page[noun]:
                return {**page, noun: found, "next": after}

    async def well(self, path: str) -> bool:
        """Return whether the probe at `path` says yes. Raises MonitorError for a yes that is none of ours."""
        answer = await self._sent("GET", path, None, PROBE_PATIENCE)
        if answer.status == 503:
            return False
        ours = answer.body == b"ok\n" or _parsed(answer.body).get("ready") is True
        if answer.status != 200 or not ours:
            raise stranger(self.target)
        return True

    async def _asked(self, method: str, path: str, content: bytes | None) -> Said:
        return _understood(self.target, await self._sent(method, path, content, PATIENCE))

    async def _sent(self, method: str, path: str, content: bytes | None, patience: float) -> Answer:
        deadline = asyncio.get_running_loop().time() + patience
        address = self.target.url.rstrip("/") + path
        said = dict(headers(self.target))
        if content is not None:
            said["content-type"] = "application/json"
        try:
            return await self.http.send(method, address, headers=said, content=content, deadline=deadline)
        except HttpError as error:
            raise _silent(self.target, error) from error


def _silent(target: Target, error: HttpError) -> MonitorError:
    """Return the error that nobody answers, with what helps."""
    said = clean(str(error))
    hint = "start one with `queuewatch run`, or say with --url where it listens"
    if "CERTIFICATE_VERIFY_FAILED" in said:
        hint = "say with --ca-file whose certificates it has"
    elif isinstance(error, Broken) and target.url.startswith("http:"):
        hint = "if it speaks TLS, begin --url with https"
    return MonitorError(f"no daemon answers at {target.shown}: {said}; {hint}")


def _understood(target: Target, answer: Answer) -> Said:
    """Return what an answer says. Raises MonitorError for a refusal, and for what is none of ours."""
    if answer.status == 401:
        raise MonitorError(_unknown(target))
    if answer.status == 204:
        return {}
    body = _parsed(answer.body)
    if not body:
        raise stranger(target)
    if not 200 <= answer.status < 300:
        raise MonitorError(_refusal(target, answer.status, body.get("detail")))
    return body


def _parsed(body: bytes) -> dict[str, Any]:
    """Return the JSON object that an answer is; an empty one where it is something else."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _refusal(target: Target, status: int, said: object) -> str:
    """Return why it was refused, and what helps where nobody said who asks."""
    line = clean(said, LINE) if isinstance(said, str) else f"{target.shown} answers {status}"
    if status == 403 and not target.known:
        line += "; say who asks with --token-file or --user, or let everybody here with web.operate: true"
    return line


def _unknown(target: Target) -> str:
    """Return that the daemon wants to know who asks, or does not know who was named."""
    if target.authorization is None:
        return f"{target.shown} wants to know who asks: say it with --token-file or --user"
    return f"{target.shown} does not know this user, password or token"


def stranger(target: Target) -> MonitorError:
    """Return the error that what answers speaks another language."""
    return MonitorError(f"what answers at {target.shown} is no queuewatch of this version")


@asynccontextmanager
async def calling(target: Target) -> AsyncIterator[Daemon]:
    """Talk to the daemon for the length of the block."""
    http = Http(USER_AGENT, target.tls, environment=not target.here)
    try:
        yield Daemon(target, http)
    finally:
        await http.aclose()


def asked(target: Target, body: Callable[[Daemon], Awaitable[T]]) -> T:
    """Run `body` with the daemon. Raises ClickException."""

    async def whole() -> T:
        async with calling(target) as daemon:
            with understood(target):
                return await body(daemon)

    return once.once(whole)


@contextmanager
def understood(target: Target) -> Iterator[None]:
    """Turn what cannot be read of an answer into one line. Raises MonitorError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise stranger(target) from error


@contextmanager
def reading(target: Target) -> Iterator[None]:
    """The same where an answer is printed. Raises ClickException."""
    try:
        with understood(target):
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
