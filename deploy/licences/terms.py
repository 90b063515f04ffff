"""Which licence a package has, as an SPDX expression, and what that asks of who passes the package on."""

from __future__ import annotations

import re
from importlib import metadata

from deploy.licences.closure import Package

PERMISSIVE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    }
)
"""Those that ask for their text and the names of the authors to go along, and for nothing else."""

COPYLEFT = {
    "EPL-2.0": "changes to its own files have to be published under it",
    "LGPL-2.1-or-later": "changes to it have to be published under it",
    "MPL-2.0": "changes to its own files have to be published under it",
}
"""Those that ask for more, and what."""

_CLASSIFIERS = {
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""What old metadata says where that means one licence; `BSD License` means any of several."""

READ = {
    "aiomqtt": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
}
"""What stands in the licence file of packages whose metadata does not tell."""


def licence(package: Package) -> str:
    """Return the licence of `package` as it is installed.

    Raises:
        LookupError: it is not installed in the version of the lock, or its licence is not known.
    """
    try:
        found = metadata.metadata(package.name)
    except metadata.PackageNotFoundError:
        raise LookupError(f"{package.name} is not installed: make venv") from None
    told = _told(found)
    if found["Version"] != package.version:
        raise LookupError(
            f"{package.name} {found['Version']} is installed, {package.version} locked: make venv"
        )
    if (read := READ.get(package.name)) and told:
        raise LookupError(f"{package.name} tells its licence now ({told}): take {read} out of READ")
    expression = told or READ.get(package.name, "")
    if strange := names(expression) - PERMISSIVE - COPYLEFT.keys() or not expression:
        raise LookupError(f"{package.name}: licence {expression or 'unknown'} ({strange}): look at it first")
    return expression


def names(expression: str) -> set[str]:
    """Return the licences that an SPDX expression names."""
    return set(re.findall(r"[A-Za-z0-9.+-]+", expression)) - {"AND", "OR", "WITH"}


def asks(expression: str) -> str:
    """Return what an expression asks beyond its text's going along; nothing if one may choose otherwise."""
    choices = [names(choice) - PERMISSIVE for choice in expression.split(" OR ")]
    if not all(choices):
        return ""
    return "; ".join(COPYLEFT[name] for name in sorted(choices[0]))


def _told(found: metadata.PackageMetadata) -> str:
    """Return what the metadata says: an expression, an old field that is one, or clear classifiers."""
    if "License-Expression" in found:
        return str(found["License-Expression"])
    old = str(found["License"]) if "License" in found else ""
    if old and names(old) <= PERMISSIVE | COPYLEFT.keys():
        return old
    classifiers = [each for each in found.get_all("Classifier", []) if each.startswith("License ::")]
    # Of several, nobody says whether all hold or any.
    return _CLASSIFIERS.get(classifiers[0], "") if len(classifiers) == 1 else ""
