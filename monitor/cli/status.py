"""`queuewatch status`: how everything is, in one picture that keeps itself up to date."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import click
from rich.console import Console
from rich.live import Live

from monitor.cli import once
from monitor.cli.daemon import Daemon, asked, calling, dumped, line, reading, understood
from monitor.cli.picture import ASKED, Picture, Seen
from monitor.cli.showing import display, stage
from monitor.cli.target import Target, targeted
from monitor.model.errors import MonitorError

SHOWN = 20
"""Queues and alerts shown where nothing limits them: the worst ones fit on a page."""


@click.command("status")
@click.option("--once", "single", is_flag=True, help="Print it once; so it is where nobody watches.")
@click.option(
    "--every", type=once.Duration(), default="2s", show_default=True, help="How often it is looked at."
)
@click.option("--org", help="Only of this organisation.")
@click.option(
    "--limit", type=click.IntRange(1, ASKED), help=f"The most queues and alerts; {SHOWN}, or what fits."
)
@once.JSON
@targeted
def command(
    *, single: bool, every: float, org: str | None, limit: int | None, as_json: bool, target: Target
) -> None:
    """Show alerts, queues, sources and deliveries, the worst first, until Ctrl-C.

    With --once or --json, and where standard output is no terminal, it is shown once.

    Example: queuewatch status --once
    """
    if as_json or single or not Console().is_terminal:
        seen = asked(target, lambda daemon: look(daemon, org, limit or SHOWN))
        _print(target, seen, limit or SHOWN, as_json=as_json)
        return
    try:
        once.ended(lambda: _watch(_Watch(target, org, limit, every)))
    except once.Interrupted:
        return


def _print(target: Target, seen: Seen, limit: int, *, as_json: bool) -> None:
    if as_json:
        click.echo(dumped(seen.json()))
        return
    with reading(target):
        display(*Picture(seen).whole(stage().width, limit))


async def look(daemon: Daemon, org: str | None, limit: int) -> Seen:
    """Ask for all of it. Raises MonitorError."""
    queues = await daemon.pages("/api/v1/queues", "queues", limit, org=org)
    alerts = await daemon.pages("/api/v1/alerts", "alerts", limit, org=org)
    sources = (await daemon.get("/api/v1/sources"))["sources"]
    return Seen(
        health=await daemon.get("/api/v1/health"),
        queues=queues["queues"],
        total=int(queues["total"]),
        alerts=alerts["alerts"],
        more=alerts["next"] is not None,
        sources=[one for one in sources if org in {None, one["org"]}],
        destinations=(await daemon.get("/api/v1/deliveries"))["destinations"],
    )


@dataclass(frozen=True, slots=True)
class _Watch:
    """What is watched: which daemon, how much of it, and every how many seconds."""

    target: Target
    org: str | None
    limit: int | None
    every: float


async def _watch(watch: _Watch) -> None:
    """Draw until cancelled. Raises MonitorError where the daemon does not answer the first time."""
    console, time = Console(), asyncio.get_running_loop().time
    async with calling(watch.target) as daemon:
        seen, at, trouble = await _looked(watch, daemon), time(), ""
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                picture = Picture(seen, time() - at, trouble)
                with understood(watch.target):
                    live.update(picture.fitting(console.size, watch.limit), refresh=True)
                await asyncio.sleep(watch.every)
                try:
                    seen, at, trouble = await _looked(watch, daemon), time(), ""
                except MonitorError as error:
                    # The old figures stay, under a line that says that they are old.
                    trouble = line(error)


async def _looked(watch: _Watch, daemon: Daemon) -> Seen:
    with understood(watch.target):
        return await look(daemon, watch.org, ASKED)
