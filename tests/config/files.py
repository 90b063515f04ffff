"""What the tests of this room share: a small valid file, and loading a text."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from monitor.config.loading import load
from monitor.model.errors import ConfigError, Mistake
from monitor.model.settings import Settings

ORG = """
orgs:
  acme:
    region: eu-west-1
    client_id: some-client
"""
SECRET = {"QUEUEWATCH_ORGS__ACME__CLIENT_SECRET": "hunter2-is-secret"}


def loaded(
    folder: Path, text: str = "", environ: Mapping[str, str] = SECRET, *, org: str = ORG, secrets: bool = True
) -> Settings:
    """Load `org` and `text` as one file."""
    file = folder / "queuewatch.yaml"
    file.write_text(org + text, encoding="utf-8")
    return load(file, environ, require_secrets=secrets)


def mistakes(
    folder: Path, text: str = "", environ: Mapping[str, str] = SECRET, *, org: str = ORG, secrets: bool = True
) -> tuple[Mistake, ...]:
    """Return what is wrong with `org` and `text`; it has to be something."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, environ, org=org, secrets=secrets)
    return caught.value.details


def only(found: tuple[Mistake, ...]) -> Mistake:
    """Return the one mistake."""
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def rule(text: str = "critical: {above: 8}", *, metric: str = "queue_waiting") -> str:
    """Return a file's `rules` with one rule."""
    return f"rules:\n  - {{name: Rule, metric: {metric}, {text}}}\n"
