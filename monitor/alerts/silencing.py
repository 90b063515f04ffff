"""Keeps the silences that people ask for: in the store first, and only then are they true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.model.silence import Silence
from monitor.ports import AlertStore


@dataclass(slots=True)
class Silencing:
    """The silences of `store`, over or not. Every method raises StoreError, and then nothing is different.

    `kept` is another object after every change. One call at a time.
    """

    store: AlertStore
    kept: Sequence[Silence] = field(default=(), init=False)

    async def load(self) -> None:
        """Take up what the store has."""
        self.kept = tuple(await self.store.silences())

    async def put(self, silence: Silence) -> None:
        """Keep a silence, in the place of one with the same id."""
        await self.store.put_silence(silence)
        self.kept = (*(one for one in self.kept if one.id != silence.id), silence)

    async def forget(self, before: datetime) -> int:
        """Remove those that ended before; return how many the store had."""
        count = await self.store.forget_silences(before=before)
        self.kept = tuple(one for one in self.kept if one.ends_at >= before)
        return count
