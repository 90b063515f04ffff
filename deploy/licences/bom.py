"""Completes a bill of materials: `python -m deploy.licences.bom < from-cyclonedx-py > to-be-shipped`.

cyclonedx-py looks at an environment, which knows the licences. It does not know our version, which the build
reads from the code, nor where the packages' files came from and their checksums, which `uv.lock` knows.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.resources import files
from typing import Any

import jsonschema_rs

from deploy.licences.closure import OURS, Package, closure
from monitor import __version__

_PLACE = "http://cyclonedx.org/schema"
_SCHEMA = ".SNAPSHOT.schema.json"


def completed(bill: dict[str, Any]) -> dict[str, Any]:
    """Return `bill` with our version, and each component's files.

    Raises:
        LookupError: the components are not the packages of the lock, in the versions of the lock.
    """
    packages = {package.name: package for package in closure()}
    found = {_name(each["name"]): each for each in bill["components"]}
    locked = {name: package.version for name, package in packages.items()}
    if strange := locked.items() ^ {name: each["version"] for name, each in found.items()}.items():
        raise LookupError(f"not the environment of uv.lock: {sorted(strange)}")
    root = bill["metadata"]["component"]
    root |= {"version": __version__, "purl": f"pkg:pypi/{OURS}@{__version__}"}
    components = [each | _whence(packages[name], each) for name, each in found.items()]
    return bill | {"components": components}


def _whence(package: Package, component: dict[str, Any]) -> dict[str, Any]:
    """Return a component's references, with its files in the registry among them."""
    files = [
        {"type": "distribution", "url": one.url, "hashes": [{"alg": "SHA-256", "content": one.sha256}]}
        for one in package.files
    ]
    return {"externalReferences": [*component.get("externalReferences", ()), *files]}


def _name(name: str) -> str:
    """Return a package's name as the lock spells it (https://packaging.python.org/specifications/name-normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def valid(bill: dict[str, Any]) -> dict[str, Any]:
    """Return `bill` if the schema that it names has nothing against it. Raises ValueError."""
    version = bill["specVersion"]
    # cyclonedx-python-lib has a validator of its own: it takes 40 s for this.
    beside = ("spdx", "jsf-0.82")
    registry = jsonschema_rs.Registry([(f"{_PLACE}/{name}{_SCHEMA}", _schema(name)) for name in beside])
    validator = jsonschema_rs.validator_for(
        _schema(f"bom-{version}"), registry=registry, validate_formats=True
    )
    if faults := [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(bill)]:
        raise ValueError(f"not CycloneDX {version}: {'; '.join(faults)}")
    return bill


def _schema(name: str) -> Any:
    return json.loads((files("cyclonedx.schema") / "_res" / f"{name}{_SCHEMA}").read_text())


if __name__ == "__main__":
    json.dump(valid(completed(json.load(sys.stdin))), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
