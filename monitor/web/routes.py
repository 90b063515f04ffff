"""The whole of what the daemon answers: its own addresses, those it is given, and who stands at the door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from monitor.exposition.packing import followed
from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import PrometheusTelemetry
from monitor.web import access
from monitor.web.access import Address, principal
from monitor.web.answers import refused
from monitor.web.authenticating import Authenticating, Doorkeeper
from monitor.web.headers import Headed
from monitor.web.hosts import Addressed

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class _Pieces(Response):
    """An answer in several pieces, written one after the other without joining megabytes."""

    def __init__(self, pieces: Sequence[bytes], headers: Mapping[str, str]) -> None:
        super().__init__(headers={**headers, "content-length": str(sum(map(len, pieces)))})
        self._pieces = pieces

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the head, then each piece."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        pieces = self._pieces if scope["method"] != "HEAD" else ()
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Answers requests from what is in memory.

    `writable` tries the store. `door` says who asks. `hosts` are the names and addresses beside this
    machine's own under which we may be asked. `others` are the addresses of the page and the API.
    """

    snapshot: Snapshot
    telemetry: PrometheusTelemetry
    writable: Callable[[], Awaitable[bool]]
    door: Doorkeeper
    hosts: Collection[str] = ()
    others: Sequence[Address] = ()

    def addresses(self) -> list[Address]:
        """Return every address there is."""
        return [
            Address(path="/metrics", endpoint=self.metrics, scope=access.Scope.METRICS),
            Address(path="/healthz", endpoint=self.healthz, scope=access.EVERYBODY),
            Address(path="/readyz", endpoint=self.readyz, scope=access.EVERYBODY),
            *self.others,
        ]

    def app(self) -> Starlette:
        """Return the application, its door included."""
        app = Starlette(
            exception_handlers={HTTPException: refused},
            middleware=[
                Middleware(Headed, door=self.door),
                Middleware(Addressed, known=self.hosts, door=self.door),
                Middleware(Authenticating, door=self.door),
            ],
            routes=access.routes(self.addresses()),
        )
        # An address with one slash more is another one, and nobody is sent on by what a Host header says.
        app.router.redirect_slashes = False
        return app

    async def metrics(self, request: Request) -> Response:
        """Serve samples and our own metrics, in the format and encoding asked for."""
        openmetrics = "application/openmetrics-text" in request.headers.get("accept", "")
        headers = {
            "content-type": OPENMETRICS if openmetrics else TEXT,
            "vary": "accept, accept-encoding",
            "cache-control": "no-store",
        }
        own = self.telemetry.render(openmetrics=openmetrics)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return _Pieces((self.snapshot.text(), own), headers)
        pieces = followed(await self.snapshot.packed(), own)
        return _Pieces(pieces, {**headers, "content-encoding": "gzip"})

    async def healthz(self, _request: Request) -> Response:
        """Answer: that alone shows the loop turns."""
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request) -> Response:
        """Say whether we are ready, and to those who may read what each source's state is."""
        writable = await self.writable()
        ready = writable and self.snapshot.settled()
        body: dict[str, object] = {"ready": ready}
        if access.Scope.READ in principal(request).scopes:
            sources = {
                f"{org}/{source}": "waiting" if one.up is None else "up" if one.up else f"down: {one.error}"
                for (org, source), one in self.snapshot.standings.items()
            }
            body |= {"store": "writable" if writable else "not writable", "sources": sources}
        return JSONResponse(body, 200 if ready else 503, {"cache-control": "no-store"})
