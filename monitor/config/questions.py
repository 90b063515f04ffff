"""The shape of `sources`: one class per question, with its documented defaults.

They stand at the top of the file for every org, and again below each org for what it wants otherwise.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from monitor.config import fields
from monitor.config.fields import choice, duration, nothing_as
from monitor.config.part import Part

_HOUR = 3600.0
_DAY = 86400.0

LONGEST_SPAN = 30 * _DAY
"""Seconds of one evaluation: more than 30 days is refused by the platform (GUIDES.md §5)."""

WINDOWS_LIMIT = 20
THRESHOLDS_LIMIT = 50
"""More would be a histogram; every one of them is a series per queue and media type."""

BUCKETS = (900.0, 1800.0, _HOUR)
"""Seconds: an hour holds a whole number of each, so buckets begin on the clock in every time zone."""

MOVED = {
    ("queues", "select"): ("directory", "select"),
    ("queues", "directory_interval"): ("directory", "interval"),
}
"""Keys of `sources` that earlier versions had, and where they are now."""


class QuestionPart(Part):
    """What all questions have in common: a key without a value says nothing, also to the shared one."""

    @model_validator(mode="before")
    @classmethod
    def _said(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {key: item for key, item in value.items() if item is not None or key not in cls.model_fields}


class SelectPart(Part):
    """Which queues: all, or those that fit every list that is not empty."""

    ids: Annotated[list[fields.QueueId], nothing_as(list)] = Field([])
    """Queues by their ids."""
    names: Annotated[list[fields.Glob], nothing_as(list)] = Field([])
    """Queues by globs of their names."""
    divisions: Annotated[list[fields.Glob], nothing_as(list)] = Field([])
    """Queues by globs of their divisions' names."""


class DirectoryPart(QuestionPart):
    """How often the directory is read, and which of its queues are watched by every question."""

    interval: Annotated[float, duration(10, _DAY)] = 300.0
    """How often the directory is read."""
    select: Annotated[SelectPart, nothing_as(dict)] = SelectPart()
    """Which queues every question watches; all where it says nothing."""


class QueuesPart(QuestionPart):
    """How the realtime state of queues is asked for."""

    enabled: bool = True
    """Whether it is asked."""
    interval: Annotated[float, duration(1, _HOUR)] = 10.0
    """How often it is asked."""
    timeout: Annotated[float, duration(1, 30)] | None = None
    """How long one poll may take. Without it the interval, between 5s and 30s."""


class WindowPart(Part):
    """One window; its length alone may be written in its place."""

    length: Annotated[float, duration(60, _DAY)]
    """How long it is, in whole minutes."""
    aligned: bool = False
    """Whether it begins on the clock (UTC), as reports do, instead of sliding. Its length then divides a
    day."""


def _window(value: object) -> object:
    return value if isinstance(value, dict) else {"length": value}


def _windows(windows: list[WindowPart]) -> list[WindowPart]:
    fields.check_labels([window.length for window in windows], WINDOWS_LIMIT, "window")
    for window in windows:
        if window.length % 60:
            raise fields.fault("should be whole minutes", "such as 15m")
        if window.aligned and _DAY % window.length:
            raise fields.fault("an aligned window should divide a day evenly", "such as 15m, 30m, 1h")
    return windows


def _thresholds(thresholds: list[float]) -> list[float]:
    fields.check_labels(thresholds, THRESHOLDS_LIMIT, "threshold")
    return thresholds


class FormulaPart(Part):
    """The org's options for the denominator (Admin › Contact Center › Analytics)."""

    abandons: bool = True
    """Abandoned interactions count."""
    short_abandons: bool = True
    """Those abandoned early count among them."""
    flow_outs: bool = False
    """Interactions that left for a flow count."""


class ServiceLevelPart(QuestionPart):
    """Over which windows, and within which times, the service level is taken."""

    enabled: bool = True
    """Whether it is asked."""
    interval: Annotated[float, duration(5, _HOUR)] = 30.0
    """How often it is asked."""
    timeout: Annotated[float, duration(1, 600)] = 30.0
    """How long one poll may take."""
    windows: Annotated[
        list[Annotated[WindowPart, BeforeValidator(_window)]], AfterValidator(_windows), nothing_as(list)
    ] = Field([WindowPart.model_construct(length=length) for length in (300.0, 900.0, 1800.0)])
    """Over which stretches of time, at most 20: a length each, or `{length: 15m, aligned: true}`."""
    thresholds: Annotated[
        list[Annotated[float, duration(0.001, _DAY)]], AfterValidator(_thresholds), nothing_as(list)
    ] = Field([20.0])
    """Within which times an answer counts, at most 50. On the platform the queue's own target stands
    beside them."""
    lag: Annotated[float, duration(0, 600)] = 60.0
    """How long ago a window has ended, so that what finished in it is in the platform's figures."""
    formula: Annotated[FormulaPart, nothing_as(dict)] = FormulaPart()
    """The org's options for the denominator of the definition `genesys`. Not known to the guides."""
    self_check: bool = True
    """Whether denominators are held against the platform's own; a lasting difference is logged. Not known
    to the guides."""


