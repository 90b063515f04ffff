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
    """Labels whose values members share. None: all in one."""
    wait: Annotated[float, duration(0, _HOUR)] = 30.0
    """How long the first alert waits for company."""
    interval: Annotated[float, duration(1, _DAY)] = 300.0
    """How long after one message the next one comes at the earliest."""


class StepPart(Part):
    """Who is told as well when nobody acknowledges."""

    after: Annotated[float, duration(1, 7 * _DAY)]
    """How long nobody has acknowledged, counted from the first telling."""
    receivers: Named = Field([])
    """Who is told then as well."""


class RoutePart(Part):
    """One branch. Its receivers, group, repeat and steps are the parent's where they are not written."""

    name: fields.RouteName | None = None
    """Its name, for `routes test` and variables."""
    match: Patterns = Field({})
    """Labels of the alert, as in a rule's `for_each`."""
    min_severity: Literal["warning", "critical"] = "warning"
    """How bad it has to be at least."""
    during: Names = Field([])
    """One of these calendars has to be open."""
    not_during: Names = Field([])
    """None of these calendars may be open."""
    receivers: Named = Field([])
    """Who is told: receivers, or one way of theirs such as `desk/slack`. `[]` is nobody, on purpose."""
    group: Annotated[GroupPart | None, BeforeValidator(switched_off)] = None
    """Tell what comes together as one; `off` takes back what the parent says."""
    repeat: Annotated[float | None, duration_or_off(60, 30 * _DAY)] = None
    """Tell it again so often while nobody has acknowledged; `off` takes it back."""
    escalate: Annotated[list[StepPart], BeforeValidator(_steps)] = Field([])
    """Who is told as well when nobody acknowledges; `[]` takes it back."""
    goes_on: bool = Field(False, alias="continue")
    """Whether the routes after this one are tried as well."""
    routes: Annotated[list[RoutePart], nothing_as(list)] = Field([])
    """Branches of this one, tried first. What they do not say is taken from here."""


class HeartbeatPart(Part):
    """A sign of life."""

    receivers: Named = Field([])
    """Who gets it: `webhook`, `mqtt`, `alertmanager`, `ping` or `log`, no people."""
    interval: Annotated[float, duration(10, _HOUR)] = 60.0
    """How often."""
