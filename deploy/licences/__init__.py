"""What queuewatch is shipped with: every package of others that it needs to run, with version and licence.

In: `uv.lock` and the metadata of the installed packages. Out: `docs/licences.md` (`python -m deploy.licences`
writes it), and a bill of materials (`python -m deploy.licences.bom`). What may not happen: a package that
nobody has looked at: one whose licence is not known, or is none of those we know, is an error.
"""

from __future__ import annotations

from deploy.licences.page import page

PAGE = "docs/licences.md"


def files() -> dict[str, str]:
    """Return the text of every generated file, by its path from the root of the checkout."""
    return {PAGE: page()}
