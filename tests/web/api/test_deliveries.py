"""The outbox, the journal and drills over HTTP: what is said, what is done, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.model.alert import EventKind
from monitor.model.delivery import Backlog, Wanted
from monitor.web import reading
from tests.builders import EPOCH
from tests.web.api.desk import refusal
from tests.web.making import HOSTILE, PING, Site, a_history, a_letter, a_try

CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/api/v1/outbox/retry", {"rows": [1]}),
    ("/api/v1/outbox/drop", {"rows": [1]}),
    ("/api/v1/drill", {"receiver": "oncall"}),
)
DEAD = {"reason": "rejected", "detail": "422: no such service"}


async def test_letters_are_listed_without_bodies() -> None:
    """Every field but the body; the dates in UTC."""
    said = (await Site(a_letter(7, **DEAD)).get("/api/v1/outbox")).json()
    assert said == {
        "letters": [
            {
                "row": 7,
                "destination": "oncall/webhook",
                "key": "acme/Waiting/Support",
                "event_id": "evt_7",
                "kind": "fired",
                "created_at": "2026-11-21T09:00:00.000Z",
                "due_at": "2026-11-21T09:00:30.000Z",
                "dead": True,
                "attempts": 2,
                "skipped": 0,
                "reason": "rejected",
                "detail": "422: no such service",
                "last": "",
                "disabled": False,
                "content_type": "application/cloudevents+json",
            }
        ],
        "next": None,
    }


async def test_letters_come_in_pages() -> None:
    """`next` is what to ask for after; the last page has none, even when it is full."""
    site = Site(*(a_letter(row) for row in (3, 5, 8, 9)))
    first = (await site.get("/api/v1/outbox?limit=2")).json()
    second = (await site.get(f"/api/v1/outbox?limit=2&after={first['next']}")).json()
    assert [one["row"] for one in first["letters"]] == [3, 5]
    assert [one["row"] for one in second["letters"]] == [8, 9]
    assert (first["next"], second["next"]) == (5, None)


async def test_letters_are_chosen_by_destination_and_by_being_dead() -> None:
    """Both choices reach the outbox."""
    site = Site(a_letter(1), a_letter(2, **DEAD), a_letter(3, destination="oncall/mqtt"))
    for query, rows in (
        ("dead=true", [2]),
        ("dead=false", [1, 3]),
        ("destination=oncall/mqtt", [3]),
        ("destination=oncall/webhook&dead=false", [1]),
    ):
        said = (await site.get(f"/api/v1/outbox?{query}")).json()
        assert [one["row"] for one in said["letters"]] == rows


@pytest.mark.parametrize(
    ("content_type", "body", "shown"),
    [
        ("application/json", b'{"a": [1, null]}', {"a": [1, None]}),
        ("application/json", b"{broken", "{broken"),
        ("application/json", b"[NaN, 1e999]", "[NaN, 1e999]"),
        ("application/json", b'"\\ud800"', "\ud800"),
        ("application/json", b"[" * 9000, "[" * 9000),
        ("text/plain", b"12", "12"),
        ("text/plain", b"caf\xc3\xa9 \xff", "café \ufffd"),
    ],
)
async def test_a_letter_is_opened(content_type: str, body: bytes, shown: object) -> None:
    """The body is parsed where it is JSON that JSON can repeat, and text everywhere else."""
    answer = await Site(a_letter(content_type=content_type, body=body)).get("/api/v1/outbox/1")
    assert answer.status_code == 200
    assert json.loads(answer.content) == {**json.loads(answer.content), "bytes": len(body), "body": shown}


async def test_a_body_is_for_those_who_operate() -> None:
    """Whoever only reads is told how long it is, and nothing that a template may have put into it."""
    site = Site(a_letter(body=b'{"token": "hunter2"}'), operate=False)
    answer = await site.get("/api/v1/outbox/1")
    assert (answer.status_code, answer.json()["bytes"], answer.json()["body"]) == (200, 20, None)
    assert "hunter2" not in answer.text
    site.operate = True
    assert (await site.get("/api/v1/outbox/1")).json()["body"] == {"token": "hunter2"}


async def test_a_row_that_is_not_there_is_not_found() -> None:
    """404 for a number that has no letter, and for what is none; what only does something is not read."""
    site = Site(a_letter(1))
    assert refusal(await site.get("/api/v1/outbox/2"))[0] == 404
    for row in ("x", "-1", "1.0", "٣", "9" * 19, "9" * 5000):
        assert refusal(await site.get(f"/api/v1/outbox/{row}")) == (404, "there is no such address")
    for action in ("retry", "drop"):
        answer = await site.get(f"/api/v1/outbox/{action}")
        assert (refusal(answer)[0], answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("outbox?limit=0", "limit"),
        ("outbox?limit=1001", "limit"),
        ("outbox?limit=ten", "limit"),
        ("outbox?limit=1_0", "limit"),
        ("outbox?after=-1", "after"),
        ("outbox?after=99999999999999999999", "after"),
        ("outbox?dead=yes", "dead"),
        ("outbox?destination=", "destination"),
        ("outbox?destnation=x", "destnation"),
        ("outbox/1?dead=true", "dead"),
        ("history?limit=1001", "limit"),
        ("history?since=24h", "since"),
        ("history?since=2026-11-21T09:00:00", "since"),
        ("history?until=0001-01-01T00:00:00%2B14:00", "until"),
        ("history?queue=" + "x" * 201, "queue"),
    ],
)
async def test_a_bad_parameter_is_named(path: str, name: str) -> None:
    """400, and the first thing said is which one."""
    status, detail = refusal(await Site(a_letter()).get(f"/api/v1/{path}"))
    assert status == 400
    assert name in detail


async def test_retrying_rows_wakes_their_destinations() -> None:
    """The letters are revived, the workers told, and rows that are not there are said."""
    site = Site(a_letter(1, **DEAD), a_letter(2, destination="oncall/mqtt"), a_letter(3))
    answer = await site.post("/api/v1/outbox/retry", {"rows": [2, 1, 2, 9]})
    assert answer.json() == {
        "retried": 2,
        "destinations": ["oncall/mqtt", "oncall/webhook"],
        "superseded": [],
        "unknown": [9],
    }
    assert site.letters.revived == [[2, 1]]
    assert site.released == [["oncall/mqtt", "oncall/webhook"]]


@pytest.mark.parametrize(("dead", "rows"), [({}, [1, 2]), ({"dead": True}, [2]), ({"dead": False}, [1])])
async def test_retrying_a_destination(dead: dict[str, bool], rows: list[int]) -> None:
    """All it has, or only what is dead, or only what waits."""
    site = Site(a_letter(1), a_letter(2, **DEAD), a_letter(3, destination="team/log"))
    answer = await site.post("/api/v1/outbox/retry", {"destination": "oncall/webhook", **dead})
    assert answer.json()["retried"] == len(rows)
    assert site.letters.revived == [rows]


async def test_a_long_outbox_is_retried_in_pieces() -> None:
    """Two and a half thousand letters are read by pages and revived by a thousand."""
    site = Site(*(a_letter(row) for row in range(1, 2501)))
    answer = await site.post("/api/v1/outbox/retry", {"destination": "oncall/webhook"})
    assert answer.json()["retried"] == 2500
    assert [len(rows) for rows in site.letters.revived] == [1000, 1000, 500]
    assert site.released == [["oncall/webhook"]]


async def test_what_was_revived_before_the_store_broke_is_released() -> None:
    """503, but the workers hear of the first thousand, and the log says how far it came."""
    site = Site(*(a_letter(row) for row in range(1, 2501)))
    site.letters.breaks_after = 1
    with capture_logs() as lines:
        answer = await site.post("/api/v1/outbox/retry", {"destination": "oncall/webhook"})
    assert refusal(answer) == (503, "the store does not answer: disk is full")
    assert site.released == [["oncall/webhook"]]
    assert [(line["outcome"], line["count"]) for line in lines] == [("failed", 1000)]


async def test_a_destination_without_letters_is_tried_again_too() -> None:
    """It may have said that it is gone, with nothing waiting: it is released, which is logged."""
    site = Site()
    with capture_logs() as lines:
        answer = await site.post("/api/v1/outbox/retry", {"destination": "oncall/webhook"})
    nothing = {"retried": 0, "destinations": ["oncall/webhook"], "superseded": [], "unknown": []}
    assert answer.json() == nothing
    assert site.released == [["oncall/webhook"]]
    assert [(line["count"], line["destinations"]) for line in lines] == [(0, ["oncall/webhook"])]


async def test_what_would_be_stale_is_not_tried_again() -> None:
    """It is told, and not counted; who has nothing else to be sent is not woken."""
    site = Site(a_letter(1, **DEAD), a_letter(2, **DEAD), a_letter(3, destination="oncall/mqtt", **DEAD))
    site.letters.stale = {1, 3}
    said = (await site.post("/api/v1/outbox/retry", {"rows": [3, 2, 1]})).json()
    assert said == {"retried": 1, "destinations": ["oncall/webhook"], "superseded": [1, 3], "unknown": []}
    assert site.released == [["oncall/webhook"]]
    said = (await site.post("/api/v1/outbox/retry", {"rows": [1]})).json()
    assert (said["retried"], said["superseded"], len(site.released)) == (0, [1], 1)


ACTIONS = ("retry", "drop")
MINE = (
    a_letter(1, **DEAD),
    a_letter(2, destination="oncall/mqtt", **DEAD),
    a_letter(3, destination="team/log"),
)


async def test_a_receiver_stands_for_its_destinations() -> None:
    """In the list, page by page and in order, and where something is done."""
    site = Site(*MINE, a_letter(4), a_letter(5, destination="oncall/ping"))
    first = (await site.get("/api/v1/outbox?destination=oncall&limit=3")).json()
    assert ([one["row"] for one in first["letters"]], first["next"]) == ([1, 2, 4], 4)
    second = (await site.get("/api/v1/outbox?destination=oncall&limit=3&after=4")).json()
    assert ([one["row"] for one in second["letters"]], second["next"]) == ([5], None)
    said = (await site.post("/api/v1/outbox/retry", {"destination": "oncall"})).json()
    assert said["destinations"] == ["oncall/mqtt", "oncall/ping", "oncall/webhook"]
    assert site.released == [said["destinations"]]
    site = Site(*MINE)
    await site.post("/api/v1/outbox/drop", {"destination": "oncall", "dead": True})
    assert list(site.letters.kept) == [3]


async def test_a_destination_that_is_not_there_is_named() -> None:
    """404 with those there are; one that is configured no more is known while something waits for it."""
    site = Site(*MINE, a_letter(9, destination="old/webhook"))
    there_are = "there is oncall/mqtt, oncall/ping, oncall/webhook, team/log"
    wanted = (404, f"there is no destination 'webhook': {there_are}")
    assert refusal(await site.get("/api/v1/outbox?destination=webhook")) == wanted
    for action in ACTIONS:
        body = {"destination": "webhook", "dead": True}
        assert refusal(await site.post(f"/api/v1/outbox/{action}", body)) == wanted
    assert site.released == []
    assert (await site.get("/api/v1/outbox?destination=old/webhook")).json()["letters"][0]["row"] == 9
    assert (await site.get(f"/api/v1/outbox?destination={PING}")).json()["letters"] == []


async def test_a_letter_says_why_it_waits() -> None:
    """What its last try said, and whether its destination gets anything at all."""
    site = Site(a_letter(1, last="status: 401"), a_letter(2, destination="oncall/mqtt"))
    site.disabled = {"oncall/mqtt"}
    said = (await site.get("/api/v1/outbox")).json()["letters"]
    assert [(one["last"], one["disabled"]) for one in said] == [("status: 401", False), ("", True)]
    opened = (await site.get("/api/v1/outbox/2")).json()
    assert (opened["last"], opened["disabled"]) == ("", True)


async def test_dropping_rows() -> None:
    """They are gone, and nobody is woken."""
    site = Site(a_letter(1), a_letter(2))
    assert (await site.post("/api/v1/outbox/drop", {"rows": [1, 9]})).json() == {"dropped": 1, "unknown": [9]}
    assert (list(site.letters.kept), site.released) == ([2], [])


async def test_dropping_a_destination_needs_to_say_what() -> None:
    """Only with an explicit `dead`; then only those."""
    site = Site(a_letter(1), a_letter(2, **DEAD))
    bare = await site.post("/api/v1/outbox/drop", {"destination": "oncall/webhook"})
    assert refusal(bare) == (400, "dead: should be true for what is dead, or false for what waits")
    assert list(site.letters.kept) == [1, 2]
    await site.post("/api/v1/outbox/drop", {"destination": "oncall/webhook", "dead": True})
    assert list(site.letters.kept) == [1]


@pytest.mark.parametrize("action", ["retry", "drop"])
@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "rows"),
        ([], "object"),
        ({"rows": []}, "rows"),
        ({"rows": "1"}, "rows"),
        ({"rows": [True]}, "rows"),
        ({"rows": [1.0]}, "rows"),
        ({"rows": [0]}, "rows"),
        ({"rows": [2**63]}, "rows"),
        ({"rows": list(range(1, 1002))}, "rows"),
        ({"rows": [1], "destination": "oncall/webhook"}, "either"),
        ({"rows": [1], "dead": True}, "dead"),
        ({"destination": 1, "dead": True}, "destination"),
        ({"destination": "", "dead": True}, "destination"),
        ({"destination": "oncall/webhook", "dead": "yes"}, "dead"),
        ({"rows": [1], "all": True}, "all"),
    ],
)
async def test_a_bad_body_is_named(action: str, body: object, name: str) -> None:
    """400, and nothing happens."""
    site = Site(a_letter(1))
    status, detail = refusal(await site.post(f"/api/v1/outbox/{action}", body))
    assert status == 400
    assert name in detail
    assert (site.letters.revived, list(site.letters.kept)) == ([], [1])


@pytest.mark.parametrize("action", ["retry", "drop"])
async def test_rows_that_are_all_unknown_are_not_found(action: str) -> None:
    """404 names them."""
    answer = await Site().post(f"/api/v1/outbox/{action}", {"rows": [9, 4]})
    assert refusal(answer) == (404, "not in the outbox: 4, 9")


async def test_history_says_what_was_told_and_what_came_of_it() -> None:
    """Entry, the figures of the event's data, and every try; newest first."""
    site = Site(
        journal=[a_history(a_try(), minutes=-1, name="Sales"), a_history(a_try(2, outcome="retried"))]
    )
    entries = (await site.get("/api/v1/history")).json()["entries"]
    assert [one["queue"] for one in entries] == ["Support", "Sales"]
    wanted = {
        "event_id": "evt_Support", "at": "2026-11-21T09:00:00.000Z", "kind": "fired", "org": "acme",
        "rule": "ServiceLevelLow", "entity": "Support/voice", "severity": "critical", "sequence": 1,
        "metric": "service_level_ratio", "value": 0.712, "operator": "<", "threshold": 0.8, "drill": False,
    }  # fmt: skip
    assert entries[0] == {**entries[0], **wanted}
    assert entries[0]["tries"] == [
        {
            "at": "2026-11-21T09:00:02.000Z",
            "destination": "oncall/webhook",
            "outcome": "retried",
            "reason": "",
            "detail": "",
        }
    ]


