"""The page is for everybody: light or dark, on a wall or a phone, by keyboard, without scripts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from monitor.simulator.faults import Status
from monitor.simulator.scenario import SURGE_QUEUE
from tests.browser.judging import barriers, overflowing
from tests.browser.playing import Play, playing, rush
from tests.browser.visiting import DESK, PHONE, SOON, WALL, visiting
from tests.stories.daemon import receiving

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
"""A colour in motion has no contrast to be measured."""
CINEMA = {"width": 3840, "height": 2160}
SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "light": ("/", {"viewport": DESK, "color_scheme": "light"}),
    "dark": ("/", {"viewport": DESK, "color_scheme": "dark"}),
    "board": ("/?board=1", {"viewport": WALL, "color_scheme": "dark"}),
    "phone": ("/", {"viewport": PHONE, "color_scheme": "light", "has_touch": True, "is_mobile": True}),
    "phone, dark, grouped": ("/?group=division", {"viewport": PHONE, "color_scheme": "dark"}),
    "4K": ("/", {"viewport": CINEMA, "color_scheme": "light"}),
    "board, 4K": ("/?board=1", {"viewport": CINEMA, "color_scheme": "light"}),
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def play(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    """The demo an hour old, in the middle of a surge."""
    folder: Path = tmp_path_factory.mktemp("looks")
    async with receiving() as hook, playing(folder, hook.url) as one:
        rush(one.centre.world)
        await one.firing("QueueWaitingHigh", SURGE_QUEUE)
        yield one


@pytest.mark.parametrize("screen", SCREENS)
async def test_nothing_is_in_anybodys_way(browser: Browser, play: Play, screen: str) -> None:
    """On every screen the page fits, and axe-core finds nothing serious or critical."""
    path, context = SCREENS[screen]
    async with visiting(browser, play.url + path, **STILL, **context) as page:
        await expect(page.locator("#wall [data-state=critical]")).not_to_have_count(0)
        assert await overflowing(page) == []
        assert await barriers(page) == []


@pytest.mark.parametrize("screen", ["light", "phone, dark, grouped"])
async def test_an_alert_has_a_page_of_its_own(browser: Browser, play: Play, screen: str) -> None:
    """An alert tells its cause, its numbers and its timeline, on every screen and to everybody."""
    path, context = SCREENS[screen]
    async with visiting(browser, play.url + path, **STILL, **context) as page:
        link = page.locator("[data-alert][data-state=critical] a").first
        subject = await link.text_content() or "no subject"
        await link.click()
        await expect(page.locator("#story[data-state=critical]")).to_contain_text(subject)
        await expect(page.locator("#because li")).not_to_have_count(0)
        await expect(page.locator("#timeline")).to_contain_text("Fired")
        assert await overflowing(page) == []
        assert await barriers(page) == []


async def test_the_board_fills_the_screen_and_no_more(browser: Browser, play: Play) -> None:
    """A wall screen has nothing to scroll and nothing to press, and shows a clock."""
    path, context = SCREENS["board"]
    async with visiting(browser, play.url + path, **context) as page:
        await expect(page.locator("#clock")).to_be_visible()
        assert await page.locator("main button, main input, main select").count() == 0
        script = "document.scrollingElement.scrollHeight - document.documentElement.clientHeight"
        assert await page.evaluate(script) <= 0


async def test_the_page_works_without_scripts(browser: Browser, play: Play) -> None:
    """Wall, filters and alerts are there without JavaScript, and the page asks again by itself."""
    async with visiting(browser, play.url, java_script_enabled=False) as page:
        queues = page.locator("#wall [data-queue]")
        await expect(queues).to_have_count(10)
        await expect(page.locator("[data-alert][data-state=critical]")).not_to_have_count(0)
        assert '<meta http-equiv="refresh" content="10">' in await page.content()
        await page.get_by_role("searchbox").fill("zürich")
        await page.get_by_role("button", name="Show").click()
        await expect(queues).to_have_count(1)
        await expect(queues).to_contain_text("Kundenservice Zürich")


async def test_a_theme_that_was_chosen_is_kept(browser: Browser, play: Play) -> None:
    """The button changes between light and dark, and the next visit remembers."""
    async with visiting(browser, play.url, color_scheme="light") as page:
        colour = "getComputedStyle(document.body).backgroundColor"
        light = await page.evaluate(colour)
        await page.get_by_role("button", name="Dark").click()
        dark = await page.evaluate(colour)
        assert dark != light
        await page.reload(wait_until="domcontentloaded")
        assert await page.evaluate(colour) == dark


async def test_a_keyboard_is_enough(browser: Browser, play: Play) -> None:
    """The first stop skips to the queues; choosing in a list goes nowhere until it is asked to."""
    async with visiting(browser, play.url) as page:
        await page.keyboard.press("Tab")
        await expect(page.locator(":focus")).to_have_text("Skip to the queues")
        await page.keyboard.press("Enter")
        await expect(page.locator("#queues")).to_be_focused()
        await page.get_by_label("Sort").focus()
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_label("Sort")).to_be_focused()
        await page.get_by_role("button", name="Show").press("Enter")
        await page.wait_for_url("**/?sort=name")


async def test_figures_that_are_old_say_so(browser: Browser, play: Play) -> None:
    """When the platform fails a banner says so; figures stay, marked with their time, until it answers."""
    source, snapshot = ("demo", "queues"), play.daemon.facts.snapshot
    usual = snapshot.standings[source].limit
    async with visiting(browser, play.url, **STILL) as page:
        queue = page.locator("#wall [data-queue]").filter(has_text="Technical Support")
        late = page.locator("#late")
        await expect(late).to_be_hidden()
        snapshot.adopt({source: 3.0})
        play.centre.faults.add("observations", Status(status=503))
        try:
            await expect(late).to_be_visible(timeout=SOON * 1000)
            await expect(late).to_contain_text("demo")
            await expect(queue).to_contain_text("as of", timeout=SOON * 1000)
            await expect(page.locator("#wall [data-state=ok]")).to_have_count(0)
            await expect(queue.locator("[data-figure=agents]")).to_contain_text(re.compile(r"\d"))
            assert await barriers(page) == []
            assert await overflowing(page) == []
        finally:
            play.centre.faults.clear()
            snapshot.adopt({source: usual})
        await expect(late).to_be_hidden(timeout=SOON * 1000)
        await expect(queue).not_to_contain_text("as of")
