"""Requests of strangers, read strictly: what is not understood is refused by its name, never guessed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request

from monitor.kit.text import NAME_LIMIT, clean
from monitor.web.answers import Problem

LIMIT = 1000
"""Letters or entries given at once, and rows named at once: each has a body of up to 16 KiB."""
BODY_LIMIT = 64 * 1024
"""Bytes of a request's body: `LIMIT` row numbers take 20 kB."""
PATIENCE = 10.0
"""Seconds the whole body may take to come."""
AFTER = "after"
LONGER = {AFTER: 4000, "entity": 1000, "alert": 1000}
"""Characters of what holds several names of `NAME_LIMIT`: a cursor of `paging`, in base64; a key."""

_NUMBER = re.compile(r"[0-9]{1,18}")
"""What SQLite can hold as a row number, and Python reads without a second thought."""


def parameters(request: Request, *known: str) -> Mapping[str, str]:
    """Return the query's parameters. Raises Problem where one is not `known`, empty or too long."""
    given = dict(request.query_params)
    for name, text in given.items():
        if name not in known:
            raise Problem(400, f"there is no parameter {clean(name)!r}: there is {', '.join(known)}")
        if not text:
            raise Problem(400, f"{name}: is empty; leave it out to ask for all")
        longest = LONGER.get(name, NAME_LIMIT)
        if len(text) > longest:
            raise Problem(400, f"{name}: is longer than {longest} characters")
    return given


def word(name: str, text: str | None, allowed: Sequence[str]) -> str | None:
    """Return one of the words that are `allowed`, None for nothing said. Raises Problem."""
    if text is not None and text not in allowed:
        raise Problem(400, f"{name}: should be one of {', '.join(allowed)}, not {clean(text)!r}")
    return text


def whole(name: str, text: str, *, least: int = 0, most: int | None = None) -> int:
    """Return a whole number. Raises Problem."""
    number = int(text) if _NUMBER.fullmatch(text) else -1
    if number < least or (most is not None and number > most):
        upper = "" if most is None else f" to {most}"
        raise Problem(400, f"{name}: should be a whole number from {least}{upper}, not {clean(text)!r}")
    return number


def flag(name: str, text: str | None) -> bool | None:
    """Return yes, no, or None for nothing said. Raises Problem."""
    if text is None:
        return None
    if text not in ("true", "false"):
        raise Problem(400, f"{name}: should be true or false, not {clean(text)!r}")
    return text == "true"


def moment(name: str, text: str | None) -> datetime | None:
    """Return a date in UTC, None for nothing said. Raises Problem, also where the offset is missing."""
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(text)
        if given.tzinfo is not None:
            return given.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    example = "2026-11-21T09:00:00Z or, percent-encoded, 2026-11-21T10:00:00%2B01:00"
    raise Problem(
        400, f"{name}: should be a date-time with its offset, such as {example}; not {clean(text)!r}"
    )


def mutation(request: Request) -> None:
    """Refuse other people's pages: what a browser sends of itself must not change anything here.

    Raises Problem. Somebody who is no browser says nothing of where the request comes from.
    """
    origin = request.headers.get("origin")
    if origin is not None and not _ours(origin, request.headers.get("host", "")):
        raise Problem(403, f"a page of {clean(origin)!r} may not change anything here")
    # Of the same site is not of the same origin: another port of this machine is somebody else, too.
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Problem(403, "a page of somebody else may not change anything here")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # A page of somebody else cannot send this type, or DELETE, without asking first, which is never granted.
    if request.method != "DELETE" and kind != "application/json":
        raise Problem(415, "send the content type application/json")


def text(name: str, value: object, *, most: int) -> str:
    """Return a text of a body without what is hidden in it, empty for None. Raises Problem."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Problem(400, f"{name}: should be a text")
    if len(value) > most:
        raise Problem(400, f"{name}: is longer than {most} characters")
    return clean(value, most)


async def document(request: Request, *known: str) -> Mapping[str, object]:
    """Return the JSON object that the body is. Raises Problem where it is none or has other members."""
    body = await _body(request)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Problem(400, f"the body should be a JSON object with {' or '.join(known)}")
    for name in found:
        if name not in known:
            raise Problem(400, f"the body has {clean(name)!r}: there is {', '.join(known)}")
    return found


async def _body(request: Request) -> bytes:
    """Return the body. Raises Problem where it is too long or too slow, before all of it is taken in."""
    parts = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.stream():
                parts += part
                if len(parts) > BODY_LIMIT:
                    raise Problem(413, f"the body is longer than {BODY_LIMIT} bytes")
    except TimeoutError:
        raise Problem(408, f"the body did not come within {PATIENCE:g} seconds") from None
    except ClientDisconnect:
        raise Problem(400, "the body ended early") from None
    return bytes(parts)


def _ours(origin: str, host: str) -> bool:
    """Say whether a page of `origin` came from where this request went."""
    try:
        there = urlsplit(origin)
    except ValueError:
        return False
    return there.scheme in ("http", "https") and bool(host) and there.netloc.lower() == host.lower()
