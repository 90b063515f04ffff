"""A visit to a page, during which nothing may go wrong behind the visitor's back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Request

PATIENCE = 10.0
"""Seconds a page may take for anything on a machine that is busy with something else."""
SOON = 20.0
"""Seconds for anything that a daemon and a simulator do together there."""
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
WALL = {"width": 1920, "height": 1080}
"""Screens in CSS pixels: a supervisor's, the narrowest phone that is still common, a television's."""


class Faults(list[str]):
    """What went wrong on a page: words on its console, scripts that failed, requests to others."""

    def watch(self, page: Page, home: str) -> None:
        """Note what goes wrong on `page`, which has no business with anybody but `home`."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.append(f"script: {error}"))
        page.on("request", lambda request: self._request(request, home))

    def but(self, tolerated: Sequence[str]) -> list[str]:
        """Those that none of these patterns is found in."""
        return [fault for fault in self if not any(re.search(pattern, fault) for pattern in tolerated)]

    def _console(self, message: ConsoleMessage) -> None:
        # What a content security policy refuses is told here, too, as an error.
        if message.type in {"error", "warning"}:
            self.append(f"console: {message.text}")

    def _request(self, request: Request, home: str) -> None:
        place = urlsplit(request.url)
        if place.scheme != "data" and f"{place.scheme}://{place.netloc}" != home:
            self.append(f"request: {request.url}")


@asynccontextmanager
async def visiting(
    browser: Browser, url: str, *, tolerated: Sequence[str] = (), clocked: bool = False, **context: Any
) -> AsyncIterator[Page]:
    """A page at `url` in a context of its own; leaving it, nothing may have gone wrong but what is tolerated.

    `tolerated` are patterns. `clocked` puts the page's time into the test's hands (`page.clock`).
    `context` is Playwright's: `viewport`, `color_scheme`, `java_script_enabled`, ….
    """
    place = urlsplit(url)
    own = await browser.new_context(**{"viewport": DESK, **context})
    try:
        own.set_default_timeout(PATIENCE * 1000)
        page = await own.new_page()
        faults = Faults()
        faults.watch(page, f"{place.scheme}://{place.netloc}")
        if clocked:
            await page.clock.install()
        # Not "load" and never "networkidle": a stream that is open is no rest.
        await page.goto(url, wait_until="domcontentloaded")
        yield page
        left = faults.but(tolerated)
        assert not left, "\n".join(left)
    finally:
        await own.close()
