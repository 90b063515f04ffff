"""Runs targets of the Makefile into folders of a test, and names the uv that they run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWN_UV = ROOT / ".venv-uv/uv"


def uv(own: Path = OWN_UV, path: str | None = None) -> str:
    """The uv that made the environment of these tests: the Makefile's own, else one on PATH (or `path`)."""
    found = str(own) if own.exists() else shutil.which("uv", path=path)
    if found is None:
        pytest.fail(f"{own} is missing, and there is no uv on PATH: make venv", pytrace=False)
    return found


def make(target: str, **variables: Path) -> None:
    """Make `target` with these variables, in the environment that is there."""
    uv()  # else the Makefile would get one from the registry and put it into the checkout
    environ = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    words = ["make", "--no-print-directory", "--old-file=.venv/.dev", target]
    words += [f"{name}={path}" for name, path in variables.items()]
    done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
