"""Reading a list that comes in pages: all of it, or an error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from monitor.model.errors import Unintelligible

Page = TypeVar("Page")


async def pages(
    fetch: Callable[[str | None], Awaitable[tuple[Page, str | None]]], *, cap: int, what: str
) -> list[Page]:
    """Return every page, in order; `fetch` takes a token (None for the first page) and returns the next one.

    Args:
        fetch: reads one page; a next token of None or "" ends the list.
        cap: most pages of a sane list.
        what: names the list in errors.

    Raises:
        Unintelligible: a token came a second time, or the list has more than `cap` pages.
        PlatformError: any page failed.
    """
    result: list[Page] = []
    seen: set[str] = set()
    token: str | None = None
    for _ in range(cap):
        page, token = await fetch(token)
        result.append(page)
        if not token:
            return result
        if token in seen:
            raise Unintelligible(f"{what} goes in a circle: page {len(result)} names a page that was read")
        seen.add(token)
    raise Unintelligible(f"{what} has more than {cap} pages")
