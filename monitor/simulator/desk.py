"""The endpoints: each request is logged, checked, perhaps spoilt, answered from the world as it is now."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from urllib.parse import parse_qs
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.simulator import answer as answers
from monitor.simulator import platform, query
from monitor.simulator.analytics import Analytics
from monitor.simulator.answer import Answer
from monitor.simulator.asked import Accepted, Asked, Document, Endpoint, Question
from monitor.simulator.faults import Fault, Faults, Hang, Reset, Seen, Truncated
from monitor.simulator.guides.credentials import form_credentials
from monitor.simulator.guides.desk import Guides
from monitor.simulator.guides.moods import Moods
from monitor.simulator.mischief import on_the_wire
from monitor.simulator.refusal import Refusal, refusal
from monitor.simulator.settings import Settings
from monitor.simulator.tokens import Allowance, Tokens, enforce
from monitor.simulator.world import World

Clock = Callable[[], datetime]


class Desk:
    """Answers the platform's endpoints over one world.

    `clock` gives aware datetimes. World time runs `speed` times as fast as the clock from the world's start
    on; `stopping` is set when the server shuts down; `moods` are those of the guides' endpoints.
    """

    def __init__(
        self,
        *,
        world: World,
        faults: Faults,
        settings: Settings,
        clock: Clock,
        speed: float,
        stopping: asyncio.Event,
        moods: Moods | None = None,
    ) -> None:
        self._world = world
        self._faults = faults
        self._settings = settings
        self._clock = clock
        self._speed = speed
        self._stopping = stopping
        self._tokens = Tokens(settings, lambda: faults.generation)
        self._analytics = Analytics(world, settings)
        self._guides = Guides(world, moods)

    def routes(self) -> list[Route]:
        """Every endpoint of both dialects."""
        asked: list[Endpoint] = [
            ("GET", "/api/v2/routing/queues", "queues", self._queues),
            ("GET", "/api/v2/routing/queues/{id}", "queue", self._queue),
            ("POST", "/api/v2/analytics/queues/observations/query", "observations", self._observations),
            ("GET", "/api/v2/tokens/me", "token_info", lambda _: platform.token_info(self._settings)),
            ("GET", "/api/v2/organizations/me", "organization", self._organization),
            ("GET", "/api/v2/organizations/limits/namespaces/{name}", "limits", self._limits),
            *self._analytics.endpoints(),
            *self._guides.endpoints(),
        ]
        routes = [
            Route(path, self._endpoint(name, partial(self._guarded, question)), methods=[method])
            for method, path, name, question in asked
        ]
        routes.append(Route("/oauth/token", self._endpoint("token", self._token), methods=["POST"]))
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [*routes, Route("/{rest:path}", self._endpoint("unknown", self._unknown), methods=every)]

    # What is asked.

    def _queues(self, asked: Asked) -> Document:
        return platform.queue_page(self._world.centre, platform.listing(asked.parameters))

    def _queue(self, asked: Asked) -> Document:
        return platform.single_queue(self._world.centre, asked.path("id"))

    def _organization(self, _: Asked) -> Document:
        return platform.organization(self._settings)

    def _limits(self, asked: Asked) -> Document:
        return platform.limits(self._settings, asked.path("name"))

    def _observations(self, asked: Asked) -> Document:
        return platform.observations(self._world, query.parse(asked.document))

    def _token(self, asked: Asked) -> Answer:
        form = parse_qs(asked.body.decode(errors="replace"))
        given = _basic(asked.request) if "Authorization" in asked.request.headers else form_credentials(form)
        if given != (self._settings.client_id, self._settings.client_secret):
            return answers.unauthorized_client()
        grant = form.get("grant_type", [""])[0]
        if grant != "client_credentials":
            return answers.unsupported_grant(grant)
        token = self._tokens.issue(asked.at)
        return answers.good(
            {"access_token": token, "token_type": "bearer", "expires_in": self._settings.token_seconds}
        )

    def _unknown(self, asked: Asked) -> Answer:
        return answers.refused(refusal(404), asked.context_id)

    # How it is answered.

    def _guarded(self, question: Question, asked: Asked) -> Answer:
        """Let a question through only with a live token and budget left."""
        try:
            allowance = self._tokens.admit(asked.token, asked.at)
        except Refusal as no:
            return answers.refused(no, asked.context_id)
        headers = _allowance_headers(allowance)
        try:
            enforce(allowance)
        except Refusal:
            return answers.slowed(allowance.reset, asked.context_id).adding(headers)
        try:
            document = question(asked)
            status = 202 if isinstance(document, Accepted) else 200
            return answers.good(document, status).adding(headers)
        except Refusal as no:
            return answers.refused(no, asked.context_id).adding(headers)

    def _endpoint(
        self, name: str, reply: Callable[[Asked], Answer]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            asked = Asked(
                at=self._clock(), context_id=str(uuid4()), body=await request.body(), request=request
            )
            self._advance(asked.at)
            fault = self._faults.take(name, asked.page)
            given = self._given(name, asked, fault, reply)
            self._record(name, asked, given, silent=isinstance(fault, Hang | Reset))
            return on_the_wire(fault, given, self._stopping)

        return endpoint

    def _given(
        self, name: str, asked: Asked, fault: Fault | None, reply: Callable[[Asked], Answer]
    ) -> Answer:
        given = answers.replacement(fault, name, asked.context_id, asked.at) or reply(asked)
        if isinstance(fault, Truncated):
            given = given.truncated()
        if "gzip" in asked.request.headers.get("Accept-Encoding", ""):
            given = given.compressed()
        date = format_datetime(asked.at.astimezone(UTC), usegmt=True)
        return given.adding({"ININ-Correlation-Id": asked.context_id, "Date": date})

    def _advance(self, now: datetime) -> None:
        start = self._world.start
        self._world.advance(start + (now - start) * self._speed)

    def _record(self, name: str, asked: Asked, given: Answer, *, silent: bool) -> None:
        seen = Seen(
            at=asked.at,
            endpoint=name,
            status=0 if silent else given.status,
            token=asked.token,
            received=len(asked.body),
            sent=0 if silent else len(given.body),
        )
        self._faults.log.append(seen)


def _allowance_headers(allowance: Allowance) -> dict[str, str]:
    return {
        "inin-ratelimit-count": str(allowance.count),
        "inin-ratelimit-allowed": str(allowance.allowed),
        "inin-ratelimit-reset": str(allowance.reset),
    }


def _basic(request: Request) -> tuple[str, str]:
    """Client id and secret from HTTP Basic; empty strings for anything else."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    user, _, password = text.partition(":")
    return (user, password) if scheme.lower() == "basic" else ("", "")
