"""Answers that need not be sent twice: who has one already says its tag, and is told that it still holds."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from monitor.web.answers import Said

FRESH = "no-cache"
"""The cache-control of what may be kept, but is asked for again each time."""
SIZE = 16
"""Bytes of a tag's digest: nobody gains by finding two alike."""


def tagged(request: Request, content: object) -> Response:
    """Return `content` as JSON with its ETag, or 304 to who has it (RFC 9110 §13.1.2)."""
    return conditional(request, Said(content))


def conditional(request: Request, answer: Response) -> Response:
    """Return `answer` with its ETag, or 304 to who has it."""
    etag = tag(bytes(answer.body))
    answer.headers.update({"etag": etag, "cache-control": FRESH})
    if not held(request.headers.getlist("if-none-match"), etag):
        return answer
    return Response(status_code=304, headers={"etag": etag, "cache-control": FRESH})


def tag(body: bytes) -> str:
    """Return the strong tag of exactly these bytes, quotes and all."""
    return f'"{hashlib.blake2b(body, digest_size=SIZE).hexdigest()}"'


def held(fields: list[str], etag: str) -> bool:
    """Say whether If-None-Match names `etag`, weak or strong, or anything there is (`*`)."""
    named = {one.strip().removeprefix("W/") for field in fields for one in field.split(",")}
    return etag in named or "*" in named
