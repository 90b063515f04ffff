"""Looks whether the files that a configuration is made of are still what they were."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from monitor.config import reading
from monitor.config.environment import listed
from monitor.config.including import FILES_LIMIT, KEY
from monitor.config.reading import Data
from monitor.config.report import Report
from monitor.kit import files

_TLS = ("tls_server_config", ("cert_file", "key_file", "client_ca_file"))
"""The section of a web configuration file that names files, and the keys that do."""


@dataclass(slots=True)
class Watched:
    """The file at `path`, and those that fit the globs which `named` finds in what is written there.

    A glob begins at the folder of `path`.
    """

    path: Path
    named: Callable[[Data], Sequence[str]]
    _content: bytes | None = field(default=None, init=False)
    _globs: Sequence[str] = field(default=(), init=False)

    def look(self) -> str:
        """Return a digest of every file's name and content. A file that cannot be read is an empty one."""
        content = _read(self.path)
        if content != self._content:
            # Only then, for a megabyte takes two seconds to parse. What is half written names no files.
            self._content, self._globs = content, self.named(self._parsed(content))
        digest = sha256(content)
        for file in sorted(set(self._files()))[:FILES_LIMIT]:
            digest.update(sha256(str(file).encode(errors="surrogateescape")).digest())
            digest.update(sha256(_read(file)).digest())
        return digest.hexdigest()

    def _parsed(self, content: bytes) -> Data:
        return reading.parse(content.decode(errors="replace"), Report(file=str(self.path)))

    def _files(self) -> Iterator[Path]:
        for pattern in self._globs:
            for name in glob.glob(pattern, root_dir=self.path.parent):  # noqa: PTH207 - as `including` finds them
                yield self.path.parent / name


def configuration(path: Path, environ: Mapping[str, str]) -> Watched:
    """Return what watches the configuration at `path` and the files of rules it, or `environ`, names.

    Files with secrets are not among them: what they hold is not taken over by a reload.
    """
    given = listed((KEY,), environ)
    return Watched(path, _rule_files if given is None else lambda _data: given[1])


def access(path: Path) -> Watched:
    """Return what watches the web configuration file at `path`, and the certificates and keys it names."""
    return Watched(path, _tls_files)


def _rule_files(data: Data) -> list[str]:
    written = data.get(KEY) if isinstance(data, dict) else None
    return [one for one in (written if isinstance(written, list) else [written]) if isinstance(one, str)]


def _tls_files(data: Data) -> list[str]:
    section, keys = _TLS
    tls = data.get(section) if isinstance(data, dict) else None
    named = [tls.get(key) for key in keys] if isinstance(tls, dict) else []
    return [glob.escape(one) for one in named if isinstance(one, str)]


def _read(file: Path) -> bytes:
    """Return what is in a file, up to what a configuration may hold."""
    try:
        return files.content(file, reading.SIZE_LIMIT)
    except OSError:
        return b""
