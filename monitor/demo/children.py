"""Child processes that end with the demo, each with a log file of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BROKER_PATHS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Where mosquitto lives on systems that keep daemons off an ordinary user's PATH."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running child: its name, process, and where its output goes."""

    name: str
    process: asyncio.subprocess.Process
    log: Path


@contextlib.asynccontextmanager
async def child(
    name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Child]:
    """Run `command` for the length of the block; SIGTERM at its end, SIGKILL 15 s later."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        yield Child(name, process, log)
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(15):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def ourselves(*arguments: str) -> list[str]:
    """Return the command line of another queuewatch command, run by the same interpreter."""
    return [sys.executable, "-m", "monitor", *arguments]


def broker() -> str | None:
    """Return the path of mosquitto, None where it is not installed."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=os.pathsep.join(BROKER_PATHS))


def broker_config(folder: Path, port: int) -> Path:
    """Write a loopback-only mosquitto configuration into `folder` and return its path."""
    path = folder / "mosquitto.conf"
    path.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    return path
