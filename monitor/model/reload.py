"""What came of reading the configuration again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """Whether it was `taken`; if not, the `mistakes` in it, and nothing changed.

    `changes` are rules that were added, removed or altered, `sections` that differ, and `intervals` such as
    `acme/queues: 10s → 5s`; a kind of which there is none is not named. `untaken` are the settings that
    differ and wait for a restart.
    """

    taken: bool
    mistakes: tuple[str, ...] = ()
    changes: Mapping[str, list[str]] = field(default_factory=dict)
    untaken: tuple[str, ...] = ()
