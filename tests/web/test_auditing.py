"""Addresses that change something: who may, from where, and the line that each try leaves."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping

import httpx
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import Response
from structlog.testing import capture_logs

from monitor.model.errors import StoreError
from monitor.web import auditing
from monitor.web.access import Principal, Scope
from monitor.web.answers import Problem, Said
from tests.web.api.desk import KIM, asked, refusal

PATH = "/change"
JSON = {"content-type": "application/json"}


class Change:
    """Something that can be changed; `raises` is what goes wrong once it is half done."""

    def __init__(self, raises: Exception | None = None) -> None:
        self.raises = raises
        self.done = 0

    async def __call__(self, request: Request) -> Response:
        self.done += 1
        auditing.note(request, count=1)
        auditing.note(request, count=2, name="x")
        if self.raises is not None:
            raise self.raises
        return Said({})

    async def ask(
        self, method: str = "POST", headers: Mapping[str, str] = JSON, who: Principal = KIM
    ) -> httpx.Response:
        """Have it done."""
        address = auditing.Mutation(
            path=PATH, endpoint=self, action="thing.change", methods=("POST", "DELETE")
        )
        return await asked([address], who, method, PATH, headers=headers)


async def lines_of(change: Change, who: Principal = KIM) -> list[dict[str, object]]:
    """Return what is logged when a change is asked for."""
    with capture_logs() as lines, contextlib.suppress(ZeroDivisionError):
        await change.ask(who=who)
    return [dict(line) for line in lines]


async def test_what_was_noted_is_in_the_line() -> None:
    """The newest of each, beside who did what from where."""
    assert await lines_of(Change()) == [
        {
            "event": "audit",
            "log_level": "info",
            "action": "thing.change",
            "who": "kim",
            "client": "127.0.0.1",
            "outcome": "done",
            "count": 2,
            "name": "x",
        }
    ]


@pytest.mark.parametrize(
    ("raises", "outcome", "why"),
    [
        (Problem(409, "it is over"), "refused", "it is over"),
        (StoreError("disk is full"), "failed", "disk is full"),
        (ZeroDivisionError("oh"), "broken", None),
    ],
)
async def test_what_went_wrong_is_in_the_line(raises: Exception, outcome: str, why: str | None) -> None:
    """Refused, failed, or broken where nobody knows; what was done until then is said all the same."""
    (line,) = await lines_of(Change(raises))
    assert (line["outcome"], line.get("why"), line["count"]) == (outcome, why, 2)


async def test_somebody_without_a_name_is_anonymous() -> None:
    """There is always somebody."""
    (line,) = await lines_of(Change(), who=Principal(scopes=frozenset(Scope)))
    assert line["who"] == "anonymous"


async def test_the_line_is_written_whatever_the_level() -> None:
    """Whoever wants to see only errors still gets to know who changed what."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    (line,) = await lines_of(Change())
    assert (line["event"], line["log_level"]) == ("audit", "info")


@pytest.mark.parametrize("scopes", [[], [Scope.READ], [Scope.READ, Scope.METRICS]])
async def test_nobody_changes_anything_without_the_scope(scopes: list[Scope]) -> None:
    """403 and a line, whatever else is wrong with the request; nothing is done."""
    change = Change()
    eve = Principal(name="eve", scopes=frozenset(scopes))
    assert (
        refusal(await change.ask(headers={"origin": "http://evil.example"}, who=eve))[1]
        == "this needs the scope operate"
    )
    (line,) = await lines_of(change, who=eve)
    assert (line["who"], line["outcome"], line["why"]) == ("eve", "refused", "this needs the scope operate")
    assert change.done == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://site:9878"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "whatever"},
        {"sec-fetch-site": "cross-site", "origin": "http://site:9877"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_pages_of_others_change_nothing(method: str, headers: dict[str, str]) -> None:
    """403 and a line for what a browser sends of another page, also of another port of this machine."""
    change = Change()
    with capture_logs() as lines:
        answer = await change.ask(method, {**headers, **JSON})
    assert (refusal(answer)[0], change.done) == (403, 0)
    assert [line["outcome"] for line in lines] == ["refused"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "same-origin", "origin": "http://site:9877"}, {"sec-fetch-site": "none"}],
)
async def test_our_own_page_may(headers: dict[str, str]) -> None:
    """A page of ours, the address bar, and whoever is no browser."""
    change = Change()
    assert (await change.ask(headers={**headers, **JSON})).status_code == 200
    assert (await change.ask("DELETE", headers)).status_code == 200
    assert change.done == 2


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_only_json_changes_anything(kind: str) -> None:
    """415 for every type that a page of somebody else can send unasked; DELETE it cannot send at all."""
    change = Change()
    headers = {"content-type": kind} if kind else {}
    assert refusal(await change.ask(headers=headers))[0] == 415
    assert change.done == 0
    assert (await change.ask("DELETE", headers)).status_code == 200
