"""Prism as the judge of what we ask: every request is checked against the platform's OpenAPI document."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from monitor.clients.budget import Budget
from monitor.clients.endpoint import Endpoint
from monitor.clients.platform import agents, bodies, endpoints
from monitor.clients.platform.asking import PlatformDialect
from monitor.clients.platform.decode import jobs, people, tasks
from monitor.clients.platform.decode.directory import directory_page
from monitor.clients.platform.decode.limits import limit
from monitor.clients.platform.decode.observations import observations
from monitor.clients.platform.decode.service import Asked, service_levels
from monitor.clients.tokens import Tokens
from monitor.clients.transport import Transport
from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.errors import Refused, Unintelligible
from monitor.model.interval import Interval
from monitor.model.org import Target
from tests.builders import EPOCH, SALES, SUPPORT, RecordingTelemetry, loop_time
from tests.contracts.prism import Prism, require_document, require_prism

WITHIN = 20.0
QUARTER = Interval(EPOCH, EPOCH + timedelta(minutes=15))
ASKED = Asked(queue_ids=frozenset({SUPPORT}), interval=QUARTER, views={"answeredWithin30s": 30.0})
AGENT = "0d1f7f0e-0000-4000-8000-00000000b001"


@dataclass(frozen=True)
class Stack:
    """The daemon's own client, and what it reports."""

    dialect: PlatformDialect
    http: Http
    telemetry: RecordingTelemetry


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prism]:
    """A running Prism."""
    document, program = require_document(), require_prism()
    with Prism(tmp_path_factory.mktemp("prism"), document=document, program=program) as mock:
        yield mock


@pytest.fixture
async def stack(prism: Prism) -> AsyncIterator[Stack]:
    """The client stack as `app` builds it, login and API at Prism."""
    http, telemetry, clock = Http("queuewatch-tests"), RecordingTelemetry(), SystemClock()
    tokens = Tokens(
        org="acme",
        login_url=prism.url,
        client_id=Secret("client"),
        client_secret=Secret("s3cr3t"),
        http=http,
        telemetry=telemetry,
        random=Random(1),
    )
    transport = Transport(
        org="acme",
        api_url=prism.url,
        http=http,
        tokens=tokens,
        budget=Budget("acme", 150, telemetry),
        clock=clock,
        telemetry=telemetry,
        random=Random(1),
    )
    try:
        yield Stack(PlatformDialect(transport, clock), http, telemetry)
    finally:
        await http.aclose()


def asked(stack: Stack) -> list[tuple[str, str]]:
    """The requests made so far but for the token, as (operation, status)."""
    requests = [(endpoint, status) for _, endpoint, status in stack.telemetry.requests]
    assert requests.pop(0) == ("token", "200")
    return requests


async def test_the_directory_is_asked_and_read(stack: Stack) -> None:
    """Token and directory are asked as the document demands, and its examples are decoded."""
    queues = await stack.dialect.directory(deadline=loop_time() + WITHIN)
    assert [(queue.id, queue.name, queue.division) for queue in queues] == [
        (SUPPORT, "Support - Voice", "Home"),
        (SALES, "Sales - Voice", "Home"),
    ]
    assert Target(media="voice", ratio=0.8, seconds=20.0) in queues[0].targets
    assert asked(stack) == [("queues", "200")]


async def test_observations_are_asked_and_read(stack: Stack) -> None:
    """Observations are asked as the document demands, and its example is decoded."""
    found = await stack.dialect.queues([SUPPORT, SALES], deadline=loop_time() + WITHIN)
    assert found.oddities == {}
    # The example knows the first queue only.
    media = {(figures.queue_id, figures.media): figures for figures in found.interactions}
    assert media.keys() == {(SUPPORT, "voice"), (SUPPORT, "callback")}
    voice, callback = media[SUPPORT, "voice"], media[SUPPORT, "callback"]
    assert (voice.waiting, voice.interacting, voice.alerting) == (3, 7, 1)
    assert voice.longest_wait is not None
    assert voice.longest_interaction is None
    assert (callback.waiting, callback.longest_wait) == (0, 0)
    support, sales = found.staffing
    assert (support.queue_id, sales.queue_id) == (SUPPORT, SALES)
    assert (support.members, support.active, support.on_queue, support.off_queue) == (23, 12, 9, 3)
    assert (support.available, support.busy) == (1, 7)
    assert (support.by_status["OFF_QUEUE"], support.by_status["COMMUNICATING"]) == (14, 0)
    assert (sales.members, sales.active, sales.on_queue, sales.off_queue) == (0, 0, 0, 0)
    assert asked(stack) == [("observations", "200")]


