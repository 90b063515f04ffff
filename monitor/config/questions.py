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
    names: Annotated[list[fields.Glob], nothing_as(list)] = Field([])
    divisions: Annotated[list[fields.Glob], nothing_as(list)] = Field([])


class DirectoryPart(QuestionPart):
    """How often the directory is read, and which of its queues are watched by every question."""

    interval: Annotated[float, duration(10, _DAY)] = 300.0
    select: Annotated[SelectPart, nothing_as(dict)] = SelectPart()


class QueuesPart(QuestionPart):
    """How the realtime state of queues is asked for."""

    enabled: bool = True
    interval: Annotated[float, duration(1, _HOUR)] = 10.0
    timeout: Annotated[float, duration(1, 30)] | None = None


class WindowPart(Part):
    """One window; its length alone may be written in its place."""

    length: Annotated[float, duration(60, _DAY)]
    aligned: bool = False


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
    short_abandons: bool = True
    flow_outs: bool = False


class ServiceLevelPart(QuestionPart):
    """Over which windows, and within which times, the service level is taken."""

    enabled: bool = True
    interval: Annotated[float, duration(5, _HOUR)] = 30.0
    timeout: Annotated[float, duration(1, 600)] = 30.0
    windows: Annotated[
        list[Annotated[WindowPart, BeforeValidator(_window)]], AfterValidator(_windows), nothing_as(list)
    ] = Field([WindowPart.model_construct(length=length) for length in (300.0, 900.0, 1800.0)])
    thresholds: Annotated[
        list[Annotated[float, duration(0.001, _DAY)]], AfterValidator(_thresholds), nothing_as(list)
    ] = Field([20.0])
    lag: Annotated[float, duration(0, 600)] = 60.0
    formula: Annotated[FormulaPart, nothing_as(dict)] = FormulaPart()
    self_check: bool = True


class AgentsPart(QuestionPart):
    """How agents' time is asked for."""

    enabled: bool = False
    interval: Annotated[float, duration(30, _DAY)] = 300.0
    timeout: Annotated[float, duration(1, 1800)] = 60.0
    bucket: Annotated[float, choice(*BUCKETS)] = 1800.0
    lag: Annotated[float, duration(0, 600)] = 60.0
    ids: Annotated[list[fields.UserId], nothing_as(list)] = Field([])
    include_names: bool = False
    agents_cap: Annotated[int, Field(ge=1, le=1_000_000)] = 2000


class WorkitemsPart(QuestionPart):
    """How work items are asked for; `select` narrows the watched queues."""

    enabled: bool = False
    interval: Annotated[float, duration(10, _DAY)] = 60.0
    timeout: Annotated[float, duration(1, _HOUR)] | None = None
    bucket: Annotated[float, choice(*BUCKETS)] = _HOUR
    select: Annotated[SelectPart, nothing_as(dict)] = SelectPart()


class WeightsPart(Part):
    """How much each metric counts in a score."""

    handled: fields.Share = 0.3
    answer: fields.Share = 0.4
    abandoned: fields.Share = 0.3


class StrategiesPart(QuestionPart):
    """How routing strategies are evaluated, and who is told."""

    enabled: bool = False
    interval: Annotated[float, duration(60, 7 * _DAY)] = _HOUR
    timeout: Annotated[float, duration(1, _HOUR)] = 600.0
    span: Annotated[float, duration(60, LONGEST_SPAN)] = _DAY
    ids: Annotated[list[fields.Line], nothing_as(list)] = Field([])
    weights: Annotated[WeightsPart, nothing_as(dict)] = WeightsPart()
    webhook_url: fields.Hidden | None = None
    webhook_url_file: fields.Line | None = None
    allow_http: bool = False
    audit_file: fields.Line | None = None


class SourcesPart(Part):
    """The questions that are asked."""

    directory: Annotated[DirectoryPart, nothing_as(dict)] = DirectoryPart()
    queues: Annotated[QueuesPart, nothing_as(dict)] = QueuesPart()
    service_level: Annotated[ServiceLevelPart, nothing_as(dict)] = ServiceLevelPart()
    agents: Annotated[AgentsPart, nothing_as(dict)] = AgentsPart()
    workitems: Annotated[WorkitemsPart, nothing_as(dict)] = WorkitemsPart()
    strategies: Annotated[StrategiesPart, nothing_as(dict)] = StrategiesPart()
