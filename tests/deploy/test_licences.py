"""What queuewatch is shipped with: the page of licences and the bill of materials tell all of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.licences import PAGE, files
from deploy.licences.bom import completed, valid
from deploy.licences.closure import Package, closure
from deploy.licences.terms import READ, asks, licence
from monitor import __version__
from tests.deploy.making import ROOT, make, uv


def test_the_page_is_up_to_date() -> None:
    """It says what the lock and the installed packages say."""
    assert (ROOT / PAGE).read_text() == files()[PAGE], "run make generate"


def test_the_closure_is_what_is_installed_to_run() -> None:
    """With every extra, uv exports the same packages in the same versions."""
    words = [
        "export",
        "--frozen",
        "--no-dev",
        "--all-extras",
        "--no-emit-project",
        "--no-hashes",
        "--no-annotate",
    ]
    done = subprocess.run([uv(), *words], cwd=ROOT, capture_output=True, text=True, check=True)
    exported = set(re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", done.stdout))
    assert {(one.name, one.version) for one in closure()} == exported


_LOCK = """
package = [
    {name = "queuewatch", version = "1", dependencies = [{name = "a"}]},
    {name = "a", version = "1", dependencies = [{name = "b", marker = "sys_platform == 'win32'"}]},
    {name = "b", version = "1"},
]
"""


@pytest.mark.parametrize(
    ("environment", "found"),
    [(None, ["a", "b"]), ({"sys_platform": "win32"}, ["a", "b"]), ({"sys_platform": "linux"}, ["a"])],
)
def test_another_system_needs_other_packages(
    tmp_path: Path, environment: dict[str, str] | None, found: list[str]
) -> None:
    """Where an environment is given, what its markers leave out is not there."""
    lock = tmp_path / "uv.lock"
    lock.write_text(_LOCK)
    assert [one.name for one in closure(lock, environment=environment)] == found


def test_only_an_extra_brings_its_packages() -> None:
    """They are marked with it, and the others are not."""
    extras = {one.name: one.extra for one in closure()}
    assert extras["holidays"] == "calendar"
    assert extras["python-dateutil"] == "calendar"
    assert extras["pydantic"] == ""


def test_whoever_needs_a_package_is_named() -> None:
    """Ourselves first, then the packages that need it."""
    wanting = {one.name: one.wanted_by for one in closure()}
    assert wanting["paho-mqtt"] == ("queuewatch", "aiomqtt")
    assert wanting["certifi"] == ("httpcore", "httpx")


@pytest.mark.parametrize(
    ("expression", "more"),
    [
        ("MIT", False),
        ("Apache-2.0 AND BSD-2-Clause", False),
        ("EPL-2.0 OR BSD-3-Clause", False),
        ("MPL-2.0", True),
        ("MIT AND MPL-2.0", True),
        ("MPL-2.0 OR EPL-2.0", True),
    ],
)
def test_copyleft_is_flagged_where_it_cannot_be_avoided(expression: str, more: bool) -> None:
    """A choice that includes a permissive licence asks for nothing more."""
    assert bool(asks(expression)) is more


def test_the_page_flags_what_asks_for_more() -> None:
    """And says what we choose where there is a choice."""
    flagged = [one.name for one in closure() if asks(licence(one))]
    text = files()[PAGE]
    assert re.findall(r"(?m)^- \*\*([\w-]+)\*\* \(", text) == flagged
    assert "**paho-mqtt**, EPL-2.0 OR BSD-3-Clause: we take BSD-3-Clause" in text


_CLASSIFIER = "Classifier: License :: OSI Approved ::"


def made_up(folder: Path, about: str) -> Package:
    """A package that is installed in `folder` with this metadata."""
    place = folder / "made_up-1.0.dist-info"
    place.mkdir()
    (place / "METADATA").write_text(f"Metadata-Version: 2.4\nName: made-up\nVersion: 1.0\n{about}\n")
    return Package(name="made-up", version="1.0", wanted_by=("queuewatch",), extra="", files=())


@pytest.mark.parametrize(
    "about",
    [
        "",
        "License-Expression: AGPL-3.0-only",
        "License: see the file",
        f"{_CLASSIFIER} BSD License",
        f"{_CLASSIFIER} MIT License\n{_CLASSIFIER} ISC License",
    ],
)
def test_a_licence_that_nobody_has_looked_at_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, about: str
) -> None:
    """None at all, one that is on no list, words that mean several."""
    package = made_up(tmp_path, about)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LookupError, match=r"made-up: licence .* look at it first"):
        licence(package)


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ("License-Expression: MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("License: BSD-3-Clause", "BSD-3-Clause"),
        (f"{_CLASSIFIER} MIT License", "MIT"),
    ],
)
def test_a_licence_is_read_from_new_and_old_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, about: str, told: str
) -> None:
    """The expression, the old field if it is one, and a classifier that means one licence."""
    package = made_up(tmp_path, about)
    monkeypatch.syspath_prepend(tmp_path)
    assert licence(package) == told


def test_what_was_read_by_hand_is_of_packages_that_there_are() -> None:
    """The table has no word about a package that is gone."""
    assert READ.keys() <= {one.name for one in closure()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which `make sbom` has worked."""
    folder = tmp_path_factory.mktemp("sbom")
    make("sbom", DIST=folder, BUILD=folder)
    return folder


