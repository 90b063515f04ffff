from collections import defaultdict
from datetime import timedelta

import pytest

from monitor.simulator.guides.moods import Moods
from tests.simulator.guides.parts import CENTRE, HOUR, Gateway, assert_flawed, changed, seconds, wire
from tests.simulator.parts import START

DETAILS = "/api/v2/analytics/conversations/details/query"
NAMES = {agent.id: agent.name for agent in CENTRE.agents}
PARTS = {"tHandle": "tTalkComplete", "tAcw": "tAcw", "tHold": "tHeldComplete"}
HALF = timedelta(minutes=30)


def asking(**change):
    """The guide's question about the two hours from START on."""
    body = {
        "interval": "PT30M",
        "groupBy": ["user", "time"],
        "metrics": {"tHandle": {}, "tAcw": {}, "tHold": {}},
        "view": "agent",
        "dateFrom": wire(START),
        "dateTo": wire(START + 2 * HOUR),
        "select": ["id", "name"],
    }
    return changed(body, change)


async def everything(gateway, body):
    """The entities of all pages."""
    page = (await gateway.post(DETAILS, json=body)).json()
    entities = page["entities"]
    while link := page.get("nextPage"):
        page = (await gateway.get(link)).json()
        entities += page["entities"]
    return entities


def expected(gateway, length):
    """The truth by (bucket, agent): seconds by metric, from the ledger."""
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for theirs, ours in PARTS.items():
        by_place = defaultdict(list)
        for entry in gateway.entries(ours, end=START + 2 * HOUR):
            bucket = START + (entry.at - START) // length * length
            by_place[bucket.strftime("%Y-%m-%dT%H:%M:%SZ"), entry.agent_id].append(entry)
        for place, entries in by_place.items():
            found[place][theirs] = seconds(entries)
    return dict(found)


@pytest.mark.parametrize(("interval", "length"), [("PT30M", HALF), ("PT1H", HOUR)])
async def test_seconds_are_those_of_the_ledger(interval, length):
    """Talk, after-call and hold seconds stand by agent and interval; what did not happen is absent."""
    async with Gateway(hours=2.2) as gateway:
        entities = await everything(gateway, asking(interval=interval))
        truth = expected(gateway, length)
    found = {
        (one["time"], one["user"]["id"]): {name: metric["sum"] for name, metric in one["metrics"].items()}
        for one in entities
    }
    assert found == truth
    assert len(found) == len(entities)
    assert all(one["user"]["name"] == NAMES[one["user"]["id"]] for one in entities)
    assert any("tHold" not in metrics for metrics in found.values())
    assert any("tHold" in metrics for metrics in found.values())


async def test_the_three_add_up_to_the_platforms_handle_time():
    """The guides' three sums together are the platform's tHandle, to the millisecond."""
    async with Gateway(hours=2) as gateway:
        entities = await everything(gateway, asking())
        handled = gateway.entries("tHandle")
    total = sum(metric["sum"] for one in entities for metric in one["metrics"].values())
    assert total == pytest.approx(seconds(handled), abs=1e-6)
    assert total > 0


async def test_pages_follow_a_link():
    """A link, a path on the same host, leads from page to page; the last has none."""
    async with Gateway(Moods(details_page=50), hours=2) as gateway:
        first = (await gateway.post(DETAILS, json=asking())).json()
        link = first["nextPage"]
        gateway.clock.move(60)
        second = (await gateway.get(link)).json()
        every = await everything(gateway, asking())
    assert link.startswith(f"{DETAILS}?page=2&query=")
    assert first["entities"] + second["entities"] == every[:100]
    assert len(first["entities"]) == 50 < len(every)


async def test_pages_have_a_hundred_rows():
    """By default a page ends after a hundred rows."""
    async with Gateway(hours=2) as gateway:
        page = (await gateway.post(DETAILS, json=asking())).json()
    assert len(page["entities"]) == 100
    assert "nextPage" in page


async def test_link_may_have_another_name():
    """A mood calls the link nextPageLink."""
    async with Gateway(Moods(details_link="nextPageLink"), hours=2) as gateway:
        page = (await gateway.post(DETAILS, json=asking())).json()
    assert "nextPage" not in page
    assert page["nextPageLink"].startswith(DETAILS)


@pytest.mark.parametrize(
    ("terms", "status"), [("page=2&query=bogus", 404), ("page=0&query=x", 400), ("", 400)]
)
async def test_bogus_links_lead_nowhere(terms, status):
    """A link of a query that is not kept is a 404, one without a page a 400."""
    async with Gateway() as gateway:
        answer = await gateway.get(f"{DETAILS}?{terms}")
    assert answer.status_code == answer.json()["status"] == status


async def test_users_can_be_chosen():
    """A filter leaves only its users; unknown ids have no rows; without names in the question none come."""
    chosen = CENTRE.agents[0].id
    async with Gateway(hours=2) as gateway:
        body = asking(filter={"type": "user", "ids": [chosen, "nobody"]}, select=["id"])
        entities = await everything(gateway, body)
    assert entities
    assert all(one["user"] == {"id": chosen} for one in entities)


async def test_only_asked_metrics_come():
    """Metrics that are not asked for do not come, and no row without any."""
    async with Gateway(hours=2) as gateway:
        entities = await everything(gateway, asking(metrics={"tHold": {}}))
        holds = {(e.agent_id, (e.at - START) // HALF) for e in gateway.entries("tHeldComplete")}
    assert len(entities) == len(holds) > 0
    assert all(set(one["metrics"]) == {"tHold"} for one in entities)


async def test_grouping_by_user_may_be_refused():
    """A gateway that takes only time refuses user with a 400; the view by agent then gives the same rows."""
    async with Gateway(Moods(details_time_only=True), hours=2) as gateway:
        refused = await gateway.post(DETAILS, json=asking())
        entities = await everything(gateway, asking(groupBy=["time"]))
        gateway.moods.details_time_only = False
        usual = await everything(gateway, asking())
    assert_flawed(refused, "groupBy")
    assert entities == usual


async def test_users_may_be_added_up():
    """Grouped by time alone, a mood leaves one row for each interval, without a user."""
    async with Gateway(Moods(details_totals=True), hours=2) as gateway:
        entities = await everything(gateway, asking(groupBy=["time"]))
        talks = gateway.entries("tTalkComplete", end=START + HALF)
    assert len(entities) == 4
    assert all("user" not in one for one in entities)
    assert entities[0]["metrics"]["tHandle"]["sum"] == seconds(talks)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"interval": "PT5M"}, "interval"),
        ({"groupBy": ["user"]}, "groupBy"),
        ({"groupBy": ["queue", "time"]}, "groupBy"),
        ({"metrics": {"tTalk": {}}}, "metrics"),
        ({"metrics": {}}, "metrics"),
        ({"metrics": ["tHandle"]}, "metrics"),
        ({"view": "queue"}, "view"),
        ({"select": ["email"]}, "select"),
        ({"filter": {"type": "queue", "ids": ["x"]}}, "filter.type"),
        ({"filter": {"type": "user", "ids": []}}, "filter.ids"),
        ({"dateTo": wire(START)}, "dateFrom"),
        ({"dateFrom": "yesterday"}, "dateFrom"),
        ({"dateTo": ...}, "dateTo"),
    ],
)
async def test_flawed_questions_are_refused(change, field):
    """A question the guide does not know is a 400 that names the field."""
    async with Gateway() as gateway:
        assert_flawed(await gateway.post(DETAILS, json=asking(**change)), field)
