"""Under which names we are asked: another page's name that was made to lead to us is none of them.

A page that a browser shows may ask whatever address its own name leads to, and whoever owns the name can
lead it to 127.0.0.1 (DNS rebinding). The Host header then still says that name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.kit.text import clean
from monitor.web.access import OPEN, STRANGE
from monitor.web.answers import problem
from monitor.web.authenticating import Doorkeeper

METRICS = "/metrics"


def names(listen: str, external_url: str) -> tuple[str, ...]:
    """Return the names beside this machine's own: the address that is listened on, and the host of a URL."""
    return tuple(filter(None, (listen, urlsplit(external_url).hostname)))


def ours(host: str, known: Collection[str]) -> bool:
    """Say whether a Host header names us: this machine, or one of the `known` names and addresses.

    Where every address is listened on (0.0.0.0, ::), every address is known: none can be led elsewhere.
    """
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
    except ValueError:
        return False
    if "@" in host or parts.netloc != host:
        return False
    name = name.removesuffix(".")
    address = _address(name)
    if address is None:
        return bool(name) and name in {"localhost", *(one.lower().removesuffix(".") for one in known)}
    listened = {found for one in known if (found := _address(one)) is not None}
    return address.is_loopback or address in listened or any(one.is_unspecified for one in listened)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Addressed:
    """Lets requests to `app` that name us as their host, and answers most others 421.

    Probes go by whatever name a network has for us: what is `OPEN` answers, and is told that the name is
    STRANGE. So do scrapers: `/metrics` answers, unless anybody may read it and only from this machine, where
    a page that a browser shows could come by another name to read it in our stead.
    """

    app: ASGIApp
    known: Collection[str]
    door: Doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or refuse it before anything looks at it."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            if not ours(host, self.known):
                if not self._anyhow(scope):
                    said = f"{clean(host)!r} is none of queuewatch's names: web.external_url can give it one"
                    await problem(421, said)(scope, receive, send)
                    return
                scope[STRANGE] = True
        await self.app(scope, receive, send)

    def _anyhow(self, scope: Scope) -> bool:
        if scope["path"] == METRICS:
            return self.door.access.guarded or not _here(scope)
        return scope["path"] in OPEN


def _here(scope: Scope) -> bool:
    """Say whether a request came in by the loopback, or may have."""
    server = scope.get("server")
    address = _address(str(server[0])) if server else None
    return address is None or address.is_loopback
