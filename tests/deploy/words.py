"""Command lines of ours that stand in files, held against the command line we have."""

from __future__ import annotations

from collections.abc import Sequence

import click

from monitor.cli import main


def understood(words: Sequence[str]) -> dict[str, object]:
    """The options that `queuewatch` would take from these words; UsageError where it would refuse them."""
    name, *rest = words
    command = main.get_command(click.Context(main), name)
    if command is None:
        raise click.UsageError(f"there is no command {name}")
    with command.make_context(name, list(rest)) as context:
        return dict(context.params)
