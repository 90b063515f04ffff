"""Writes the generated page: `python -m deploy.licences`."""

from __future__ import annotations

from deploy.licences import files
from deploy.licences.closure import ROOT

if __name__ == "__main__":
    for name, text in files().items():
        (ROOT / name).write_text(text, encoding="utf-8")
