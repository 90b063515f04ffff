"""`queuewatch check`: is this configuration good, and what would it do?"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from monitor.cli import once
from monitor.config import describe, load
from monitor.model.errors import ConfigError, Mistake


@click.command("check")
@click.argument(
    "path", type=click.Path(path_type=Path), envvar="QUEUEWATCH_CONFIG", default=Path("queuewatch.yaml")
)
@once.JSON
def command(path: Path, as_json: bool) -> None:  # noqa: FBT001
    """Say ok and what PATH would do, or name every mistake in it (exit code 2).

    Secrets need not be at hand for a check.

    Example: queuewatch check config/queuewatch.yaml
    """
    try:
        settings = load(path, os.environ, require_secrets=False)
    except ConfigError as error:
        if as_json:
            _dump(path, mistakes=[asdict(mistake) for mistake in error.details])
        else:
            _tell(path, error.details)
        raise SystemExit(2) from error
    lines = list(describe(settings))
    if as_json:
        _dump(path, lines=lines)
        return
    for line in lines:
        click.echo(line)
    click.echo(f"{path}: ok")


def _dump(path: Path, *, lines: Sequence[str] = (), mistakes: Sequence[object] = ()) -> None:
    said = {"file": str(path), "ok": not mistakes, "lines": list(lines), "mistakes": list(mistakes)}
    click.echo(json.dumps(said, indent=2, ensure_ascii=False))


def _tell(path: Path, mistakes: Sequence[Mistake]) -> None:
    for mistake in mistakes:
        click.echo(str(mistake), err=True)
    count = len(mistakes)
    click.echo(f"{path}: {count} mistake{'s' if count != 1 else ''}", err=True)
