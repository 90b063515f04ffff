"""The page of every command, out of the command line itself. Pure.

In: click's tree. Out: Markdown. Options that many commands share are told once.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import click

from docs.generating.markdown import BREAK, block, code, codes, prose, sentence, table
from docs.generating.markdown import page as whole
from monitor.cli import CODES, main
from monitor.cli.target import targeted

NAME = "queuewatch"

_ABOUT = """\
Every command with its options, as `--help` has them. [Commands](../commands.md) is the tour: what they
show, and when they help. A variable stands for its option where the option is not given."""

_ASKING = """\
## Asking the daemon

The commands that ask a running daemon share these options. Its password and token are never given on the
command line: they come from `QUEUEWATCH_PASSWORD` and `QUEUEWATCH_TOKEN`, or from a file."""

_EXAMPLE = re.compile(r"^Example: ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Told:
    """One command: the words that lead to it, and what click knows of it."""

    words: str
    command: click.Command
    context: click.Context


def page(root: click.Group = main) -> str:
    """Return the page."""
    found = list(tree(root))
    shared = _asking()
    return whole(
        "Command reference",
        _ABOUT,
        _codes(),
        f"{_ASKING}\n\n{_options(shared)}",
        *(_section(one, {_key(option) for option in shared}) for one in found),
    )


def tree(root: click.Group, name: str = NAME) -> Iterator[Told]:
    """Yield every command, in the order of the help; a group before what is in it."""
    context = click.Context(root, info_name=name)
    for word in root.list_commands(context):
        command = root.get_command(context, word)
        assert command is not None  # noqa: S101 - the group has just named it
        yield Told(f"{name} {word}", command, click.Context(command, parent=context, info_name=word))
        if isinstance(command, click.Group):
            yield from tree(command, f"{name} {word}")


def _codes() -> str:
    """Return the exit codes, as `--help` tells them."""
    lines = CODES.replace("\b", "").strip().splitlines()
    rows = (line.strip().split(maxsplit=1) for line in lines[1:])
    return "## Exit codes\n\n" + table(
        ("code", "means"), ((code(number), prose(text)) for number, text in rows)
    )


def _asking() -> list[click.Option]:
    """Return the options of whatever asks a daemon."""

    def nothing() -> None:
        """Do nothing."""

    asks: Callable[..., object] = targeted(nothing)
    return [one for one in click.command()(asks).params if isinstance(one, click.Option)]


def _section(one: Told, shared: set[tuple[str, ...]]) -> str:
    depth = "##" if one.words.count(" ") == 1 else "###"
    about, example = _help(one.command)
    usage = f"{one.words} {' '.join(one.command.collect_usage_pieces(one.context))}"
    own = [option for option in _own(one.command) if _key(option) not in shared]
    asks = len(own) < len(list(_own(one.command)))
    parts = [
        f"{depth} `{one.words}`",
        about,
        "" if isinstance(one.command, click.Group) else block(usage),
        _options(own),
        "It [asks the daemon](#asking-the-daemon)." if asks else "",
        block(example) if example else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _help(command: click.Command) -> tuple[str, str]:
    """Return what a command says of itself, as paragraphs, and its example."""
    text = inspect.cleandoc((command.help or "").replace("\b", ""))
    paragraphs = [" ".join(one.split()) for one in re.split(r"\n\s*\n", text)]
    examples = [_EXAMPLE.sub("", one) for one in paragraphs if _EXAMPLE.match(one)]
    about = [sentence(one) for one in paragraphs if one and not _EXAMPLE.match(one)]
    return "\n\n".join(about), "\n".join(examples)


def _own(command: click.Command) -> Iterator[click.Option]:
    return (one for one in command.params if isinstance(one, click.Option) and not one.hidden)


def _key(option: click.Option) -> tuple[str, ...]:
    return tuple(option.opts)


def _options(options: Sequence[click.Option]) -> str:
    return table(("option", "takes", "meaning"), map(_option, options))


def _option(option: click.Option) -> tuple[str, str, str]:
    names = codes([*option.opts, *option.secondary_opts], BREAK)
    meaning = sentence(option.help or "")
    if isinstance(option.envvar, str):
        meaning += f"{BREAK}<small>{code(option.envvar)}</small>"
    return names, BREAK.join(filter(None, (_takes(option), _default(option)))), meaning


def _takes(option: click.Option) -> str:
    """Return what follows an option; nothing for a flag."""
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        shown = codes(map(str, option.type.choices), " ")
    elif isinstance(option.type, click.IntRange):
        shown = f"number{_range(option.type)}"
    else:
        shown = code(option.metavar or option.type.name.upper())
    return f"{shown}{BREAK}several times" if option.multiple else shown


def _range(kind: click.IntRange) -> str:
    low = "" if kind.min is None else f" from {kind.min:g}"
    return low if kind.max is None else f"{low} to {kind.max:g}"


def _default(option: click.Option) -> str:
    if option.required:
        return "**required**"
    default = option.to_info_dict()["default"]
    if option.is_flag or default in (None, "", ()):
        return ""
    return f"default {code(str(default))}"
