"""`queuewatch demo`: everything at once, without an account."""

from __future__ import annotations

import json

import click
from rich.console import Console

from monitor.cli import once
from monitor.cli.running import failure, run
from monitor.demo.playing import Ports, play
from monitor.demo.show import SHOWS
from monitor.model.errors import MonitorError


@click.command("demo")
@click.option("--for", "seconds", type=once.Duration(), help="End by itself after this long, e.g. 75s.")
@click.option("--scenario", type=click.Choice(sorted(SHOWS)), default="surge", show_default=True)
@click.option("--port", default=9877, show_default=True, help="The daemon's port.")
@click.option("--simulator-port", default=9876, show_default=True, help="The simulated platform's port.")
@click.option("--receiver-port", default=9875, show_default=True, help="The webhook receiver's port.")
@click.option("--broker-port", default=0, help="mosquitto's port; any free one by default.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another day at the contact centre.")
@once.JSON
def command(
    *,
    seconds: float | None,
    scenario: str,
    port: int,
    simulator_port: int,
    receiver_port: int,
    broker_port: int,
    seed: int,
    as_json: bool,
) -> None:
    """Show a queue breach from poll to webhook and MQTT, on loopback only.

    Exit code 0 if at least one breach was delivered and resolved everywhere, and with --scenario all, if
    every source of both dialects is up. With --json what happens is told on standard error, and whether it
    was that on standard output.

    Example: queuewatch demo --for 75s
    """
    ports = Ports(daemon=port, simulator=simulator_port, receiver=receiver_port, broker=broker_port)
    console = Console(soft_wrap=True, stderr=as_json)
    try:
        told = run(
            lambda stopping: play(
                SHOWS[scenario], ports, seconds=seconds, seed=seed, console=console, stopping=stopping
            )
        )
    except MonitorError as error:
        raise failure(error) from error
    if as_json:
        click.echo(json.dumps({"ok": told, "scenario": scenario, "seed": seed}))
    if not told:
        raise click.ClickException("no breach was delivered and resolved everywhere, or a source is down")
