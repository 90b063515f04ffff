"""What the commands share that ask a platform once: options, the org, the connection, Ctrl-C."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

import click

from monitor.app.connecting import USER_AGENT, Connection, connect
from monitor.cli.quiet import Quiet
from monitor.cli.running import SECOND_SIGNAL, failure, run
from monitor.config import load
from monitor.kit import durations
from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.model.errors import ConfigError, Mistake, MonitorError
from monitor.model.settings import OrgSettings, Settings

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
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


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


def settings(path: Path) -> Settings:
    """Return the configuration. Raises ClickException with every mistake."""
    try:
        return load(path, os.environ)
    except ConfigError as error:
        raise failure(error) from error


def chosen(found: Settings, name: str | None) -> OrgSettings:
    """Return the org called `name`, or the only one. Raises ClickException naming those there are."""
    names = ", ".join(org.name for org in found.orgs)
    if name is None:
        if len(found.orgs) == 1:
            return found.orgs[0]
        raise wrong("--org", "is missing: there are several organisations", names)
    for org in found.orgs:
        if org.name == name:
            return org
    raise wrong("--org", f"there is no organisation {name!r}", f"there is {names}")


@asynccontextmanager
async def connected(org: OrgSettings, http: Http | None = None) -> AsyncIterator[Connection]:
    """Connect to `org` for the length of the block, through `http` where it is given."""
    door = http if http is not None else Http(USER_AGENT)
    try:
        yield connect(org, door, SystemClock(), Quiet(), Random())
    finally:
        await door.aclose()


def once(body: Callable[[], Awaitable[T]]) -> T:
    """Run `body` to its end. Raises ClickException for an error of ours, Exit after Ctrl-C."""
    try:
        return run(lambda stopping: _unless(stopping, body))
    except MonitorError as error:
        raise failure(error) from error


def note(line: str) -> None:
    """Tell a person something beside the result."""
    click.echo(line, err=True)


async def _unless(stopping: asyncio.Event, body: Callable[[], Awaitable[T]]) -> T:
    """Return what `body` returns, or end it when `stopping` is set."""

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
        note("interrupted")
        raise click.exceptions.Exit(SECOND_SIGNAL)
    return working.result()
