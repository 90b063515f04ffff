"""The shape of rules and of what stands around them: levels, guards, budgets, exceptions, inhibitions.

What goes together with what is checked in `rules`, `levels`, `figures`, `guards`, `burns` and `inhibitions`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from monitor.config import fields
from monitor.config.fields import duration, length, nothing_as
from monitor.config.part import Part
from monitor.kit.text import clean

RECENT = "recent"
"""The label `window` of the guides' own averages, whose window they do not tell (DESIGN.md §6)."""

_DAY = 86400.0
_HOUR = 3600.0


def several(value: object) -> object:
    """Take one thing for a list of one, and nothing for none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _pair(value: list[float]) -> list[float]:
    if len(value) != 2 or not value[0] < value[1]:
        raise fields.fault("should be two numbers, the lower one first", "such as [0.2, 0.9]")
    return value


Range = Annotated[list[fields.Number], AfterValidator(_pair)]


class LevelPart(Part):
    """One threshold: where it is entered, where it is left, and how long it has to last."""

    above: fields.Number | None = None
    below: fields.Number | None = None
    outside: Range | None = None
    clear_below: fields.Number | None = None
    clear_above: fields.Number | None = None
    clear_inside: Range | None = None
    dwell: Annotated[float, duration(0, _DAY)] = Field(0.0, alias="for")


class LevelsPart(Part):
    """What has levels."""

    warning: LevelPart | None = None
    critical: LevelPart | None = None


class PatternPart(Part):
    """A label's condition; a glob or a list of globs may be written in its place."""

    globs: list[fields.Glob] = Field([])
    regex: fields.Regex | None = None


def _pattern(value: object) -> object:
    """Take a glob or globs for a PatternPart; `globs` is no key of the file."""
    if isinstance(value, dict):
        if set(value) == {"regex"} and value["regex"] is not None:
            return value
        raise fields.fault("should hold the one key regex", "or be a glob, or a list of globs")
    globs = value if isinstance(value, list) else [value]
    if not globs or not all(isinstance(glob, str) for glob in globs):
        raise fields.fault("should be a glob, a list of globs, or {regex: …}", "put numbers in quotes")
    return {"globs": globs}


def _conditions(value: object) -> object:
    """Take nothing for no conditions, and see a label and its value in one word for what it is."""
    for key in value if isinstance(value, dict) else ():
        label, equal, wanted = str(key).partition("=")
        if equal:
            raise fields.fault(
                "has a label without a condition", f"write {clean(label)}: {clean(wanted) or '…'}"
            )
    return {} if value is None else value


Patterns = Annotated[
    dict[str, Annotated[PatternPart, BeforeValidator(_pattern)]], BeforeValidator(_conditions)
]
"""Labels, each with its condition."""


class PolicyPart(Part):
    """What an unknown does; the action alone may be written in its place."""

    action: Literal["hold", "alert", "ok"]
    dwell: Annotated[float, duration(0, _DAY)] = Field(0.0, alias="for")


def _policy(value: object) -> object:
    return {"action": value} if isinstance(value, str) else value


Policy = Annotated[PolicyPart, BeforeValidator(_policy)]


class PairPart(Part):
    """A budget's share, and the two windows in which it is seen to burn."""

    budget_share: Annotated[fields.Number, Field(gt=0, le=1)]
    long: Annotated[str, length()]
    short: Annotated[str, length()]
    dwell: Annotated[float, duration(0, _DAY)] = Field(0.0, alias="for")


Pairs = Annotated[list[PairPart], BeforeValidator(several)]


class BurnPart(Part):
    """How fast a service-level budget may burn; `page` and `ticket` are the method's own words."""

    objective: Annotated[fields.Number, Field(gt=0, lt=1)]
    period: Annotated[float, duration(_HOUR, 31 * _DAY)] = _DAY
    critical: Pairs = Field([])
    page: Pairs = Field([])
    warning: Pairs = Field([])
    ticket: Pairs = Field([])


class ExceptionPart(LevelsPart):
    """Other levels while a calendar is open."""

    during: fields.Name


Labels = Annotated[dict[fields.Label, fields.Text], nothing_as(dict)]
Names = Annotated[list[fields.Name], BeforeValidator(several)]


class RulePart(LevelsPart):
    """One rule."""

    name: fields.RuleName
    metric: fields.MetricName | None = None
    expr: fields.Text | None = None
    burn: BurnPart | None = None
    for_each: Patterns = Field({})
    window: Annotated[list[Annotated[str, length(RECENT)]], BeforeValidator(several)] = Field([])
    threshold: Annotated[list[Annotated[str, length()]], BeforeValidator(several)] = Field([])
    definition: Annotated[list[Literal["genesys", "answered"]], BeforeValidator(several)] = Field([])
    keep_firing_for: Annotated[float, duration(0, _DAY)] = 0.0
    min_volume: Annotated[dict[str, fields.Number], nothing_as(dict)] = Field({})
    during: Names = Field([])
    not_during: Names = Field([])
    exceptions: Annotated[list[ExceptionPart], nothing_as(list)] = Field([])
    on_no_data: Policy | None = None
    on_error: Policy | None = None
    on_stale: Policy | None = None
    flap_detection: bool = True
    inhibit_members: bool = False
    labels: Labels = Field({})
    annotations: Labels = Field({})


class InhibitionPart(Part):
    """A cause, and what needs no word of its own while it is told."""

    name: fields.RuleName
    source: Patterns = Field({})
    target: Patterns = Field({})
    equal: Annotated[list[fields.Label], BeforeValidator(several)] = Field([])
