"""Plays a test through the real alert manager, in virtual time: nothing is waited for, nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.alerts.manager import AlertManager
from monitor.model.alert import Alert, AlertEvent, AlertState
from monitor.model.delivery import Dispatch
from monitor.model.pace import Pace
from monitor.model.route import Reach, Terms
from monitor.model.rule import Rule, Severity
from monitor.proving.laying import Layout, layouts
from monitor.proving.story import Story
from monitor.store.memory import MemoryStore

TICK = 5.0
"""Seconds between the manager's looks at silent sources: the daemon's own."""
TICKS = 12
"""Looks between two polls at the most: a source asked once an hour needs no more."""
SOMEBODY = {"test": Terms()}
"""Who is told: an alert that nobody hears of has nobody who could hear that it is over."""


@dataclass(slots=True)
class Played:
    """What came of a test: active alerts after every poll, and events with the second they were told in."""

    active: list[tuple[Alert, ...]] = field(default_factory=list)
    told: list[tuple[float, AlertEvent]] = field(default_factory=list)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still until it is set."""

    moment = 0.0

    def time(self) -> float:
        """Return the seconds since the first poll."""
        return self.moment


@dataclass(frozen=True, slots=True)
class _Clock:
    """Dates that move with the loop."""

    loop: _Loop
    start: datetime

    def now(self) -> datetime:
        """Return the moment of the test."""
        return self.start + timedelta(seconds=self.loop.moment)


@dataclass(slots=True)
class _Stage:
    """Hands one test's results to the manager, moment by moment, and keeps what is told."""

    story: Story
    interval: float
    loop: _Loop
    played: Played = field(default_factory=Played)

    async def play(self, rules: tuple[Rule, ...]) -> None:
        """Play the whole test."""
        found = tuple(layouts(self.story.series))
        clock = _Clock(self.loop, self.story.start)
        manager = AlertManager(
            rules=rules,
            store=MemoryStore(),
            prepare=self._prepare,
            committed=lambda: None,
            clock=clock,
            route=_somebody,
            paces={one.source: Pace(self.interval) for one in found},
        )
        for poll in range(self.story.polls):
            await self._wait(manager, poll)
            await self._poll(manager, found, poll, clock.now())
            self.played.active.append(
                tuple(one for one in manager.alerts() if one.state is not AlertState.INACTIVE)
            )

    async def _wait(self, manager: AlertManager, poll: int) -> None:
        """Let the time pass up to poll number `poll`."""
        step = max(TICK, self.interval / TICKS)
        moment = (poll - 1) * self.interval + step
        while poll and moment < poll * self.interval:
            self.loop.moment = moment
            await manager.tick()
            moment += step
        self.loop.moment = poll * self.interval

    async def _poll(self, manager: AlertManager, found: Sequence[Layout], poll: int, now: datetime) -> None:
        for one in found:
            result = one.result(poll, now)
            if result is not None:
                await manager.accept(result)
        await manager.tick()

    def _prepare(self, event: AlertEvent) -> Dispatch:
        self.played.told.append((self.loop.moment, event))
        return Dispatch(state=None, envelopes=())


def _somebody(_labels: Mapping[str, str], _severity: Severity, _now: datetime) -> Reach:
    return SOMEBODY


def play(story: Story, rules: tuple[Rule, ...], interval: float) -> Played:
    """Return what came of `story` by `rules`, polled every `interval` seconds. Not from a running loop."""
    loop = _Loop()
    stage = _Stage(story, interval, loop)
    try:
        loop.run_until_complete(stage.play(rules))
    finally:
        loop.close()
    return stage.played
