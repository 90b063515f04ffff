"""The image: its Dockerfile, and what that builds, replayed here without a container engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from deploy.licences.closure import Package, closure
from monitor import __version__
from tests.deploy.dockerfile import Context, Stage, below, commands, moved, read
from tests.deploy.making import ROOT, uv
from tests.deploy.words import understood
from tests.servers.programs import HOST, Program, free_port

FILE = ROOT / "Dockerfile"
BEFORE, (BUILD, FINAL) = read(FILE)
BASE = BEFORE[0].pairs()["PYTHON_IMAGE"]
PYTHON = tuple(int(part) for part in re.findall(r"python:(\d+)\.(\d+)-", BASE)[0])
GLIBC = 41
"""The minor version of the C library in Debian 13, on which the base image stands."""
_EXECUTABLE = "/usr/local/bin/python3"
_TELLING = re.compile(r"secret|password|passwd|token|credential|_key\b", re.IGNORECASE)


@dataclass(frozen=True)
class Image:
    """What the build leaves: paths of the image are below `root`."""

    root: Path

    def environ(self, **more: str) -> dict[str, str]:
        """The environment a container would start with."""
        said = {name: below(self.root, text) for name, text in FINAL.env().items()}
        said["PATH"] = said["PATH"].replace("$PATH", os.defpath)
        return {**said, "HOME": "/nonexistent", **more}

    def command(self, *words: str) -> list[str]:
        """The command of a container with these arguments, with no more rights than its user has."""
        plain = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
        return [
            *(plain if os.geteuid() == 0 else []),
            *moved(self.root, FINAL.one("ENTRYPOINT").form()),
            *words,
        ]

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self.command(*words),
            env=self.environ(**more),
            cwd=below(self.root, FINAL.one("WORKDIR").text),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


def replay(stage: Stage, root: Path) -> None:
    """Do what the stage's COPY and RUN lines do, below `root`; what installs uv is left out."""
    context, work = Context(ROOT), root
    environ = {name: text for name, text in os.environ.items() if name != "VIRTUAL_ENV"}
    (root / _EXECUTABLE[1:]).parent.mkdir(parents=True)
    (root / _EXECUTABLE[1:]).symlink_to(getattr(sys, "_base_executable", sys.executable))
    for step in stage.steps:
        if step.word == "WORKDIR":
            work = Path(below(root, step.text))
            work.mkdir(parents=True)
        elif step.word == "ENV":
            environ |= {name: below(root, text) for name, text in step.pairs().items()}
        elif step.word == "COPY":
            context.copy(step, work)
        elif step.word == "RUN" and not step.text.startswith("pip install"):
            for words in commands(step):
                assert words[0] == "uv"
                synchronise(words[1:], work, environ)


def synchronise(words: Sequence[str], work: Path, environ: Mapping[str, str]) -> None:
    """Run uv with what it kept from making our own environment; if that is not all, from the registry."""
    command = [uv(), *words]
    kept = {**environ, "UV_OFFLINE": "1"}
    if subprocess.run(command, cwd=work, env=kept, capture_output=True, check=False, timeout=60).returncode:
        subprocess.run(command, cwd=work, env=environ, check=True, timeout=60)


def sealed(root: Path, *, off: bool) -> None:
    """Take everybody's right to write below `root` away, or give the owner's back."""
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode & ~0o222 if off else mode | 0o200)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image, built as the Dockerfile says; only its volume can be written to."""
    root = tmp_path_factory.mktemp("image")
    replay(BUILD, root)
    shutil.rmtree(root / "src")
    for folder in (FINAL.one("VOLUME").text, "/etc/queuewatch"):
        Path(below(root, folder)).mkdir(parents=True)
    sealed(root / "opt", off=True)
    yield Image(root)
    sealed(root / "opt", off=False)


def test_hadolint_finds_nothing() -> None:
    """Not even in style."""
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), "--failure-threshold", "style", FILE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_built_runs_read_only(image: Image) -> None:
    """The command says the package's version, without a home and without writing a byte."""
    done = image.run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"queuewatch, version {__version__}\n", "")


def test_it_checks_the_configuration_that_is_mounted(image: Image) -> None:
    """Where QUEUEWATCH_CONFIG says, with its state in the volume."""
    path = Path(below(image.root, FINAL.env()["QUEUEWATCH_CONFIG"]))
    path.write_text((ROOT / "config" / "queuewatch.yaml").read_text())
    done = image.run("check")
    assert (done.returncode, done.stderr) == (0, "")
    volume = below(image.root, FINAL.one("VOLUME").text)
    assert f"keeps its state in {volume}/queuewatch.db" in done.stdout


def test_the_container_lives_and_ends_well(image: Image, tmp_path: Path) -> None:
    """CMD begins it, HEALTHCHECK finds it well and only then, SIGTERM ends it with 0."""
    port = free_port()
    path = Path(below(image.root, FINAL.env()["QUEUEWATCH_CONFIG"]))
    org = {"api_url": f"http://{HOST}:{free_port()}", "login_url": f"http://{HOST}:{port}", "client_id": "x"}
    path.write_text(json.dumps({"orgs": {"acme": org}, "web": {"listen": f"{HOST}:{port}"}}))
    url = f"http://{HOST}:{port}"
    words = moved(image.root, healthcheck())[1:]
    environ = image.environ(QUEUEWATCH_ORGS__ACME__CLIENT_SECRET="made up", QUEUEWATCH_URL=url)
    assert image.run(*words, QUEUEWATCH_URL=url).returncode == 1
    pairs = [f"{name}={text}" for name, text in environ.items()]
    command = ["env", "-i", *pairs, *image.command(*FINAL.one("CMD").form())]
    daemon = Program("queuewatch", command, log=tmp_path / "log")
    daemon.start(lambda: image.run(*words, QUEUEWATCH_URL=url).returncode == 0, within=20)
    daemon.end(signal.SIGTERM)
    assert '"daemon.stopped"' in daemon.words()
    volume = Path(below(image.root, FINAL.one("VOLUME").text))
    assert (volume / "queuewatch.db").is_file()


