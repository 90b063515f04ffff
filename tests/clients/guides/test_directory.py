"""The queue directory: whole, from either of its two places."""

from __future__ import annotations

import httpx
import pytest

from monitor.model.errors import PermissionDenied, Unavailable, Unintelligible
from monitor.model.org import Queue, Target
from tests.clients.guides.gateway import Gateway, a_dialect, soon

pytestmark = pytest.mark.looptime

QUEUES, IAM = "routing/queues", "iam/queues"


def listing(total: int):
    """Return a reply that serves `total` queues in pages of 100."""

    def reply(request: httpx.Request) -> httpx.Response:
        number, size = int(request.url.params["pageNumber"]), int(request.url.params["pageSize"])
        ids = range((number - 1) * size, min(number * size, total))
        return httpx.Response(
            200,
            json={
                "entities": [{"id": f"q{index}"} for index in ids],
                "pageCount": -(-total // size),
                "total": total,
            },
        )

    return reply


@pytest.mark.parametrize("total", [0, 1, 100, 101, 10_000])
async def test_all_pages_are_read(total: int) -> None:
    """Every queue of every page arrives once, up to a hundred pages and more."""
    gateway = Gateway().on(QUEUES, listing(total))
    assert len(await a_dialect(gateway).directory(deadline=soon())) == total


async def test_a_queue_is_read_with_its_targets() -> None:
    """Name, division and service-level targets are read; `call` is voice; nonsense in a target is unknown."""
    level = {"serviceLevel": {"percentage": 0.8, "durationMs": 20000}}
    odd = {"serviceLevel": {"percentage": 1.5, "durationMs": None}}
    entity = {
        "id": "q1",
        "name": "  Support\u202e ",
        "division": {"id": "d", "name": "Home"},
        "mediaSettings": {"call": level, "email": odd, "chat": None},
    }
    gateway = Gateway().on(QUEUES, {"entities": [entity, {"id": "q2", "name": None}]})
    first, second = await a_dialect(gateway).directory(deadline=soon())
    targets = (
        Target(media="voice", ratio=0.8, seconds=20.0),
        Target(media="email", ratio=None, seconds=None),
    )
    assert first == Queue(id="q1", name="Support", division_id="d", division="Home", targets=targets)
    assert second == Queue(id="q2", name="q2")


async def test_the_other_place_is_tried_where_the_first_is_not_offered() -> None:
    """A gateway without /routing/queues is asked at /iam/queues."""
    gateway = Gateway().on(QUEUES, 404).on(IAM, listing(3))
    assert len(await a_dialect(gateway).directory(deadline=soon())) == 3


async def test_the_other_place_is_not_tried_after_another_error() -> None:
    """A missing permission is not a missing directory."""
    gateway = Gateway().on(QUEUES, 403).on(IAM, listing(3))
    with pytest.raises(PermissionDenied):
        await a_dialect(gateway).directory(deadline=soon())
    assert not gateway.asked[IAM]


async def test_a_failing_page_fails_the_reading() -> None:
    """When a page fails there is no directory: a part would look like deleted queues."""
    gateway = Gateway().on(QUEUES, listing(250), 500)
    with pytest.raises(Unavailable):
        await a_dialect(gateway).directory(deadline=soon())


async def test_a_list_that_shrinks_meanwhile_is_refused() -> None:
    """Pages that do not add up to the announced total are not published."""
    gateway = Gateway().on(QUEUES, listing(250), {"entities": [], "pageCount": 2, "total": 250})
    with pytest.raises(Unintelligible, match="lists 100 of 250 queues"):
        await a_dialect(gateway).directory(deadline=soon())


async def test_no_limit_is_known() -> None:
    """The guides name no operation that tells how many requests a minute are allowed."""
    assert await a_dialect(Gateway()).limit(deadline=soon()) is None
