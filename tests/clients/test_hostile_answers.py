"""Answers made to break a reader: whatever comes, only a PlatformError may come out of a decoder."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
import pytest

from monitor.clients.guides.decode import agents as guides_agents
from monitor.clients.guides.decode import directory as guides_directory
from monitor.clients.guides.decode import queues as guides_queues
from monitor.clients.guides.decode import servicelevels as guides_levels
from monitor.clients.guides.decode import strategies as guides_strategies
from monitor.clients.guides.decode import workitems as guides_workitems
from monitor.clients.guides.decode.servicelevels import Answered
from monitor.clients.guides.decode.workitems import Asked as AskedItems
from monitor.clients.platform import bodies
from monitor.clients.platform.decode import jobs, people, service, tasks
from monitor.clients.platform.decode.directory import directory_page
from monitor.clients.platform.decode.limits import limit
from monitor.clients.platform.decode.observations import observations
from monitor.clients.platform.decode.strategies import strategies
from monitor.clients.platform.decode.utilization import utilization
from monitor.model.errors import PlatformError, Unintelligible
from monitor.model.observation import Interactions
from tests.builders import ANY, SUPPORT, a_transport, loop_time
from tests.clients.aggregates import ADA, NINE, QUARTER, SPAN, bucket, group, metric

ROUNDS = 2500
"""Mutated answers per decoder; a third of the mutations are of bytes, the rest of values."""
Read = Callable[[bytes], object]
ASKED = service.Asked(
    queue_ids=frozenset({SUPPORT}), interval=QUARTER, views={"answeredWithin30s": 30.0}, named=False
)
ITEMS = AskedItems(
    queues=(SUPPORT,), segment=QUARTER, interval=QUARTER, bucket=900.0, zone=ZoneInfo("Europe/London")
)
START = NINE.timestamp() * 1000

ODD: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    0.5,
    1e308,
    5e-324,
    10**400,
    -(10**30),
    float("nan"),
    float("inf"),
    float("-inf"),
    "",
    "x",
    "\ud800",
    "\u0000",
    "\u202e",
    "a" * 5000,
    "{0}",
    "2026-13-99T99:99",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59Z/9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+14:00/9999-12-31T00:00:00Z",
    "http://[::1",
    "//x",
    "/../..",
    [],
    [None],
    [[]],
    {},
    {"\ud800": "\ud800"},
    {"id": None},
)
EVIL = (
    b"\xff",
    b"\xed\xa0\x80",
    b"\x00",
    b"[" * 20_000,
    b"9" * 5000,
    b"NaN",
    b"1e999",
    b"\\ud800",
    b'"',
    b"}",
)


def within(body: bytes) -> object:
    """Read an answer to the guides' question and join it to itself."""
    page = guides_levels.answered_page(body, {SUPPORT})
    counts = Answered()
    counts.add(page)
    return guides_levels.service_levels(QUARTER, counts, {30.0: counts}, [page.oddities])


def worked(body: bytes) -> object:
    """Read how long agents worked, and join it."""
    page = guides_agents.use_page(body, QUARTER, 900.0, names=True)
    return guides_agents.utilization(QUARTER, 900.0, [page])


def evaluated(body: bytes) -> object:
    """Read the results of an evaluation, and join them."""
    page = guides_strategies.result_page(body, {"Best"}, 1)
    return guides_strategies.strategies(QUARTER, [page, page])


def levels(body: bytes) -> object:
    """Read service levels of two pages, with thresholds of another answer."""
    first = service.service_levels([body, body], ASKED)
    return service.joined(first, [(service.service_levels([body], ASKED), (30.0,))])


