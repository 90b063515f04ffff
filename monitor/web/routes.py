"""What the daemon answers: `/metrics`, health, why an alert is as it is, and a page that names them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from monitor.exposition.packing import followed
from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import PrometheusTelemetry
from monitor.kit.text import clean
from monitor.web.answers import Problem, Said, answering, refused
from monitor.web.deliveries import Deliveries
from monitor.web.hosts import Addressed

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_INDEX = """queuewatch watches Genesys Cloud queues.

/metrics   what Prometheus scrapes
/api/v1/explain?alert=…   why an alert is as it is; `queuewatch rules explain` prints it
/api/v1/outbox    what waits for a destination, or is dead; `queuewatch outbox` prints it
/api/v1/history   what was told, to whom, and what came of it; `queuewatch history` prints it
/healthz   200 while the event loop turns
/readyz    200 once the store is writable and every source has answered or is known to fail
"""


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


def _nothing(_text: str) -> Sequence[Mapping[str, object]]:
    return ()


@dataclass(frozen=True, slots=True)
class Routes:
    """Answers requests from what is in memory.

    `writable` tries the store. `explain` returns why the alerts are as they are whose name holds a text.
    Without `deliveries` nothing is said of them. `hosts` are the names and addresses beside this machine's
    own under which the API may be asked.
    """

    snapshot: Snapshot
    telemetry: PrometheusTelemetry
    writable: Callable[[], Awaitable[bool]]
    explain: Callable[[str], Sequence[Mapping[str, object]]] = _nothing
    deliveries: Deliveries | None = None
    hosts: Collection[str] = ()

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            exception_handlers={HTTPException: refused},
            middleware=[Middleware(Addressed, known=self.hosts)],
            routes=[
                Route("/", self.index),
                Route("/metrics", self.metrics),
                Route("/healthz", self.healthz),
                Route("/readyz", self.readyz),
                Route("/api/v1/explain", answering(self.explained)),
                *(self.deliveries.routes() if self.deliveries is not None else ()),
            ],
        )

    async def index(self, _request: Request) -> Response:
        """Name the other addresses."""
        return PlainTextResponse(_INDEX)

    async def metrics(self, request: Request) -> Response:
        """Serve samples and our own metrics, in the format and encoding asked for."""
        openmetrics = "application/openmetrics-text" in request.headers.get("accept", "")
        headers = {"content-type": OPENMETRICS if openmetrics else TEXT, "vary": "accept, accept-encoding"}
        own = self.telemetry.render(openmetrics=openmetrics)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return _Pieces((self.snapshot.text(), own), headers)
        pieces = followed(await self.snapshot.packed(), own)
        return _Pieces(pieces, {**headers, "content-encoding": "gzip"})

    async def healthz(self, _request: Request) -> Response:
        """Answer: that alone shows the loop turns."""
        return PlainTextResponse("ok\n")

    async def readyz(self, _request: Request) -> Response:
        """Say whether we are ready, and what each source's state is."""
        writable = await self.writable()
        ready = writable and self.snapshot.settled()
        sources = {
            f"{org}/{source}": "waiting" if one.up is None else "up" if one.up else f"down: {one.error}"
            for (org, source), one in self.snapshot.standings.items()
        }
        body = {"ready": ready, "store": "writable" if writable else "not writable", "sources": sources}
        return JSONResponse(body, status_code=200 if ready else 503)

    async def explained(self, request: Request) -> Response:
        """Say why the alerts are as they are that are meant by `alert`: rule/entity, or a part of it."""
        text = request.query_params.get("alert", "").strip()
        if not text:
            raise Problem(400, "which alert? ?alert=rule/entity, or a part of it")
        found = self.explain(text)
        if not found:
            raise Problem(404, f"there is no alert {clean(text)!r}")
        return Said({"alerts": list(found)})
