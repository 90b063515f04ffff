"""What the demo can show: which configuration, which orgs, and what must be seen for it to have worked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """One scenario. `orgs` are the ids its configuration uses, all of them the one simulated centre.

    With `sources`, every source has to be up at the end.
    """

    config: str
    orgs: tuple[str, ...]
    sources: bool
    promise: str

    def path(self) -> Path:
        """Return the configuration: inside an installed wheel, or in the checkout's `config`."""
        root = Path(str(resources.files("monitor")))
        packaged = root / "demo" / self.config
        return packaged if packaged.exists() else root.parent / "config" / self.config


SHOWS: Mapping[str, Show] = MappingProxyType(
    {
        "surge": Show(
            config="demo.yaml",
            orgs=("demo",),
            sources=False,
            promise="One queue, Support Voice, will overflow within 20 s and recover within 60 s.",
        ),
        "all": Show(
            config="demo-all.yaml",
            orgs=("demo", "gateway"),
            sources=True,
            promise="All five questions, asked in both dialects; Support Voice will overflow and recover.",
        ),
    }
)
"""Every show by its name."""