def test_everything_is_compiled_and_licensed(image: Image) -> None:
    """Nobody compiles at run time; the demo's configurations and the licences are there."""
    site = next((image.root / "opt/queuewatch/lib").glob("python*/site-packages"))
    ours = sorted((site / "monitor").rglob("*.py"))
    tag = sys.implementation.cache_tag
    assert ours
    assert [one for one in ours if not (one.parent / "__pycache__" / f"{one.stem}.{tag}.pyc").exists()] == []
    assert (site / "monitor/demo/demo.yaml").is_file()
    assert (site / "monitor/demo/demo-all.yaml").is_file()
    licences = {path.name for path in (site / f"queuewatch-{__version__}.dist-info/licenses").rglob("*.*")}
    assert "inter-licence.txt" in licences
    assert not (site / "pytest").exists()


def test_the_context_is_what_is_needed() -> None:
    """Neither tests nor caches are sent to the engine, nor anything else that nobody copies."""
    context = Context(ROOT)
    copied = {word for step in BUILD.all("COPY") for word in step.text.split()[:-1]}
    assert context.named() == copied
    assert [path for path in context.files("monitor") if "__pycache__" in path.parts] == []
    with pytest.raises(FileNotFoundError):
        list(context.files("tests/deploy"))


def test_both_stages_have_one_interpreter() -> None:
    """The environment refers to its Python, and its scripts to itself: both are where they were."""
    assert BUILD.base == FINAL.base == "${PYTHON_IMAGE}"
    (copy,) = FINAL.all("COPY")
    there = BUILD.env()["UV_PROJECT_ENVIRONMENT"]
    assert copy.text == f"--from={BUILD.name} {there} {there}"
    assert BUILD.env()["UV_PYTHON"] == _EXECUTABLE


def test_nothing_of_it_needs_root_or_a_shell() -> None:
    """A numeric user, exec forms only, the environment first on PATH."""
    assert re.fullmatch(r"10001:10001", FINAL.one("USER").text)
    assert FINAL.one("ENTRYPOINT").form() == ["/opt/queuewatch/bin/queuewatch"]
    understood(FINAL.one("CMD").form())
    understood(healthcheck()[1:])
    assert healthcheck()[0] == FINAL.one("ENTRYPOINT").form()[0]
    assert FINAL.env()["PATH"].startswith("/opt/queuewatch/bin:")


def test_state_has_one_place() -> None:
    """The volume, the state's folder and the working directory are the same."""
    volume = FINAL.one("VOLUME").text
    assert FINAL.env()["STATE_DIRECTORY"] == volume == FINAL.one("WORKDIR").text


def test_no_secret_and_nothing_from_elsewhere() -> None:
    """Neither a variable for a secret, nor a download that uv.lock does not name; uv itself has bounds."""
    assert [step for stage in (BUILD, FINAL) for step in stage.all("ADD")] == []
    named = [
        name
        for stage in (BUILD, FINAL)
        for step in (*stage.all("ENV"), *stage.all("ARG"))
        for name in step.pairs()
    ]
    assert [name for name in named if _TELLING.search(name)] == []
    first, *others = BUILD.all("RUN")
    assert re.search(r'"uv>=\d+(\.\d+)+,<\d+(\.\d+)+"$', first.text)
    assert all("uv sync --frozen" in step.text for step in others)
    assert re.search(r"python:\d+\.\d+-slim-\w+$", BASE)


def test_labels_are_true() -> None:
    """What the image says of itself is what the package says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "org.opencontainers.image."
    labels = {name.removeprefix(prefix): text for name, text in FINAL.one("LABEL").pairs().items()}
    assert labels["version"] == __version__
    assert labels["licenses"] == project["license"]
    assert labels["title"] == project["name"]
    assert project["description"].startswith(labels["description"].rstrip("."))
    assert labels["revision"] == "${REVISION}"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_dependency_is_a_wheel(machine: str) -> None:
    """On both architectures nothing has to be compiled, so one Dockerfile makes both images."""
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 16, -1)]
    platforms += [f"manylinux2014_{machine}"]
    tags = {
        *cpython_tags(PYTHON, platforms=platforms),
        *compatible_tags(PYTHON, f"cp{PYTHON[0]}{PYTHON[1]}", platforms),
    }
    missing = [
        package.name
        for package in needed(machine)
        if not any(parse_wheel_filename(name)[3] & tags for name in package.wheels)
    ]
    assert missing == []


def healthcheck() -> list[str]:
    """The words of the HEALTHCHECK's command."""
    words: list[str] = json.loads(FINAL.one("HEALTHCHECK").text.partition("CMD ")[2])
    return words


def needed(machine: str) -> tuple[Package, ...]:
    """What the package needs in the image on one kind of machine."""
    environment = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{PYTHON[0]}.{PYTHON[1]}.0",
        "python_version": f"{PYTHON[0]}.{PYTHON[1]}",
        "sys_platform": "linux",
    }
    found = closure(environment=environment)
    assert len(found) > 20
    return found