async def test_history_is_narrowed_by_the_journal() -> None:
    """What is said is handed on, dates in any zone; one more is asked for, which tells of a next page."""
    site = Site()
    await site.get("/api/v1/history")
    await site.get(
        "/api/v1/history?queue=Sup*&rule=S*&limit=7&since=2026-11-21T10:00:00%2B01:00&until=2026-11-21T09:05Z"
        "&org=acme&entity=q1/voice"
    )
    assert site.journal.wanted == [
        Wanted(limit=101),
        Wanted(
            queue="Sup*",
            rule="S*",
            org="acme",
            entity="q1/voice",
            since=EPOCH,
            until=EPOCH + timedelta(minutes=5),
            limit=8,
        ),
    ]


async def test_history_comes_in_pages() -> None:
    """`next` is what to ask for after, whatever was told in between; the last page has none."""
    site = Site(journal=[a_history(name=f"q{n}", minutes=n) for n in range(4)])
    first = (await site.get("/api/v1/history?limit=2")).json()
    site.journal.kept.append(a_history(name="new", minutes=9))
    second = (await site.get(f"/api/v1/history?limit=2&after={first['next']}")).json()
    pages = [[one["queue"] for one in page["entries"]] for page in (first, second)]
    assert (pages, second["next"]) == ([["q3", "q2"], ["q1", "q0"]], None)


