"""The unit for systemd: what systemd says of it, and whether the daemon can live within it."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.app.running import DRAIN
from monitor.cli.running import failure
from monitor.config import load
from monitor.kit.notify import SHORTEST
from monitor.model.errors import ConfigError, ListenError, StoreError
from tests.deploy.unit import Unit, analyze
from tests.deploy.words import understood
from tests.servers.programs import HOST, Program, accepts, free_port, require_program, wait_until

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "systemd"
FILE = FOLDER / "queuewatch.service"
UNIT = Unit(FILE)
WHOLE = Unit(FILE, FOLDER / "credentials.conf")
THERE = "/opt/queuewatch/bin/queuewatch"
EXPOSURE = 20
"""Tenths of systemd's measure, of 100: what has the network and a socket can hardly have less than 10."""
NEW = 253
"""The first version of systemd that knows Type=notify-reload."""
_UNKNOWN = "Failed to parse service type, ignoring: notify-reload"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit as a folder of units has it, with a command that exists on this machine."""
    path = tmp_path / FILE.name
    path.write_text(FILE.read_text().replace(THERE, sys.executable))
    return path


@pytest.mark.servers
@pytest.mark.parametrize("more", [[], ["credentials.conf"], ["credentials.conf", "older.conf"]])
def test_systemd_takes_it(installed: Path, more: list[str]) -> None:
    """With each drop-in, without a complaint but the one that an older systemd is known to have."""
    folder = installed.parent / f"{FILE.name}.d"
    folder.mkdir()
    for name in more:
        (folder / name).write_text((FOLDER / name).read_text())
    version = int(analyze("--version").stdout.split()[1])
    done = analyze("verify", "--man=no", installed)
    lines = done.stderr.splitlines()
    known = [line for line in lines if line.endswith(_UNKNOWN)]
    assert [line for line in lines if line not in known] == []
    assert (done.returncode, bool(known)) == (0, version < NEW)


@pytest.mark.servers
def test_little_is_exposed() -> None:
    """By systemd's own measure of what a service could do to its machine."""
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}", FILE)
    assert done.returncode == 0, done.stdout


def test_its_command_is_ours() -> None:
    """With the configuration where the unit says, and the installed command by its whole path."""
    command, *words = shlex.split(UNIT.last("ExecStart"))
    assert command == THERE
    environ = UNIT.environ(Path("/nowhere"))
    assert environ["QUEUEWATCH_CONFIG"] == "/etc/queuewatch/queuewatch.yaml"
    assert understood(words)["watch_config"] is False


def test_its_times_are_ours() -> None:
    """The watchdog is one that we answer, and the end has time for what is still delivered."""
    assert UNIT.all("Type") == ["notify", "notify-reload"]
    assert UNIT.seconds("WatchdogSec") > 2 * SHORTEST
    assert UNIT.seconds("TimeoutStopSec") > 15 > DRAIN


def test_what_trying_again_can_mend_is_tried_again() -> None:
    """Every 10 s for ever, but for a wrong configuration: a disk, or a port, may be free again."""
    assert (UNIT.last("Restart"), UNIT.seconds("RestartSec")) == ("always", 10)
    assert UNIT.last("StartLimitIntervalSec") == "0"
    given_up = {int(code) for code in UNIT.last("RestartPreventExitStatus").split()}
    assert given_up == {failure(ConfigError(())).exit_code}
    assert not given_up & {failure(error("taken")).exit_code for error in (ListenError, StoreError)}


def test_it_reaches_what_it_needs() -> None:
    """Nothing that it runs, reads or keeps is below what is hidden from it, and its state is one place."""
    state = f"/var/lib/{UNIT.last('StateDirectory')}"
    assert UNIT.last("WorkingDirectory").replace("%S", "/var/lib") == state
    files = [UNIT.environ(Path("/run/credentials/x"))["QUEUEWATCH_CONFIG"], UNIT.last("EnvironmentFile")[1:]]
    assert {str(Path(file).parent) for file in files} == {f"/etc/{UNIT.last('ConfigurationDirectory')}"}
    hidden = [word.lstrip("-+") for text in UNIT.all("InaccessiblePaths") for word in text.split()]
    needed = [THERE, state, "/run/credentials", *files]
    assert [(path, place) for path in needed for place in hidden if Path(path).is_relative_to(place)] == []


