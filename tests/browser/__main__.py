"""`python -m tests.browser [FOLDER]`: make the pictures of the page anew, usually in docs/images."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser

from monitor.kit import logs
from monitor.simulator.scenario import SURGE_QUEUE
from tests.browser.playing import Hasty, Play, playing, rush
from tests.browser.shrinking import shrunk
from tests.browser.visiting import DESK, PHONE, WALL, visiting
from tests.servers.chromium import chromium
from tests.servers.programs import find_program
from tests.stories.daemon import receiving

IMAGES = Path(__file__).parents[2] / "docs" / "images"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: where on the page, and how the browser is set up for it."""

    path: str = "/"
    context: dict[str, Any] = field(default_factory=dict)


PICTURES = {
    "light": Picture(context={"viewport": DESK, "color_scheme": "light"}),
    "dark": Picture(context={"viewport": DESK, "color_scheme": "dark"}),
    "board": Picture(path="/?board=1", context={"viewport": WALL, "color_scheme": "dark"}),
    "phone": Picture(context={"viewport": PHONE, "color_scheme": "light", "device_scale_factor": 2}),
}


async def take(browser: Browser, url: str, folder: Path) -> None:
    """Take every picture of the page at `url`."""
    for name, picture in PICTURES.items():
        # What flashes as it changes is no picture.
        async with visiting(browser, url + picture.path, **picture.context, reduced_motion="reduce") as page:
            await page.wait_for_selector("html.live")
            path = folder / f"{name}.png"
            path.write_bytes(shrunk(await page.screenshot()))
        sys.stdout.write(f"{path} {path.stat().st_size / 1000:.0f} kB\n")


async def take_over(play: Play, alert: str) -> None:
    """Have somebody acknowledge an alert."""
    async with httpx.AsyncClient(base_url=play.url, trust_env=False) as client:
        body = {"owner": "Kim", "note": "The crew is called back from lunch."}
        answer = await client.post(f"/api/v1/alerts/{alert}/ack", json=body)
        answer.raise_for_status()


async def make(folder: Path) -> None:
    """Play the demo's hour and what follows, until a queue overflows and nobody is left for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own:
        async with chromium() as browser, receiving() as hook, playing(Path(own), hook.url) as play:
            rush(play.centre.world)
            await take_over(play, await play.firing("ServiceLevelLow", "Billing"))
            await play.firing("NobodyAvailable", SURGE_QUEUE)
            await take(browser, play.url, folder)


def main(arguments: list[str]) -> int:
    """Make them; without Chromium say how to get it."""
    if find_program("chromium") is None:
        sys.stderr.write("chromium is not installed: apt-get install chromium, or make servers as root\n")
        return 1
    logs.configure("error", "console")
    with asyncio.Runner(loop_factory=Hasty) as runner:
        runner.run(make(Path(arguments[0]) if arguments else IMAGES))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
