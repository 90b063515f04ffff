"""Whatever somebody sends to whichever address: the answer is one the document has, and never our fault.

schemathesis makes the requests from the document, good ones and bad ones, always the same. Nothing is waited
for: the whole application runs over fakes.
"""

from __future__ import annotations

from collections.abc import Collection

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CheckFunction, load_all_checks
from schemathesis.specs.openapi import checks

from monitor.model.settings import WebAccess
from monitor.web.access import Address, Scope
from monitor.web.authenticating import Doorkeeper
from monitor.web.document.writing import OPERATIONS, document
from tests.web.api.whole import ALERT, Whole
from tests.web.keys import a_token, bearer

TOKEN, HOLDER = a_token("machine", *Scope)
EXAMPLES = 12
"""Requests made up for each operation, beside those that try each value and each omission once."""


def guarded() -> Doorkeeper:
    """Return who lets in the holders of one token with every scope, and of one for each."""
    several = [a_token(scope.value, scope.value)[1] for scope in Scope]
    return Doorkeeper(WebAccess(tokens=(HOLDER, *several)))


def described() -> schemathesis.BaseSchema:
    """Return the document, asked of an application that wants a token."""
    found = schemathesis.openapi.from_dict(document(), config=schemathesis.Config(seed=1))
    found.app = Whole().routes(guarded()).app()
    return found


api = described()


@api.auth()
class Holding:
    """Shows the token that has every scope."""

    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
        """Return it."""
        return TOKEN

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
    """No 5xx; status, content type, headers and body as the document says; nonsense is refused."""
    case.call_and_validate(excluded_checks=[checks.positive_data_acceptance])
