"""Calendars of a file: what they become, and every way to get one wrong."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.calendars import CalendarPart, Holidays, calendars
from monitor.config.complaints import shape
from monitor.config.reading import Data
from monitor.config.report import Report
from monitor.model.calendars import DAYS, Calendar
from monitor.model.errors import ConfigError
from monitor.model.settings import Settings
from tests.config.files import SECRET, loaded, mistakes, only
from tests.config.test_fuzz import TREES, outcome

WHOLE = """
calendars:
  business_hours:
    timezone: Europe/Paris
    hours: {mon-fri: "08:00-18:00", sat: ["09:00-12:00", "13:00-15:00"]}
    holidays: {country: DE, subdivision: BY, categories: [public, catholic]}
    exceptions:
      - {from: 2026-12-28, to: 2026-12-31, closed: true}
      - {date: 2026-12-24, hours: "08:00-12:00"}
  monday_peak: {timezone: Europe/Paris, hours: {mon: 09:00-11:00}}
"""


def one(text: str, zone: str = "timezone: Europe/Paris") -> str:
    """Return a file's `calendars` with one of them, named x."""
    return f"calendars:\n  x: {{{zone}, {text}}}\n"


def built(folder: Path, text: str) -> Calendar:
    """Load the one calendar that `one(text)` is."""
    return loaded(folder, one(text)).calendars["x"]


