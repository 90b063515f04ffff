"""Routing strategies: confirmed, submitted, polled to an end, and every page of results."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.model.errors import JobFailed, PermissionDenied, Refused, Unavailable, Unintelligible
from monitor.model.interval import Interval
from monitor.model.observation import Strategies, StrategyUse
from tests.builders import EPOCH, loop_time
from tests.clients.guides.gateway import DAY, Answer, Gateway, JobTelemetry, a_dialect, hours, soon

pytestmark = pytest.mark.looptime

LIST, QUERY = "routing/strategies", "analytics/routing/strategies/query"
JOB, RESULTS = "analytics/jobs/j1", "analytics/jobs/j1/results"
KNOWN: dict[str, Any] = {
    "entities": [
        {"id": "best", "active": True},
        {"id": "plain"},
        {"id": "idle", "state": "inactive"},
        {"id": "off", "active": False},
    ]
}


def entity(strategy: str, **values: Any) -> dict[str, Any]:
    """Return one row of results."""
    metrics = [{"metricId": name, "value": value} for name, value in values.items()]
    return {"entityId": strategy, "metrics": metrics}


def page(*entities: Any, **paging: Any) -> dict[str, Any]:
    """Return one page of results."""
    return {"entities": list(entities), **paging}


def gateway(*results: Answer, states: tuple[Answer, ...] = ({"status": "completed"},)) -> Gateway:
    """Return a gateway whose job passes through these states and has these pages of results."""
    return Gateway().on(LIST, KNOWN).on(QUERY, {"jobId": "j1"}).on(JOB, *states).on(RESULTS, *results)


async def ask(asked: Gateway, *wanted: str, seconds: float = 60, **options: Any) -> Strategies:
    """Ask how these strategies did in an hour."""
    return await a_dialect(asked, **options).strategies(wanted, hours(1), deadline=soon(seconds))


async def test_an_evaluation_runs_to_its_end() -> None:
    """Submitted, polled while it is queued and running, and its results read; visible in telemetry."""
    telemetry = JobTelemetry()
    states = ({"status": "queued"}, {"status": "running"}, {"status": "completed"})
    rows = page(entity("best", handledCalls=8, avgSpeedOfAnswer=12.5, abandonedCalls=0))
    found = await ask(gateway(rows, states=states), "best", telemetry=telemetry)
    use = StrategyUse(strategy="best", handled=8.0, answer_seconds=12.5, abandoned=0.0)
    assert found == Strategies(interval=hours(1), strategies=(use,))
    assert [state for *_, state in telemetry.jobs] == [
        "submitted",
        "polling",
        "downloading",
        "aggregating",
        "done",
    ]


async def test_the_question_is_the_guides() -> None:
    """Exactly the three metrics are asked for, by strategy and day, with milliseconds in the dates."""
    asked = gateway(page())
    await ask(asked, "plain", "best", "plain")
    assert asked.bodies(QUERY) == [
        {
            "strategyIds": ["plain", "best"],
            "metricTypes": ["handledCalls", "avgSpeedOfAnswer", "abandonedCalls"],
            "timeGroup": "byDay",
            "interval": "P1D",
            "from": "2026-11-21T09:00:00.000Z",
            "to": "2026-11-21T10:00:00.000Z",
            "groupBys": ["strategyId"],
            "async": True,
        }
    ]


async def test_none_named_means_all_active_ones() -> None:
    """Without names every strategy in use is evaluated, and no other."""
    asked = gateway(page())
    await ask(asked)
    assert asked.bodies(QUERY)[0]["strategyIds"] == ["best", "plain"]


async def test_none_active_asks_nothing() -> None:
    """Where no strategy is in use there is nothing to submit."""
    asked = gateway(page()).on(LIST, {"entities": []})
    assert (await ask(asked)).strategies == ()
    assert not asked.asked[QUERY]


async def test_unknown_and_inactive_strategies_are_named() -> None:
    """Strategies that cannot be evaluated are refused by id, before anything is submitted."""
    asked = gateway(page())
    with pytest.raises(Refused) as caught:
        await ask(asked, "best", "idle", "gone", "off")
    assert "idle is inactive, gone is unknown, off is inactive" in str(caught.value)
    assert not asked.asked[QUERY]


async def test_every_page_of_the_list_confirms() -> None:
    """A strategy on the second page of the list is known."""
    first = {"entities": [], "pageCount": 2}
    second = {"entities": [{"id": "far"}], "pageCount": 2}
    asked = gateway(page()).on(LIST, first, second)
    await ask(asked, "far")
    assert [request.url.params["pageNumber"] for request in asked.asked[LIST]] == ["1", "2"]


async def test_too_long_a_span_is_not_sent() -> None:
    """More than 30 days are refused before anything is asked."""
    asked = gateway(page())
    with pytest.raises(Refused, match="at most 30"):
        await a_dialect(asked).strategies(["best"], Interval(EPOCH, EPOCH + 31 * DAY), deadline=soon())
    assert not asked.asked


async def test_either_name_of_the_job_id_is_taken() -> None:
    """Some gateways call the job's id `id`."""
    asked = gateway(page()).on(QUERY, {"id": "j1"})
    assert (await ask(asked, "best")).strategies == ()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"status": "failed", "failureReason": "out of memory\n"}, "failed: out of memory"),
        ({"status": "failed"}, "failed: no failureReason"),
    ],
)
async def test_a_failure_says_why(state: dict[str, Any], said: str) -> None:
    """The failureReason is part of the error, on one line."""
    telemetry = JobTelemetry()
    with pytest.raises(JobFailed, match=said):
        await ask(gateway(page(), states=(state,)), "best", telemetry=telemetry)
    assert telemetry.jobs[-1][-1] == "failed"


