"""`queuewatch ack`: somebody has it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import click

from monitor.cli import drawing, once
from monitor.cli.daemon import Daemon, Said, asked, dumped, line, reading, stamp
from monitor.cli.naming import meant
from monitor.cli.owning import OWNER, ending, owner_of
from monitor.cli.target import Target, targeted


@click.command("ack")
@click.argument("alerts", nargs=-1, required=True, metavar="ALERT…")
@OWNER
@click.option("--note", "text", default="", help="What you found, or what you do about it.")
@click.option("--for", "length", type=once.Duration(), help="Only so long: 30m, 2h. Else until it is over.")
@click.option("--until", metavar="TIME", help="Only until then: 2026-11-21T09:00, or 09:00.")
@click.option("--org", help="Look only at this organisation's alerts.")
@once.JSON
@targeted
def command(
    *,
    alerts: tuple[str, ...],
    owner: str | None,
    text: str,
    length: float | None,
    until: str | None,
    org: str | None,
    as_json: bool,
    target: Target,
) -> None:
    """Say that you have each ALERT: it is not told again, and nobody else is called.

    ALERT is RULE/QUEUE as `queuewatch alerts` shows it, a part of that which only it has, or its id. Whoever
    had it before has it no more; when it is over and fires again, it is told again.

    Example: queuewatch ack ServiceLevelLow/Support --note "two agents are back from lunch" --for 30m
    """
    body = {"note": text, **owner_of(owner, target), **ending(length, until)}
    found = asked(target, lambda daemon: _taken(daemon, alerts, org, body))
    if as_json:
        click.echo(dumped({"alerts": found}))
        return
    with reading(target):
        for one in found:
            ack = one["acknowledged"]
            till = f" until {stamp(ack['until'])}" if ack["until"] else ""
            click.echo(f"{line(ack['owner'])} has {drawing.name(one)} ({line(one['org'])}){till}")


async def _taken(daemon: Daemon, alerts: Sequence[str], org: str | None, body: Said) -> list[Said]:
    """Acknowledge every alert; all of them have to be clear before any is. Raises MonitorError."""
    ids = dict.fromkeys([(await meant(daemon, text, org=org, fires=True))["id"] for text in alerts])
    return [(await daemon.post(f"/api/v1/alerts/{quote(id, safe='')}/ack", body))["alert"] for id in ids]
