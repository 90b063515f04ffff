"""Calendars: days, hours and dates as people write them; the only door to the package `holidays`.

That package is an extra of 5 MB that takes 0.2 s to import, so it is imported where a calendar names holidays
and nowhere else. A year's holidays are worked out when they are first asked for, in less than 1 ms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from monitor.config import fields
from monitor.config.fields import fault, nothing_as
from monitor.config.part import Part
from monitor.config.report import ENVIRONMENT, Report, Trail, meant, show
from monitor.model.calendars import DAY, DAYS, Calendar, Dated, Hours, Weekly, no_holidays

YEARS = range(2000, 2200)
"""Years of exceptions; others are slips of the pen."""

EXTRA = "pip install 'queuewatch[calendar]'"

_DAYS_HINT = f"{', '.join(DAYS)}, or a range such as mon-fri"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""As `fields.Name`."""

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
_COUNTRY = re.compile(r"[A-Z]{2}")
_ONE = timedelta(days=1)
_WEEK = 7 * DAY


def _hours(value: str) -> str:
    if not _HOURS.fullmatch(value):
        raise fault("should be hours such as 08:00-18:00", "two digits each; midnight is 00:00 or 24:00")
    if parsed(value).end == parsed(value).start + DAY and value != "00:00-24:00":
        raise fault("begins when it ends", "the whole day is 00:00-24:00")
    return value


