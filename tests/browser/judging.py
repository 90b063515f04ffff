"""What can be measured of a page: whether it fits its screen, and what axe-core says about it."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page

GRAVE = {"serious", "critical"}
"""The impacts of axe-core's findings that keep somebody from using a page."""

_OVERFLOWING = """() => {
  const width = document.documentElement.clientWidth;
  const meant = (one) => {
    const style = getComputedStyle(one);
    const scrolls = ["auto", "scroll"].includes(style.overflowX);
    return scrolls || style.textOverflow === "ellipsis" || style.clipPath !== "none";
  };
  const excused = (one) => one.parentElement && (meant(one.parentElement) || excused(one.parentElement));
  const outside = [...document.body.querySelectorAll("*:not(svg *)")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width > 1 && (box.right > width + 0.5 || box.left < -0.5) && !excused(one);
  });
  const names = outside.map((one) => `${one.localName}#${one.id}.${one.getAttribute("class") ?? ""}`);
  const all = document.scrollingElement.scrollWidth;
  return all > width ? [...names, `page: ${all} of ${width} px`] : names;
}"""


async def overflowing(page: Page) -> list[str]:
    """What reaches out of the screen to the sides, clipped or not; nothing where all can be read.

    What scrolls inside of itself, ends in an ellipsis or is for those who listen alone is meant to.
    """
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
