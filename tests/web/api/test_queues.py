"""`/api/v1/queues`: the figures of every queue, how it stands, and pages that stay good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.board.view import SORTS
from monitor.model.alert import Acknowledgement, Alert, AlertState
from monitor.model.board import QueueLine, SourceState
from monitor.web.access import Address
from monitor.web.api.looking import identify
from monitor.web.api.queues import Queues
from tests.builders import EPOCH
from tests.web.api.desk import an_alert, refusal
from tests.web.api.figures import a_level, a_line, a_source, get
from tests.web.making import HOSTILE


@dataclass
class Wall:
    """Queues over lists."""

    kept: list[QueueLine]
    alerts: list[Alert] = field(default_factory=list)
    sources: list[SourceState] = field(default_factory=list)

    def addresses(self) -> list[Address]:
        """Return every address of it."""
        return Queues(
            lines=self._lines, queue=self._queue, alerts=self._alerts, sources=lambda: self.sources
        ).addresses()

    def _lines(self, org: str | None) -> Sequence[QueueLine]:
        return [one for one in self.kept if org in (None, one.org)]

    def _queue(self, org: str, queue_id: str) -> QueueLine | None:
        return next((one for one in self.kept if (one.org, one.queue_id) == (org, queue_id)), None)

    def _alerts(self) -> Iterable[Alert]:
        return iter(self.alerts)


async def names(wall: Wall, query: str = "") -> list[str]:
    """Return the names of the queues on the first page."""
    return [one["queue"] for one in (await get(wall, f"queues?{query}")).json()["queues"]]


async def every(wall: Wall, query: str) -> list[str]:
    """Return the names of the queues on all pages of two."""
    found: list[str] = []
    after = ""
    while len(found) <= len(wall.kept):
        page = (await get(wall, f"queues?limit=2&{query}{after}")).json()
        found += [one["queue"] for one in page["queues"]]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"
    pytest.fail("the pages have no end")


async def test_a_queue_is_shown_with_all_that_is_known_of_it() -> None:
    """Figures, service level, labels, and how it stands."""
    answer = await get(Wall([a_line()]), "queues")
    level = {
        "media": "voice",
        "window": "15m",
        "threshold": 20.0,
        "ratio": 0.9,
        "met": 90.0,
        "offered": 100.0,
        "target": 0.8,
        "idle": False,
    }
    assert answer.json() == {
        "queues": [
            {
                "org": "acme",
                "queue_id": "id-Support",
                "queue": "Support",
                "division": "Home",
                "labels": {"team": "support"},
                "state": "ok",
                "since": None,
                "stale": False,
                "as_of": None,
                "acknowledged": False,
                "silenced": False,
                "muted": False,
                "alerts": [],
                "waiting": 1.0,
                "interacting": 2.0,
                "longest_wait": 12.5,
                "agents_on_queue": 5.0,
                "agents_available": 3.0,
                "level": level,
                "worst": None,
                "unclear": [],
                "levels": [level],
                "media": [{"media": "voice", "waiting": 1.0, "interacting": 2.0, "longest_wait": 12.5}],
            }
        ],
        "next": None,
        "total": 1,
    }


async def test_what_is_not_known_is_null() -> None:
    """Never 0, and the queue is among those of which something is not known."""
    line = QueueLine(org="acme", queue_id="1", queue="New", division="Home")
    (shown,) = (await get(Wall([line]), "queues")).json()["queues"]
    assert shown["state"] == "unknown"
    figures = ("waiting", "interacting", "longest_wait", "agents_on_queue", "agents_available", "level")
    assert [shown[name] for name in figures] == [None] * len(figures)


async def test_a_queue_stands_as_its_alerts_do() -> None:
    """Its alerts are named with their ids, with since when; the worst queue comes first."""
    alert = an_alert()
    wall = Wall([a_line("Billing"), a_line()], [alert, an_alert("Other")])
    shown = (await get(wall, "queues")).json()["queues"]
    assert [(one["queue"], one["state"]) for one in shown] == [("Support", "critical"), ("Billing", "ok")]
    assert shown[0]["since"] == "2026-11-21T09:01:00.000Z"
    assert shown[0]["alerts"] == [
        {"id": identify(alert), "rule": "ServiceLevelLow", "severity": "critical", "state": "firing"}
    ]


async def test_who_has_it_and_who_is_not_told_is_said() -> None:
    """Acknowledged, silenced and muted are three things."""
    taken = an_alert(acknowledged=Acknowledgement(owner="kim", note="", at=EPOCH))
    for alert, expected in (
        (an_alert(), (False, False, False)),
        (taken, (True, False, False)),
        (an_alert(muted="silenced: sil_1"), (False, True, True)),
        (an_alert(muted="inhibited: storm"), (False, False, True)),
    ):
        (shown,) = (await get(Wall([a_line()], [alert]), "queues")).json()["queues"]
        assert (shown["acknowledged"], shown["silenced"], shown["muted"]) == expected


async def test_old_figures_are_marked() -> None:
    """A queue whose source is too old says so, and since when it is."""
    wall = Wall([a_line()], sources=[a_source(stale=True), a_source("service_level")])
    (shown,) = (await get(wall, "queues")).json()["queues"]
    assert (shown["stale"], shown["as_of"]) == (True, "2026-11-21T08:59:57.000Z")
    assert shown["state"] == "unknown"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("org=globex", ["Claims"]),
        ("org=nobody", []),
        ("text=illi", ["Billing"]),
        ("text=*s", ["Claims"]),
        ("text=id-Support", ["Support"]),
        ("division=north", ["Billing"]),
        ("state=below", ["Billing"]),
        ("state=firing", ["Support"]),
        ("label=team=support&sort=name", ["Billing", "Claims", "Support"]),
        ("label=team=other", []),
        ("sort=name&org=acme", ["Billing", "Support"]),
        ("sort=waiting&org=acme", ["Billing", "Support"]),
        ("sort=agents&org=acme", ["Support", "Billing"]),
    ],
)
async def test_queues_are_filtered_and_sorted(query: str, expected: list[str]) -> None:
    """Each parameter does what the page's does."""
    low = a_level(0.4)
    billing = a_line("Billing", division="North", waiting=9.0, agents_on_queue=8.0, level=low)
    wall = Wall([a_line(), billing, a_line("Claims", org="globex")], [an_alert()])
    assert await names(wall, query) == expected


