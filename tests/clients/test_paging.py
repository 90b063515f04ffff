"""Lists in pages: whole, or an error."""

from __future__ import annotations

import pytest

from monitor.clients.paging import pages
from monitor.model.errors import Unavailable, Unintelligible


async def read(tokens: dict[str | None, str | None], cap: int = 1000) -> list[str | None]:
    """Read a list whose page of a token is the token itself and leads to `tokens[token]`."""

    async def fetch(token: str | None) -> tuple[str | None, str | None]:
        return token, tokens[token]

    return await pages(fetch, cap=cap, what="the list")


async def test_a_hundred_pages_arrive_in_order() -> None:
    """Every page is read once, the first without a token, until no token is given."""
    chain: dict[str | None, str | None] = {
        None: "1",
        **{str(n): str(n + 1) for n in range(1, 100)},
        "99": None,
    }
    assert await read(chain) == [None, *map(str, range(1, 100))]


async def test_an_empty_token_ends_the_list() -> None:
    """An empty token means the same as none."""
    assert await read({None: ""}) == [None]


@pytest.mark.parametrize("chain", [{None: "a", "a": "a"}, {None: "a", "a": "b", "b": "a"}])
async def test_a_circle_is_refused(chain: dict[str | None, str | None]) -> None:
    """A token that was given before is a loop, next to itself or further on."""
    with pytest.raises(Unintelligible, match="the list goes in a circle"):
        await read(chain)


@pytest.mark.parametrize(("cap", "fits"), [(3, True), (2, False)])
async def test_too_many_pages_are_refused(cap: int, fits: bool) -> None:
    """A list of exactly the cap is read, a longer one is not."""
    chain: dict[str | None, str | None] = {None: "1", "1": "2", "2": None}
    if fits:
        assert len(await read(chain, cap)) == 3
    else:
        with pytest.raises(Unintelligible, match="more than 2 pages"):
            await read(chain, cap)


async def test_a_failing_page_fails_the_list() -> None:
    """There is no part of a list."""

    async def fetch(token: str | None) -> tuple[int, str | None]:
        if token is not None:
            raise Unavailable("down")
        return 1, "next"

    with pytest.raises(Unavailable):
        await pages(fetch, cap=10, what="the list")
