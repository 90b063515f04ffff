"""Five hundred queues on one page: it is there soon, scrolls, and takes changes without stopping."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from monitor.simulator.centre import Centre
from tests.browser.floor import Floor, watching
from tests.browser.visiting import visiting

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

QUEUES = 500
RULE = {"name": "Waiting", "metric": "queue_waiting", "warning": {"above": 0}}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    """A daemon that watches five hundred busy queues."""
    folder: Path = tmp_path_factory.mktemp("many")
    async with watching(folder, Centre.sized(queues=QUEUES, hourly=20.0), rules=[RULE]) as one:
        yield one


SCROLL = """async () => {
  const frames = [];
  const bottom = document.scrollingElement.scrollHeight - innerHeight;
  let last = performance.now();
  for (let step = 1; step <= 60; step++) {
    scrollTo(0, bottom * step / 60);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return frames;
}"""


async def test_it_scrolls_from_end_to_end(browser: Browser, floor: Floor) -> None:
    """All of them are there, and scrolling over them all takes no frame that a person would call a pause."""
    async with visiting(browser, floor.url) as page:
        await expect(page.locator("#wall [data-queue]")).to_have_count(QUEUES)
        frames = sorted(await page.evaluate(SCROLL))
        print(frames[30], frames[-1])
        assert frames[len(frames) // 2] < 50
