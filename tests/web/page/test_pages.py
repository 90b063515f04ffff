"""The pages as a browser gets them: right, escaped, and nothing a strict policy forbids."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack, aclosing
from datetime import timedelta
from itertools import pairwise

import pytest

from monitor.model.alert import SOURCE_DOWN, AlertState, Entity, Evidence, alert_id
from monitor.model.delivery import Backlog
from monitor.model.rule import Matcher
from monitor.model.silence import Silence
from monitor.web.page.live import CROWDED, STREAMS, Streamed
from tests.builders import EPOCH, SUPPORT
from tests.web.page.making import (
    Document,
    Element,
    Site,
    a_level,
    a_line,
    a_source,
    an_alert,
    read,
    some_lines,
)

HOSTILE = "<script>alert(1)</script>\"'&\u202eevil\x1b[31m\ud800"
"""A name that would run, break out of an attribute, turn the line around, or not encode."""


def rows(page: Document) -> list[Element]:
    """Return the queues in the order in which they stand."""
    return [one for one in page.all("li") if "data-queue" in one.attributes]


def figure(row: Element, name: str) -> str:
    """Return one figure of a queue as it is read out."""
    return row.one("div", data_figure=name).one("b").text


def a_busy_site() -> Site:
    """Return a site with something of everything, of two organisations, all with hostile names."""
    site = Site(
        a_line(HOSTILE, division=HOSTILE, labels=((HOSTILE, HOSTILE),)),
        a_line(HOSTILE, "q2", org=HOSTILE, waiting=None, level=None),
        a_line("Idle", "q3", level=a_level(None, idle=True), waiting=0.0, interacting=0.0),
        alerts=[
            an_alert(HOSTILE, muted=f"inhibited:{HOSTILE}"),
            an_alert(entity=Entity(key=HOSTILE, labels={"queue": HOSTILE, "media": HOSTILE})),
        ],
    )
    site.sources = [a_source(), a_source(HOSTILE, org=HOSTILE, up=False, stale=True, error=HOSTILE)]
    site.backlog = [Backlog(destination=HOSTILE, depth=1, oldest=EPOCH, dead=2)]
    site.disabled = {HOSTILE}
    silence = Silence(
        id="s",
        matchers=(Matcher(label="queue", globs=(HOSTILE,)),),
        starts_at=EPOCH,
        ends_at=EPOCH + timedelta(hours=1),
        owner=HOSTILE,
        comment=HOSTILE,
    )
    site.silences = [silence]
    return site


async def test_the_wall_shows_every_figure() -> None:
    """A queue with its state, level, what it is of, waiting, longest wait and agents."""
    page = await Site(a_line()).show()
    (row,) = rows(page)
    assert row.attributes["data-queue"] == SUPPORT
    assert row.attributes["data-state"] == "ok"
    assert row.one("h4").text == "Support"
    shown = {name: figure(row, name) for name in ("level", "waiting", "longest_wait", "agents")}
    assert shown == {"level": "90 %", "waiting": "2", "longest_wait": "12 s", "agents": "4"}
    assert "43 of 48 within 20 s · 15m" in row.text
    assert row.one("svg", role="img").attributes["aria-label"].startswith("Last hour: service level")


async def test_the_worst_stands_first() -> None:
    """What fires, what is unknown, what is below its target, then the rest."""
    lines = (
        a_line("A", "ok"),
        a_line("B", "below", level=a_level(0.5)),
        a_line("C", "unknown", waiting=None),
    )
    site = Site(*lines, a_line("D", SUPPORT), alerts=[an_alert()])
    found = [row.attributes["data-state"] for row in rows(await site.show())]
    assert found == ["critical", "unknown", "below", "ok"]


async def test_unknown_is_never_zero_and_is_heard() -> None:
    """A figure that is not known is a dash, which is read out as unknown."""
    (row,) = rows(await Site(a_line(waiting=None, longest_wait=None, agents_on_queue=None)).show())
    assert figure(row, "waiting") == "– unknown"
    assert figure(row, "longest_wait") == "– unknown"
    assert row.one("div", data_figure="waiting").one("span", aria_hidden="true").text == "–"


async def test_stale_figures_are_marked_and_a_banner_says_so() -> None:
    """Old figures stay, hatched and dated, and the banner names the source and what it said."""
    site = Site(a_line())
    at = EPOCH - timedelta(minutes=5)
    site.sources = [
        a_source(up=False, stale=True, observed_at=at, error="HTTP 503"),
        a_source("service_level"),
    ]
    page = await site.show()
    (row,) = rows(page)
    assert "stale" in row.classes
    assert "as of 08:55:00 UTC" in row.text
    late = page.one("div", id="late")
    assert "hidden" not in late.attributes
    assert "1 source does not answer" in late.text
    assert "acme queues as of 08:55:00 UTC – HTTP 503" in late.text


async def test_a_poll_that_failed_is_a_milder_banner() -> None:
    """Figures that are still believed are not marked, but the failure is said."""
    site = Site(a_line())
    site.sources = [a_source(up=False, error="HTTP 503")]
    page = await site.show()
    assert "stale" not in rows(page)[0].classes
    assert page.one("div", id="late").classes == {"mild"}


async def test_where_all_is_well_there_is_no_banner() -> None:
    """The banner's parts are hidden: nothing is there to be seen or heard."""
    page = await Site(a_line()).show()
    banner = page.one("div", id="banner")
    assert all("hidden" in one.attributes for one in banner.inside if isinstance(one, Element))


