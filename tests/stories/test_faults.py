"""The platform fails while an alert is firing: one clear line, nothing false told, and a clean return."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.simulator.faults import BadClient, Empty, Fault, Status, Throttle, Truncated
from tests.stories.daemon import Daemon, crowd, receiving, simulating, until

POLLS = 3
"""Polls that must fail before we believe that nothing comes of it."""

CASES = [
    pytest.param("token", BadClient(), "auth", "check client id and client secret", id="wrong secret"),
    pytest.param(
        "observations",
        Status(status=403),
        "permission",
        "permission analytics:queueObservation:view",
        id="403",
    ),
    pytest.param("observations", Throttle(seconds=1), "throttled", "429", id="429 with Retry-After"),
    pytest.param("observations", Status(status=500), "unavailable", "answers 500", id="500"),
    pytest.param("observations", Truncated(), "unintelligible", "truncated", id="truncated JSON"),
    pytest.param("observations", Empty(), "unintelligible", "empty", id="empty 200"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("endpoint", "fault", "reason", "words"), CASES)
async def test_a_fault_while_firing(
    tmp_path: Path, endpoint: str, fault: Fault, reason: str, words: str
) -> None:
    """A failing platform is one log line and `source_up` 0: the alert stays as it was and nobody is told."""
    async with simulating() as simulator, receiving() as receiver:
        crowd(simulator.world)
        async with Daemon(tmp_path, platform=simulator.url, hook=receiver.url) as daemon:

            async def failed() -> bool:
                every = await daemon.value("queuewatch_polls_total", source="queues")
                good = await daemon.value("queuewatch_polls_total", source="queues", outcome="ok")
                return every - good >= POLLS

            async def up() -> bool:
                return await daemon.value("queuewatch_source_up", source="queues") == 1

            await until(lambda: len(receiver.taken) == 1, within=15, what="the alert fires")
            assert not daemon.logs("poll.failed")

            simulator.faults.add(endpoint, fault)
            simulator.faults.revoke()
            await until(failed, within=20, what=f"{POLLS} failed polls")
            assert 'queuewatch_source_up{org="acme",source="queues"} 0' in await daemon.metrics()
            assert (await daemon.get("/healthz")).status_code == 200
            assert await daemon.value("queuewatch_alert_state") == 2
            (line,) = daemon.logs("poll.failed", source="queues")
            assert line["reason"] == reason
            assert words in line["error"]
            assert line["level"] == "warning"
            assert "demo-secret" not in daemon.log.read_text()

            simulator.faults.clear()
            await until(up, within=30, what="the source is up again")
            await until(
                lambda: len(daemon.logs("poll.recovered", source="queues")) > 0,
                within=5,
                what="poll.recovered",
            )
            assert len(daemon.logs("poll.failed", source="queues")) == 1
            assert len(daemon.logs("poll.recovered", source="queues")) == 1
            assert await daemon.value("queuewatch_alert_state") == 2
            assert [one.kind for one in receiver.seen] == ["fired"]
            assert await daemon.value("queuewatch_task_crashes_total") == 0
