"""Prism as the judge of what we ask: every request is checked against the platform's OpenAPI document."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from random import Random

import pytest

from monitor.clients.budget import Budget
from monitor.clients.platform import endpoints
from monitor.clients.platform.asking import PlatformDialect
from monitor.clients.tokens import Tokens
from monitor.clients.transport import Transport
from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.errors import Unintelligible
from monitor.model.org import Target
from tests.builders import SALES, SUPPORT, RecordingTelemetry, loop_time
from tests.contracts.prism import Prism, require_document, require_prism

WITHIN = 20.0


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


async def test_every_request_is_valid_and_every_answer_is_read(stack: Stack) -> None:
    """Token, directory and observations are asked as the document demands, and its examples are decoded."""
    queues = await stack.dialect.directory(deadline=loop_time() + WITHIN)
    assert [(queue.id, queue.name, queue.division) for queue in queues] == [
        (SUPPORT, "Support - Voice", "Home"),
        (SALES, "Sales - Voice", "Home"),
    ]
    assert Target(media="voice", ratio=0.8, seconds=20.0) in queues[0].targets

    found = await stack.dialect.queues([queue.id for queue in queues], deadline=loop_time() + WITHIN)
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
    assert (support.by_status["OFF_QUEUE"], support.by_status["COMMUNICATING"]) == (14, 0)
    assert (sales.members, sales.active, sales.on_queue, sales.off_queue) == (0, 0, 0, 0)

    assert stack.telemetry.requests == [
        ("acme", "token", "200"),
        ("acme", "queues", "200"),
        ("acme", "observations", "200"),
    ]


async def test_an_unknown_metric_is_rejected(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same call with one metric outside the enum fails; else the test above shows nothing."""
    monkeypatch.setattr(endpoints, "METRICS", (*endpoints.METRICS, "oBogus"))
    with pytest.raises(Unintelligible, match="answers 400"):
        await stack.dialect.queues([SUPPORT], deadline=loop_time() + WITHIN)


async def test_a_page_that_is_no_number_is_rejected(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same call with a word for the page size fails: query strings are checked, too."""
    monkeypatch.setattr(endpoints, "PAGE_SIZE", "many")
    with pytest.raises(Unintelligible, match="answers 400"):
        await stack.dialect.directory(deadline=loop_time() + WITHIN)


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
