"""What every answer says to browsers: nothing of others in our page, our page in nothing of others.

The web configuration file may say otherwise, header by header.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.web.authenticating import Doorkeeper

POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
"""The Content-Security-Policy: no script, style or frame of anybody else, and none within a page."""

STRICT = "strict-transport-security"

ALWAYS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "deny",
    "referrer-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Headed:
    """Puts the headers on every answer of `app`: ours, and over them those that are configured."""

    app: ASGIApp
    door: Doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                for name, value in self._wanted(secure=scope["scheme"] == "https").items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, sent)

    def _wanted(self, *, secure: bool) -> dict[str, str]:
        """Return the headers; nobody is bound to TLS for months by an answer that came without it."""
        configured = {name.lower(): value for name, value in self.door.access.headers.items() if value}
        return {name: value for name, value in {**ALWAYS, **configured}.items() if secure or name != STRICT}
