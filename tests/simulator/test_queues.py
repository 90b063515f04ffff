from typing import Any

import pytest

from monitor.simulator.centre import Centre
from tests.simulator.parts import QUEUES, Caller, calling

CENTRE = Centre.standard()


async def pages(caller: Caller, **terms: str | int) -> list[dict[str, Any]]:
    """All pages, following nextUri."""
    answer = await caller.get(QUEUES, params=terms)
    found = [answer.json()]
    while "nextUri" in found[-1]:
        found.append((await caller.get(str(found[-1]["nextUri"]))).json())
    return found


@pytest.mark.parametrize(
    ("count", "size", "expected"), [(53, 25, 3), (50, 25, 2), (1, 500, 1), (600, 500, 2)]
)
async def test_pages_hold_every_queue_once(count, size, expected):
    """Following nextUri shows each queue exactly once, in as many pages as needed."""
    centre = Centre.sized(queues=count)
    async with calling(centre=centre) as caller:
        found = await pages(caller, pageSize=size)
    ids = [entity["id"] for page in found for entity in page["entities"]]
    assert sorted(ids) == sorted(centre.by_id)
    assert len(found) == expected
    assert {page["total"] for page in found} == {count}
    assert [page["pageNumber"] for page in found] == list(range(1, expected + 1))
    assert all(page["pageCount"] == expected for page in found)


async def test_page_past_the_end_is_empty():
    """A page number beyond the last gives no queues, but the same total."""
    async with calling() as caller:
        page = (await caller.get(QUEUES, params={"pageNumber": 9})).json()
    assert page["entities"] == []
    assert page["total"] == 10
    assert "nextUri" not in page


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*voice", {"Support Voice"}),
        ("Kundenservice Zürich", {"Kundenservice Zürich"}),
        ("*clien*", {"Service clients Genève", "Atención al cliente Málaga"}),
        ("S*", {"Support Voice", "Sales Inbound", "Service clients Genève", "Social Messaging"}),
        ("Support", set()),
    ],
)
async def test_names_are_found_by_pattern(pattern, names):
    """A star stands for anything, case does not matter, and without a star the whole name is meant."""
    async with calling() as caller:
        page = (await caller.get(QUEUES, params={"name": pattern})).json()
    assert {entity["name"] for entity in page["entities"]} == names


async def test_ids_and_divisions_narrow_the_list():
    """Repeated id and divisionId select queues, both together their intersection, across pages."""
    europe = [queue for queue in CENTRE.queues if queue.division.name == "Europe"]
    home = CENTRE.named("Billing")
    async with calling() as caller:
        wanted = {"id": [home.id, europe[0].id], "divisionId": [europe[0].division.id]}
        both = (await caller.get(QUEUES, params=wanted)).json()
        paged = await pages(caller, pageSize=2, divisionId=europe[0].division.id)
    assert [entity["id"] for entity in both["entities"]] == [europe[0].id]
    assert {entity["id"] for page in paged for entity in page["entities"]} == {queue.id for queue in europe}


@pytest.mark.parametrize(
    "terms", [{"pageSize": "501"}, {"pageSize": "0"}, {"pageNumber": "x"}, {"pageNumber": "-1"}]
)
async def test_bad_paging_is_refused(terms):
    """Numbers out of range are a 400 that names the parameter."""
    async with calling() as caller:
        answer = await caller.get(QUEUES, params=terms)
    assert answer.status_code == 400
    assert answer.json()["details"][0]["fieldName"] in terms


async def test_one_queue_shows_members_and_targets():
    """A queue has its division, its members, and a service level target for each media setting."""
    queue = CENTRE.named("Support Voice")
    async with calling() as caller:
        answer = (await caller.get(f"{QUEUES}/{queue.id}")).json()
    assert answer["division"]["name"] == "Home"
    assert answer["memberCount"] >= answer["joinedMemberCount"] > 0
    assert set(answer["mediaSettings"]) == {"call", "callback", "chat", "email", "message"}
    assert answer["mediaSettings"]["call"]["serviceLevel"] == {"percentage": 0.8, "durationMs": 20_000}
    assert answer["mediaSettings"]["email"]["serviceLevel"]["durationMs"] == 86_400_000


async def test_unknown_queue_and_path_are_not_found():
    """What does not exist answers 404 with the platform's error body."""
    async with calling() as caller:
        answers = [await caller.get(f"{QUEUES}/nobody"), await caller.get("/api/v2/nothing")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not.found")] * 2
