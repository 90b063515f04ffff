"""Keeps the door as the web configuration file says, also when it, or a certificate it names, changes.

What may not happen: a file that cannot be used, or is half written, opening what was closed, or closing what
was open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from monitor import config
from monitor.app.noticing import PERIOD, Noticing
from monitor.config import watching
from monitor.kit.serving import Tls
from monitor.model.errors import ConfigError, Mistake
from monitor.model.settings import WebAccess, WebSettings
from monitor.web.authenticating import Doorkeeper

log = structlog.get_logger(__name__)

_CLIENTS = ("none", "optional", "required")
"""How certificates of clients are asked for, the mildest first."""


@dataclass(slots=True)
class Guarding:
    """Reads the web configuration file again whenever it, or what it names, is not as it was.

    `renew` exchanges certificates; `parted` ends what was let in under the old rules.
    """

    web: WebSettings
    door: Doorkeeper
    renew: Callable[[Tls | None], None]
    parted: Callable[[], None]
    files: Noticing = field(init=False)

    def __post_init__(self) -> None:
        self.files = Noticing(watching.access(Path(self.web.access_file)).look)

    async def run(self) -> None:
        """Look for ever; begun again after a failure, nothing counts as seen."""
        self.files.seen = ""
        while True:
            await self.look()
            await asyncio.sleep(PERIOD)

    async def look(self) -> None:
        """Take over what changed; what cannot be used is logged, once, and changes nothing.

        The first look reads in any case: the file was read, to make the door, before anybody looked at it.
        """
        first = not self.files.seen
        if not await self.files.changed():
            return
        await self.files.begin()
        try:
            access, tls = await asyncio.to_thread(self._read)
        except ConfigError as error:
            for mistake in error.details:
                log.error("access.refused", mistake=str(mistake))
            return
        self.renew(tls)
        same, lost = access == self.door.access, lessened(self.door.access, access)
        if first and same:
            return
        if not same:
            # Not for a certificate alone: every password that was right would be looked at anew, at once.
            self.door.adopt(access)
        self.parted()
        tell = log.warning if lost else log.info
        more = {"lost": lost} if lost else {}
        tell(
            "access.renewed", users=len(access.users), tokens=len(access.tokens), tls=tls is not None, **more
        )

    def _read(self) -> tuple[WebAccess, Tls | None]:
        path = Path(self.web.access_file)
        try:
            access = config.access(path, replace(self.web, access=self.door.access))
        except OSError as error:
            mistake = Mistake(file=str(path), path="", problem=f"cannot be read: {error.strerror or error}")
            raise ConfigError((mistake,)) from error
        return access, secured(access)


def lessened(before: WebAccess, after: WebAccess) -> list[str]:
    """Return what protected the door and does not any more, by the keys of the web configuration file."""
    was, now = before.tls, after.tls
    tls = "tls_server_config"
    lost = {
        "basic_auth_users, bearer_tokens": (before.users or before.tokens)
        and not (after.users or after.tokens),
        tls: was is not None and now is None,
        f"{tls}.client_auth_type": was and now and _CLIENTS.index(now.client) < _CLIENTS.index(was.client),
        f"{tls}.client_allowed_sans": was and now and was.sans and not now.sans,
        f"{tls}.min_version": was and now and now.oldest < was.oldest,
    }
    return [key for key, gone in lost.items() if gone]


def secured(access: WebAccess) -> Tls | None:
    """Return what TLS needs, None where there is none. Raises ConfigError; reads files."""
    if access.tls is None:
        return None
    try:
        return config.context(access.tls)
    except OSError as error:
        mistake = Mistake(file="web", path="web.config_file", problem=f"TLS cannot be set up: {error}")
        raise ConfigError((mistake,)) from error
