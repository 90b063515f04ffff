"""SIGKILL at every stage of claim, send, settle and fold: nothing is lost, repeats are the same."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.stories.daemon import Receiver, receiving
from tests.stories.dying import KEYS, SEQUENCES, STAGES, fill


async def run(path: Path, url: str, stage: str, number: int) -> int:
    """Deliver in a process of its own; return how it ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.stories.dying", str(path), url, stage, str(number)
    )
    async with asyncio.timeout(60):
        return await process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
async def test_nothing_is_lost_and_only_the_unsettled_comes_twice(tmp_path: Path, stage: str) -> None:
    """Killed at a stage and started again: everything arrives, in order per key, repeats byte for byte."""
    async with receiving() as receiver:
        path = tmp_path / "state.db"
        ids = await fill(path)
        number = 1 if "fold" in stage else 7 if "send" in stage else 2
        assert await run(path, receiver.url, stage, number) == -signal.SIGKILL
        before = len(receiver.taken)
        assert await run(path, receiver.url, "never", 1) == 0
    check_whole(receiver, ids)
    repeats = len(receiver.taken) - len({one.id for one in receiver.taken})
    assert repeats <= (before if stage in {"after send", "before settle"} else min(before, 10))
    if stage in {"before claim", "after claim", "after settle"}:
        assert repeats == 0


def check_whole(receiver: Receiver, ids: set[str]) -> None:
    """Hold what arrived against what was committed."""
    bodies = defaultdict(set)
    sequences = defaultdict(list)
    for one in receiver.taken:
        bodies[one.id].add(one.body)
        if one.id in ids:
            data = one.event["data"]
            sequences[data["entity"]["key"]].append(data["sequence"])
    assert ids <= bodies.keys()
    assert all(len(found) == 1 for found in bodies.values())
    folds = bodies.keys() - ids
    assert all(fold.startswith("fld_") for fold in folds)
    told = [alert["id"] for one in receiver.taken if one.id in folds for alert in one.event["data"]["alerts"]]
    assert len(set(told)) == KEYS
    assert len(sequences) == KEYS
    for found in sequences.values():
        assert list(dict.fromkeys(found)) == list(range(1, SEQUENCES + 1))
        assert found == sorted(found)
