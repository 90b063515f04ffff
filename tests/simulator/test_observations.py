from collections import Counter
from datetime import timedelta

import pytest

from monitor.simulator.centre import PRESENCES, Centre
from monitor.simulator.server import serve
from monitor.simulator.world import World
from tests.simulator.parts import OBSERVATIONS, START, Caller, StillClock, any_of, calling

CENTRE = Centre.standard()
SUPPORT = CENTRE.named("Support Voice").id
BILLING = CENTRE.named("Billing").id
EVERYTHING = [
    "oWaiting",
    "oAlerting",
    "oInteracting",
    "oLongestWaiting",
    "oLongestInteracting",
    "oMemberUsers",
    "oActiveUsers",
    "oOnQueueUsers",
    "oOffQueueUsers",
    "oUserRoutingStatuses",
    "oUserPresences",
]


def groups(answer):
    """Groups by (queue id, media or None)."""
    return {(g["group"]["queueId"], g["group"].get("mediaType")): g["data"] for g in answer.json()["results"]}


async def test_groups_say_what_the_world_shows():
    """Interaction metrics come per media, agent metrics once, and their numbers are the world's."""
    async with calling(scenario="surge") as caller:
        caller.clock.move(20)
        found = groups(await caller.observe(any_of("queueId", SUPPORT), EVERYTHING))
        state = caller.running.world.observe(SUPPORT)
    voice = {entry["metric"]: entry["stats"] for entry in found[SUPPORT, "voice"]}
    lane = state.lanes["voice"]
    assert set(found) == {(SUPPORT, "voice"), (SUPPORT, "callback"), (SUPPORT, None)}
    assert voice["oWaiting"] == {"count": lane.waiting}
    assert voice["oWaiting"]["count"] > 8
    assert voice["oInteracting"] == {"count": lane.interacting}
    assert lane.oldest_wait is not None
    oldest = voice["oLongestWaiting"]["calculatedMetricValue"]
    assert oldest == round(lane.oldest_wait.timestamp() * 1000)
    assert 0 < (START + timedelta(seconds=20)).timestamp() * 1000 - oldest <= 20_000
    totals: Counter[str] = Counter()
    for entry in found[SUPPORT, None]:
        totals[entry["metric"]] += entry["stats"]["count"]
    assert (
        totals["oMemberUsers"] == totals["oUserRoutingStatuses"] == totals["oUserPresences"] == state.members
    )
    assert totals["oActiveUsers"] == totals["oOnQueueUsers"] + totals["oOffQueueUsers"] == state.active


async def test_qualifiers_are_statuses_and_presence_ids():
    """On-queue metrics are qualified by routing status, off-queue ones by a presence id of the mapping."""
    async with calling() as caller:
        answer = await caller.observe(any_of("queueId", *CENTRE.by_id), EVERYTHING)
    mapping = answer.json()["systemToOrganizationMappings"]
    assert mapping == {system: list(ids) for system, ids in PRESENCES.items()}
    known = {presence for ids in mapping.values() for presence in ids}
    qualifiers: dict[str, set[str]] = {}
    for (_, media), data in groups(answer).items():
        for entry in data:
            assert ("qualifier" in entry) == (
                media is None and not entry["metric"].endswith(("erUsers", "iveUsers"))
            )
            qualifiers.setdefault(entry["metric"], set()).add(entry.get("qualifier", ""))
    assert qualifiers["oOffQueueUsers"] <= known - set(mapping["ON_QUEUE"])
    assert qualifiers["oUserPresences"] <= known
    assert "OFF_QUEUE" in qualifiers["oUserRoutingStatuses"]
    assert "OFF_QUEUE" not in qualifiers["oOnQueueUsers"]


