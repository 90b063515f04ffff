"""One request to one org's platform: budget, token, deadline, retries, and errors sorted by what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import msgspec
import tenacity

from monitor.clients.budget import Budget
from monitor.clients.endpoint import Endpoint
from monitor.clients.tokens import Tokens
from monitor.kit.http import Answer, Http, HttpError
from monitor.kit.text import clean
from monitor.kit.waits import asked, full_jitter
from monitor.model.errors import (
    AuthError,
    PermissionDenied,
    PlatformError,
    Throttled,
    Unavailable,
    Unintelligible,
)
from monitor.ports import Clock, Telemetry

BASE_WAIT = 0.5
LONGEST_WAIT = 8.0
"""Seconds: full jitter grows from the first to the second; a poll's deadline cuts it off anyway."""
DEFAULT_PAUSE = 5.0
"""Seconds of silence after a 429 that does not say how long."""
PASSING = frozenset({502, 503, 504})
"""Statuses worth a retry within the same poll; a 500 is left to the next one."""


class _Passing(Unavailable):
    """Unavailable, but perhaps not for long: worth a retry before the deadline."""


class _ErrorBody(msgspec.Struct):
    message: str = ""
    code: str = ""
    context_id: str = msgspec.field(default="", name="contextId")


@dataclass(slots=True)
class Transport:
    """Sends authorised requests to one org's API host."""

    org: str
    api_url: str
    http: Http
    tokens: Tokens
    budget: Budget
    clock: Clock
    telemetry: Telemetry
    random: Random

    async def call(
        self, endpoint: Endpoint, *, query: str = "", body: bytes | None = None, deadline: float
    ) -> bytes:
        """Return the body of a 200 answer.

        Retries what passes (429, 502, 503, 504, no connection) while budget, retry allowance and
        `deadline` (the loop's time) let it; renews the token once on 401.

        Raises:
            PlatformError: the class says what to do (model.errors).
        """
        loop = asyncio.get_running_loop()

        def out_of_time(state: tenacity.RetryCallState) -> bool:
            return loop.time() + state.upcoming_sleep >= deadline or not self.budget.spend_retry()

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type((Throttled, _Passing)),
            wait=self._wait,
            stop=out_of_time,
            sleep=asyncio.sleep,
            reraise=True,
        )
        return await retrying(self._authorised, endpoint, query, body, deadline)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        jitter = full_jitter(state.attempt_number, base=BASE_WAIT, cap=LONGEST_WAIT, random=self.random)
        error = state.outcome.exception() if state.outcome is not None else None
        return error.retry_after + jitter * 0.1 if isinstance(error, Throttled) else jitter

    async def _authorised(self, endpoint: Endpoint, query: str, body: bytes | None, deadline: float) -> bytes:
        """Send once; on 401 once more with a new token."""
        token = await self.tokens.get(deadline)
        answer = await self._send(endpoint, query, body, deadline, token.reveal())
        if answer.status == 401:
            self.tokens.invalidate(token)
            token = await self.tokens.get(deadline)
            answer = await self._send(endpoint, query, body, deadline, token.reveal())
        if answer.status == 200:
            return answer.body
        raise self._error(endpoint, answer)

    async def _send(
        self, endpoint: Endpoint, query: str, body: bytes | None, deadline: float, token: str
    ) -> Answer:
        await self.budget.acquire(deadline)
        headers: Mapping[str, str] = {
            "authorization": f"Bearer {token}",
            "accept": "application/json",
            **({"content-type": "application/json"} if body is not None else {}),
        }
        url = f"{self.api_url}{endpoint.path}{query}"
        try:
            answer = await self.http.send(
                endpoint.method, url, headers=headers, content=body, deadline=deadline
            )
        except HttpError as error:
            self.telemetry.request(self.org, endpoint.name, error.reason)
            message = f"{endpoint.method} {endpoint.path} at {self.api_url}: {error}"
            raise (Unintelligible if error.reason == "too_large" else _Passing)(message) from error
        self.telemetry.request(self.org, endpoint.name, str(answer.status))
        return answer

    def _error(self, endpoint: Endpoint, answer: Answer) -> PlatformError:
        said = _said(answer)
        where = f"{endpoint.method} {endpoint.path} answers {answer.status}"
        match answer.status:
            case 401:
                return AuthError(
                    f"{where} even with a new token: {said}; check the client's roles and its allowed IPs"
                )
            case 403:
                return PermissionDenied(
                    f"{where}: {said}; give the OAuth client a role with permission {endpoint.permission}"
                )
            case 429:
                after = asked(answer.headers, answer.body, self.clock.now())
                pause = DEFAULT_PAUSE if after is None else after
                self.budget.pause(pause)
                return Throttled(f"{where}: {said}; asking nothing for {pause:.0f} s", retry_after=pause)
            case status if status in PASSING:
                return _Passing(f"{where}: {said}")
            case status if status >= 500:
                return Unavailable(f"{where}: {said}")
            case _:
                return Unintelligible(f"{where}: {said}")


def _said(answer: Answer) -> str:
    """Return what an error body says, on one line: message, code and the id support will ask for."""
    try:
        body = msgspec.json.decode(answer.body, type=_ErrorBody)
    except (msgspec.DecodeError, RecursionError):
        return "no error body" if not answer.body else "an error body that is not Genesys' JSON"
    context = body.context_id or answer.headers.get("inin-correlation-id", "")
    parts = [clean(body.message) or "no message", f"code {clean(body.code)}" if body.code else ""]
    return ", ".join(filter(None, [*parts, f"contextId {clean(context)}" if context else ""]))
