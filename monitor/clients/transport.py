"""One request to one org's platform: budget, token, deadline, retries, and errors sorted by what to do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from urllib.parse import SplitResult, urljoin, urlsplit

import msgspec
import tenacity

from monitor.clients.budget import Budget
from monitor.clients.endpoint import Endpoint
from monitor.clients.tokens import Tokens
from monitor.kit.http import Answer, Http, HttpError
from monitor.kit.secrets import Secret
from monitor.kit.text import clean
from monitor.kit.waits import asked, full_jitter
from monitor.model.errors import (
    AuthError,
    NotOffered,
    PermissionDenied,
    PlatformError,
    Refused,
    Throttled,
    Unavailable,
    Unintelligible,
)
from monitor.ports import Clock, Telemetry

DONE = frozenset({200, 202})
"""Statuses of an answer: 202 is what submitting and asking for an unfinished job give."""
PASSING = frozenset({502, 503, 504})
"""Statuses worth a retry within the same poll; a 500 is left to the next one."""
STALE = frozenset({401})
"""Statuses that say the token is no longer good."""
STALE_LINK = frozenset({401, 403})
"""The same for an address the platform handed out: there a 403 means an expired token (GUIDES.md §4)."""
FIELDS_SHOWN = 5
"""Malformed fields an error names at most."""
_PLAIN = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without space and backslash: what every reader of an address splits in the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """How a dialect tries again within one poll; the default is the platform's. Times in seconds.

    Waits double from `base` to `longest`. With `jitter` None they are drawn from zero to that (full
    jitter), else lengthened by up to that share. `attempts` None leaves it to deadline and allowance.
    `silence` is kept after a 429 that does not say how long; None leaves it to the doubling waits.
    """

    base: float = 0.5
    longest: float = 8.0
    attempts: int | None = None
    jitter: float | None = None
    silence: float | None = 5.0

    def wait(self, attempt: int, after: float | None, random: Random) -> float:
        """Return the wait after attempt 1, 2, …; `after` is what the platform asked for."""
        if self.jitter is None:
            drawn = full_jitter(attempt, base=self.base, cap=self.longest, random=random)
            return drawn if after is None else after + drawn * 0.1
        full = min(self.longest, self.base * 2.0 ** min(attempt - 1, 32)) if after is None else after
        return full * random.uniform(1.0, 1.0 + self.jitter)


class _Passing(Unavailable):
    """Unavailable, but perhaps not for long: worth a retry before the deadline."""


class _Slow(Throttled):
    """Throttled without a word on how long: our own doubling waits decide."""


class _ErrorBody(msgspec.Struct):
    message: str = ""
    code: str = ""
    context_id: str = msgspec.field(default="", name="contextId")
    errors: object = None
    details: object = None


class _Fault(msgspec.Struct):
    """A malformed field: `field` and `message` in the guides, `fieldName` and `errorCode` on the platform."""

    field: str = ""
    message: str = ""
    field_name: str = msgspec.field(default="", name="fieldName")
    error_code: str = msgspec.field(default="", name="errorCode")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is sent. `ours`: its host may see our token; `where` names it in errors, without any query."""

    endpoint: Endpoint
    url: str
    where: str
    body: bytes | None = None
    ours: bool = True
    stale: frozenset[int] = STALE