async def test_longest_wait_is_absent_when_nobody_waits():
    """A lane without waiting interactions has a count of 0 and no longest wait."""
    async with calling() as caller:
        found = groups(
            await caller.observe(any_of("queueId", *CENTRE.by_id), ["oWaiting", "oLongestWaiting"])
        )
    idle = [data for data in found.values() if data[0]["stats"]["count"] == 0]
    assert idle
    assert all([entry["metric"] for entry in data] == ["oWaiting"] for data in idle)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (any_of("queueId", SUPPORT, "unknown"), {(SUPPORT, "voice"), (SUPPORT, "callback"), (SUPPORT, None)}),
        (any_of("queueId", "unknown"), set()),
        (
            {"type": "and", "predicates": [
                {"type": "dimension", "dimension": "queueId", "operator": "matches", "value": SUPPORT},
                {"dimension": "mediaType", "value": "voice"},
            ]},
            {(SUPPORT, "voice")},
        ),
        (
            {"type": "and",
             "predicates": [{"dimension": "mediaType", "operator": "notExists"}],
             "clauses": [any_of("queueId", SUPPORT, BILLING)]},
            {(SUPPORT, None), (BILLING, None)},
        ),
        (
            {"type": "and",
             "predicates": [{"dimension": "mediaType", "operator": "exists"}],
             "clauses": [any_of("queueId", BILLING), any_of("mediaType", "chat", "email")]},
            {(BILLING, "chat")},
        ),
        (any_of("mediaType", "message"), {
            (CENTRE.named("Social Messaging").id, "message"),
            (CENTRE.named("Atención al cliente Málaga").id, "message"),
        }),
    ],
)  # fmt: skip
async def test_filters_select_groups(wanted, expected):
    """Predicates and clauses joined by and/or select the groups they describe; unknown ids are missing."""
    async with calling() as caller:
        answer = await caller.observe(wanted, ["oWaiting", "oMemberUsers"])
    assert set(groups(answer)) == expected


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"filter": any_of("queueId", SUPPORT), "metrics": ["oBogus"]}, "Value [oBogus] is not valid"),
        ({"filter": any_of("queueId", SUPPORT), "metrics": []}, "At least one metric"),
        ({"metrics": ["oWaiting"]}, "filter is required"),
        (
            {"filter": {"predicates": []}, "metrics": ["oWaiting"]},
            "Value [] is not valid for field type [QueryFilterType]. Allowable values are: and, or",
        ),
        (
            {"filter": any_of("conversationId", "x"), "metrics": ["oWaiting"]},
            "Value [conversationId] is not valid",
        ),
        ({"filter": any_of("queueId", *map(str, range(201))), "metrics": ["oWaiting"]}, "has 201 predicates"),
        (
            {
                "filter": any_of("queueId", SUPPORT),
                "metrics": ["oWaiting"],
                "detailMetrics": ["oLongestWaiting"],
            },
            "[",
        ),
        ([], "must be an object"),
        (
            {
                "filter": {
                    "type": "and",
                    "clauses": [{"type": "or", "clauses": [any_of("queueId", SUPPORT)]}],
                },
                "metrics": ["oWaiting"],
            },
            "two levels deep",
        ),
        (
            {"filter": {"type": "or", "predicates": [{"dimension": "queueId"}]}, "metrics": ["oWaiting"]},
            "A value",
        ),
    ],
)
async def test_flawed_queries_are_refused(body, words):
    """A query the platform would not take is a 400 that says what is wrong, with ids to ask support about."""
    async with calling() as caller:
        answer = await caller.post(OBSERVATIONS, json=body)
    error = answer.json()
    assert answer.status_code == error["status"] == 400
    assert words in error["message"]
    assert error["contextId"] == answer.headers["ININ-Correlation-Id"]
    assert error["details"][0]["fieldName"]


async def test_two_hundred_predicates_are_taken():
    """The largest allowed query is answered."""
    async with calling(centre=Centre.sized(queues=200)) as caller:
        ids = list(caller.running.world.centre.by_id)
        found = groups(await caller.observe(any_of("queueId", *ids), ["oWaiting", "oActiveUsers"]))
    assert {queue for queue, _ in found} == set(ids)
    assert len(found) == 600


async def test_garbage_is_refused():
    """A body that is no JSON is a 400 as well."""
    async with calling() as caller:
        answer = await caller.post(OBSERVATIONS, content=b"{")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad.request")


async def test_world_follows_the_clock():
    """Each request sees the world of its own moment."""
    async with calling() as caller:
        for _ in range(3):
            caller.clock.move(60)
            await caller.observe(any_of("queueId", SUPPORT), ["oWaiting"])
            assert caller.running.world.now == caller.clock.now


async def test_speed_makes_world_time_pass_faster():
    """At tenfold speed the surge is there after two seconds of the clock."""
    clock = StillClock()
    world = World(0, START, CENTRE)
    async with (
        serve(world, clock=clock, scenario="surge", speed=10) as running,
        Caller(running, clock) as caller,
    ):
        await caller.login()
        clock.move(2)
        found = groups(await caller.observe(any_of("queueId", SUPPORT), ["oWaiting"]))
    assert world.now == START + timedelta(seconds=20)
    assert found[SUPPORT, "voice"][0]["stats"]["count"] > 8
