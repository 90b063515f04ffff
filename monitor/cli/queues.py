"""`queuewatch queues`: how the queues are, the worst first; one of them in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

import click
from rich.console import RenderableType
from rich.text import Text

from monitor.board.standing import STATES
from monitor.board.view import FIRING, SORTS
from monitor.cli import drawing, once
from monitor.cli.daemon import Daemon, Said, asked, dumped, line, reading, stamp
from monitor.cli.showing import display, drawn, stage
from monitor.cli.sparks import sparks
from monitor.cli.target import Target, targeted
from monitor.kit import figures
from monitor.kit.clock import SystemClock
from monitor.model.errors import MonitorError

PATH = "/api/v1/queues"
MEDIA = ("media", "waiting", "longest", "talking")
LEVELS = ("media", "level", "of", "target")
_NAMED = 20
"""Queues named where one was meant."""


@click.command("queues")
@click.argument("queue", required=False)
@click.option("--org", help="Only of this organisation.")
@click.option("--name", "text", metavar="TEXT", help="Only with this in the name; or a glob: 'Support*'.")
@click.option("--division", metavar="GLOB", help="Only of divisions with such a name.")
@click.option("--state", type=click.Choice([FIRING, *STATES]), help="Only in this state.")
@click.option("--label", metavar="NAME=VALUE", help="Only of rules with such a label: team=support.")
@click.option("--sort", type=click.Choice(SORTS), default="worst", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The most shown.")
@once.JSON
@targeted
def command(
    *,
    queue: str | None,
    org: str | None,
    text: str | None,
    division: str | None,
    state: str | None,
    label: str | None,
    sort: str,
    limit: int,
    as_json: bool,
    target: Target,
) -> None:
    """Show the queues, the worst first; or QUEUE in full: its name, a part that only it has, or its id.

    The level is the service level of the media type with most offered; ? is not known, idle is that nobody
    came.

    Example: queuewatch queues --state firing
    """
    given = {"org": org, "text": text, "division": division, "state": state, "label": label, "sort": sort}
    if queue is not None:
        _one(target, queue, org, as_json=as_json)
        return
    found = asked(target, lambda daemon: daemon.pages(PATH, "queues", limit, **given))
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        if found["queues"]:
            display(drawing.queues(found["queues"], SystemClock().now(), stage().width))
        else:
            click.echo("no queue is like that" if any([*given.values()][:-1]) else "no queue is watched")
        more = int(found["total"]) - len(found["queues"])
        if more > 0:
            once.note(f"{more} more: --limit {limit + more}")


def _one(target: Target, queue: str, org: str | None, *, as_json: bool) -> None:
    found = asked(target, lambda daemon: _opened(daemon, queue, org))
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        for piece in _lines(found):
            display(piece)


async def _opened(daemon: Daemon, queue: str, org: str | None) -> Said:
    """Return the queue that is meant, with its last hour. Raises MonitorError where it is none or several."""
    fitting = (await daemon.pages(PATH, "queues", _NAMED, text=queue, org=org))["queues"]
    exact = [one for one in fitting if queue in {one["queue"], one["queue_id"]}]
    chosen = exact or fitting
    if not chosen:
        raise MonitorError(f"there is no queue {line(queue)!r}: `queuewatch queues` lists them")
    if len(chosen) > 1:
        names = "\n".join(f"  {line(one['queue'])} ({line(one['org'])})" for one in chosen)
        raise MonitorError(f"{line(queue)!r} is several queues; say one of\n{names}\nor --org, or its id")
    one = chosen[0]
    address = "/".join(quote(str(one[part]), safe="") for part in ("org", "queue_id"))
    return await daemon.get(f"{PATH}/{address}")


def _lines(one: Said) -> Iterator[RenderableType]:
    """Yield what is known of one queue, a line or a table at a time."""
    division = f", {line(one['division'])}" if one["division"] else ""
    yield Text.assemble(
        (line(one["queue"]), "bold"), f"  {line(one['org'])}{division}, {line(one['queue_id'])}"
    )
    since = f" since {stamp(one['since'])}" if one["since"] else ""
    old = f", figures as of {stamp(one['as_of'])}" if one["stale"] else ""
    yield Text.assemble("state     ", drawing.coloured(one["state"]), f"{since}{old}")
    for alert in one["alerts"]:
        yield Text(f"alert     {line(alert['severity'])} {line(alert['state'])}: {line(alert['rule'])}")
    free = drawing.free(one)
    available = f", {free} available" if free else ""
    yield Text(f"agents    {drawing.number(one['agents_on_queue'])} on queue{available}")
    if one["labels"]:
        labels = ", ".join(f"{line(name)}={line(value)}" for name, value in one["labels"].items())
        yield Text(f"labels    {labels}")
    yield Text(
        f"level     {sparks(one['trend'], top=1.0)}  the last hour, {_span(one['trend'], figures.percent)}"
    )
    yield Text(f"waiting   {sparks(one['waits'])}  the last hour, {_span(one['waits'], figures.number)}")
    if one["media"]:
        yield drawn("media", MEDIA, map(_media, one["media"]), (1, 2, 3))
    if one["levels"]:
        yield drawn("service levels", LEVELS, map(_level, one["levels"]), (1, 3))


def _span(values: Sequence[float | None], show: Callable[[float], str]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "not known"
    least, most = show(min(known)), show(max(known))
    return least if least == most else f"{least} to {most}"


def _media(media: Said) -> list[str]:
    return [
        line(media["media"]),
        drawing.number(media["waiting"]),
        drawing.seconds(media["longest_wait"]) if media["waiting"] != 0 else "",
        drawing.number(media["interacting"]),
    ]


def _level(level: Said) -> list[str]:
    return [line(level["media"]), drawing.ratio(level), drawing.parts(level), drawing.target(level)]
