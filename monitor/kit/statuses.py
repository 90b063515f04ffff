"""What HTTP statuses are called: RFC 9110's words under every Python. Pure."""

from __future__ import annotations

from http import HTTPStatus

_RENAMED = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""Those that `http` has by their names of RFC 7231 and RFC 4918 before Python 3.13 (RFC 9110 §15.5)."""


def phrase(status: int) -> str:
    """Return the words that stand beside a status. Raises ValueError for none that is known."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase
