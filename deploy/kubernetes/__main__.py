"""Writes the generated files: `python -m deploy.kubernetes`."""

from __future__ import annotations

from deploy.kubernetes import HERE, files

for name, text in files().items():
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