def at(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_file_becomes_calendars(tmp_path: Path):
    """Weekly hours, holidays and exceptions answer as they were written."""
    found = loaded(tmp_path, WHOLE).calendars
    assert list(found) == ["business_hours", "monday_peak"]
    office = found["business_hours"]
    assert (office.name, office.zone.key) == ("business_hours", "Europe/Paris")
    assert [
        office.why(at(text)) for text in ("2026-11-20T12:00", "2026-08-15T10:00", "2026-12-24T10:00")
    ] == [
        "open: mon-fri 08:00-18:00, until 18:00 CET",
        "closed: holiday Mariä Himmelfahrt",
        "open: exception 2026-12-24 08:00-12:00, until 12:00 CET",
    ]
    assert office.why(at("2026-12-29T10:00")) == "closed: exception 2026-12-28 to 2026-12-31"
    assert found["monday_peak"].is_open(at("2026-11-23T08:30"))


def test_without_calendars_there_are_none(tmp_path: Path):
    """An empty section is as good as none, and settings with equal calendars are equal."""
    assert loaded(tmp_path).calendars == loaded(tmp_path, "calendars:\n").calendars == {}
    assert loaded(tmp_path, WHOLE) == loaded(tmp_path, WHOLE)


@pytest.mark.parametrize(
    ("categories", "expected"),
    [("", None), ("categories: [public]", None), ("categories: [catholic]", "Mariä")],
)
def test_categories_decide_which_holidays_count(tmp_path: Path, categories, expected):
    """The Assumption is a holiday in Bavaria only where the Catholic ones are asked for."""
    office = built(
        tmp_path, f'hours: {{sat: "08:00-18:00"}}, holidays: {{country: DE, subdivision: BY, {categories}}}'
    )
    name = office.holiday(date(2026, 8, 15))
    assert (name is None) if expected is None else (name or "").startswith(expected)


def test_holidays_of_every_year_are_known():
    """Years far apart are worked out when they are asked for; names are in the country's language."""
    holiday = Holidays(country="DE", subdivision="Bayern")
    assert [holiday(date(year, 11, 1)) for year in (2020, 2026, 2040)] == ["Allerheiligen"] * 3
    assert holiday(date(2026, 11, 2)) is None


def test_hours_pass_midnight_and_fill_a_day(tmp_path: Path):
    """An end that is not after the start is of the next day; 24:00 is the end of this one."""
    night = built(tmp_path, "hours: {mon: 22:00-06:00, wed: 00:00-24:00, fri: [20:00-00:00, 06:00-12:00]}")
    texts = (
        "2026-11-24T04:30",
        "2026-11-25T22:59",
        "2026-11-25T23:00",
        "2026-11-27T22:59",
        "2026-11-27T23:00",
    )
    assert [night.is_open(at(text)) for text in texts] == [True, True, False, True, False]


def test_a_calendar_may_hold_dates_only(tmp_path: Path):
    """A campaign has no weekly hours; `closed: false` says nothing."""
    text = "exceptions: [{date: 2026-11-27, hours: [08:00-12:00, 14:00-22:00], closed: false}]"
    campaign = built(tmp_path, text)
    assert campaign.is_open(at("2026-11-27T20:00"))
    assert not campaign.is_open(at("2026-11-27T12:00"))


def test_variables_set_parts_of_a_calendar(tmp_path: Path):
    """A calendar that stands in the file can be changed from outside; a wrong variable is named."""
    environ = {**SECRET, "QUEUEWATCH_CALENDARS__X__HOURS__MON_FRI": "07:00-09:00,10:00-11:00"}
    changed = loaded(tmp_path, one("hours: {mon-fri: 08:00-18:00}"), environ).calendars["x"]
    assert [str(hours) for hours in changed.weekly[0].hours] == ["07:00-09:00", "10:00-11:00"]
    environ = {**SECRET, "QUEUEWATCH_CALENDARS__X__TIMEZONE": "Europe/Pariss"}
    found = only(mistakes(tmp_path, one("hours: {mon: 08:00-18:00}"), environ))
    assert (found.path, found.hint) == ("QUEUEWATCH_CALENDARS__X__TIMEZONE", "did you mean Europe/Paris?")


HOURS = "hours: {mon: 08:00-18:00}"


def dates(text: str) -> str:
    """Return a calendar with these exceptions."""
    return one(f"{HOURS}, exceptions: [{text}]")


def festive(text: str) -> str:
    """Return a calendar with these holidays."""
    return one(f"{HOURS}, holidays: {text}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("calendars: []", "calendars: should be a mapping (lines of the form key: value)"),
        ("calendars: {x: 08:00-18:00}", "calendars.x: should be a mapping (lines of the form key: value)"),
        (
            f"calendars: {{X y: {{timezone: UTC, {HOURS}}}}}",
            "calendars.X y: is not a name (lower-case letters",
        ),
        (
            f"calendars: {{x: {{{HOURS}}}}}",
            "calendars.x.timezone: is required (the zone of the hours, such as Europe/Paris)",
        ),
        (
            one(HOURS, "timezone: Europe/Pari"),
            "calendars.x.timezone: is not a time zone (did you mean Europe/Paris?)",
        ),
        (one("hour: {}"), "calendars.x.hour: unknown key (did you mean hours?)"),
        (one("hours: {}"), "calendars.x: is never open (write hours, such as {mon-fri: "),
        (
            one("exceptions: [{date: 2026-12-24, closed: true}]"),
            "calendars.x: is never open (write hours, such as {mon-fri: ",
        ),
        (one("hours: 08:00-18:00"), "calendars.x.hours: should be a mapping"),
        (
            one("hours: {monday: 08:00-18:00}"),
            "calendars.x.hours.monday: is not a day or a range of days (write mon)",
        ),
        (
            one("hours: {Mon-Fri: 08:00-18:00}"),
            "calendars.x.hours.Mon-Fri: is not a day or a range of days (write mon-fri)",
        ),
        (one("hours: {mon-: 08:00-18:00}"), "is not a day or a range of days (mon, tue, wed, thu,"),
        (
            one("hours: {weekend: 08:00-18:00}"),
            "is not a day or a range of days (mon, tue, wed, thu, fri, sat, sun, or a",
        ),
        (
            one("hours: {mon: []}"),
            "calendars.x.hours.mon: holds no hours (leave out the days that are closed)",
        ),
        (one("hours: {mon: }"), "calendars.x.hours.mon: holds no hours (leave out the days that are closed)"),
        (one("hours: {mon: {from: 08:00}}"), "calendars.x.hours.mon: should be a list"),
        (one("hours: {mon: 8}"), "should be text (put it in quotes)"),
        (
            one("hours: {mon: 8-18}"),
            "should be hours such as 08:00-18:00 (two digits each; midnight is 00:00 or 24:00)",
        ),
        (
            one("hours: {mon: [08:00-18:00, 18:00-24:30]}"),
            "calendars.x.hours.mon[1]: should be hours such as 08:00-18:00",
        ),
        (one("hours: {mon: 08:00-08:00}"), "begins when it ends (the whole day is 00:00-24:00)"),
        (one("hours: {mon: 00:00-00:00}"), "begins when it ends (the whole day is 00:00-24:00)"),
        (
            one("hours: {mon: [08:00-12:00, 11:59-13:00]}"),
            "calendars.x.hours.mon: has hours that overlap each other (passing midnight counts, too)",
        ),
        (one("hours: {mon: [08:00-18:00, 08:00-18:00]}"), "hours.mon: has hours that overlap each other"),
        (
            one("hours: {mon-fri: 08:00-18:00, fri: 09:00-10:00}"),
            "hours.fri: has hours that overlap those of mon-fri",
        ),
        (
            one("hours: {mon-fri: [22:00-06:00, 05:00-07:00]}"),
            "hours.mon-fri: has hours that overlap each other",
        ),
        (
            one("hours: {sun: 22:00-06:00, mon: 05:00-07:00}"),
            "hours.mon: has hours that overlap those of sun",
        ),
        (festive("DE"), "calendars.x.holidays: should be a mapping"),
        (
            festive("{}"),
            "calendars.x.holidays.country: is required (two letters, such as DE)",
        ),
        (
            festive("{country: de}"),
            "is no country whose holidays are known (did you mean DE?)",
        ),
        (festive("{country: ''}"), "calendars.x.holidays.country: should be one line"),
        (
            festive("{country: NYSE}"),
            "calendars.x.holidays.country: is no country whose holidays are known",
        ),
        (
            festive("{country: DE, subdivision: XX}"),
            "calendars.x.holidays.subdivision: is not known of this country (known are BB, BE, BW",
        ),
        (festive("{country: DE, subdivision: Bayer}"), "(did you mean Bayern?)"),
        (festive("{country: VA, subdivision: XX}"), "(leave it out: the country has none)"),
        (
            festive("{country: DE, categories: [public, catolic]}"),
            "calendars.x.holidays.categories[1]: is not known of this country (did you mean catholic?)",
        ),
        (one(HOURS + ", exceptions: {}"), "calendars.x.exceptions: should be a list"),
        (
            dates("{closed: true}"),
            "exceptions[0]: should hold either date, or from and to",
        ),
        (
            dates("{from: 2026-12-24, closed: true}"),
            "calendars.x.exceptions[0]: should hold either date, or from and to",
        ),
        (
            dates("{date: 2026-12-24, to: 2026-12-25, closed: true}"),
            "should hold either date, or from and to",
        ),
        (
            dates("{from: 2026-12-24, to: 2026-12-23, closed: true}"),
            "calendars.x.exceptions[0].to: is before from",
        ),
        (
            dates("{date: 24.12.2026, closed: true}"),
            "exceptions[0].date: is not a date (such as 2026-12-24)",
        ),
        (dates("{date: '20261224', closed: true}"), "is not a date (write 2026-12-24)"),
        (dates("{date: 2026-02-29, closed: true}"), "is not a date (such as"),
        (
            dates("{date: 9999-12-31, closed: true}"),
            "should be in a year from 2000 to 2199",
        ),
        (
            dates("{date: 2026-12-24}"),
            "exceptions[0]: should hold either hours, or closed: true",
        ),
        (
            dates("{date: 2026-12-24, hours: 08:00-12:00, closed: true}"),
            "calendars.x.exceptions[0]: should hold either hours, or closed: true",
        ),
        (
            dates("{date: 2026-12-24, hours: [08:00-12:00, 11:00-13:00]}"),
            "calendars.x.exceptions[0].hours: overlap each other",
        ),
        (
            dates("{from: 2026-12-24, to: 2026-12-25, hours: [22:00-06:00, 05:00-07:00]}"),
            "calendars.x.exceptions[0].hours: overlap each other (passing midnight counts, too)",
        ),
        (
            dates("{date: 2026-12-25, closed: true}, {from: 2026-12-24, to: 2026-12-26, closed: true}"),
            "calendars.x.exceptions[1]: covers 2026-12-25, as exceptions[0] does (keep one)",
        ),
        (
            dates("{date: 2026-12-25, hours: 05:00-07:00}, {date: 2026-12-24, hours: 22:00-06:00}"),
            "calendars.x.exceptions[0]: has hours that overlap those of exceptions[1] (at midnight)",
        ),
    ],
)
def test_every_mistake_is_told_with_its_place_and_a_hint(tmp_path: Path, text, message):
    """One mistake is one line: where, what, and what to write instead."""
    assert message in str(only(mistakes(tmp_path, text)))