async def test_an_entry_whose_body_is_no_event_is_still_told() -> None:
    """What is not known is null."""
    odd = a_history()
    object.__setattr__(odd.entry, "body", b"\xff[")
    (entry,) = (await Site(journal=[odd]).get("/api/v1/history")).json()["entries"]
    assert (entry["queue"], entry["value"], entry["drill"]) == ("Support", None, None)


async def test_a_drill_is_sent_and_followed_by_its_ids() -> None:
    """The receiver is tried, at once, and the answer says which events and destinations to look for."""
    site = Site()
    answer = await site.post("/api/v1/drill", {"receiver": "oncall"})
    assert (site.drills, site.released) == (["oncall"], [["oncall/mqtt", "oncall/webhook"]])
    assert answer.json() == {
        "events": ["evt_fired", "evt_resolved"],
        "destinations": ["oncall/mqtt", "oncall/webhook"],
    }


async def test_a_drill_for_nobody() -> None:
    """An unknown receiver is 404 with those there are; no name is 400."""
    site = Site()
    status, detail = refusal(await site.post("/api/v1/drill", {"receiver": "noone" + HOSTILE}))
    assert (status, site.drills) == (404, [])
    assert detail.endswith("there is oncall, team")
    assert refusal(await site.post("/api/v1/drill", {}))[0] == 400
    assert refusal(await site.post("/api/v1/drill", {"receiver": ["oncall"]}))[0] == 400


