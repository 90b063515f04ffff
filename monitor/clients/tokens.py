"""OAuth client credentials: one token, shared, renewed in time, asked for by one caller at once."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from random import Random
from typing import Literal
from urllib.parse import urlencode

import msgspec

from monitor.kit.http import Http, HttpError
from monitor.kit.secrets import Secret
from monitor.kit.text import clean
from monitor.kit.waits import full_jitter
from monitor.model.errors import AuthError, PlatformError, Unavailable, Unintelligible
from monitor.ports import Telemetry

MARGIN = 60.0
"""Seconds before its end that a token is renewed (GUIDES.md: never closer than that)."""
LONGEST = 48 * 3600.0
"""Seconds: the longest life Genesys lets a token have."""
SHORTEST = 60.0
"""Seconds taken for the life of a token whose `expires_in` is absurd, so that it serves a few calls."""
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 300.0
"""Seconds between attempts while the login host refuses us: doubled up to 5 minutes (DESIGN.md §9)."""

Style = Literal["basic", "form"]
"""Where id and secret go: an Authorization header (platform) or fields of the form (guides)."""


class _Grant(msgspec.Struct):
    access_token: str
    expires_in: float = 0.0


class _Refusal(msgspec.Struct):
    error: str = ""
    description: str = ""
    error_description: str = ""


@dataclass(slots=True)
class Tokens:
    """The token of one org's client. Times are the event loop's, so a changed wall clock does not matter.

    `scope` is sent where it is not empty: names of scopes with spaces between them.
    """

    org: str
    login_url: str
    client_id: Secret
    client_secret: Secret
    http: Http
    telemetry: Telemetry
    random: Random
    style: Style = "basic"
    scope: str = ""
    _token: Secret | None = field(default=None, init=False)
    _ends: float = field(default=0.0, init=False)
    _renew: float = field(default=0.0, init=False)
    _refused: PlatformError | None = field(default=None, init=False)
    _not_before: float = field(default=0.0, init=False)
    _failures: int = field(default=0, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def get(self, deadline: float) -> Secret:
        """Return a token that is good for now; ask for one if need be, in a single flight.

        Raises:
            AuthError: the login host refuses our credentials.
            Unavailable, Unintelligible: it gives no usable answer, and no old token is left.
        """
        loop = asyncio.get_running_loop()
        if self._token is not None and loop.time() < self._renew:
            return self._token
        async with self._turn:
            if self._token is not None and loop.time() < self._renew:
                return self._token
            if self._refused is not None and loop.time() < self._not_before:
                return self._old_or(self._refused, loop.time())
            try:
                return self._keep(await self._ask(deadline), loop.time())
            except PlatformError as error:
                self._failures += 1
                pause = FIRST_PAUSE + full_jitter(
                    self._failures, base=FIRST_PAUSE, cap=LONGEST_PAUSE, random=self.random
                )
                self._refused, self._not_before = error, loop.time() + min(pause, LONGEST_PAUSE)
                return self._old_or(error, loop.time())

    def invalidate(self, token: Secret) -> None:
        """Forget `token` because the platform refused it; a newer one is kept."""
        if self._token is token:
            self._token = None

    def _old_or(self, error: PlatformError, now: float) -> Secret:
        """Return the present token while it still lives, else raise the reason there is no new one."""
        if self._token is not None and now < self._ends:
            return self._token
        raise error

    def _keep(self, grant: _Grant, now: float) -> Secret:
        life = min(max(grant.expires_in, SHORTEST), LONGEST)
        self._token = Secret(grant.access_token)
        self._ends = now + life
        self._renew = now + max(life - MARGIN, life / 2)
        self._refused, self._failures = None, 0
        return self._token

    async def _ask(self, deadline: float) -> _Grant:
        headers, form = self._form()
        try:
            answer = await self.http.send(
                "POST",
                f"{self.login_url}/oauth/token",
                headers=headers,
                content=form,
                deadline=deadline,
                cap=64 * 1024,
            )
        except HttpError as error:
            self.telemetry.request(self.org, "token", error.reason)
            raise Unavailable(f"login host {self.login_url} does not answer: {error}") from error
        self.telemetry.request(self.org, "token", str(answer.status))
        if answer.status != 200:
            raise self._refusal(answer.status, answer.body)
        try:
            grant = msgspec.json.decode(answer.body, type=_Grant)
        except msgspec.DecodeError as error:
            raise Unintelligible(
                f"login host {self.login_url} answered 200 without a token: {error}"
            ) from error
        if not grant.access_token or not grant.access_token.isascii():
            raise Unintelligible(f"login host {self.login_url} answered 200 with an unusable token")
        return grant

    def _form(self) -> tuple[dict[str, str], bytes]:
        """Return headers and body of the request, with the credentials where `style` wants them."""
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        fields = {"grant_type": "client_credentials"}
        if self.scope:
            fields["scope"] = self.scope
        if self.style == "form":
            fields["client_id"] = self.client_id.reveal()
            fields["client_secret"] = self.client_secret.reveal()
        else:
            pair = f"{self.client_id.reveal()}:{self.client_secret.reveal()}".encode()
            headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return headers, urlencode(fields).encode()

    def _refusal(self, status: int, body: bytes) -> PlatformError:
        try:
            refusal = msgspec.json.decode(body, type=_Refusal)
        except msgspec.DecodeError:
            refusal = _Refusal()
        said = clean(refusal.error_description or refusal.description or refusal.error or "no reason given")
        if status in (400, 401, 403):
            return AuthError(
                f"login host {self.login_url} refuses the credentials of org {self.org} ({status}: {said}); "
                f"check client id and client secret, and that the client's grant type is Client Credentials"
            )
        return Unavailable(f"login host {self.login_url} answers {status}: {said}")
