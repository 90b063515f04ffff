"""The wheel and the sdist: what is in them, that they come out the same anywhere, and work alone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from trove_classifiers import classifiers

from monitor import __version__
from tests.deploy.making import ROOT, make, uv
from tests.servers.programs import HOST, Program, accepts, free_port

pytestmark = pytest.mark.slow

WHEEL = f"queuewatch-{__version__}-py3-none-any.whl"
SDIST = f"queuewatch-{__version__}.tar.gz"
INFO = f"queuewatch-{__version__}.dist-info"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make dist` makes: a folder with a wheel and an sdist."""
    folder = tmp_path_factory.mktemp("dist")
    make("dist", DIST=folder)
    return folder


@pytest.fixture(scope="module")
def names(dist: Path) -> set[str]:
    """The files of the wheel."""
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        return set(wheel.namelist())


@pytest.fixture(scope="module")
def unpacked(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, unpacked elsewhere, with other dates."""
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run(["tar", "-xf", dist / SDIST, "-C", folder], check=True)
    for path in folder.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return folder / f"queuewatch-{__version__}"


def test_there_are_a_wheel_and_an_sdist(dist: Path) -> None:
    """Of this version, and nothing else."""
    assert {path.name for path in dist.iterdir()} - {".gitignore"} == {WHEEL, SDIST}


def test_the_wheel_holds_the_whole_package_and_nothing_else(names: set[str]) -> None:
    """Each file of `monitor`, the demo's configurations, the licences; neither tests nor documents."""
    package = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "monitor").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    demo = {"monitor/demo/demo.yaml", "monitor/demo/demo-all.yaml"}
    licences = {
        f"{INFO}/licenses/{name}" for name in ("LICENSE", "monitor/web/page/static/inter-licence.txt")
    }
    about = {f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    assert names == package | demo | licences | about


@pytest.mark.parametrize(
    "pattern",
    [
        r"store/sql/\d{4}_\w+\.sql",
        r"page/templates/\w+\.html",
        r"page/static/page\.(css|js)",
        r"monitor/py\.typed",
    ],
)
def test_the_wheel_holds_what_is_no_code(names: set[str], pattern: str) -> None:
    """Tables, templates, the page's own files, the mark of types."""
    assert [name for name in names if re.search(pattern, name)]


def test_the_sdist_holds_what_a_build_a_test_and_a_reader_need(unpacked: Path) -> None:
    """Code, configurations, tests, documents, what these are made with; no cache and no state."""
    there = {path.name for path in unpacked.iterdir()}
    assert {
        "monitor", "config", "deploy", "docs", "tests", "pyproject.toml", "uv.lock", "Makefile", "README.md",
        "LICENSE", "CHANGELOG.md", "PKG-INFO", "Dockerfile", "mkdocs.yml",
    } <= there  # fmt: skip
    assert {one for one in there if one.startswith(".")} == {".ci", ".dockerignore", ".gitignore"}
    assert os.access(unpacked / ".ci/servers", os.X_OK)
    assert not [
        path for path in unpacked.rglob("*") if path.suffix in {".pyc", ".db"} or path.name == "__pycache__"
    ]


def test_without_uv_nothing_is_made(tmp_path: Path) -> None:
    """A test says what is missing, and gets nothing from anywhere."""
    with pytest.raises(pytest.fail.Exception, match="make venv"):
        uv(tmp_path / "uv", path=str(tmp_path))


def test_two_builds_are_the_same_bytes(dist: Path, unpacked: Path, tmp_path: Path) -> None:
    """From the unpacked sdist, in another place, with other dates and rights, come the same two files."""
    build = [uv(), "build", "--quiet", "--no-build-isolation", "--python", sys.executable]
    done = subprocess.run([*build, "--out-dir", tmp_path, unpacked], umask=0o077, check=False)
    assert done.returncode == 0
    for name in (WHEEL, SDIST):
        assert (tmp_path / name).read_bytes() == (dist / name).read_bytes(), name


def test_the_metadata_is_valid(dist: Path) -> None:
    """By the specification; and each licence, classifier and URL is one that the index knows."""
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        about = Metadata.from_email(wheel.read(f"{INFO}/METADATA"), validate=True)
        scripts = wheel.read(f"{INFO}/entry_points.txt").decode()
    assert (about.name, str(about.version)) == ("queuewatch", __version__)
    assert about.license_expression == "Apache-2.0 AND OFL-1.1"
    assert about.description_content_type == "text/markdown"
    assert str(about.requires_python) == ">=3.11"
    assert about.provides_extra == ["calendar"]
    assert set(about.classifiers or ()) <= classifiers
    assert not [one for one in about.classifiers or () if one.startswith("License ::")]
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13)} <= set(
        about.classifiers or ()
    )
    assert all(url.startswith("https://") for url in (about.project_urls or {}).values())
    assert "queuewatch = monitor.cli:main" in scripts


