"""A private Mosquitto: user name and password, all on the disk at once, one port for its whole life.

With an access list, and with certificates on both sides, where a test wants them.

`start`, `stop` (SIGTERM), `kill` (SIGKILL), `freeze` and `thaw` (SIGSTOP, SIGCONT: a half-open connection).
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.kit.authority import Identity
from tests.servers.programs import HOST, Program, Server, accepts, free_port, require_program

_PACKAGE = "mosquitto"


class Mosquitto(Server):
    """The broker. `host`, `port`, `username` and `password` are what a client needs."""

    host = HOST
    username = "queuewatch"
    password = "correct horse"

    def __init__(
        self,
        folder: Path,
        *,
        extra: Sequence[str] = (),
        port: int | None = None,
        acl: Sequence[str] | None = None,
        identity: Identity | None = None,
        clients: str | None = None,
    ) -> None:
        """Write its configuration; nothing runs before `start`.

        Args:
            folder: for its configuration, its data and its log.
            extra: configuration lines of its own, such as `max_queued_messages 10`.
            port: where it listens; a free one if not given.
            acl: what its one user may do, such as `topic readwrite a/#`; everything if not given.
            identity: what it shows of itself: TLS only.
            clients: the authority whose certificates clients have to show then; none if not given.
        """
        program = require_program("mosquitto", package=_PACKAGE)
        self.port = port or free_port()
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._write_passwords()
        lines = [*self._configuration(), *extra]
        if identity is not None:
            lines += [f"certfile {identity.certificate}", f"keyfile {identity.key}"]
        if clients is not None:
            lines += [f"cafile {clients}", "require_certificate true"]
        if acl is not None:
            lines.append(f"acl_file {folder / 'acl'}")
            self._write_acl(acl)
        configuration = folder / "mosquitto.conf"
        configuration.write_text("\n".join(lines) + "\n")
        self._program = Program(
            "mosquitto",
            [program, "-c", str(configuration)],
            log=folder / "mosquitto.log",
        )

    def _ready(self) -> bool:
        return accepts(self.port)

    def reload(self) -> None:
        """Have its configuration, passwords and access list read again."""
        self._program.signal(signal.SIGHUP)

    def permit(self, *acl: str) -> None:
        """Have its user do this from now on, and nothing else; only with an access list from the start.

        Mosquitto reads it after a signal: a test waits for what it permits.
        """
        self._write_acl(acl)
        self.reload()

    def _write_acl(self, acl: Sequence[str]) -> None:
        (self.folder / "acl").write_text("\n".join([f"user {self.username}", *acl]) + "\n")

    def _write_passwords(self) -> None:
        passwords = self.folder / "passwords"
        passwords.write_text(f"{self.username}:{self.password}\n")
        tool = require_program("mosquitto_passwd", package=_PACKAGE)
        subprocess.run([tool, "-U", str(passwords)], check=True, capture_output=True)

    def _configuration(self) -> list[str]:
        lines = [
            f"listener {self.port} {self.host}",
            "allow_anonymous false",
            f"password_file {self.folder / 'passwords'}",
            "persistence true",
            f"persistence_location {self.folder}/",
            # Each change goes to the disk within the second; the default is half an hour, and a killed
            # broker forgets what it has acknowledged.
            "autosave_on_changes true",
            "autosave_interval 1",
            "log_dest stderr",
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # it would drop to `mosquitto`, who may not write our folder
        return lines