async def test_polling_ends() -> None:
    """A job that never ends is given up after 15 minutes, or at the deadline if that is sooner."""
    running: tuple[Answer, ...] = ({"status": "running"},)
    started = loop_time()
    with pytest.raises(JobFailed, match="not ready after 900 s"):
        await ask(gateway(page(), states=running), "best", seconds=3600)
    assert 900 <= loop_time() - started < 901
    with pytest.raises(Unavailable, match="at the deadline"):
        await ask(gateway(page(), states=running), "best", seconds=100)


@pytest.mark.parametrize(
    ("first", "asked_next"),
    [
        ({"pageCount": 2, "pageNumber": 1}, {"pageSize": "250", "pageNumber": "2"}),
        ({"paging": {"pageCount": 2}}, {"pageSize": "250", "pageNumber": "2"}),
        ({"pageToken": "a&b"}, {"pageSize": "250", "pageToken": "a&b"}),
        ({"paging": {"nextPage": "abc"}}, {"pageSize": "250", "pageToken": "abc"}),
        ({"nextPage": f"/api/v2/{RESULTS}?x=1"}, {"x": "1"}),
        ({"nextPageLink": f"https://api.example.org/api/v2/{RESULTS}?x=1"}, {"x": "1"}),
        ({"nextUri": f"/api/v2/{RESULTS}?x=1"}, {"x": "1"}),
    ],
)
async def test_every_page_of_results_is_read(first: dict[str, Any], asked_next: dict[str, str]) -> None:
    """However the next page is named, it is read."""
    asked = gateway(page(entity("best", handledCalls=1), **first), page(entity("plain", handledCalls=2)))
    found = await ask(asked, "best", "plain")
    assert [(use.strategy, use.handled) for use in found.strategies] == [("best", 1.0), ("plain", 2.0)]
    assert dict(asked.asked[RESULTS][1].url.params) == asked_next


async def test_a_hundred_pages_of_results_are_read() -> None:
    """All of a hundred pages count."""
    found = await ask(gateway(page(entity("best", handledCalls=1), pageCount=100)), "best")
    assert found.strategies[0].handled == 100


@pytest.mark.parametrize(
    ("paging", "said"),
    [
        ({"pageToken": "same"}, "goes in a circle"),
        ({"nextPageLink": "https://evil.example/"}, "another host"),
        ({"pageToken": 5}, "cannot be asked for"),
        ({"pageCount": 10**9}, "more than 500 pages"),
    ],
)
async def test_odd_paging_is_refused(paging: dict[str, Any], said: str) -> None:
    """Loops, other hosts and tokens that are none end the question."""
    with pytest.raises(Unintelligible, match=said):
        await ask(gateway(page(**paging)), "best")


async def test_a_failing_page_fails_the_answer() -> None:
    """There is no half of an evaluation."""
    with pytest.raises(Unavailable):
        await ask(gateway(page(entity("best", handledCalls=1), pageCount=2), 500), "best")


async def test_a_missing_metric_is_unknown() -> None:
    """An absent metric is unknown, as the guides do not say that it is 0; a value that is none is counted."""
    rows = page(
        entity("best", avgSpeedOfAnswer=3, abandonedCalls=None),
        {"entityId": "plain", "metrics": None},
        entity("stranger"),
    )
    found = await ask(gateway(rows), "best", "plain")
    assert found.strategies == (
        StrategyUse(strategy="best", handled=None, answer_seconds=3.0, abandoned=None),
        StrategyUse(strategy="plain", handled=None, answer_seconds=None, abandoned=None),
    )
    assert found.oddities == {
        ("abandonedCalls", "null"): 1,
        ("metrics", "malformed"): 1,
        ("entityId", "unasked"): 1,
    }


async def test_days_are_joined() -> None:
    """Rows of several days add up, the mean speed weighted with what was handled."""
    rows = page(
        entity("best", handledCalls=1, avgSpeedOfAnswer=10, abandonedCalls=1),
        entity("best", handledCalls=3, avgSpeedOfAnswer=20, abandonedCalls=2),
        entity("best", handledCalls=0, abandonedCalls=0),
        entity("plain", handledCalls=1, avgSpeedOfAnswer=None, abandonedCalls=1),
        entity("plain", handledCalls=1, avgSpeedOfAnswer=1),
    )
    assert (await ask(gateway(rows), "best", "plain")).strategies == (
        StrategyUse(strategy="best", handled=4.0, answer_seconds=17.5, abandoned=3.0),
        StrategyUse(strategy="plain", handled=2.0, answer_seconds=None, abandoned=None),
    )


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (LIST, {"entities": [{"name": "x"}]}),
        (QUERY, {}),
        (JOB, {"status": "lost"}),
        (JOB, {}),
        (RESULTS, {}),
        (RESULTS, page({"metrics": []})),
    ],
)
async def test_an_unusable_answer_is_loud(path: str, answer: dict[str, Any]) -> None:
    """Ids that are missing and states the guides do not name: Unintelligible."""
    with pytest.raises(Unintelligible):
        await ask(gateway(page()).on(path, answer), "best")


async def test_403_names_the_scopes() -> None:
    """A 403 names the scopes of this question."""
    with pytest.raises(PermissionDenied, match="analytics:report:read routing:strategy:read"):
        await ask(gateway(page()).on(QUERY, 403), "best")
