"""When somebody works: weekly hours in a time zone, holidays, and dates on which it is otherwise.

In: what the user wrote, and a moment. Out: whether it is open then, since when, until when and why. Hours are
read off the clock on the wall: a moment is open if that clock shows a time within the hours. So 02:00-03:00
has no time on the day that skips this hour, lasts two hours on the day that has it twice, and 00:00-24:00 is
always the whole day.

Every local date follows one plan: its exception, else none at all on a holiday, else the weekly hours. Hours
that pass midnight belong to the date on which they begin. The weekly ones end at midnight where the next date
is an exception or a holiday; dated ones go on, and go before, unless the next date is closed by an exception.

Dates at the very ends of what `datetime` can hold raise OverflowError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.model.wall import shown, stretches

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DAY = 24 * 60
"""Minutes that the clock on the wall shows from midnight to midnight."""

HORIZON = 370
"""Days that are looked at for the next change: a little more than a year has every holiday once."""

WEEK = 8
"""Days that one line about now looks ahead: every weekly change happens in them."""

_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A stretch of a day, in minutes from its midnight. `end` is beyond 1440 where it passes the next one."""

    start: int
    end: int

    def __str__(self) -> str:
        end = self.end if self.end <= DAY else self.end - DAY
        return f"{self.start // 60:02}:{self.start % 60:02}-{end // 60:02}:{end % 60:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """Hours of every week from weekday `first` to `last`, Monday 0; `last` before `first` passes Sunday."""

    first: int
    last: int
    hours: tuple[Hours, ...]

    def covers(self, weekday: int) -> bool:
        """Return whether these are hours of `weekday`."""
        return (weekday - self.first) % 7 <= (self.last - self.first) % 7

    def __str__(self) -> str:
        return DAYS[self.first] if self.first == self.last else f"{DAYS[self.first]}-{DAYS[self.last]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """An exception: on every date from `first` to `last` these hours and no others; none is closed."""

    first: date
    last: date
    hours: tuple[Hours, ...] = ()

    def covers(self, day: date) -> bool:
        """Return whether `day` is one of the dates."""
        return self.first <= day <= self.last

    def __str__(self) -> str:
        to = "" if self.first == self.last else f" to {self.last}"
        return f"exception {self.first}{to}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Open from `start` up to but not including `end`, both UTC.

    `dated` says that an exception opens, `day` is the local date whose hours these are, `words` how they are
    written.
    """

    start: datetime
    end: datetime
    dated: bool
    day: date
    words: str

    @property
    def length(self) -> timedelta:
        """How long it is open."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What decides over one local date; `weekly` where neither an exception nor a holiday does."""

    hours: tuple[tuple[Hours, str], ...] = ()
    dated: bool = False
    weekly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """The part of the hours of `day` that is on one local date, in minutes from its midnight."""

    start: int
    end: int
    dated: bool
    day: date
    words: str


