"""Makes the reference pages out of the code: metrics, configuration, commands, events, API, log.

In: the catalogue, the schema, the command line, the API's document, the source. Out: every generated file
below `docs/`, as text by its path from the checkout's root; `python -m docs.generating` writes them. What
may not happen: a date, a path of this machine or an order of chance in any of it; a fact that stands in the
code and is written here a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from docs.generating import api, commands, configuration, events, log, metrics, schema
from monitor.web.document.writing import written

REFERENCE = "docs/reference"


MAKERS: Mapping[str, Callable[[], str]] = {
    f"{REFERENCE}/metrics.md": metrics.page,
    f"{REFERENCE}/configuration.md": configuration.page,
    f"{REFERENCE}/commands.md": commands.page,
    f"{REFERENCE}/events.md": events.page,
    f"{REFERENCE}/api.md": api.page,
    f"{REFERENCE}/log.md": log.page,
    f"{REFERENCE}/queuewatch.schema.json": schema.written,
    "docs/openapi.json": written,
}
"""What makes each generated file, by its path from the root of the checkout."""


def files() -> Mapping[str, str]:
    """Return every generated file: its text by its path from the root of the checkout."""
    return {name: make() for name, make in MAKERS.items()}