@pytest.mark.parametrize(("path", "body"), CHANGES)
async def test_nothing_is_changed_unless_the_configuration_says_so(path: str, body: object) -> None:
    """403 for who has not the scope for it; reading goes on."""
    site = Site(a_letter(1), operate=False)
    status, detail = refusal(await site.post(path, body))
    assert status == 403
    assert "operate" in detail
    assert (site.letters.revived, list(site.letters.kept), site.drills) == ([], [1], [])
    assert (await site.get("/api/v1/outbox")).status_code == 200


@pytest.mark.parametrize(("path", "body"), CHANGES)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
async def test_only_json_changes_anything(path: str, body: object, kind: str) -> None:
    """415 for everything a page of somebody else can send unasked."""
    site = Site(a_letter(1))
    headers = {"content-type": kind} if kind else {}
    answer = await site.ask("POST", path, content=json.dumps(body), headers=headers)
    assert refusal(answer)[0] == 415
    assert (site.letters.revived, list(site.letters.kept), site.drills) == ([], [1], [])


@pytest.mark.parametrize(("path", "body"), CHANGES)
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://site:9878",
        "file://site:9877",
        "http://[",
        "http://site:9877.evil",
    ],
)
async def test_pages_of_others_change_nothing(path: str, body: object, origin: str) -> None:
    """403 for every origin but our own."""
    site = Site(a_letter(1))
    answer = await site.ask("POST", path, json=body, headers={"origin": origin})
    assert refusal(answer)[0] == 403
    assert (site.letters.revived, list(site.letters.kept), site.drills) == ([], [1], [])


