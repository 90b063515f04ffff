"""The page of every line of the log, found in the source. Pure but for reading it.

In: the modules of `monitor`. Out: Markdown: every event that is logged, its level, its fields and what it
means. What may not happen: a line that is logged and not on the page: a name that cannot be found out is an
error.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import monitor
from docs.generating.describing import described
from docs.generating.lines import LINES
from docs.generating.markdown import BREAK, anchor, code, codes, prose, table
from docs.generating.markdown import page as whole

LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}
"""Levels by the methods that log."""

LOGGERS = frozenset({"log", "self._log", "said"})
"""What loggers are called: another name stops the generator."""

_LOGS = re.compile(rf"\b(?:get_logger\b|(?:{'|'.join(map(re.escape, sorted(LOGGERS)))})\.)")
"""What a module has in it that logs; most have not, and are not read further."""

REPEATING = frozenset({"monitor/web/refusals.py"})
"""Modules that log again what others named."""

_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_WORDS = frozenset({"audit"})
"""Events of one word."""

_SPOKEN = {10: "debug", 20: "info", 30: "warning", 40: "error"}

_ABOUT = """\
Every line that queuewatch writes to standard error, by its `event`. A line is JSON, or coloured text on a
terminal ([`log.style`](configuration.md#log)); beside the fields below it has `event`, `level` and
`timestamp` (UTC). An expected trouble is said once when it begins and once when it is over, not with every
attempt. No secret is ever in a line."""


class Nameless(LookupError):
    """A line is logged whose event cannot be found out, or might be: its logger has a name of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event as one place logs it."""

    event: str
    level: str
    fields: tuple[str, ...]


def page(root: Path | None = None) -> str:
    """Return the page."""
    return whole("Log reference", _ABOUT, *_sections(lines(root or Path(monitor.__file__).parent)))


def lines(root: Path) -> list[Line]:
    """Return every line that the modules below `root` log.

    Raises:
        Nameless: of one of them nobody knows the event, or what is called may be a logger.
    """
    found: list[Line] = []
    for path in sorted(root.rglob("*.py")):
        name, text = path.relative_to(root.parent).as_posix(), path.read_text(encoding="utf-8")
        if _LOGS.search(text) and not name.startswith(("monitor/simulator/", "monitor/demo/")):
            found += _module(name, list(ast.walk(ast.parse(text))))
    return found


def _module(name: str, nodes: Sequence[ast.AST]) -> Iterator[Line]:
    """Yield what one module of these nodes logs."""
    if name in REPEATING:
        return
    for line in _strange(nodes):
        raise Nameless(f"{name}:{line}: call the logger one of {', '.join(sorted(LOGGERS))}")
    borrowed = dict(_borrowed(nodes))
    calls = [(call, level) for call in _calls(nodes) if (level := _level(call, borrowed))]
    said = {id(call): _said(call) for call, _ in calls}
    literal = {event for events in said.values() for event in events}
    known = sorted({text for text in _texts(nodes) if _NAME.fullmatch(text)} - literal)
    for call, level in calls:
        events = said[id(call)] or known
        if not events:
            raise Nameless(f"{name}:{call.lineno}")
        fields = tuple(one.arg or "…" for one in call.keywords if one.arg != "exc_info")
        for place, event in enumerate(events):
            yield Line(event=event, level=_chosen(level, place, len(events)), fields=fields)


def _calls(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    return (node for node in nodes if isinstance(node, ast.Call) and node.args)


def _strange(nodes: Sequence[ast.AST]) -> Iterator[int]:
    """Yield where a logger is made that gets none of the names by which lines are found."""
    named = {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Assign) and all(ast.unparse(one) in LOGGERS for one in node.targets)
    }
    for node in nodes:
        if isinstance(node, ast.Call) and id(node) not in named:
            maker, _, made = ast.unparse(node.func).rpartition(".")
            if made == "get_logger" or (made == "bind" and maker in LOGGERS):
                yield node.lineno


def _borrowed(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield names under which a method that logs is called, with its levels."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.IfExp() as value):
                levels = [LEVELS[each] for each in re.findall(r"\blog\.(\w+)", ast.unparse(value))]
                if levels:
                    yield name, " or ".join(sorted(levels))


def _chosen(level: str, place: int, events: int) -> str:
    """Return the level of one event of a call that chooses both alike."""
    levels = level.split(" or ")
    return levels[place] if len(levels) == events else level


def _level(call: ast.Call, borrowed: Mapping[str, str]) -> str:
    """Return the level of a call that logs; nothing for another call."""
    function = call.func
    if isinstance(function, ast.Name):
        return borrowed.get(function.id, "")
    if not isinstance(function, ast.Attribute) or ast.unparse(function.value) not in LOGGERS:
        return ""
    if function.attr != "log":
        return LEVELS.get(function.attr, "")
    spoken = [_SPOKEN[int(each)] for each in re.findall(r"\b\d+\b", ast.unparse(call.args[0]))]
    return " or ".join(spoken) or "the library's"


def _said(call: ast.Call) -> list[str]:
    """Return what a call says it logs; nothing where it is not said there."""
    chosen = isinstance(call.func, ast.Attribute) and call.func.attr == "log"
    said = call.args[1] if chosen else call.args[0]
    return [text for text in _texts(ast.walk(said)) if _NAME.fullmatch(text) or text in _WORDS]


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _sections(found: Iterable[Line]) -> Iterator[str]:
    """Yield a table for each subject, which is the first word of its events."""
    merged = _merged(found)
    subjects = sorted({event.partition(".")[0] for event in merged})
    rows = [
        (f"{anchor(event)}{code(event)}", *_told(merged[event]), prose(described(LINES, event, "lines")))
        for subject in subjects
        for event in sorted(merged)
        if event.partition(".")[0] == subject
    ]
    yield table(("event", "level", "fields", "meaning"), rows)


def _merged(found: Iterable[Line]) -> Mapping[str, list[Line]]:
    merged: dict[str, list[Line]] = {}
    for line in found:
        merged.setdefault(line.event, []).append(line)
    return merged


def _told(same: list[Line]) -> tuple[str, str]:
    levels = dict.fromkeys(line.level for line in same)
    fields = sorted({name for line in same for name in line.fields} - {"…"})
    return BREAK.join(levels), codes(fields, " ")
