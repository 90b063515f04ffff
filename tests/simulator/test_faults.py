import asyncio
import json
import socket
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from monitor.simulator import faults
from monitor.simulator.analytics import Analytics
from monitor.simulator.centre import Centre
from monitor.simulator.guides.desk import Guides
from monitor.simulator.server import serve
from monitor.simulator.settings import Settings
from monitor.simulator.world import World
from tests.simulator.parts import AGGREGATES, QUEUES, START, StillClock, calling, span


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 502, 503, 504, 418])
async def test_status_comes_with_the_error_body(status):
    """Any status can be ordered and carries an error body that agrees with it."""
    async with calling() as caller:
        caller.running.faults.add("queues", faults.Status(status=status), times=1)
        answer = await caller.get(QUEUES)
        healed = await caller.get(QUEUES)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.json()["contextId"] == answer.headers["ININ-Correlation-Id"]
    assert answer.json()["code"]
    assert healed.status_code == 200


async def test_status_may_be_a_proxy_page():
    """A gateway in between answers in HTML."""
    async with calling() as caller:
        caller.running.faults.add("queues", faults.Status(status=502, html=True))
        answer = await caller.get(QUEUES)
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_throttling_hints_where_it_is_told_to():
    """Retry-After comes in seconds, as a date, only in the text, or not at all."""
    async with calling() as caller:
        answers = {}
        for hint in faults.Hint:
            caller.running.faults.add("queues", faults.Throttle(seconds=7, hint=hint), times=1)
            answers[hint] = await caller.get(QUEUES)
    assert {answer.status_code for answer in answers.values()} == {429}
    assert answers[faults.Hint.SECONDS].headers["Retry-After"] == "7"
    date = parsedate_to_datetime(answers[faults.Hint.DATE].headers["Retry-After"])
    assert date.astimezone(UTC) == START + timedelta(seconds=7)
    assert "Retry-After" not in answers[faults.Hint.BODY].headers
    assert "Retry the request in [7] seconds" in answers[faults.Hint.BODY].text
    assert "Retry-After" not in answers[faults.Hint.NOWHERE].headers
    assert "[" not in answers[faults.Hint.NOWHERE].json()["message"]


async def test_bodies_can_be_spoilt():
    """A 200 may hold half its JSON, nothing, or a page."""
    async with calling() as caller:
        whole = (await caller.get(QUEUES)).content
        spoilt = []
        for fault in (faults.Truncated(), faults.Empty(), faults.Page()):
            caller.running.faults.add("queues", fault, times=1)
            spoilt.append(await caller.get(QUEUES))
    truncated, empty, page = spoilt
    assert {answer.status_code for answer in spoilt} == {200}
    assert truncated.content == whole[: len(whole) // 2]
    with pytest.raises(json.JSONDecodeError):
        truncated.json()
    assert empty.content == b""
    assert page.headers["Content-Type"].startswith("text/html")


async def test_connections_can_break():
    """A connection may be reset instead of an answer or close halfway through it; the next one works."""
    async with calling() as caller:
        for fault in (faults.Reset(), faults.Severed()):
            caller.running.faults.add("queues", fault, times=1)
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await caller.get(QUEUES)
        assert (await caller.get(QUEUES)).status_code == 200
        assert [seen.status for seen in caller.running.faults.requests("queues")] == [0, 200, 200]


async def test_a_drip_is_slow_and_whole():
    """Dripped answers arrive piece by piece and complete."""
    async with calling() as caller:
        whole = (await caller.get(QUEUES)).json()
        caller.running.faults.add("queues", faults.Drip(pause=0.02, chunk=200), times=1)
        loop = asyncio.get_running_loop()
        began = loop.time()
        dripped = await caller.get(QUEUES)
    assert loop.time() - began > 0.08
    assert dripped.json() == whole


async def test_a_hang_lasts_until_the_client_gives_up():
    """No answer comes; the client's own timeout ends it and the server carries on."""
    async with calling() as caller:
        caller.running.faults.add("queues", faults.Hang(), times=1)
        with pytest.raises(httpx.ReadTimeout):
            await caller.get(QUEUES, timeout=0.2)
        assert (await caller.get(QUEUES)).status_code == 200


@pytest.mark.parametrize("fault", [faults.Hang(), faults.Drip(pause=30, chunk=1)])
async def test_shutdown_waits_for_nobody(fault):
    """The server is gone within a second even while answers hang or drip, and its port is closed."""
    clock = StillClock()
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(timeout=30) as client, asyncio.TaskGroup() as group:
        async with serve(World(0, START, Centre.standard()), clock=clock) as running:
            running.faults.add(faults.EVERY, fault)

            async def ask() -> None:
                with pytest.raises(httpx.HTTPError):
                    (await client.get(running.url + QUEUES)).raise_for_status()

            for number in range(5):
                group.create_task(ask(), name=f"ask {number}")
            idle = socket.create_connection(("127.0.0.1", int(running.url.rsplit(":", 1)[1])))
            await asyncio.sleep(0.2)
            assert running.faults.count("queues") == 5
            began = loop.time()
        assert loop.time() - began < 0.9
        idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(running.url.rsplit(":", 1)[1])))


async def test_exceptions_in_the_block_come_out_as_they_are():
    """What a test raises while the server runs is not wrapped into a group."""
    with pytest.raises(LookupError, match="mine"):
        async with calling():
            raise LookupError("mine")


