"""Looks whether the files that a configuration is made of are still what they were."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from monitor.config import reading
from monitor.config.environment import listed
from monitor.config.including import FILES_LIMIT, KEY
from monitor.config.report import Report


@dataclass(slots=True)
class Watched:
    """The file at `path` and the files of rules that it, or `environ` in its place, names by globs.

    Files with secrets are not among them: what they hold is not taken over by a reload.
    """

    path: Path
    environ: Mapping[str, str]
    _content: bytes | None = field(default=None, init=False)
    _globs: tuple[str, ...] = field(default=(), init=False)

    def look(self) -> str:
        """Return a digest of every file's name and content. A file that cannot be read is an empty one."""
        content = _read(self.path)
        if content != self._content:
            # Only then, for a megabyte takes two seconds to parse. What is half written names no files.
            self._content, self._globs = content, self._named(content)
        digest = sha256(content)
        for file in sorted(set(self._files()))[:FILES_LIMIT]:
            digest.update(sha256(str(file).encode(errors="surrogateescape")).digest())
            digest.update(sha256(_read(file)).digest())
        return digest.hexdigest()

    def _named(self, content: bytes) -> tuple[str, ...]:
        """Return the globs that the environment says, or the file's text."""
        if (given := listed((KEY,), self.environ)) is not None:
            return tuple(given[1])
        data = reading.parse(content.decode(errors="replace"), Report(file=str(self.path)))
        written = data.get(KEY) if isinstance(data, dict) else None
        return tuple(
            one for one in (written if isinstance(written, list) else [written]) if isinstance(one, str)
        )

    def _files(self) -> Iterator[Path]:
        for pattern in self._globs:
            for name in glob.glob(pattern, root_dir=self.path.parent):  # noqa: PTH207 - as `including` finds them
                yield self.path.parent / name


def _read(file: Path) -> bytes:
    """Return what is in a file, up to what a configuration may hold."""
    try:
        with file.open("rb") as stream:
            return stream.read(reading.SIZE_LIMIT + 1)
    except OSError:
        return b""
