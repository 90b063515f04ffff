from datetime import timedelta

import pytest

from monitor.simulator.centre import Centre
from monitor.simulator.floor import Routing
from tests.simulator.guides.parts import CENTRE, Gateway, assert_flawed, changed

STATS = "/api/v2/analytics/stats/queues"
AGGREGATES = [
    "queue/waiting/count",
    "queue/agentsAvailable/count",
    "queue/agentsBusy/count",
    "queue/avgHandleTime",
    "queue/avgWaitTime",
]
SUPPORT, CLAIMS = CENTRE.named("Support Voice"), CENTRE.named("Claims")


def asking(*queues, **change):
    """A question about some queues."""
    body = {"intervalType": "realtime", "queues": list(queues), "aggregates": AGGREGATES}
    return changed(body, change)


def floor_with_a_consultation(gateway):
    """All queues by id, at the next moment at which somebody is communicating."""
    while True:
        gateway.clock.move(10)
        gateway.world.advance(gateway.clock.now)
        states = {queue_id: gateway.world.observe(queue_id) for queue_id in CENTRE.by_id}
        if any(state.statuses[Routing.COMMUNICATING] for state in states.values()):
            return states


async def test_counts_are_those_of_the_floor():
    """Waiting adds up all media; available and busy agents are members by routing status."""
    async with Gateway() as gateway:
        states = floor_with_a_consultation(gateway)
        answer = (await gateway.post(STATS, json=asking(*CENTRE.by_id))).json()
    found = {
        queue["id"]: queue["metrics"] for division in answer["divisions"] for queue in division["queues"]
    }
    assert set(found) == set(CENTRE.by_id)
    for queue_id, metrics in found.items():
        state = states[queue_id]
        assert set(metrics) == set(AGGREGATES)
        assert metrics["queue/waiting/count"] == sum(lane.waiting for lane in state.lanes.values())
        assert metrics["queue/agentsAvailable/count"] == state.statuses[Routing.IDLE]
        busy = state.statuses[Routing.INTERACTING] + state.statuses[Routing.COMMUNICATING]
        assert metrics["queue/agentsBusy/count"] == busy
    for metric in AGGREGATES[:3]:
        assert any(metrics[metric] for metrics in found.values())


async def test_averages_are_milliseconds_of_the_last_half_hour():
    """The means cover the last 30 minutes of the ledger and nothing before."""
    async with Gateway() as gateway:
        answer = (await gateway.post(STATS, json=asking(SUPPORT.id))).json()
        since = gateway.clock.now - timedelta(minutes=30)
        for name, metric in (("queue/avgHandleTime", "tHandle"), ("queue/avgWaitTime", "tWait")):
            entries = gateway.entries(metric, start=since)
            own = [entry.milliseconds or 0 for entry in entries if entry.queue_id == SUPPORT.id]
            (division,) = answer["divisions"]
            assert division["queues"][0]["metrics"][name] == sum(own) / len(own) > 0


async def test_averages_are_zero_where_nothing_completed():
    """A queue nobody calls has averages of 0, which is no error."""
    centre = Centre.sized(queues=1, hourly=0)
    async with Gateway(centre=centre) as gateway:
        answer = (await gateway.post(STATS, json=asking(*centre.by_id))).json()
    metrics = answer["divisions"][0]["queues"][0]["metrics"]
    assert (metrics["queue/avgHandleTime"], metrics["queue/avgWaitTime"]) == (0, 0)


async def test_queues_come_by_division_and_only_with_what_was_asked():
    """Each queue stands in its own division, by id and name, with the asked metrics alone."""
    async with Gateway() as gateway:
        body = asking(SUPPORT.id, CLAIMS.id, aggregates=["queue/waiting/count"])
        answer = (await gateway.post(STATS, json=body)).json()
    found = {division["id"]: division["queues"] for division in answer["divisions"]}
    assert set(found) == {SUPPORT.division.id, CLAIMS.division.id}
    (queue,) = found[CLAIMS.division.id]
    assert (queue["id"], queue["name"]) == (CLAIMS.id, "Claims")
    assert set(queue["metrics"]) == {"queue/waiting/count"}


async def test_unknown_queues_are_left_out_or_not_found():
    """An unknown id beside a known one is missing; nothing but unknown ids is a 404 that names them."""
    async with Gateway() as gateway:
        some = (await gateway.post(STATS, json=asking(SUPPORT.id, "nobody"))).json()
        none = await gateway.post(STATS, json=asking("nobody", "nowhere"))
    assert [queue["id"] for division in some["divisions"] for queue in division["queues"]] == [SUPPORT.id]
    assert_flawed(none, "queues", 404)
    assert "nobody" in none.json()["message"]
    assert "nowhere" in none.json()["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"intervalType": "daily"}, "intervalType"),
        ({"queues": []}, "queues"),
        ({"queues": ...}, "queues"),
        ({"queues": [1]}, "queues"),
        ({"aggregates": []}, "aggregates"),
        ({"aggregates": ["queue/bogus"]}, "aggregates"),
    ],
)
async def test_flawed_questions_are_refused(change, field):
    """A question the guide does not know is a 400 that names the field."""
    async with Gateway() as gateway:
        assert_flawed(await gateway.post(STATS, json=asking(SUPPORT.id, **change)), field)


async def test_eleventh_request_within_a_second_is_throttled():
    """Ten requests within a second are answered, the eleventh not, and a second later they are again."""
    async with Gateway() as gateway:
        codes = [(await gateway.post(STATS, json=asking(SUPPORT.id))).status_code for _ in range(11)]
        gateway.clock.move(1)
        later = await gateway.post(STATS, json=asking(SUPPORT.id))
    assert codes == [200] * 10 + [429]
    assert later.status_code == 200


async def test_metrics_may_be_missing_or_null():
    """A mood leaves metrics out or answers null for them."""
    async with Gateway() as gateway:
        gateway.moods.stats_absent = frozenset({"queue/waiting/count"})
        gateway.moods.stats_null = frozenset({"queue/avgWaitTime"})
        answer = (await gateway.post(STATS, json=asking(SUPPORT.id))).json()
    metrics = answer["divisions"][0]["queues"][0]["metrics"]
    assert set(metrics) == set(AGGREGATES) - {"queue/waiting/count"}
    assert metrics["queue/avgWaitTime"] is None


async def test_queues_are_listed_under_the_other_address():
    """The guides' address lists queues page by page, as the platform's does."""
    async with Gateway() as gateway:
        answer = (await gateway.get("/api/v2/iam/queues", params={"pageSize": "4", "pageNumber": "3"})).json()
    assert (len(answer["entities"]), answer["total"], answer["pageCount"]) == (2, 10, 3)
