"""The configuration that a command was pointed at, and one org of it."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.cli.once import wrong
from monitor.cli.running import failure
from monitor.config import load
from monitor.model.errors import ConfigError
from monitor.model.settings import OrgSettings, Settings


def settings(path: Path, *, secrets: bool = True) -> Settings:
    """Return the configuration, with its `secrets` or without. Raises ClickException with every mistake."""
    try:
        return load(path, os.environ, require_secrets=secrets)
    except ConfigError as error:
        raise failure(error) from error


def chosen(found: Settings, name: str | None) -> OrgSettings:
    """Return the org called `name`, or the only one. Raises ClickException naming those there are."""
    names = ", ".join(org.name for org in found.orgs)
    if name is None:
        if len(found.orgs) == 1:
            return found.orgs[0]
        raise wrong("--org", "is missing: there are several organisations", names)
    for org in found.orgs:
        if org.name == name:
            return org
    raise wrong("--org", f"there is no organisation {name!r}", f"there is {names}")
