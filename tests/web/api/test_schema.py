"""Whatever somebody sends to whichever address: the answer is one the document has, and never our fault.

schemathesis makes requests from the document, good ones and bad ones, the same each time. The whole
application runs over fakes, behind a door that wants a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi import checks

from monitor.model.settings import WebAccess
from monitor.web.access import OPEN, Scope
from monitor.web.api.looking import identify
from monitor.web.authenticating import Doorkeeper
from monitor.web.document.operation import Operation
from monitor.web.document.writing import OPERATIONS, document
from tests.web.api.whole import ALERT, Whole
from tests.web.keys import a_token, bearer

EVERYTHING, HOLDER = a_token("machine", *Scope)
ONE = {scope: a_token(scope.value, scope.value) for scope in Scope}
"""A token for each scope alone."""
NONE = a_token("newcomer")
"""A token that may nothing."""

EXAMPLES = 12
"""Requests made up for each operation, beside those that try every value and every omission once."""


def door() -> Doorkeeper:
    """Return who lets in the holders of these tokens."""
    return Doorkeeper(WebAccess(tokens=(HOLDER, NONE[1], *(one for _, one in ONE.values()))))


def described() -> schemathesis.BaseSchema:
    """Return the document, asked of the whole application."""
    found = schemathesis.openapi.from_dict(document(), config=schemathesis.Config(seed=1))
    found.app = Whole().routes(door()).app()
    return found


api = described()


@api.auth()
class Holding:
    """Shows the token that has every scope."""

    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
        """Return it."""
        return EVERYTHING

    def set(self, case: schemathesis.Case, data: str, context: schemathesis.AuthContext) -> None:
        """Put it into a request."""
        case.headers.update(bearer(data))


@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_of_the_document(case: schemathesis.Case) -> None:
    """No 5xx; status, content type, headers and body as they are described; nonsense is refused."""
    # What fits a schema may still be refused: a cursor nobody gave out, both ends of a silence.
    case.call_and_validate(excluded_checks=[checks.positive_data_acceptance])


QUEUE = "/api/v1/queues/acme/id-Support"

GOOD: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "list_queues": ("/api/v1/queues?limit=2", {}),
    "get_queue": (QUEUE, {}),
    "list_samples": ("/api/v1/samples?limit=1", {}),
    "list_alerts": ("/api/v1/alerts?state=any", {}),
    "get_alert": (f"/api/v1/alerts/{identify(ALERT)}", {}),
    "explain": (f"/api/v1/explain?alert={quote(ALERT.rule)}", {}),
    "list_acks": ("/api/v1/acks", {}),
    "acknowledge": (f"/api/v1/alerts/{identify(ALERT)}/ack", {"json": {"note": "on it", "duration": "1h"}}),
    "list_silences": ("/api/v1/silences?state=any", {}),
    "begin_silence": (
        "/api/v1/silences",
        {"json": {"matchers": {"queue": "S*"}, "duration": "1h", "comment": "moving house"}},
    ),
    "end_silence": ("/api/v1/silences/sil_1", {}),
    "list_rules": ("/api/v1/rules", {}),
    "list_deliveries": ("/api/v1/deliveries", {}),
    "list_outbox": ("/api/v1/outbox?limit=1", {}),
    "get_letter": ("/api/v1/outbox/1", {}),
    "retry_letters": ("/api/v1/outbox/retry", {"json": {"rows": [2]}}),
    "drop_letters": ("/api/v1/outbox/drop", {"json": {"destination": "oncall", "dead": True}}),
    "list_history": ("/api/v1/history", {}),
    "drill": ("/api/v1/drill", {"json": {"receiver": "oncall"}}),
    "get_health": ("/api/v1/health", {}),
    "list_sources": ("/api/v1/sources", {}),
    "get_config": ("/api/v1/config", {}),
    "get_openapi": ("/api/v1/openapi.json", {}),
    "get_metrics": ("/metrics", {}),
    "get_healthz": ("/healthz", {}),
    "get_readyz": ("/readyz", {}),
    "reload": ("/-/reload", {"json": {}}),
    "page": ("/?state=firing&board=1", {}),
    "alert_page": (f"/alerts/{identify(ALERT)}", {}),
    "live": ("/live", {}),
    "static_file": ("/static/page.js", {}),
}
"""A request that is answered, for every operation."""


async def answered(one: Operation, headers: Mapping[str, str]) -> httpx.Response:
    """Return what a daemon that nobody asked before answers to the good request, as the document has it."""
    path, more = GOOD[one.id]
    transport = httpx.ASGITransport(Whole().routes(door()).app())
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        answer = await client.request(one.method, path, headers=headers, **more)
    assert str(answer.status_code) in document()["paths"][one.path][one.method.lower()]["responses"]
    api[one.path][one.method].validate_response(answer)
    return answer


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.id)
async def test_a_good_request_is_answered(one: Operation) -> None:
    """With the first status of its answers and a body that is as it is described."""
    answer = await answered(one, bearer(EVERYTHING))
    assert answer.status_code == min(one.answers), answer.text
    assert answer.headers["content-type"].partition(";")[0] in one.answers[answer.status_code].kinds


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.id)
async def test_a_scope_opens_its_own_addresses_and_no_others(one: Operation) -> None:
    """Of four tokens, one for each scope and one for nothing, only that of the scope gets an answer."""
    tokens = {scope: token for scope, (token, _) in ONE.items()} | {None: NONE[0]}
    for scope, token in tokens.items():
        answer = await answered(one, bearer(token))
        expected = min(one.answers) if one.scope in (None, scope) else 403
        assert answer.status_code == expected, (scope, answer.text)


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.id)
async def test_a_stranger_gets_nothing(one: Operation) -> None:
    """Without a token, with a wrong one, or with one that is not shown as such: 401, and how to do better."""
    for headers in ({}, bearer("wrong"), {"authorization": EVERYTHING}, {"authorization": "Digest x"}):
        answer = await answered(one, headers)
        if one.path in OPEN:
            assert answer.status_code == min(one.answers)
        else:
            assert answer.status_code == 401
            assert "Bearer" in answer.headers["www-authenticate"]


def test_every_operation_has_a_good_request() -> None:
    """None was left out of the tables above."""
    assert set(GOOD) == {one.id for one in OPERATIONS}
