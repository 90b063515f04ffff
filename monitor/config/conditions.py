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
    """Breached while the value is more than this."""
    below: fields.Number | None = None
    """Breached while the value is less than this."""
    outside: Range | None = None
    """Breached while the value is not between these two."""
    clear_below: fields.Number | None = None
    """With `above`: over once the value is at most this."""
    clear_above: fields.Number | None = None
    """With `below`: over once the value is at least this."""
    clear_inside: Range | None = None
    """With `outside`: over once the value is between these two."""
    dwell: Annotated[float, duration(0, _DAY)] = Field(0.0, alias="for")
    """How long it has to be breached before the alert fires."""


class LevelsPart(Part):
    """What has levels."""

    warning: LevelPart | None = None
    """The milder level."""
    critical: LevelPart | None = None
    """The worse level."""


class PatternPart(Part):
    """A label's condition; a glob or a list of globs may be written in its place."""

    globs: list[fields.Glob] = Field([])
    """Not a key of the file: a glob or a list of globs is written in the place of the mapping."""
    regex: fields.Regex | None = None
    """A regular expression that fits the whole value."""


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
    """Hold the alert as it is, take it for breached, or take it for clear."""
    dwell: Annotated[float, duration(0, _DAY)] = Field(0.0, alias="for")
    """How long it has to be unknown before that."""


def _policy(value: object) -> object:
    return {"action": value} if isinstance(value, str) else value


Policy = Annotated[PolicyPart, BeforeValidator(_policy)]


class PairPart(Part):
    """A budget's share, and the two windows in which it is seen to burn."""

    budget_share: Annotated[fields.Number, Field(gt=0, le=1)]
    """The share of the period's budget that may burn within `long`."""
    long: Annotated[str, length()]
    """The window in which it burns."""
    short: Annotated[str, length()]
    """A shorter window in which it still burns; a twelfth of `long` is usual."""
    dwell: Annotated[float, duration(0, _DAY)] = Field(0.0, alias="for")
    """How long both have to burn before the alert fires."""


Pairs = Annotated[list[PairPart], BeforeValidator(several)]


class BurnPart(Part):
    """How fast a service-level budget may burn; `page` and `ticket` are the method's own words."""

    objective: Annotated[fields.Number, Field(gt=0, lt=1)]
    """The share that is promised: 0.8 is 80 % within the rule's `threshold`."""
    period: Annotated[float, duration(_HOUR, 31 * _DAY)] = _DAY
    """What the budget is for."""
    critical: Pairs = Field([])
    """Rates that are critical, a pair of windows each."""
    page: Pairs = Field([])
    """Another word for `critical`."""
    warning: Pairs = Field([])
    """Rates that are a warning."""
    ticket: Pairs = Field([])
    """Another word for `warning`."""


class ExceptionPart(LevelsPart):
    """Other levels while a calendar is open."""

    during: fields.Name
    """While this calendar is open, these levels hold."""


Labels = Annotated[dict[fields.Label, fields.Text], nothing_as(dict)]
Names = Annotated[list[fields.Name], BeforeValidator(several)]


class RulePart(LevelsPart):
    """One rule."""

    name: fields.RuleName
    """Its name, unlike all others."""
    metric: fields.MetricName | None = None
    """What is judged, as the metrics' page names it. One of `metric`, `expr` and `burn`."""
    expr: fields.Text | None = None
    """An expression over several metrics: true or false, or a number with levels."""
    burn: BurnPart | None = None
    """How fast a service-level budget burns."""
    for_each: Patterns = Field({})
    """Which rows: labels of the metric, each with a glob, a list of globs, or `{regex: …}`. Every row that
    fits is an alert of its own."""
    window: Annotated[list[Annotated[str, length(RECENT)]], BeforeValidator(several)] = Field([])
    """Short for a condition on the label `window`."""
    threshold: Annotated[list[Annotated[str, length()]], BeforeValidator(several)] = Field([])
    """Short for a condition on the label `threshold`."""
    definition: Annotated[list[Literal["genesys", "answered"]], BeforeValidator(several)] = Field([])
    """Short for a condition on the label `definition`."""
    keep_firing_for: Annotated[float, duration(0, _DAY)] = 0.0
    """How long a firing alert has to be clear before it resolves."""
    min_volume: Annotated[dict[str, fields.Number], nothing_as(dict)] = Field({})
    """How much has to have happened for a breach to count: one count such as `offered: 10`, and
    `confidence: 0.95` to be sure that a ratio is really beyond its level."""
    during: Names = Field([])
    """While one of these calendars is open, the rule is awake."""
    not_during: Names = Field([])
    """While one of these calendars is open, the rule sleeps."""
    exceptions: Annotated[list[ExceptionPart], nothing_as(list)] = Field([])
    """Other levels while a calendar is open."""
    on_no_data: Policy | None = None
    """What it does when the source answers without this figure. Without it, hold."""
    on_error: Policy | None = None
    """What it does while polls fail. Without it, hold."""
    on_stale: Policy | None = None
    """What it does once the figure is too old. Without it, hold."""
    flap_detection: bool = True
    """Whether fires are kept back while the alert comes and goes."""
    inhibit_members: bool = False
    """Whether a virtual queue that fires speaks for its members."""
    labels: Labels = Field({})
    """Labels of every alert of this rule, for routes and receivers."""
    annotations: Labels = Field({})
    """Texts of every alert: templates such as `{{queue}} at {{value | percent}}`. `runbook` becomes a
    link."""


class InhibitionPart(Part):
    """A cause, and what needs no word of its own while it is told."""

    name: fields.RuleName
    """Its name."""
    source: Patterns = Field({})
    """Labels of the cause, as in `for_each`."""
    target: Patterns = Field({})
    """Labels of what is muted while the cause fires."""
    equal: Annotated[list[fields.Label], BeforeValidator(several)] = Field([])
    """Labels that both have to share."""
