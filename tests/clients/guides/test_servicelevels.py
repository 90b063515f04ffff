"""Service levels: every page, added up, and a missing numerator is 0."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from monitor.model.errors import PermissionDenied, Unavailable, Unintelligible
from monitor.model.observation import QueueService, ServiceLevels
from tests.clients.guides.gateway import Gateway, a_dialect, hours, soon

pytestmark = pytest.mark.looptime

SUMMARY = "analytics/queues/summary/query"
INTERVAL = hours(0.25)
Page = dict[str, Any]


def page(counts: dict[str, Any], token: object = None) -> Page:
    """Return a page with these counts; a count that is a dict is a row's metrics as they are."""
    rows = [
        {
            "queue": {"id": queue},
            "metrics": count if isinstance(count, dict) else {"conversation.answered": {"count": count}},
        }
        for queue, count in counts.items()
    ]
    return {"entities": rows, **({"pageToken": token} if token is not None else {})}


def by_threshold(pages: dict[int | None, list[Page]]):
    """Return a reply that serves each threshold (ms, None: all) its pages, by their number as token."""

    def reply(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        limit = next((one["value"] for one in asked["filters"] if one["path"] == "waitTime"), None)
        return httpx.Response(200, json=pages[limit][int(asked.get("pageToken", 0))])

    return reply


async def ask(
    pages: dict[int | None, list[Page]], *queues: str, thresholds: tuple[float, ...] = (30.0,)
) -> ServiceLevels:
    """Ask about these queues and get these pages."""
    dialect = a_dialect(Gateway().on(SUMMARY, by_threshold(pages)))
    return await dialect.service_levels(queues, INTERVAL, thresholds, deadline=soon(600))


def service(queue: str, answered: float | None, within: dict[float, float | None]) -> QueueService:
    """Return what one queue did."""
    return QueueService(queue_id=queue, media="all", answered=answered, within=within)


async def test_thresholds_are_asked_one_by_one() -> None:
    """Each threshold has its own query, and its own count."""
    found = await ask(
        {None: [page({"a": 10})], 20000: [page({"a": 4})], 60000: [page({"a": 9})]},
        "a",
        thresholds=(20.0, 60.0),
    )
    assert found.queues == (service("a", 10.0, {20.0: 4.0, 60.0: 9.0}),)
    assert (found.interval, found.unknown, found.oddities) == (INTERVAL, frozenset(), {})


async def test_a_missing_numerator_is_zero() -> None:
    """A queue that answered, but nothing in time, has 0 within the threshold: it is not left out."""
    found = await ask({None: [page({"a": 10, "b": 5})], 30000: [page({"b": 5})]}, "a", "b")
    assert found.queues == (service("a", 10.0, {30.0: 0.0}), service("b", 5.0, {30.0: 5.0}))


async def test_a_queue_on_several_pages_is_added_up() -> None:
    """Counts of one queue on several pages belong together, on both sides."""
    found = await ask(
        {
            None: [page({"a": 3, "b": 1}, "1"), page({"a": 4}, "2"), page({"a": 2})],
            30000: [page({"a": 1}, "1"), page({"a": 1})],
        },
        "a",
        "b",
    )
    assert found.queues == (service("a", 9.0, {30.0: 2.0}), service("b", 1.0, {30.0: 0.0}))


async def test_a_hundred_pages_are_read() -> None:
    """All of a hundred pages count."""
    total = [page({"a": 1}, str(number + 1)) for number in range(99)] + [page({"a": 1})]
    found = await ask({None: total, 30000: [page({})]}, "a")
    assert found.queues == (service("a", 100.0, {30.0: 0.0}),)


async def test_a_repeated_token_is_refused() -> None:
    """A token that comes again would count a page twice, for ever."""
    with pytest.raises(Unintelligible, match="goes in a circle"):
        await ask({None: [page({"a": 1}, "1"), page({"a": 1}, "1")]}, "a")


async def test_pages_without_end_are_refused() -> None:
    """New tokens for ever are given up at the page cap."""
    endless = [page({"a": 1}, str(number + 1)) for number in range(600)]
    with pytest.raises(Unintelligible, match="more than 500 pages"):
        await ask({None: endless}, "a")


async def test_a_failing_page_fails_the_answer() -> None:
    """When the second page of a numerator fails, nothing is answered."""
    first = page({"a": 1}, "1")
    gateway = Gateway().on(SUMMARY, page({"a": 5}), first, 500)
    with pytest.raises(Unavailable):
        await a_dialect(gateway).service_levels(["a"], INTERVAL, (30.0,), deadline=soon())


async def test_the_questions_are_the_guides() -> None:
    """The filter of ids is always sent, waitTime is a number in milliseconds, and tokens go in the body."""
    gateway = Gateway().on(SUMMARY, page({"a": 1}), page({"a": 1}, "next"), page({}))
    await a_dialect(gateway).service_levels(["a"], INTERVAL, (0.5,), deadline=soon())
    total, first, second = gateway.bodies(SUMMARY)
    ids = {"path": "queue.id", "condition": "in", "values": ["a"]}
    assert total == {
        "dateRange": {"startDate": "2026-11-21T09:00:00.000Z", "endDate": "2026-11-21T09:15:00.000Z"},
        "groupings": ["queue"],
        "metrics": ["conversation.answered"],
        "filters": [ids],
        "pageSize": 250,
    }
    assert first["filters"] == [ids, {"path": "waitTime", "condition": "<=", "value": 500}]
    assert "pageToken" not in first
    assert second == {**first, "pageToken": "next"}


async def test_many_queues_are_asked_in_batches() -> None:
    """At most 200 ids go in a query, and all of them are answered."""
    gateway = Gateway().on(SUMMARY, page({"q0": 1}), page({"q0": 1}), page({"q200": 2}), page({}))
    queues = [f"q{index}" for index in range(201)]
    found = await a_dialect(gateway).service_levels(queues, INTERVAL, (30.0,), deadline=soon())
    assert [len(body["filters"][0]["values"]) for body in gateway.bodies(SUMMARY)] == [200, 200, 1, 1]
    assert found.queues == (service("q0", 1.0, {30.0: 1.0}), service("q200", 2.0, {30.0: 0.0}))


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (None, "null"),
        (-1, "negative"),
        ("7", "malformed"),
        ({"conversation.answered": None}, "malformed"),
        ({"conversation.answered": {}}, "malformed"),
    ],
)
async def test_a_count_that_is_none_is_unknown(count: object, reason: str) -> None:
    """A count that is none makes the sum over all pages unknown, in the numerator or in the denominator."""
    found = await ask({None: [page({"a": 5})], 30000: [page({"a": 1}, "1"), page({"a": count})]}, "a")
    assert found.queues == (service("a", 5.0, {30.0: None}),)
    assert found.oddities == {("conversation.answered", reason): 1}
    found = await ask({None: [page({"a": 5}, "1"), page({"a": count})], 30000: [page({"a": 1})]}, "a")
    assert found.queues == (service("a", None, {30.0: 1.0}),)


