"""The shape of routes and of the heartbeat. What they mean together is checked in `routes` and `pulse`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from monitor.config import fields
from monitor.config.conditions import Names, Patterns, several
from monitor.config.fields import duration, duration_or_off, nothing_as, switched_off
from monitor.config.part import Part

_HOUR = 3600.0
_DAY = 24 * _HOUR


def _named(value: object) -> object:
    """Nobody is told by mistake alone: that has to be written."""
    if value is None:
        raise fields.fault("should name receivers", "[] for nobody, on purpose")
    return several(value)


def _steps(value: object) -> object:
    return several(switched_off(value))


Named = Annotated[list[fields.Line], BeforeValidator(_named)]
"""Receivers, or single ways of theirs such as `oncall/webhook`."""


class GroupPart(Part):
    """Alerts that are told as one."""

    by: Annotated[list[fields.Label], BeforeValidator(several)] = Field([])
    wait: Annotated[float, duration(0, _HOUR)] = 30.0
    interval: Annotated[float, duration(1, _DAY)] = 300.0


class StepPart(Part):
    """Who is told as well when nobody acknowledges."""

    after: Annotated[float, duration(1, 7 * _DAY)]
    receivers: Named = Field([])


class RoutePart(Part):
    """One branch. Its receivers, group, repeat and steps are the parent's where they are not written."""

    name: fields.RouteName | None = None
    match: Patterns = Field({})
    min_severity: Literal["warning", "critical"] = "warning"
    during: Names = Field([])
    not_during: Names = Field([])
    receivers: Named = Field([])
    group: Annotated[GroupPart | None, BeforeValidator(switched_off)] = None
    repeat: Annotated[float | None, duration_or_off(60, 30 * _DAY)] = None
    escalate: Annotated[list[StepPart], BeforeValidator(_steps)] = Field([])
    goes_on: bool = Field(False, alias="continue")
    routes: Annotated[list[RoutePart], nothing_as(list)] = Field([])


class HeartbeatPart(Part):
    """A sign of life."""

    receivers: Named = Field([])
    interval: Annotated[float, duration(10, _HOUR)] = 60.0