def test_what_older_ones_need_is_apart() -> None:
    """Where systemd itself sends the signal, a command that sends it would have it read twice."""
    assert UNIT.all("ExecReload") == []
    assert Unit(FOLDER / "older.conf").last("ExecReload").endswith("-HUP $MAINPID")


def test_credentials_are_found(tmp_path: Path) -> None:
    """Each that is loaded is named by a variable, and the configuration reads it there."""
    loaded = set(WHOLE.all("LoadCredential"))
    environ = WHOLE.environ(tmp_path)
    files = {name: Path(text).name for name, text in environ.items() if name.endswith("_FILE")}
    assert set(files.values()) == loaded
    for name in loaded:
        (tmp_path / name).write_text(f"{name}\n")
    settings = load(ROOT / "config" / "queuewatch.yaml", environ)
    (org,) = settings.orgs
    assert org.client_secret.reveal() == "queuewatch.acme.client_secret"
    assert org.client_id.reveal() == "queuewatch.acme.client_id"


def test_the_example_of_variables_holds(tmp_path: Path) -> None:
    """Every line of it, taken out of its comment, is a variable that sets something."""
    pairs = re.findall(r"(?m)^#([A-Z_]+)=(.*)$", (FOLDER / "queuewatch.env").read_text())
    assert len(pairs) > 3
    load(ROOT / "config" / "queuewatch.yaml", dict(pairs), require_secrets=False)


@dataclass(frozen=True)
class Life:
    """What a short life of the daemon left: its log, what it told systemd, and what it asked the kernel."""

    log: str
    told: list[str]
    trace: str
    state: Path

    def called(self, name: str) -> list[str]:
        """The arguments of every call of that name which the kernel granted."""
        return re.findall(rf"(?m)^\d+ +{name}\((.*)\) += +[0-9]", self.trace)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """A daemon begun as the unit begins it, under strace: it polls, is asked to reload, and ends."""
    folder = tmp_path_factory.mktemp("unit")
    strace = require_program("strace", package="strace")
    ports = (free_port(), free_port())
    ours = [sys.executable, "-m", "monitor"]
    simulate = [*ours, "simulate", "--port", str(ports[0])]
    pairs = [f"{name}={text}" for name, text in surroundings(folder, *ports).items()]
    state = UNIT.last("WorkingDirectory").replace("%S", str(folder))
    traced = ["env", "-i", "-C", state, *pairs, strace, "-f", "-qq", "-s", "256", "-o", str(folder / "trace")]
    simulator = Program("simulator", simulate, log=folder / "simulator.log")
    daemon = Program(
        "queuewatch", [*traced, *ours, *shlex.split(UNIT.last("ExecStart"))[1:]], log=folder / "log"
    )
    with ExitStack() as stack:
        manager = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        manager.bind(str(folder / "notify"))
        manager.setblocking(False)
        simulator.start(lambda: accepts(ports[0]), within=15)
        stack.callback(simulator.end, signal.SIGTERM)
        told: list[str] = []
        daemon.start(lambda: heard(manager, told, "READY=1"), within=30)
        stack.callback(daemon.end, signal.SIGTERM)
        wait_until(lambda: heard(manager, told, "WATCHDOG=1"), within=30, what="a sign of life")
        # strace holds its own signals back while it runs one; the first line is the daemon's main thread.
        main = int(re.findall(r"^(\d+) ", (folder / "trace").read_text())[0])
        os.kill(main, signal.SIGHUP)
        wait_until(lambda: told_ready(manager, told) == 2, within=30, what="the end of the reload")
        os.kill(main, signal.SIGTERM)
        wait_until(lambda: not daemon.running, within=20, what="the end")
        heard(manager, told, "STOPPING=1")
    trace = (folder / "trace").read_text()
    return Life(daemon.words(), told, trace, folder / UNIT.last("StateDirectory"))


