"""What a row of the printed table is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both sides: medians, or worst cases where the name says so."""

    name: str
    ours: float
    peer: float
    unit: str = "ms"

    def shown(self) -> str:
        """Return the line of the table; the ratio is how many times the peer's figure is ours."""
        ratio = f"{self.peer / self.ours:8.1f}×" if self.ours else "        –"
        return f"{self.name:<52}{self.ours:>10.1f}{self.peer:>12.1f} {self.unit:<3}{ratio}"


HEAD = f"{'':<52}{'ours':>10}{'peer':>12}    {'peer/ours':>9}"


def p50(name: str, ours: Sequence[float], peer: Sequence[float]) -> Row:
    """Return the row of the medians, from seconds."""
    return Row(f"{name}, p50", median(ours) * 1000, median(peer) * 1000)


def worst(name: str, ours: Sequence[float], peer: Sequence[float]) -> Row:
    """Return the row of the worst cases, from seconds."""
    return Row(f"{name}, worst", max(ours) * 1000, max(peer) * 1000)
