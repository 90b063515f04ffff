"""Acknowledgements: who takes an alert, who has one, and who may not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.model.alert import Acknowledgement, AlertState
from monitor.web.access import Principal, Scope
from monitor.web.api.looking import identify
from tests.builders import EPOCH
from tests.web.api.desk import ANYBODY, KIM, Desk, an_alert, path_of, refusal

PATH = path_of(an_alert()) + "/ack"


def an_ack(owner: str = "kim", minutes: float = 0.0) -> Acknowledgement:
    """Return an acknowledgement of so many minutes after the epoch."""
    return Acknowledgement(owner=owner, note="", at=EPOCH + timedelta(minutes=minutes))


async def test_an_alert_is_taken() -> None:
    """The alert is answered as it is now: with its owner, the note, and until when."""
    desk = Desk([an_alert("Sales"), an_alert()])
    answer = await desk.post(PATH, {"owner": "kim", "note": "on it", "duration": "30m"})
    assert answer.status_code == 200
    assert answer.json()["alert"]["id"] == identify(an_alert())
    assert answer.json()["alert"]["acknowledged"] == {
        "owner": "kim",
        "note": "on it",
        "at": "2026-11-21T09:00:00.000Z",
        "until": "2026-11-21T09:30:00.000Z",
    }
    assert [one.acknowledged is not None for one in desk.kept] == [False, True]


@pytest.mark.parametrize(
    ("who", "said", "owner"),
    [
        (ANYBODY, "kim", "kim"),
        (ANYBODY, " k\x1bim\n", "k im"),
        (KIM, None, "kim"),
        (KIM, "kim", "kim"),
        (KIM, "  ", "kim"),
        (KIM, "lee", "lee (by kim)"),
        (KIM, "lee (by root)", "lee (by root) (by kim)"),
    ],
)
async def test_who_takes_an_alert(who: Principal, said: str | None, owner: str) -> None:
    """Whoever has shown who they are is always named; what anybody else says is believed."""
    desk = Desk([an_alert()], who=who)
    body = {} if said is None else {"owner": said}
    said_of = (await desk.post(PATH, body)).json()["alert"]["acknowledged"]
    assert said_of["owner"] == owner


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "owner"),
        ({"owner": ""}, "owner"),
        ({"owner": "\u202e"}, "owner"),
        ({"owner": 1}, "owner"),
        ({"owner": "x" * 101}, "owner"),
        ({"owner": "kim", "note": ["x"]}, "note"),
        ({"owner": "kim", "note": "x" * 1001}, "note"),
        ({"owner": "kim", "until": "tomorrow"}, "until"),
        ({"owner": "kim", "until": "2026-11-21T09:00:00"}, "until"),
        ({"owner": "kim", "until": "2026-11-21T09:00:00Z"}, "until"),
        ({"owner": "kim", "until": "2026-12-21T09:00:01Z"}, "until"),
        ({"owner": "kim", "until": 5}, "until"),
        ({"owner": "kim", "duration": "soon"}, "duration"),
        ({"owner": "kim", "duration": "0s"}, "duration"),
        ({"owner": "kim", "duration": "31d"}, "duration"),
        ({"owner": "kim", "duration": "9" * 300 + "d"}, "duration"),
        ({"owner": "kim", "duration": "999999999999d"}, "duration"),
        ({"owner": "kim", "duration": 60}, "duration"),
        ({"owner": "kim", "duration": "1h", "until": "2026-11-21T10:00:00Z"}, "either"),
        ({"owner": "kim", "for": "1h"}, "for"),
        (["kim"], "object"),
    ],
)
async def test_a_bad_body_is_named(body: object, name: str) -> None:
    """400 that says what is wrong, and nobody has the alert."""
    desk = Desk([an_alert()])
    status, detail = refusal(await desk.post(PATH, body))
    assert status == 400
    assert name in detail
    assert desk.kept == [an_alert()]


async def test_an_end_may_be_a_date() -> None:
    """In any zone, and at most thirty days ahead."""
    for until, said in (
        ("2026-11-21T10:30:00+01:00", "2026-11-21T09:30:00.000Z"),
        ("2026-12-21T09:00:00Z", "2026-12-21T09:00:00.000Z"),
    ):
        answer = await Desk([an_alert()]).post(PATH, {"owner": "kim", "until": until})
        assert answer.json()["alert"]["acknowledged"]["until"] == said


async def test_what_does_not_fire_is_not_taken() -> None:
    """409 for what is pending or over, 404 for what is not there."""
    for state in (AlertState.PENDING, AlertState.INACTIVE):
        desk = Desk([an_alert(state=state)])
        assert refusal(await desk.post(PATH, {"owner": "kim"}))[0] == 409
    assert refusal(await Desk().post(PATH, {"owner": "kim"}))[0] == 404


async def test_a_store_that_takes_nothing_is_said() -> None:
    """503 with what the manager says."""
    desk = Desk([an_alert()], broken=True)
    assert refusal(await desk.post(PATH, {"owner": "kim"})) == (
        503,
        "the store does not answer: disk is full",
    )


async def test_who_has_which_alert() -> None:
    """In the order they took them, page by page; what nobody has is left out."""
    desk = Desk(
        [
            an_alert("b", acknowledged=an_ack("lee", minutes=2)),
            an_alert("free"),
            an_alert("a", acknowledged=an_ack(minutes=1), org="zeta"),
        ]
    )
    first = (await desk.get("acks?limit=1")).json()
    assert first["acks"] == [
        {
            "alert": identify(desk.kept[2]),
            "org": "zeta",
            "rule": "ServiceLevelLow",
            "entity": {
                "key": "id-a/voice",
                "labels": {"queue_id": "id-a", "queue": "a", "media": "voice"},
            },
            "queue": "a",
            "severity": "critical",
            "owner": "kim",
            "note": "",
            "at": "2026-11-21T09:01:00.000Z",
            "until": None,
        }
    ]
    second = (await desk.get(f"acks?limit=1&after={first['next']}")).json()
    assert ([one["owner"] for one in second["acks"]], second["next"]) == (["lee"], None)
    assert [one["queue"] for one in (await desk.get("acks?org=acme")).json()["acks"]] == ["b"]
    assert (await desk.get("acks", if_none_match="*")).status_code == 304


async def test_taking_an_alert_leaves_a_line() -> None:
    """Who, from where, which alert and until when."""
    with capture_logs() as lines:
        await Desk([an_alert()], who=KIM).post(PATH, {"duration": "1h", "note": "hush hush"})
    assert lines == [
        {
            "event": "audit",
            "log_level": "info",
            "action": "alert.acknowledge",
            "who": "kim",
            "client": "127.0.0.1",
            "outcome": "done",
            "alert": identify(an_alert()),
            "org": "acme",
            "rule": "ServiceLevelLow",
            "entity": "id-Support/voice",
            "owner": "kim",
            "until": "2026-11-21T10:00:00.000Z",
        }
    ]


async def test_an_alert_that_was_not_taken_leaves_a_line_too() -> None:
    """Refused with the reason, or failed with what the store said."""
    expected: list[tuple[Desk, dict[str, Any], str, str]] = [
        (Desk(), {"owner": "kim"}, "refused", "there is no such alert"),
        (Desk([an_alert()]), {}, "refused", "owner: should say who you are"),
        (Desk([an_alert()], broken=True), {"owner": "kim"}, "failed", "disk is full"),
        (Desk(who=Principal(name="eve")), {"owner": "kim"}, "refused", "this needs the scope operate"),
    ]
    for desk, body, outcome, why in expected:
        with capture_logs() as lines:
            await desk.post(PATH, body)
        (line,) = lines
        assert (line["event"], line["outcome"], line["why"][: len(why)]) == ("audit", outcome, why)


async def test_reading_is_not_doing() -> None:
    """403 for who may only read."""
    desk = Desk([an_alert()], who=Principal(scopes=frozenset({Scope.READ, Scope.METRICS})))
    status, detail = refusal(await desk.post(PATH, {"owner": "kim"}))
    assert status == 403
    assert detail.startswith("this needs the scope operate")
    assert desk.kept == [an_alert()]
