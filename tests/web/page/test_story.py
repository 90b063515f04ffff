"""The page of one alert."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.model.alert import Acknowledgement, AlertState, EventKind, Strand, alert_id
from monitor.model.delivery import Entry, History, Try
from monitor.model.rule import Severity
from tests.builders import EPOCH, SUPPORT
from tests.web.page.making import Document, Site, a_line, an_alert

MARK = alert_id("acme", "ServiceLevelLow", f"{SUPPORT}/voice")


def an_entry(kind: EventKind, *tries: Try, severity: str = "critical", **data: Any) -> History:
    """Return an entry of the journal whose event says `data`."""
    entry = Entry(
        event_id="evt_1",
        at=EPOCH - timedelta(minutes=10),
        kind=kind,
        org="acme",
        rule="ServiceLevelLow",
        entity=f"{SUPPORT}/voice",
        queue="Support",
        severity=severity,
        sequence=1,
        body=json.dumps({"data": data}).encode(),
    )
    return History(entry=entry, tries=tries)


def a_try(outcome: str = "delivered", reason: str = "", detail: str = "") -> Try:
    """Return a try at the epoch."""
    return Try(at=EPOCH, destination="oncall/webhook", outcome=outcome, reason=reason, detail=detail)


async def story(site: Site) -> Document:
    """Return the page of the alert."""
    return await site.show(f"/alerts/{MARK}")


async def test_an_alert_is_told_whole() -> None:
    """How bad, what, why in sentences, the levels in their units, and what it watches."""
    page = await story(Site(a_line(), alerts=[an_alert()]))
    head = page.one("div", id="story").text
    assert "Critical firing since 08:50:00 UTC" in head
    assert "ServiceLevelLow · 54 %, fires below 60 % · 26 of 48" in head
    assert "Critical fires: it ends 3m after it is clear." in page.one("ul", id="because").text
    rows = [row.text for row in page.one("div", id="levels").all("tr")]
    assert rows[1:] == [
        "warning inactive below 80 % at least 85 %",
        "critical firing below 60 % at least 70 %",
    ]
    facts = page.one("dl", id="facts").text
    assert "Watches service_level_ratio" in facts
    assert "Runbook https://example.test/runbook" in facts
    assert "{{" not in facts


async def test_how_long_a_level_is_held_is_shown() -> None:
    """A pending level says how much of its dwell is over, a clearing one how much of its end."""
    strands = {
        Severity.WARNING: Strand(state=AlertState.PENDING, held=30.0),
        Severity.CRITICAL: Strand(state=AlertState.FIRING, held=60.0, clearing=True),
    }
    page = await story(Site(a_line(), alerts=[an_alert(strands=strands)]))
    levels = page.one("div", id="levels").text
    assert "30s of 2m" in levels
    assert "clear for 1m of 3m" in levels


async def test_the_timeline_says_what_was_told_and_what_came_of_it() -> None:
    """Every entry of the journal in words, with the tries to deliver it."""
    site = Site(a_line(), alerts=[an_alert()])
    site.journal.kept = [
        an_entry(EventKind.ACKNOWLEDGED, owner="anna", note="on it"),
        an_entry(
            EventKind.FIRED,
            a_try("retried", "timeout", "no answer within 10 s"),
            a_try(),
            value=0.54,
            operator="<",
            threshold=0.6,
        ),
    ]
    page = await story(site)
    timeline = page.one("ol", class_="timeline")
    first, second = timeline.one("li", class_="is-pending"), timeline.one("li", class_="is-critical")
    assert first.text == "Acknowledged 08:50:00 UTC critical · anna · on it"
    assert "Fired 08:50:00 UTC critical · 54 % < 60 %" in second.text
    assert "oncall/webhook retried: timeout – no answer within 10 s" in second.text
    assert site.journal.wanted[0].org == "acme"
    assert site.journal.wanted[0].entity == f"{SUPPORT}/voice"


async def test_a_body_that_is_no_event_takes_nothing_else_away() -> None:
    """Bodies are read, never trusted: garbage and strange types leave the entry without its words."""
    site = Site(a_line(), alerts=[an_alert()])
    good = an_entry(EventKind.RESOLVED)
    bodies = [b"", b"\xff", b"[]", b'{"data": 3}', b"[" * 10_000, b'{"data": {"value": "x", "reason": {}}}']
    site.journal.kept = [replace(good, entry=replace(good.entry, body=body)) for body in bodies]
    page = await story(site)
    assert len(page.one("ol", class_="timeline").all("li", class_="is-ok")) == len(bodies)


async def test_a_journal_that_does_not_answer_takes_only_the_timeline() -> None:
    """The alert is shown whole; the timeline says that the journal does not answer."""
    site = Site(a_line(), alerts=[an_alert()])
    site.journal.broken = True
    page = await story(site)
    assert page.one("div", id="timeline").text == "The journal does not answer."
    assert page.one("div", id="story").attributes["data-state"] == "critical"


async def test_the_journal_is_not_asked_for_every_look() -> None:
    """Two looks within a moment are one question: it shares its thread with what commits."""
    site = Site(a_line(), alerts=[an_alert()])
    await story(site)
    await story(site)
    assert len(site.journal.wanted) == 1


async def test_a_summary_that_is_a_template_is_told_as_it_was_sent() -> None:
    """The words made for an event stand with it in the timeline, and hold no markup."""
    site = Site(a_line(), alerts=[an_alert()])
    site.journal.kept = [an_entry(EventKind.FIRED, annotations={"summary": "<b>Support</b> is low"})]
    assert "<b>Support</b> is low" in (await story(site)).one("div", id="timeline").text
    odd = Site(a_line(), alerts=[an_alert()])
    odd.journal.kept = [an_entry(EventKind.FIRED, annotations=["summary"])]
    assert "Fired" in (await story(odd)).one("div", id="timeline").text


async def test_an_alert_that_is_over_is_still_shown() -> None:
    """A link in an old message leads to the alert, which says that it does not fire."""
    over = an_alert(state=AlertState.INACTIVE, strands={}, resolved_at=EPOCH)
    page = await story(Site(a_line(), alerts=[over]))
    head = page.one("div", id="story")
    assert "Not firing since 09:00:00 UTC" in head.text
    # Without a script the date is said once.
    assert [one.text for one in head.all("span", class_="scripted")] == [", 09:00:00 UTC"]


async def test_an_alert_nobody_knows_is_a_page_that_says_so() -> None:
    """An address that was mistyped, or is long gone, is a 404 for people."""
    site = Site()
    answer = await site.ask("/alerts/alr_<script>")
    assert answer.status_code == 404
    assert "There is no such alert" in answer.text
    assert "<script>" not in answer.text.split("</head>")[1]


async def test_only_who_may_operate_is_offered_to() -> None:
    """Forms to acknowledge and to silence are there for those who may; only what fires can be taken."""
    site = Site(a_line(), alerts=[an_alert()], name="anna")
    assert (await story(site)).all("form") == []
    site.may_operate()
    page = await story(site)
    acts = [form.attributes["data-act"] for form in page.all("form")]
    assert acts == ["ack", "silence"]
    assert page.all("form")[0].attributes["data-alert"] == MARK
    assert {one.attributes["value"] for one in page.all("input", name="owner")} == {"anna"}
    assert all("readonly" in one.attributes for one in page.all("input", name="owner"))
    site.alerts = [an_alert(state=AlertState.PENDING)]
    assert [form.attributes["data-act"] for form in (await story(site)).all("form")] == ["silence"]


async def test_who_has_it_is_shown() -> None:
    """The owner stands with the alert."""
    ack = Acknowledgement(owner="anna", note="", at=EPOCH)
    page = await story(Site(a_line(), alerts=[an_alert(acknowledged=ack)]))
    assert "anna has it" in page.one("div", id="story").text
