"""`queuewatch run`: the daemon.

What may not happen: a SIGHUP that comes while we begin ending us, as it does to who says nothing about it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

import click

ACCESS = "QUEUEWATCH_WEB__CONFIG_FILE"
INSECURE = "QUEUEWATCH_WEB__INSECURE_LISTEN"
"""The variables that say what the options say; an option wins."""


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
@click.option(
    "--web.config.file",
    "access",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Who may ask the daemon, and over TLS: a file as Prometheus's exporters take it.",
)
@click.option(
    "--insecure-listen",
    is_flag=True,
    help="Listen to other machines although anybody there may read everything.",
)
@click.option(
    "--watch-config", is_flag=True, help="Read the configuration again as soon as one of its files changes."
)
def command(*, path: Path, access: Path | None, insecure_listen: bool, watch_config: bool) -> None:
    """Watch, judge and deliver until SIGTERM or Ctrl-C; a second one ends it at once.

    SIGHUP reads the configuration again: rules, routes, inhibitions, calendars and how often sources are
    asked are taken over at once, and the log says what else waits for a restart.

    Example: queuewatch run --config /etc/queuewatch/queuewatch.yaml
    """
    hangups: list[int] = []
    signal.signal(signal.SIGHUP, lambda number, _frame: hangups.append(number))
    from monitor.cli.lasting import live
    from monitor.cli.running import failure
    from monitor.model.errors import MonitorError

    environ = overlaid(os.environ, access, insecure=insecure_listen)
    try:
        live(path, environ, watch=watch_config, hung_up=lambda: bool(hangups))
    except MonitorError as error:
        raise failure(error) from error


def overlaid(environ: Mapping[str, str], access: Path | None, *, insecure: bool) -> dict[str, str]:
    """Return the environment with what the options say in it, in the place of what it said of the same.

    A path on the command line begins where the command was given, not at the configuration's folder.
    """
    said = {
        **({ACCESS: str(access.absolute())} if access is not None else {}),
        **({INSECURE: "true"} if insecure else {}),
    }
    return {name: text for name, text in environ.items() if name.upper() not in said} | said
