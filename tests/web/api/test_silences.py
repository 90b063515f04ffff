"""Silences: which there are, beginning one, ending one, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.model.alert import AlertState, Entity
from monitor.model.rule import Matcher, Rule
from monitor.web.access import Principal, Scope
from monitor.web.api.silences import new_id
from tests.builders import EPOCH
from tests.web.api.desk import KIM, LONG, Desk, a_silence, an_alert, refusal
from tests.web.making import HOSTILE

BODY: dict[str, Any] = {
    "matchers": {"rule": "Service*", "queue": "Support"},
    "duration": "2h",
    "owner": "kim",
    "comment": "moving house",
}


async def listed(desk: Desk, query: str = "") -> list[tuple[str, str]]:
    """Return id and state of the silences that are listed."""
    said = (await desk.get(f"silences?{query}")).json()
    return [(one["id"], one["state"]) for one in said["silences"]]


async def test_a_silence_begins() -> None:
    """At once, under an id of ours; it says how many alerts it is about now."""
    calm = an_alert(state=AlertState.INACTIVE)
    desk = Desk([an_alert(), an_alert("Sales"), calm])
    answer = await desk.post("silences", BODY)
    assert answer.status_code == 201
    assert answer.json() == {
        "silence": {
            "id": "sil_new",
            "state": "active",
            "matchers": [
                {"label": "queue", "globs": ["Support"], "regex": None},
                {"label": "rule", "globs": ["Service*"], "regex": None},
            ],
            "starts_at": "2026-11-21T09:00:00.000Z",
            "ends_at": "2026-11-21T11:00:00.000Z",
            "owner": "kim",
            "comment": "moving house",
        },
        "alerts": 1,
    }
    (kept,) = desk.silences
    assert kept.matchers == (
        Matcher(label="queue", globs=("Support",)),
        Matcher(label="rule", globs=("Service*",)),
    )
    assert (kept.starts_at, kept.ends_at) == (EPOCH, EPOCH + timedelta(hours=2))


@pytest.mark.parametrize(
    ("matchers", "count"),
    [
        ({"rule": "*"}, 3),
        ({"rule": "*", "team": "*"}, 2),
        ({"rule": "*", "source": "*"}, 0),
        ({"queue": "S*"}, 3),
        ({"queue": "S*", "rule": "Long*"}, 1),
        ({"severity": "critical", "org": "acme"}, 3),
        ({"team": "support"}, 2),
        ({"media": "chat"}, 0),
        ({"source": "queues"}, 0),
    ],
)
async def test_what_a_silence_is_about(matchers: dict[str, str], count: int) -> None:
    """Labels of the entity, of the rule, and who the alert is; one fits where all do."""
    desk = Desk([an_alert(), an_alert("Sales", state=AlertState.PENDING), an_alert("Sales", LONG)])
    answer = await desk.post("silences", {**BODY, "matchers": matchers})
    assert (answer.status_code, answer.json()["alerts"]) == (201, count)


@pytest.mark.parametrize(("rule", "count"), [("*", 0), ("[A-Z]*", 0), ("SourceDown", 1), ("?ource*", 1)])
async def test_a_silent_source_is_silenced_by_name(rule: str, count: int) -> None:
    """Quiet for everything is not meant for what says that nothing is known."""
    down = an_alert(rule=Rule(name="SourceDown"), entity=Entity(key="queues", labels={"source": "queues"}))
    answer = await Desk([down]).post("silences", {**BODY, "matchers": {"rule": rule, "org": "acme"}})
    assert (answer.status_code, answer.json()["alerts"]) == (201, count)


async def test_a_label_that_only_an_entity_has_is_known() -> None:
    """Whatever an alert is matched by may be silenced by."""
    desk = Desk([an_alert(entity=Entity(key="x", labels={"wing": "east"}))])
    answer = await desk.post("silences", {**BODY, "matchers": {"wing": "e*"}})
    assert (answer.status_code, answer.json()["alerts"]) == (201, 1)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"matchers": None}, "matchers"),
        ({"matchers": {}}, "matchers"),
        ({"matchers": ["rule"]}, "matchers"),
        ({"matchers": {"rule": ""}}, "rule"),
        ({"matchers": {"rule": 1}}, "rule"),
        ({"matchers": {"rule": ["*"]}}, "rule"),
        ({"matchers": {"rule": "x" * 201}}, "rule"),
        ({"matchers": {"queu": "*"}}, "there is no label 'queu': there is "),
        ({"matchers": {"": "*"}}, "there is no label"),
        ({"matchers": {f"l{n}": "*" for n in range(21)}}, "matchers"),
        (
            {"matchers": {"org": "*"}},
            'they fit everything there is: name something, or say so with {"rule": "*"}',
        ),
        ({"matchers": {"severity": "*", "queue": "?*"}}, "everything"),
        ({"matchers": {"rule": "**"}}, "everything"),
        ({"matchers": {"queue": "Sup\u200bport"}}, "queue: has blanks or characters that no name has"),
        ({"matchers": {"queue": "\u202etroppuS"}}, "queue: has blanks or characters"),
        ({"matchers": {"queue": "Support "}}, "queue: has blanks or characters"),
        ({"duration": None}, "duration"),
        ({"duration": "30d1s"}, "duration"),
        ({"until": "2026-11-22T09:00:00Z"}, "either"),
        ({"duration": None, "until": "2026-11-20T09:00:00Z"}, "until"),
        ({"comment": None}, "comment"),
        ({"comment": " \u200b "}, "comment"),
        ({"comment": "x" * 1001}, "comment"),
        ({"owner": None}, "owner"),
        ({"id": "mine"}, "id"),
    ],
)
async def test_a_bad_body_is_named(change: dict[str, object], name: str) -> None:
    """400 that says what is wrong, and there is no silence."""
    desk = Desk([an_alert()])
    status, detail = refusal(await desk.post("silences", {**BODY, **change}))
    assert status == 400
    assert name in detail
    assert desk.silences == []


async def test_a_silence_may_last_thirty_days() -> None:
    """By a length or by a date, and belongs to whoever has shown who they are."""
    for how in ({"duration": "30d"}, {"duration": None, "until": "2026-12-21T09:00:00Z"}):
        desk = Desk(who=KIM)
        answer = await desk.post("silences", {**BODY, **how, "owner": None})
        assert answer.json()["silence"]["ends_at"] == "2026-12-21T09:00:00.000Z"
        assert answer.json()["silence"]["owner"] == "kim"


async def test_silences_are_listed() -> None:
    """The one that ends first at the top; those that are over only where they are asked for."""
    ahead = a_silence("ahead", 3, starts_at=EPOCH + timedelta(hours=2))
    desk = Desk(silences=[ahead, a_silence("long", 2), a_silence("short"), a_silence("over", 0)])
    active = [("short", "active"), ("long", "active")]
    assert await listed(desk) == [*active, ("ahead", "pending")]
    assert await listed(desk, "state=active") == active
    assert await listed(desk, "state=pending") == [("ahead", "pending")]
    assert await listed(desk, "state=expired") == [("over", "expired")]
    assert len(await listed(desk, "state=any")) == 4
    first = (await desk.get("silences?limit=2")).json()
    assert await listed(desk, f"limit=2&after={first['next']}") == [("ahead", "pending")]
    tag = (await desk.get("silences")).headers["etag"]
    assert (await desk.get("silences", if_none_match=tag)).status_code == 304


async def test_a_silence_in_other_forms_is_shown() -> None:
    """Those asked for elsewhere may have a regex, or several globs."""
    matchers = (Matcher(label="queue", regex="Su.*"), Matcher(label="rule", globs=("a", "b")))
    said = (await Desk(silences=[a_silence(matchers=matchers)]).get("silences")).json()
    assert said["silences"][0]["matchers"] == [
        {"label": "queue", "globs": [], "regex": "Su.*"},
        {"label": "rule", "globs": ["a", "b"], "regex": None},
    ]


@pytest.mark.parametrize("id", ["sil_1", "acme/c81f"])
async def test_a_silence_is_ended(id: str) -> None:
    """Now, and it is kept as one that is over; also one that was asked for over MQTT."""
    desk = Desk(silences=[a_silence(id), a_silence("other")], now=EPOCH + timedelta(minutes=5))
    answer = await desk.ask("DELETE", f"silences/{id}")
    assert answer.status_code == 200
    assert (answer.json()["silence"]["state"], answer.json()["silence"]["id"]) == ("expired", id)
    assert answer.json()["silence"]["ends_at"] == "2026-11-21T09:05:00.000Z"
    assert await listed(desk) == [("other", "active")]
    assert await listed(desk, "state=expired") == [(id, "expired")]


async def test_a_silence_that_has_not_begun_never_does() -> None:
    """It ends when it is ended, and does not begin after that."""
    desk = Desk(silences=[a_silence(hours=3, starts_at=EPOCH + timedelta(hours=2))])
    await desk.ask("DELETE", "silences/sil_1")
    assert (desk.silences[0].starts_at, desk.silences[0].ends_at) == (EPOCH, EPOCH)


async def test_what_is_over_is_not_ended_again() -> None:
    """409 for what is over, 404 for what never was."""
    desk = Desk(silences=[a_silence(hours=0)])
    assert refusal(await desk.ask("DELETE", "silences/sil_1"))[0] == 409
    status, detail = refusal(await desk.ask("DELETE", "silences/sil%1B2"))
    assert (status, detail) == (404, "there is no silence 'sil 2'")


@pytest.mark.parametrize(
    ("method", "path", "body", "line"),
    [
        (
            "POST",
            "silences",
            BODY,
            {
                "action": "silence.begin",
                "matchers": {"queue": "Support", "rule": "Service*"},
                "silence": "sil_new",
                "owner": "kim",
                "until": "2026-11-21T11:00:00.000Z",
            },
        ),
        ("DELETE", "silences/sil_1", None, {"action": "silence.end", "silence": "sil_1"}),
    ],
)
async def test_every_change_leaves_a_line(
    method: str, path: str, body: object, line: dict[str, object]
) -> None:
    """What was silenced or let speak, by whom and from where; also where the store took nothing."""
    same = {"event": "audit", "log_level": "info", "who": "kim", "client": "127.0.0.1"}
    for broken, more in ((False, {"outcome": "done"}), (True, {"outcome": "failed", "why": "disk is full"})):
        desk = Desk(silences=[a_silence()], who=KIM, broken=broken)
        with capture_logs() as lines:
            answer = await desk.ask(method, path, json=body)
        assert lines == [{**same, **line, **more}]
        assert (answer.status_code == 503) is broken


@pytest.mark.parametrize(("method", "path"), [("POST", "silences"), ("DELETE", "silences/sil_1")])
async def test_reading_is_not_doing(method: str, path: str) -> None:
    """403 for who may only read, and everything is as it was."""
    reader = Principal(name="eve", scopes=frozenset({Scope.READ, Scope.METRICS}))
    desk = Desk(silences=[a_silence()], who=reader)
    with capture_logs() as lines:
        answer = await desk.ask(method, path, json=BODY)
    assert refusal(answer) == (403, "this needs the scope operate")
    assert desk.silences == [a_silence()]
    assert [(line["who"], line["outcome"]) for line in lines] == [("eve", "refused")]


async def test_hostile_words_are_only_data() -> None:
    """Whatever an owner or a comment holds, what is hidden in it is gone, and the rest is kept as text."""
    desk = Desk()
    await desk.post("silences", {**BODY, "owner": HOSTILE, "comment": HOSTILE})
    (kept,) = desk.silences
    assert kept.owner == kept.comment == "<script> evil [31m 2J next line"


def test_ids_are_short_and_never_the_same() -> None:
    """Fit for a URL as they are."""
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) == 14 and one.replace("_", "").isalnum() for one in ids)
