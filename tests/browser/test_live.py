"""The page follows what happens: without being loaded again, and it never shows what is old as new."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.floor import Floor, on_wall, watching
from tests.browser.visiting import SOON, visiting
from tests.stories.daemon import RULE

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CUT = [r"net::ERR_", "EventSource"]
"""What a browser says on the console when a daemon does not answer."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    """A daemon that watches the standard centre."""
    folder: Path = tmp_path_factory.mktemp("live")
    async with watching(folder) as one:
        yield one


async def marked(page: Page) -> None:
    """Mark the document as it is, so that `unmoved` can tell whether it was loaded again."""
    await page.evaluate("window.mark = 1")


async def unmoved(page: Page) -> bool:
    """Whether it is still the same document."""
    answer: bool = await page.evaluate("window.mark === 1")
    return answer


_LOOK_OUT = """(selector) => {
  const look = () => { if (document.querySelector(selector)) window.seen ??= Date.now(); };
  new MutationObserver(look).observe(document.body, { attributes: true, childList: true, subtree: true });
}"""


async def test_a_surge_appears_by_itself(browser: Browser, floor: Floor) -> None:
    """Within two seconds of its event an alert is on the wall and in the list; it goes when it is over."""
    await floor.calm()
    async with visiting(browser, floor.url) as page:
        await marked(page)
        queue = on_wall(page, floor.queue)
        await expect(queue).not_to_have_attribute("data-state", "critical")
        await page.evaluate(_LOOK_OUT, f'#wall [data-queue="{floor.queue}"][data-state="critical"]')
        await floor.rush()
        seen = await (await page.wait_for_function("() => window.seen")).json_value()
        (fired,) = await floor.firing()
        assert seen / 1000 - datetime.fromisoformat(fired["fired_at"]).timestamp() < 2.0
        alert = page.locator("[data-alert][data-state=critical]").first
        await expect(alert).to_contain_text("QueueWaitingHigh")
        await expect(page.locator("#wall [data-queue]").first).to_have_attribute("data-queue", floor.queue)
        await floor.calm()
        await expect(queue).not_to_have_attribute("data-state", "critical", timeout=SOON * 1000)
        await expect(alert).to_have_count(0)
        assert await unmoved(page)


async def test_an_alert_is_taken_by_somebody(browser: Browser, floor: Floor) -> None:
    """Acknowledging needs a name, is shown on the wall and in the list at once, and known to the daemon."""
    await floor.rush()
    async with visiting(browser, floor.url) as page:
        await marked(page)
        alert = page.locator("[data-alert][data-state=critical]")
        await alert.get_by_role("button", name="Acknowledge").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_label("Your name")).to_be_focused()
        await page.keyboard.type("Kim")
        await dialog.get_by_label("Note").fill("calling the crew")
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_hidden()
        await expect(alert).to_contain_text("Kim has it")
        await expect(on_wall(page, floor.queue)).to_contain_text("Kim has it")
        assert await unmoved(page)
    (fired,) = await floor.firing()
    assert (fired["acknowledged"]["owner"], fired["acknowledged"]["note"]) == ("Kim", "calling the crew")


async def test_an_alert_is_silenced(browser: Browser, floor: Floor) -> None:
    """A silence needs a reason, names just that rule and queue, is shown, and is ended where it is shown."""
    await floor.rush()
    async with visiting(browser, floor.url, tolerated=["400"]) as page:
        alert = page.locator("[data-alert][data-state=critical]")
        await alert.get_by_role("button", name="Silence").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Your name").fill("Kim")
        await dialog.get_by_label("Why").fill(" ")
        await dialog.get_by_role("button", name="Silence").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("comment")
        await dialog.get_by_label("Why").fill("moving house")
        await dialog.get_by_role("button", name="Silence").click()
        await expect(dialog).to_be_hidden()
        await expect(alert).to_contain_text("silenced")
        silences = page.locator("#silences")
        await expect(silences).to_contain_text("moving house")
        (silence,) = (await floor.daemon.get("/api/v1/silences")).json()["silences"]
        await silences.get_by_role("button", name="End the silence of").click()
        await expect(silences).to_be_hidden()
        await expect(alert).not_to_contain_text("silenced")
    assert silence["owner"] == "Kim"
    assert {one["label"]: one["globs"] for one in silence["matchers"]}.items() >= {
        "rule": [RULE],
        "queue": ["Support Voice"],
    }.items()


async def test_a_form_that_was_sent_closes_empty(browser: Browser, floor: Floor) -> None:
    """On an alert's own page nobody is led to send the same again."""
    await floor.rush()
    (alert,) = await floor.firing()
    async with visiting(browser, f"{floor.url}/alerts/{alert['id']}") as page:
        form = page.locator("form[data-act=silence]")
        await page.locator("summary", has_text="Silence").click()
        await form.get_by_label("Your name").fill("Kim")
        await form.get_by_label("Why").fill("moving house")
        await form.get_by_role("button", name="Silence").click()
        await expect(form).to_be_hidden()
        await expect(page.locator("#story")).to_contain_text("silenced")
        assert await form.locator("[name=comment]").input_value() == ""
    (silence,) = (await floor.daemon.get("/api/v1/silences")).json()["silences"]
    await floor.daemon.delete(f"/api/v1/silences/{silence['id']}")


