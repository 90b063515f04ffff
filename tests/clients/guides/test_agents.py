"""Agents' time: added up once, every page, sorted, and names only where wanted."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.model.errors import PermissionDenied, Refused, Unavailable, Unintelligible
from monitor.model.interval import Interval
from monitor.model.observation import AgentUse, Utilization
from tests.builders import EPOCH
from tests.clients.guides.gateway import DAY, Answer, Gateway, a_dialect, hours, soon

pytestmark = pytest.mark.looptime

DETAILS = "analytics/conversations/details/query"
NINE, HALF_PAST = "2026-11-21T09:00:00Z", "2026-11-21T09:30:00Z"
HALF = 1800.0


def row(user: str, time: str = NINE, **sums: Any) -> dict[str, Any]:
    """Return one agent in one bucket; a sum that is a dict or a text stands for itself."""
    metrics = {name: value if isinstance(value, dict) else {"sum": value} for name, value in sums.items()}
    return {"time": time, "user": {"id": user, "name": f"Ms {user}"}, "metrics": metrics}


def rows(*entities: dict[str, Any], **paging: object) -> dict[str, Any]:
    """Return one page."""
    return {"entities": list(entities), **paging}


async def ask(*answers: Answer, interval: Interval | None = None, **options: Any) -> Utilization:
    """Ask about an hour in half hours and get these answers."""
    dialect = a_dialect(Gateway().on(DETAILS, *answers))
    return await dialect.utilization(interval or hours(1), HALF, deadline=soon(), **options)


async def test_handle_time_is_without_hold_and_after_call_work() -> None:
    """Active time is handle, after-call work and hold together; sums are seconds already."""
    found = await ask(rows(row("a", tHandle=900, tAcw=300.5, tHold=60)))
    use = AgentUse(agent_id="a", start=EPOCH, handle=900.0, acw=300.5, hold=60.0, active=1260.5)
    assert found == Utilization(interval=hours(1), bucket=HALF, agents=(use,))
    assert (found.status, found.queues) == (None, ())


@pytest.mark.parametrize(
    ("sums", "figures"),
    [
        ({"tHandle": 900}, (900.0, 0.0, 0.0, 900.0)),
        ({"tAcw": 1}, (0.0, 1.0, 0.0, 1.0)),
        ({}, (None, None, None, None)),
        ({"tHandle": 900, "tHold": None}, (900.0, 0.0, None, None)),
        ({"tHandle": -1}, (None, 0.0, 0.0, None)),
        ({"tHandle": {}}, (None, 0.0, 0.0, None)),
    ],
)
async def test_a_missing_time_is_zero_only_beside_another(
    sums: dict[str, Any], figures: tuple[float | None, ...]
) -> None:
    """A time that is not mentioned is 0 where another is; one that is no figure makes the total unknown."""
    (use,) = (await ask(rows(row("a", **sums)))).agents
    assert (use.handle, use.acw, use.hold, use.active) == figures


async def test_values_that_are_none_are_counted() -> None:
    """Values that are no figure are counted by metric and reason."""
    page = rows(
        row("a", tHandle=None, tAcw=-1, tHold={}), {"time": NINE, "user": {"id": "b"}, "metrics": None}
    )
    assert (await ask(page)).oddities == {
        ("tHandle", "null"): 1,
        ("tAcw", "negative"): 1,
        ("tHold", "malformed"): 1,
        ("metrics", "malformed"): 1,
    }


async def test_rows_are_sorted_by_agent_and_time() -> None:
    """Rows of all pages come sorted, whatever the gateway's order."""
    found = await ask(
        rows(row("b", tHandle=1), row("a", HALF_PAST, tHandle=2), nextPage=f"/api/v2/{DETAILS}?page=2"),
        rows(row("a", tHandle=3)),
    )
    assert [(use.agent_id, use.handle) for use in found.agents] == [("a", 3.0), ("a", 2.0), ("b", 1.0)]


@pytest.mark.parametrize("name", ["nextPage", "nextPageLink"])
async def test_next_links_are_followed_on_our_host(name: str) -> None:
    """A next page that is a link is fetched with GET, under either of its names, absolute or relative."""
    links = [f"/api/v2/{DETAILS}?page=2", f"https://api.example.org/api/v2/{DETAILS}?page=3"]
    gateway = Gateway().on(
        DETAILS,
        rows(row("a", tHandle=1), **{name: links[0]}),
        rows(row("b", tHandle=1), **{name: links[1]}),
        rows(row("c", tHandle=1), **{name: None}),
    )
    found = await a_dialect(gateway).utilization(hours(1), HALF, deadline=soon())
    assert [use.agent_id for use in found.agents] == ["a", "b", "c"]
    assert [(one.method, one.url.query) for one in gateway.asked[DETAILS]] == [
        ("POST", b""),
        ("GET", b"page=2"),
        ("GET", b"page=3"),
    ]


async def test_a_next_page_that_is_a_token_goes_in_the_body() -> None:
    """A next page that is no link is sent back as pageToken."""
    gateway = Gateway().on(DETAILS, rows(row("a", tHandle=1), nextPage="abc"), rows())
    await a_dialect(gateway).utilization(hours(1), HALF, deadline=soon())
    assert [body.get("pageToken") for body in gateway.bodies(DETAILS)] == [None, "abc"]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("https://evil.example/2", "leads to another host"),
        ("//evil.example/2", "leads to another host"),
        (5, "cannot be asked for"),
    ],
)
async def test_a_next_page_elsewhere_is_refused(link: object, said: str) -> None:
    """A next link to another host, or one that is none, ends the question."""
    with pytest.raises(Unintelligible, match=said):
        await ask(rows(row("a", tHandle=1), nextPageLink=link))