def test_hours_that_only_touch_are_no_mistake(tmp_path: Path):
    """One ends when the next begins, at midnight as well; a closed date ends a night without a word."""
    built(tmp_path, "hours: {mon-sun: [00:00-08:00, 08:00-24:00]}")
    built(tmp_path, "hours: {fri-mon: [22:00-06:00, 06:00-12:00], tue-thu: 06:00-07:00}")
    built(
        tmp_path,
        "exceptions: [{date: 2026-12-24, hours: 22:00-06:00}, {date: 2026-12-25, hours: 06:00-07:00}]",
    )
    built(tmp_path, "exceptions: [{date: 2026-12-24, hours: 22:00-06:00}, {date: 2026-12-25, closed: true}]")


def test_mistakes_of_several_calendars_come_together(tmp_path: Path):
    """A wrong calendar hides neither its own other mistakes nor those of the next."""
    text = "calendars:\n  a: {hours: {mon: 08:00-12:00, tuesday: 08:00-12:00}}\n  b: {timezone: UTC}\n"
    paths = [mistake.path for mistake in mistakes(tmp_path, text)]
    assert paths == ["calendars.a.timezone", "calendars.a.hours.tuesday", "calendars.b"]


def test_the_extra_is_named_where_it_is_missing(tmp_path: Path, monkeypatch):
    """Without the package, holidays are a mistake that says what to install; other calendars need nothing."""
    monkeypatch.setitem(sys.modules, "holidays", None)
    found = only(mistakes(tmp_path, one(HOURS + ", holidays: {country: DE}")))
    assert (found.path, found.hint) == ("calendars.x.holidays", "pip install 'queuewatch[calendar]'")
    assert built(tmp_path, HOURS).weekly


