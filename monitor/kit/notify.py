"""Tells a service manager how we are, in the datagrams of sd_notify(3); says nothing where there is none.

In: what NOTIFY_SOCKET and WATCHDOG_USEC say. Out: a datagram per word. What may not happen: a manager that
does not listen holding us up for longer than `PATIENCE`, or ending us.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from monitor.kit.text import clean

log = structlog.get_logger(__name__)

PATIENCE = 0.5
"""Seconds that a datagram may take: the manager's queue may be full."""
LATE = 1.0
"""Seconds by which a pulse may be late and still be a sign of life."""
SHORTEST = 2.0
"""Seconds that a watchdog has to wait at least: the pulse that answers it comes twice a second."""
SHARE = 0.5
"""Of the watchdog's time until the next sign of life, as sd_watchdog_enabled(3) advises."""


@dataclass(slots=True)
class Notifier:
    """Who is told. `address` is a path, or `@` and an abstract name; empty where there is nobody.

    `watchdog` are the seconds within which a sign of life is expected, `SHORTEST` at least; None where none
    is. After `stopping` only signs of life are given.
    """

    address: str = ""
    watchdog: float | None = None
    _next: float = field(default=0.0, init=False)
    _failed: bool = field(default=False, init=False)
    _stopping: bool = field(default=False, init=False)

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Notifier:
        """Return who the environment says is to be told; kinds of sockets that are not ours are left out."""
        address = environ.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return cls()
        length = environ.get("WATCHDOG_USEC", "")
        meant = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        wanted = meant and length.isascii() and length.isdigit() and int(length) > 0
        watchdog = int(length) / 1e6 if wanted else None
        if watchdog is not None and watchdog < SHORTEST:
            log.warning("notify.watchdog", seconds=watchdog, hint=f"WatchdogSec={SHORTEST:g} is the least")
        return cls(address, watchdog)

    def ready(self, status: str) -> None:
        """Say that we listen and everything is loaded, or loaded again; `status` is one line for people."""
        if not self._stopping:
            self._say("READY=1", f"STATUS={clean(status, 500)}")

    def reloading(self) -> None:
        """Say that the configuration is being read again; `ready` ends that."""
        # Type=notify-reload holds the time against that of its signal (systemd.service(5)).
        if not self._stopping:
            self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that we are about to end."""
        self._stopping = True
        self._say("STOPPING=1", "STATUS=Stopping")

    def pulse(self, late: float) -> None:
        """Give a sign of life where it is time for one; a beat that comes late is none."""
        now = time.monotonic()
        if self.watchdog is None or late > LATE or now < self._next:
            return
        self._next = now + self.watchdog * SHARE
        self._say("WATCHDOG=1")

    def _say(self, *lines: str) -> None:
        if not self.address:
            return
        name = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as outlet:
                outlet.settimeout(PATIENCE)
                outlet.sendto("\n".join(lines).encode(), name)
        except (OSError, ValueError) as error:
            if not self._failed:
                log.warning("notify.failed", address=self.address, error=str(error))
            self._failed = True
        else:
            self._failed = False
