"""Who asks: found out from what the request carries, before anything else looks at it.

Basic  ─▶ bcrypt, in a thread ┐
Bearer ─▶ SHA-256             ├─▶ Principal: a name, and what it may do
nothing, or a certificate     ┘
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Request

from monitor.kit.serving import CERTIFICATE
from monitor.kit.text import clean
from monitor.model.settings import Credential, WebAccess
from monitor.web.access import OPEN, PRINCIPAL, STRANGE, Principal, Scope
from monitor.web.answers import Problem, problem
from monitor.web.passwords import Busy, Passwords
from monitor.web.refusals import REFUSALS, Refusals

log = structlog.get_logger(__name__)

REFUSED = "login.refused"
"""The line about somebody whom nobody knows."""
UNKNOWN = "unknown"
"""Stands for the user in that line where none of ours was named."""

_REALM = 'realm="queuewatch"'
_WRONG = "the user name, the password or the token is wrong"


class Doorkeeper:
    """Lets people in as `access` says, which can be exchanged while it is asked.

    Where nobody has to say who they are, everybody may look, and with `operate` change things.
    """

    def __init__(self, access: WebAccess = WebAccess(), *, operate: bool = False) -> None:  # noqa: B008 - frozen
        self._everybody = frozenset({Scope.METRICS, Scope.READ} | ({Scope.OPERATE} if operate else set()))
        self._access = access
        self._passwords = Passwords(access.users)

    @property
    def access(self) -> WebAccess:
        """What holds now."""
        return self._access

    def adopt(self, access: WebAccess) -> None:
        """Ask by these rules from now on; no password is remembered from before."""
        self._access, self._passwords = access, Passwords(access.users)

    @property
    def asks(self) -> bool:
        """Whether people have to say who they are in every request."""
        return bool(self._access.users or self._access.tokens)

    @property
    def challenges(self) -> list[str]:
        """The ways of saying who one is, as `WWW-Authenticate` names them (RFC 7617, RFC 6750)."""
        ways = [f'Basic {_REALM}, charset="UTF-8"'] if self._access.users else []
        return [*ways, f"Bearer {_REALM}"] if self._access.tokens else ways

    async def admit(self, authorization: str | None, certificate: str = "", *, peer: str = "") -> Principal:
        """Return who asks, by the header and the name in the certificate; `peer` is the address.

        Raises Problem (401, 429).
        """
        while True:
            access = self._access
            found = await self._found(access, authorization, certificate, peer)
            # A password takes a while: what it fitted then may hold no more.
            if access is self._access:
                return found

    async def _found(
        self, access: WebAccess, authorization: str | None, certificate: str, peer: str
    ) -> Principal:
        if not (access.users or access.tokens):
            return Principal(name=certificate, scopes=self._everybody)
        scheme, _, given = (authorization or "").partition(" ")
        match scheme.lower():
            case "basic":
                found = await self._user(access, given.strip(), peer)
            case "bearer":
                found = _holder(access, given.strip())
            case "":
                raise Problem(401, "say who you are")
            case _:
                found = None
        if found is None:
            raise Problem(401, _WRONG)
        return Principal(name=found.name, scopes=frozenset(map(Scope, found.scopes)))

    async def _user(self, access: WebAccess, given: str, peer: str) -> Credential | None:
        named = _named(given)
        if named is None:
            return None
        called, password = named
        try:
            fits = await self._passwords.fit(called, password, peer)
        except Busy:
            raise Problem(429, "too many passwords are being looked at; try again in a second") from None
        return next((user for user in access.users if user.name == called), None) if fits else None


def _named(given: str) -> tuple[str, bytes] | None:
    """Return the name and the password of Basic's word (RFC 7617), None where it holds none."""
    try:
        name, colon, password = base64.b64decode(given, validate=True).partition(b":")
        return (name.decode(), password) if colon else None
    except (binascii.Error, ValueError):
        return None


def _holder(access: WebAccess, token: str) -> Credential | None:
    """Return whose token this is; every one is compared, whichever fits. Nothing is nobody's."""
    digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
    found = None
    for one in access.tokens:
        if hmac.compare_digest(one.hash.reveal().lower(), digest):
            found = one
    return found if token else None


class Authenticating:
    """Says in the scope who asks, or answers that nobody knows him. What is open asks nobody."""

    def __init__(self, app: ASGIApp, door: Doorkeeper) -> None:
        self._app = app
        self._door = door
        self._refusals = Refusals()

    async def __call__(self, scope: Request, receive: Receive, send: Send) -> None:
        """Hand a request on, or refuse it."""
        if scope["type"] == "http":
            scope[REFUSALS] = self._refusals
            try:
                scope[PRINCIPAL] = await self._who(scope)
            except Problem as refusal:
                await self._refuse(refusal, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _who(self, scope: Request) -> Principal:
        if scope["path"] in OPEN and (self._door.asks or scope.get(STRANGE)):
            return Principal()
        given = Headers(scope=scope).getlist("authorization")
        authorization = given[0] if len(given) == 1 else None
        return await self._door.admit(authorization, scope.get(CERTIFICATE, ""), peer=_peer(scope))

    async def _refuse(self, refusal: Problem, scope: Request, receive: Receive, send: Send) -> None:
        answer = problem(refusal.status, refusal.detail)
        if refusal.status == 401:
            for one in self._door.challenges:
                answer.headers.append("www-authenticate", one)
        else:
            answer.headers["retry-after"] = "1"
        if refusal.detail == _WRONG or refusal.status == 429:
            self._tell(refusal.status, scope)
        await answer(scope, receive, send)

    def _tell(self, status: int, scope: Request) -> None:
        """Leave a line in the log, once in a while: whoever guesses, guesses often."""
        peer = _peer(scope)
        if self._refusals.first(REFUSED, str(status), peer):
            log.warning(
                REFUSED, status=status, user=self._user(scope), client=clean(peer), path=clean(scope["path"])
            )

    def _user(self, scope: Request) -> str:
        """Return whose password was tried. A name that nobody has is not told: it may be a password."""
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        named = _named(given.strip()) if scheme.lower() == "basic" else None
        known = {user.name for user in self._door.access.users}
        return clean(named[0]) if named is not None and named[0] in known else UNKNOWN


def _peer(scope: Request) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
