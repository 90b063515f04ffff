"""The site builds without a warning, needs no other host, and forgets no page."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from docs.generating.menu import AT_THE_TOP, Nav, expanded, led, said

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

LOADS = {"script": "src", "img": "src", "source": "src", "iframe": "src", "video": "src", "audio": "src"}
"""What a browser fetches by itself, and the attribute that says where from."""
LINKS = frozenset(
    {"stylesheet", "preload", "prefetch", "preconnect", "dns-prefetch", "icon", "modulepreload"}
)
"""Links that a browser follows by itself."""


class Reader(HTMLParser):
    """What a page loads, and which anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag in LOADS and LOADS[tag] in found:
            self.loads.append(found[LOADS[tag]])
        if tag == "link" and LINKS.intersection(found.get("rel", "").split()):
            self.loads.append(found.get("href", ""))
        if tag == "a" and "href" in found:
            self.leads.append(found["href"])


@dataclass(frozen=True)
class Site:
    """Where the site was built, how that ended, and what was said that was not meant to be."""

    folder: Path
    code: int
    said: list[str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    # Not with --quiet: what is not said is not counted, and nothing would be too bad for --strict.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    # Without a proxy that works, whatever would be fetched while it is built fails.
    environ = {"PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    return Site(folder, done.returncode, [line for line in lines if line and not line.startswith("INFO ")])


@pytest.fixture(scope="module")
def built(site: Site) -> Path:
    """Where the site is."""
    return site.folder


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[Path, Reader]:
    """Every page of the site, read."""
    return {path: Reader(path.read_text(encoding="utf-8")) for path in sorted(built.rglob("*.html"))}


def sources() -> list[str]:
    """Return every page that is written, by its name below docs."""
    found = (path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
    return sorted(one for one in found if not one.startswith("generating/"))


def configured() -> dict[str, object]:
    """Return the configuration of the site."""
    found = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def leaves(nav: object) -> Iterator[str]:
    """Yield every page of a nav."""
    match nav:
        case str():
            yield nav
        case list():
            for one in nav:
                yield from leaves(one)
        case dict():
            for one in nav.values():
                yield from leaves(one)


def test_it_builds_without_a_warning(site: Site) -> None:
    """Every link and every anchor of every page leads somewhere, and nothing is left out."""
    assert (site.said, site.code) == ([], 0)


def test_every_page_is_in_the_nav(built: Path) -> None:
    """Whatever is written below docs is found by a reader, and what the nav names is written."""
    nav = configured()["nav"]
    named = {one for one in leaves(nav) if not one.endswith("/")} - set(AT_THE_TOP.values())
    assert sorted(one for one in named if not (DOCS / one).is_file()) == []
    assert isinstance(nav, list)
    every = sorted([*sources(), *AT_THE_TOP.values()])
    assert sorted(leaves(expanded(nav, DOCS))) == every
    made = [built / ("index.html" if one == "index.md" else _address(one)) for one in every]
    assert [path for path in made if not path.is_file()] == []


def _address(page: str) -> str:
    folder = page.removesuffix(".md").removesuffix("/index")
    return f"{folder}/index.html"


def test_nothing_comes_from_another_host(pages: dict[Path, Reader]) -> None:
    """Scripts, styles, fonts and images are the site's own."""
    foreign = {load for page in pages.values() for load in page.loads if urlsplit(load).netloc}
    assert foreign == set()


def test_no_style_or_script_fetches_from_another_host(built: Path) -> None:
    """No `@import` and no `url()` in a style sheet leads elsewhere, nor does a font of the theme."""
    for sheet in built.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^\"')]+", text) == [], sheet.name
    assert "fonts.googleapis" not in "".join(path.read_text() for path in built.rglob("*.html"))


def test_images_are_there(built: Path, pages: dict[Path, Reader]) -> None:
    """Whatever a page loads is a file of the site."""
    for path, page in pages.items():
        # Addresses of the page for what is not found are the whole site's.
        base = built if path.name == "404.html" else path.parent
        for load in page.loads:
            name = unquote(urlsplit(load).path)
            name = name.removeprefix("/docs/") if path.name == "404.html" else name
            assert load.startswith("data:") or (base / name).is_file(), f"{path.relative_to(built)}: {load}"


def test_links_lead_to_what_is_there(built: Path, pages: dict[Path, Reader]) -> None:
    """Every link within the site leads to a page, and to a place on it."""
    dead = []
    for path, page in pages.items():
        for lead in page.leads:
            parts = urlsplit(lead)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            there = pages.get(target)
            missing = there is not None and parts.fragment and unquote(parts.fragment) not in there.anchors
            if not target.is_file() or missing:
                dead.append(f"{path.relative_to(built)}: {lead}")
    assert dead == []


def test_pages_have_titles_of_their_own(pages: dict[Path, Reader]) -> None:
    """No two pages are called the same in a reader's tabs."""
    titles = [
        found[1]
        for path in pages
        if (found := re.search("<title>(.*?)</title>", path.read_text())) is not None
    ]
    assert len(titles) == len(pages)
    assert len(set(titles) - {"queuewatch"}) >= len(sources()) - 1


def test_search_finds_pages_without_a_server(built: Path) -> None:
    """The index of the search is a file, and knows the reference."""
    index = (built / "search/search_index.json").read_text(encoding="utf-8")
    assert "reference/metrics/" in index
    assert "queuewatch_source_data_age_seconds" in index


def test_files_for_programs_are_served(built: Path) -> None:
    """The API's document and the schema for editors are at their addresses; the generator is not."""
    assert (built / "openapi.json").is_file()
    assert (built / "reference/queuewatch.schema.json").is_file()
    assert list(built.rglob("*.py")) == []


def test_folders_become_their_pages(tmp_path: Path) -> None:
    """A new page in a folder is in the nav by itself, after the index; what is not there is not."""
    (tmp_path / "how").mkdir()
    for name in ("zebra.md", "index.md", "ant.md", "notes.txt"):
        (tmp_path / "how" / name).touch()
    (tmp_path / "start.md").touch()
    nav: list[Nav] = ["start.md", {"How": "how/"}, {"Gone": ["gone.md"]}, {"None": "none/"}]
    assert expanded(nav, tmp_path) == [
        "start.md",
        {"How": ["how/index.md", "how/ant.md", "how/zebra.md"]},
    ]


def test_files_at_the_top_are_pages(built: Path) -> None:
    """What pages refer to at the top of the repository is on the site, and searched."""
    index = (built / "search/search_index.json").read_text(encoding="utf-8")
    for name, page in AT_THE_TOP.items():
        assert (ROOT / name).is_file()
        assert f'"{page.removesuffix(".md")}/' in index


def test_links_are_those_of_the_site_and_of_the_repository() -> None:
    """A link that a forge follows is led to where the site has the page; others stay as they are."""
    assert led("[words](../GLOSSARY.md) [c](concepts.md#a)", "index.md") == (
        "[words](glossary.md) [c](concepts.md#a)"
    )
    assert led("[words](../../GLOSSARY.md#judging)", "howto/tls.md") == "[words](../glossary.md#judging)"
    assert (
        led("[a](docs/access.md) [s](SECURITY.md)", "changelog.md")
        == "[a](access.md) [s](security-policy.md)"
    )
    assert (
        led("[there](https://example.com/docs/a.md)", "index.md") == "[there](https://example.com/docs/a.md)"
    )


def test_readers_see_what_is_not_run() -> None:
    """A mark that leaves a block out is a line above it; other marks are for the tests alone."""
    assert said("<!-- not run: no broker -->\n```sh\n") == (
        "<small><em>Not run by the tests: no broker.</em></small>\n\n```sh\n"
    )
    assert said("  <!-- not checked: theirs -->\n").startswith(
        "  <small><em>Not checked by the tests: theirs."
    )
    assert said("<!-- run: demo -->\n") == "<!-- run: demo -->\n"


def test_the_theme_is_told_to_fetch_nothing() -> None:
    """Fonts, analytics and the plugins that fetch are off in the configuration."""
    found = configured()
    theme = found["theme"]
    assert isinstance(theme, dict)
    assert theme["font"] is False
    assert found["plugins"] == ["search"]
    assert "analytics" not in str(found["extra"])