class AgentsPart(QuestionPart):
    """How agents' time is asked for."""

    enabled: bool = False
    """Whether it is asked."""
    interval: Annotated[float, duration(30, _DAY)] = 300.0
    """How often it is asked."""
    timeout: Annotated[float, duration(1, 1800)] = 60.0
    """How long one poll may take."""
    bucket: Annotated[float, choice(*BUCKETS)] = 1800.0
    """The interval that figures are cut into."""
    lag: Annotated[float, duration(0, 600)] = 60.0
    """How long ago an interval has ended before it is asked for."""
    ids: Annotated[list[fields.UserId], nothing_as(list)] = Field([])
    """Only these users, by their ids; all who worked where it is empty."""
    include_names: bool = False
    """Whether series have the label `agent`, the person's name."""
    agents_cap: Annotated[int, Field(ge=1, le=1_000_000)] = 2000
    """The most people shown."""


class WorkitemsPart(QuestionPart):
    """How work items are asked for; `select` narrows the watched queues."""

    enabled: bool = False
    """Whether it is asked."""
    interval: Annotated[float, duration(10, _DAY)] = 60.0
    """How often it is asked."""
    timeout: Annotated[float, duration(1, _HOUR)] | None = None
    """How long one poll may take. Without it 30s on the platform; 20m with the guides, whose queries are
    jobs."""
    bucket: Annotated[float, choice(*BUCKETS)] = _HOUR
    """The interval that the backlog's peak and change are taken from."""
    select: Annotated[SelectPart, nothing_as(dict)] = SelectPart()
    """Which of the watched queues; all of them where it says nothing."""


class WeightsPart(Part):
    """How much each metric counts in a score."""

    handled: fields.Share = 0.3
    """Weight of how many were handled. The three sum to 1."""
    answer: fields.Share = 0.4
    """Weight of the speed of answer."""
    abandoned: fields.Share = 0.3
    """Weight of how many were abandoned."""


class StrategiesPart(QuestionPart):
    """How routing strategies are evaluated, and who is told."""

    enabled: bool = False
    """Whether strategies are evaluated."""
    interval: Annotated[float, duration(60, 7 * _DAY)] = _HOUR
    """How often they are."""
    timeout: Annotated[float, duration(1, _HOUR)] = 600.0
    """How long one evaluation may take."""
    span: Annotated[float, duration(60, LONGEST_SPAN)] = _DAY
    """The stretch of time before now that is looked at."""
    ids: Annotated[list[fields.Line], nothing_as(list)] = Field([])
    """Only these strategies; all there are where it is empty."""
    weights: Annotated[WeightsPart, nothing_as(dict)] = WeightsPart()
    """How much each figure counts in a score."""
    webhook_url: fields.Hidden | None = None
    """Where each evaluation is posted as JSON, for BI."""
    webhook_url_file: fields.Line | None = None
    """A file with that URL."""
    allow_http: bool = False
    """Whether that URL may be plain http."""
    audit_file: fields.Line | None = None
    """Where each evaluation is written down, a JSON line each; beside the store where it is not said."""


class SourcesPart(Part):
    """The questions that are asked."""

    directory: Annotated[DirectoryPart, nothing_as(dict)] = DirectoryPart()
    """Which queues there are, which of them are watched, and what each is set to reach."""
    queues: Annotated[QueuesPart, nothing_as(dict)] = QueuesPart()
    """How the queues are right now."""
    service_level: Annotated[ServiceLevelPart, nothing_as(dict)] = ServiceLevelPart()
    """What was answered in time, window by window."""
    agents: Annotated[AgentsPart, nothing_as(dict)] = AgentsPart()
    """How much of an interval people worked."""
    workitems: Annotated[WorkitemsPart, nothing_as(dict)] = WorkitemsPart()
    """Tasks without a caller: service level since local midnight, and the backlog."""
    strategies: Annotated[StrategiesPart, nothing_as(dict)] = StrategiesPart()
    """Routing methods, compared with each other."""
