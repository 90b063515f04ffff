"""The addresses of the page: the wall, one alert, the stream of what changes, and the static files.

In: requests for what is in memory. Out: HTML and events. Nothing is changed here: what somebody does goes to
the API.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from monitor.exposition.packing import followed, pack
from monitor.model.alert import Alert
from monitor.model.board import QueueLine, SourceState
from monitor.model.delivery import Backlog
from monitor.model.rule import Rule
from monitor.model.silence import Silence
from monitor.ports import Clock, Journal
from monitor.web.access import Address, Scope, principal
from monitor.web.answers import Problem
from monitor.web.page import panels, wording
from monitor.web.page.asking import asked
from monitor.web.page.cases import case, identity
from monitor.web.page.files import Files
from monitor.web.page.frames import NOTHING, Frame
from monitor.web.page.home import Home
from monitor.web.page.live import Live, Render, Streamed
from monitor.web.page.rendering import Painter
from monitor.web.page.sights import Eyes
from monitor.web.page.story import Story

SEEN = 32
"""Frames remembered until the page that shows one asks for its stream, which is within a second."""


@dataclass(slots=True, kw_only=True)
class Pages:
    """Answers with pages. `instance` is our name; `live` is told when anything of this changes.

    `explain` says why an alert is as it is, in the words of `monitor.alerts.explaining`.
    """

    instance: str
    live: Live
    clock: Clock
    journal: Journal
    lines: Callable[[], Sequence[QueueLine]]
    alerts: Callable[[], Iterable[Alert]]
    rules: Callable[[], Sequence[Rule]]
    explain: Callable[[Alert], Mapping[str, object]]
    sources: Callable[[], Sequence[SourceState]]
    silences: Callable[[], Sequence[Silence]]
    backlog: Callable[[], Sequence[Backlog]]
    disabled: Callable[[], Collection[str]] = frozenset
    _files: Files = field(init=False)
    _painter: Painter = field(init=False)
    _eyes: Eyes = field(init=False)
    _home: Home = field(init=False)
    _story: Story = field(init=False)
    _seen: OrderedDict[str, Frame] = field(default_factory=OrderedDict, init=False)

    def __post_init__(self) -> None:
        self._files = Files()
        self._painter = Painter(build=self._files.build, address=self._files.address)
        self._home = Home(self._painter)
        self._story = Story(painter=self._painter, journal=self.journal, explain=self.explain)
        self._eyes = Eyes(
            clock=self.clock,
            version=lambda: self.live.version,
            lines=self.lines,
            alerts=self.alerts,
            rules=self.rules,
            sources=self.sources,
            silences=self.silences,
            backlog=self.backlog,
            disabled=self.disabled,
        )

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [
            Address(path="/", endpoint=self.home, scope=Scope.READ),
            Address(path="/live", endpoint=self.stream, scope=Scope.READ),
            Address(path="/alerts/{id}", endpoint=self.alert, scope=Scope.READ),
            Address(path="/static/{name}", endpoint=self._files.serve, scope=Scope.READ),
        ]

    async def home(self, request: Request) -> Response:
        """Show the wall; with `board=1` as a wall screen does."""
        wanted = asked(request.query_params)
        sight = await self._eyes.look()
        frame = await self._home.frame(sight, wanted, operate=_operates(request))
        context = {
            "asked": wanted,
            "root": "./",
            "live": f"live{wanted.address(seen=self._remembered(frame))}",
            "options": panels.options(sight.ranked.places) if not wanted.board else {},
        }
        return await self._page("board.html" if wanted.board else "home.html", frame, request, context)

    async def alert(self, request: Request) -> Response:
        """Show one alert whole."""
        mark = request.path_params["id"]
        found = self._found(mark)
        if found is None:
            return await self._page("missing.html", NOTHING, request, {"root": "../", "live": ""}, 404)
        sight = await self._eyes.look()
        frame = await self._story.frame(sight, found)
        context = {
            "root": "../",
            "live": f"live?alert={mark}&seen={self._remembered(frame)}",
            "one": case(found, sight.rules, sight.at),
        }
        return await self._page("alert.html", frame, request, context)

    async def stream(self, request: Request) -> Response:
        """Tell a page what changes, for as long as it is open."""
        render = self._render(request)
        seen = self._seen.pop(request.query_params.get("seen", ""), NOTHING)
        return Streamed(self.live, lambda seat: self.live.stream(seat, render, stamp=self._stamp, seen=seen))

    def _render(self, request: Request) -> Render:
        operate, mark = _operates(request), request.query_params.get("alert")
        if mark is None:
            wanted = asked(request.query_params)

            async def wall() -> Frame:
                return await self._home.frame(await self._eyes.look(), wanted, operate=operate)

            return wall
        if self._found(mark) is None:
            raise Problem(404, "there is no such alert")

        async def story() -> Frame:
            found = self._found(mark)
            return NOTHING if found is None else await self._story.frame(await self._eyes.look(), found)

        return story

    async def _page(
        self, template: str, frame: Frame, request: Request, context: Mapping[str, object], status: int = 200
    ) -> Response:
        now = self.clock.now()
        body = self._painter.page(
            template,
            frame,
            instance=self.instance,
            now=wording.when(now, now),
            operate=_operates(request),
            owner=principal(request).name,
            **context,
        )
        encoded = body.encode("utf-8", "replace")
        headers = {
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "vary": "accept-encoding",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            encoded = await asyncio.to_thread(_zipped, encoded)
            headers["content-encoding"] = "gzip"
        return HTMLResponse(encoded, status, headers)

    def _found(self, mark: str) -> Alert | None:
        return next((one for one in self.alerts() if identity(one) == mark), None)

    def _remembered(self, frame: Frame) -> str:
        """Return the word under which a stream finds what its page shows already; it is good once."""
        word = secrets.token_hex(8)
        self._seen[word] = frame
        while len(self._seen) > SEEN:
            self._seen.popitem(last=False)
        return word

    def _stamp(self) -> str:
        at = self.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f'"now":{json.dumps(at)},"build":{json.dumps(self._files.build)}'


def _zipped(body: bytes) -> bytes:
    return b"".join(followed(pack(body), b""))


def _operates(request: Request) -> bool:
    return Scope.OPERATE in principal(request).scopes
