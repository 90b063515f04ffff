"""`queuewatch health`: whether the daemon lives, for whoever restarts it where it does not."""

from __future__ import annotations

import json

import click

from monitor.cli import once
from monitor.cli.daemon import asked
from monitor.cli.target import Target, targeted


@click.command("health")
@click.option(
    "--ready", is_flag=True, help="Whether it also watches: its store, and every source's first answer."
)
@once.JSON
@targeted
def command(*, ready: bool, as_json: bool, target: Target) -> None:
    """Say whether the daemon answers: exit code 0 if it does, 1 if it does not.

    That is what /healthz says, and with --ready /readyz; neither needs a login, nor does either depend on
    the platform or a broker.

    Example: queuewatch health
    """
    word = "ready" if ready else "alive"
    try:
        well = asked(target, lambda daemon: daemon.well("/readyz" if ready else "/healthz"))
    except click.ClickException:
        if as_json:
            click.echo(json.dumps({"ok": False}))
        raise
    said = f"{word if well else f'not {word}'} at {target.shown}"
    click.echo(json.dumps({"ok": well}) if as_json else said)
    if not well:
        raise SystemExit(1)
