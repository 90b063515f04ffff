import pytest

from monitor.simulator.faults import ENDPOINTS
from monitor.simulator.guides.credentials import form_credentials
from monitor.simulator.guides.desk import NAMES, Guides
from monitor.simulator.guides.shelf import Shelf
from monitor.simulator.world import World
from tests.simulator.guides.parts import CENTRE, Gateway, assert_flawed
from tests.simulator.parts import START, Caller, calling

STATS = "/api/v2/analytics/stats/queues"


async def test_endpoints_are_served_beside_the_platforms():
    """On a running simulator the guides' endpoints answer by their names, and only with a token."""
    body = {"intervalType": "realtime", "queues": list(CENTRE.by_id), "aggregates": ["queue/waiting/count"]}
    async with calling() as caller:
        answer = await caller.post(STATS, json=body)
        stranger = await stranger_asks(caller, body)
        count = caller.running.faults.count("stats")
    assert answer.status_code == 200
    assert len(answer.json()["divisions"]) == 3
    assert stranger.status_code == 401
    assert count == 2


async def stranger_asks(caller: Caller, body: object):
    """The same question without a token."""
    del caller.headers["Authorization"]
    return await caller.post(STATS, json=body)


async def test_chunks_are_on_the_host_that_was_asked():
    """The address of a chunk is absolute and leads back to the running simulator."""
    body = {
        "metrics": ["workitem.assigned.count"],
        "groups": ["queue.id"],
        "dateFrom": "2026-03-02T08:00:00Z",
        "dateTo": "2026-03-02T09:00:00Z",
    }
    async with calling() as caller:
        submitted = await caller.post("/api/v2/analytics/workitems/query", json=body)
        address = f"/api/v2/analytics/queries/{submitted.json()['queryId']}"
        *_, status = [(await caller.get(address)).json() for _ in range(3)]
        url = status["chunks"][0]["downloadUrl"]
        codes = [(await caller.get(url)).status_code for _ in range(2)]
    assert url.startswith(f"{caller.running.url}/api/v2/analytics/chunks/")
    assert codes == [404, 200]


def test_every_endpoint_has_a_name_of_its_own():
    """The names are all there are, and faults know every one of them."""
    named = [name for _, _, name, _ in Guides(World(0, START, CENTRE)).endpoints()]
    assert set(named) == set(NAMES)
    assert len(NAMES) == len(set(NAMES))
    assert set(NAMES) < set(ENDPOINTS)


@pytest.mark.parametrize(
    ("content", "field"), [(b"{", "body"), (b"[]", "body"), (b"null", "body"), (b"\xff", "body")]
)
async def test_garbage_is_refused(content, field):
    """A body that is no JSON object is a 400 in the guides' shape."""
    async with Gateway() as gateway:
        assert_flawed(await gateway.post(STATS, content=content), field)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"client_id": ["me"], "client_secret": ["mine"]}, ("me", "mine")),
        ({"client_id": ["me"]}, ("me", "")),
        ({"client_secret": []}, ("", "")),
    ],
)
def test_credentials_stand_in_the_form(form, expected):
    """Client id and secret are read from the form's fields; what is missing is empty."""
    assert form_credentials(form) == expected


def test_shelf_holds_only_so_much():
    """Of more than five hundred items the oldest are gone."""
    shelf: Shelf[int] = Shelf("thing")
    keys = [shelf.put(number, START) for number in range(501)]
    assert shelf.find(keys[0], START) is None
    assert shelf.find(keys[1], START) == 1
