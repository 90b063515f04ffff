"""`queuewatch doctor`, as a person calls it."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.simulator.faults import Status
from tests.cli.calling import ALL, SECRET, Done, call, config, simulating

NOBODY = "http://127.0.0.1:9"
"""Nothing listens on the discard port."""


def verdicts(done: Done) -> dict[str, str]:
    """Return the last verdict of every check of `acme`."""
    return {one["check"]: one["verdict"] for one in done.json["orgs"]["acme"]}


def line(done: Done, check: str) -> str:
    """Return what was found by one check of `acme`."""
    return "\n".join(one["line"] for one in done.json["orgs"]["acme"] if one["check"] == check)


@pytest.mark.parametrize("dialect", ["platform", pytest.param("guides", marks=pytest.mark.slow)])
async def test_a_healthy_org_is_fine(tmp_path: Path, dialect: str) -> None:
    """Every question of either dialect is answered: exit code 0, and nothing but ok."""
    async with simulating() as running:
        done = await call("doctor", "--json", "--config", config(tmp_path, running.url, dialect=dialect))
    assert (done.code, done.err) == (0, "")
    assert done.json["ok"] is True
    assert set(verdicts(done).values()) == {"ok"}
    assert {"login", "region", "clock", "limits", "directory", "cadence", *ALL} == set(verdicts(done))


async def test_the_table_has_a_line_each(tmp_path: Path) -> None:
    """Without --json it is a table that names the org."""
    async with simulating() as running:
        done = await call("doctor", "--config", config(tmp_path, running.url, {}))
    assert done.code == 0
    assert done.out.startswith("acme")
    assert "10 queues visible, 10 watched" in done.out


async def test_somebody_who_watches_sees_how_far_it_is(tmp_path: Path) -> None:
    """A bar that counts the checks, on standard error alone, and gone when the table is there."""
    async with simulating() as running:
        path = config(tmp_path, running.url, {})
        ours, theirs = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "monitor", "doctor", "--config", str(path)),
            stdout=asyncio.subprocess.PIPE,
            stderr=theirs,
            env={**os.environ, "QUEUEWATCH_ORGS__ACME__CLIENT_SECRET": SECRET, "TERM": "xterm"},
        )
        out, _ = await process.communicate()
        shown = os.read(ours, 1 << 16).decode()
        os.close(ours)
        os.close(theirs)
    assert process.returncode == 0
    assert "8/8" in shown
    assert "8/8" not in out.decode()


async def test_a_missing_permission_is_named(tmp_path: Path) -> None:
    """One 403 is one failure with the permission to give, and exit code 1."""
    async with simulating() as running:
        running.faults.add("observations", Status(status=403))
        done = await call("doctor", "--json", "--config", config(tmp_path, running.url))
    assert (done.code, done.err) == (1, "")
    assert {check for check, verdict in verdicts(done).items() if verdict != "ok"} == {"queues"}
    assert "analytics:queueObservation:view" in line(done, "queues")


async def test_wrong_credentials_are_told_without_the_secret(tmp_path: Path) -> None:
    """A refusal hints at the region; the secret is on neither stream."""
    async with simulating() as running:
        done = await call("doctor", "--json", "--config", config(tmp_path, running.url), secret="n0t-right")
    assert done.code == 1
    assert verdicts(done) == {"region": "ok", "login": "failure"}
    assert "another region" in line(done, "login")
    assert "n0t-right" not in done.out + done.err


async def test_nobody_there_is_a_failure_and_no_traceback(tmp_path: Path) -> None:
    """A host that does not answer is a finding like any other."""
    done = await call("doctor", "--json", "--config", config(tmp_path, NOBODY))
    assert (done.code, done.err) == (1, "")
    assert verdicts(done) == {"region": "ok", "login": "failure"}
    assert SECRET not in done.out


@pytest.mark.parametrize(("ahead", "verdict"), [(60, "warning"), (-400, "failure")])
async def test_a_clock_that_differs_is_told(tmp_path: Path, ahead: float, verdict: str) -> None:
    """The platform's Date header is compared with this machine's clock."""
    async with simulating(timedelta(seconds=ahead)) as running:
        done = await call("doctor", "--json", "--config", config(tmp_path, running.url, {}))
    assert verdicts(done)["clock"] == verdict
    assert done.code == (1 if verdict == "failure" else 0)


@pytest.mark.parametrize(
    ("select", "told"),
    [
        ({"names": ["Support*", "Suport*"]}, "select.names 'Suport*' matches no queue"),
        ({"ids": ["f6a49350-0000-4000-8000-00000000a002"]}, "matches no queue"),
    ],
)
async def test_a_stale_selection_is_a_failure(tmp_path: Path, select: dict[str, Any], told: str) -> None:
    """An id or pattern that matches nothing is named."""
    async with simulating() as running:
        done = await call(
            "doctor", "--json", "--config", config(tmp_path, running.url, {"directory": {"select": select}})
        )
    assert done.code == 1
    assert told in line(done, "directory")


async def test_a_webhook_is_not_contacted(tmp_path: Path) -> None:
    """The BI webhook of evaluations is left alone: a checkup is no evaluation."""
    async with simulating() as running:
        sources = {"strategies": {"enabled": True, "webhook_url": f"{running.url}/bi"}}
        done = await call("doctor", "--json", "--config", config(tmp_path, running.url, sources))
        asked = running.faults.count("unknown")
    assert verdicts(done)["strategies"] == "ok"
    assert asked == 0
