"""Writes the generated files: `python -m deploy.kubernetes`."""

from __future__ import annotations

from deploy.kubernetes import HERE, files
from deploy.writing import write

if __name__ == "__main__":
    write(HERE, files())
