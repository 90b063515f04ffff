"""Statuses are called what RFC 9110 calls them, under every Python."""

from __future__ import annotations

import pytest

from monitor.kit.statuses import phrase


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (408, "Request Timeout"),
        (409, "Conflict"),
        (413, "Content Too Large"),
        (414, "URI Too Long"),
        (415, "Unsupported Media Type"),
        (416, "Range Not Satisfiable"),
        (421, "Misdirected Request"),
        (422, "Unprocessable Content"),
        (429, "Too Many Requests"),
        (431, "Request Header Fields Too Large"),
        (500, "Internal Server Error"),
        (501, "Not Implemented"),
        (503, "Service Unavailable"),
    ],
)
def test_a_status_is_called_what_the_standard_calls_it(status: int, words: str) -> None:
    """Whatever the running Python has for it: answers and the API's document are the same everywhere."""
    assert phrase(status) == words


def test_what_is_no_status_has_no_words() -> None:
    """Nobody is told a number with an empty phrase."""
    with pytest.raises(ValueError, match="299"):
        phrase(299)
