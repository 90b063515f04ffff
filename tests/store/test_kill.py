"""A process that commits in a loop is killed; what it was told is kept is kept."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from monitor.store.sqlite import SqliteStore

KILLS = 10

CHILD = """
import asyncio, sys
from datetime import UTC, datetime
from monitor.model.alert import Alert, Entity, EventKind
from monitor.model.delivery import Envelope, StateRecord
from monitor.model.rule import Severity
from monitor.store.sqlite import SqliteStore

def commit_of(number):
    shared = dict(org="acme", rule="Low", sequence=number)
    alert = Alert(severity=Severity.WARNING, entity=Entity(key="q/voice", labels={}), **shared)
    event = dict(entity="q/voice", event_id=f"evt_{number}", body=b"x" * 1200, **shared)
    now = datetime.now(UTC)
    envelope = Envelope(destination="hook", key="q", kind=EventKind.FIRED, created_at=now, **event)
    return [alert], [StateRecord(**event)], [envelope]

async def main():
    async with SqliteStore(sys.argv[1]) as store:
        number = int(sys.argv[2])
        while True:
            number += 1
            await store.commit(*commit_of(number))
            print(number, flush=True)

asyncio.run(main())
"""


async def test_no_acknowledged_commit_is_lost(tmp_path: Path):
    """Ten SIGKILLs at random: alert, state and outbox agree, and hold all that was acknowledged."""
    path = tmp_path / "state.db"
    sequence = 0
    for kill in range(KILLS):
        acknowledged = commit_until_killed(path, sequence, after=0.02 + 0.013 * kill)
        async with SqliteStore(str(path)) as store:
            (alert,) = await store.load()
            (state,) = await store.states()
            (backlog,) = await store.backlog()
        assert alert.sequence >= acknowledged
        assert alert.sequence <= acknowledged + 1
        assert state.sequence == alert.sequence
        assert backlog.depth == alert.sequence
        sequence = alert.sequence
    assert sequence > KILLS


def commit_until_killed(path: Path, sequence: int, *, after: float) -> int:
    """Run a child, kill it `after` seconds from its first commit, and return its last sure one."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(sequence)],
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
