"""What a service level is: over which window, within which time, by which definition."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monitor.kit import durations
from monitor.model.measure import Ratio, plus
from monitor.model.observation import Figure, QueueService


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time a figure is about: `length` seconds, sliding, or aligned to the clock (UTC)."""

    length: float
    aligned: bool = False

    @property
    def label(self) -> str:
        """The label `window`: a length, such as 15m."""
        return durations.show(self.length)


class Definition(StrEnum):
    """The label `definition`: what the denominator is."""

    GENESYS = "genesys"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """The org's options for the denominator (Admin › Contact Center › Analytics), with Genesys' defaults."""

    abandons: bool = True
    short_abandons: bool = True
    flow_outs: bool = False

    def denominator(self, service: QueueService) -> Figure:
        """Return the interactions a service level is taken of: answered, and what the options add.

        Unknown where any of it is: a figure left out would make a level that is too high or too low.
        """
        counted = service.answered
        if self.abandons:
            counted = plus(counted, service.abandoned)
            if not self.short_abandons:
                short = service.short_abandoned
                counted = plus(counted, None if short is None else -short)
        if self.flow_outs:
            counted = plus(counted, service.flowed_out)
        return counted

    def level(self, service: QueueService, threshold: float) -> Ratio:
        """Return the service level at `threshold` seconds by Genesys' definition."""
        return Ratio(service.within.get(threshold), self.denominator(service))


def answered_level(service: QueueService, threshold: float) -> Ratio:
    """Return the share of the answered that was answered within `threshold` seconds."""
    return Ratio(service.within.get(threshold), service.answered)
