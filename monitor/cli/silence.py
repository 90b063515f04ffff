"""`queuewatch silence`: keep alerts quiet for a while, see what is quiet, end it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from urllib.parse import quote

import click
from rich.text import Text

from monitor.cli import once
from monitor.cli.daemon import Daemon, Said, asked, dumped, line, reading, stamp
from monitor.cli.owning import OWNER, ending, owner_of
from monitor.cli.showing import table
from monitor.cli.target import Target, targeted
from monitor.model.errors import MonitorError

PATH = "/api/v1/silences"
STATES = ("active", "pending", "expired", "any")
HEADINGS = ("id", "state", "matches", "until", "owner", "comment")
QUEUES = 100_000
"""Queues looked at for one that a pattern fits: more than a daemon watches."""
_COLOURS = {"active": "magenta", "expired": "dim"}


@click.group("silence")
def command() -> None:
    """Keep alerts quiet for a while: they still fire and are shown, but nobody is told.

    Example: queuewatch silence add queue='Support*' --for 1h --comment "the trunk is being moved"
    """


@command.command("add")
@click.argument("matchers", nargs=-1, required=True, metavar="LABEL=GLOB…")
@click.option("--for", "length", type=once.Duration(), help="How long: 30m, 2h, at most 30d.")
@click.option("--until", metavar="TIME", help="Or until then: 2026-11-21T09:00, or 09:00.")
@click.option("--comment", required=True, help="Why.")
@OWNER
@once.JSON
@targeted
def add(
    *,
    matchers: tuple[str, ...],
    length: float | None,
    until: str | None,
    comment: str,
    owner: str | None,
    as_json: bool,
    target: Target,
) -> None:
    """Begin a silence for the alerts that fit every LABEL=GLOB: org, rule, severity, queue, media and others.

    What fires meanwhile and still does when the silence ends is told then.

    Example: queuewatch silence add rule='Waiting*' queue=Sales --for 2h --comment "campaign"
    """
    if length is None and until is None:
        raise once.wrong("--for", "is missing", "say how long, such as 1h, or --until when")
    body = {
        "matchers": _matchers(matchers),
        "comment": comment,
        **owner_of(owner, target),
        **ending(length, until),
    }
    found, hint = asked(target, lambda daemon: _begun(daemon, body))
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        made, count = found["silence"], int(found["alerts"])
        about = f"{count} alert{'' if count == 1 else 's'} of now fit{'s' if count == 1 else ''}"
        click.echo(f"{line(made['id'])}: quiet until {stamp(made['ends_at'])}; {about}")
        if not count:
            once.note(hint)


@command.command("list")
@click.option("--state", type=click.Choice(STATES), help="Without it, those that are not over.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The most shown.")
@once.JSON
@targeted
def list_(*, state: str | None, limit: int, as_json: bool, target: Target) -> None:
    """List silences, the one that ends first at the top.

    Example: queuewatch silence list --state any
    """
    found = asked(target, lambda daemon: daemon.pages(PATH, "silences", limit, state=state))
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        if found["silences"]:
            table("silences", HEADINGS, [_cells(one) for one in found["silences"]])
        else:
            click.echo("nothing is silenced")
        if found["next"] is not None:
            once.note(f"there are more: --limit {limit * 10}")


@command.command("end")
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@once.JSON
@targeted
def end(*, ids: tuple[str, ...], as_json: bool, target: Target) -> None:
    """End silences now: what fires by then is told.

    Example: queuewatch silence end sil_4f0c61d2ab
    """
    found = asked(target, lambda daemon: _ended(daemon, ids))
    if as_json:
        click.echo(dumped({"silences": found}))
        return
    with reading(target):
        for one in found:
            click.echo(f"{line(one['id'])} is over: {_fitting(one)}")


async def _begun(daemon: Daemon, body: Said) -> tuple[Said, str]:
    """Begin a silence; return what was said, and a hint for where it is about no alert of now."""
    found = await daemon.post(PATH, body)
    glob = body["matchers"].get("queue")
    if found["alerts"] or glob is None:
        return found, "none fits now: `queuewatch alerts` shows how they are called"
    try:
        seen = await daemon.pages("/api/v1/queues", "queues", QUEUES)
    except MonitorError:
        # It has begun; who may change things need not be somebody who may look.
        return found, "none fits now: whether there is such a queue is not known"
    return found, _fits(glob, {line(one["queue"]) for one in seen["queues"]})


def _fits(glob: str, names: Collection[str]) -> str:
    """Return what there is to say of a pattern that no alert fits: which of the queues' names do."""
    fitting = sum(fnmatchcase(name, glob) for name in names)
    if fitting:
        return f"no alert fits now, but {fitting} queue{' does' if fitting == 1 else 's do'}"
    near = sorted(name for name in names if fnmatchcase(name.casefold(), glob.casefold()))
    if near:
        return f"no queue fits: capital letters count, and there is {near[0]!r}"
    return "no queue fits: `queuewatch queues` shows how they are called, capital letters count"


async def _ended(daemon: Daemon, ids: Sequence[str]) -> list[Said]:
    return [(await daemon.delete(f"{PATH}/{quote(id)}"))["silence"] for id in dict.fromkeys(ids)]


def _matchers(given: Sequence[str]) -> dict[str, str]:
    """Return patterns by label. Raises ClickException for what is none, and for a label given twice."""
    found: dict[str, str] = {}
    for one in given:
        label, equal, glob = one.partition("=")
        if not (label and equal and glob) or label in found:
            problem = f"{label!r} is given twice" if equal and glob else f"{one!r} is no label with a pattern"
            raise once.wrong("LABEL=GLOB", problem, "write each once: queue='Support*'")
        found[label] = glob
    return found


def _cells(one: Said) -> list[str | Text]:
    state = line(one["state"])
    return [
        line(one["id"]),
        Text(state, _COLOURS.get(state, "")),
        _fitting(one),
        stamp(one["ends_at"]),
        line(one["owner"]),
        line(one["comment"]),
    ]


def _fitting(one: Said) -> str:
    """Return what a silence is about: `queue=Support*, rule=~Wait.+`."""
    return line(", ".join(map(_matcher, one["matchers"])))


def _matcher(one: Said) -> str:
    if one["regex"] is not None:
        return f"{one['label']}=~{one['regex']}"
    return f"{one['label']}={'|'.join(one['globs'])}"
