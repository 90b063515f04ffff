"""The hook of the site's build: what the pages and the nav are, beside what lies in the folder.

In: the configuration as mkdocs read it, and every page as it is written. Out: a nav of pages alone, folders
being their pages; pages of the files at the top of the repository; marks of the tests as a line that readers
see. What may not happen: a page of a folder that nobody finds because somebody forgot to write it into a
list. What is missing is left to the tests, so that the site can be built while pages are being written.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

FIRST = "index.md"
"""The page of a folder that stands before the others."""
AT_THE_TOP = {
    "GLOSSARY.md": "glossary.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security-policy.md",
}
"""Files at the top of the repository that the site has, too, and what they are called there."""

Nav = str | list["Nav"] | dict[str, "Nav"]

_LINK = re.compile(r"\]\((?P<target>[\w./-]+\.md)(?=[#)])")
_LEFT_OUT = re.compile(r"^(?P<indent> *)<!-- *not (?P<done>run|checked): *(?P<why>.*?) *-->$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of folders into the nav."""
    config.nav = expanded(config.nav or [], Path(config.docs_dir))
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that lie at the top of the repository."""
    top = Path(config.docs_dir).parent
    for name, page in AT_THE_TOP.items():
        files.append(File.generated(config, page, content=(top / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Lead links to where the pages are on the site, and say what no test runs."""
    return said(led(markdown, page.file.src_uri))


def led(markdown: str, page: str) -> str:
    """Return a page whose links are those of the site, where the repository's are others."""
    written = {place: name for name, place in AT_THE_TOP.items()}.get(page, f"docs/{page}")

    def lead(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(written), link["target"]))
        place = AT_THE_TOP.get(target, target.removeprefix("docs/"))
        if place == target:
            return link[0]
        return f"]({posixpath.relpath(place, posixpath.dirname(page) or '.')}"

    return _LINK.sub(lead, markdown)


def said(markdown: str) -> str:
    """Return a page that says above each block that the tests leave out why they do."""
    return _LEFT_OUT.sub(r"\g<indent><small><em>Not \g<done> by the tests: \g<why>.</em></small>\n", markdown)


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
        return entry if entry in AT_THE_TOP.values() or (folder / entry).is_file() else ""
    if isinstance(entry, list):
        return expanded(entry, folder)
    inner = {title: _one(value, folder) for title, value in entry.items()}
    return {title: value for title, value in inner.items() if value}
