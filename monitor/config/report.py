"""Collects mistakes, and knows where each part of the configuration came from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from monitor.kit.text import clean
from monitor.model.errors import ConfigError, Mistake

ENVIRONMENT = "environment"
"""Stands for the file name where a variable is at fault."""

Trail = tuple[str | int, ...]
"""The way to a part of the configuration: `("rules", 2, "critical", "above")`."""

MISTAKE_LIMIT = 200
"""Mistakes kept: nobody reads more, and a wrong file of 1 MiB could cause a hundred thousand."""


RULES = "rules"
"""The section that may go on in other files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A file whose rules follow others: `first` is the number of its first one in the whole."""

    file: str
    first: int


@dataclass(slots=True, kw_only=True)
class Report:
    """The mistakes of one configuration. `lines` and `variables` say which part stands or was set where.

    Rules are numbered through all files; `chapters` say where each other file's begin.
    """

    file: str
    chapters: list[Chapter] = field(default_factory=list)
    lines: dict[Trail, int] = field(default_factory=dict)
    variables: dict[Trail, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, trail: Trail, problem: str, hint: str = "", *, line: int | None = None) -> None:
        """Note a mistake at `trail`: with the variable that set it, or else the nearest known line."""
        variable = self.variable(trail)
        if variable is not None and line is None:
            self.blame(variable, problem, hint)
            return
        place = line or self._line(trail)
        file, own = self.within(trail)
        self._keep(Mistake(file=file, path=show(own), problem=problem, hint=hint, line=place))

    def blame(self, variable: str, problem: str, hint: str = "") -> None:
        """Note a mistake of an environment variable."""
        self._keep(Mistake(file=ENVIRONMENT, path=clean(variable), problem=problem, hint=hint))

    def variable(self, trail: Trail) -> str | None:
        """Return the environment variable that set `trail` or what it is a part of."""
        found = (self.variables.get(trail[:size]) for size in range(len(trail), 0, -1))
        return next((name for name in found if name), None)

    def continue_with(self, chapter: Chapter, report: Report) -> None:
        """Take over what was found in the file of `chapter`."""
        self.chapters.append(chapter)
        for trail, line in report.lines.items():
            if trail[:1] == (RULES,) and len(trail) > 1:
                self.lines[(RULES, chapter.first + int(trail[1]), *trail[2:])] = line
        for mistake in report.mistakes:
            self._keep(mistake)

    def within(self, trail: Trail) -> tuple[str, Trail]:
        """Return the file in which `trail` is, and its place there."""
        if trail[:1] == (RULES,) and len(trail) > 1:
            number = int(trail[1])
            for chapter in reversed(self.chapters):
                if number >= chapter.first:
                    return chapter.file, (RULES, number - chapter.first, *trail[2:])
        return self.file, trail

    def touches(self, *sections: str) -> bool:
        """Return whether a mistake is in one of `sections`, or of a variable, which may be about any."""
        return any(
            mistake.file == ENVIRONMENT or self._section(mistake) in sections for mistake in self.mistakes
        )

    def close(self) -> None:
        """Raise ConfigError with every mistake in reading order, if there is any."""
        if self.mistakes:
            files = [self.file, *(chapter.file for chapter in self.chapters), ENVIRONMENT]
            raise ConfigError(
                tuple(sorted(self.mistakes, key=lambda one: (files.index(one.file), one.line or 0)))
            )

    def _section(self, mistake: Mistake) -> str:
        """Return the section that a mistake is in; whatever is in another file is about rules."""
        return re.split(r"[.\[]", mistake.path)[0] if mistake.file == self.file else RULES

    def _keep(self, mistake: Mistake) -> None:
        if len(self.mistakes) < MISTAKE_LIMIT and mistake not in self.mistakes:
            self.mistakes.append(mistake)

    def _line(self, trail: Trail) -> int | None:
        places = (self.lines.get(trail[:size]) for size in range(len(trail), 0, -1))
        return next((line for line in places if line), None)


def show(trail: Trail) -> str:
    """Return `trail` as people write it: `rules[2].critical.above`."""
    text = ""
    for part in trail:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + clean(part, 80)
    return text


def meant(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the hint `did you mean …?` for the nearest of `known`; nothing if none is so like it."""
    spellings = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower()[:200], spellings, n=1, cutoff=cutoff)
    return f"did you mean {spellings[near[0]]}?" if near else ""
