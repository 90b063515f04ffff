"""The directory is read whole or not at all."""

from __future__ import annotations

import httpx
import pytest

from monitor.clients.platform.asking import PlatformDialect
from monitor.model.errors import PlatformError, Unavailable, Unintelligible
from monitor.model.org import Queue
from tests.builders import FixedClock, a_transport, loop_time

pytestmark = pytest.mark.looptime


class Directory:
    """Serves `total` queues in pages of 100; `broken` maps a page number to its answer."""

    def __init__(self, total: int, broken: dict[int, httpx.Response] | None = None) -> None:
        self.total = total
        self.broken = broken or {}
        self.pages: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 86399})
        number = int(request.url.params["pageNumber"])
        self.pages.append(number)
        if number in self.broken:
            return self.broken[number]
        first = (number - 1) * 100
        entities = [
            {"id": f"q{index}", "name": f"Q{index}"} for index in range(first, min(first + 100, self.total))
        ]
        return httpx.Response(
            200,
            json={
                "entities": entities,
                "pageCount": -(-self.total // 100),
                "total": self.total,
                "nextUri": "http://evil/",
            },
        )


async def read(directory: Directory) -> tuple[Queue, ...]:
    """Read the whole directory."""
    return await PlatformDialect(a_transport(directory), FixedClock()).directory(deadline=loop_time() + 10)


@pytest.mark.parametrize("total", [0, 1, 100, 101, 250])
async def test_all_pages_are_read(total: int) -> None:
    """Every queue of every page arrives once."""
    assert len(await read(Directory(total))) == total


async def test_a_failing_page_fails_the_reading() -> None:
    """When page 2 fails, there is no directory: a partial one would look like deleted queues."""
    with pytest.raises(Unavailable):
        await read(Directory(250, {2: httpx.Response(500)}))


async def test_a_list_that_shrinks_meanwhile_is_refused() -> None:
    """Pages that do not add up to the announced total are not published."""
    shrunk = httpx.Response(200, json={"entities": [], "pageCount": 3, "total": 250})
    with pytest.raises(Unintelligible, match="lists 150 of 250 queues"):
        await read(Directory(250, {2: shrunk}))


async def test_a_page_count_without_end_is_cut() -> None:
    """A directory that always announces more pages is given up at the page cap."""

    def endless(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 86399})
        return httpx.Response(200, json={"entities": [{"id": "same"}], "pageCount": 10**9, "total": 1})

    transport = a_transport(endless, limit=10_000)
    with pytest.raises(PlatformError, match="more than 500 pages"):
        await PlatformDialect(transport, FixedClock()).directory(deadline=loop_time() + 1000)


async def test_the_next_address_of_an_answer_is_not_followed() -> None:
    """Pages are asked for by number on our own host; `nextUri` is ignored."""
    directory = Directory(250)
    await read(directory)
    assert directory.pages == [1, 2, 3]