@pytest.mark.parametrize(("path", "body"), CHANGES)
async def test_our_own_page_may(path: str, body: object) -> None:
    """The origin that a browser sends from a page of ours is let in, whatever its case."""
    for origin in ("http://site:9877", "http://SITE:9877"):
        answer = await Site(a_letter(1)).ask("POST", path, json=body, headers={"origin": origin})
        assert answer.status_code == 200


@pytest.mark.parametrize(("path", "body"), CHANGES)
async def test_a_huge_body_is_not_taken_in(path: str, body: dict[str, Any]) -> None:
    """413, also where no length was announced, and before the end of it came."""
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 4096
            yield b" " * 4096

    site = Site(a_letter(1))
    padded = json.dumps(body) + " " * reading.BODY_LIMIT
    headers = {"content-type": "application/json"}
    assert refusal(await site.ask("POST", path, content=padded, headers=headers))[0] == 413
    app = site.app()
    status = await _posted(app, path, endless())
    assert (status, taken <= 2 * reading.BODY_LIMIT) == (413, True)
    exact = json.dumps(body).ljust(reading.BODY_LIMIT)
    assert (await site.ask("POST", path, content=exact, headers=headers)).status_code == 200


@pytest.mark.looptime
async def test_a_body_that_never_comes_is_not_waited_for() -> None:
    """408 after the time a body may take."""

    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    assert await _posted(Site().app(), "/api/v1/drill", stuck()) == 408
    assert asyncio.get_running_loop().time() == pytest.approx(reading.PATIENCE, abs=0.1)


