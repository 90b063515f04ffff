"""What can be measured of a page: whether it fits its screen, and what axe-core says about it."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page

GRAVE = {"serious", "critical"}
"""The impacts of axe-core's findings that keep somebody from using a page."""

_OVERFLOWING = """() => {
  const width = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= width) return [];
  return [...document.body.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > width + 0.5)
    .map((one) => `${one.localName}#${one.id}.${one.getAttribute("class") ?? ""}`)
    .concat(`page: ${document.scrollingElement.scrollWidth} of ${width} px`);
}"""


async def overflowing(page: Page) -> list[str]:
    """What makes the page wider than its screen; nothing where it is not."""
    found: list[str] = await page.evaluate(_OVERFLOWING)
    return found


async def barriers(page: Page) -> list[str]:
    """What axe-core finds serious or critical: rule, what is wrong, and where."""
    results = await Axe().run(page)
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {node['target']} {node['html'][:200]}"
        for one in results.response["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