@dataclass(slots=True)
class Transport:
    """Sends authorised requests to one org's API host.

    `trusted_hosts` may see our token beside the API host itself: `name`, or `name:port` for a port that is
    not the scheme's own.
    """

    org: str
    api_url: str
    http: Http
    tokens: Tokens
    budget: Budget
    clock: Clock
    telemetry: Telemetry
    random: Random
    retrying: Retrying = Retrying()
    trusted_hosts: frozenset[str] = frozenset()

    async def call(
        self, endpoint: Endpoint, *, query: str = "", body: bytes | None = None, deadline: float
    ) -> bytes:
        """Return the body of a good answer.

        Retries what passes (429, 502, 503, 504, no connection) while budget, retry allowance and
        `deadline` (the loop's time) let it; renews the token once on 401.

        Raises:
            PlatformError: the class says what to do (model.errors).
        """
        url = f"{self.api_url}{endpoint.path}{query}"
        where = f"{endpoint.method} {endpoint.path}"
        return await self._retried(_Request(endpoint=endpoint, url=url, where=where, body=body), deadline)

    async def follow(self, endpoint: Endpoint, link: str, *, deadline: float) -> bytes:
        """Return what the next link of a list answers; it may only lead to the API's own host.

        Raises:
            Unintelligible: the link leads elsewhere.
            PlatformError: as `call`.
        """
        url, parts = self._resolved(endpoint, link)
        if _origin(parts) != _origin(urlsplit(self.api_url)):
            raise Unintelligible(f"the next link of {endpoint.name} leads to another host: not followed")
        request = _Request(
            endpoint=replace(endpoint, method="GET"), url=url, where=f"GET {clean(parts.path)}"
        )
        return await self._retried(request, deadline)

    async def download(self, endpoint: Endpoint, link: str, *, deadline: float) -> bytes:
        """Return what an address the platform handed out for download answers.

        Our token goes along only to the API's own host and to `trusted_hosts`; there a 403 renews it once.

        Raises:
            NotOffered: there is nothing at this address, or not yet.
            PlatformError: as `call`.
        """
        url, parts = self._resolved(endpoint, link)
        request = _Request(
            endpoint=endpoint,
            url=url,
            where=f"GET of {endpoint.name} at {clean(parts.hostname or '')}",
            ours=self._trusted(parts),
            stale=STALE_LINK,
        )
        return await self._retried(request, deadline)

    def _resolved(self, endpoint: Endpoint, link: str) -> tuple[str, SplitResult]:
        """Return an absolute address. Raises Unintelligible for one that is none or less safe than ours."""
        try:
            url = urljoin(f"{self.api_url}/", link)
            parts = urlsplit(url)
            sound = (
                _PLAIN.fullmatch(link) is not None
                and parts.scheme in ("https", urlsplit(self.api_url).scheme)
                and bool(parts.hostname)
                and parts.username is None
                and parts.port != 0
            )
        except ValueError as error:
            raise Unintelligible(f"{endpoint.name} names an address that is none") from error
        if not sound:
            raise Unintelligible(f"{endpoint.name} names an address that cannot be used")
        return url, parts

    def _trusted(self, parts: SplitResult) -> bool:
        own = _origin(urlsplit(self.api_url))
        scheme, host, port = _origin(parts)
        return (scheme, host, port) == own or any(
            (host, port) == _host_port(entry, scheme) for entry in self.trusted_hosts
        )

    async def _retried(self, request: _Request, deadline: float) -> bytes:
        loop = asyncio.get_running_loop()

        def enough(state: tenacity.RetryCallState) -> bool:
            used_up = self.retrying.attempts is not None and state.attempt_number >= self.retrying.attempts
            out_of_time = loop.time() + state.upcoming_sleep >= deadline
            return used_up or out_of_time or not self.budget.spend_retry()

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type((Throttled, _Passing)),
            wait=self._wait,
            stop=enough,
            sleep=asyncio.sleep,
            reraise=True,
        )
        return await retrying(self._authorised, request, deadline)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        after: float | None = None
        if isinstance(error, Throttled) and not isinstance(error, _Slow):
            after = error.retry_after
        return self.retrying.wait(state.attempt_number, after, self.random)

    async def _authorised(self, request: _Request, deadline: float) -> bytes:
        """Send once; where the token turns out stale, once more with a new one."""
        name = request.endpoint.name
        token = await self.tokens.get(deadline, use=name) if request.ours else None
        answer = await self._send(request, token, deadline)
        if token is not None and answer.status in request.stale:
            self.tokens.invalidate(token)
            newer = await self.tokens.get(deadline)
            if newer is not token:
                answer = await self._send(request, newer, deadline)
            if answer.status in request.stale:
                error = self._error(request, answer)
                self.tokens.refused(name, newer, error)
                raise error
        if token is not None:
            self.tokens.accepted(name)
        if answer.status in DONE:
            return answer.body
        raise self._error(request, answer)

    async def _send(self, request: _Request, token: Secret | None, deadline: float) -> Answer:
        await self.budget.acquire(deadline)
        headers: Mapping[str, str] = {
            "accept": "application/json",
            **({"authorization": f"Bearer {token.reveal()}"} if token is not None else {}),
            **({"content-type": "application/json"} if request.body is not None else {}),
        }
        try:
            answer = await self.http.send(
                request.endpoint.method, request.url, headers=headers, content=request.body, deadline=deadline
            )
        except HttpError as error:
            self.telemetry.request(self.org, request.endpoint.name, error.reason)
            message = (
                f"{request.where} at {self.api_url}: {error}" if request.ours else f"{request.where}: {error}"
            )
            raise (Unintelligible if error.reason == "too_large" else _Passing)(message) from error
        self.telemetry.request(self.org, request.endpoint.name, str(answer.status))
        return answer

    def _error(self, request: _Request, answer: Answer) -> PlatformError:
        said = _said(answer)
        where = f"{request.where} answers {answer.status}"
        match answer.status:
            case 401 | 403 if not request.ours:
                return Refused(
                    f"{where}: {said}; our token was not sent, as the host is none of trusted_hosts"
                )
            case 401:
                return AuthError(
                    f"{where} even with a new token: {said}; check the client's roles and its allowed IPs"
                )
            case 403:
                permission = request.endpoint.permission
                return PermissionDenied(
                    f"{where}: {said}; give the OAuth client a role with permission {permission}"
                )
            case 429:
                return self._throttled(request, answer, f"{where}: {said}")
            case status:
                return _kind(status)(f"{where}: {said}")

    def _throttled(self, request: _Request, answer: Answer, said: str) -> Throttled:
        """Return the error, and keep silent for as long as it says, if it is our own budget it is about."""
        after = asked(answer.headers, answer.body, self.clock.now())
        own = self.retrying.silence if self.retrying.silence is not None else self.retrying.base
        pause = own if after is None else after
        if request.ours:
            self.budget.pause(pause)
        kind = _Slow if after is None and self.retrying.silence is None else Throttled
        return kind(f"{said}; asking nothing for {pause:.0f} s", retry_after=pause)