def _date(value: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise fault("is not a date", "such as 2026-12-24") from None
    if value != day.isoformat():
        raise fault("is not a date", f"write {day}")
    if day.year not in YEARS:
        raise fault(f"should be in a year from {YEARS[0]} to {YEARS[-1]}")
    return value


def _several(value: object) -> object:
    """Take one text for a list of one, and no value for none."""
    if value is None:
        return []
    return value if isinstance(value, list | dict) else [value]


HoursList = Annotated[list[Annotated[str, AfterValidator(_hours)]], BeforeValidator(_several)]
Date = Annotated[str, AfterValidator(_date)]


class HolidaysPart(Part):
    """Whose holidays; `country` is an ISO 3166 code of two letters."""

    country: fields.Line | None = None
    """The country, two letters such as `DE`. Needs the extra `calendar`."""
    subdivision: fields.Line | None = None
    """A part of it, such as `BY`."""
    categories: Annotated[list[fields.Name], nothing_as(list)] = Field([])
    """Which kinds of holidays; the country's public ones where it is empty."""


class ExceptionPart(Part):
    """A date, or dates from the first to the last, on which it is otherwise."""

    date: Date | None = None
    """The date, such as `2026-12-24`; or `from` and `to`."""
    first: Date | None = Field(None, alias="from")
    """The first of several dates."""
    to: Date | None = None
    """The last of them."""
    hours: HoursList = Field([])
    """The hours of these dates."""
    closed: bool = False
    """Whether it is closed on them."""


class CalendarPart(Part):
    """One calendar."""

    timezone: fields.TimeZone | None = None
    """The zone of its hours."""
    hours: Annotated[dict[str, HoursList], nothing_as(dict)] = Field({})
    """When it is open: `mon` to `sun`, or a range such as `mon-fri`, each with hours such as
    `08:00-18:00`, or several. An end before the start is on the next day."""
    holidays: HolidaysPart | None = None
    """Whose holidays it is closed on."""
    exceptions: Annotated[list[ExceptionPart], nothing_as(list)] = Field([])
    """Dates on which it is otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """The holidays of a country or a part of it; no categories means the country's public holidays."""

    country: str
    subdivision: str | None = None
    categories: tuple[str, ...] = ()

    def __call__(self, day: date) -> str | None:
        """Return the name, in the country's own language, of the holiday that `day` is."""
        return _year(self, day.year).get(day)


def calendars(parts: Mapping[str, CalendarPart], report: Report) -> dict[str, Calendar]:
    """Return the calendars by their names. Wrong ones are left out."""
    built: dict[str, Calendar] = {}
    for name, part in parts.items():
        trail = ("calendars", name)
        calendar = None if _told(trail, report) else _calendar(trail, name, part, report)
        if calendar is not None and not _told(trail, report):
            built[name] = calendar
    return built


def parsed(text: str) -> Hours:
    """Return the hours that a valid text says; an end that is not after its start is one of the next day."""
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-"))
    return Hours(start=start, end=end if end > start else end + DAY)


def _told(trail: Trail, report: Report) -> bool:
    """Return whether a mistake of the calendar at `trail` is known: what is left of it proves nothing."""
    path = show(trail)
    variables = {name for place, name in report.variables.items() if place[: len(trail)] == trail}
    return any(
        mistake.path in variables
        if mistake.file == ENVIRONMENT
        else mistake.path == path or mistake.path.startswith((f"{path}.", f"{path}["))
        for mistake in report.mistakes
    )


def _calendar(trail: Trail, name: str, part: CalendarPart, report: Report) -> Calendar | None:
    if not _NAME.fullmatch(name):
        report.add(trail, "is not a name", "lower-case letters, digits, _ and -; at most 63")
    if part.timezone is None:
        report.add((*trail, "timezone"), "is required", "the zone of the hours, such as Europe/Paris")
    weekly = _weekly((*trail, "hours"), part.hours, report)
    exceptions = _exceptions((*trail, "exceptions"), part.exceptions, report)
    holiday = _holiday((*trail, "holidays"), part.holidays, report)
    if _told(trail, report) or part.timezone is None:
        return None
    if not weekly and not any(each.hours for each in exceptions):
        report.add(trail, "is never open", 'write hours, such as {mon-fri: "08:00-18:00"}')
    zone = ZoneInfo(part.timezone)
    return Calendar(name=name, zone=zone, weekly=weekly, holiday=holiday, exceptions=exceptions)


def _weekly(trail: Trail, given: Mapping[str, Sequence[str]], report: Report) -> tuple[Weekly, ...]:
    """Return the hours of every week, and note where two are at the same time."""
    weekly: dict[str, Weekly] = {}
    for key, texts in given.items():
        first, _, last = key.partition("-")
        if not texts:
            report.add((*trail, key), "holds no hours", "leave out the days that are closed")
        if first in DAYS and (last in DAYS or key == first):
            hours = tuple(map(parsed, texts))
            weekly[key] = Weekly(first=DAYS.index(first), last=DAYS.index(last or first), hours=hours)
        else:
            report.add((*trail, key), "is not a day or a range of days", _short(key))
    for key, other in dict.fromkeys(_clashes(weekly)):
        whose = "each other" if key == other else f"those of {other}"
        report.add((*trail, key), f"has hours that overlap {whose}", "passing midnight counts, too")
    return tuple(weekly.values())


def _short(key: str) -> str:
    """Return the hint for a key that is no range of days: it with days of three letters, or all days."""
    days = [word[:3].lower() for word in key.split("-")]
    return f"write {'-'.join(days)}" if len(days) <= 2 and set(days) <= set(DAYS) else _DAYS_HINT


def _clashes(weekly: Mapping[str, Weekly]) -> Iterator[tuple[str, str]]:
    """Yield the keys of hours that overlap, the one that begins later first."""
    spans = sorted(
        (weekday * DAY + hours.start, weekday * DAY + hours.end, key)
        for key, week in weekly.items()
        for weekday in range(len(DAYS))
        if week.covers(weekday)
        for hours in week.hours
    )
    again = [(start + _WEEK, end + _WEEK, key) for start, end, key in spans[:1]]
    for (_, end, key), (start, _, later) in pairwise((*spans, *again)):
        if start < end:
            yield later, key


def _exceptions(trail: Trail, parts: Sequence[ExceptionPart], report: Report) -> tuple[Dated, ...]:
    """Return the exceptions in order of their dates, and note what two of them say about the same time."""
    built = [
        (number, dated)
        for number, part in enumerate(parts)
        if (dated := _dated((*trail, number), part, report)) is not None
    ]
    built.sort(key=lambda each: (each[1].first, each[0]))
    for (number, one), (later, other) in pairwise(built):
        low, high = sorted((number, later))
        if other.first <= one.last:
            report.add((*trail, high), f"covers {other.first}, as exceptions[{low}] does", "keep one")
        elif one.last + _ONE == other.first and _reaches(one, other):
            report.add(
                (*trail, later), f"has hours that overlap those of exceptions[{number}]", "at midnight"
            )
    return tuple(dated for _, dated in built)


def _dated(trail: Trail, part: ExceptionPart, report: Report) -> Dated | None:
    first, last = (part.date, part.date) if part.date is not None else (part.first, part.to)
    if first is None or last is None or (part.date and (part.first or part.to)):
        report.add(trail, "should hold either date, or from and to")
        return None
    if last < first:
        report.add((*trail, "to"), "is before from")
        return None
    if part.closed == bool(part.hours):
        report.add(trail, "should hold either hours, or closed: true")
        return None
    hours = sorted(map(parsed, part.hours), key=lambda each: each.start)
    dated = Dated(first=date.fromisoformat(first), last=date.fromisoformat(last), hours=tuple(hours))
    if any(other.start < one.end for one, other in pairwise(hours)) or (
        first != last and _reaches(dated, dated)
    ):
        report.add((*trail, "hours"), "overlap each other", "passing midnight counts, too")
    return dated


def _reaches(one: Dated, following: Dated) -> bool:
    """Return whether hours of `one` pass midnight and meet those of `following`."""
    end = max((hours.end - DAY for hours in one.hours), default=0)
    return any(hours.start < end for hours in following.hours)


def _holiday(trail: Trail, part: HolidaysPart | None, report: Report) -> Callable[[date], str | None]:
    """Return what says which holiday a date is, and note what is not known of a country."""
    if part is None:
        return no_holidays
    if part.country is None:
        report.add((*trail, "country"), "is required", "two letters, such as DE")
        return no_holidays
    try:
        import holidays  # noqa: PLC0415  (an extra, and slow: only for those who name holidays)
    except ModuleNotFoundError:
        report.add(trail, "needs the package holidays, which is not installed", EXTRA)
        return no_holidays
    try:
        known = holidays.country_holidays(part.country if _COUNTRY.fullmatch(part.country) else "")
    except NotImplementedError:
        near = meant(part.country, holidays.list_supported_countries(include_aliases=False))
        report.add((*trail, "country"), "is no country whose holidays are known", near or "such as DE")
        return no_holidays
    areas = (*known.subdivisions, *known.subdivisions_aliases)
    _known((*trail, "subdivision"), part.subdivision, areas, report)
    for number, category in enumerate(part.categories):
        _known((*trail, "categories", number), category, sorted(known.supported_categories), report)
    categories = tuple(sorted(set(part.categories)))
    return Holidays(country=part.country, subdivision=part.subdivision, categories=categories)


def _known(trail: Trail, word: str | None, known: Sequence[str], report: Report) -> None:
    """Note a mistake if the package does not know `word` of this country."""
    if word is not None and word not in known:
        there_are = f"known are {', '.join(known)}" if known else "leave it out: the country has none"
        report.add(trail, "is not known of this country", meant(word, known) or there_are)


@lru_cache(maxsize=512)
def _year(whose: Holidays, year: int) -> Mapping[date, str]:
    """Return the holidays of one year. The names do not depend on the locale of this process."""
    import holidays  # noqa: PLC0415  (see `_holiday`)

    kind = holidays.country_holidays(whose.country)
    return dict(
        holidays.country_holidays(
            whose.country,
            subdiv=whose.subdivision,
            years=year,
            expand=False,
            language=kind.default_language,
            categories=whose.categories or None,
        )
    )
