"""The process ends: by kill -9 between commit and delivery, and by SIGTERM among those who do not answer."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from monitor.simulator.faults import Hang
from tests.stories.daemon import Daemon, Gate, crowd, receiving, relief, simulating, until

PROMISED = 15.0
"""Seconds within which SIGTERM ends the daemon."""


@pytest.mark.slow
async def test_an_event_survives_kill_9(tmp_path: Path) -> None:
    """An event committed but unsent at kill -9 arrives after the restart, with the same id and body.

    The receiver refuses in one story and hangs in the other; both are played at once to save time.
    """
    async with asyncio.TaskGroup() as group:
        for gate in (Gate.REFUSING, Gate.HOLDING):
            folder = tmp_path / gate.name
            folder.mkdir()
            group.create_task(_killed_between_commit_and_delivery(folder, gate), name=gate.name)


async def _killed_between_commit_and_delivery(folder: Path, gate: Gate) -> None:
    async with simulating() as simulator, receiving() as receiver:
        receiver.move(gate)
        daemon = Daemon(folder, platform=simulator.url, hook=receiver.url)
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
            asked = simulator.faults.count("observations")
            await until(
                lambda: simulator.faults.count("observations") >= asked + 2, within=10, what="two more polls"
            )
        (after,) = receiver.taken
        assert {one.id for one in before} == {after.id}
        assert {one.body for one in before} == {after.body}
        assert after.event["id"] == after.id
        assert after.kind == "fired"


@pytest.mark.slow
async def test_the_episode_goes_on_after_kill_9(tmp_path: Path) -> None:
    """An alert that fired before kill -9 is not told again after it, and its end is told once.

    SIGTERM then ends a daemon with nothing left to do at once.
    """
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
            await until(
                lambda: any(one.kind == "resolved" for one in receiver.taken),
                within=40,
                what="the end of the episode",
            )
            code, seconds = await daemon.terminate()
        assert code == 0
        assert seconds < 5
        assert daemon.logs("daemon.stopped")
        assert not daemon.logs(level="error")
        kinds = {one.id: one.kind for one in receiver.taken}
        assert sorted(kinds.values()) == ["fired", "resolved"]
        assert len({one.event["data"]["episode"] for one in receiver.taken}) == 1


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
        with closing(sqlite3.connect(daemon.store)) as store:
            kept = {event_id for (event_id,) in store.execute("SELECT event_id FROM outbox")}
        assert kept == {one.id for one in receiver.seen}