async def test_a_body_that_breaks_off_is_no_crash() -> None:
    """400 to nobody."""

    async def nothing() -> AsyncIterator[bytes]:
        for part in list[bytes]():
            yield part

    assert await _posted(Site().app(), "/api/v1/drill", nothing()) == 400


async def _posted(app: Any, path: str, parts: AsyncIterator[bytes]) -> int:
    """Post a body piece by piece, as a server does, and return the status; its end is a broken line."""
    status = 0

    async def receive() -> dict[str, Any]:
        async for part in parts:
            return {"type": "http.request", "body": part, "more_body": True}
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http", "method": "POST", "path": path, "query_string": b"", "root_path": "",
        "scheme": "http", "server": ("site", 9877), "client": None,
        "headers": [(b"content-type", b"application/json"), (b"host", b"site:9877")],
    }  # fmt: skip
    await app(scope, receive, send)
    return status


@pytest.mark.parametrize("body", ["", "{", "null", "[" * 9000, '{"receiver": "oncall"} x', "\ud800"])
async def test_a_body_that_is_no_json_object(body: str) -> None:
    """400, however deep it is."""
    headers = {"content-type": "application/json; charset=utf-8"}
    content = body.encode("utf-8", "surrogatepass")
    answer = await Site().ask("POST", "/api/v1/drill", content=content, headers=headers)
    assert refusal(answer)[0] == 400


@pytest.mark.parametrize("path", ["outbox", "outbox/1"])
async def test_a_store_in_trouble_is_503(path: str) -> None:
    """One line says so."""
    site = Site(a_letter(1))
    site.letters.broken = True
    answer = await site.get(f"/api/v1/{path}")
    assert refusal(answer) == (503, "the store does not answer: disk I/O error")
    site.journal.broken = True
    assert refusal(await site.get("/api/v1/history"))[0] == 503


