from datetime import timedelta

import pytest

from monitor.simulator.centre import PRESENCES, Centre
from tests.simulator.parts import START, Caller, any_of, calling, span

CENTRE = Centre.standard()
AGENTS = [agent.id for agent in CENTRE.agents]
USERS = "/api/v2/users"
STATUS_TIMES = "/api/v2/analytics/users/aggregates/query"


async def ask(caller: Caller, **changes: object) -> dict:
    """The answer to a query put half an hour after the start."""
    caller.clock.now = START + timedelta(minutes=30)
    body = {"interval": span(0, 30), "groupBy": ["userId"], "metrics": ["tAgentRoutingStatus"], **changes}
    answer = await caller.post(STATUS_TIMES, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def sums(bucket: dict) -> dict[str, int]:
    """Milliseconds by qualifier."""
    assert {entry["metric"] for entry in bucket["metrics"]} == {"tAgentRoutingStatus"}
    return {entry["qualifier"]: entry["stats"]["sum"] for entry in bucket["metrics"]}


async def test_status_times_are_the_worlds():
    """Every user asked for has a group whose times are the world's and add up to the interval."""
    async with calling() as caller:
        answer = await ask(caller, filter=any_of("userId", *AGENTS[:50], "unknown"))
        world = caller.running.world
        for result in answer["results"]:
            (bucket,) = result["data"]
            spent = sums(bucket)
            assert spent == world.status_time(result["group"]["userId"], START, START + timedelta(minutes=30))
            assert sum(spent.values()) == 1_800_000
    assert [result["group"]["userId"] for result in answer["results"]] == AGENTS[:50]
    assert answer["systemToOrganizationMappings"]["MEAL"] == list(PRESENCES["MEAL"])


async def test_buckets_and_totals_add_up():
    """Ten-minute buckets add up to the half hour, and all users together to the sum of each."""
    async with calling() as caller:
        one = any_of("userId", AGENTS[0])
        (whole,) = (await ask(caller, filter=one))["results"]
        (cut,) = (await ask(caller, filter=one, granularity="PT10M"))["results"]
        (every,) = (await ask(caller, groupBy=[]))["results"]
    assert len(cut["data"]) == 3
    assert sum(sum(sums(bucket).values()) for bucket in cut["data"]) == 1_800_000
    assert sums(whole["data"][0]).get("IDLE", 0) == sum(sums(bucket).get("IDLE", 0) for bucket in cut["data"])
    assert every["group"] == {}
    assert sum(sums(every["data"][0]).values()) == 1_800_000 * len(AGENTS)


async def test_presence_times_are_taken_but_missing():
    """Presence metrics are known but have no events here; a span to come has none at all."""
    async with calling() as caller:
        assert (await ask(caller, metrics=["tSystemPresence", "tOrganizationPresence"]))["results"] == []
        assert (await ask(caller, interval=span(31, 40)))["results"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"filter": any_of("userId", *map(str, range(101)))},
            "has 101 userId predicates. The maximum is 100",
        ),
        ({"filter": any_of("queueId", "x")}, "Value [queueId] is not valid"),
        ({"groupBy": ["queueId"]}, "Value [queueId] is not valid"),
        ({"metrics": ["tHandle"]}, "Value [tHandle] is not valid"),
        ({"interval": "PT30M"}, "[interval]"),
    ],
)
async def test_flawed_queries_are_refused(change, words):
    """A hundred and one users, other dimensions and other metrics are a 400."""
    body = {"interval": span(0, 30), "groupBy": ["userId"], "metrics": ["tAgentRoutingStatus"], **change}
    async with calling() as caller:
        answer = await caller.post(STATUS_TIMES, json=body)
    assert answer.status_code == 400
    assert words in answer.json()["message"]


async def test_a_hundred_users_are_taken():
    """The largest allowed query is answered."""
    async with calling() as caller:
        answer = await ask(caller, filter=any_of("userId", *AGENTS, *map(str, range(100 - len(AGENTS)))))
    assert len(answer["results"]) == len(AGENTS)


async def test_users_come_in_pages():
    """All pages together are all users, each once, with names."""
    async with calling() as caller:
        found: dict[str, str] = {}
        page, address = {}, f"{USERS}?pageSize=25"
        while address:
            page = (await caller.get(address)).json()
            found |= {user["id"]: user["name"] for user in page["entities"]}
            address = page.get("nextUri", "")
    assert page["pageNumber"] == page["pageCount"] == 3
    assert page["total"] == len(found)
    assert found == {agent.id: agent.name for agent in CENTRE.agents}


async def test_users_are_found_by_id():
    """Ids repeat; unknown ones are missing; each user has a division and is active."""
    async with calling() as caller:
        asked = {"id": [*AGENTS[:2], "unknown"]}
        page = (await caller.get(USERS, params=asked)).json()
        refused = await caller.get(USERS, params={"pageSize": 501})
    assert {user["id"] for user in page["entities"]} == set(AGENTS[:2])
    assert {(user["state"], user["division"]["name"]) for user in page["entities"]} == {("active", "Home")}
    assert refused.status_code == 400
