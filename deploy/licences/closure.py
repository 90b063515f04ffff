"""Which packages queuewatch needs to run, by `uv.lock`: those it names, its extras', and what these need."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from packaging.markers import Marker

ROOT = Path(__file__).parents[2]
OURS = "queuewatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a package in the registry; `sha256` in hexadecimal digits."""

    url: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package; `wanted_by` are those that need it, and `extra` says that only an extra of ours does."""

    name: str
    version: str
    wanted_by: tuple[str, ...]
    extra: str
    files: tuple[File, ...]

    @property
    def wheels(self) -> tuple[str, ...]:
        """The names of its wheels."""
        return tuple(one.url.rpartition("/")[2] for one in self.files if one.url.endswith(".whl"))

    @property
    def compiled(self) -> bool:
        """Whether some of its wheels hold compiled code."""
        return not all(name.endswith("-none-any.whl") for name in self.wheels)


def closure(
    lock: Path = ROOT / "uv.lock", *, environment: Mapping[str, str] | None = None
) -> tuple[Package, ...]:
    """Return the packages by name: those of every system, as they are in the lock, or those of one.

    `environment` are the markers of one (https://packaging.python.org/specifications/dependency-specifiers);
    what is missing there is as it is here.
    """
    entries = {entry["name"]: entry for entry in tomllib.loads(lock.read_text())["package"]}
    if environment is not None:
        entries = {name: _meant(entry, environment) for name, entry in entries.items()}
    always = _reached(entries, _named(entries[OURS].get("dependencies", ())))
    extras = {
        extra: _reached(entries, _named(wanted)) - always
        for extra, wanted in entries[OURS].get("optional-dependencies", {}).items()
    }
    names = always.union(*extras.values())
    return tuple(
        Package(
            name=name,
            version=entries[name]["version"],
            wanted_by=tuple(_wanting(entries, name, names)),
            extra=next((extra for extra, found in extras.items() if name in found), ""),
            files=_files(entries[name]),
        )
        for name in sorted(names)
    )


def _meant(entry: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return `entry` without the dependencies that its markers leave out."""

    def kept(dependencies: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [
            each for each in dependencies
            if "marker" not in each or Marker(each["marker"]).evaluate(dict(environment))
        ]  # fmt: skip

    extras = entry.get("optional-dependencies", {})
    return {
        **entry,
        "dependencies": kept(entry.get("dependencies", ())),
        "optional-dependencies": {extra: kept(wanted) for extra, wanted in extras.items()},
    }


def _reached(entries: Mapping[str, Any], names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _named(entries[name].get("dependencies", ()))
    return found


def _named(dependencies: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of `dependencies`. Raises ValueError for an extra of theirs: it would be left out."""
    wanted = list(dependencies)
    if extras := [each["name"] for each in wanted if each.get("extra")]:
        raise ValueError(f"{', '.join(extras)}: wanted with an extra, which is not looked after here")
    return [each["name"] for each in wanted]


def _wanting(entries: Mapping[str, Any], name: str, names: set[str]) -> list[str]:
    """Return who needs `name`: ourselves first."""
    ours = entries[OURS]
    direct = chain(ours.get("dependencies", ()), *ours.get("optional-dependencies", {}).values())
    return [
        *([OURS] if name in _named(direct) else []),
        *(other for other in sorted(names) if name in _named(entries[other].get("dependencies", ()))),
    ]


def _files(entry: Mapping[str, Any]) -> tuple[File, ...]:
    found = [*([entry["sdist"]] if "sdist" in entry else []), *entry.get("wheels", ())]
    return tuple(File(url=each["url"], sha256=each["hash"].removeprefix("sha256:")) for each in found)
