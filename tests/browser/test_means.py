"""The browser and the judges that other tests lean on see what is wrong with a page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from monitor.kit.serving import bind, serving
from tests.browser.judging import barriers, overflowing
from tests.browser.shrinking import shrunk
from tests.browser.visiting import PHONE, Faults, visiting
from tests.servers.programs import HOST

pytestmark = [pytest.mark.servers, pytest.mark.asyncio(loop_scope="module")]

ICON = '<link rel="icon" href="data:,">'
GOOD = f'<!doctype html><html lang="en"><head><title>Good</title>{ICON}</head><body><main><h1>Hi</h1></main>'


@asynccontextmanager
async def showing(html: str) -> AsyncIterator[str]:
    """The address of a page under the policy of ours."""

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(
            html, headers={"content-security-policy": "default-src 'self'; img-src 'self' data:"}
        )

    bound = bind(HOST, 0)
    async with serving(Starlette(routes=[Route("/", page)]), bound, grace=1):
        yield f"http://{HOST}:{bound.getsockname()[1]}"


async def test_good_page_passes(browser: Browser) -> None:
    """A plain page has no faults, no barriers, and fits a phone."""
    async with showing(GOOD) as url, visiting(browser, url, viewport=PHONE) as page:
        assert await page.title() == "Good"
        assert await barriers(page) == []
        assert await overflowing(page) == []


@pytest.mark.parametrize(
    ("html", "named"),
    [
        ("<script>1</script>", "script-src|default-src"),
        ('<p style="color: red">Red</p>', "style-src|default-src"),
        ('<img alt="" src="http://127.0.0.2:9/there.png">', "request: http://127.0.0.2:9/there.png"),
        ('<img alt="" src="/not-there.png">', "console: .*404"),
    ],
)
async def test_faults_are_noticed(browser: Browser, html: str, named: str) -> None:
    """Inline script or style, a request to others and a missing file fail a visit unless tolerated."""
    async with showing(GOOD + html) as url:
        with pytest.raises(AssertionError, match=named):
            async with visiting(browser, url) as page:
                await page.wait_for_load_state()
        async with visiting(browser, url, tolerated=[".*"]) as page:
            await page.wait_for_load_state()


async def test_failing_script_is_noticed(browser: Browser) -> None:
    """An exception that no script catches is a fault."""
    faults = Faults()
    async with showing(GOOD) as url, visiting(browser, url, tolerated=["odd"]) as page:
        faults.watch(page, url)
        async with page.expect_event("pageerror"):
            await page.evaluate("() => { setTimeout(() => { throw new Error('odd'); }); }")
    assert faults == ["script: odd"]


async def test_barriers_are_found(browser: Browser) -> None:
    """An image without words and a field without a name are told with their place."""
    async with showing(f'{GOOD}<img src="data:,"><input>') as url, visiting(browser, url) as page:
        found = await barriers(page)
    assert [line.split()[0] for line in found] == ["image-alt", "label"]
    assert "<input>" in found[1]


@pytest.mark.parametrize(
    ("style", "found"),
    [
        ("", ["fieldset#.", "svg#.", "page: "]),
        ("overflow: hidden; min-width: 0", ["svg#."]),
        ("overflow: auto; min-width: 0", []),
    ],
)
async def test_overflow_is_found(browser: Browser, style: str, found: list[str]) -> None:
    """What is wider than the screen is told, clipped or not; what scrolls inside of itself is not."""
    wide = '<fieldset><svg width="900" height="9"></svg></fieldset>'
    async with showing(GOOD + wide) as url, visiting(browser, url, viewport=PHONE) as page:
        await page.locator("fieldset").evaluate("(one, style) => { one.style.cssText = style; }", style)
        told = await overflowing(page)
        assert [line[: len(begin)] for line, begin in zip(told, found, strict=True)] == found


_COMPARE = """async (urls) => {
  const pixels = async (url) => {
    const picture = await createImageBitmap(await (await fetch(url)).blob());
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    context.drawImage(picture, 0, 0);
    return context.getImageData(0, 0, picture.width, picture.height).data;
  };
  const [before, after] = await Promise.all(urls.map(pixels));
  const apart = before.map((one, at) => Math.abs(one - after[at]));
  return [after.length, after.slice(0, 4).join(), Math.max(...apart)];
}"""


async def test_a_shrunk_picture_is_the_same(browser: Browser) -> None:
    """Flat colours stay what they are, shades stay within what nobody sees, and it is much smaller."""
    style = "background: linear-gradient(45deg, teal, gold); color: #333; height: 60px"
    own = await browser.new_context(viewport={"width": 200, "height": 100})
    page = await own.new_page()
    await page.set_content(f'{GOOD}<div style="{style}"><h2>Shades and letters</h2></div>')
    picture = await page.screenshot()
    small = shrunk(picture)
    urls = [f"data:image/png;base64,{b64encode(one).decode()}" for one in (picture, small)]
    length, first, furthest = await page.evaluate(_COMPARE, urls)
    await own.close()
    assert (length, first) == (200 * 100 * 4, "255,255,255,255")
    assert furthest <= 40
    assert len(small) < 0.6 * len(picture)
