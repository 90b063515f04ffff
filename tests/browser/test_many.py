"""Five hundred queues on one page: it is there soon, scrolls, and takes changes without stopping."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from monitor.simulator.centre import Centre
from tests.browser.floor import Floor, watching
from tests.browser.judging import overflowing
from tests.browser.visiting import PHONE, visiting

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

QUEUES = 500
RULE = {"name": "Waiting", "metric": "queue_waiting", "warning": {"above": 0}}
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
  return frames.sort((one, other) => one - other);
}"""
WATCH = """() => {
  window.pauses = [];
  window.drawn = new Set();
  new PerformanceObserver((list) => pauses.push(...list.getEntries().map((one) => one.duration)))
    .observe({ type: "longtask" });
  new MutationObserver((list) => list.forEach((one) => one.addedNodes.forEach((node) => drawn.add(node.id))))
    .observe(document.querySelector("#wall"), { childList: true, subtree: true });
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    """A daemon that watches five hundred busy queues."""
    folder: Path = tmp_path_factory.mktemp("many")
    async with watching(folder, Centre.sized(queues=QUEUES, hourly=20.0), rules=[RULE]) as one:
        yield one


async def test_it_scrolls_from_end_to_end(browser: Browser, floor: Floor) -> None:
    """All are there on a phone, too, and scrolling over them all is no slide show even on a busy machine."""
    async with visiting(browser, floor.url, viewport=PHONE) as page:
        await expect(page.locator("#wall [data-queue]")).to_have_count(QUEUES)
        frames = await page.evaluate(SCROLL)
        assert frames[len(frames) // 2] < 100
        assert await overflowing(page) == []


async def test_changes_do_not_stop_it(browser: Browser, floor: Floor) -> None:
    """While hundreds of rows are drawn anew nothing takes so long that a person would wait for it."""
    async with visiting(browser, floor.url) as page:
        await page.evaluate(WATCH)
        await page.wait_for_function("() => drawn.size > 200")
        assert max(await page.evaluate("() => pauses"), default=0) < 500
        await page.get_by_role("searchbox").fill("00042")
        await page.get_by_role("searchbox").press("Enter")
        await expect(page.locator("#wall [data-queue]")).to_have_count(1)
