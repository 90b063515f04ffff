"""How the page's addresses answer: files that are kept, who may read, and what is packed."""

from __future__ import annotations

import re

import pytest

from monitor.web.access import Principal, Scope
from tests.web.page.making import Site, a_line, some_lines


async def test_static_files_are_kept_for_ever_under_what_they_hold() -> None:
    """The addresses on the page answer with a year's keeping and a tag; without it, ask again."""
    site = Site()
    page = await site.show()
    for address in (page.one("script").attributes["src"], page.one("link", rel="icon").attributes["href"]):
        answer = await site.ask(address.removeprefix("."))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        again = await site.ask(address.removeprefix("."), if_none_match=answer.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
    plain = await site.ask("/static/page.css")
    assert plain.headers["cache-control"] == "no-cache"
    assert plain.headers["content-type"] == "text/css; charset=utf-8"
    for name in re.findall(r'url\("([^"]+)"\)', plain.text):
        assert (await site.ask(f"/static/{name}")).headers["content-type"] == "font/woff2"


@pytest.mark.parametrize("name", ["pages.py", "..%2fpages.py", "%2e%2e", "page.css%00"])
async def test_no_other_file_is_served(name: str) -> None:
    """The list of files is fixed: nothing else of the machine can be named."""
    assert (await Site().ask(f"/static/{name}")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/live", "/alerts/x", "/static/page.css"])
async def test_nothing_is_shown_to_who_may_not_read(path: str) -> None:
    """Without the scope every address of the page answers 403."""
    site = Site(a_line())
    site.principal = Principal(name="scraper", scopes=frozenset({Scope.METRICS}))
    assert (await site.ask(path)).status_code == 403


async def test_a_page_is_packed_for_who_can_unpack_it() -> None:
    """Packed where that is accepted, the same page, and caches are told that they differ."""
    site = Site(*some_lines(3))
    packed = await site.ask("/", accept_encoding="gzip")
    plain = await site.ask("/", accept_encoding="identity")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "accept-encoding"
    word = re.compile(r"seen=\w+")
    assert word.sub("", packed.text) == word.sub("", plain.text)
