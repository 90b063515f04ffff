"""Secrets from the environment and from files; never from the configuration file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path as File

from monitor.config import places
from monitor.config.environment import text_of, variable
from monitor.config.reading import Data
from monitor.config.report import Report, Trail
from monitor.kit.secrets import Secret

SIZE_LIMIT = 64 * 1024
"""Bytes of a secret file; a key or token has a few hundred."""

Way = tuple[str, ...]
"""Keys from the whole file to a part of it."""

EACH = "*"
"""Stands for every key of a mapping."""

HEADERS = "headers"
HEADER_FILES = "header_files"

_PROBLEM = "a secret does not belong in this file"

_FORBIDDEN: tuple[Way, ...] = (
    ("orgs", EACH, "client_secret"),
    ("receivers", EACH, "webhook", "secret"),
    ("receivers", EACH, "webhook", "previous_secret"),
    ("receivers", EACH, "webhook", "bearer"),
    ("receivers", EACH, "webhook", "password"),
    ("receivers", EACH, "slack", "url"),
    ("receivers", EACH, "teams", "url"),
    ("receivers", EACH, "ping", "url"),
    ("receivers", EACH, "pagerduty", "routing_key"),
    ("receivers", EACH, "alertmanager", "bearer"),
    ("receivers", EACH, "alertmanager", "password"),
    ("receivers", EACH, "email", "password"),
    ("receivers", EACH, "mqtt", "password"),
    ("receivers", EACH, "mqtt", "commands", "secret"),
)
"""Ways to keys that hold a secret. A channel's or a ping's URL is one: whoever has it may post there."""

_HEADERS: tuple[Way, ...] = tuple(
    ("receivers", EACH, way, HEADERS, EACH) for way in ("webhook", "alertmanager")
)
"""Ways to headers, of which some hold a secret."""

_TELLING = re.compile(r"auth|cookie|credential|key|passw|secret|session|signature|token", re.IGNORECASE)
"""What in a header's name says that its value is a secret."""


def banish(data: dict[str, Data], report: Report) -> None:
    """Take secrets out of the data of a file, each with a mistake."""
    found = [*_found(data, _FORBIDDEN), *(one for one in _found(data, _HEADERS) if _telling(one[1][-1]))]
    for owner, trail in found:
        if owner[str(trail[-1])] is not None:
            del owner[str(trail[-1])]
            report.add(trail, _PROBLEM, _instead(trail))


def hideaway(trail: Trail, url: str, report: Report) -> None:
    """Note a mistake for a URL with a user name or password that stands in the file."""
    if places.signed_in(url) and report.variable(trail) is None:
        report.add(trail, _PROBLEM, _instead(trail, secret=True))


def _telling(name: str | int) -> bool:
    return _TELLING.search(str(name)) is not None


def _found(data: dict[str, Data], ways: Iterable[Way]) -> Iterator[tuple[dict[str, Data], Trail]]:
    """Yield what is in `data` on one of `ways`: the mapping that holds it, and its whole way."""
    for way in ways:
        owners: list[tuple[Data, Trail]] = [(data, ())]
        for key in way[:-1]:
            owners = [
                (inner, (*trail, name))
                for owner, trail in owners
                if isinstance(owner, dict)
                for name, inner in owner.items()
                if key in {name, EACH}
            ]
        for owner, trail in owners:
            if isinstance(owner, dict):
                yield from ((owner, (*trail, name)) for name in list(owner) if way[-1] in {name, EACH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """Finds secrets. Relative file names start at `folder`, where the configuration file is.

    Without `required`, what is not there yet (a variable, a file) is an empty secret and no mistake: a
    configuration can be checked where its secrets are not.
    """

    folder: File
    report: Report
    required: bool

    def secret(
        self, trail: Trail, value: str | None, file: str | None, *, needed: bool = False
    ) -> Secret | None:
        """Return the secret at `trail`, given as a value or by the file that `<trail>_file` names.

        The environment's word beats the file's; two of one origin are a mistake, as is none if `needed`.
        """
        beside = _beside(trail)
        if value is not None and file is not None:
            strong, strong_file = bool(self.report.variable(trail)), bool(self.report.variable(beside))
            if strong == strong_file:
                self.report.add(beside, f"cannot stand beside {trail[-1]}", "keep one")
                return Secret("")
            value, file = (value, None) if strong else (None, file)
        if value is not None:
            return Secret(value)
        if file is not None:
            return Secret(self._content(beside, file))
        if needed and self.required:
            self.report.add(trail, "is missing", _instead(trail))
        return Secret("") if needed else None

    def entry(self, trail: Trail, value: str | None, file: str | None) -> Secret:
        """Return the secret at `trail`, an entry of a mapping beside which another holds names of files."""
        beside = (*trail[:-2], HEADER_FILES, trail[-1])
        if value is not None and file is not None:
            self.report.add(beside, f"cannot stand beside {HEADERS}", "keep one")
        elif file is not None:
            return Secret(self._content(beside, file))
        elif value is None and self.required:
            self.report.add(trail, "is missing", _instead(trail))
        return Secret(value or "")

    def path(self, trail: Trail, file: str | None) -> str | None:
        """Return the whole name of a file that has to exist, such as a certificate."""
        if file is None:
            return None
        if self.required and not (self.folder / file).is_file():
            self.report.add(trail, "names a file that does not exist")
        return str(self.folder / file)

    def _content(self, trail: Trail, file: str) -> str:
        try:
            with (self.folder / file).open("rb") as stream:
                content = text_of(stream.read(SIZE_LIMIT).decode())
        except FileNotFoundError:
            if self.required:
                self.report.add(trail, "names a file that does not exist")
            return ""
        except OSError as error:
            self.report.add(trail, f"names a file that cannot be read: {error.strerror or 'unknown error'}")
            return ""
        except ValueError:
            content = None
        if content is None or "\n" in content:
            self.report.add(trail, "names a file that does not hold one line of text")
        elif not content.strip():
            self.report.add(trail, "names an empty file")
        return content or ""


def _beside(trail: Trail) -> Trail:
    return (*trail[:-1], f"{trail[-1]}_file")


def _on(way: Way, trail: Trail) -> bool:
    return len(way) == len(trail) and all(key in {EACH, part} for key, part in zip(way, trail, strict=True))


def _instead(trail: Trail, *, secret: bool = False) -> str:
    """Return what to write instead of the value at `trail`; never the value itself if it is `secret`."""
    if trail[-2] == HEADERS:
        return f"leave the value out and set {variable(trail)}, or write {HEADER_FILES}: {{{trail[-1]}: …}}"
    secret = secret or any(_on(way, trail) for way in _FORBIDDEN)
    return f"set {variable(trail)} or write {'' if secret else f'{trail[-1]} or '}{trail[-1]}_file"
