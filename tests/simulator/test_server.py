from monitor.simulator.centre import Centre
from tests.simulator.parts import AGGREGATES, calling, span

CENTRE = Centre.standard()
SUPPORT = CENTRE.named("Support Voice").id
STATS = "/api/v2/analytics/stats/queues"
WAITING = "queue/waiting/count"


async def test_both_dialects_show_one_world():
    """In the surge the guides' endpoint and the platform's own count the same callers."""
    body = {"intervalType": "realtime", "queues": [SUPPORT], "aggregates": [WAITING]}
    async with calling(scenario="surge") as caller:
        caller.clock.move(20)
        answer = (await caller.post(STATS, json=body)).json()
        state = caller.running.world.observe(SUPPORT)
    (queue,) = (queue for division in answer["divisions"] for queue in division["queues"])
    assert queue["metrics"][WAITING] == sum(lane.waiting for lane in state.lanes.values()) > 8


async def test_moods_of_a_running_simulator_can_be_changed():
    """The moods in hand are those the guides' endpoints obey."""
    body = {"intervalType": "realtime", "queues": [SUPPORT], "aggregates": [WAITING]}
    async with calling() as caller:
        caller.running.moods.stats_absent = frozenset({WAITING})
        answer = (await caller.post(STATS, json=body)).json()
    assert answer["divisions"][0]["queues"][0]["metrics"] == {}


async def test_the_surge_shows_in_the_service_level():
    """The crowd of the surge is answered too late, which the aggregates tell."""
    body = {
        "interval": span(0, 5),
        "groupBy": ["queueId", "mediaType"],
        "metrics": ["nOffered", "oServiceLevel"],
        "filter": {"type": "and", "predicates": [{"dimension": "queueId", "value": SUPPORT}]},
    }
    ratios = {}
    for scenario in ("steady", "surge"):
        async with calling(scenario=scenario) as caller:
            caller.clock.move(300)
            results = (await caller.post(AGGREGATES, json=body)).json()["results"]
        voice = next(result for result in results if result["group"]["mediaType"] == "voice")
        stats = {entry["metric"]: entry["stats"] for entry in voice["data"][0]["metrics"]}
        ratios[scenario] = stats["oServiceLevel"]["ratio"]
    assert ratios["surge"] < 0.6
    assert ratios["steady"] > 0.9
