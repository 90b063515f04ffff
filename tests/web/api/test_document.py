"""The OpenAPI document: it says what there is, all of it and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from monitor.app.facing import face
from monitor.model.reload import Reloaded
from monitor.web.access import Scope
from monitor.web.authenticating import Doorkeeper
from monitor.web.document import Described
from monitor.web.document.schema import record, text
from monitor.web.document.writing import OPERATIONS, PARTS, document, written
from monitor.web.routes import Routes
from tests.app.making import a_settings, built
from tests.web.api.desk import refusal
from tests.web.api.figures import get
from tests.web.api.whole import Whole

KEPT = Path(__file__).parents[3] / "docs" / "openapi.json"
DOCUMENT = document()


def every(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield every object in a document."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from every(one)
    elif isinstance(value, list):
        for one in value:
            yield from every(one)


def test_the_kept_document_is_the_one_that_is_served() -> None:
    """`python -m monitor.web.document > docs/openapi.json` writes it anew."""
    assert KEPT.read_text("utf-8") == written()


async def test_the_document_is_served_and_not_sent_again() -> None:
    """As JSON, with a tag; there are no parameters."""
    answer = await get(Described(), "openapi.json")
    assert answer.json() == DOCUMENT
    tag = answer.headers["etag"]
    assert (await get(Described(), "openapi.json", if_none_match=tag)).status_code == 304
    assert refusal(await get(Described(), "openapi.json?v=1"))[0] == 400


def answered(routes: Routes) -> set[tuple[str, str, Scope | None]]:
    """Return the table of addresses: method, path and scope."""
    return {
        (method, re.sub(r":\w+}", "}", one.path), one.scope)
        for one in routes.addresses()
        for method in one.methods
    }


async def test_every_address_is_described_and_no_other(tmp_path: Path) -> None:
    """Path, method and scope, against all that a daemon answers, both ways."""
    described = {(one.method, one.path, one.scope) for one in OPERATIONS}
    async with built(a_settings(tmp_path)) as daemon:
        assert answered(face(daemon, Doorkeeper(), _reload)) == described


def test_what_is_tried_here_is_all_a_daemon_answers() -> None:
    """The application over fakes, which is sent all kinds of requests, has every address."""
    assert answered(Whole().routes(Doorkeeper())) == {(one.method, one.path, one.scope) for one in OPERATIONS}


async def _reload() -> Reloaded:
    return Reloaded(taken=True)


def test_what_a_scope_is_for_is_said_in_openapis_own_words() -> None:
    """Each way of showing who one is has to have the scope; without one there is no security."""
    for one in OPERATIONS:
        said = DOCUMENT["paths"][one.path][one.method.lower()]
        assert said["x-scope"] == one.scope
        assert [list(way.values()) for way in said["security"]] == ([[[one.scope]]] * 3 if one.scope else [])
        assert {401, 403} <= {*map(int, said["responses"])} or one.scope is None
    assert {one.scope for one in OPERATIONS} == {*Scope, None}


def test_no_operation_means_to_answer_500() -> None:
    """An answer of 500 is a fault of ours, never one that somebody has to be ready for."""
    for one in OPERATIONS:
        said = DOCUMENT["paths"][one.path][one.method.lower()]["responses"]
        assert {*said} & {"500", "5XX", "default"} == set()


def test_everything_has_a_name_of_its_own() -> None:
    """Operations and schemas are called differently, each operation has a tag that is explained."""
    ids = [one.id for one in OPERATIONS]
    titles = [title for part in PARTS for title in part.SCHEMAS]
    assert len(ids) == len({*ids})
    assert len(titles) == len({*titles})
    assert {one.tag for one in OPERATIONS} == {tag["name"] for tag in DOCUMENT["tags"]}


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    """A schema nobody refers to is one that was forgotten."""
    meant = {one["$ref"] for one in every(DOCUMENT) if "$ref" in one}
    there = {
        f"#/components/{kind}/{title}"
        for kind in ("schemas", "responses")
        for title in DOCUMENT["components"][kind]
    }
    assert meant == there


def test_every_parameter_of_a_path_is_described() -> None:
    """Those in the path and no others stand among the parameters."""
    for one in OPERATIONS:
        inside = {each.name for each in one.parameters if each.place == "path"}
        assert inside == {part[1:-1] for part in one.path.split("/") if part.startswith("{")}


@pytest.mark.parametrize("title", sorted(DOCUMENT["components"]["schemas"]))
def test_schemas_are_json_schema(title: str) -> None:
    """Of the dialect that OpenAPI 3.1 means."""
    jsonschema_rs.meta.validate(DOCUMENT["components"]["schemas"][title])


def test_objects_are_closed() -> None:
    """An object either names all its members or says what any member is; only the document itself is open."""
    for one in every(DOCUMENT["components"]["schemas"]):
        if one.get("type") == "object":
            assert "additionalProperties" in one
    open_ones = [
        one
        for one in every(DOCUMENT["paths"])
        if one.get("type") == "object" and "additionalProperties" not in one
    ]
    assert [one["required"] for one in open_ones] == [["openapi", "info", "paths", "components"]]


def test_a_record_wants_all_its_members_but_those_that_may_be_lacking() -> None:
    """A keyword of Python's is written with an underscore behind it."""
    assert record("About.", for_=text(), note=text(), lacking=("note",)) == {
        "type": "object",
        "description": "About.",
        "properties": {"for": {"type": "string"}, "note": {"type": "string"}},
        "additionalProperties": False,
        "required": ["for"],
    }


def test_the_document_names_no_daemon() -> None:
    """It is the same everywhere: neither the version of the program nor where it runs is in it."""
    assert json.dumps(DOCUMENT) == json.dumps(document())
    assert DOCUMENT["info"]["version"] == "1"
    assert DOCUMENT["servers"] == [{"url": "/"}]