async def test_an_absent_count_is_zero() -> None:
    """A row that does not mention the metric answered nothing."""
    found = await ask({None: [page({"a": {}})], 30000: [page({})]}, "a")
    assert found.queues == (service("a", 0.0, {30.0: 0.0}),)


async def test_unreadable_rows_make_their_queue_unknown() -> None:
    """A queue whose figures cannot be read at all has no row and is named as unknown."""
    broken = {"entities": [{"queue": {"id": "a"}, "metrics": 5}]}
    found = await ask({None: [page({"a": 5}, "1"), broken], 30000: [page({"a": 5})]}, "a")
    assert (found.queues, found.unknown) == ((), frozenset({"a"}))
    assert found.oddities == {("metrics", "malformed"): 1}
    found = await ask({None: [page({"a": 5})], 30000: [broken]}, "a")
    assert found.queues == (service("a", 5.0, {30.0: None}),)


async def test_impossible_figures_are_unknown() -> None:
    """More in time than at all, or in time without having answered, is no figure."""
    found = await ask({None: [page({"a": 5})], 30000: [page({"a": 6, "b": 1, "c": 0})]}, "a", "b", "c")
    assert found.queues == (service("a", 5.0, {30.0: None}),)
    assert found.unknown == {"b"}
    assert found.oddities == {("conversation.answered", "inconsistent"): 1, ("queue", "inconsistent"): 1}


async def test_strangers_are_counted() -> None:
    """A queue nobody asked about is left out."""
    found = await ask({None: [page({"a": 5, "x": 5})], 30000: [page({"x": 5})]}, "a")
    assert found.queues == (service("a", 5.0, {30.0: 0.0}),)
    assert found.oddities == {("queue", "unasked"): 2}


@pytest.mark.parametrize(
    "answer", [{}, {"entities": None}, {"entities": [{"metrics": {}}]}, {"entities": [], "pageToken": 5}]
)
async def test_an_unusable_answer_is_loud(answer: Page) -> None:
    """A list that is none, a row without queue, or a token that is none: Unintelligible."""
    with pytest.raises(Unintelligible):
        await ask({None: [answer]}, "a")


async def test_403_names_the_scope() -> None:
    """A 403 names the scope of this question."""
    with pytest.raises(PermissionDenied, match="analytics:query:view"):
        await a_dialect(Gateway().on(SUMMARY, 403)).service_levels(["a"], INTERVAL, (30.0,), deadline=soon())
