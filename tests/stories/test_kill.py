"""The process ends: by kill -9 between commit and delivery, and by SIGTERM among those who do not answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.simulator.faults import Hang
from tests.stories.daemon import Daemon, Gate, crowd, receiving, relief, simulating, until

PROMISED = 15.0
"""Seconds within which SIGTERM ends the daemon."""


@pytest.mark.slow
@pytest.mark.parametrize("gate", [Gate.REFUSING, Gate.HOLDING], ids=lambda gate: str(gate.name))
async def test_an_event_survives_kill_9(tmp_path: Path, gate: Gate) -> None:
    """An event committed but not delivered at kill -9 arrives after the restart, with the same id and body."""
    async with simulating() as simulator, receiving() as receiver:
        receiver.move(gate)
        daemon = Daemon(tmp_path, platform=simulator.url, hook=receiver.url)
        async with daemon:
            crowd(simulator.world)
            await until(lambda: len(receiver.seen) > 0, within=15, what="a first try")
            await daemon.kill()
        before = list(receiver.seen)
        assert not receiver.taken
        assert {one.kind for one in before} == {"fired"}

        receiver.move(Gate.OPEN)
        async with daemon:
            await until(lambda: len(receiver.taken) > 0, within=15, what="the delivery after the restart")
            polls = await daemon.value("queuewatch_polls_total", source="queues", outcome="ok")

            async def polled() -> bool:
                return (
                    await daemon.value("queuewatch_polls_total", source="queues", outcome="ok") >= polls + 2
                )

            await until(polled, within=10, what="two polls more")
        (after,) = receiver.taken
        assert {one.id for one in before} == {after.id}
        assert {one.body for one in before} == {after.body}
        assert after.event["id"] == after.id
        assert after.kind == "fired"


@pytest.mark.slow
async def test_the_episode_goes_on_after_kill_9(tmp_path: Path) -> None:
    """An alert that fired before kill -9 is not told again after it, and its end is told once."""
    async with simulating() as simulator, receiving() as receiver:
        daemon = Daemon(tmp_path, platform=simulator.url, hook=receiver.url)
        async with daemon:
            crowd(simulator.world)

            async def settled() -> bool:
                return (await daemon.value("queuewatch_deliveries_total", outcome="delivered")) == 1

            await until(settled, within=15, what="the delivery")
            await daemon.kill()
        async with daemon:
            assert await daemon.value("queuewatch_alert_state") == 2
            relief(simulator.world)
            await until(lambda: len(receiver.taken) > 1, within=40, what="the end of the episode")
        kinds = {one.id: one.kind for one in receiver.taken}
        assert sorted(kinds.values()) == ["fired", "resolved"]
        assert len({one.event["data"]["episode"] for one in receiver.taken}) == 1


async def test_sigterm_ends_an_idle_daemon(tmp_path: Path) -> None:
    """SIGTERM ends a daemon that has nothing to do with exit code 0, at once."""
    async with (
        simulating() as simulator,
        receiving() as receiver,
        Daemon(tmp_path, platform=simulator.url, hook=receiver.url) as daemon,
    ):
        code, seconds = await daemon.terminate()
    assert code == 0
    assert seconds < 5
    assert daemon.logs("daemon.stopped")
    assert not daemon.logs(level="error")


@pytest.mark.slow
async def test_sigterm_does_not_wait_for_those_who_hang(tmp_path: Path) -> None:
    """SIGTERM ends the daemon with code 0 in time though receiver and platform hang; nothing is lost."""
    async with simulating() as simulator, receiving() as receiver:
        receiver.move(Gate.HOLDING)
        daemon = Daemon(tmp_path, platform=simulator.url, hook=receiver.url)
        async with daemon:
            crowd(simulator.world)
            await until(lambda: len(receiver.seen) > 0, within=15, what="a first try")
            asked = simulator.faults.count("observations")
            simulator.faults.add("observations", Hang())
            await until(
                lambda: simulator.faults.count("observations") > asked, within=10, what="a poll that hangs"
            )
            code, seconds = await daemon.terminate()
        assert code == 0
        assert seconds < PROMISED
        assert daemon.logs("daemon.stopped")
        assert not daemon.logs(level="error")
        simulator.faults.clear()
        receiver.move(Gate.OPEN)
        async with daemon:
            await until(lambda: len(receiver.taken) > 0, within=15, what="the delivery after the restart")
        assert {one.id for one in receiver.seen} == {receiver.taken[0].id}
