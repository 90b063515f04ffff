"""A process that writes in a loop is killed; what it was told is kept is kept, and nothing is half done."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from monitor.model.delivery import Wanted
from monitor.store.sqlite import SqliteStore
from tests.store.making import NOW, later

KILLS = 10

COMMITTING = """
import asyncio, sys
from dataclasses import replace
from monitor.model.alert import Alert, Entity
from monitor.model.delivery import Dispatch
from monitor.model.rule import Severity
from monitor.store.sqlite import SqliteStore
from tests.store.making import a_held, a_state, an_entry, an_envelope

def commit_of(number):
    shared = dict(org="acme", rule="Low", sequence=number)
    alert = Alert(severity=Severity.WARNING, entity=Entity(key="q/voice", labels={}), **shared)
    dispatch = Dispatch(
        state=a_state(0, number, body=b"x" * 1200),
        envelopes=(an_envelope(0, number, body=b"x" * 1200),),
        held=(a_held(number, 1),),
        entry=an_entry(0, number),
    )
    return [alert], [dispatch]

async def main():
    async with SqliteStore(sys.argv[1]) as store:
        number = int(sys.argv[2])
        while True:
            number += 1
            await store.commit(*commit_of(number))
            print(number, flush=True)

asyncio.run(main())
"""

MEMBERS = 40

FOLDING = f"""
import asyncio, sys
from monitor.store.sqlite import SqliteStore
from tests.store.making import a_held, a_telling, holding, later

async def main():
    async with SqliteStore(sys.argv[1]) as store:
        number = int(sys.argv[2])
        while True:
            number += 1
            event = dict(sequence=2 * number, created_at=later(1000 * number))
            await store.commit([], holding(*(a_held(member, **event) for member in range({MEMBERS}))))
            (ripe,) = await store.ripe(now=later(1000 * number + 300))
            await store.fold(ripe, ripe.members, a_telling(f"fld_{{number}}"), now=later(1000 * number + 300))
            print(number, flush=True)

asyncio.run(main())
"""


async def test_no_acknowledged_commit_is_lost(tmp_path: Path) -> None:
    """Ten SIGKILLs at random: all tables agree, and hold what was acknowledged."""
    path = tmp_path / "state.db"
    sequence = 0
    for kill in range(KILLS):
        acknowledged = run_until_killed(COMMITTING, path, sequence, after=0.02 + 0.013 * kill)
        async with SqliteStore(str(path)) as store:
            (alert,) = await store.load()
            (state,) = await store.states()
            (backlog,) = await store.backlog()
            (ripe,) = await store.ripe(now=later(3600))
            newest, *_ = await store.history(Wanted(limit=1))
        assert acknowledged <= alert.sequence <= acknowledged + 1
        assert state.sequence == alert.sequence
        assert backlog.depth == alert.sequence
        assert len(ripe.members) == alert.sequence
        assert newest.entry.sequence == alert.sequence
        sequence = alert.sequence
    assert sequence > KILLS


async def test_a_fold_is_whole_or_not_begun(tmp_path: Path) -> None:
    """Ten SIGKILLs at random: a telling is in the outbox, or every one of its members still waits."""
    path = tmp_path / "state.db"
    number = 0
    for kill in range(KILLS):
        acknowledged = run_until_killed(FOLDING, path, number, after=0.02 + 0.013 * kill)
        async with SqliteStore(str(path)) as store:
            (backlog,) = await store.backlog()
            waiting = await store.ripe(now=later(10_000_000))
            assert acknowledged <= backlog.depth <= acknowledged + 1
            for ripe in waiting:
                assert [one.fresh for one in ripe.members] == [True] * MEMBERS
                assert {one.sequence for one in ripe.members} == {2 * (backlog.depth + 1)}
                await store.fold(ripe, (), None, now=NOW)
        number = backlog.depth
    assert number > KILLS


def run_until_killed(program: str, path: Path, number: int, *, after: float) -> int:
    """Run a child, kill it `after` seconds from its first turn, and return its last sure one."""
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(path), str(number)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert child.stdout is not None
    with child, child.stdout as output:
        first = output.readline()
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
        said = [first, *output.readlines()]
    return int([line for line in said if line.endswith(b"\n")][-1])