QUEUE = {
    "id": SUPPORT,
    "name": "Support",
    "division": {"id": "home", "name": "Home"},
    "mediaSettings": {"call": {"serviceLevel": {"percentage": 0.8, "durationMs": 20000}}},
}
CONVERSATIONS = {
    "results": [
        group(
            bucket(
                metric("tAnswered", count=36, sum=894312),
                metric("tHandle", count=35, sum=12903000),
                metric("tAcw", count=3, sum=10),
                metric("tHeldComplete", count=3, sum=10),
                metric("tAgentRoutingStatus", "IDLE", sum=1000),
                metric("oServiceLevel", numerator=27, denominator=41, ratio=0.66),
                metric("oWorkitemsServiceLevel", numerator=27, denominator=41),
                views={"answeredWithin30s": 29},
            ),
            queueId=SUPPORT,
            mediaType="voice",
            userId=ADA,
            usedRouting="Standard",
        )
    ]
    * 2
}
LIVE = {
    "results": [
        {
            "group": {"queueId": SUPPORT, **({"mediaType": "voice"} if media else {})},
            "data": [
                metric("oWaiting", count=3),
                metric("oInteracting", count=3),
                metric("oLongestWaiting", calculatedMetricValue=START),
                metric("oUserRoutingStatuses", "IDLE", count=3),
                metric("oUserPresences", "6a3af858", count=3),
                metric("oWorkitemsUnassigned", count=3),
                metric("oWorkitemsAssigned", count=3),
                metric("oWorkitemOldestUnassigned", count=1, max=5000),
            ],
        }
        for media in (True, False)
    ],
    "systemToOrganizationMappings": {"AVAILABLE": ["6a3af858"]},
}
SUMMARY = {
    "entities": [{"queue": {"id": SUPPORT}, "metrics": {"conversation.answered": {"count": 3}}}],
    "pageToken": "next",
}
DETAILS = {
    "entities": [
        {
            "user": {"id": ADA, "name": "Ada"},
            "time": NINE.isoformat(),
            "metrics": {name: {"sum": 60} for name in ("tHandle", "tAcw", "tHold")},
        }
    ],
    "nextPage": "next",
}
STATS = {
    "divisions": [
        {
            "queues": [
                {
                    "id": SUPPORT,
                    "metrics": {
                        "queue/waiting/count": 3,
                        "queue/agentsBusy/count": 1,
                        "queue/avgWaitTime": 5,
                    },
                }
            ]
        }
    ]
}
CHUNK = {
    "data": [
        {
            "queue.id": SUPPORT,
            "timeBucket": NINE.isoformat(),
            "workitem.sla.met.count": 1,
            "workitem.sla.notMet.count": 1,
            "workitem.assigned.count": 7,
        }
    ]
}
RESULTS = {
    "entities": [
        {
            "entityId": "Best",
            "metrics": [{"metricId": "handledCalls", "value": 3}, {"metricId": "x", "value": 1}],
        }
    ],
    "paging": {"nextPage": "token", "pageCount": 2},
}
STATE = {"queryId": "a", "status": "done", "chunks": [{"downloadUrl": "/1"}], "errorCode": "none"}

READERS: dict[str, tuple[object, Read]] = {
    "directory": ({"entities": [QUEUE], "pageCount": 1, "total": 1}, directory_page),
    "limits": ({"entities": [{"key": "token.rate.per.minute", "value": 300}]}, limit),
    "observations": (LIVE, lambda body: observations(body, [SUPPORT], NINE + timedelta(minutes=1))),
    "service": (CONVERSATIONS, levels),
    "utilization": (CONVERSATIONS, lambda body: utilization([body, body], QUARTER, 900.0, ())),
    "strategies": (CONVERSATIONS, lambda body: strategies([body, body], QUARTER, ())),
    "statuses": (CONVERSATIONS, lambda body: people.statuses(body, [ADA])),
    "names": ({"entities": [{"id": ADA, "name": "Ada"}], "pageCount": 1}, people.names),
    "workitems": (CONVERSATIONS, lambda body: tasks.workitems(body, {SUPPORT}, QUARTER, named=True)),
    "states": (LIVE, lambda body: tasks.state(body, SUPPORT, NINE)),
    "job": ({"jobId": "a", "errorMessage": ""}, lambda body: quote(jobs.job_id(body), safe="")),
    "fulfilled": ({"state": "RUNNING", "errorMessage": "no"}, jobs.fulfilled),
    "cursor": ({"cursor": "a", "results": []}, lambda body: bodies.results_page(jobs.cursor(body))),
    "guides queues": (STATS, lambda body: guides_queues.observations([body, body], [SUPPORT])),
    "guides service levels": (SUMMARY, within),
    "guides agents": (DETAILS, worked),
    "guides directory": ({"entities": [QUEUE], "pageCount": 1, "total": 1}, guides_directory.queue_page),
    "guides strategies": (
        {"entities": [{"id": "Best", "status": "active"}], "pageCount": 1},
        guides_directory.strategy_page,
    ),
    "guides job": ({"jobId": "a"}, lambda body: quote(guides_strategies.job_id(body), safe="")),
    "guides job state": ({"status": "failed", "failureReason": "no"}, guides_strategies.job_state),
    "guides results": (RESULTS, evaluated),
    "guides query": (STATE, lambda body: quote(guides_workitems.query_id(body), safe="")),
    "guides query state": (STATE, guides_workitems.query_state),
    "guides chunk": (
        CHUNK,
        lambda body: guides_workitems.workitems(QUARTER, [guides_workitems.chunk(body, ITEMS)] * 2),
    ),
}


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a tree, as a holder and a key."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(pairs):
        yield node, key
        yield from places(value)