LINES: tuple[tuple[str, object, dict[str, object]], ...] = (
    (*CHANGES[0], {"action": "outbox.retry", "count": 1, "destinations": ["oncall/webhook"]}),
    (*CHANGES[1], {"action": "outbox.drop", "count": 1, "destinations": []}),
    (*CHANGES[2], {"action": "receiver.drill", "count": 2, "receiver": "oncall"}),
)


@pytest.mark.parametrize(("path", "body", "line"), LINES)
async def test_every_change_leaves_a_line(path: str, body: object, line: dict[str, object]) -> None:
    """What, how many, by whom, and from where."""
    with capture_logs() as lines:
        await Site(a_letter(1)).post(path, body)
    same = {"event": "audit", "log_level": "info", "who": "anonymous", "client": "127.0.0.1"}
    assert lines == [{**same, "outcome": "done", **line}]


@pytest.mark.parametrize(("path", "body", "line"), LINES)
async def test_a_change_that_the_store_refused_leaves_a_line(
    path: str, body: object, line: dict[str, object]
) -> None:
    """503, and the log says that it failed, and why."""
    site = Site(a_letter(1))
    site.letters.broken = True
    with capture_logs() as lines:
        answer = await site.post(path, body)
    assert refusal(answer) == (503, "the store does not answer: disk I/O error")
    said = [(one["action"], one["outcome"], one["why"]) for one in lines]
    assert said == [(line["action"], "failed", "disk I/O error")]


async def test_how_much_waits_for_whom() -> None:
    """Depth, the oldest, the dead, and whether a destination gets anything at all."""
    site = Site()
    site.backlog = [
        Backlog(destination="oncall/webhook", depth=3, oldest=EPOCH, dead=1),
        Backlog(destination="team/log", depth=0, oldest=None, dead=0),
    ]
    site.disabled = {"team/log"}
    calm = {"depth": 0, "oldest": None, "dead": 0, "disabled": True}
    answer = await site.get("/api/v1/deliveries")
    assert answer.json() == {
        "destinations": [
            {
                "destination": "oncall/webhook",
                "depth": 3,
                "oldest": "2026-11-21T09:00:00.000Z",
                "dead": 1,
                "disabled": False,
            },
            {"destination": "team/log", **calm},
        ]
    }


async def test_lists_that_have_not_changed_are_not_sent_again() -> None:
    """304 to who has the outbox, the history or the summary already."""
    site = Site(a_letter(1), journal=[a_history()])
    for path in ("outbox", "history", "deliveries"):
        tag = (await site.get(f"/api/v1/{path}")).headers["etag"]
        again = await site.ask("GET", f"/api/v1/{path}", headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")


async def test_hostile_names_are_only_data() -> None:
    """Whatever a name holds, the answer is ASCII JSON, no page, and gives it back whole."""
    letter = a_letter(1, destination=HOSTILE, key=HOSTILE + "\ud800", reason="x", detail=HOSTILE)
    site = Site(letter, journal=[a_history(a_try(destination=HOSTILE, detail=HOSTILE), name=HOSTILE)])
    for path in ("outbox", "outbox/1", "history"):
        answer = await site.get(f"/api/v1/{path}")
        assert answer.content.isascii()
        assert answer.text.isprintable()
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
    said = (await site.get("/api/v1/outbox/1")).json()
    assert (said["destination"], said["key"]) == (HOSTILE, HOSTILE + "\ud800")


async def test_addresses_that_are_none() -> None:
    """404 and 405 are problems, too."""
    site = Site(a_letter(1))
    assert refusal(await site.get("/api/v1/nothing")) == (404, "there is no such address")
    posted = await site.post("/api/v1/history", {})
    assert refusal(posted)[0] == 405
    assert "GET" in posted.headers["allow"]
    assert refusal(await site.get("/api/v1/drill"))[0] == 405


async def test_kinds_are_words() -> None:
    """A letter of a group says so."""
    said = (await Site(a_letter(1, kind=EventKind.GROUPED)).get("/api/v1/outbox")).json()
    assert said["letters"][0]["kind"] == "grouped"
