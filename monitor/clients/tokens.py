"""OAuth client credentials: one token, shared, renewed in time, asked for by one caller at once."""

from __future__ import annotations

import asyncio
import base64
import re
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


_SENDABLE = re.compile(r"[!-~]+")
"""Printable ASCII without blanks: whatever else were in a token would come back in an error's text."""


class _Grant(msgspec.Struct):
    access_token: str
    expires_in: float = 0.0


class _Refusal(msgspec.Struct):
    error: str = ""
    description: str = ""
    error_description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """A use whose new token was refused too, `failures` times in a row; times are the loop's."""

    token: Secret
    error: PlatformError
    failures: int
    not_before: float


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
    _uses: dict[str, _Refused] = field(default_factory=dict, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def get(self, deadline: float, *, use: str = "") -> Secret:
        """Return a token that is good for now; ask for one if need be, in a single flight.

        Args:
            deadline: the loop's time by which a new one must be there.
            use: what it is for, as in `refused`; empty for anything.

        Raises:
            AuthError: the login host refuses our credentials.
            Unavailable, Unintelligible: it gives no usable answer, and no old token is left.
            PlatformError: what was handed to `refused` about this use, a while ago.
        """
        loop = asyncio.get_running_loop()
        refusal = self._uses.get(use)
        if refusal is not None and loop.time() < refusal.not_before:
            raise refusal.error
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
                self._refused, self._not_before = error, loop.time() + self._pause(self._failures)
                return self._old_or(error, loop.time())

    def invalidate(self, token: Secret) -> None:
        """Forget `token` because the platform refused it; a newer one is kept.

        So is one that was refused when it was new, for as long as its use is: another is no better.
        """
        now = asyncio.get_running_loop().time()
        doubted = any(one.token is token and now < one.not_before for one in self._uses.values())
        if self._token is token and not doubted:
            self._token = None

    def refused(self, use: str, token: Secret, error: PlatformError) -> None:
        """Back off from `use`: a new token was refused as well. Others go on with `token`."""
        failures = self._uses[use].failures + 1 if use in self._uses else 1
        not_before = asyncio.get_running_loop().time() + self._pause(failures)
        self._uses[use] = _Refused(token=token, error=error, failures=failures, not_before=not_before)

    def accepted(self, use: str) -> None:
        """End the back-off from `use`: its token was not refused."""
        self._uses.pop(use, None)

    def _pause(self, failures: int) -> float:
        jitter = full_jitter(failures, base=FIRST_PAUSE, cap=LONGEST_PAUSE, random=self.random)
        return min(FIRST_PAUSE + jitter, LONGEST_PAUSE)

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
        except (ValueError, RecursionError) as error:  # ValueError: not UTF-8 is no DecodeError
            # Neither the error's text nor the error: that of bytes that are not UTF-8 holds the whole answer.
            kind = type(error).__name__
            raise Unintelligible(
                f"login host {self.login_url} answered 200 without a token ({kind})"
            ) from None
        if _SENDABLE.fullmatch(grant.access_token) is None:
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
        except (ValueError, RecursionError):
            refusal = _Refusal()
        said = clean(refusal.error_description or refusal.description or refusal.error or "no reason given")
        if status in (400, 401, 403):
            return AuthError(
                f"login host {self.login_url} refuses the credentials of org {self.org} ({status}: {said}); "
                f"check client id and client secret, and that the client's grant type is Client Credentials"
            )
        return Unavailable(f"login host {self.login_url} answers {status}: {said}")
