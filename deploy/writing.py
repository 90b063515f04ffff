"""How every generator of this folder writes: YAML as people read it, and files only where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are read: below `|`."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def dumped(content: object, *, width: int = 1000) -> str:
    """Return the content as YAML in the order it has; plain texts are broken at `width` characters."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width)


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write each text to its path below the folder, unless it stands there already."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