def with_odd_values(good: object, random: Random) -> bytes:
    """Return the answer with some values or names replaced, removed or repeated."""
    tree: Any = [copy.deepcopy(good)]
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        holder, key = random.choice(list(places(tree)))
        turn = random.random()
        if turn < 0.7:
            holder[key] = copy.deepcopy(random.choice(ODD))
        elif turn < 0.8 and holder is not tree:
            del holder[key]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            holder[str(random.choice(ODD))] = copy.deepcopy(holder[key])
    return json.dumps(tree[0]).encode()


def with_odd_bytes(good: object, random: Random) -> bytes:
    """Return the answer with some bytes replaced, cut or put in."""
    body = bytearray(json.dumps(good).encode())
    for _ in range(random.choice((1, 1, 2, 8))):
        at = random.randrange(len(body) + 1)
        turn = random.random()
        if turn < 0.4:
            body[at : at + 1] = bytes([random.randrange(256)])
        elif turn < 0.5:
            del body[at : at + random.randrange(40)]
        else:
            body[at : at + random.choice((0, 0, 1, 5))] = random.choice(EVIL)
    return bytes(body)


def hostile(good: object, seed: str, rounds: int = ROUNDS) -> Iterator[bytes]:
    """Yield mutated answers, the same ones for the same seed."""
    random = Random(seed)
    for _ in range(rounds):
        mutate = with_odd_bytes if random.random() < 1 / 3 else with_odd_values
        yield mutate(good, random)


@pytest.mark.parametrize("name", READERS)
def test_only_a_platform_error_comes_out(name: str) -> None:
    """A mutated answer is read or refused; no decoder lets another exception through."""
    good, read = READERS[name]
    read(json.dumps(good).encode())
    refused = 0
    for body in hostile(good, name):
        try:
            read(body)
        except PlatformError as error:
            refused += 1
            str(error).encode()
    assert 0 < refused < ROUNDS


@pytest.mark.looptime
@pytest.mark.parametrize("status", [200, 400])
async def test_no_token_answer_is_a_bug(status: int) -> None:
    """Whatever the login host says, with success or without, is a token or a PlatformError."""
    good = {"access_token": "t", "expires_in": 60, "error": "invalid", "error_description": "no"}
    refused = 0
    for body in hostile(good, "token", 400):
        answer = httpx.Response(status, content=body)

        def reply(request: httpx.Request, answer: httpx.Response = answer) -> httpx.Response:
            return answer if request.url.path == "/oauth/token" else httpx.Response(200)

        try:
            await a_transport(reply).call(ANY, deadline=loop_time() + 10)
        except PlatformError:
            refused += 1
    assert refused > 0


