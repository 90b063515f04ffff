"""What builds the package is pinned wherever it is built."""

import tomllib

from tests.architecture.house import ROOT


def test_the_builders_are_those_of_the_lock_file():
    """An isolated build, as in the image, takes the versions that uv.lock names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = {one["name"]: one for one in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    needed = ["hatchling"]
    for name in needed:
        wants = (one for one in locked[name].get("dependencies", ()) if "marker" not in one)
        needed += [one["name"] for one in wants if one["name"] not in needed]
    pinned = project["tool"]["uv"]["build-constraint-dependencies"]
    assert pinned == [f"{name}=={locked[name]['version']}" for name in sorted(needed)]
