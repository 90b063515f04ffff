"""`queuewatch alerts`: what fires or is about to; one of them with why, and what was told of it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import click

from monitor.cli import drawing, once
from monitor.cli.daemon import Daemon, Said, asked, dumped, plain, reading
from monitor.cli.explained import lines
from monitor.cli.history import told
from monitor.cli.naming import meant
from monitor.cli.showing import display
from monitor.cli.target import Target, targeted
from monitor.kit.clock import SystemClock
from monitor.model.alert import AlertState
from monitor.model.rule import Severity

PATH = "/api/v1/alerts"
STATES = ("any", *(state.value for state in AlertState))


@click.command("alerts")
@click.argument("alert", required=False)
@click.option("--org", help="Only of this organisation.")
@click.option("--state", type=click.Choice(STATES), help="Without it, those that fire or are pending.")
@click.option("--severity", type=click.Choice([one.value for one in Severity]), help="Only this bad.")
@click.option("--rule", metavar="GLOB", help="Only of rules with such a name.")
@click.option("--queue", metavar="GLOB", help="Only of queues with such a name: 'Support*'.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The most shown.")
@once.JSON
@targeted
def command(
    *,
    alert: str | None,
    org: str | None,
    state: str | None,
    severity: str | None,
    rule: str | None,
    queue: str | None,
    limit: int,
    as_json: bool,
    target: Target,
) -> None:
    """Show what fires or is about to, the worst first; or ALERT in full, with why and what was told of it.

    ALERT is RULE/QUEUE as the list shows it, a part of that which only it has, or its id.

    Example: queuewatch alerts ServiceLevelLow/Support
    """
    if alert is not None:
        _one(target, alert, org, as_json=as_json)
        return
    given = {"org": org, "state": state, "severity": severity, "rule": rule, "queue": queue}
    found = asked(target, lambda daemon: daemon.pages(PATH, "alerts", limit, **given))
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        if found["alerts"]:
            display(drawing.alerts(found["alerts"], SystemClock().now()))
        else:
            click.echo("no alert is like that" if any(given.values()) else "nothing fires")
        if found["next"] is not None:
            once.note(f"there are more: --limit {limit * 10}")


def _one(target: Target, alert: str, org: str | None, *, as_json: bool) -> None:
    async def body(daemon: Daemon) -> Said:
        found = await meant(daemon, alert, org=org)
        return await daemon.get(f"{PATH}/{quote(found['id'], safe='')}")

    found = asked(target, body)
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        click.echo("\n".join(map(plain, lines(found["explanation"]))))
        click.echo("\n".join(_timeline(found)))


def _timeline(found: Said) -> Iterator[str]:
    """Yield what was told of an alert, oldest first."""
    yield ""
    if found["timeline"] is None:
        yield "what was told of it is not known: the store does not answer"
        return
    if found["next"] is not None:
        yield "… older ones: queuewatch history"
    for entry in reversed(found["timeline"]):
        yield from told(entry)
    if not found["timeline"]:
        yield "nothing was told of it"
