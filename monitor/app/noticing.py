"""Notices that files changed and stand still, for whoever reads them again then.

What may not happen: reading what is half written, and losing a change that comes while files are read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

PERIOD = 2.0
"""Seconds between looks at the files."""
SETTLE = 0.5
"""Seconds for which files have to stand still before they are read: whoever writes them may not be done."""


@dataclass(slots=True)
class Noticing:
    """Holds files against what was `seen` of them last; `look` returns their digest, in a thread."""

    look: Callable[[], str]
    seen: str = ""

    async def changed(self) -> bool:
        """Look once; return whether the files are not what was seen, and stand still."""
        found = await asyncio.to_thread(self.look)
        if found == self.seen:
            return False
        await asyncio.sleep(SETTLE)
        return await asyncio.to_thread(self.look) == found

    async def begin(self) -> None:
        """Take what is there as seen. To be called before the files are read, so that no change is missed."""
        self.seen = await asyncio.to_thread(self.look)