async def test_a_circle_of_links_is_refused() -> None:
    """A next link that was followed before ends the question."""
    with pytest.raises(Unintelligible, match="goes in a circle"):
        await ask(rows(nextPage=f"/api/v2/{DETAILS}?page=2"))


async def test_a_hundred_pages_are_read() -> None:
    """All of a hundred pages count."""
    answers = [
        rows(row(f"u{page:03}", tHandle=1), nextPage=f"/api/v2/{DETAILS}?page={page}") for page in range(99)
    ]
    assert len((await ask(*answers, rows(row("last", tHandle=1)))).agents) == 100


async def test_a_failing_page_fails_the_answer() -> None:
    """When the second page fails there is no answer."""
    with pytest.raises(Unavailable):
        await ask(rows(row("a", tHandle=1), nextPage=f"/api/v2/{DETAILS}?page=2"), 500)


async def test_names_are_off_by_default() -> None:
    """Names are neither asked for nor kept unless they are wanted."""
    gateway = Gateway().on(DETAILS, rows(row("a", tHandle=1)))
    dialect = a_dialect(gateway)
    without = await dialect.utilization(hours(1), HALF, deadline=soon())
    wanted = await dialect.utilization(hours(1), HALF, names=True, deadline=soon())
    assert (without.agents[0].name, wanted.agents[0].name) == ("", "Ms a")
    assert [body["select"] for body in gateway.bodies(DETAILS)] == [["id"], ["id", "name"]]


async def test_the_question_is_the_guides() -> None:
    """The body asks by user and time for the three times, and filters only where agents are chosen."""
    gateway = Gateway().on(DETAILS, rows())
    dialect = a_dialect(gateway)
    await dialect.utilization(hours(1), 3600, deadline=soon())
    await dialect.utilization(hours(1), HALF, agents=("a",), deadline=soon())
    everybody, chosen = gateway.bodies(DETAILS)
    assert everybody == {
        "interval": "PT1H",
        "groupBy": ["user", "time"],
        "metrics": {"tHandle": {}, "tAcw": {}, "tHold": {}},
        "view": "agent",
        "dateFrom": "2026-11-21T09:00:00.000Z",
        "dateTo": "2026-11-21T10:00:00.000Z",
        "select": ["id"],
    }
    assert chosen == {**everybody, "interval": "PT30M", "filter": {"type": "user", "ids": ["a"]}}


async def test_grouping_by_time_alone_is_the_fallback() -> None:
    """A gateway that refuses to group by user is asked once more by time: one agent, `all`."""
    total = {"time": NINE, "metrics": {"tHandle": {"sum": 5}}}
    gateway = Gateway().on(DETAILS, 400, rows(total))
    found = await a_dialect(gateway).utilization(hours(1), HALF, agents=("a",), deadline=soon())
    assert [(use.agent_id, use.active) for use in found.agents] == [("all", 5.0)]
    assert [body["groupBy"] for body in gateway.bodies(DETAILS)] == [["user", "time"], ["time"]]


async def test_the_fallback_is_tried_once() -> None:
    """A gateway that refuses both groupings refuses the question."""
    gateway = Gateway().on(DETAILS, 400)
    with pytest.raises(Refused):
        await a_dialect(gateway).utilization(hours(1), HALF, deadline=soon())
    assert len(gateway.asked[DETAILS]) == 2


async def test_long_spans_are_split() -> None:
    """More than 30 days are asked for in pieces of 14, without a gap and without asking twice."""
    gateway = Gateway().on(DETAILS, rows())
    await a_dialect(gateway).utilization(Interval(EPOCH, EPOCH + 31 * DAY), HALF, deadline=soon())
    spans = [(body["dateFrom"][:10], body["dateTo"][:10]) for body in gateway.bodies(DETAILS)]
    assert spans == [("2026-11-21", "2026-12-05"), ("2026-12-05", "2026-12-19"), ("2026-12-19", "2026-12-22")]
    gateway.asked.clear()
    await a_dialect(gateway).utilization(Interval(EPOCH, EPOCH + 30 * DAY), HALF, deadline=soon())
    assert len(gateway.asked[DETAILS]) == 1


async def test_rows_beside_the_question_are_counted() -> None:
    """Rows of other times or other agents are left out, and of a repeated row the first stays."""
    found = await ask(
        rows(
            row("a", "2026-11-21T08:45:00Z", tHandle=1),
            row("a", "2026-11-21T08:30:00Z", tHandle=2),
            row("a", "2026-11-21T10:00:00Z", tHandle=3),
            row("b", tHandle=4),
            row("a", tHandle=5),
            row("a", "2026-11-21T10:00:00+01:00", tHandle=6),
        ),
        agents=("a",),
    )
    assert [use.handle for use in found.agents] == [1.0, 5.0]
    assert found.oddities == {("time", "outside"): 2, ("user", "unasked"): 1, ("user", "repeated"): 1}


@pytest.mark.parametrize(
    "entity",
    [
        5,
        {"time": NINE, "metrics": {}},
        {"time": NINE, "user": {"name": "x"}, "metrics": {}},
        {"user": {"id": "a"}, "metrics": {}},
        {"time": "soon", "user": {"id": "a"}, "metrics": {}},
        {"time": 5, "user": {"id": "a"}, "metrics": {}},
    ],
)
async def test_rows_without_agent_or_time_are_loud(entity: Any) -> None:
    """A row that belongs to no agent or no bucket cannot be left out: that would be idle time."""
    with pytest.raises(Unintelligible):
        await ask(rows(entity))


async def test_403_names_the_scopes() -> None:
    """A 403 names the scope of this question, and the one for names."""
    with pytest.raises(PermissionDenied, match="analytics:conversation:read user:read"):
        await ask(403)
