"""The types of single values: what a duration, a name, a glob or a URL looks like in the file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from monitor.config import patterns, places, regions
from monitor.config.report import meant
from monitor.kit import durations
from monitor.model.catalogue import METRICS, judgeable
from monitor.model.metric import PLATFORM_PREFIX

FAULT = "queuewatch"
"""The pydantic error type of our own messages: their context holds `problem` and `hint`."""

TEXT_LIMIT = 2000
"""Characters of one text; an annotation is a sentence or a link."""

_LONGEST = 366 * 86400.0
"""Seconds of the longest label: a year."""

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
"""A label of a host name."""

Kind = TypeVar("Kind")


def fault(problem: str, hint: str = "") -> PydanticCustomError:
    """Return the error to raise for a value; `complaints` turns it into a mistake."""
    return PydanticCustomError(FAULT, "{problem}", {"problem": problem, "hint": hint})


def duration(low: float, high: float) -> BeforeValidator:
    """Accept `10s`, `2m`, `1h30m` between `low` and `high` seconds; the value becomes seconds."""
    return BeforeValidator(partial(_between, low, high))


def duration_or_off(low: float, high: float) -> BeforeValidator:
    """Accept a duration between `low` and `high` seconds, or `off`, which becomes None."""

    def length(value: object) -> object:
        return None if switched_off(value) is None else _between(low, high, value)

    return BeforeValidator(length)


def switched_off(value: object) -> object:
    """Take `off` for nothing."""
    return None if value is False or value == "off" else value


def _between(low: float, high: float, value: object) -> float:
    length = _seconds(value)
    if not low <= length <= high:
        raise fault(f"should be between {durations.show(low)} and {durations.show(high)}")
    return length


def choice(*lengths: float) -> BeforeValidator:
    """Accept one of `lengths` (seconds), written as a duration."""

    def one(value: object) -> float:
        length = _seconds(value)
        if length not in lengths:
            *most, last = map(durations.show, lengths)
            raise fault(f"should be {', '.join(most)} or {last}")
        return length

    return BeforeValidator(one)


def length(*others: str) -> BeforeValidator:
    """Accept a duration, or one of the words `others`; the value becomes the text of a label."""

    def label(value: object) -> str:
        if isinstance(value, str) and value in others:
            return value
        seconds = _seconds(value)
        shown = durations.show(seconds) if seconds <= _LONGEST else ""
        if not shown or durations.parse(shown) != seconds:
            raise fault("cannot be a label", f"write {shown}" if shown else "nothing is longer than a year")
        return shown

    return BeforeValidator(label)


def _seconds(value: object) -> float:
    if not isinstance(value, str):
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        raise fault("should be a duration such as 10s", f"write {value}s" if number else "")
    try:
        return durations.parse(value)
    except ValueError:
        raise fault("should be a duration such as 10s", "units are ms, s, m, h, d") from None


def check_labels(lengths: Sequence[float], limit: int, word: str) -> None:
    """Refuse lengths that cannot each be a label: none, too many, equal ones, or finer than is shown."""
    if not lengths:
        raise fault(f"should hold at least one {word}", "leave the key out for the default")
    if len(lengths) > limit:
        raise fault(f"should hold at most {limit} {word}s")
    for place, length in enumerate(lengths):
        shown = durations.show(length)
        if length in lengths[:place]:
            raise fault(f"holds {shown} twice", "keep one")
        if durations.parse(shown) != length:
            raise fault(f"holds a {word} finer than its label would be", f"write {shown}")


def _worded(pattern: str, problem: str, hint: str = "") -> AfterValidator:
    def word(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise fault(problem, hint)
        return value

    return AfterValidator(word)


def _placed(look: Callable[[str], object]) -> AfterValidator:
    """Accept what `look` takes, unchanged."""

    def place(value: str) -> str:
        try:
            look(value)
        except places.Unusable as error:
            raise fault(error.problem, error.hint) from None
        return value

    return AfterValidator(place)


def _uuid(whose: str) -> AfterValidator:
    def uuid(value: str) -> str:
        if not re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", value):
            raise fault(f"should be a {whose}'s id, a UUID", "such as f6a49350-0000-4000-8000-00000000a001")
        return str(UUID(value))

    return AfterValidator(uuid)


def _zone(value: str) -> str:
    if value != "UTC" and value not in (known := available_timezones()):
        hint = meant(value, known) if known else "no time zone database is installed here: install tzdata"
        raise fault("is not a time zone", hint or "such as Europe/Paris")
    return value


def _region(value: str) -> str:
    domain = regions.domain(value)
    if domain is None:
        raise fault("is not a Genesys Cloud region", regions.suggestion(value))
    return domain


def _metric(value: str) -> str:
    name = value.removeprefix(PLATFORM_PREFIX)
    if name in judgeable():
        return name
    if name in METRICS:
        raise fault("cannot be judged by a rule", "rules judge the platform's figures, not queuewatch's own")
    raise fault("is not a known metric", meant(name, judgeable()))


def _regex(value: str) -> str:
    try:
        patterns.check(value)
    except patterns.TooMuch as error:
        raise fault(str(error), "or write globs") from None
    except re.error as error:
        raise fault(f"is not a regular expression: {error.msg}", "it has to fit the whole name") from None
    return value


def nothing_as(make: Callable[[], Kind]) -> BeforeValidator:
    """Take a key without a value (`rules:` with every line below commented out) for an empty section."""

    def fill(value: object) -> object:
        return make() if value is None else value

    return BeforeValidator(fill)


def _number_as_text(value: object) -> object:
    if isinstance(value, int | float):
        raise fault("should be text", "put it in quotes")
    return value


Text = Annotated[
    str,
    _worded(rf"(?s:.{{0,{TEXT_LIMIT}}})", f"should have at most {TEXT_LIMIT} characters"),
    BeforeValidator(_number_as_text),
]
Template = Annotated[str, BeforeValidator(_number_as_text)]
"""A text of which `wording` says whether it is one, and how long it may be."""
Line = Annotated[
    str,
    _worded(r"[^\n]{1,500}", "should be one line of 1 to 500 characters"),
    BeforeValidator(_number_as_text),
]
Hidden = Annotated[
    str,
    _worded(r"[^\n]{1,8000}", "should be one line of 1 to 8000 characters"),
    BeforeValidator(_number_as_text),
]
"""A secret, or a URL that may hold one."""
Name = Annotated[
    str,
    _worded(r"[a-z0-9][a-z0-9_-]{0,62}", "is not a name", "lower-case letters, digits, _ and -; at most 63"),
]
RuleName = Annotated[
    str,
    _worded(
        r"[A-Za-z][A-Za-z0-9_]{0,99}",
        "is not a rule's name",
        "letters, digits and _, such as QueueWaitingHigh",
    ),
]
Instance = Annotated[str, _worded(r"[A-Za-z0-9_-]{1,64}", "should be 1 to 64 letters, digits, _ or -")]
Label = Annotated[
    str,
    _worded(r"[A-Za-z_][A-Za-z0-9_]{0,99}", "is not a label's name", "letters, digits and _, such as team"),
]
Glob = Annotated[
    str,
    _worded(rf"[^\n]{{1,{patterns.LENGTH_LIMIT}}}", f"should have 1 to {patterns.LENGTH_LIMIT} characters"),
    BeforeValidator(_number_as_text),
]
Regex = Annotated[str, AfterValidator(_regex)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[Number, Field(ge=0, le=1)]
QueueId = Annotated[str, _uuid("queue")]
UserId = Annotated[str, _uuid("user")]
TimeZone = Annotated[str, AfterValidator(_zone)]
Region = Annotated[str, AfterValidator(_region)]
MetricName = Annotated[str, AfterValidator(_metric)]
RouteName = Annotated[
    str,
    _worded(
        r"[A-Za-z][A-Za-z0-9_-]{0,62}",
        "is not a route's name",
        "a letter, then letters, digits, _ and -; at most 63",
    ),
]
HeaderName = Annotated[
    str, _worded(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", "is not a header's name", "such as X-Team")
]
"""A token (RFC 9110 §5.6.2)."""
Address = Annotated[
    str,
    _worded(
        rf"(?=.{{3,254}}\Z)[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(\.{_LABEL})*",
        "is not an e-mail address",
        "such as oncall@example.com, without a name and < >",
    ),
]
"""What browsers take for one (https://html.spec.whatwg.org/#valid-e-mail-address), no longer than SMTP's."""
Page = Annotated[str, _placed(places.page)]
BaseUrl = Annotated[str, _placed(places.base)]
Host = Annotated[str, _placed(places.host)]
Listen = Annotated[str, _placed(places.listen)]
Prefix = Annotated[
    str,
    _worded(
        r"[^+#/$\s][^+#\s]{0,198}(?<!/)",
        "is not a topic prefix",
        "no +, #, spaces; no / at either end; no $ first",
    ),
]
Port = Annotated[int, Field(ge=1, le=65535)]
