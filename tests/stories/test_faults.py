"""The platform fails while an alert is firing: one clear line, nothing false told, and a clean return."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor.simulator.faults import BadClient, Empty, Fault, Status, Throttle, Truncated
from tests.stories.daemon import ORG, RULE, Daemon, crowd, receiving, samples, simulating, until

pytestmark = pytest.mark.slow

POLLS = 3
"""Polls that must fail before we believe that nothing comes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault, and what the one log line about it must have."""

    endpoint: str
    fault: Fault
    reason: str
    words: str


CASES = {
    "wrong_secret": Case(
        endpoint="token", fault=BadClient(), reason="auth", words="check client id and client secret"
    ),
    "403": Case(
        endpoint="observations",
        fault=Status(status=403),
        reason="permission",
        words="permission analytics:queueObservation:view",
    ),
    "429": Case(
        endpoint="observations",
        fault=Throttle(seconds=1),
        reason="throttled",
        words="answers 429",
    ),
    "500": Case(endpoint="observations", fault=Status(status=500), reason="unavailable", words="answers 500"),
    "truncated": Case(endpoint="observations", fault=Truncated(), reason="unintelligible", words="not JSON"),
    "empty": Case(endpoint="observations", fault=Empty(), reason="unintelligible", words="not JSON"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What was seen of one daemon: while the fault lasted, and after it."""

    health: int
    during: str
    told_during: list[str]
    failed_during: list[dict[str, Any]]
    recovered_during: list[dict[str, Any]]
    after: str
    told: list[str]
    failed: list[dict[str, Any]]
    recovered: list[dict[str, Any]]
    words: str


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Story]:
    """Every case played once, all at the same time, each with a daemon, a simulator and a receiver."""

    async def every() -> Mapping[str, Story]:
        async with asyncio.TaskGroup() as group:
            tasks = {
                name: group.create_task(_play(tmp_path_factory.mktemp(name), case), name=name)
                for name, case in CASES.items()
            }
        return {name: task.result() for name, task in tasks.items()}

    return asyncio.run(every())


async def _play(folder: Path, case: Case) -> Story:
    async with simulating() as simulator, receiving() as receiver:
        crowd(simulator.world)
        async with Daemon(folder, platform=simulator.url, hook=receiver.url) as daemon:

            async def failed() -> bool:
                return _failures(await daemon.metrics()) >= POLLS

            async def up() -> bool:
                return await daemon.value("queuewatch_source_up", source="queues") == 1

            await until(lambda: len(receiver.taken) == 1, within=20, what="the alert fires")
            assert not daemon.logs("poll.failed")
            simulator.faults.add(case.endpoint, case.fault)
            simulator.faults.revoke()
            await until(failed, within=30, what=f"{POLLS} failed polls")
            health = (await daemon.get("/healthz")).status_code
            during = await daemon.metrics()
            told_during = [one.kind for one in receiver.seen]
            failed_during = daemon.logs("poll.failed", source="queues")
            recovered_during = daemon.logs("poll.recovered", source="queues")

            simulator.faults.clear()
            await until(up, within=30, what="the source is up again")
            await until(lambda: bool(daemon.logs("poll.recovered")), within=5, what="poll.recovered")
            asked = simulator.faults.count("observations")
            await until(
                lambda: simulator.faults.count("observations") >= asked + 2, within=10, what="two more polls"
            )
            return Story(
                health=health,
                during=during,
                told_during=told_during,
                failed_during=failed_during,
                recovered_during=recovered_during,
                after=await daemon.metrics(),
                told=[one.kind for one in receiver.seen],
                failed=daemon.logs("poll.failed", source="queues"),
                recovered=daemon.logs("poll.recovered", source="queues"),
                words=daemon.log.read_text(),
            )


def _failures(page: str) -> float:
    polls = samples(page, "queuewatch_polls_total")
    return sum(value for labels, value in polls if labels["source"] == "queues" and labels["outcome"] != "ok")


def _alert_states(page: str) -> list[float]:
    return [value for found, value in samples(page, "queuewatch_alert_state") if found["rule"] == RULE]


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_one_clear_line(stories: Mapping[str, Story], name: str) -> None:
    """However many polls fail, the log has one warning that says what is wrong, and never the secret."""
    story, case = stories[name], CASES[name]
    (line,) = story.failed_during
    assert (line["org"], line["level"], line["reason"]) == (ORG, "warning", case.reason)
    assert case.words in line["error"]
    assert not story.recovered_during
    assert "demo-secret" not in story.words


@pytest.mark.parametrize("name", CASES)
def test_a_fault_tells_nobody_anything_false(stories: Mapping[str, Story], name: str) -> None:
    """While the platform fails the daemon lives, the source is down, the alert neither ends nor repeats."""
    story = stories[name]
    assert story.health == 200
    assert f'queuewatch_source_up{{org="{ORG}",source="queues"}} 0' in story.during
    assert _failures(story.during) >= POLLS
    assert _alert_states(story.during) == [2.0]
    assert story.told_during == ["fired"]


@pytest.mark.parametrize("name", CASES)
def test_the_return_is_one_line(stories: Mapping[str, Story], name: str) -> None:
    """After the fault one line says so, the alert still fires, and nobody was told a second time."""
    story = stories[name]
    (line,) = story.recovered
    assert line["failures"] >= POLLS
    assert len(story.failed) == 1
    assert f'queuewatch_source_up{{org="{ORG}",source="queues"}} 1' in story.after
    assert _alert_states(story.after) == [2.0]
    assert story.told == ["fired"]
    assert not [value for _, value in samples(story.after, "queuewatch_task_crashes_total") if value]
