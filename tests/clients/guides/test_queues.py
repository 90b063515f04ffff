"""Realtime statistics: every division, seconds, and unknown where the gateway says nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import httpx
import pytest

from monitor.model.errors import PermissionDenied, Refused, Unavailable, Unintelligible
from monitor.model.observation import Averages, Interactions, Staffing
from tests.clients.guides.gateway import Answer, Gateway, a_dialect, soon

pytestmark = pytest.mark.looptime

STATS = "analytics/stats/queues"
FIGURES: dict[str, Any] = {
    "queue/waiting/count": 3,
    "queue/agentsAvailable/count": 2,
    "queue/agentsBusy/count": 4,
    "queue/avgHandleTime": 183500,
    "queue/avgWaitTime": 0,
}


def stats(*divisions: dict[str, Any]) -> Answer:
    """Return an answer with one division per mapping of queue id to metrics."""
    return {
        "divisions": [
            {"id": f"d{index}", "queues": [{"id": queue, "metrics": it} for queue, it in queues.items()]}
            for index, queues in enumerate(divisions)
        ]
    }


async def ask(answer: Answer, *queues: str):
    """Ask about these queues and get this answer."""
    return await a_dialect(Gateway().on(STATS, answer)).queues(queues, deadline=soon())


async def test_figures_are_read_in_seconds() -> None:
    """Counts stay, milliseconds become seconds, and an average of 0 is 0."""
    seen = await ask(stats({"q": FIGURES}), "q")
    assert seen.interactions == (Interactions(queue_id="q", media="all", waiting=3.0),)
    assert seen.staffing == (Staffing(queue_id="q", available=2.0, busy=4.0),)
    assert seen.averages == (Averages(queue_id="q", handle=183.5, wait=0.0),)
    assert seen.oddities == {}


async def test_every_division_and_queue_is_read() -> None:
    """Queues of all divisions arrive, in the order asked."""
    seen = await ask(stats({"b": FIGURES, "c": FIGURES}, {}, {"a": FIGURES}), "a", "b", "c")
    assert [one.queue_id for one in seen.interactions] == ["a", "b", "c"]
    assert all(one.waiting == 3 for one in seen.interactions)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "null"),
        ("3", "malformed"),
        (True, "malformed"),
        ([], "malformed"),
        (-1, "negative"),
        (1e16, "implausible"),
        (10**400, "not_finite"),
    ],
)
async def test_a_value_that_is_none_is_unknown_and_counted(value: object, reason: str) -> None:
    """A value that is no figure makes that figure unknown, is counted, and spoils no other."""
    seen = await ask(stats({"q": {**FIGURES, "queue/waiting/count": value}}), "q")
    assert seen.interactions[0].waiting is None
    assert seen.staffing[0].busy == 4
    assert seen.oddities == {("queue/waiting/count", reason): 1}


async def test_a_value_that_is_not_finite_is_unknown() -> None:
    """NaN is no JSON and no figure, but the rest of the answer is read."""
    body = b'{"divisions": [{"queues": [{"id": "q", "metrics": {"queue/waiting/count": NaN, "x": 1}}]}]}'
    seen = await ask(httpx.Response(200, content=body), "q")
    assert seen.interactions[0].waiting is None
    assert seen.oddities == {("queue/waiting/count", "not_finite"): 1}


async def test_an_absent_metric_is_unknown_and_not_odd() -> None:
    """The guides say that an absent metric is unknown: it is no 0, and no oddity."""
    seen = await ask(stats({"q": {"queue/agentsBusy/count": 0}}), "q")
    assert seen.interactions[0].waiting is None
    assert seen.staffing[0] == Staffing(queue_id="q", available=None, busy=0.0)
    assert seen.averages[0] == Averages(queue_id="q", handle=None, wait=None)
    assert seen.oddities == {}


async def test_a_missing_queue_is_unknown_and_counted() -> None:
    """A queue that was asked for and is not answered has unknown figures."""
    seen = await ask(stats({"q": FIGURES}), "q", "gone")
    assert seen.interactions[1] == Interactions(queue_id="gone", media="all", waiting=None)
    assert seen.staffing[1] == Staffing(queue_id="gone", available=None, busy=None)
    assert seen.oddities == {("queue", "missing"): 1}


async def test_odd_rows_are_counted() -> None:
    """Queues nobody asked about, repeated ones, divisions and metrics that are none: counted by field."""
    answer = stats({"q": FIGURES, "stranger": FIGURES, "spoilt": 5}, {"q": {"queue/waiting/count": 9}})
    assert isinstance(answer, dict)
    answer["divisions"].append({"id": "empty", "queues": None})
    seen = await ask(answer, "q", "spoilt")
    assert [one.waiting for one in seen.interactions] == [3.0, None]
    assert seen.oddities == {
        ("queue", "unasked"): 1,
        ("queue", "repeated"): 1,
        ("metrics", "malformed"): 1,
        ("division", "malformed"): 1,
    }


@pytest.mark.parametrize(
    "answer",
    [
        stats({"stranger": FIGURES}),
        stats(),
        {},
        {"divisions": {}},
        {"divisions": [5]},
        {"divisions": [{"queues": [{"metrics": FIGURES}]}]},
        httpx.Response(200, content=b"[]"),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"[" * 100_000),
    ],
)
async def test_an_unusable_answer_is_loud(answer: Answer) -> None:
    """Not JSON, another shape, a queue without id, or none of the queues asked about: Unintelligible."""
    with pytest.raises(Unintelligible):
        await ask(answer, "q")


async def test_batches_of_200_a_tenth_of_a_second_apart() -> None:
    """At most 200 ids go in a request, and requests stay under ten a second."""
    ids = [f"q{index}" for index in range(401)]
    gateway = Gateway().on(STATS, stats(dict.fromkeys(ids, FIGURES)))
    seen = await a_dialect(gateway).queues(ids, deadline=soon())
    assert [len(body["queues"]) for body in gateway.bodies(STATS)] == [200, 200, 1]
    assert all(later - earlier >= 0.1 for earlier, later in pairwise(gateway.times[STATS]))
    assert len(seen.interactions) == len(seen.staffing) == len(seen.averages) == 401


async def test_the_question_is_the_guides() -> None:
    """The body asks for the five aggregates in real time."""
    gateway = Gateway().on(STATS, stats({"q": FIGURES}))
    await a_dialect(gateway).queues(["q"], deadline=soon())
    assert gateway.bodies(STATS) == [
        {"intervalType": "realtime", "queues": ["q"], "aggregates": list(FIGURES)}
    ]


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [(403, PermissionDenied, "analytics:stats:read"), (400, Refused, "400"), (500, Unavailable, "500")],
)
async def test_errors_keep_their_class(status: int, error: type[Exception], said: str) -> None:
    """A 403 names the scope; every other error is what the transport says."""
    with pytest.raises(error, match=said):
        await ask(status, "q")


async def test_a_failing_batch_fails_the_poll() -> None:
    """There is no half of an answer."""
    ids = [f"q{index}" for index in range(201)]
    gateway = Gateway().on(STATS, stats(dict.fromkeys(ids, FIGURES)), 500)
    with pytest.raises(Unavailable):
        await a_dialect(gateway).queues(ids, deadline=soon())
