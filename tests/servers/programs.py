"""What every private server shares: finding its program, a free port, its process and its log."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, ClassVar, Self

import pytest

HOST = "127.0.0.1"
_ADMINISTRATORS = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # Debian keeps mosquitto out of a user's PATH


def find_program(name: str) -> str | None:
    """The program's path, or None."""
    folders = os.pathsep.join([os.environ.get("PATH", os.defpath), *_ADMINISTRATORS])
    return shutil.which(name, path=folders)


def require_program(name: str, *, package: str) -> str:
    """The program's path; without it the test is skipped, and in continuous integration fails."""
    path = find_program(name)
    if path is not None:
        return path
    missing = f"{name} is not installed: apt-get install {package}, or make servers as root"
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(holds: Callable[[], bool], *, within: float, what: str, every: float = 0.02) -> None:
    """Wait for a condition; TimeoutError names what did not come true."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within:g} s")
        time.sleep(every)


class Program:
    """One server process: started until it answers, ended by its own process id."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the process we started is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id; only of a started server."""
        if self._process is None:
            raise RuntimeError(f"{self.name} is not started")
        return self._process.pid

    def start(self, answers: Callable[[], bool], *, within: float) -> None:
        """Start it and return as soon as it answers."""
        if self.running:
            raise RuntimeError(f"{self.name} runs already")
        with self.log.open("ab") as log:
            self._process = self._spawn(log)
        try:
            wait_until(lambda: self._alive() and answers(), within=within, what=f"{self.name} answers")
        except BaseException:
            self.end(signal.SIGKILL)
            raise

    def end(self, how: signal.Signals, *, grace: float = 10.0) -> None:
        """Send the signal and wait for the end; what outlives the grace is killed."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(grace)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._process = None

    def signal(self, which: signal.Signals) -> None:
        """Send a signal that does not end it: SIGSTOP, SIGCONT, SIGHUP."""
        os.kill(self.pid, which)

    def stopped(self) -> bool:
        """Whether every thread of it stands still (proc(5))."""
        states = Path(f"/proc/{self.pid}/task").glob("*/stat")
        return all(state.read_text().rpartition(")")[2].split()[0] == "T" for state in states)

    def words(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _alive(self) -> bool:
        if not self.running:
            raise RuntimeError(f"{self.name} ended at once:\n{self.words()}")
        return True

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def accepts(port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


class Server(ABC):
    """A private server around its program: `with` starts it, and ends it by `ending`."""

    ending: ClassVar[signal.Signals] = signal.SIGKILL
    _program: Program

    @abstractmethod
    def _ready(self) -> bool:
        """Whether it answers."""

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._program.running

    @property
    def pid(self) -> int:
        """The process id."""
        return self._program.pid

    def start(self) -> None:
        """Start, or start again on the same port and data, and return once it answers."""
        self._program.start(self._ready, within=30)

    def stop(self) -> None:
        """A clean end."""
        self._program.end(signal.SIGTERM)

    def kill(self) -> None:
        """The end a power cut or the out-of-memory killer makes."""
        self._program.end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop answering without closing a connection."""
        self._program.signal(signal.SIGSTOP)
        # A signal is not there at once, and what answers until then has not been frozen.
        wait_until(self._program.stopped, within=5, what="it stands still")

    def thaw(self) -> None:
        """Go on after `freeze`."""
        self._program.signal(signal.SIGCONT)

    def words(self) -> str:
        """Its log so far."""
        return self._program.words()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.end(self.ending)


def answers_ready(url: str) -> bool:
    """Whether what Prometheus and its kin say at `/-/ready` is yes."""
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return False
    except OSError:
        return False
