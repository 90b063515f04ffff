"""The sections of a configuration file: every mapping in it once, with where it stands and its variables.

In: the classes of `monitor.config`. Out: sections in the order of a file. A mapping that stands in several
places is told where it comes first; the other places lead there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args, get_origin

from docs.generating.kinds import Kind, kind
from docs.generating.parts import Key, keys
from monitor.config.complaints import bare
from monitor.config.credentials import banish
from monitor.config.environment import variable
from monitor.config.part import Part
from monitor.config.questions import WindowPart
from monitor.config.reading import Data
from monitor.config.report import Report
from monitor.config.webfile import WebFilePart

LIST = "[]"
"""What follows a key whose value is a list of mappings."""

NAMES = {
    "orgs": "<org>",
    "calendars": "<calendar>",
    "virtual_queues": "<name>",
    "receivers": "<receiver>",
    "headers": "<header>",
    "header_files": "<header>",
}
"""What stands for a name of the user's own below a key; others have `<name>`."""

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key of a section: `variable` is empty where none sets it, `leads` where its own keys are told."""

    key: Key
    kind: Kind
    path: str
    variable: str = ""
    secret: bool = False
    leads: str = ""


@dataclass(slots=True, kw_only=True)
class Section:
    """A mapping: where it stands, its keys, and the other places of the same."""

    path: str
    part: type[Part]
    entries: list[Entry] = field(default_factory=list)
    also: list[str] = field(default_factory=list)


def sections(root: type[Part]) -> list[Section]:
    """Return every mapping of a file, the whole file first, what is inside of it before what follows it.

    Variables set keys of queuewatch.yaml, none of the web configuration file.
    """
    homes: dict[type[Part], Section] = {}
    named: Steps | None = None if root is WebFilePart else ()
    waiting: list[tuple[type[Part], Steps, Steps | None]] = [(root, (), named)]
    while waiting:
        # The place with the fewest steps is a mapping's home; of several, the first.
        waiting.sort(key=lambda each: len(each[1]))
        part, steps, words = waiting.pop(0)
        if part in homes:
            homes[part].also.append(shown(steps))
            continue
        homes[part] = Section(path=shown(steps), part=part)
        waiting += _fill(homes[part], steps, words)
    return list(_ordered(homes[root], homes))


def shown(steps: Steps) -> str:
    """Return a place as it is written: `rules[].warning`."""
    return ".".join(steps)


def _ordered(section: Section, homes: dict[type[Part], Section]) -> Iterator[Section]:
    """Yield a section and those whose home is in it."""
    yield section
    for entry in section.entries:
        inner = None if entry.kind.part is None else homes[entry.kind.part]
        if inner is not None and inner.path == entry.leads and inner is not section:
            yield from _ordered(inner, homes)


def _fill(
    section: Section, steps: Steps, words: Steps | None
) -> list[tuple[type[Part], Steps, Steps | None]]:
    """Add the keys to a section; return the mappings in it, with their steps and words of variables.

    `words` make a variable; there is none where they are None.
    """
    inner: list[tuple[type[Part], Steps, Steps | None]] = []
    for key in keys(section.part):
        made = kind(key.annotation, _nothing)
        named = None if words is None else (*words, key.name)
        leads = ""
        if made.part is not None:
            below, called = _below(key, made, steps, named)
            inner.append((made.part, below, called))
            leads = shown(below)
        section.entries.append(
            Entry(
                key=key,
                kind=made,
                path=shown((*steps, key.name)),
                variable=variable(named) if named is not None and settable(key.annotation) else "",
                secret=_secret((*steps, key.name)),
                leads=leads,
            )
        )
    return inner


def _below(key: Key, made: Kind, steps: Steps, words: Steps | None) -> tuple[Steps, Steps | None]:
    """Return where the mappings of a key stand, and what their variables begin with."""
    assert made.part is not None  # noqa: S101 - asked only for those
    if made.many == "map":
        name = NAMES.get(key.name, "<name>")
        return (*steps, key.name, name), None if words is None else (*words, name)
    if made.many == "list":
        # Variables know an item by its name alone.
        named = any(one.name == "name" for one in keys(made.part))
        called = (*words, "<name>") if words is not None and named else None
        return (*steps, key.name + LIST), called
    return (*steps, key.name), words


def settable(annotation: object) -> bool:
    """Return whether a variable sets this: all but mappings of names, and lists of more than words."""
    plain = bare(annotation)
    if get_origin(plain) is list:
        return bare(get_args(plain)[0]) in {str, float, WindowPart}
    return get_origin(plain) is not dict


def _secret(steps: Steps) -> bool:
    """Return whether queuewatch takes this out of a file with a mistake."""
    inner: Data = "x"
    for step in reversed(steps):
        inner = [inner] if step.endswith(LIST) else {step: inner}
    report = Report(file="")
    if isinstance(inner, dict):
        banish(inner, report)
    return bool(report.mistakes)


def _nothing(_part: type[Part]) -> dict[str, object]:
    """Return no schema: only words are wanted here."""
    return {}


def everything(root: type[Part]) -> Iterator[Entry]:
    """Yield every key of every mapping."""
    for section in sections(root):
        yield from section.entries
