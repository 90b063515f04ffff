"""`queuewatch check`: is this configuration good, and what would it do?"""

from __future__ import annotations

import os
from pathlib import Path

import click

from monitor.config import describe, load
from monitor.model.errors import ConfigError


@click.command("check")
@click.argument(
    "path", type=click.Path(path_type=Path), envvar="QUEUEWATCH_CONFIG", default=Path("queuewatch.yaml")
)
def command(path: Path) -> None:
    """Say ok and what PATH would do, or name every mistake in it (exit code 2).

    Secrets need not be at hand for a check. Example: queuewatch check config/queuewatch.yaml
    """
    try:
        settings = load(path, os.environ, require_secrets=False)
    except ConfigError as error:
        for mistake in error.details:
            click.echo(str(mistake), err=True)
        count = len(error.details)
        click.echo(f"{path}: {count} mistake{'s' if count != 1 else ''}", err=True)
        raise SystemExit(2) from error
    for line in describe(settings):
        click.echo(line)
    click.echo(f"{path}: ok")