async def test_the_limit_is_asked_and_read(stack: Stack) -> None:
    """The example's limit of a token is 300 requests a minute."""
    assert await stack.dialect.limit(deadline=loop_time() + WITHIN) == 300
    assert asked(stack) == [("limits", "200")]


@pytest.mark.parametrize("queue_ids", [[SUPPORT], [SUPPORT, *map(str, range(200))]])
async def test_service_levels_are_asked_and_read(stack: Stack, queue_ids: list[str]) -> None:
    """Service levels, of named queues or of the whole org, with more thresholds than one query takes."""
    thresholds = [30.0, *range(1, 11)]
    found = await stack.dialect.service_levels(queue_ids, QUARTER, thresholds, deadline=loop_time() + WITHIN)
    (row,) = found.queues
    assert (row.queue_id, row.media, row.offered, row.answered) == (SUPPORT, "voice", 42, 36)
    assert (row.level_met, row.level_counted, row.handled, row.handle_seconds) == (27, 41, 35, 12903)
    assert row.within == {float(threshold): 29.0 if threshold == 30 else 0.0 for threshold in thresholds}
    assert found.oddities == {}
    assert asked(stack) == [("conversation_aggregates", "200")] * 2


async def test_a_job_is_submitted_awaited_and_fetched(stack: Stack) -> None:
    """Long intervals go through a job; the mock's pages never end, because its example names a next one."""
    week = Interval(EPOCH, EPOCH + timedelta(days=7))
    with pytest.raises(Unintelligible, match="goes in a circle"):
        await stack.dialect.service_levels([SUPPORT], week, [30.0], deadline=loop_time() + WITHIN)
    assert asked(stack) == [
        ("conversation_jobs", "202"),
        ("conversation_job", "200"),
        ("conversation_job_results", "200"),
        ("conversation_job_results", "200"),
    ]
    assert [state for _, _, state in stack.telemetry.jobs] == [
        "submitted",
        "polling",
        "downloading",
        "failed",
    ]


async def test_utilization_is_asked_and_read(stack: Stack) -> None:
    """Handle times, statuses and names of named agents are asked as the document demands.

    The mock's example of handle times is one of queues, without an agent: its statuses and users are read.
    """
    found = await stack.dialect.utilization(
        QUARTER, 1800, agents=[AGENT], names=True, status=True, deadline=loop_time() + WITHIN
    )
    assert found.oddities == {("user", "missing"): 1}
    assert found.status == {AGENT: {"INTERACTING": 612, "IDLE": 288}}
    named = await agents.names(stack.dialect.transport, [AGENT], deadline=loop_time() + WITHIN)
    assert named == {AGENT: "Agent One"}
    assert asked(stack) == [("conversation_aggregates", "200"), ("user_aggregates", "200"), ("users", "200")]


async def test_work_items_are_asked_and_read(stack: Stack) -> None:
    """Buckets and the present state of work items are asked as the document demands."""
    found = await stack.dialect.workitems(
        [SUPPORT], QUARTER, 86400, "Europe/London", deadline=loop_time() + WITHIN
    )
    (bucket,) = found.buckets
    assert (bucket.queue_id, bucket.interval.seconds, bucket.met, bucket.missed) == (SUPPORT, 900, 10, 2)
    assert found.states is not None
    (state,) = found.states
    assert (state.backlog, state.unassigned, state.overdue, state.oldest_unassigned) == (5, 5, 1, None)
    assert found.oddities == {}
    assert asked(stack) == [("workitem_aggregates", "200"), ("workitem_metrics", "200")]


async def test_strategies_are_asked_and_read(stack: Stack) -> None:
    """Routing methods are asked as the document demands; its example is one of queues and knows none."""
    found = await stack.dialect.strategies(["Bullseye"], QUARTER, deadline=loop_time() + WITHIN)
    assert [(one.strategy, one.handled) for one in found.strategies] == [("Bullseye", 0)]
    assert asked(stack) == [("conversation_aggregates", "200")]


