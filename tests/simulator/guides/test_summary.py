from collections import Counter
from datetime import timedelta

import pytest

from monitor.simulator.guides.moods import Loop, Moods
from tests.simulator.guides.parts import CENTRE, HOUR, Gateway, assert_flawed, changed, wire
from tests.simulator.parts import START

SUMMARY = "/api/v2/analytics/queues/summary/query"
SUPPORT, BILLING = CENTRE.named("Support Voice").id, CENTRE.named("Billing").id


def queues(*ids):
    """The filter for some queues."""
    return {"path": "queue.id", "condition": "in", "values": list(ids)}


def within(value):
    """The filter for a wait in milliseconds."""
    return {"path": "waitTime", "condition": "<=", "value": value}


def asking(*filters, **change):
    """A question about the hour from START on."""
    body = {
        "dateRange": {"startDate": wire(START), "endDate": wire(START + HOUR)},
        "groupings": ["queue"],
        "metrics": ["conversation.answered"],
        "filters": list(filters),
        "pageSize": 250,
    }
    return changed(body, change)


def rows(answer):
    """(queue id, count) of each entity, in order."""
    return [
        (one["queue"]["id"], one["metrics"]["conversation.answered"]["count"]) for one in answer["entities"]
    ]


async def paged(gateway, body):
    """All pages."""
    pages = [(await gateway.post(SUMMARY, json=body)).json()]
    while "pageToken" in pages[-1]:
        token = pages[-1]["pageToken"]
        pages.append((await gateway.post(SUMMARY, json={**body, "pageToken": token})).json())
    return pages


async def test_answered_conversations_are_counted_by_queue():
    """Every queue's count is the number of its answers in the ledger, whatever the media."""
    async with Gateway(hours=2) as gateway:
        (page,) = await paged(gateway, asking(queues(*CENTRE.by_id)))
        truth = Counter(entry.queue_id for entry in gateway.entries("tAnswered", end=START + HOUR))
    assert dict(rows(page)) == truth
    assert len(page["entities"]) == len(truth) > 5


