"""The endpoints: each request is logged, checked, perhaps spoilt, answered from the world as it is now."""

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
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
from monitor.simulator.answer import Answer
from monitor.simulator.faults import Fault, Faults, Hang, Reset, Seen, Truncated
from monitor.simulator.mischief import on_the_wire
from monitor.simulator.refusal import Refusal, refusal
from monitor.simulator.settings import Settings
from monitor.simulator.tokens import Allowance, Tokens, enforce
from monitor.simulator.world import World

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as the endpoints see it."""

    at: datetime
    context_id: str
    body: bytes
    request: Request

    @property
    def token(self) -> str:
        """The bearer token, or empty."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    @property
    def parameters(self) -> Mapping[str, list[str]]:
        """Query parameters, each with all its values; `id[]` means the same as `id`."""
        found = self.request.query_params
        return {name.removesuffix("[]"): found.getlist(name) for name in found}

    @property
    def page(self) -> int | None:
        """The page number asked for; None when it is not a number."""
        text = self.request.query_params.get("pageNumber", "1")
        return int(text) if text.isdecimal() else None

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])


Question = Callable[[Asked], platform.Document]


class Desk:
    """Answers the platform's endpoints over one world.

    `clock` gives aware datetimes. World time runs `speed` times as fast as the clock from the world's start
    on; `stopping` is set when the server shuts down.
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
    ) -> None:
        self._world = world
        self._faults = faults
        self._settings = settings
        self._clock = clock
        self._speed = speed
        self._stopping = stopping
        self._tokens = Tokens(settings, lambda: faults.generation)

    def routes(self) -> list[Route]:
        """Every endpoint of the platform dialect."""
        asked: list[tuple[str, str, str, Question]] = [
            ("GET", "/api/v2/routing/queues", "queues", self._queues),
            ("GET", "/api/v2/routing/queues/{id}", "queue", self._queue),
            ("POST", "/api/v2/analytics/queues/observations/query", "observations", self._observations),
            ("GET", "/api/v2/tokens/me", "token_info", lambda _: platform.token_info(self._settings)),
            ("GET", "/api/v2/organizations/me", "organization", self._organization),
            ("GET", "/api/v2/organizations/limits/namespaces/{name}", "limits", self._limits),
        ]
        routes = [
            Route(path, self._endpoint(name, partial(self._guarded, question)), methods=[method])
            for method, path, name, question in asked
        ]
        routes.append(Route("/oauth/token", self._endpoint("token", self._token), methods=["POST"]))
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [*routes, Route("/{rest:path}", self._endpoint("unknown", self._unknown), methods=every)]

    # What is asked.

    def _queues(self, asked: Asked) -> platform.Document:
        return platform.queue_page(self._world.centre, platform.listing(asked.parameters))

    def _queue(self, asked: Asked) -> platform.Document:
        return platform.single_queue(self._world.centre, asked.path("id"))

    def _organization(self, _: Asked) -> platform.Document:
        return platform.organization(self._settings)

    def _limits(self, asked: Asked) -> platform.Document:
        return platform.limits(self._settings, asked.path("name"))

    def _observations(self, asked: Asked) -> platform.Document:
        try:
            document: object = json.loads(asked.body)
        except ValueError as error:
            message = "The request body is not valid JSON."
            raise Refusal(status=400, code="bad.request", message=message) from error
        return platform.observations(self._world, query.parse(document))

    def _token(self, asked: Asked) -> Answer:
        if _basic(asked.request) != (self._settings.client_id, self._settings.client_secret):
            return answers.unauthorized_client()
        grant = parse_qs(asked.body.decode(errors="replace")).get("grant_type", [""])[0]
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
            return answers.good(question(asked)).adding(headers)
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
            given = self._given(asked, fault, reply)
            self._record(name, asked, given, silent=isinstance(fault, Hang | Reset))
            return on_the_wire(fault, given, self._stopping)

        return endpoint

    def _given(self, asked: Asked, fault: Fault | None, reply: Callable[[Asked], Answer]) -> Answer:
        given = answers.replacement(fault, asked.context_id, asked.at) or reply(asked)
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
