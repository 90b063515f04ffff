"""`/api/v1/sources`: how old what each source said is."""

from __future__ import annotations

from monitor.model.board import SourceState
from monitor.web.api.sources import Sources
from tests.web.api.desk import refusal
from tests.web.api.figures import a_source, get


def over(*sources: SourceState) -> Sources:
    """Return the address over these."""
    return Sources(sources=lambda: sources)


async def test_a_source_is_shown_with_its_age() -> None:
    """In seconds, to the millisecond."""
    answer = await get(over(a_source(age=3.00049)), "sources")
    assert answer.json() == {
        "sources": [
            {
                "org": "acme",
                "source": "queues",
                "up": True,
                "error": "",
                "observed_at": "2026-11-21T08:59:57.000Z",
                "age": 3.0,
                "limit": 30.0,
                "stale": False,
            }
        ]
    }


async def test_what_never_answered_has_no_age() -> None:
    """Before the first answer nothing is known, not even whether it is up."""
    waiting = a_source(up=None, observed_at=None, age=None)
    down = a_source("agents", up=False, error="HTTP 401", observed_at=None, age=None, stale=True)
    shown = (await get(over(waiting, down), "sources")).json()["sources"]
    assert [(one["up"], one["age"], one["observed_at"]) for one in shown] == [
        (None, None, None),
        (False, None, None),
    ]
    assert (shown[1]["error"], shown[1]["stale"]) == ("HTTP 401", True)


async def test_there_are_no_parameters() -> None:
    """One that is given is refused, since it would do nothing."""
    assert refusal(await get(over(), "sources?org=acme"))[0] == 400
    assert (await get(over(), "sources")).json() == {"sources": []}
