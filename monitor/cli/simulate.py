"""`queuewatch simulate`: a contact centre that answers like Genesys Cloud."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import click

from monitor.cli import once
from monitor.cli.running import run
from monitor.kit.clock import SystemClock
from monitor.simulator.centre import Centre
from monitor.simulator.scenario import SCENARIOS
from monitor.simulator.server import serve
from monitor.simulator.settings import Settings
from monitor.simulator.world import World

WARMUP = timedelta(hours=2)
"""How much of the day has happened when the simulator starts: windows and half-hours are full at once."""


@click.command("simulate")
@click.option("--port", default=9876, show_default=True, help="Port on 127.0.0.1.")
@click.option("--scenario", type=click.Choice(sorted(SCENARIOS)), default="steady", show_default=True)
@click.option("--seed", default=1, show_default=True, help="The same seed, the same day.")
@click.option("--queues", type=click.IntRange(1, 10_000), help="So many queues instead of the standard ten.")
@click.option("--limit", default=300, show_default=True, help="Requests a minute that one token may make.")
@once.JSON
def command(*, port: int, scenario: str, seed: int, queues: int | None, limit: int, as_json: bool) -> None:
    """Serve a simulated contact centre on loopback until Ctrl-C.

    Its OAuth client is demo-client with the secret demo-secret. With --json one line of JSON says where it
    listens, as soon as it does.

    Example: queuewatch simulate --scenario surge
    """
    centre = Centre.sized(queues=queues) if queues else Centre.standard()

    async def body(stopping: asyncio.Event) -> None:
        clock = SystemClock()
        world = World(seed, clock.now(), centre, warmup=WARMUP)
        settings = Settings(requests_per_minute=limit)
        async with serve(world, clock=clock.now, settings=settings, scenario=scenario, port=port) as running:
            said = {"url": running.url, "queues": len(centre.queues), "scenario": scenario, "seed": seed}
            line = (
                f"simulating {len(centre.queues)} queues at {running.url} (scenario {scenario}, seed {seed})"
            )
            click.echo(json.dumps(said) if as_json else line)
            await stopping.wait()

    try:
        run(body)
    except OSError as error:
        raise click.ClickException(f"cannot listen on 127.0.0.1:{port}: {error.strerror or error}") from error
