"""Secrets from the environment and from files; never from the configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as File

from monitor.config.environment import text_of, variable
from monitor.config.reading import Data
from monitor.config.report import Report, Trail
from monitor.kit.secrets import Secret

SIZE_LIMIT = 64 * 1024
"""Bytes of a secret file; a key or token has a few hundred."""

_FORBIDDEN = (
    ("orgs", "", "client_secret"),
    ("receivers", "webhook", "secret"),
    ("receivers", "webhook", "bearer"),
    ("receivers", "mqtt", "password"),
)
"""Section, part of each entry (empty for the entry itself), key."""


def banish(data: dict[str, Data], report: Report) -> None:
    """Take secrets out of the data of a file, each with a mistake."""
    for section, part, key in _FORBIDDEN:
        entries = data.get(section)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            inner = entry.get(part) if part and isinstance(entry, dict) else entry
            trail: Trail = (section, name, part, key) if part else (section, name, key)
            if isinstance(inner, dict) and inner.pop(key, None) is not None:
                report.add(trail, "a secret does not belong in this file", _instead(trail))


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


def _instead(trail: Trail) -> str:
    secret = any(trail[-1] == key for _, _, key in _FORBIDDEN)
    return f"set {variable(trail)} or write {'' if secret else f'{trail[-1]} or '}{trail[-1]}_file"
