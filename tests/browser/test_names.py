"""Names that were made to do harm are shown as what they are: text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from monitor.kit.text import NAME_LIMIT, clean
from monitor.simulator.centre import Agent, Centre, a_division, a_queue, identity, stream
from tests.browser.floor import Floor, on_wall, watching
from tests.browser.judging import overflowing
from tests.browser.visiting import PHONE, SOON, visiting
from tests.stories.daemon import until

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SCRIPT = "<script>window.harmed = 1</script>"
IMAGE = '"><img src=x onerror="window.harmed = 1">'
ENTITY = "&lt;b&gt; & {{ 7 * 7 }} {% raw %}"
BIDI = "abc \u202e\u2066txt.exe\u2069 \u05d0\u05d1\u05d2 def"
TERMINAL = "\x1b[31mred\x07\x00 alert"
LONG = "m" * 10_000
WORDS = "wide words " * 900
NAMES = (SCRIPT, IMAGE, ENTITY, BIDI, TERMINAL, LONG, WORDS)
RULE = {
    "name": "Everything",
    "metric": "queue_agents_on_queue",
    "critical": {"above": -1},
    "labels": {"team": SCRIPT},
    "annotations": {"summary": "Nothing but " + SCRIPT},
}
"""Fires for every queue, at once."""


def harmful() -> Centre:
    """A centre whose every name is harmful."""
    divisions = (a_division(SCRIPT + "division"), a_division("d" * 10_000))
    queues = tuple(
        a_queue(name, divisions[place % 2], [stream("voice", 30.0)]) for place, name in enumerate(NAMES)
    )
    agents = tuple(
        Agent(id=identity("agent", queue.id), name="Ana", queues=(queue.id,), joined=frozenset({queue.id}))
        for queue in queues
    )
    return Centre(queues=queues, agents=agents, divisions=divisions)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    """A daemon that watches it, with an alert for every queue."""
    folder: Path = tmp_path_factory.mktemp("names")
    async with watching(folder, harmful(), rules=[RULE]) as one:

        async def all_fire() -> bool:
            return len(await one.firing()) == len(NAMES)

        await until(all_fire, within=SOON, what="every alert fires")
        yield one


@pytest.mark.parametrize("path", ["/", "/?board=1", "/?group=division", "/?group=label:team"])
async def test_names_are_text_on_the_wall(browser: Browser, floor: Floor, path: str) -> None:
    """Every name stands there as it was cleaned; nothing of it became an element; a phone holds it."""
    async with visiting(browser, floor.url + path, viewport=PHONE) as page:
        for queue in floor.centre.world.centre.queues:
            place = on_wall(page, queue.id)
            assert await place.locator("h3, h4").first.text_content() == clean(queue.name)
            assert len(clean(queue.name)) <= NAME_LIMIT
        assert await page.evaluate("window.harmed === undefined")
        assert await page.locator("main img, main script, #wall b > b").count() == 0
        assert await overflowing(page) == []


async def test_names_are_text_in_an_alert(browser: Browser, floor: Floor) -> None:
    """An alert about such a queue has a page that fits a phone, and a form that names just this queue."""
    (alert,) = [one for one in await floor.firing() if one["queue"] == clean(IMAGE)]
    async with visiting(browser, f"{floor.url}/alerts/{alert['id']}", viewport=PHONE) as page:
        await expect(page.locator("#story")).to_contain_text(clean(IMAGE))
        await expect(page.locator("#story")).to_contain_text("Nothing but " + SCRIPT)
        assert await page.get_by_label("Queue").input_value() == clean(IMAGE)
        assert await page.evaluate("window.harmed === undefined")
        assert await page.locator("main img, main script").count() == 0
        assert await overflowing(page) == []
