"""A private Chromium: Debian's own, without a window, with a profile that nobody else has seen.

It belongs to the loop that opened it. One start takes a second or two, so the tests of a module share one and
take a context each, which knows nothing of the others.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

from tests.servers.programs import require_program


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser for the length of the block; without the program the test is skipped."""
    program = require_program("chromium", package="chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program)
        try:
            yield browser
        finally:
            await browser.close()