@pytest.mark.looptime
async def test_no_error_body_is_a_bug() -> None:
    """Whatever an error says is told on one line, or left out."""
    good = {
        "message": "no",
        "code": "bad",
        "contextId": "c",
        "errors": [{"field": "interval", "message": "odd"}],
        "details": [{"fieldName": "interval", "errorCode": "odd"}],
    }
    for body in hostile(good, "error", 800):

        def reply(request: httpx.Request, body: bytes = body) -> httpx.Response:
            if request.url.path == "/oauth/token":
                return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
            return httpx.Response(400, content=body)

        with pytest.raises(PlatformError) as caught:
            await a_transport(reply).call(ANY, deadline=loop_time() + 10)
        assert "\n" not in str(caught.value)
        str(caught.value).encode()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("observations", "voice"),
        ("service", "voice"),
        ("states", "oWorkitemsAssigned"),
        ("cursor", "a"),
        ("directory", "Support"),
        ("guides chunk", "queue.id"),
    ],
)
def test_bytes_that_are_not_utf_8_are_no_answer(name: str, text: str) -> None:
    """A Latin-1 letter in a text that is read is not what JSON is written in."""
    good, read = READERS[name]
    body = json.dumps(good).replace(f'"{text}"', f'"{text}\xe9"').encode("latin-1")
    with pytest.raises(Unintelligible):
        read(body)


def test_half_a_surrogate_pair_hides_only_itself() -> None:
    """Where a group or a mapping has text that is none, everything else of the answer is still read."""
    answer: Any = copy.deepcopy(LIVE)
    answer["results"][0]["group"]["\ud800"] = "\ud800"
    answer["results"].append({"group": {"queueId": "\ud800"}, "data": [metric("oWaiting", count=5)]})
    answer["systemToOrganizationMappings"]["\ud800"] = ["\ud800"]
    answer["more"] = "\ud800"
    found = observations(json.dumps(answer).encode(), [SUPPORT], NINE)
    (one,) = found.interactions
    assert isinstance(one, Interactions)
    assert one.waiting == 3
    assert found.staffing[0].available == 3


@pytest.mark.parametrize("read", [jobs.job_id, jobs.cursor])
@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
def test_what_cannot_be_sent_back_is_refused(read: Read, text: str) -> None:
    """A job's id or the name of its next page that no address can hold is no answer."""
    with pytest.raises(Unintelligible):
        read(json.dumps({"jobId": text, "cursor": text}).encode())


@pytest.mark.parametrize("value", ["\ud800", "a\udfff"])
def test_a_next_page_of_results_that_cannot_be_sent_back_is_refused(value: str) -> None:
    """The same for the results of an evaluation, whose token goes into an address."""
    with pytest.raises(Unintelligible):
        evaluated(json.dumps({"entities": [], "pageToken": value}).encode())


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("field", ["pageCount", "total"])
def test_a_directory_without_a_length_is_refused(field: str, number: str) -> None:
    """Without an end nobody can say that the list is whole."""
    with pytest.raises(Unintelligible):
        directory_page(f'{{"entities": [], "{field}": {number}}}'.encode())


@pytest.mark.parametrize(
    ("number", "seconds"), [("Infinity", None), ("NaN", None), ("-1", None), ("20000", 20)]
)
def test_a_target_without_end_is_unknown(number: str, seconds: float | None) -> None:
    """A target's length is a number of seconds or unknown."""
    level = f'{{"serviceLevel": {{"percentage": 0.8, "durationMs": {number}}}}}'
    body = f'{{"entities": [{{"id": "q", "mediaSettings": {{"call": {level}}}}}], "x": NaN}}'
    (target,) = directory_page(body.encode()).queues[0].targets
    assert (target.ratio, target.seconds) == (0.8, seconds)


def test_the_good_answers_are_read_whole() -> None:
    """The fuzz begins with answers in which nothing is odd, so that it reaches every branch behind them."""
    found = service.service_levels([json.dumps(CONVERSATIONS).encode()], ASKED)
    assert found.oddities == {}
    assert found.queues[0].within == {30.0: 58}
    assert SPAN in json.dumps(CONVERSATIONS)