def no_holidays(_day: date) -> str | None:
    """Return None: no date is a holiday."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A named calendar; every moment it is asked about is aware.

    `holiday` names the holiday that a local date is. At most one exception covers a date,
    and no hours overlap.
    """

    name: str
    zone: ZoneInfo
    weekly: tuple[Weekly, ...] = ()
    holiday: Callable[[date], str | None] = no_holidays
    exceptions: tuple[Dated, ...] = ()

    def opening(self, at: datetime) -> Opening | None:
        """Return the opening that holds `at`."""
        return next((one for one in self.openings(self.day(at)) if one.start <= at < one.end), None)

    def is_open(self, at: datetime) -> bool:
        """Return whether it is open at `at`."""
        return self.opening(at) is not None

    def why(self, at: datetime) -> str:
        """Return one line for people: open or closed, because of what, and if open until when."""
        opening = self.opening(at)
        if opening is None:
            return f"closed: {self._closed(self.day(at))}"
        end = self.change(at, days=WEEK)
        until = "" if end is None else f", until {self._clock(end, self.day(at))}"
        return f"open: {opening.words}{until}"

    def change(self, at: datetime, *, days: int = HORIZON) -> datetime | None:
        """Return when, in UTC, it opens or closes next after `at`; None if not within `days`."""
        today = self.day(at)
        opening = self.opening(at)
        if opening is None:
            later = (one.start for ahead in range(days + 1) for one in self.openings(today + ahead * _ONE))
            return next((start for start in later if start > at), None)
        while (following := self.opening(opening.end)) is not None:
            opening = following
            if opening.day > today + days * _ONE:
                return None
        return opening.end

    def openings(self, day: date) -> list[Opening]:
        """Return, in order and each whole, the openings of which a part is on the local date `day`.

        Where it is open for days on end, every date has its own.
        """
        here = self._parts(day)
        found: list[Opening] = []
        for part in sorted(
            (*self._parts(day - _ONE), *here, *self._parts(day + _ONE)), key=lambda one: one.start
        ):
            last = found[-1] if found else None
            if last is not None and (last.end, last.day, last.words) == (part.start, part.day, part.words):
                found[-1] = replace(last, end=part.end)
            else:
                found.append(part)
        return [one for one in found if any(one.start <= part.start < one.end for part in here)]

    def exception(self, day: date) -> Dated | None:
        """Return the exception that decides over `day`."""
        return next((one for one in self.exceptions if one.covers(day)), None)

    def ordinary(self) -> Calendar:
        """Return what the calendar were without its exceptions."""
        return replace(self, exceptions=())

    def day(self, at: datetime) -> date:
        """Return the local date at `at`."""
        return at.astimezone(self.zone).date()

    def _parts(self, day: date) -> list[Opening]:
        """Return what is open on one local date: for all of its hours, every time the clock shows them."""
        midnight = shown(day)
        return [
            Opening(start=start, end=end, dated=piece.dated, day=piece.day, words=piece.words)
            for piece in self._pieces(day)
            for stretch in stretches(self.zone, day)
            if (start := max(stretch.start, midnight + timedelta(minutes=piece.start) - stretch.offset))
            < (end := min(stretch.end, midnight + timedelta(minutes=piece.end) - stretch.offset))
        ]

    def _pieces(self, day: date) -> Iterator[_Piece]:
        """Yield the hours on one local date: what comes over from the day before, then its own."""
        plan, before = self._plan(day), self._plan(day - _ONE)
        welcome = (not plan.dated or plan.hours) if before.dated else plan.weekly
        dawn = 0
        for hours, words in before.hours if welcome else ():
            if hours.end > DAY:
                yield _Piece(start=0, end=hours.end - DAY, dated=before.dated, day=day - _ONE, words=words)
                dawn = hours.end - DAY if before.dated else 0
        for hours, words in plan.hours:
            start, end = max(hours.start, dawn), min(hours.end, DAY)
            if start < end:
                yield _Piece(start=start, end=end, dated=plan.dated, day=day, words=words)

    def _plan(self, day: date) -> _Plan:
        exception = self.exception(day)
        if exception is not None:
            return _Plan(hours=tuple((one, f"{exception} {one}") for one in exception.hours), dated=True)
        if self.holiday(day) is not None:
            return _Plan()
        covering = (week for week in self.weekly if week.covers(day.weekday()))
        return _Plan(
            hours=tuple((one, f"{week} {one}") for week in covering for one in week.hours), weekly=True
        )

    def _closed(self, day: date) -> str:
        """Say why it is closed at a moment of `day`."""
        exception = self.exception(day)
        if exception is not None:
            return f"outside {_listed(exception, exception.hours)}" if exception.hours else str(exception)
        holiday = self.holiday(day)
        if holiday is not None:
            return f"holiday {holiday}"
        covering = [week for week in self.weekly if week.covers(day.weekday())]
        if not covering:
            return f"no hours on {DAYS[day.weekday()]}"
        return f"outside {' and '.join(_listed(week, week.hours) for week in covering)}"

    def _clock(self, at: datetime, today: date) -> str:
        """Return what the clock on the wall shows, with the date if it is another one."""
        local = at.astimezone(self.zone)
        time = f"{local:%H:%M %Z}"
        return time if local.date() == today else f"{DAYS[local.weekday()]} {local.date()} {time}"


def narrowest(calendars: Iterable[Calendar], at: datetime) -> Calendar | None:
    """Return which of those open at `at` counts: dated before weekly, then the shorter, then by name."""
    ranked = [
        ((not opening.dated, opening.length, calendar.name), calendar)
        for calendar in calendars
        if (opening := calendar.opening(at)) is not None
    ]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _listed(whose: Weekly | Dated, hours: Iterable[Hours]) -> str:
    return f"{whose} {', '.join(map(str, hours))}"