def test_the_packages_version_stands_in_one_place() -> None:
    """It is read from the code; nothing else that makes the package has it."""
    files = [ROOT / "pyproject.toml", ROOT / "Makefile", *(ROOT / "monitor").rglob("*.py")]
    whole = re.compile(rf"(?<![\d.]){re.escape(__version__)}(?![\d.])")
    found = [str(path.relative_to(ROOT)) for path in files if whole.search(path.read_text())]
    assert found == ["monitor/__init__.py"]


def test_whoever_names_the_image_names_this_version() -> None:
    """Whatever is deployed or described says the version that there is."""
    files = [ROOT / "Dockerfile", ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    files += [path for path in (ROOT / "deploy").rglob("*") if path.suffix in {".yaml", ".yml", ".md"}]
    tag = re.compile(r"\bqueuewatch:v?(\d+\.[\w.]*\w)|image\.version=\"([^\"]+)\"")
    found = {path.name: set(tag.findall(path.read_text())) for path in files}
    said = {name: {one or other for one, other in versions} for name, versions in found.items() if versions}
    assert "Dockerfile" in said
    assert not {name: versions for name, versions in said.items() if versions != {__version__}}


@pytest.fixture(scope="module")
def alone(
    dist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a program of an environment that has the wheel, what it needs as is locked, and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "empty").mkdir()
    environ = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder / "env")}
    into = ("--python", str(folder / "env"))
    for words in (
        ("sync", "--frozen", "--no-dev", "--no-install-project", "--python", sys.executable),
        ("pip", "install", *into, "--no-deps", str(dist / WHEEL)),
        ("pip", "check", *into),
    ):
        done = subprocess.run(
            [uv(), "--quiet", *words], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [folder / "env/bin" / words[0], *words[1:]],
            cwd=folder / "empty", env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_what_is_installed_says_its_version(alone: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """As a command, and as a module."""
    for words in (("queuewatch",), ("python", "-m", "monitor")):
        assert alone(*words, "--version").stdout == f"queuewatch, version {__version__}\n"


def test_what_is_installed_is_the_wheel(alone: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """No path leads back to the checkout, and what only tests need is not there."""
    told = alone("python", "-c", "import monitor, sys; print(monitor.__file__, *sys.path, sep='\\n')").stdout
    assert str(ROOT) not in told
    assert alone("python", "-c", "import pytest").returncode == 1


def test_what_is_installed_checks_a_configuration(
    alone: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """The example is good, and a missing file is not."""
    done = alone("queuewatch", "check", str(ROOT / "config/queuewatch.yaml"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("queuewatch.yaml: ok\n")
    assert alone("queuewatch", "check", "nothing.yaml").returncode == 2


def test_what_is_installed_shows_the_demo(
    alone: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """From an empty folder: metrics and the page are served; Ctrl-C ends everything and leaves nothing."""
    program = alone("python", "-c", "import sys; print(sys.prefix)").stdout.strip() + "/bin/queuewatch"
    port, simulator, receiver = free_port(), free_port(), free_port()
    ports = [f"--port={port}", f"--simulator-port={simulator}", f"--receiver-port={receiver}"]
    empty = tmp_path / "empty"
    empty.mkdir()
    words = [
        "env",
        "-i",
        "-C",
        str(empty),
        "PATH=/usr/bin:/bin",
        f"TMPDIR={tmp_path}",
        program,
        "demo",
        *ports,
    ]
    demo = Program("demo", words, log=tmp_path / "demo.log")
    demo.start(lambda: "Ctrl-C ends the demo." in demo.words(), within=15)
    try:
        assert "queuewatch_build_info" in got(port, "/metrics")
        assert "page.css" in got(port, "/")
        assert got(port, "/static/page.css")
    finally:
        demo.end(signal.SIGINT)
    assert "Traceback" not in demo.words()
    assert not [one for one in (port, simulator, receiver) if accepts(one)]
    assert not list(empty.iterdir())


def got(port: int, path: str) -> str:
    """What is answered."""
    with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=5) as answer:
        return str(answer.read().decode())
