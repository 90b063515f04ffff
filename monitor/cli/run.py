"""`queuewatch run`: the daemon."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import click

from monitor import app
from monitor.app.reloading import Reloading
from monitor.cli.running import failure, run
from monitor.config import load
from monitor.kit import logs
from monitor.model.errors import MonitorError
from monitor.model.settings import Settings


@click.command("run")
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    envvar="QUEUEWATCH_CONFIG",
    default=Path("queuewatch.yaml"),
    show_default=True,
    help="The configuration file.",
)
def command(path: Path) -> None:
    """Watch, judge and deliver until SIGTERM or Ctrl-C; SIGHUP reads the rules again.

    Example: queuewatch run --config /etc/queuewatch/queuewatch.yaml
    """
    try:
        settings = load(path, os.environ)
        logs.configure(settings.log.level, settings.log.style)
        run(lambda stopping: _daemon(path, settings, stopping))
    except MonitorError as error:
        raise failure(error) from error


async def _daemon(path: Path, settings: Settings, stopping: asyncio.Event) -> None:
    """Run the daemon, reading its configuration again on SIGHUP."""
    reloading = Reloading(lambda: load(path, os.environ))
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reloading.asked.set)
    await app.run(settings, stopping, reloading)
