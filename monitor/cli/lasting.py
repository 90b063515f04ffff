"""The daemon for as long as it lasts; imported only when `run` begins, for it brings every room with it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from monitor import app
from monitor.app.noticing import Noticing
from monitor.app.reloading import Reloading
from monitor.cli.running import run
from monitor.config import load
from monitor.config.watching import configuration
from monitor.kit import logs
from monitor.kit.notify import Notifier
from monitor.model.settings import Settings


def live(path: Path, environ: Mapping[str, str], *, watch: bool, hung_up: Callable[[], bool]) -> None:
    """Run the daemon with the configuration at `path` until it is told to stop.

    With `watch` the files are read again when they change. `hung_up` says whether SIGHUP came already.
    Raises MonitorError.
    """
    # Looked at before they are read for the first time: what changes in between is a change.
    look = configuration(path, environ).look
    files = Noticing(look, look()) if watch else None
    settings = load(path, environ)
    logs.configure(settings.log.level, settings.log.style)
    reloading = Reloading(lambda: load(path, environ), files=files, notifier=Notifier.of(environ))
    run(lambda stopping: _daemon(settings, stopping, reloading, hung_up))


async def _daemon(
    settings: Settings, stopping: asyncio.Event, reloading: Reloading, hung_up: Callable[[], bool]
) -> None:
    """Run the daemon, reading its configuration again on SIGHUP."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reloading.asked.set)
    if hung_up():
        reloading.asked.set()
    await app.run(settings, stopping, reloading, reloading.notifier)
