"""A unit file, read as systemd reads it, and what its system call filter leaves."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.servers.programs import require_program


class Unit:
    """The settings of a unit and its drop-ins: every value of a key, in order; `last` is what counts."""

    def __init__(self, *files: Path) -> None:
        self._said: dict[str, list[str]] = {}
        for path in files:
            for line in path.read_text().replace("\\\n", " ").splitlines():
                key, found, value = line.partition("=")
                if found and not line.startswith(("#", ";", "[")):
                    self._said.setdefault(key, []).append(value)

    def all(self, key: str) -> list[str]:
        """Every value of a key."""
        return self._said.get(key, [])

    def last(self, key: str) -> str:
        """The newest value of a key; KeyError without one."""
        return self._said[key][-1]

    def seconds(self, key: str) -> float:
        """A time of a key."""
        text = self.last(key)
        return float(text.removesuffix("min")) * 60 if text.endswith("min") else float(text.removesuffix("s"))

    def environ(self, credentials: Path) -> dict[str, str]:
        """The variables it sets; `credentials` is the folder of `%d`."""
        words = [word for text in self.all("Environment") for word in shlex.split(text)]
        return dict(word.replace("%d", str(credentials)).split("=", 1) for word in words)

    def calls(self) -> set[str]:
        """The system calls that its filter leaves, by systemd's own sets; `@default` is always among them."""
        sets = _sets()
        left = _expanded("@default", sets)
        for text in self.all("SystemCallFilter"):
            found = {name for word in text.removeprefix("~").split() for name in _expanded(word, sets)}
            left = left - found if text.startswith("~") else left | found
        return left


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze."""
    program = require_program("systemd-analyze", package="systemd")
    command = [program, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def _sets() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    here: list[str] = []
    for line in analyze("syscall-filter", "--no-pager").stdout.splitlines():
        if line.startswith("@"):
            here = found.setdefault(line.strip(), [])
        elif line.startswith("    ") and not line.strip().startswith("#"):
            here.append(line.strip())
    return found


def _expanded(word: str, sets: dict[str, list[str]]) -> set[str]:
    inner: Iterable[str] = sets[word] if word.startswith("@") else ()
    return {name for one in inner for name in _expanded(one, sets)} if word.startswith("@") else {word}