def test_wrong_calendars_are_left_out():
    """What is built is right, whatever stands beside it."""
    report = Report(file="x.yaml")
    parts = {
        "good": CalendarPart.model_validate({"timezone": "UTC", "hours": {"mon": "08:00-09:00"}}),
        "bad": CalendarPart.model_validate(
            {"timezone": "UTC", "hours": {"mon": "08:00-09:00", "x": "08:00-09:00"}}
        ),
    }
    assert list(calendars(parts, report)) == ["good"]
    assert report.mistakes


CLOCKS = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")
TEXTS = st.builds(lambda start, end: f"{start}-{end}", CLOCKS, CLOCKS)
KEYS = st.builds(lambda first, last: f"{first}-{last}", st.sampled_from(DAYS), st.sampled_from(DAYS))


WEEKS = st.dictionaries(
    KEYS | st.sampled_from(DAYS), st.lists(TEXTS, min_size=1, max_size=2), min_size=1, max_size=3
)
MARKS = [at("2026-11-23") + timedelta(minutes=15 + 30 * number) for number in range(7 * 48)]


def weekly(week: dict[str, Data]) -> Calendar | None:
    """Return a calendar in UTC with these hours, if they are accepted."""
    report = Report(file="x.yaml")
    part, _ = shape({"calendars": {"x": {"timezone": "UTC", "hours": week}}}, report)
    return calendars(part.calendars, report).get("x")


@given(WEEKS)
@settings(deadline=None, max_examples=60)
def test_hours_are_refused_exactly_if_they_overlap(week):
    """Over midnight and over Sunday too: what each text opens alone is never open at the same time."""
    singles = [weekly({key: [text]}) for key, texts in week.items() for text in texts]
    whole = weekly(week)
    if None in singles:
        assert whole is None
        return
    times = [sum(single.is_open(mark) for single in singles if single is not None) for mark in MARKS]
    assert (whole is None) == (max(times) > 1)
    if whole is not None:
        assert [whole.is_open(mark) for mark in MARKS] == [count == 1 for count in times]


WORDS = st.sampled_from(
    [
        "timezone",
        "hours",
        "holidays",
        "exceptions",
        "country",
        "categories",
        "date",
        "from",
        "closed",
        "mon-fri",
    ]
)
VALUES = st.sampled_from(
    ["UTC", "08:00-18:00", "22:00-06:00", "DE", "2026-12-24", "2026-12-25", "public", True]
)
SHAPES = st.recursive(
    VALUES | TREES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=20,
)


@given(SHAPES)
@settings(deadline=None, max_examples=200)
def test_any_shape_ends_in_settings_or_mistakes(tree):
    """Almost right calendars neither crash nor hang."""
    org = {"orgs": {"acme": {"region": "eu-west-1", "client_id": "x"}}}
    text = yaml.safe_dump({**org, "calendars": {"x": tree}}).encode("utf-8", "surrogatepass")
    assert isinstance(outcome(text, {}), Settings | ConfigError)
