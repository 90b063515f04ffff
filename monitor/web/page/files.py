"""The page's static files: a fixed list, read once, named in addresses with what they hold.

Out: bytes that a browser may keep for ever, since another content has another address.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from monitor import __version__
from monitor.web.answers import Problem

TYPES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "inter-4.woff2": "font/woff2",
    "inter-4-ext.woff2": "font/woff2",
    "inter-licence.txt": "text/plain; charset=utf-8",
}
"""Every file there is, and what it is."""

FOR_EVER = "public, max-age=31536000, immutable"
"""A year: the longest that means anything (RFC 9111)."""


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    tag: str


class Files:
    """Serves the static files."""

    def __init__(self) -> None:
        folder = resources.files("monitor.web.page") / "static"
        self._files = {name: _file((folder / name).read_bytes()) for name in TYPES}
        tags = (one.tag for one in self._files.values())
        self.build = _file("".join((__version__, *tags)).encode()).tag
        """A word that changes whenever any of them does: a page that knows another one is out of date."""

    def address(self, name: str) -> str:
        """Return where a file is, from the root of our addresses."""
        return f"static/{name}?v={self._files[name].tag}"

    async def serve(self, request: Request) -> Response:
        """Answer with a file. Raises Problem."""
        name = request.path_params["name"]
        file = self._files.get(name)
        if file is None:
            raise Problem(404, "there is no such file")
        # A font is named in the style sheet without what it holds: its name has its version.
        lasting = request.query_params.get("v") == file.tag or name.endswith(".woff2")
        kept = FOR_EVER if lasting else "no-cache"
        headers = {"etag": f'"{file.tag}"', "cache-control": kept, "x-content-type-options": "nosniff"}
        if f'"{file.tag}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(file.body, headers={**headers, "content-type": TYPES[name]})


def _file(body: bytes) -> _File:
    return _File(body, hashlib.sha256(body).hexdigest()[:16])