@pytest.mark.parametrize("sort", SORTS)
async def test_pages_hold_every_queue_once(sort: str) -> None:
    """Whatever they are sorted by, also where figures are alike or not known."""
    lines = [a_line(f"Q{number}", waiting=float(number % 3)) for number in range(5)]
    lines += [replace(a_line("Alike"), queue_id="1"), replace(a_line("Alike"), queue_id="2")]
    lines += [a_line("Unknown", waiting=None, longest_wait=None, agents_on_queue=None, level=None)]
    found = await every(Wall(lines), f"sort={sort}")
    assert sorted(found) == sorted(one.queue for one in lines)
    assert found == await names(Wall(lines), f"sort={sort}")


async def test_a_page_stays_good_while_queues_come_and_go() -> None:
    """By name, the next page begins behind the last one seen, though that has gone."""
    wall = Wall([a_line(name) for name in ("A", "B", "C", "D")])
    first = (await get(wall, "queues?sort=name&limit=2")).json()
    wall.kept = [a_line(name) for name in ("0", "A", "C", "D", "E")]
    second = (await get(wall, f"queues?sort=name&limit=9&after={first['next']}")).json()
    assert [one["queue"] for one in second["queues"]] == ["C", "D", "E"]
    assert (first["total"], second["total"]) == (4, 5)


async def test_by_name_every_queue_is_seen_once_whatever_becomes_of_it() -> None:
    """Each of them gets worse or better between two pages: that moves none."""
    names = [f"Q{number}" for number in range(6)]
    found: list[str] = []
    after = ""
    for turn in range(3):
        lines = [a_line(name, waiting=float((turn * 7 + place * 5) % 6)) for place, name in enumerate(names)]
        page = (await get(Wall(lines, [an_alert(names[turn])]), f"queues?sort=name&limit=2{after}")).json()
        found += [one["queue"] for one in page["queues"]]
        after = f"&after={page['next']}"
    assert found == names


