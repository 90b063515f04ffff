"""Reads what an asynchronous query says about itself: its id, its state, and where its next page is."""

from __future__ import annotations

import msgspec

from monitor.clients.platform.decode import wire
from monitor.kit.text import clean
from monitor.model.errors import JobFailed, Unintelligible

ENDED = ("FAILED", "CANCELLED", "EXPIRED")
"""States from which no result comes (GENESYS.md §5.2)."""

_WHAT = "the job's answer"


def job_id(body: bytes) -> str:
    """Return the id of a job just submitted. Raises Unintelligible."""
    found = wire.text(wire.frame(body, what=_WHAT).get("jobId"))
    if not found:
        raise Unintelligible(f"{_WHAT} names no job")
    return found


def fulfilled(body: bytes) -> bool:
    """Return whether the results are ready.

    Raises:
        JobFailed: the job ended without results.
        Unintelligible: not a state at all; a state we do not know is one to wait in.
    """
    raw = wire.frame(body, what=_WHAT)
    state, reason = raw.get("state"), raw.get("errorMessage")
    if not isinstance(state, str):
        raise Unintelligible(f"{_WHAT} names no state")
    if state in ENDED:
        said = clean(reason) if isinstance(reason, str) and reason else "no reason given"
        raise JobFailed(f"the asynchronous query ended as {state}: {said}")
    return state == "FULFILLED"


class _Page(msgspec.Struct):
    cursor: str | None = None


def cursor(body: bytes) -> str | None:
    """Return what the next page is asked for with; None on the last one. Raises Unintelligible."""
    found = wire.decoded(body, _DECODER, _only_cursor, what=_WHAT).cursor or None
    if found is not None and wire.text(found) is None:
        raise Unintelligible(f"{_WHAT} has a next page that cannot be asked for")
    return found


def _only_cursor(raw: wire.Raw) -> wire.Raw:
    return {"cursor": raw.get("cursor")}


_DECODER = msgspec.json.Decoder(_Page)