@pytest.mark.parametrize("path", ["/", "/?board=1", "/?group=label:team&q=e", f"/alerts/{HOSTILE[:3]}"])
async def test_hostile_names_are_text(path: str) -> None:
    """Whatever a name holds, the page has no element, attribute or character of it."""
    site = a_busy_site()
    site.may_operate()
    answer = await site.ask(path)
    page = read(answer.text)
    assert [one.attributes.get("src", "")[:16] for one in page.all("script")] in (
        [one] for one in ("./static/page.js", "../static/page.j")
    )
    assert not re.search("[\u202e\x1b\ud800]", answer.text)


async def test_hostile_names_are_text_on_the_page_of_their_alert() -> None:
    """The same where one alert is told whole."""
    site = a_busy_site()
    site.may_operate()
    mark = alert_id("acme", HOSTILE, f"{SUPPORT}/voice")
    answer = await site.ask(f"/alerts/{mark}")
    assert answer.status_code == 200
    assert len(read(answer.text).all("script")) == 1
    assert not re.search("[\u202e\x1b]", answer.text)


@pytest.mark.parametrize("path", ["/", "/?board=1", "/?group=org", "/alerts/x"])
async def test_a_page_has_nothing_its_policy_forbids(path: str) -> None:
    """No inline script, handler or style, nothing from elsewhere; every id once; headings in steps."""
    site = a_busy_site()
    site.may_operate()
    page = await site.show(path)
    for one in page.walk():
        assert one.tag != "style"
        assert not [name for name in one.attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action"):
            assert not re.match(r"(?i)\s*([a-z]+:|//)", one.attributes.get(name, ""))
    ids = [one.attributes["id"] for one in page.walk() if "id" in one.attributes]
    assert len(ids) == len({*ids})
    levels = [int(one.tag[1]) for one in page.walk() if re.fullmatch("h[1-6]", one.tag)]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert levels[0] == 1


async def test_every_field_has_a_label_and_every_reference_its_target() -> None:
    """What is typed into is named, and labels, headings and marks that are pointed at are there."""
    site = a_busy_site()
    site.may_operate()
    page = await site.show()
    labelled = {id(field) for label in page.all("label") for field in label.walk()}
    fields = [
        one
        for one in page.walk()
        if one.tag in ("input", "select") and one.attributes.get("type") != "hidden"
    ]
    assert fields
    assert all(id(one) in labelled for one in fields)
    ids = {one.attributes["id"] for one in page.walk() if "id" in one.attributes}
    for one in page.walk():
        for name in ("aria-labelledby", "aria-controls"):
            assert one.attributes.get(name, "") in {"", *ids}
        if one.attributes.get("href", "").startswith("#"):
            assert one.attributes["href"][1:] in ids


async def test_alerts_are_listed_with_who_knows() -> None:
    """Firing ones before pending ones, with rule, value, threshold and who was told."""
    pending = an_alert("Waiting", state=AlertState.PENDING, evidence=Evidence(value=9.0))
    page = await Site(a_line(), alerts=[pending, an_alert()]).show()
    first, second = page.one("ol", id="alerts-list").all("li")
    assert first.attributes["data-alert"] == alert_id("acme", "ServiceLevelLow", f"{SUPPORT}/voice")
    assert "ServiceLevelLow · 54 %, fires below 60 % · 26 of 48" in first.text
    assert "Told oncall/webhook" in first.text
    assert second.attributes["data-state"] == "pending"
    assert page.one("p", id="firing").text == "1 firing, 1 pending"
    assert first.one("a").attributes["href"] == f"alerts/{first.attributes['data-alert']}"


async def test_only_who_may_operate_is_offered_to() -> None:
    """Buttons and dialogs are there only with the scope; only what fires can be acknowledged."""
    down = an_alert(SOURCE_DOWN, entity=Entity(key="queues", labels={"source": "queues"}))
    pending = an_alert("Waiting", state=AlertState.PENDING)
    site = Site(a_line(), alerts=[an_alert(), down, pending])
    page = await site.show()
    assert page.all("dialog") == []
    assert page.all("button", data_open="ack") == []
    site.may_operate()
    site.live.changed()
    page = await site.show()
    assert [one.attributes["id"] for one in page.all("dialog")] == ["ack-dialog", "silence-dialog"]
    assert len(page.all("button", data_open="ack")) == 2
    assert len(page.all("button", data_open="silence")) == 3


async def test_sources_and_destinations_are_shown() -> None:
    """Every source with its state and age; every destination with its backlog, oldest and dead letters."""
    site = Site(a_line())
    site.backlog = [Backlog(destination="hook", depth=3, oldest=EPOCH, dead=2)]
    site.disabled = {"hook"}
    page = await site.show()
    sources = page.one("section", id="sources")
    assert "acme queues Answers 08:59:57 UTC" in sources.text
    deliveries = page.one("section", id="deliveries").one("tbody").text
    assert deliveries == "hook disabled: it said it is gone 3 09:00:00 UTC 2"


async def test_filters_sort_and_groups_work_without_a_script() -> None:
    """The form is a plain GET; what it asks for is what is shown, and what was asked stays chosen."""
    lines = (
        a_line("Sales", "a", division="Shop"),
        a_line("Support", "b"),
        a_line("Suport", "c", level=a_level(0.5)),
    )
    site = Site(*lines)
    page = await site.show("/?q=su&group=state&sort=name")
    assert [row.one("h4").text for row in rows(page)] == ["Suport", "Support"]
    headings = [one.text for one in page.one("div", id="wall").all("h3")]
    assert headings == ["Below target 1 queue", "OK 1 queue"]
    form = page.one("form", id="filter")
    assert form.attributes["method"] == "get"
    chosen = [one.text for one in form.all("option") if "selected" in one.attributes]
    assert chosen == ["Name", "State"]
    assert form.one("input", name="q").attributes["value"] == "su"


async def test_more_queues_than_asked_for_are_counted() -> None:
    """At most the limit is shown, and how many more there are is said."""
    page = await Site(*some_lines(12)).show("/?limit=10")
    assert len(rows(page)) == 10
    assert "2 more are not shown" in page.one("p", id="more").text
    assert page.one("ul", id="tally").one("li", class_="is-ok").one("b").text == "12"


async def test_a_search_does_not_look_like_an_all_clear() -> None:
    """The counts are of all queues whatever is looked for; those of a board are of what it shows."""
    site = Site(a_line(), a_line("Sales", "q-2", org="b"), alerts=[an_alert()])
    for path in ("/?q=sales", "/?org=b", "/?state=ok"):
        tally = (await site.show(path)).one("ul", id="tally")
        assert tally.one("li", class_="is-critical").one("b").text == "1", path
    board = (await site.show("/?board=1&org=b")).one("ul", id="tally")
    assert board.one("li", class_="is-critical zero").one("b").text == "0"


async def test_a_silence_can_be_ended_by_who_may() -> None:
    """Its button names it by id and in words, and is not there for who only reads."""
    site = Site(a_line())
    site.silences = [
        Silence(
            id="sil_1",
            matchers=(Matcher(label="queue", globs=("Sup*",)),),
            starts_at=EPOCH,
            ends_at=EPOCH + timedelta(hours=1),
            owner="ben",
            comment="moving desks",
        )
    ]
    assert (await site.show()).one("div", id="silences").all("button") == []
    site.may_operate()
    button = (await site.show()).one("div", id="silences").one("button")
    assert button.attributes["data-end"] == "sil_1"
    assert button.attributes["aria-label"] == "End the silence of queue Sup*"


async def test_no_queue_is_said_to_be_none() -> None:
    """A filter that fits nothing and a daemon that knows none yet say two different things."""
    assert "No queue is known yet" in (await Site().show()).one("p", id="more").text
    filtered = await Site(a_line()).show("/?q=nothing")
    assert "No queue is like that" in filtered.one("p", id="more").text


async def test_the_board_has_cards_and_no_chrome() -> None:
    """A wall screen gets few large cards, a clock, counts and the banner, and nothing to click through."""
    alarm = await Site(a_line(), alerts=[an_alert()]).show("/?board=1")
    card = alarm.one("li", data_state="critical").text
    assert "Critical ServiceLevelLow since" in card
    assert "Agents 4 · 1 free" in card
    page = await Site(*some_lines(40)).show("/?board=1")
    assert len(page.one("ol").all("li", data_state="ok")) == 16
    assert page.all("form") == []
    assert page.one("time", id="clock").text == "09:00:00 UTC"
    assert len(page.all(id="tally")) == len(page.all(id="banner")) == 1


async def test_without_a_script_the_page_reloads_itself() -> None:
    """A browser that runs nothing asks again every ten seconds, and reads exact dates."""
    page = await Site(a_line(), alerts=[an_alert()]).show()
    (meta,) = page.one("noscript").all("meta")
    assert (meta.attributes["http-equiv"], meta.attributes["content"]) == ("refresh", "10")
    assert "Critical firing since 08:50:00 UTC" in rows(page)[0].text


async def messages(site: Site, page: Document, count: int) -> list[dict[str, object]]:
    """Return the first messages of the stream that a page asks for; a change comes before the second."""
    path, _, query = page.one("html").attributes["data-live"].partition("?")
    answer = await site.pages.stream(site.request(f"/{path}", query))
    assert isinstance(answer, Streamed)
    found: list[dict[str, object]] = []
    with site.live.seat() as seat:
        assert seat is not None
        async with aclosing(answer.events(seat)) as events:
            async for event in events:
                if event.startswith("data: "):
                    found.append(json.loads(event.removeprefix("data: ")))
                    site.lines = [a_line(waiting=17.0)]
                    site.live.changed()
                if len(found) == count:
                    break
    return found


@pytest.mark.looptime
async def test_a_stream_begins_where_its_page_ends() -> None:
    """The first message repeats nothing that the page shows; the next has the one row that changed."""
    site = Site(a_line())
    page = await site.show()
    (row,) = rows(page)
    first, second = await messages(site, page, 2)
    assert sorted(first) == ["build", "now"]
    assert first["build"] == page.one("html").attributes["data-build"]
    parts = second["parts"]
    assert isinstance(parts, dict)
    assert list(parts) == [row.attributes["id"]]
    assert figure(read(parts[row.attributes["id"]]), "waiting") == "17"


@pytest.mark.looptime
async def test_a_page_that_comes_back_is_told_everything() -> None:
    """What a page has seen is known once: after a break it gets every part and every order."""
    site = Site(a_line())
    page = await site.show()
    await messages(site, page, 1)
    (again,) = await messages(site, page, 1)
    assert isinstance(again["parts"], dict)
    assert {"tally", "late", "sources-now"} <= {*again["parts"]}
    assert again["order"] is not None


async def test_what_is_streamed_is_what_is_on_the_page() -> None:
    """Every part of a frame stands on the page under its own id."""
    site = a_busy_site()
    page = await site.show()
    (whole,) = await messages(site, Element("", {}, [Element("html", {"data-live": "live"})]), 1)
    assert isinstance(whole["parts"], dict)
    for key, html in whole["parts"].items():
        assert len(page.all(id=key)) == 1
        (element,) = [one for one in read(html).inside if isinstance(one, Element)]
        assert element.attributes["id"] == key


async def test_more_streams_than_there_may_be_are_refused() -> None:
    """Who comes when it is full is told so, and can ask again."""
    site = Site(a_line())
    with ExitStack() as others:
        for _ in range(STREAMS):
            others.enter_context(site.live.seat())
        answer = await site.ask("/live")
    assert (answer.status_code, answer.json()["detail"]) == (503, CROWDED)


async def test_the_stream_of_an_alert_nobody_knows_is_refused() -> None:
    """There is nothing to tell of it."""
    answer = await Site(a_line()).ask("/live?alert=alr_x")
    assert answer.status_code == 404


async def test_a_form_keeps_what_no_field_asks_for() -> None:
    """A label or a limit in the address stays when something else is filtered."""
    page = await Site(a_line()).show("/?label=team%3Dnorth&limit=7")
    hidden = {one.attributes["name"]: one.attributes["value"] for one in page.all("input", type="hidden")}
    assert hidden == {"label": "team=north", "limit": "7"}
