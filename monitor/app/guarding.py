"""Keeps the door as the web configuration file says, also when it, or a certificate it names, changes.

What may not happen: a file that cannot be used opening what was closed, or closing what was open.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from monitor import config
from monitor.kit.serving import Tls
from monitor.model.errors import ConfigError, Mistake
from monitor.model.settings import WebAccess, WebSettings
from monitor.web.authenticating import Doorkeeper

log = structlog.get_logger(__name__)

PERIOD = 2.0
"""Seconds between looks at the files."""

_State = tuple[bytes | None, ...]


@dataclass(slots=True)
class Guarding:
    """Reads the web configuration file again whenever it, or what it names, is not as it was.

    `renew` exchanges certificates; `parted` ends what was let in under the old rules.
    """

    web: WebSettings
    door: Doorkeeper
    renew: Callable[[Tls | None], None]
    parted: Callable[[], None]
    _state: _State = field(default=(), init=False)

    async def run(self) -> None:
        """Look for ever."""
        self._state = await asyncio.to_thread(_contents, self._files())
        while True:
            await asyncio.sleep(PERIOD)
            await self.look()

    async def look(self) -> None:
        """Take over what changed; what cannot be used is logged, once, and changes nothing."""
        state = await asyncio.to_thread(_contents, self._files())
        if state == self._state:
            return
        self._state = state
        try:
            access, tls = await asyncio.to_thread(self._read)
        except ConfigError as error:
            for mistake in error.details:
                log.error("access.refused", mistake=str(mistake))
            return
        self.renew(tls)
        self.door.adopt(access)
        self.parted()
        self._state = await asyncio.to_thread(_contents, self._files())
        log.info("access.renewed", users=len(access.users), tokens=len(access.tokens), tls=tls is not None)

    def _files(self) -> Sequence[Path]:
        return config.files(self.web.access_file, self.door.access)

    def _read(self) -> tuple[WebAccess, Tls | None]:
        access = config.access(Path(self.web.access_file), self.web)
        return access, secured(access)


def secured(access: WebAccess) -> Tls | None:
    """Return what TLS needs, None where there is none. Raises ConfigError; reads files."""
    if access.tls is None:
        return None
    try:
        return config.context(access.tls)
    except OSError as error:
        mistake = Mistake(file="web", path="web.config_file", problem=f"TLS cannot be set up: {error}")
        raise ConfigError((mistake,)) from error


def _contents(files: Sequence[Path]) -> _State:
    """Return a fingerprint of every file; None for one that cannot be read."""
    return tuple(_fingerprint(file) for file in files)


def _fingerprint(file: Path) -> bytes | None:
    try:
        return hashlib.sha256(file.read_bytes()).digest()
    except OSError:
        return None
