"""Tags: what somebody has already is not sent again."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from monitor.web.api import tags

CONTENT: dict[str, list[int]] = {"queues": []}


def asking(*fields: str) -> Request:
    """Return a request with these If-None-Match headers."""
    headers = [(b"if-none-match", field.encode()) for field in fields]
    return Request({"type": "http", "method": "GET", "headers": headers})


def test_an_answer_has_a_tag_and_is_asked_for_again() -> None:
    """The tag stands for the bytes; a cache may keep the answer but has to ask whether it holds."""
    first, same, other = (tags.tagged(asking(), content) for content in (CONTENT, CONTENT, {"queues": [1]}))
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["etag"] == same.headers["etag"] == tags.tag(bytes(first.body))
    assert first.headers["etag"] != other.headers["etag"]
    assert (first.status_code, first.body) == (200, b'{"queues":[]}')


@pytest.mark.parametrize("form", ["{}", "W/{}", '"a", {}', '"a","b" , W/{}', "*"])
def test_who_has_it_is_told_that_it_holds(form: str) -> None:
    """304 without a body, with the tag, for a weak one, one of several, and for any."""
    etag = tags.tagged(asking(), CONTENT).headers["etag"]
    answer = tags.tagged(asking(form.format(etag)), CONTENT)
    assert (answer.status_code, answer.body) == (304, b"")
    assert (answer.headers["etag"], answer.headers["cache-control"]) == (etag, "no-cache")
    assert "content-length" not in answer.headers


def test_several_fields_count_as_one() -> None:
    """A client may repeat the header."""
    etag = tags.tagged(asking(), CONTENT).headers["etag"]
    assert tags.tagged(asking('"a"', etag), CONTENT).status_code == 304


@pytest.mark.parametrize("field", ["", '"a"', "a", "W/", "etag", '""'])
def test_who_has_something_else_gets_it_whole(field: str) -> None:
    """A tag of something else, or none, changes nothing."""
    assert tags.tagged(asking(field), CONTENT).status_code == 200