def heard(manager: socket.socket, told: list[str], word: str) -> bool:
    """Add what waits at the manager's socket to what it was told, and say whether `word` is among it."""
    told.extend(waiting(manager))
    return any(one.startswith(word) for one in told)


def told_ready(manager: socket.socket, told: list[str]) -> int:
    """How often the manager was told that the daemon is ready."""
    heard(manager, told, "READY=1")
    return sum(one.startswith("READY=1") for one in told)


def surroundings(folder: Path, platform: int, listening: int) -> dict[str, str]:
    """What systemd would set, with a configuration that reads its secrets as credentials."""
    url = f"http://{HOST}:{platform}"
    configuration = {
        "orgs": {"acme": {"api_url": url, "login_url": url}},
        "sources": {"queues": {"interval": "1s"}},
        "web": {"listen": f"{HOST}:{listening}"},
    }
    state = folder / UNIT.last("StateDirectory")
    state.mkdir()
    (folder / "credentials").mkdir()
    (folder / "queuewatch.yaml").write_text(json.dumps(configuration))
    for name, text in (("client_id", "demo-client"), ("client_secret", "demo-secret")):
        (folder / "credentials" / f"queuewatch.acme.{name}").write_text(text)
    return {
        **WHOLE.environ(folder / "credentials"),
        "CREDENTIALS_DIRECTORY": str(folder / "credentials"),
        "NOTIFY_SOCKET": str(folder / "notify"),
        "PYTHONPATH": str(ROOT),
        "QUEUEWATCH_CONFIG": str(folder / "queuewatch.yaml"),
        "STATE_DIRECTORY": str(state),
        "WATCHDOG_USEC": str(int(UNIT.seconds("WatchdogSec") * 1e6)),
    }


def waiting(manager: socket.socket) -> Iterator[str]:
    """Yield every datagram that waits."""
    while True:
        try:
            yield manager.recv(4096).decode()
        except BlockingIOError:
            return


@pytest.mark.servers
def test_systemd_hears_how_it_is(life: Life) -> None:
    """Ready, alive, reloading and ready again, about to end: what notify-reload and WatchdogSec wait for."""
    words = [one.split("=")[0] for one in life.told]
    assert [one for one in words if one != "WATCHDOG"] == ["READY", "RELOADING", "READY", "STOPPING"]
    assert "daemon.stopped" in life.log
    assert "poll.failed" not in life.log


@pytest.mark.servers
def test_every_call_is_allowed(life: Life) -> None:
    """What the daemon asks of the kernel while it polls, stores, serves and reloads passes the filter."""
    called = set(re.findall(r"(?m)^\d+ +([a-z0-9_]+)\(", life.trace))
    # SQLite hands new files to the owner of the database, but only where it is root.
    assert called - UNIT.calls() - {"fchown"} == set()
    assert len(called) > 40


@pytest.mark.servers
def test_every_socket_is_allowed(life: Life) -> None:
    """It opens sockets of the families that the unit names, and of each of IPv4 and Unix."""
    families = set(re.findall(r"(?m)^\d+ +socket\((AF_\w+)", life.trace))
    assert {"AF_INET", "AF_UNIX"} <= families <= set(UNIT.last("RestrictAddressFamilies").split())


@pytest.mark.servers
def test_nothing_it_writes_is_run(life: Life) -> None:
    """No memory is writable and executable, nor becomes executable: MemoryDenyWriteExecute refuses that."""
    assert UNIT.last("MemoryDenyWriteExecute") == "yes"
    assert [text for text in life.called("mmap") if "PROT_WRITE" in text and "PROT_EXEC" in text] == []
    assert [text for text in life.called("mprotect") if "PROT_EXEC" in text] == []


@pytest.mark.servers
def test_it_writes_its_state_alone(life: Life) -> None:
    """What it opens for writing lies in the state's folder: ProtectSystem=strict leaves nothing else."""
    writing = [text for text in life.called("openat") if re.search("O_WRONLY|O_RDWR|O_CREAT", text)]
    places = {Path(text.split('"')[1]) for text in writing}
    assert [path for path in places if not path.is_relative_to(life.state)] == []
    assert places
