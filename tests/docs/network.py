"""Networks of our own: what the documents' commands name is there, on the usual ports, and nothing else is.

In: what runs there (the demo, the simulator, or nothing). Out: command lines that run beside it, in a network
from which no way leads out. What listens on this machine is neither seen nor disturbed.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.docs.examples import ROOT
from tests.servers.programs import require_program

QUEUEWATCH = str(ROOT / ".venv/bin/queuewatch")
READY = "curl -sf -o /dev/null http://127.0.0.1:9877/readyz"
DEMO = ("demo", "--broker-port", "1883")
COMPANIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "surge": (DEMO, READY),
    "demo": ((*DEMO, "--scenario", "all"), READY),
    "alone": ((), ""),
    "simulator": (("simulate",), "curl -s -o /dev/null http://127.0.0.1:9876/"),
}
"""What runs there, and what holds once it does."""
SHARED = ("surge", "demo")
"""What pages have in common: they look at it. What they use in their own way each has for itself."""
LONGEST = "15m"
"""After which it ends by itself, should nobody be left to end it."""

FIRING = "curl -s http://127.0.0.1:9877/metrics | grep -q '^queuewatch_alerts{.*critical.*firing.*} [1-9]'"
EARLY = 8.0
"""Seconds after its start within which whoever waits for the demo's alert sees it begin: it fires from second
12 to 40, however slow the machine."""


class Network:
    """A network with a loopback of its own, for as long as the block; the companion runs in it."""

    def __init__(self, folder: Path, companion: str) -> None:
        self._arguments, self._answers = COMPANIONS[companion]
        self._log = folder / f"{companion}.log"
        self._holder: subprocess.Popen[str] | None = None
        self._companion: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._enter = ""

    def __enter__(self) -> Self:
        program = require_program("unshare", package="util-linux")
        self._enter = require_program("nsenter", package="util-linux")
        ip = require_program("ip", package="iproute2")
        require_program("curl", package="curl")
        ours = [] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"]
        self._holder = subprocess.Popen(
            [program, *ours, "--net", "sh", "-c", f"{ip} link set lo up && echo up && exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "up\n":
            _refused(self._holder.communicate()[1])
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if self._holder is not None:
            self._holder.communicate()

    def _begin(self) -> None:
        if not self._arguments:
            return
        self._began = time.monotonic()
        with self._log.open("wb") as log:
            self._companion = subprocess.Popen(
                self.inside(["timeout", LONGEST, QUEUEWATCH, *self._arguments]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _end(self) -> None:
        if self._companion is not None:
            self._companion.terminate()
            self._companion.wait()

    def inside(self, command: Sequence[str]) -> list[str]:
        """Return the command line that runs a command in this network."""
        assert self._holder is not None
        ours = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return [self._enter, f"--target={self._holder.pid}", *ours, "--net", "--", *command]

    def wait(self, *, firing: bool = False) -> None:
        """Return once the companion answers, and where that is asked for as soon as an alert fires."""
        if firing and time.monotonic() - self._began > EARLY:
            self._end()
            self._begin()
        if self._answers:
            self._until(self._answers)
        if firing:
            self._until(FIRING)

    def _until(self, condition: str) -> None:
        loop = f"until {condition}; do sleep 0.1; done"
        try:
            subprocess.run(self.inside(["bash", "-c", loop]), check=True, timeout=60)
        except subprocess.TimeoutExpired as error:
            said = self._log.read_text()
            raise RuntimeError(f"not within {error.timeout:g} s: {condition}\n{said}") from None


def _refused(why: str) -> None:
    missing = f"this machine gives nobody a network of his own: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)
