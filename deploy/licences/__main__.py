"""Writes the generated page: `python -m deploy.licences`."""

from __future__ import annotations

from deploy.licences import files
from deploy.licences.closure import ROOT
from deploy.writing import write

if __name__ == "__main__":
    write(ROOT, files())
