"""Who may do what: every address names the scope it needs, and nothing is served without one.

In: requests that carry a `Principal`, put there before anything else looks at them. Out: the endpoint's
answer, 401 or 403. What may not happen: an address whose scope was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.web.answers import Endpoint, Problem, answering

PRINCIPAL = "queuewatch.principal"
"""The key of the ASGI scope under which the principal stands."""


STRANGE = "queuewatch.strange"
"""The key of the ASGI scope under which it stands that we were asked under a name that is none of ours."""


class Scope(StrEnum):
    """What somebody may do. None includes another."""

    METRICS = "metrics"
    READ = "read"
    OPERATE = "operate"


OPEN = frozenset({"/healthz", "/readyz"})
"""The paths that strangers may ask, because whatever restarts us has no password."""

_HINT = ", which web.operate: true gives to everybody on this machine, and web.config_file to whom it names"

EVERYBODY: None = None
"""The scope of what even strangers may ask: whether we live and are ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks. `name` is empty where nobody has to say who they are."""

    name: str = ""
    scopes: frozenset[Scope] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address: what answers there, and the scope that is needed; None for everybody."""

    path: str
    endpoint: Endpoint
    scope: Scope | None
    methods: Sequence[str] = ("GET",)

    async def checked(self, request: Request) -> Response:
        """Answer, if who asks has the scope. Raises Problem."""
        if self.scope is not None:
            demand(request, self.scope)
        return await self.endpoint(request)


def routes(addresses: Iterable[Address]) -> list[Route]:
    """Return one route per path, in order, that asks for the scope first; problems are made answers.

    Whoever asks by a method that nobody answers there is told of all the others.
    """
    found: dict[str, dict[str, Address]] = {}
    for one in addresses:
        found.setdefault(one.path, {}).update(dict.fromkeys(one.methods, one))
    return [_route(path, methods) for path, methods in found.items()]


def _route(path: str, methods: Mapping[str, Address]) -> Route:
    async def answer(request: Request) -> Response:
        one = methods["GET" if request.method == "HEAD" else request.method]
        return await one.checked(request)

    return Route(path, answering(answer), methods=list(methods))


def principal(request: Request) -> Principal:
    """Return who asks; nobody, who may nothing, where it was not found out."""
    found = request.scope.get(PRINCIPAL)
    return found if isinstance(found, Principal) else Principal()


def demand(request: Request, scope: Scope) -> None:
    """Refuse who has not got `scope`. Raises Problem."""
    found = principal(request)
    if scope in found.scopes:
        return
    hint = "" if found.name or scope is not Scope.OPERATE else _HINT
    raise Problem(403, f"this needs the scope {scope.value}{hint}")
