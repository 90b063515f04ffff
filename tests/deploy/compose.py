"""The compose file, read: its services, and the configurations that it mounts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
FILE = DEPLOY / "compose.yaml"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text())["services"]
OURS = ("queuewatch", "simulator", "receiver")
"""Those that run our image."""

each = pytest.mark.parametrize("name", sorted(SERVICES))


def part(name: str) -> Any:
    """One of the YAML files that the compose file mounts."""
    return yaml.safe_load((DEPLOY / "compose" / name).read_text())