@pytest.fixture(scope="module")
def bill(built: Path) -> dict[str, Any]:
    """The bill of materials."""
    found: dict[str, Any] = json.loads((built / "queuewatch.cdx.json").read_text())
    return found


@pytest.mark.slow
def test_the_bill_lists_what_is_needed_to_run_alone(bill: dict[str, Any]) -> None:
    """Each package in its version, with a licence and its files' checksums; of ourselves, the version."""
    assert {(one["purl"]) for one in bill["components"]} == {
        f"pkg:pypi/{one.name}@{one.version}" for one in closure()
    }
    for one in bill["components"]:
        assert one["licenses"]
        files = [
            each for each in one["externalReferences"] if each["type"] == "distribution" and "hashes" in each
        ]
        assert files
        assert all(len(each["hashes"][0]["content"]) == 64 for each in files)
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"], root["type"]) == ("queuewatch", __version__, "application")
    assert root["licenses"][0]["expression"] == "Apache-2.0 AND OFL-1.1"


@pytest.mark.slow
def test_the_bill_says_who_needs_whom(bill: dict[str, Any]) -> None:
    """Its graph leads from us to every package."""
    needs = {one["ref"]: set(one.get("dependsOn", ())) for one in bill["dependencies"]}
    found: set[str] = set()
    waiting = {bill["metadata"]["component"]["bom-ref"]}
    while waiting:
        found |= waiting
        waiting = set().union(*(needs[one] for one in waiting)) - found
    assert found >= {one["bom-ref"] for one in bill["components"]}


@pytest.mark.slow
def test_the_bill_comes_out_the_same_again(built: Path, bill: dict[str, Any]) -> None:
    """No date, no number of chance, no path of this machine; made once more, it is the same."""
    assert not {"serialNumber"} & bill.keys()
    assert "timestamp" not in bill["metadata"]
    text = (built / "queuewatch.cdx.json").read_text()
    assert str(ROOT) not in text
    assert str(built) not in text
    tool = Path(sys.executable).with_name("cyclonedx-py")
    words = [
        "environment",
        "--output-reproducible",
        "--no-validate",
        "--pyproject",
        str(ROOT / "pyproject.toml"),
    ]
    again = subprocess.run(
        [tool, *words, built / "runtime/bin/python"], capture_output=True, text=True, check=True, cwd=built
    )
    assert completed(json.loads(again.stdout)) == bill


def test_a_bill_of_another_environment_is_refused() -> None:
    """One package more, or one in another version, and it says which."""
    component = {"name": "Something_Else", "version": "1.0"}
    with pytest.raises(LookupError, match="something-else"):
        completed({"metadata": {"component": {}}, "components": [component]})


def test_what_is_no_bill_of_materials_is_refused() -> None:
    """The schema of the version that it names is asked."""
    with pytest.raises(ValueError, match=r"not CycloneDX 1\.6: .*parts"):
        valid({"bomFormat": "CycloneDX", "specVersion": "1.6", "parts": []})
