"""Runs targets of the Makefile into folders of a test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UV = str(ROOT / ".venv-uv/uv")


def make(target: str, **variables: Path) -> None:
    """Make `target` with these variables, in the environment that is there."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    words = ["make", "--no-print-directory", "--old-file=.venv/.dev", target]
    words += [f"{name}={path}" for name, path in variables.items()]
    done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
