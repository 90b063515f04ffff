"""What the commands share that ask once and end: options, complaints about them, Ctrl-C.

Forbidden: importing what takes long. A command that only asks a daemon is there at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from monitor.cli.running import SECOND_SIGNAL, failure, run
from monitor.kit import durations
from monitor.model.errors import ConfigError, Mistake, MonitorError

T = TypeVar("T")

CONFIG = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    envvar="QUEUEWATCH_CONFIG",
    default=Path("queuewatch.yaml"),
    show_default=True,
    help="The configuration file.",
)
ORG = click.option("--org", "name", help="The organisation; needed where the configuration has several.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


class Duration(click.ParamType[float]):
    """A length of time as people write it, in seconds."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds, more than none."""
        if isinstance(value, float):
            return value
        try:
            seconds = durations.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds <= 0:
            self.fail(f"{value!r} is no length of time", param, ctx)
        return seconds


def mistaken(place: str, problem: str, hint: str = "") -> ConfigError:
    """Return the error about an option: raised in a command's body, it is one line and exit code 2."""
    return ConfigError((Mistake(file=place, path="", problem=problem, hint=hint),))


def wrong(place: str, problem: str, hint: str = "") -> click.ClickException:
    """Return what makes click print one line about an option and exit with 2."""
    return failure(mistaken(place, problem, hint))


class Interrupted(Exception):
    """Somebody pressed Ctrl-C, or a service manager wants us to end."""


def once(body: Callable[[], Awaitable[T]]) -> T:
    """Run `body` to its end. Raises ClickException for an error of ours, Exit after Ctrl-C."""
    try:
        return ended(body)
    except Interrupted:
        note("interrupted")
        raise click.exceptions.Exit(SECOND_SIGNAL) from None


def ended(body: Callable[[], Awaitable[T]]) -> T:
    """Run `body`, which Ctrl-C may end at once. Raises ClickException for an error of ours, Interrupted."""
    try:
        return run(lambda stopping: _unless(stopping, body))
    except MonitorError as error:
        raise failure(error) from error


def note(line: str) -> None:
    """Tell a person something beside the result."""
    click.echo(line, err=True)


async def _unless(stopping: asyncio.Event, body: Callable[[], Awaitable[T]]) -> T:
    """Return what `body` returns, or end it when `stopping` is set. Raises Interrupted."""

    async def watch(working: asyncio.Task[T]) -> None:
        await stopping.wait()
        working.cancel()

    async def work() -> T:
        return await body()

    async with asyncio.TaskGroup() as group:
        working = group.create_task(work(), name="work")
        watching = group.create_task(watch(working), name="watch")
        await asyncio.wait((working,))
        watching.cancel()
    if working.cancelled():
        raise Interrupted
    return working.result()