@pytest.mark.parametrize(
    "name", ["METRICS", "SERVICE_METRICS", "USE_METRICS", "STATUS_METRICS", "WORKITEM_METRICS"]
)
async def test_an_unknown_metric_is_rejected(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The same questions with one metric outside the enum fail; else the tests above show nothing."""
    monkeypatch.setattr(bodies, name, (*getattr(bodies, name), "oBogus"))
    dialect, deadline = stack.dialect, loop_time() + WITHIN
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "METRICS": lambda: dialect.queues([SUPPORT], deadline=deadline),
        "SERVICE_METRICS": lambda: dialect.service_levels([SUPPORT], QUARTER, [], deadline=deadline),
        "USE_METRICS": lambda: dialect.utilization(QUARTER, 1800, deadline=deadline),
        "STATUS_METRICS": lambda: agents.statuses(dialect.transport, [AGENT], QUARTER, deadline=deadline),
        "WORKITEM_METRICS": lambda: dialect.workitems([SUPPORT], QUARTER, 1800, "UTC", deadline=deadline),
    }
    with pytest.raises(Refused, match="answers 400"):
        await questions[name]()


async def test_a_page_that_is_no_number_is_rejected(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same call with a word for the page size fails: query strings are checked, too."""
    monkeypatch.setattr(bodies, "PAGE_SIZE", "many")
    with pytest.raises(Refused, match="answers 400"):
        await stack.dialect.directory(deadline=loop_time() + WITHIN)


READERS: dict[str, Callable[[bytes], object]] = {
    endpoints.QUEUES.path: directory_page,
    endpoints.OBSERVATIONS.path: lambda body: observations(body, [SUPPORT], EPOCH),
    endpoints.LIMITS.path.replace("platform.api", "{namespaceName}"): limit,
    endpoints.CONVERSATIONS.path: lambda body: service_levels([body], ASKED),
    endpoints.CONVERSATIONS_JOBS.path: jobs.job_id,
    endpoints.CONVERSATIONS_JOB.path.replace("{job}", "{jobId}"): jobs.fulfilled,
    endpoints.CONVERSATIONS_RESULTS.path.replace("{job}", "{jobId}"): lambda body: (
        jobs.cursor(body),
        service_levels([body], ASKED),
    ),
    endpoints.USERS.path: people.names,
    endpoints.STATUSES.path: lambda body: people.statuses(body, [AGENT]),
    endpoints.WORKITEMS.path: lambda body: tasks.workitems(body, [SUPPORT], QUARTER, named=True),
    endpoints.WORKITEM_STATES.path: lambda body: tasks.state(body, SUPPORT, EPOCH),
}


@pytest.mark.parametrize("path", READERS)
def test_every_example_is_read(path: str) -> None:
    """Every good answer the document shows for an operation we ask is decoded."""
    operations = json.loads(require_document().read_text())["paths"][path]
    verb = next(one.method for one in vars(endpoints).values() if same(one, path)).lower()
    read = 0
    for status, response in operations[verb]["responses"].items():
        for example in shown(response) if status.startswith("2") else ():
            READERS[path](json.dumps(example).encode())
            read += 1
    assert read > 0


def same(one: object, path: str) -> bool:
    """Whether `one` is the endpoint of this path of the document."""
    if not isinstance(one, Endpoint):
        return False
    known = one.path.replace("{job}", "{jobId}").replace("platform.api", "{namespaceName}")
    return known == path


def shown(response: dict[str, Any]) -> list[object]:
    """The examples of a response."""
    content = response.get("content", {}).get("application/json", {})
    named = [example["value"] for example in content.get("examples", {}).values()]
    return named + ([content["example"]] if "example" in content else [])


@pytest.mark.parametrize("endpoint", ["/oauth/token", endpoints.QUEUES.path])
async def test_a_missing_authorization_is_rejected(stack: Stack, prism: Prism, endpoint: str) -> None:
    """Without credentials neither the login nor the API answers: ours are looked at."""
    login = endpoint == "/oauth/token"
    answer = await stack.http.send(
        "POST" if login else "GET",
        prism.url + endpoint,
        headers={"content-type": "application/x-www-form-urlencoded"} if login else {},
        content=b"grant_type=client_credentials" if login else None,
        deadline=asyncio.get_running_loop().time() + WITHIN,
    )
    assert answer.status == 401
