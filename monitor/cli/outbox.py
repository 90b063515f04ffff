"""`queuewatch outbox`: what waits for a destination or is dead, and what is to become of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click
from rich.text import Text

from monitor.cli import once
from monitor.cli.daemon import LIMIT, Said, asked, dumped, line, plain, reading, stamp
from monitor.cli.showing import table
from monitor.cli.target import Target, targeted

HEADINGS = ("row", "destination", "event", "about", "since", "state", "next try", "tries")

_DESTINATION = click.option(
    "--destination", metavar="NAME", help="As it is called in the list: oncall/mqtt; or a whole receiver."
)
_ROWS = click.argument("rows", nargs=-1, type=click.IntRange(min=1), metavar="[ROW]…")


@click.group("outbox")
def command() -> None:
    """Look at what waits for a destination or is dead, try it again, or throw it away.

    Example: queuewatch outbox list --dead
    """


@command.command("list")
@_DESTINATION
@click.option("--dead/--waiting", default=None, help="Only what was given up, or only what still waits.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The most to be shown."
)
@once.JSON
@targeted
def list_(destination: str | None, dead: bool | None, limit: int, as_json: bool, target: Target) -> None:  # noqa: FBT001
    """List letters, the oldest first.

    Example: queuewatch outbox list --destination oncall/webhook --dead
    """
    wanted = {"destination": destination, "dead": None if dead is None else str(dead).lower()}
    found = asked(target, lambda daemon: daemon.pages("/api/v1/outbox", "letters", limit, **wanted))
    if as_json:
        click.echo(dumped(found))
    else:
        with reading(target):
            _print(found["letters"], dead)
    if found["next"] is not None:
        once.note(f"there are more: --limit {limit * 10}")


@command.command("show")
@click.argument("row", type=click.IntRange(min=1))
@once.JSON
@targeted
def show(row: int, as_json: bool, target: Target) -> None:  # noqa: FBT001
    """Show one letter with the body that is, or was to be, sent; the body only to who may operate.

    Example: queuewatch outbox show 4711
    """
    found = asked(target, lambda daemon: daemon.get(f"/api/v1/outbox/{row}"))
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        for piece in _opened(found):
            click.echo(piece)


@command.command("retry")
@_ROWS
@_DESTINATION
@click.option("--dead", is_flag=True, help="Of the destination, only what is dead.")
@once.JSON
@targeted
def retry(rows: tuple[int, ...], destination: str | None, dead: bool, as_json: bool, target: Target) -> None:  # noqa: FBT001
    """Try letters again from the start, now: these ROWs, or all of a destination.

    A destination that said it is gone for good is tried again, too. What is dead stays so where its
    destination was sent something newer of the same alert.

    Example: queuewatch outbox retry --destination oncall/webhook --dead
    """
    body = _meant(rows, destination, {"dead": True} if dead else {})
    found = asked(target, lambda daemon: daemon.post("/api/v1/outbox/retry", body))
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        names = ", ".join(line(name) for name in found["destinations"])
        click.echo(f"{_letters(found['retried'])} will be tried again{f': {names}' if names else ''}")
        if found["superseded"]:
            once.note(f"not tried again, something newer was sent since: {_rows(found['superseded'])}")
        _missed(found)


@command.command("drop")
@_ROWS
@_DESTINATION
@click.option("--dead", is_flag=True, help="Of the destination, what is dead: what waits goes row by row.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@once.JSON
@targeted
def drop(
    *,
    rows: tuple[int, ...],
    destination: str | None,
    dead: bool,
    yes: bool,
    as_json: bool,
    target: Target,
) -> None:
    """Throw letters away: these ROWs, or the dead of a destination.

    Nobody is told of them any more; the journal keeps that they were thrown away.

    Example: queuewatch outbox drop --destination oncall/webhook --dead --yes
    """
    body = _meant(rows, destination, {"dead": True})
    if destination is not None and not dead:
        raise once.wrong(
            "--dead", "is missing", "what waits is not thrown away by destination: name the rows"
        )
    if not yes:
        what = _letters(len(rows)) if rows else f"everything dead of {line(destination)}"
        click.confirm(f"Throw away {what}? Nobody will be told of it", abort=True, err=as_json)
    found = asked(target, lambda daemon: daemon.post("/api/v1/outbox/drop", body))
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        click.echo(f"{_letters(found['dropped'])} thrown away")
        _missed(found)


def _meant(rows: tuple[int, ...], destination: str | None, more: Mapping[str, bool]) -> Mapping[str, object]:
    """Return the body that says which letters. Raises ClickException unless it is one of both."""
    if bool(rows) is (destination is not None):
        raise once.wrong("ROW", "say either rows or --destination", "`queuewatch outbox list` shows both")
    if destination is not None:
        return {"destination": destination, **more}
    if len(rows) > LIMIT:
        raise once.wrong("ROW", f"name at most {LIMIT} rows")
    return {"rows": list(rows)}


def _print(letters: Sequence[Said], dead: bool | None) -> None:  # noqa: FBT001
    if letters:
        table("outbox", HEADINGS, [_cells(one) for one in letters], numbers=1)
    else:
        click.echo("nothing is dead" if dead else "nothing waits")


def _cells(one: Said) -> tuple[str | Text, ...]:
    state: str | Text = Text(_dead(one), "red") if one["dead"] else _waiting(one)
    due = "" if one["dead"] or one["disabled"] else stamp(one["due_at"])
    about = line(one["key"]) + (f" ({one['skipped']:d} skipped)" if one["skipped"] else "")
    return (
        str(int(one["row"])), line(one["destination"]), line(one["kind"]), about, stamp(one["created_at"]),
        state, due, str(int(one["attempts"])),
    )  # fmt: skip


def _waiting(one: Said) -> str:
    """Return that a letter waits, and why: what its last try said, or that nothing is sent there."""
    if one["disabled"]:
        return "waiting: the destination said that it is gone, `queuewatch outbox retry` tries again"
    return f"waiting: {line(one['last'])}" if one["last"] else "waiting"


def _dead(one: Said) -> str:
    return line(f"dead: {one['reason']}{', ' if one['detail'] else ''}{one['detail']}")


def _opened(one: Said) -> Iterator[str]:
    due = "" if one["disabled"] else f"; next try {stamp(one['due_at']) or 'now'}"
    state = _dead(one) if one["dead"] else f"{_waiting(one)}{due}"
    told = (
        ("row", one["row"]),
        ("destination", one["destination"]),
        ("event", f"{one['kind']} {one['event_id']}"),
        ("about", one["key"]),
        ("since", stamp(one["created_at"])),
        ("state", state),
        ("tries", one["attempts"]),
        ("skipped", one["skipped"]),
        ("type", f"{one['content_type']}, {one['bytes']} bytes"),
    )
    for heading, text in told:
        yield f"{heading:<13}{line(text)}"
    yield ""
    body = one["body"]
    if body is None:
        yield "the body is shown only to the scope operate: templates may put tokens into it"
    elif isinstance(body, str):
        yield from map(plain, body.splitlines())
    else:
        yield dumped(body)


def _letters(count: int) -> str:
    return f"{count:d} letter{'' if count == 1 else 's'}"


def _missed(found: Said) -> None:
    if found["unknown"]:
        once.note(f"not in the outbox: {_rows(found['unknown'])}")


def _rows(rows: Sequence[int]) -> str:
    return ", ".join(str(int(row)) for row in rows)
