"""A terminal for one page: its blocks run in order, in one folder that looks like a checkout.

In: a block and the network to run it in. Out: what it said if it fails, or nothing. Files, working folder,
exported variables and background jobs go on from block to block. Nothing outlives the page, and nothing is
written elsewhere: what a block may change is a copy.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.docs.examples import ROOT, Block
from tests.docs.network import Network
from tests.servers.programs import require_program

LIMIT = 60.0
"""Seconds a block may take."""
COPIED = ("config", "deploy")
"""What people change; everything else is a link."""
LEFT_OUT = (".git", ".venv-uv", "queuewatch.yaml")

_AROUND = """\
set -eu -o pipefail
[ ! -e {state} ] || . {state}
trap 'declare -px > {state}; printf "cd %q\\n" "$PWD" >> {state}' EXIT
. {script} < /dev/null
"""


class Terminal:
    """A folder, and the processes that were started in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "queuewatch"
        self._own = folder / "own"
        self._groups: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.folder.mkdir()
        for name in ("home", "tmp"):
            (self._own / name).mkdir(parents=True)
        for entry in ROOT.iterdir():
            there = self.folder / entry.name
            if entry.name in COPIED:
                shutil.copytree(entry, there)
            elif entry.name not in LEFT_OUT:
                there.symlink_to(entry)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def keep(self, block: Block) -> None:
        """Write the file that the block is, if it is one that belongs here."""
        if block.file and not block.file.startswith("/"):
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")

    def run(self, block: Block, network: Network) -> str:
        """Run the block; return what went wrong with all that it said, or nothing."""
        if "needs" in block.marks:
            require_program(block.marks["needs"], package=block.marks["needs"])
        script, output = self._own / f"{block.line}.sh", self._own / f"{block.line}.log"
        script.write_text(block.text, encoding="utf-8")
        around = _AROUND.format(state=self._own / "state", script=script)
        with output.open("wb") as log:
            process = subprocess.Popen(
                network.inside(["bash", "-c", around]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment(),
                start_new_session=True,
            )
        self._groups.append(process)
        try:
            code = process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            return f"{block.place}: not done after {LIMIT:g} s\n{output.read_text(errors='replace')}"
        if code == block.code:
            return ""
        return f"{block.place}: exit code {code}, not {block.code}\n{output.read_text(errors='replace')}"

    def _environment(self) -> dict[str, str]:
        path = f"{self.folder}/.venv/bin:{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"
        return {
            "PATH": path,
            "HOME": str(self._own / "home"),
            "TMPDIR": str(self._own / "tmp"),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "COLUMNS": "120",
        }
