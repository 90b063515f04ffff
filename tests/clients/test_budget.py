"""The request budget holds in every sliding minute."""

from __future__ import annotations

import asyncio

import pytest

from monitor.clients.budget import Budget
from monitor.model.errors import Throttled
from tests.builders import RecordingTelemetry, loop_time

pytestmark = pytest.mark.looptime


async def test_no_minute_holds_more_than_the_limit() -> None:
    """Whatever the callers do, no 60 s window has more requests than the limit."""
    budget = Budget("acme", 10, RecordingTelemetry())
    sent: list[float] = []
    for _ in range(45):
        await budget.acquire(loop_time() + 1000)
        sent.append(loop_time())
        await asyncio.sleep(1.7)
    assert max(sum(at <= other < at + 60 for other in sent) for at in sent) == 10


async def test_a_spent_budget_fails_what_cannot_wait() -> None:
    """A request whose turn comes after its deadline fails at once and says what to change."""
    budget = Budget("acme", 2, RecordingTelemetry())
    for _ in range(2):
        await budget.acquire(loop_time() + 1)
    with pytest.raises(
        Throttled, match="budget of 2 requests a minute is spent; raise budget_share or the interval"
    ):
        await budget.acquire(loop_time() + 30)


async def test_the_share_in_use_is_reported() -> None:
    """Telemetry learns the share of the budget spent."""
    telemetry = RecordingTelemetry()
    budget = Budget("acme", 4, telemetry)
    for _ in range(3):
        await budget.acquire(loop_time() + 1)
    assert telemetry.budgets == [0.25, 0.5, 0.75]
