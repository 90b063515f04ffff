"""Templates to HTML; the one door to Jinja of the page. Whatever is put into a template is escaped.

In: what is shown. Out: parts, and whole pages. A name a template does not know is an error, never a gap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor.web.page import wording
from monitor.web.page.frames import Drawn, Frame, drawn

PAGES = ("home.html", "board.html", "alert.html", "missing.html")


class _Macro(Protocol):
    def __call__(self, *given: object) -> str: ...


class Painter:
    """Draws parts by the macros of `parts.html`, and pages around them.

    `build` is the word for this build's static files, `address` makes the address of one.
    """

    def __init__(self, *, build: str, address: Callable[[str], str]) -> None:
        self._pages = Environment(
            loader=PackageLoader("monitor.web.page"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._pages.globals.update(build=build, static=address, states=wording.COUNTED, plural=wording.plural)
        # Compiled now, in the start, and not while the first request holds the loop.
        self._templates = {name: self._pages.get_template(name) for name in PAGES}
        self._parts = self._pages.get_template("parts.html").module

    def part(self, macro: str, *given: object) -> Drawn:
        """Return what a macro makes of what it is given."""
        return drawn(str(cast("_Macro", getattr(self._parts, macro))(*given)))

    def page(self, template: str, frame: Frame, **context: object) -> str:
        """Return a whole page; its template places the parts of `frame` by their ids."""

        def part(key: str) -> Markup:
            return Markup(frame.parts[key].html)  # noqa: S704 - what a template made is escaped already

        return self._templates[template].render(part=part, order=frame.order, **context)
