"""`/api/v1/health`: the daemon in numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.model.alert import AlertState
from monitor.model.delivery import Backlog
from monitor.web.api.health import Health
from tests.builders import EPOCH, FixedClock
from tests.web.api.desk import an_alert, refusal
from tests.web.api.figures import a_source, get


def healthy(**changes: Any) -> Health:
    """Return a daemon with nothing to do."""

    async def writable() -> bool:
        return True

    health = Health(
        instance="main",
        clock=FixedClock(),
        writable=writable,
        settled=lambda: True,
        lag=lambda: 0.00049,
        queues=lambda: 12,
        sources=tuple,
        alerts=tuple,
        backlog=tuple,
        disabled=frozenset,
    )
    return replace(health, **changes)


async def test_a_quiet_daemon_says_so() -> None:
    """Every number is there, though it is 0."""
    assert (await get(healthy(), "health")).json() == {
        "instance": "main",
        "now": "2026-11-21T09:00:00.000Z",
        "ready": True,
        "store": "writable",
        "lag": 0.0,
        "queues": 12,
        "alerts": {"firing": 0, "pending": 0},
        "sources": {"up": 0, "down": 0, "waiting": 0, "stale": 0},
        "deliveries": {"waiting": 0, "oldest": None, "dead": 0, "disabled": []},
    }


async def test_a_busy_one_counts() -> None:
    """Alerts by state, sources by how they are, deliveries of every destination together."""
    later = EPOCH + timedelta(minutes=5)
    health = healthy(
        alerts=lambda: [
            an_alert(),
            an_alert("Billing"),
            an_alert("Sales", state=AlertState.PENDING),
            an_alert("Old", state=AlertState.INACTIVE),
        ],
        sources=lambda: [
            a_source(),
            a_source("agents", up=None, stale=False),
            a_source("directory", up=False, stale=False),
            a_source("service_level", up=False, stale=True),
        ],
        backlog=lambda: [
            Backlog(destination="a", depth=2, oldest=later, dead=0),
            Backlog(destination="b", depth=1, oldest=EPOCH, dead=4),
            Backlog(destination="c", depth=0, oldest=None, dead=0),
        ],
        disabled=lambda: {"c", "a"},
    )
    said = (await get(health, "health")).json()
    assert said["alerts"] == {"firing": 2, "pending": 1}
    assert said["sources"] == {"up": 1, "down": 2, "waiting": 1, "stale": 1}
    assert said["deliveries"] == {
        "waiting": 3,
        "oldest": "2026-11-21T09:00:00.000Z",
        "dead": 4,
        "disabled": ["a", "c"],
    }


async def test_it_is_ready_when_it_can_write_and_every_source_was_asked() -> None:
    """Bad news is still said with 200: readiness has an address of its own."""

    async def not_writable() -> bool:
        return False

    for changes, expected in (
        ({"settled": lambda: False}, (False, "writable")),
        ({"writable": not_writable}, (False, "not writable")),
    ):
        answer = await get(healthy(**changes), "health")
        assert (answer.status_code, answer.json()["ready"], answer.json()["store"]) == (200, *expected)


async def test_there_are_no_parameters() -> None:
    """One that is given is refused."""
    assert refusal(await get(healthy(), "health?verbose=1"))[0] == 400