async def test_waiting_time_limit_includes_itself():
    """With a wait of exactly so many milliseconds a conversation counts, with one less it does not."""
    async with Gateway() as gateway:
        waits = sorted(e.milliseconds or 0 for e in gateway.entries("tAnswered") if e.queue_id == SUPPORT)
        middle = waits[len(waits) // 2]
        at, below = [
            (await gateway.post(SUMMARY, json=asking(queues(SUPPORT), within(limit)))).json()
            for limit in (middle, middle - 1)
        ]
    assert rows(at) == [(SUPPORT, sum(wait <= middle for wait in waits))]
    assert dict(rows(below)).get(SUPPORT, 0) == sum(wait < middle for wait in waits) < rows(at)[0][1]


async def test_only_the_asked_queues_are_there():
    """The queue filter selects; without it all queues are counted; an unknown id is missing."""
    async with Gateway() as gateway:
        some = (await gateway.post(SUMMARY, json=asking(queues(SUPPORT, "nobody")))).json()
        every = (await gateway.post(SUMMARY, json=asking(filters=...))).json()
    assert [queue_id for queue_id, _ in rows(some)] == [SUPPORT]
    assert {SUPPORT, BILLING} < {queue_id for queue_id, _ in rows(every)}


async def test_queue_with_nothing_is_missing():
    """A queue that answered calls but none that fast is missing from the answer, not 0."""
    async with Gateway() as gateway:
        answer = (await gateway.post(SUMMARY, json=asking(queues(SUPPORT), within(0)))).json()
    assert answer == {"entities": []}


async def test_one_queue_is_split_over_two_pages():
    """Pages add up to the whole, and one queue stands on two of them."""
    body = asking(queues(*CENTRE.by_id), pageSize=3)
    async with Gateway() as gateway:
        pages = await paged(gateway, body)
        truth = Counter(entry.queue_id for entry in gateway.entries("tAnswered"))
    counts: Counter[str] = Counter()
    for page in pages:
        assert len(page["entities"]) <= 3
        for queue_id, count in rows(page):
            counts[queue_id] += count
    assert counts == truth
    assert len(pages) > 2
    assert Counter(Counter(queue_id for page in pages for queue_id, _ in rows(page)).values())[2] == 1
    assert rows(pages[0])[-1][0] == rows(pages[1])[0][0]


@pytest.mark.parametrize("moods", [Moods(summary_split=False), Moods.smooth()])
async def test_split_may_be_switched_off(moods):
    """Without the mood every queue stands on one page."""
    async with Gateway(moods) as gateway:
        pages = await paged(gateway, asking(queues(*CENTRE.by_id), pageSize=3))
    seen = [queue_id for page in pages for queue_id, _ in rows(page)]
    assert len(seen) == len(set(seen))


async def test_pages_may_be_smaller_than_asked():
    """A mood limits the rows of a page although 250 are asked for."""
    async with Gateway(Moods(summary_page=4)) as gateway:
        pages = await paged(gateway, asking(queues(*CENTRE.by_id)))
    assert len(pages) > 1
    assert max(len(page["entities"]) for page in pages) == 4


async def test_pages_do_not_shift():
    """What happens after the first page was asked for is not on the second."""
    body = asking(queues(*CENTRE.by_id), pageSize=5)
    body["dateRange"]["endDate"] = wire(START + 2 * HOUR)
    async with Gateway() as gateway:
        first = (await gateway.post(SUMMARY, json=body)).json()
        truth = len(gateway.entries("tAnswered"))
        gateway.clock.move(1800)
        rest = await paged(gateway, {**body, "pageToken": first["pageToken"]})
    assert sum(count for page in (first, *rest) for _, count in rows(page)) == truth


@pytest.mark.parametrize(("loop", "tokens"), [(Loop.SAME, 1), (Loop.FRESH, 5)])
async def test_pages_may_never_end(loop, tokens):
    """A mood gives the same token again and again, or a new one for ever."""
    body, seen = asking(queues(SUPPORT)), set()
    async with Gateway(Moods(summary_loop=loop)) as gateway:
        for _ in range(5):
            token = (await gateway.post(SUMMARY, json=body)).json()["pageToken"]
            seen.add(token)
            body = {**body, "pageToken": token}
    assert len(seen) == tokens


async def test_token_is_good_for_its_own_query_and_a_day():
    """A token with another query, a made-up one and a day-old one are 400s that name it."""
    body = asking(queues(*CENTRE.by_id), pageSize=3)
    async with Gateway() as gateway:
        token = (await gateway.post(SUMMARY, json=body)).json()["pageToken"]
        other = await gateway.post(SUMMARY, json={**body, "pageSize": 4, "pageToken": token})
        bogus = await gateway.post(SUMMARY, json={**body, "pageToken": "bogus.2"})
        gateway.clock.move(timedelta(days=1).total_seconds())
        late = await gateway.post(SUMMARY, json={**body, "pageToken": token})
    for answer in (other, bogus, late):
        assert_flawed(answer, "pageToken")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"filters": [within("30000")]}, "filters[0].value"),
        ({"filters": [queues(SUPPORT), within(True)]}, "filters[1].value"),
        ({"filters": [queues(SUPPORT), {**within(1), "condition": "<"}]}, "filters[1].condition"),
        ({"filters": [{**queues(SUPPORT), "condition": "matches"}]}, "filters[0].condition"),
        ({"filters": [queues()]}, "filters[0].values"),
        ({"filters": [{"path": "media"}]}, "filters[0].path"),
        ({"filters": {}}, "filters"),
        ({"filters": ["queue.id"]}, "filters[0]"),
        ({"pageSize": 251}, "pageSize"),
        ({"pageSize": 0}, "pageSize"),
        ({"pageSize": "250"}, "pageSize"),
        ({"pageToken": 2}, "pageToken"),
        ({"groupings": ["user"]}, "groupings"),
        ({"metrics": ["conversation.bogus"]}, "metrics"),
        ({"dateRange": ...}, "dateRange"),
        ({"dateRange": {"startDate": wire(START)}}, "dateRange.endDate"),
        ({"dateRange": {"startDate": wire(START), "endDate": wire(START)}}, "dateRange.startDate"),
        ({"dateRange": {"startDate": "2026-03-02T09:00:00", "endDate": wire(START)}}, "dateRange.startDate"),
    ],
)
async def test_flawed_questions_are_refused(change, field):
    """A question the guide does not know is a 400 that names the field."""
    async with Gateway() as gateway:
        assert_flawed(await gateway.post(SUMMARY, json=asking(**change)), field)
