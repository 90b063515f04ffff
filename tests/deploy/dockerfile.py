"""A Dockerfile, read and replayed without an engine: what is copied where, and which commands run there.

Only what a Dockerfile of ours uses is known; anything else raises, so that a test fails instead of passing.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_NAMED = re.compile(r"([\w.]+)=(\"[^\"]*\"|\S*)")


@dataclass(frozen=True)
class Step:
    """One instruction: its word in capitals, and what follows it on one line."""

    word: str
    text: str

    def pairs(self) -> dict[str, str]:
        """What an ENV, a LABEL or an ARG names."""
        return {name: text.strip('"') for name, text in _NAMED.findall(self.text)}

    def form(self) -> list[str]:
        """The words of an exec form; ValueError where it is a shell's."""
        words: list[str] = json.loads(self.text)
        return words


@dataclass
class Stage:
    """What stands between one FROM and the next."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def all(self, word: str) -> list[Step]:
        """Every instruction with that word."""
        return [step for step in self.steps if step.word == word]

    def one(self, word: str) -> Step:
        """The only instruction with that word."""
        (step,) = self.all(word)
        return step

    def env(self) -> dict[str, str]:
        """The environment at the stage's end, variables in it not filled in."""
        return {name: text for step in self.all("ENV") for name, text in step.pairs().items()}


def read(path: Path) -> tuple[list[Step], list[Stage]]:
    """What stands before the first FROM, and the stages."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    steps = [
        Step(word.upper(), rest.strip()) for word, rest in re.findall(r"^(\w+) +(.*)$", text, re.MULTILINE)
    ]
    before: list[Step] = []
    stages: list[Stage] = []
    for step in steps:
        if step.word == "FROM":
            base, _, name = step.text.partition(" AS ")
            stages.append(Stage(base=base, name=name))
        else:
            (stages[-1].steps if stages else before).append(step)
    return before, stages


class Context:
    """What an engine would be sent of a folder: all but what its .dockerignore leaves out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        lines = (folder / ".dockerignore").read_text().splitlines()
        self._lines = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        self._patterns = [(line[0] != "!", _regex(line.removeprefix("!"))) for line in self._lines]

    def files(self, source: str) -> Iterator[Path]:
        """Yield the files at or below `source`, relative to the folder. Raises FileNotFoundError."""
        start = self._folder / source
        found = [start] if start.is_file() else sorted(one for one in start.rglob("*") if one.is_file())
        kept = [path for one in found if not self._ignored(path := one.relative_to(self._folder))]
        if not kept:
            raise FileNotFoundError(f"COPY {source}: the context has none")
        yield from kept

    def named(self) -> set[str]:
        """What is sent after all, where the first pattern leaves everything out; ValueError where not."""
        if self._lines[0] != "*":
            raise ValueError(".dockerignore should begin with *")
        return {line.removeprefix("!") for line in self._lines if line.startswith("!")}

    def copy(self, step: Step, work: Path) -> None:
        """Do what a COPY does in the working directory `work`."""
        *sources, target = step.text.split()
        into = target.endswith("/") or len(sources) > 1
        for source in sources:
            for path in self.files(source):
                inner = path.relative_to(source) if path != Path(source) else Path(path.name if into else "")
                copied = work / target / inner
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self._folder / path, copied)

    def _ignored(self, path: Path) -> bool:
        """Whether the last pattern that fits the path, or a folder it is in, leaves it out."""
        ways = [str(path), *(str(parent) for parent in path.parents)]
        verdicts = [leaves for leaves, regex in self._patterns if any(map(regex.fullmatch, ways))]
        return bool(verdicts) and verdicts[-1]


def commands(step: Step) -> list[list[str]]:
    """The commands of a RUN, one after the other."""
    return [shlex.split(one) for one in step.text.split(" && ")]


def below(root: Path, text: str) -> str:
    """A path of the image as one below `root`; anything else as it is."""
    return f"{root}{text}" if text.startswith("/") else text


def moved(root: Path, words: Sequence[str]) -> list[str]:
    """A command whose paths are below `root`."""
    return [below(root, word) for word in words]


def _regex(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*)", pattern.rstrip("/"))
    made = {"**/": "(?:.*/)?", "*": "[^/]*"}
    return re.compile("".join(made.get(part) or re.escape(part).replace(r"\[co\]", "[co]") for part in parts))