async def test_the_worst_level_is_shown_beside_the_headline() -> None:
    """A chat far below its target makes the queue below, whatever its calls are like."""
    chat = a_level(0.05, media="chat", offered=20.0)
    line = a_line(levels=(a_level(), chat))
    (shown,) = (await get(Wall([line]), "queues")).json()["queues"]
    assert (shown["state"], shown["level"]["media"]) == ("below", "voice")
    assert (shown["worst"]["media"], shown["worst"]["ratio"]) == ("chat", 0.05)


async def test_what_level_is_not_known_is_named() -> None:
    """The queue is unknown for it, and the headline alone would not say why."""
    chat = a_level(None, media="chat", offered=None)
    (shown,) = (await get(Wall([a_line(levels=(a_level(), chat))]), "queues")).json()["queues"]
    assert (shown["state"], shown["unclear"], shown["worst"]) == ("unknown", ["chat"], None)


async def test_a_cursor_of_another_sort_is_refused() -> None:
    """It would leave queues out without a word."""
    wall = Wall([a_line(name) for name in ("A", "B")])
    after = (await get(wall, "queues?sort=waiting&limit=1")).json()["next"]
    answer = await get(wall, f"queues?sort=longest_wait&after={after}")
    assert refusal(answer)[0] == 400


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("state=bad", "state is one of firing, critical"),
        ("sort=bad", "sort is one of worst"),
        ("limit=1001", "limit: should be"),
        ("after=x", "after: should be"),
        ("text=", "text: is empty"),
        ("group=org", "there is no parameter 'group'"),
    ],
)
async def test_what_is_not_understood_is_refused(query: str, detail: str) -> None:
    """By its name, with what there is."""
    status, said = refusal(await get(Wall([]), f"queues?{query}"))
    assert status == 400
    assert said.startswith(detail)


async def test_one_queue_is_shown_with_its_last_hour() -> None:
    """The points of its trend, where a minute without a value is null."""
    shown = (await get(Wall([a_line()], [an_alert()]), "queues/acme/id-Support")).json()
    assert (shown["trend"], shown["waits"]) == ([None, 0.95, 0.9], [None, 0.0, 1.0])
    assert (shown["queue"], shown["state"]) == ("Support", "critical")


async def test_an_id_may_hold_anything() -> None:
    """A gateway's ids may have slashes and dots."""
    wall = Wall([a_line(queue_id="a/b ../ü?")])
    assert (await get(wall, "queues/acme/a%2Fb%20..%2F%C3%BC%3F")).json()["queue"] == "Support"


async def test_a_queue_that_is_not_there_is_not_found() -> None:
    """In one line, though the name was made to break it."""
    for path in ("queues/acme/nothing", "queues/globex/id-Support", "queues/acme/%0D%0Ax"):
        assert refusal(await get(Wall([a_line()]), path))[0] == 404
    assert refusal(await get(Wall([a_line()]), "queues/acme/id-Support?trend=1"))[0] == 400


async def test_nothing_is_sent_again_while_nothing_changes() -> None:
    """304 to who has it, on the list and on one; a figure that changes ends that."""
    wall = Wall([a_line()])
    for path in ("queues", "queues/acme/id-Support"):
        etag = (await get(wall, path)).headers["etag"]
        assert (await get(wall, path, if_none_match=etag)).status_code == 304
        changed = Wall([a_line(waiting=2.0)])
        assert (await get(changed, path, if_none_match=etag)).status_code == 200


async def test_hostile_names_are_escaped() -> None:
    """The body is ASCII whatever a queue is called, and reads back as it was."""
    answer = await get(Wall([a_line(HOSTILE)]), "queues")
    assert answer.content.isascii()
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["queues"][0]["queue"] == HOSTILE


async def test_an_alert_that_is_over_is_none() -> None:
    """An inactive one says nothing of a queue, a pending one does."""
    over: dict[str, Any] = {"state": AlertState.INACTIVE, "resolved_at": EPOCH + timedelta(minutes=5)}
    for alert, state in ((an_alert(**over), "ok"), (an_alert(state=AlertState.PENDING), "pending")):
        (shown,) = (await get(Wall([a_line()], [alert]), "queues")).json()["queues"]
        assert shown["state"] == state
