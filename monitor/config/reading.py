"""Strict YAML: plain data, and the line of every part of it.

YAML 1.1, which PyYAML speaks, turns `no` into False, `0123` into 83 and `12:30:00` into 45000, keeps the
last of two equal keys, and lets ten lines of aliases grow to gigabytes (FAULTS.md F45). So only the parser
is PyYAML's; the data is built here, from its events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as File
from typing import TypeAlias

import yaml

from monitor.config.report import Report, Trail
from monitor.kit.files import content

Data: TypeAlias = "bool | int | float | str | list[Data] | dict[str, Data] | None"

SIZE_LIMIT = 1024 * 1024
"""Bytes of a file; PyYAML's own parser needs about 2 s for as much."""

DEPTH_LIMIT = 32
"""Levels of nesting; ten routes within each other, and what stands in the last, are twenty-four."""

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_QUOTED = re.compile(r"\s*'[^' ]{2,}'")


class _TooDeep(Exception):
    """The document is nested deeper than any of ours; the argument is the line."""


@dataclass(slots=True)
class _Builder:
    """Makes data of one document's events; notes lines and mistakes in `report`."""

    events: Iterator[yaml.Event]
    report: Report

    def value(self, event: yaml.Event, trail: Trail) -> Data:
        """Build the node that `event` begins."""
        if len(trail) > DEPTH_LIMIT:
            raise _TooDeep(_line(event))
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, trail, "aliases (*name) are not supported", "write the value out")
            return None
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
            self._refuse(event, trail, "tags (!name) are not supported", "put the value in quotes")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(trail)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(trail)
        return self._scalar(event, trail)

    def _scalar(self, event: yaml.Event, trail: Trail) -> Data:
        text = str(getattr(event, "value", ""))
        if _UNPRINTABLE.search(text):
            self._refuse(event, trail, "holds a character that is not text")
            return ""
        return scalar(text) if getattr(event, "style", None) is None else text

    def _sequence(self, trail: Trail) -> list[Data]:
        items: list[Data] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            here = (*trail, len(items))
            self.report.lines[here] = _line(event)
            items.append(self.value(event, here))
        return items

    def _mapping(self, trail: Trail) -> dict[str, Data]:
        items: dict[str, Data] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event, trail)
            here = (*trail, key)
            line = _line(event)
            first = self.report.lines.get(here) if key in items else None
            if first is None:
                self.report.lines[here] = line
                items[key] = self.value(next(self.events), here)
            else:
                self.report.add(here, f"is given twice; first in line {first}", "keep one", line=line)
                self.value(next(self.events), here)
        return items

    def _key(self, event: yaml.Event, trail: Trail) -> str:
        """Return a key as it is written: `no`, `1` and `null` name things like any other word."""
        if isinstance(event, yaml.ScalarEvent) and not _UNPRINTABLE.search(event.value):
            return str(event.value)
        self._refuse(event, trail, "a key should be a word")
        if not isinstance(event, yaml.ScalarEvent):
            self.value(event, (*trail, "?"))
        return "?"

    def _refuse(self, event: yaml.Event, trail: Trail, problem: str, hint: str = "") -> None:
        self.report.add(trail, problem, hint, line=_line(event))


def scalar(text: str) -> Data:
    """Return what an unquoted word means: null, true, false, a decimal number, or itself."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "", 1)) if _SPECIAL.fullmatch(text) else text


def read(file: File, report: Report) -> Data:
    """Return the data of `file`; mistakes go to `report`. A file that cannot be read at all gives None."""
    text = _text(file, report)
    return None if text is None else parse(text, report)


def parse(text: str, report: Report) -> Data:
    """Return the data of a YAML text: an empty one is an empty mapping, a broken one None."""
    try:
        return _document(text, report)
    except _TooDeep as error:
        report.add((), f"is nested deeper than {DEPTH_LIMIT} levels", line=error.args[0])
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        report.add((), *_syntax(error), line=mark.line + 1 if mark else None)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        report.add((), "holds a character that is not text", line=line)
    except (ValueError, OverflowError):
        # PyYAML lets the errors of int() and chr() through: "%YAML 99…9", "\UFFFFFFFF".
        report.add((), "is not valid YAML", "look for a number too large after % or \\U")
    return None


def _document(text: str, report: Report) -> Data:
    events = iter(yaml.parse(text, Loader=yaml.SafeLoader))
    next(events)
    if isinstance(next(events), yaml.StreamEndEvent):
        return {}
    data = _Builder(events, report).value(next(events), ())
    next(events)
    if not isinstance(event := next(events), yaml.StreamEndEvent):
        report.add((), "holds more than one document", "remove the line ---", line=_line(event))
    return {} if data is None else data


def _line(event: yaml.Event) -> int:
    """Return the line, counted from 1, where `event` begins; PyYAML's own parser always knows it."""
    return event.start_mark.line + 1 if event.start_mark else 1


def _syntax(error: yaml.MarkedYAMLError) -> tuple[str, str]:
    """Say what PyYAML says, without the words it quotes: they may be part of a secret."""
    problem = _QUOTED.sub("", error.problem or "cannot be read")
    hint = "indent with spaces, not tabs" if "'\\t'" in (error.problem or "") else ""
    return f"is not valid YAML: {problem}", hint


def _text(file: File, report: Report) -> str | None:
    try:
        found = content(file, SIZE_LIMIT)
        if len(found) <= SIZE_LIMIT:
            return found.decode("utf-8-sig")
        report.add((), f"is larger than {SIZE_LIMIT} bytes")
    except UnicodeDecodeError as error:
        report.add((), "is not UTF-8 text", line=error.object.count(b"\n", 0, error.start) + 1)
    except OSError as error:
        report.add((), f"cannot be read: {error.strerror or 'unknown error'}")
    except ValueError:
        report.add((), "cannot be read: not a file name")
    return None
