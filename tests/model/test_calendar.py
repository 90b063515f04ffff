"""Calendars: open by the clock on the wall, over midnight, over DST, over exceptions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitor.model.calendars import DAY, Calendar, Dated, Hours, Opening, Weekly, narrowest
from monitor.model.wall import moments

PARIS = ZoneInfo("Europe/Paris")
NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")
ZONES = [PARIS, NEW_YORK, KOLKATA, *map(ZoneInfo, ("Australia/Lord_Howe", "Asia/Beirut", "America/Havana"))]


def hours(text: str) -> Hours:
    """Read `08:00-18:00`; an end that is not later is on the next day."""
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-"))
    return Hours(start=start, end=end if end > start else end + DAY)


def weekly(first: int, last: int, *texts: str) -> Weekly:
    """Return hours of some weekdays."""
    return Weekly(first=first, last=last, hours=tuple(map(hours, texts)))


def dated(first: str, *texts: str, last: str = "") -> Dated:
    """Return an exception."""
    return Dated(
        first=date.fromisoformat(first),
        last=date.fromisoformat(last or first),
        hours=tuple(map(hours, texts)),
    )


def calendar(*week: Weekly, zone: ZoneInfo = PARIS, name: str = "office", **others) -> Calendar:
    """Return a calendar."""
    return Calendar(name=name, zone=zone, weekly=week, **others)


def every_day(text: str, zone: ZoneInfo = PARIS) -> Calendar:
    """Return a calendar with the same hours on every day."""
    return calendar(weekly(0, 6, text), zone=zone)


def utc(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: ZoneInfo = PARIS) -> datetime:
    """Return the one moment at which the clock of `zone` shows this."""
    (moment,) = moments(datetime.fromisoformat(text), zone)
    return moment


def spans(openings: list[Opening]) -> list[tuple[str, str]]:
    """Return starts and ends in UTC, short."""
    return [(f"{one.start:%d %H:%M}", f"{one.end:%d %H:%M}") for one in openings]


OFFICE = calendar(
    weekly(0, 4, "08:00-18:00"),
    weekly(5, 5, "09:00-12:00", "13:00-15:00"),
    holiday={date(2026, 11, 1): "Allerheiligen", date(2026, 12, 25): "Weihnachten"}.get,
    exceptions=(dated("2026-12-24", "08:00-12:00"), dated("2026-12-28", last="2026-12-31")),
)
NIGHT = calendar(
    weekly(0, 4, "22:00-06:00"),
    holiday={date(2026, 1, 7): "Feast"}.get,
    exceptions=(
        dated("2026-01-14"),
        dated("2026-01-20", "21:00-03:00"),
        dated("2026-01-22", "20:00-08:00", last="2026-01-23"),
        dated("2026-01-24"),
    ),
)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-11-20T07:59", "closed: outside mon-fri 08:00-18:00"),  # a Friday, a minute early
        ("2026-11-20T08:00", "open: mon-fri 08:00-18:00, until 18:00 CET"),  # the start belongs to it
        ("2026-11-20T18:00", "closed: outside mon-fri 08:00-18:00"),  # the end does not
        ("2026-07-17T12:00", "open: mon-fri 08:00-18:00, until 18:00 CEST"),  # summer time
        ("2026-11-21T12:30", "closed: outside sat 09:00-12:00, 13:00-15:00"),  # Saturday's break
        ("2026-11-21T13:30", "open: sat 13:00-15:00, until 15:00 CET"),
        ("2026-11-22T12:00", "closed: no hours on sun"),
        ("2026-11-01T12:00", "closed: holiday Allerheiligen"),
        ("2026-12-24T11:59", "open: exception 2026-12-24 08:00-12:00, until 12:00 CET"),
        ("2026-12-24T12:00", "closed: outside exception 2026-12-24 08:00-12:00"),
        ("2026-12-25T12:00", "closed: holiday Weihnachten"),  # Friday, closed all day
        ("2026-12-31T12:00", "closed: exception 2026-12-28 to 2026-12-31"),
    ],
)
def test_one_line_says_why(at, why):
    """Open or closed, because of what was written, and until when."""
    assert OFFICE.why(local(at)) == why


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-01-05T21:59", False),  # Monday evening
        ("2026-01-05T22:00", True),
        ("2026-01-06T05:59", True),  # Tuesday morning belongs to Monday
        ("2026-01-06T06:00", False),
        ("2026-01-05T03:00", False),  # Sunday has no hours, so Monday morning has none
        ("2026-01-10T03:00", True),  # Saturday morning belongs to Friday
        ("2026-01-06T23:59", True),  # the eve of a holiday
        ("2026-01-07T00:00", False),  # the holiday ends the night at midnight
        ("2026-01-07T23:00", False),  # and the night that would begin on it is closed
        ("2026-01-08T03:00", False),
        ("2026-01-13T23:59", True),
        ("2026-01-14T00:00", False),  # a closed exception does the same
        ("2026-01-15T03:00", False),
        ("2026-01-20T03:00", False),  # an exception with other hours: Monday's night ends at midnight
        ("2026-01-20T21:30", True),
        ("2026-01-21T02:59", True),  # dated hours go on into an ordinary date
        ("2026-01-21T03:00", False),  # which keeps only its own
        ("2026-01-23T07:00", True),  # dated hours go on from date to date
        ("2026-01-23T23:59", True),
        ("2026-01-24T00:00", False),  # up to a date that is closed by an exception
    ],
)
def test_hours_pass_midnight(at, is_open):
    """Hours belong to the date on which they begin; what decides over the next date may end them."""
    assert NIGHT.is_open(local(at)) is is_open


def test_dated_hours_go_before_those_of_the_next_day():
    """What an exception leaves of the weekly hours of the date after it begins when it ends."""
    shop = calendar(weekly(0, 6, "02:00-10:00"), exceptions=(dated("2026-01-20", "20:00-04:00"),))
    night, day = shop.openings(date(2026, 1, 21))
    assert [(one.dated, one.day.day) for one in (night, day)] == [(True, 20), (False, 21)]
    assert spans([night, day]) == [("20 19:00", "21 03:00"), ("21 03:00", "21 09:00")]


@pytest.mark.parametrize(
    ("zone", "day", "text", "expected"),
    [
        # Europe/Paris skips 02:00-03:00 on 2026-03-29 and has it twice on 2026-10-25.
        (PARIS, "2026-03-29", "02:00-03:00", []),
        (PARIS, "2026-03-29", "02:30-04:00", [("29 01:00", "29 02:00")]),
        (PARIS, "2026-03-29", "01:00-02:30", [("29 00:00", "29 01:00")]),
        (PARIS, "2026-03-29", "00:00-24:00", [("28 23:00", "29 22:00")]),
        (PARIS, "2026-10-25", "02:00-03:00", [("25 00:00", "25 02:00")]),
        (PARIS, "2026-10-25", "02:00-02:30", [("25 00:00", "25 00:30"), ("25 01:00", "25 01:30")]),
        (PARIS, "2026-10-25", "01:00-04:00", [("24 23:00", "25 03:00")]),
        (PARIS, "2026-10-25", "00:00-24:00", [("24 22:00", "25 23:00")]),
        # America/New_York skips 02:00-03:00 on 2026-03-08 and has 01:00-02:00 twice on 2026-11-01.
        (NEW_YORK, "2026-03-08", "02:00-03:00", []),
        (NEW_YORK, "2026-03-08", "00:00-24:00", [("08 05:00", "09 04:00")]),
        (NEW_YORK, "2026-11-01", "01:00-02:00", [("01 05:00", "01 07:00")]),
        (NEW_YORK, "2026-11-01", "02:00-03:00", [("01 07:00", "01 08:00")]),
        (NEW_YORK, "2026-11-01", "00:00-24:00", [("01 04:00", "02 05:00")]),
        # Asia/Kolkata is five and a half hours ahead, always.
        (KOLKATA, "2026-03-29", "02:00-03:00", [("28 20:30", "28 21:30")]),
        (KOLKATA, "2026-10-25", "00:00-24:00", [("24 18:30", "25 18:30")]),
    ],
)
def test_the_clock_on_the_wall_decides(zone, day, text, expected):
    """What is skipped has no time, what comes twice is open twice, and the whole day is the whole day."""
    shop = every_day(text, zone)
    assert spans(shop.openings(date.fromisoformat(day))) == expected


def test_a_night_over_the_change_is_one_opening():
    """22:00-06:00 lasts seven hours in spring and nine in autumn."""
    shop = every_day("22:00-06:00")
    for at, length in (("2026-03-28T23:00", 7), ("2026-10-24T23:00", 9), ("2026-06-01T23:00", 8)):
        opening = shop.opening(local(at))
        assert opening is not None
        assert opening.length == timedelta(hours=length)


def test_a_day_that_a_zone_left_out_has_no_time():
    """Samoa went from 29 to 31 December 2011."""
    apia = every_day("00:00-24:00", ZoneInfo("Pacific/Apia"))
    assert apia.openings(date(2011, 12, 30)) == []
    before, after = (apia.openings(date(2011, 12, number))[0] for number in (29, 31))
    assert before.end == after.start


def test_until_knows_the_zone_of_the_end():
    """On the day of the change the line ends in the other time."""
    assert (
        every_day("01:00-05:00").why(utc("2026-03-29T00:30")) == "open: mon-sun 01:00-05:00, until 05:00 CEST"
    )
    night = every_day("22:00-06:00")
    assert night.why(utc("2026-03-28T22:00")).endswith("until sun 2026-03-29 06:00 CEST")


def test_always_open_has_no_next_change():
    """Every date is an opening, and nothing ever happens at midnight."""
    always = every_day("00:00-24:00")
    assert always.why(utc("2026-11-20T12:00")) == "open: mon-sun 00:00-24:00"
    assert always.change(utc("2026-11-20T12:00")) is None
    assert len(always.openings(date(2026, 11, 20))) == 1


def test_never_open_has_no_next_change():
    """An exception of the past opens nothing any more."""
    past = calendar(exceptions=(dated("2026-01-20", "08:00-12:00"),))
    assert past.change(utc("2026-01-19T12:00")) == utc("2026-01-20T07:00")
    assert past.change(utc("2026-01-21T12:00")) is None


def test_the_next_change_is_over_touching_hours():
    """Hours that touch are one stretch for people: it closes at the end of the last."""
    shop = calendar(weekly(0, 0, "08:00-24:00"), weekly(1, 1, "00:00-06:00", "06:00-09:00"))
    assert shop.change(local("2026-11-23T12:00")) == local("2026-11-24T09:00")
    assert shop.change(local("2026-11-24T09:00")) == local("2026-11-30T08:00")
    assert OFFICE.change(local("2026-12-24T09:00")) == local("2026-12-24T12:00")
    assert OFFICE.change(local("2026-12-28T09:00")) == local("2027-01-01T08:00")


def test_without_exceptions_it_would_be_otherwise():
    """The ordinary calendar has the weekly hours and the holidays only."""
    assert OFFICE.ordinary().why(local("2026-12-24T13:00")) == "open: mon-fri 08:00-18:00, until 18:00 CET"


def test_ranges_of_days_may_pass_sunday():
    """From Friday to Monday are four days."""
    shop = weekly(4, 0, "08:00-09:00")
    assert [shop.covers(day) for day in range(7)] == [True, False, False, False, True, True, True]
    assert (str(shop), str(weekly(2, 2))) == ("fri-mon", "wed")


def test_the_narrowest_counts():
    """Dated beats weekly, then the shorter opening, then the name; what is closed does not count."""
    at = local("2026-11-23T09:30")  # a Monday
    office = calendar(weekly(0, 4, "08:00-18:00"))
    peak = calendar(weekly(0, 0, "09:00-11:00"), name="peak")
    again = calendar(weekly(0, 0, "08:30-10:30"), name="again")
    campaign = calendar(name="campaign", exceptions=(dated("2026-11-23", "06:00-22:00"),))
    evening = calendar(weekly(0, 6, "18:00-19:00"), name="evening")
    assert narrowest([office, evening], at) is office
    assert narrowest([office, peak], at) is peak
    assert narrowest([peak, again], at) is again
    assert narrowest([again, peak, campaign, office], at) is campaign
    assert narrowest([evening], at) is None
    assert narrowest([], at) is None


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-03-29T02:30", PARIS, []),
        ("2026-03-29T03:00", PARIS, ["2026-03-29T01:00"]),
        ("2026-10-25T02:30", PARIS, ["2026-10-25T00:30", "2026-10-25T01:30"]),
        ("2026-10-25T03:00", PARIS, ["2026-10-25T02:00"]),
        ("2026-11-01T01:00", NEW_YORK, ["2026-11-01T05:00", "2026-11-01T06:00"]),
        ("2026-11-20T05:30", KOLKATA, ["2026-11-20T00:00"]),
    ],
)
def test_a_local_time_comes_never_once_or_twice(text, zone, expected):
    """Every moment is found at which a clock shows a time."""
    assert list(moments(datetime.fromisoformat(text), zone)) == [utc(one) for one in expected]


@st.composite
def drawn_hours(draw):
    """Up to three hours of a day that do not overlap; the last may pass midnight by an hour."""
    edges = sorted(draw(st.sets(st.integers(4, 48), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple(Hours(start=start * 30, end=end * 30 + (60 if end == 48 else 0)) for start, end in pairs)


FIRST = date(2026, 1, 1)
DATES = st.integers(0, 400).map(lambda number: FIRST + timedelta(days=number))
EXCEPTIONS = st.dictionaries(DATES, drawn_hours(), max_size=40).map(
    lambda given: tuple(Dated(first=day, last=day, hours=these) for day, these in given.items())
)
CALENDARS = st.builds(
    lambda zone, week, holidays, exceptions: Calendar(
        name="drawn",
        zone=zone,
        weekly=tuple(Weekly(first=day, last=day, hours=these) for day, these in enumerate(week)),
        holiday=dict.fromkeys(holidays, "Feast").get,
        exceptions=exceptions,
    ),
    st.sampled_from(ZONES),
    st.lists(drawn_hours(), min_size=7, max_size=7),
    st.sets(DATES, max_size=20),
    EXCEPTIONS,
)
CHANGES = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"]
NEAR_CHANGES = st.builds(
    lambda day, minutes: utc(day) + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-DAY, 2 * DAY),
)
MOMENTS = NEAR_CHANGES | st.integers(0, 400 * DAY).map(
    lambda number: utc("2026-01-01") + number * timedelta(minutes=1)
)


@given(CALENDARS, MOMENTS)
@settings(deadline=None)
def test_open_is_having_an_opening_that_holds_the_moment(drawn, at):
    """`is_open`, `opening` and `openings` never contradict each other."""
    opening = drawn.opening(at)
    assert drawn.is_open(at) == (opening is not None)
    holding = [one for one in drawn.openings(drawn.day(at)) if one.start <= at < one.end]
    assert holding == ([] if opening is None else [opening])
    assert drawn.why(at).startswith("closed: " if opening is None else "open: ")


@given(CALENDARS, MOMENTS)
@settings(deadline=None)
def test_openings_do_not_overlap(drawn, at):
    """Over several days, each opening ends before or when the next one starts."""
    day = drawn.day(at)
    several = {one for ahead in range(4) for one in drawn.openings(day + timedelta(days=ahead))}
    in_order = sorted(several, key=lambda one: one.start)
    assert all(one.start < one.end for one in in_order)
    assert all(one.end <= following.start for one, following in pairwise(in_order))


@given(CALENDARS, MOMENTS)
@settings(deadline=None)
def test_the_next_change_is_the_first_one(drawn, at):
    """Up to it nothing changes, and there it does."""
    change = drawn.change(at)
    assume(change is not None)
    assert change > at
    assert drawn.is_open(change) != drawn.is_open(at)
    before = min(change, at + timedelta(days=2)) - timedelta(seconds=1)
    assert drawn.is_open(max(before, at)) == drawn.is_open(at)


@given(st.sampled_from(ZONES), st.lists(drawn_hours(), min_size=7, max_size=7), MOMENTS)
@settings(deadline=None)
def test_the_time_shown_decides_and_nothing_else(zone, week, at):
    """Without holidays and exceptions it is open whenever the clock shows a time within the hours."""
    drawn = Calendar(
        name="drawn",
        zone=zone,
        weekly=tuple(Weekly(first=day, last=day, hours=these) for day, these in enumerate(week)),
    )
    shown = at.astimezone(zone)
    minute, today = shown.hour * 60 + shown.minute, shown.weekday()
    expected = any(one.start <= minute < one.end for one in week[today]) or any(
        minute + DAY < one.end for one in week[today - 1]
    )
    assert drawn.is_open(at) is expected


@given(st.sampled_from(ZONES), MOMENTS)
def test_every_moment_is_among_those_of_its_local_time(zone, at):
    """A moment's local time leads back to it."""
    assert at in moments(at.astimezone(zone).replace(tzinfo=None), zone)
