"""`queuewatch run`: the daemon."""

from __future__ import annotations

import os
from pathlib import Path

import click

from monitor import app
from monitor.cli.running import failure, run
from monitor.config import load
from monitor.kit import logs
from monitor.model.errors import MonitorError


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
    """Watch, judge and deliver until SIGTERM or Ctrl-C.

    Example: queuewatch run --config /etc/queuewatch/queuewatch.yaml
    """
    try:
        settings = load(path, os.environ)
        logs.configure(settings.log.level, settings.log.style)
        run(lambda stopping: app.run(settings, stopping))
    except MonitorError as error:
        raise failure(error) from error