def _kind(status: int) -> type[PlatformError]:
    """Return the class of an error whose message needs nothing but what was said."""
    if status in PASSING:
        return _Passing
    if status >= 500:
        return Unavailable
    if status == 404:
        return NotOffered
    return Refused if status >= 400 else Unintelligible


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    """Return scheme, host and port of an address, the port as the scheme implies it."""
    port = parts.port if parts.port is not None else _port(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def _host_port(entry: str, scheme: str) -> tuple[str, int]:
    """Return host and port of an allow-list entry, `name` or `name:port`."""
    parts = urlsplit(f"//{entry}")
    return parts.hostname or "", parts.port if parts.port is not None else _port(scheme)


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _said(answer: Answer) -> str:
    """Return what an error body says, on one line: message, fields, code and the id support will ask for."""
    try:
        body = msgspec.json.decode(answer.body, type=_ErrorBody)
    except (ValueError, RecursionError):  # ValueError: bytes that are not UTF-8 are no DecodeError
        return "no error body" if not answer.body else "an error body that is not Genesys' JSON"
    faults = [_fault(raw) for listed in (body.errors, body.details) for raw in _listed(listed)]
    context = body.context_id or answer.headers.get("inin-correlation-id", "")
    parts = [
        clean(body.message) or ("" if any(faults) else "no message"),
        *filter(None, faults),
        f"code {clean(body.code)}" if body.code else "",
        f"contextId {clean(context)}" if context else "",
    ]
    return ", ".join(filter(None, parts))


def _listed(raw: object) -> list[object]:
    return raw[:FIELDS_SHOWN] if isinstance(raw, list) else []


def _fault(raw: object) -> str:
    """Return which field is malformed and why; nothing where an entry names none."""
    try:
        fault = msgspec.convert(raw, _Fault)
    except (ValueError, RecursionError):  # ValueError: half a surrogate pair is no ValidationError
        return ""
    name = clean(fault.field or fault.field_name)
    why = clean(fault.message or fault.error_code)
    return (f"field {name}: {why}" if why else f"field {name}") if name else why