async def test_what_somebody_writes_stays_while_things_change(browser: Browser, floor: Floor) -> None:
    """A row of the wall changes under a form that is being filled in: text and focus stay."""
    await floor.rush()
    async with visiting(browser, floor.url) as page:
        await page.get_by_role("button", name="Silence").first.click()
        why = page.get_by_role("dialog").get_by_label("Why")
        await why.fill("half a sen")
        before = await on_wall(page, floor.queue).inner_html()
        await floor.calm()
        await expect(on_wall(page, floor.queue)).not_to_have_attribute("data-state", "critical")
        assert await on_wall(page, floor.queue).inner_html() != before
        await expect(why).to_be_focused()
        await page.keyboard.type("tence")
        await expect(why).to_have_value("half a sentence")


async def test_a_focus_on_a_row_stays_when_it_moves(browser: Browser, floor: Floor) -> None:
    """Who has tabbed to an alert's link keeps it, although the list was drawn anew."""
    await floor.rush()
    async with visiting(browser, floor.url) as page:
        link = page.locator("[data-alert] a").first
        await link.focus()
        waiting = page.locator("[data-alert] .judged").first
        said = await waiting.text_content()
        floor.centre.world.burst(floor.queue, "voice", count=5, over=0.1, handle=1.0, patience=None)
        await expect(waiting).not_to_have_text(said or "")
        await expect(link).to_be_focused()


async def test_a_daemon_that_is_killed_is_noticed(browser: Browser, floor: Floor) -> None:
    """After some seconds the page says it is cut off; it is right again, unloaded, when the daemon is."""
    async with visiting(browser, floor.url, tolerated=CUT, clocked=True) as page:
        await marked(page)
        await expect(page.locator("html.live")).to_have_count(1)
        try:
            async with page.expect_console_message(lambda message: "net::ERR_" in message.text):
                await floor.daemon.kill()
            await page.clock.fast_forward(5_000)
            await expect(page.locator("#cut")).to_be_visible()
            stopped = await page.locator("#clock").text_content()
            await page.clock.fast_forward(7_000)
            await expect(page.locator("#clock")).to_have_text(stopped or "")
        finally:
            await floor.daemon.start()
        await floor.daemon.wait_ready()
        await expect(page.locator("#cut")).to_be_hidden(timeout=SOON * 1000)
        assert await unmoved(page)


async def test_a_daemon_that_says_nothing_is_noticed(browser: Browser, floor: Floor) -> None:
    """A stream that is open but silent for twelve seconds is cut, as far as the page is concerned."""
    async with visiting(browser, floor.url, clocked=True) as page:
        await expect(page.locator("#cut")).to_be_hidden()
        floor.daemon.freeze()
        try:
            await page.clock.fast_forward(13_000)
            await expect(page.locator("#cut")).to_be_visible()
        finally:
            floor.daemon.thaw()
        await expect(page.locator("#cut")).to_be_hidden()