async def test_port_in_use_is_an_oserror():
    """A taken port is an ordinary error, not the end of the process."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        async with serve(World(0, START, Centre.standard()), clock=StillClock(), port=taken.getsockname()[1]):
            pass


async def test_bad_client_at_the_token_endpoint():
    """The token endpoint can be told to refuse even right credentials."""
    async with calling() as caller:
        caller.running.faults.add("token", faults.BadClient())
        answer = await caller.login()
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_one_page_can_fail():
    """Only the page named fails, and only as often as ordered."""
    async with calling() as caller:
        caller.running.faults.add("queues", faults.Status(status=500), times=1, page=2)
        statuses = [
            (await caller.get(QUEUES, params={"pageSize": 4, "pageNumber": page})).status_code
            for page in (1, 2, 3, 2)
        ]
    assert statuses == [200, 500, 200, 200]


def test_orders_are_served_in_turn_and_can_be_cleared():
    """Orders are used up one after the other; clearing forgets those of one endpoint or all."""
    orders = faults.Faults()
    orders.add("queues", faults.Hang(), times=2)
    orders.add("queues", faults.Empty())
    orders.add(faults.EVERY, faults.Page(), times=1)
    assert [orders.take("queues") for _ in range(4)] == [faults.Hang()] * 2 + [faults.Empty()] * 2
    orders.clear("queues")
    assert [orders.take("queues") for _ in range(2)] == [faults.Page(), None]
    orders.add("queue", faults.Reset())
    orders.clear()
    assert orders.take("queue") is None
    with pytest.raises(ValueError, match="no endpoint"):
        orders.add("quues", faults.Hang())


LATE = span(-30, 0)
BACKLOG = {
    "groupBy": ["queueId"],
    "metrics": [{"name": "oWorkitemsUnassigned"}],
    "filter": {"predicates": [{"dimension": "queueId", "value": Centre.standard().named("Claims").id}]},
}
ANALYTICS = "/api/v2/analytics"
OVER_SPANS = [
    ("users", "GET", "/api/v2/users", None, ""),
    ("aggregates", "POST", AGGREGATES, {"interval": LATE, "metrics": ["nOffered"]}, "conversationAggregate"),
    (
        "aggregate_jobs",
        "POST",
        f"{ANALYTICS}/conversations/aggregates/jobs",
        {"interval": LATE, "metrics": ["nOffered"]},
        "conversationAggregate",
    ),
    (
        "user_aggregates",
        "POST",
        f"{ANALYTICS}/users/aggregates/query",
        {"interval": LATE, "metrics": ["tAgentRoutingStatus"]},
        "userAggregate",
    ),
    (
        "task_aggregates",
        "POST",
        f"{ANALYTICS}/taskmanagement/aggregates/query",
        {"interval": LATE, "metrics": ["nWorkitemsOffered"]},
        "taskManagementAggregate",
    ),
    (
        "task_metrics",
        "POST",
        f"{ANALYTICS}/taskmanagement/metrics/query",
        BACKLOG,
        "taskManagementObservation",
    ),
]


@pytest.mark.parametrize(("name", "method", "path", "body", "entity"), OVER_SPANS)
async def test_every_endpoint_can_misbehave(name, method, path, body, entity):
    """Each endpoint over spans is logged under its name and meets its faults as the others do."""
    async with calling() as caller:
        faulty, seen = caller.running.faults, []
        whole = await caller.request(method, path, json=body)
        for fault in (
            faults.Throttle(seconds=3),
            faults.Status(status=503),
            faults.Status(status=403),
            faults.Truncated(),
            faults.Empty(),
            faults.Drip(pause=0, chunk=4096),
        ):
            faulty.add(name, fault, times=1)
            seen.append(await caller.request(method, path, json=body))
        for broken in (faults.Reset(), faults.Severed()):
            faulty.add(name, broken, times=1)
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await caller.request(method, path, json=body)
        healed = await caller.request(method, path, json=body)
    good = 202 if name == "aggregate_jobs" else 200
    assert [answer.status_code for answer in (whole, *seen, healed)] == [
        good,
        429,
        503,
        403,
        good,
        200,
        good,
        good,
    ]
    assert seen[0].headers["Retry-After"] == "3"
    assert (f"analytics:{entity}:view" in seen[2].text) is bool(entity)
    assert len(seen[3].content) == len(whole.content) // 2
    assert faulty.count(name) == 10


@pytest.mark.parametrize("name", ["aggregate_job", "aggregate_results"])
async def test_jobs_can_misbehave(name):
    """The endpoints of a job have names and permissions of their own."""
    async with calling(settings=Settings(job_seconds=0)) as caller:
        path = f"{ANALYTICS}/conversations/aggregates/jobs"
        job = (await caller.post(path, json={"interval": LATE, "metrics": ["nOffered"]})).json()["jobId"]
        caller.running.faults.add(name, faults.Status(status=403), times=1)
        path += f"/{job}" + ("/results" if name == "aggregate_results" else "")
        refused, healed = await caller.get(path), await caller.get(path)
    assert (refused.status_code, healed.status_code) == (403, 200)
    assert "analytics:conversationAggregate:view" in refused.text


def test_every_endpoint_has_a_name_for_faults():
    """No endpoint of either dialect is beyond the reach of faults, and every name belongs to an endpoint."""
    world, settings = World(0, START, Centre.standard(), warmup=timedelta()), Settings()
    names = {
        endpoint[2] for endpoint in (*Analytics(world, settings).endpoints(), *Guides(world).endpoints())
    }
    always = {"token", "queues", "queue", "observations", "token_info", "organization", "limits", "unknown"}
    assert names | always == set(faults.ENDPOINTS)
