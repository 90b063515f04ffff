"""A private Prism: a mock of the published API that checks every request against the OpenAPI document.

The document is not part of this repository; it is looked for beside it, or where QUEUEWATCH_OPENAPI says.
Prism is installed once, with npm, into `.cache/prism`. What is missing skips the test with a line.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.servers.programs import HOST, Program, accepts, find_program, free_port

VERSION = "5.14.2"
_ROOT = Path(__file__).resolve().parents[2]
_HOME = _ROOT / ".cache" / "prism"
_INSTALL_WITHIN = 90.0
"""Seconds for npm; it takes 15 with a registry nearby, and pytest ends a test after 120."""


class Prism:
    """The mock. `url` is its address, for login and API alike; its answers are the document's examples."""

    def __init__(self, folder: Path, *, document: Path, program: Path) -> None:
        """`folder` takes the log."""
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        where = ["--host", HOST, "--port", str(self.port)]
        # One process, whatever NODE_ENV says, so that ending it leaves no worker behind.
        command = [str(program), "mock", *where, "--errors", "--no-multiprocess", str(document)]
        self._program = Program("prism", command, log=folder / "prism.log")

    def __enter__(self) -> Self:
        self._program.start(lambda: accepts(self.port), within=30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.end(signal.SIGTERM)


def require_document() -> Path:
    """The OpenAPI document's path; without it the test is skipped."""
    document = Path(
        os.environ.get("QUEUEWATCH_OPENAPI") or _ROOT.parent / "shared/openapi/platform-subset.json"
    )
    if not document.is_file():
        pytest.skip("no OpenAPI document: set QUEUEWATCH_OPENAPI to the path of platform-subset.json")
    return document.resolve()


def require_prism() -> Path:
    """The program's path, installed if need be; where that cannot be done the test is skipped."""
    if find_program("node") is None:
        pytest.skip("node is not installed: Prism needs it")
    if _installed() != VERSION:
        _install()
    return _HOME / "node_modules" / ".bin" / "prism"


def _installed() -> str | None:
    manifest = _HOME / "node_modules" / "@stoplight" / "prism-cli" / "package.json"
    return str(json.loads(manifest.read_text())["version"]) if manifest.is_file() else None


def _install() -> None:
    """Install beside the final place and move it there whole: half an installation is never reused."""
    npm = find_program("npm")
    if npm is None:
        pytest.skip("npm is not installed: Prism cannot be fetched")
    _HOME.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_HOME.parent, prefix="prism-") as scratch:
        fresh = Path(scratch) / "prism"
        fresh.mkdir()
        command = [npm, "install", "--prefix", str(fresh), "--ignore-scripts", "--no-audit", "--no-fund"]
        command += ["--fetch-retries=1"]  # without a network, say so soon
        try:
            subprocess.run(
                [*command, "--save-exact", f"@stoplight/prism-cli@{VERSION}"],
                cwd=fresh,
                check=True,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=_INSTALL_WITHIN,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            words = (error.stderr or b"").decode(errors="replace").splitlines()
            reasons = [line for line in words if line.startswith("npm error")]
            pytest.skip(
                f"npm did not install Prism {VERSION}: {' '.join(reasons[:3]) or type(error).__name__}"
            )
        shutil.rmtree(_HOME, ignore_errors=True)
        fresh.rename(_HOME)
