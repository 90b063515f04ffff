"""How the sources are, as the snapshot knows: up, down, how old, and whether to be believed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from monitor.exposition.snapshot import Snapshot
from monitor.model.board import SourceState
from monitor.model.sample import SourceFailure
from tests.builders import EPOCH, SUPPORT, a_batch

pytestmark = pytest.mark.looptime

KEY = ("acme", "queues")
FAILED = SourceFailure(org="acme", source="queues", failed_at=EPOCH, reason="unavailable", message="no route")


def a_snapshot() -> Snapshot:
    """Return a snapshot of two sources, of which one is stale after 30 s and the other after 90 s."""
    limits = {KEY: 30.0, ("acme", "service_level"): 90.0}
    return Snapshot(limits, queue_name=True, series_cap=1000, dropped=lambda *_: None)


def queues(snapshot: Snapshot) -> SourceState:
    """Return how the first source is."""
    return snapshot.sources()[0]


async def test_a_source_that_was_not_asked_yet_is_neither_up_nor_stale() -> None:
    """Before its first answer nothing is said of a source but its limit."""
    first, second = a_snapshot().sources()
    assert first == SourceState(
        org="acme", source="queues", up=None, error="", observed_at=None, age=None, limit=30.0, stale=False
    )
    assert (second.source, second.limit) == ("service_level", 90.0)


async def test_a_source_that_answers_is_up_and_ages() -> None:
    """Its age is the time since the answer was in; after its limit it is stale, though nobody said so."""
    snapshot = a_snapshot()
    await snapshot.accept(a_batch({(SUPPORT, "Support", "voice"): 3.0}, at=EPOCH))
    assert (queues(snapshot).up, queues(snapshot).age, queues(snapshot).observed_at) == (True, 0.0, EPOCH)
    await asyncio.sleep(30)
    assert (queues(snapshot).age, queues(snapshot).stale) == (30.0, False)
    await asyncio.sleep(1)
    assert (queues(snapshot).age, queues(snapshot).stale) == (31.0, True)


async def test_a_source_that_fails_is_believed_until_its_figures_are_old() -> None:
    """One lost poll makes a young figure no older; after its limit it is stale; an answer mends all."""
    snapshot = a_snapshot()
    await snapshot.accept(a_batch({(SUPPORT, "Support", "voice"): 3.0}, at=EPOCH))
    await asyncio.sleep(10)
    await snapshot.accept(FAILED)
    state = queues(snapshot)
    assert (state.up, state.error, state.stale) == (False, "no route", False)
    assert (state.age, state.observed_at) == (10.0, EPOCH)
    await asyncio.sleep(21)
    assert queues(snapshot).stale
    later = EPOCH + timedelta(seconds=40)
    await snapshot.accept(a_batch({(SUPPORT, "Support", "voice"): 3.0}, at=later))
    state = queues(snapshot)
    assert (state.up, state.error, state.stale, state.age, state.observed_at) == (True, "", False, 0.0, later)


async def test_a_source_that_only_ever_failed_is_stale_without_an_age() -> None:
    """It never answered: there is nothing to be old."""
    snapshot = a_snapshot()
    await snapshot.accept(FAILED)
    state = queues(snapshot)
    assert (state.up, state.age, state.observed_at, state.stale) == (False, None, None, True)


async def test_limits_are_taken_while_running() -> None:
    """A reload that polls less often believes figures for longer, from now on; others keep their limits."""
    snapshot = a_snapshot()
    await snapshot.accept(a_batch({(SUPPORT, "Support", "voice"): 3.0}))
    await asyncio.sleep(50)
    assert queues(snapshot).stale
    snapshot.adopt({KEY: 60.0, ("acme", "agents"): 10.0})
    assert [(one.limit, one.stale) for one in snapshot.sources()] == [(60.0, False), (90.0, False)]
    await asyncio.sleep(11)
    assert queues(snapshot).stale
