"""The hook of the site's build: folders in the nav become their pages, and pages that are not there leave it.

In: the configuration as mkdocs read it. Out: the same with a nav of pages alone. What may not happen: a page
of a folder that nobody finds because somebody forgot to write it into a list. What is missing is left to the
tests, so that the site can be built while pages are still being written.
"""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

FIRST = "index.md"
"""The page of a folder that stands before the others."""

Nav = str | list["Nav"] | dict[str, "Nav"]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of folders into the nav."""
    config.nav = expanded(config.nav or [], Path(config.docs_dir))
    return config


def expanded(nav: list[Nav], folder: Path) -> list[Nav]:
    """Return the nav with each `name/` replaced by its pages below `folder`, without what is not there."""
    return [one for one in (_one(entry, folder) for entry in nav) if one]


def pages(folder: Path, name: str) -> list[str]:
    """Return the pages of a folder, by their names below `folder`: its index first."""
    found = sorted((folder / name).glob("*.md"), key=lambda page: (page.name != FIRST, page.name))
    return [page.relative_to(folder).as_posix() for page in found]


def _one(entry: Nav, folder: Path) -> Nav:
    """Return one entry expanded; something empty where nothing of it is there."""
    if isinstance(entry, str):
        if entry.endswith("/"):
            return list[Nav](pages(folder, entry))
        return entry if (folder / entry).is_file() else ""
    if isinstance(entry, list):
        return expanded(entry, folder)
    inner = {title: _one(value, folder) for title, value in entry.items()}
    return {title: value for title, value in inner.items() if value}
